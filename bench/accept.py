"""Acceptance alone, durable, with nothing delivered: SMTP against Postfix, which holds what it takes, and SendEmail
against moto's server, which keeps nothing.

Tayori runs without the role `delivery`: what is accepted waits in its queue.
"""

import statistics
import subprocess
import time
from collections.abc import Iterable

from bench import api
from bench.end_to_end import PORT_BASE, POSTFIX_PORT, SINK_HOST, System, source
from bench.measure import cpu_seconds, machine, version
from bench.postfix import HOLDING, Postfix
from bench.tayori import DOMAIN, Tayori

# Each where it is fastest.
_CONNECTIONS = {"Tayori": 100, "Postfix + OpenDKIM": 20}
_MOTO_PORT = 18790
_ROLES = {"TAYORI_SERVICE_ROLES": "api,smtp,inbound,dns,loops"}


def smtp_round(system: System, messages: int) -> tuple[float, float]:
    """(accepted a second, CPU us a message)."""
    before, started = cpu_seconds(system.pids), time.monotonic()
    subprocess.run(source(system, messages, _CONNECTIONS[system.name]), capture_output=True, check=True, timeout=300)
    seconds = time.monotonic() - started
    time.sleep(0.5)
    return messages / seconds, (cpu_seconds(system.pids) - before) / messages * 1e6


def main(*, rounds: int, messages: int) -> None:
    tayori = Tayori(PORT_BASE, SINK_HOST, settings=_ROLES)
    postfix = Postfix(POSTFIX_PORT, SINK_HOST, tayori.sink_port, DOMAIN, signing=False, settings=HOLDING)
    moto = api.start_moto(_MOTO_PORT)
    results: dict[str, list[tuple[float, float]]] = {}
    keys, region = tayori.env["credentials"], tayori.env["region"]
    try:
        for number in range(rounds + 1):
            row = {
                "Tayori, SMTP": smtp_round(tayori, messages),
                "Postfix, holding": smtp_round(postfix, messages // 2),
                "Tayori, SendEmail": _api_round(tayori.env["http"], keys, region, messages, tayori.pids),
            }
            if moto is not None:
                url = f"http://127.0.0.1:{_MOTO_PORT}"
                row["moto server"] = _api_round(url, keys, region, messages // 6, [moto.pid])
            if number:  # the first round warms up
                print(f"round {number}: {row}", flush=True)
                for name, figures in row.items():
                    results.setdefault(name, []).append(figures)
    finally:
        if moto is not None:
            moto.terminate()
            moto.wait(10)
        postfix.close()
        tayori.close()
    print(f"\nAcceptance alone, 4 KiB, durable, {rounds} rounds; {machine()}; postfix {version('postfix')}")
    for name, rows in results.items():
        print(f"{name:20} {_cell(row[0] for row in rows):>24} a second, CPU {_cell(row[1] for row in rows):>20} us")
    _ratio(results, "Tayori, SMTP", "Postfix, holding")
    _ratio(results, "Tayori, SendEmail", "moto server")


def _api_round(url: str, keys: dict[str, str], region: str, count: int, pids: list[int]) -> tuple[float, float]:
    accepted, _, cpu = api.run_round(url, keys, region, count, pids, None)
    return accepted, cpu


def _cell(values: Iterable[float]) -> str:
    figures = list(values)
    return f"{statistics.median(figures):.0f} ({min(figures):.0f}-{max(figures):.0f})"


def _ratio(results: dict[str, list[tuple[float, float]]], ours: str, theirs: str) -> None:
    if theirs in results:
        ratio = statistics.median(row[0] for row in results[ours]) / statistics.median(
            row[0] for row in results[theirs]
        )
        print(f"{ours}: {ratio:.2f} times {theirs}")
