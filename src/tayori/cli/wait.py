"""`tayori wait`: for scripts that start the service and must not go on before it answers."""

import argparse
import asyncio
import time

from tayori.app import endpoints
from tayori.cli.command import CommandFailed, Context
from tayori.cli.probes import Finding, find_all

_PAUSE_SECONDS = 0.1


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--timeout", type=float, default=60.0, metavar="S", help="seconds to wait (default 60)")


def run(context: Context, options: argparse.Namespace) -> int:
    findings = asyncio.run(_until_all_answer(context, options.timeout))
    value = [{"listener": finding.name, "where": finding.where, "answer": finding.answer} for finding in findings]
    context.output.emit(value, "\n".join(f"{finding.name} {finding.where} answers" for finding in findings))
    return 0


async def _until_all_answer(context: Context, seconds: float) -> list[Finding]:
    """Look again until all answer: the file with the endpoints, too, may not be there yet. Raises CommandFailed."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            findings = await find_all(endpoints.read(context.data))
            troubles = [
                f"{finding.name} at {finding.where}: {finding.trouble}" for finding in findings if finding.trouble
            ]
        except endpoints.NotRunning as error:
            findings, troubles = [], [str(error)]
        if findings and not troubles:
            return findings
        if time.monotonic() >= deadline:
            raise CommandFailed(f"Not ready after {seconds:g} seconds. " + "; ".join(troubles))
        await asyncio.sleep(_PAUSE_SECONDS)
