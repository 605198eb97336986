"""Commands run as a user runs them, but in this process; and a data folder as a first start leaves it."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_tests import Result, Tayori, in_store

from tayori.app import endpoints, first_start
from tayori.app.endpoints import Endpoints
from tayori.cli.main import main


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """`tayori up` sends all logs of its process to standard error: here, of the tests after it."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


@pytest.fixture
def tayori(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Tayori:
    """`tayori("env", "--json")` runs the command in English with nothing of this machine's environment in its way."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "AWS_SESSION_TOKEN", "TAYORI_DATA"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments: object) -> Result:
        try:
            status = main([str(argument) for argument in arguments])
        except SystemExit as end:  # argparse: help and wrong usage
            status = int(end.code or 0)
        captured = capsys.readouterr()
        return Result(status, captured.out, captured.err)

    return run


@pytest.fixture
def service(tmp_path: Path) -> Endpoints:
    """What a service that was started on tmp_path, and has stopped, leaves behind."""
    left = Endpoints(
        pid=1,
        http="http://127.0.0.1:1",
        region="us-east-1",
        service_domain="tayori.test",
        ehlo_name="a1.smtp-out.us-east-1.tayori.test",
        database_url=f"sqlite:///{tmp_path / 'tayori.db'}",
        clock_file=str(tmp_path / "clock"),
        submission_host="127.0.0.1",
        starttls_port=1,
        tls_port=1,
        ca_file=str(tmp_path / "ca.pem"),
        inbound_host="127.0.0.1",
        inbound_port=1,
        dns_host="127.0.0.1",
        dns_port=1,
        rehearsal=True,
        rehearsal_folder=str(tmp_path / "rehearsal"),
        resolver="127.0.0.1:1",
        delivery_port=1,
    )
    endpoints.write(tmp_path, left)
    in_store(left, first_start.prepare, "us-east-1", first_start.new_key(user_name="operator", operator=True))
    return left
