"""The background loops of one process: those that each has, and those of which an installation runs one.

Owns which there are, what wakes each, and the leases by which one process of all runs the singletons.
"""

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from tayori.app import event_targets, inbound_port, publishing, receiving, records, tls_reporting
from tayori.app.block_lists import BlockListWatch
from tayori.app.notices import AccountMail, Notifier
from tayori.app.publishing import FeedbackMailer, NotificationMailer
from tayori.app.reputation_watch import reputation_loops
from tayori.app.review_mail import ReviewMail
from tayori.app.transport import StsRefresh
from tayori.app.webhooks import PausedNotice
from tayori.clock import SystemClock
from tayori.events.publisher import Publisher
from tayori.events.sender import Sender
from tayori.inbound.receipt_actions import ReceiptActions
from tayori.loops.base import Lease, Loop, Supervised, Supervisor
from tayori.loops.retention import Retention
from tayori.loops.rotation import Rotation
from tayori.loops.tls_counting import TlsCounter
from tayori.loops.verifier import Verifier
from tayori.loops.workers import Heartbeat, HeldExpiry, PauseEnd, Reaper
from tayori.resources import (
    dkim_setup,
    identities,
    notifications,
    pauses,
    publications,
    received_mail,
    review_notices,
)
from tayori.store import leases

if TYPE_CHECKING:
    from tayori.app.node import Node

_LEASE = timedelta(seconds=30)
_LOOP_STOP_SECONDS = 10.0


async def start(node: "Node") -> None:
    """Start those of this process, and take part in who runs the singletons."""
    loops: list[Supervised] = []
    if node.predecessor:  # known to be dead: neither its loops nor what it had in hand need wait for its leases
        await node.store.write(leases.bury, node.predecessor)
    if node.delivers:
        wake = node.store.wakeups.event("tls-results")
        node.counter = TlsCounter(node.store, node.clock, wake, is_reporting=node.config.tls_reports.send)
        node.stops.append(node.counter.stop)
        loops.append(Supervised(node.counter, node.clock, wake=wake))
        if node.sts is not None:
            node.stops.append(node.sts.close)
            loops.append(_singleton(node, StsRefresh(node.sts), "mta-sts"))
    if "delivery" in node.roles and node.linked is None:
        if node.predecessor:
            await Reaper(node.store, node.clock).tick()
        heartbeat = Heartbeat(node.store, node.clock, node.worker)
        await heartbeat.tick()
        node.stops.append(heartbeat.stop)
        loops.append(Supervised(heartbeat, SystemClock()))
    if "loops" in node.roles:
        targets = event_targets.event_targets(node.config, node.resolver, node.clock)
        node.stops.append(targets.firehose.stop)
        loops.append(Supervised(targets.firehose, SystemClock()))
        loops += [_singleton(node, loop, topic) for loop, topic in _singletons(node, targets)]
    node.loops = Supervisor(loops)
    node.loops.start()
    node.stops.append(partial(node.loops.stop, _LOOP_STOP_SECONDS))


def _singletons(node: "Node", targets: event_targets.EventTargets) -> list[tuple[Loop, str]]:
    """Every loop of which an installation runs one, with the topic that wakes it."""
    reports: list[tuple[Loop, str]] = []
    if node.config.tls_reports.send:
        loop = tls_reporting.reporting(node.config, node.store, node.sending, node.resolver, node.clock)
        reports.append((loop, "tls-reports"))
    if node.config.delivery.block_lists:
        watch = BlockListWatch(node.store, node.resolver, node.config.delivery.block_lists)
        reports.append((watch, "block-lists"))
    return [
        *reports,
        (_verifier(node), identities.TOPIC),
        (Reaper(node.store, node.clock), "workers"),
        (HeldExpiry(node.store, node.names_of), "held"),
        (PauseEnd(node.store), pauses.TOPIC),
        (_retention(node), "retention"),
        *records.loops(node.config, node.store),
        (_rotation(node), dkim_setup.ROTATION_TOPIC),
        (Publisher(node.store, node.config.service.domain), publications.TOPIC),
        (node.feedback.watch(), "feedback-coverage"),
        (_notifications(node, targets), notifications.TOPIC),
        (_review_mail(node), review_notices.TOPIC),
        (_receipt_actions(node), received_mail.TOPIC),
        *reputation_loops(node.config, node.store, node.sending, node.names_of, node.resolver),
    ]


def _notifications(node: "Node", targets: event_targets.EventTargets) -> Sender:
    mailer = NotificationMailer(node.store, node.sending, node.names_of, node.clock)
    feedback = FeedbackMailer(node.store, node.sending, node.names_of, node.clock)
    sender = publishing.sender(
        node.config,
        node.store,
        node.clock,
        node.resolver,
        node.worker,
        mailer=mailer,
        feedback=feedback,
        tell_owner=PausedNotice(node.store, mailer),
        others=targets.endpoints,
    )
    node.stops.append(sender.stop)
    return sender


def _receipt_actions(node: "Node") -> ReceiptActions:
    return receiving.actions(node.config, node.store, node.clock, node.sending, node.resolver, node.names_of)


def _verifier(node: "Node") -> Verifier:
    notify = Notifier(node.store, node.sending, node.names_of, node.clock)
    return Verifier(node.store, node.resolver, node.names_of, notify)


def _review_mail(node: "Node") -> ReviewMail:
    return ReviewMail(node.store, AccountMail(node.store, node.sending, node.names_of, node.clock))


def _retention(node: "Node") -> Retention:
    settings = node.config.retention
    return Retention(
        node.store,
        timedelta(hours=settings.content_hours),
        timedelta(days=settings.timeline_days),
        inbound_port.kept_mail(node.config),
        timedelta(days=settings.audit_days),
    )


def _rotation(node: "Node") -> Rotation:
    days = node.config.dkim.rotation_days
    return Rotation(node.store, timedelta(days=days) if days else None, node.config.service.domain)


def _singleton(node: "Node", loop: Loop, topic: str) -> Supervised:
    return Supervised(loop, node.clock, wake=node.store.wakeups.event(topic), lease=_lease(node, loop.name))


def _lease(node: "Node", name: str) -> Lease:
    holds_until = node.clock.wall()

    async def take() -> bool:
        nonlocal holds_until
        wall = node.clock.wall()
        if wall + _LEASE / 2 < holds_until:
            return True
        taken = await node.store.write(leases.take, name, node.worker, wall, _LEASE)
        holds_until = wall + _LEASE if taken else wall
        return taken

    return take
