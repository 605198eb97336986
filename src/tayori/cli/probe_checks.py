"""The proof as checks: what a receiver finds of a message that was really sent.

Owns how the evidence is read. The message is sent by the running service, and comes back by its inbound port.
"""

from functools import partial

from tayori import ids
from tayori.app.endpoints import Endpoints
from tayori.app.probing import Prober, ProbeReport
from tayori.app.sending import Sending
from tayori.cli.check import Check, Health, check
from tayori.cli.lookup import names_of, servers
from tayori.cli.service import account_id_of
from tayori.dns.examiner import Verdicts
from tayori.dns.resolver import CachingResolver
from tayori.model.errors import DomainError
from tayori.resources import identities
from tayori.resources.probes import ArrivedProbe
from tayori.store.engine import Store


async def check_probe(service: Endpoints, store: Store, account: str | None, domain: str) -> list[Check]:
    account_id = await store.read(account_id_of, account)
    identity = await store.read(identities.find, account_id, service.region, domain)
    if identity is None:
        return []  # said already by the domain's own checks
    names = partial(names_of, service)
    prober = Prober(
        store=store,
        sending=Sending(store, names, ids.worker_id()),
        names=names,
        clock=store.clock,
        new_resolver=lambda: CachingResolver(servers(service.resolver), store.clock),
    )
    try:
        report = await prober.probe(identity)
    except DomainError as refusal:
        return [check("probe", Health.FAILED, refusal.message, domain=domain)]
    return checks_of(report)


def checks_of(report: ProbeReport) -> list[Check]:
    domain = report.domain
    if report.arrived is None or report.verdicts is None:
        return [check("probe", Health.FAILED, report.trouble, domain=domain)]
    return [
        check("probe", Health.OK, f"{report.message_id}, {report.seconds:.1f} s", domain=domain),
        _client(report.arrived, report.reverse_names),
        _spf(report.verdicts),
        _dkim(report.verdicts, domain),
        _dmarc(report.verdicts),
    ]


def _client(arrived: ArrivedProbe, reverse_names: tuple[str, ...]) -> Check:
    """The greeting, the address and its name, as large receivers compare them; and TLS."""
    is_named = arrived.helo.lower() in reverse_names
    tls = arrived.tls_version or "no TLS"
    found = f"{arrived.helo} [{arrived.source_ip}] ← {', '.join(reverse_names) or 'no name'}; {tls}"
    return check("probe-client", Health.OK if is_named else Health.WARNING, found, name=arrived.helo)


def _spf(verdicts: Verdicts) -> Check:
    result = str(verdicts.spf.verdict)
    # DMARC can pass without it, by DKIM.
    health = Health.OK if result == "pass" else Health.WARNING
    return check("probe-spf", health, verdicts.spf_text, domain=verdicts.spf.domain)


def _dkim(verdicts: Verdicts, domain: str) -> Check:
    own = [item for item in verdicts.dkim if domain == item.domain or domain.endswith(f".{item.domain}")]
    is_well = any(item.passed for item in own)
    return check("probe-dkim", Health.OK if is_well else Health.FAILED, verdicts.dkim_text, domain=domain)


def _dmarc(verdicts: Verdicts) -> Check:
    result = verdicts.dmarc
    health = {"pass": Health.OK, "none": Health.WARNING}.get(str(result.verdict), Health.FAILED)
    ways = [name for name, is_aligned in (("DKIM", result.dkim_aligned), ("SPF", result.spf_aligned)) if is_aligned]
    found = f"{verdicts.dmarc_text}; {' + '.join(ways) or '-'}"
    return check("probe-dmarc", health, found, domain=result.from_domain)
