"""Stops that lose nothing, and more than one process or node at work on the same mail."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from load import Load
from service import ENVIRONMENT, Service, check_authentic, message, message_id_of, running

from postgres import running_server
from tayori.testing import Node, free_ports, until

SENDER = "news@shop.test"
PARTS = ("services", "worker-1", "delivery-1")


def set_up(service: Service) -> None:
    service.open_account()
    service.add_domain("shop.test")


# -- one process -------------------------------------------------------------------------------------------------------


def test_deferred_mail_survives_a_restart(tmp_path):
    with running(tmp_path) as service:
        set_up(service)
        message_id = service.send("patient@grey.test", sender=SENDER)
        before = service.wait_for_state(message_id, "deferred")
        service.stop()
        service.start()
        assert service.timeline(message_id) == before
        service.rehearsal.clock.advance(90)  # the receiver has forgotten the first try
        until(lambda: len(service.timeline(message_id)["attempts"]) == 2, "the second try")
        service.rehearsal.clock.advance(600)
        (mail,) = service.rehearsal.wait_for_mail("patient@grey.test")
        check_authentic(mail)
        assert service.wait_for_state(message_id, "delivered")["recipients"][0]["attempts"] == 3


def test_a_stop_lets_a_client_finish_its_message(tmp_path):
    content = bytes(message("last@inbox.test", sender=SENDER))
    with running(tmp_path) as service:
        set_up(service)
        with service.smtp() as session:
            assert (session.mail(SENDER)[0], session.rcpt("last@inbox.test")[0]) == (250, 250)
            assert session.docmd("DATA")[0] == 354
            session.send(content[:40])
            assert service.node.process is not None
            service.node.process.terminate()
            until(lambda: _is_closed(service), "the listener's end")
            session.send(content[40:] + b".\r\n")
            code, reply = session.getreply()
            assert code == 250
            assert session.docmd("MAIL FROM:<news@shop.test>")[0] in (421, -1)
        service.stop()
        service.start()
        (mail,) = service.rehearsal.wait_for_mail("last@inbox.test")
        assert reply.decode() == f"Ok {message_id_of(mail)}"


def _is_closed(service: Service) -> bool:
    try:
        with service.smtp():
            return False
    except OSError:
        return True


def test_a_stop_during_slow_deliveries_gives_them_back(tmp_path):
    with running(tmp_path) as service:
        set_up(service)
        message_id = service.send("turtle@slow.test", sender=SENDER)
        until(lambda: service.state(message_id) == "sending", "the delivery under way")
        service.stop()
        service.start()
        # Given back without an attempt, it is taken again at once, and nothing waits for a lease to run out.
        until(lambda: service.state(message_id) == "sending", "the delivery under way again", 10)
        assert service.timeline(message_id)["attempts"] == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["ctrl-c", "systemd"])
def test_a_signal_to_all_processes_at_once_is_a_clean_stop(tmp_path, number):
    with running(tmp_path) as service:
        set_up(service)
        with Load(service, sender=SENDER, to="crowd@inbox.test") as load:
            until(lambda: len(load.accepted) > 50, "some mail", 60)
            process, service.node.process = service.node.process, None
            os.killpg(process.pid, number)
            assert process.wait(60) == 0
        service.check_log()
        service.start()
        service.rehearsal.clock.advance(75)
        mails = service.rehearsal.wait_for_mail("crowd@inbox.test", len(load.accepted), 60)
        assert load.accepted.keys() <= {message_id_of(mail) for mail in mails}
        assert load.refusals == []


def test_processes_whose_parent_dies_while_they_start_end_in_order(tmp_path):
    """A worker that has begun to listen by then has clients, and closes what it has opened."""
    with free_ports() as port_base:
        node = Node(data=tmp_path / "tayori", port_base=port_base)
        command = [sys.executable, "-m", "tayori", "up", "--rehearsal", "--data", str(node.data)]
        with node.log.open("ab") as log:
            parent = subprocess.Popen(
                [*command, "--port-base", str(port_base)],
                stdout=subprocess.DEVNULL,
                stderr=log,
                env={**os.environ, **ENVIRONMENT},
                start_new_session=True,
            )
        try:
            service = Service(node)
            until(lambda: [one for one in service.events("started") if one["part"] == "services"], "the services", 60)
            until(lambda: len(_children(parent.pid)) == 2, "a worker that starts", 60)
            parent.kill()
            parent.wait()
            until(lambda: {one["part"] for one in service.events("stopped")} == {*PARTS}, "an end of all processes", 60)
            service.expected_errors.add("parent_died")
            service.check_log()
        finally:
            with suppress(ProcessLookupError):
                os.killpg(parent.pid, signal.SIGKILL)


def _children(pid: int) -> list[int]:
    """The processes that a process has started, and that have not ended."""
    table = Path(f"/proc/{pid}/task/{pid}/children")
    if not table.exists():
        pytest.skip("this system does not list a process's children in /proc")
    return [int(child) for child in table.read_text("ascii").split()]


# -- two workers -------------------------------------------------------------------------------------------------------


def test_two_workers_share_the_ports_and_lose_nothing(tmp_path):
    with running(tmp_path, environment={"TAYORI_SERVICE_WORKERS": "2"}) as service:
        set_up(service)
        assert service.pid_of("worker-1") != service.pid_of("worker-2")
        for port in ("starttls_port", "tls_port"):
            assert _listeners(service.env["smtp"][port]) == 2
        with Load(service, sender=SENDER, to="crowd@inbox.test", smtp_threads=4, api_threads=2) as load:
            until(lambda: len(load.accepted) > 200, "200 messages", 60)
        mails = service.rehearsal.wait_for_mail("crowd@inbox.test", len(load.accepted), 60)
        assert sorted(map(message_id_of, mails)) == sorted(load.accepted)
        assert (load.refusals, load.unknown) == ([], 0)


def _listeners(port: int) -> int:
    """How many sockets listen on a port of 127.0.0.1."""
    table = Path("/proc/net/tcp")
    if not table.exists():
        pytest.skip("this system does not list its sockets in /proc")
    return len(re.findall(rf"^ *\d+: 0100007F:{port:04X} 00000000:0000 0A ", table.read_text(), re.MULTILINE))


# -- PostgreSQL --------------------------------------------------------------------------------------------------------


def test_on_postgresql(tmp_path, postgres_url):
    with running(tmp_path, "--database", postgres_url) as service:
        set_up(service)
        message_id = service.send("you@inbox.test", sender=SENDER)
        (mail,) = service.rehearsal.wait_for_mail("you@inbox.test")
        check_authentic(mail)
        assert message_id_of(mail) == message_id
        bounced = service.send("nobody@unknown.test", sender=SENDER)
        service.wait_for_event(bounced, "Bounce")
        waiting = service.send("patient@grey.test", sender=SENDER)
        service.wait_for_state(waiting, "deferred")
        service.stop()
        service.start()
        assert service.state(message_id) == "delivered"
        service.rehearsal.clock.advance(90)
        until(lambda: len(service.timeline(waiting)["attempts"]) == 2, "the second try")
    assert not (service.node.data / "tayori.db").exists()


def test_a_crash_of_the_database_loses_nothing(tmp_path):
    with running_server() as server, running(tmp_path, "--database", server.url) as service:
        set_up(service)
        with Load(service, sender=SENDER, to="crowd@inbox.test") as load:
            for _ in range(2):
                before = len(load.accepted)
                until(lambda before=before: len(load.accepted) > before + 100, "mail accepted", 60)
                server.crash()
                server.start()
            until(lambda: len(load.accepted) > before + 200, "mail accepted after the crash", 60)
        service.rehearsal.clock.advance(75)
        until(lambda: service.tayori("queue", "list", "--json").strip() == "[]", "an empty queue", 60)
        assert load.accepted.keys() - set(_arrived(service)) == set()
        assert load.refusals == []
        # It says what is wrong for as long as it is, and is well again afterwards.
        assert service.rehearsal.request("GET", "/healthz") == {"status": "ok", "troubles": []}
        service.expected_errors |= {entry["event"] for entry in map(json.loads, service.log_lines())}


@pytest.fixture
def two_nodes(tmp_path: Path, postgres_url: str) -> Iterator[tuple[Service, Service]]:
    """One that receives, answers for the DNS and runs the rehearsal; one that accepts and delivers, and joins it."""
    with ExitStack() as stack:
        options = ("--database", postgres_url, "--roles")
        first = stack.enter_context(running(tmp_path, *options, "inbound,dns,loops", name="services"))
        second = stack.enter_context(running(tmp_path, *options, "api,smtp,delivery", name="workers"))
        yield first, second


def test_roles_on_two_nodes(two_nodes):
    services, workers = two_nodes
    assert services.env["http"] == ""
    assert workers.env["mx"]["port"] == 0
    assert workers.env["rehearsal"] == services.env["rehearsal"]
    set_up(workers)
    workers.client().create_email_identity(EmailIdentity="second.test")
    message_id = workers.send("gone@later.test", sender=SENDER)  # signed by one node, its key published by the other
    (mail,) = workers.rehearsal.wait_for_mail("gone@later.test")
    check_authentic(mail)
    bounce = workers.wait_for_event(message_id, "Bounce")["detail"]  # received by the one, of a message of the other
    assert bounce["bouncedRecipients"][0]["emailAddress"] == "gone@later.test"
    # The clock and the controls are those of the node that runs the rehearsal, from either side.
    workers.rehearsal.clock.advance(10_000)
    shown = [re.search(r"[\d-]+.[\d:]+", node.tayori("rehearsal", "clock", "show")) for node in two_nodes]
    times = [datetime.fromisoformat(found.group()).replace(tzinfo=UTC) for found in shown if found is not None]
    assert len(times) == 2
    assert all(time - datetime.now(UTC) > timedelta(seconds=9_000) for time in times)
    assert timedelta() <= times[1] - times[0] < timedelta(seconds=60)  # asked one after the other


@pytest.mark.timeout(300)
def test_a_node_that_dies_leaves_its_mail_to_the_other(tmp_path, postgres_url):
    with ExitStack() as stack, ThreadPoolExecutor(2) as pool:

        def start(name: str) -> Service:
            return stack.enter_context(running(tmp_path, "--database", postgres_url, name=name))

        # Both at the same moment: one runs the rehearsal, the other joins.
        nodes = sorted(pool.map(start, ("one", "two")), key=_runs_rehearsal)
        assert list(map(_runs_rehearsal, nodes)) == [False, True]
        victim, survivor = nodes
        assert victim.env["rehearsal"] == survivor.env["rehearsal"]
        set_up(victim)
        with Load(victim, sender=SENDER, to="crowd@inbox.test") as load:
            until(lambda: len(load.accepted) > 100, "mail accepted", 60)
            victim.node.kill()
        # What the dead one had in hand is free when nothing was heard of it for forty seconds.
        until(lambda: load.accepted.keys() <= set(_arrived(survivor)), "all that was accepted", 90)
        until(lambda: survivor.tayori("queue", "list", "--json").strip() == "[]", "an empty queue", 60)


def _runs_rehearsal(node: Service) -> bool:
    return any("rehearsal" in entry["roles"].split(",") for entry in node.events("started"))


def _arrived(service: Service) -> list[str]:
    return [message_id_of(mail) for mail in service.rehearsal.mailbox("crowd@inbox.test")]


def test_a_node_takes_the_rehearsal_over_from_one_that_is_gone(tmp_path, postgres_url):
    options = ("--database", postgres_url)
    with running(tmp_path, *options, name="first") as first:
        set_up(first)
        account = first.env["account_id"]
    with running(tmp_path, *options, name="second") as second:
        assert second.env["account_id"] == account
        assert second.env["rehearsal"]["delivery_port"] != 0
        set_up_again = second.client().get_email_identity(EmailIdentity="shop.test")
        assert set_up_again["VerifiedForSendingStatus"]
        second.rehearsal.adopt("shop.test")  # its internet is a new one
        second.send("you@inbox.test", sender=SENDER)
        (mail,) = second.rehearsal.wait_for_mail("you@inbox.test")
        assert mail.dkim.startswith("pass")
    assert os.path.isdir(second.node.data / "rehearsal")
