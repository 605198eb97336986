"""The port for what comes back, put together: who may hand in what, how it is read, where it is kept.

Owns its limits towards strangers, and the installation's secret behind return paths.
"""

import secrets
from collections.abc import Callable
from datetime import timedelta

from tayori.app import receiving
from tayori.app.list_management import subscription_links
from tayori.clock import Clock
from tayori.config import Config
from tayori.inbound.gate import Gate
from tayori.inbound.intake import ReportIntake
from tayori.mail.address import AddrSpec
from tayori.mail.answer import Resolver
from tayori.model.inbound import InboundRoute, NotTaken
from tayori.model.names import ServiceNames
from tayori.model.return_path import ReturnPaths
from tayori.resources import installation
from tayori.resources.inbound import Inbound, Received
from tayori.resources.inbound_mail import KeptMail
from tayori.smtp.mx import MxRole
from tayori.smtp.policy import ServerSettings
from tayori.store.engine import Store

_MIB = 1024 * 1024
_MAX_LINE = 100_000  # octets: what strangers send back is kept, not judged by its line lengths


async def return_paths(store: Store) -> ReturnPaths:
    return ReturnPaths(await store.write(installation.secret, "return-path", secrets.token_bytes(32)))


def kept_mail(config: Config) -> KeptMail:
    settings = config.inbound
    return KeptMail(an_hour=settings.kept_megabytes_an_hour * _MIB, in_all=settings.kept_megabytes * _MIB)


def settings(names: ServiceNames) -> ServerSettings:
    return ServerSettings(
        hostname=names.feedback_host, max_line=_MAX_LINE, max_recipients=100, first_command_timeout=60.0
    )


async def mx_role(
    config: Config,
    store: Store,
    resolver: Resolver,
    clock: Clock,
    names: Callable[[str], ServiceNames],
) -> MxRole:
    inbound = Inbound(
        names,
        config.service.domain,
        await return_paths(store),
        longest=timedelta(days=config.inbound.return_path_days),
        kept=kept_mail(config),
        subscriptions=await subscription_links(store),
    )

    async def accepts(address: AddrSpec) -> InboundRoute | NotTaken:
        refusal = inbound.refusal(address, clock.now())  # forgers cost no look at the rows
        return await store.read(inbound.route, address) if refusal is None else refusal

    async def record(received: Received) -> None:
        await store.batch(inbound.record, received)

    gate = Gate(config.inbound.messages_a_second)
    return MxRole(
        hostname=names(config.service.region).feedback_host,
        accepts=accepts,
        intake=ReportIntake(record, resolver, clock, gate),
        receiving=receiving.receiving(config, store, clock, gate, names),
    )
