"""Feedback loops in a node: the table that its counts go by, the daily look, and what HTTP serves of them."""

from collections.abc import Callable

from tayori.api.app import Route
from tayori.app import feedback_table
from tayori.app.coverage_watch import CoverageWatch
from tayori.app.feedback_pages import FeedbackLoopPages
from tayori.app.look_limits import LookLimits
from tayori.app.loop_test import LoopTester
from tayori.app.publishing import NotificationMailer
from tayori.app.sending import Sending
from tayori.clock import Clock
from tayori.config import Config, ConfigError
from tayori.delivery.settings import DeliverySettings
from tayori.mail.answer import Resolver
from tayori.model.names import ServiceNames
from tayori.model.shaping import TableError
from tayori.resources import provider_names
from tayori.store.engine import Store


class FeedbackWiring:
    """From its making on, this process counts mail by the installation's table. Raises ConfigError."""

    def __init__(
        self, config: Config, store: Store, sending: Sending, names: Callable[[str], ServiceNames], clock: Clock
    ) -> None:
        self._config = config
        self._store = store
        self._sending = sending
        self._names = names
        self._clock = clock
        try:
            self._table = feedback_table.load(config.inbound.feedback_loops_file)
        except TableError as error:
            raise ConfigError(f"inbound.feedback_loops_file cannot be used: {error}.") from error
        provider_names.use(self._table)

    def watch(self) -> CoverageWatch:
        mailer = NotificationMailer(self._store, self._sending, self._names, self._clock)
        return CoverageWatch(self._store, self._table, mailer)

    def routes(self, resolver: Resolver, delivery: DeliverySettings, limits: LookLimits) -> list[Route]:
        tester = LoopTester(
            store=self._store,
            sending=self._sending,
            names=self._names,
            clock=self._clock,
            resolver=resolver,
            delivery=delivery,
        )
        pages = FeedbackLoopPages(
            store=self._store,
            table=self._table,
            resolver=resolver,
            tester=tester,
            service_domain=self._config.service.domain,
            addresses=self._config.delivery.outgoing_addresses or self._config.dns.public_addresses,
            limits=limits,
        )
        return pages.table()
