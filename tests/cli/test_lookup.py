"""What commands take from the running service for their own looks."""

from dataclasses import replace
from typing import Any

import pytest

from tayori.app.endpoints import Endpoints
from tayori.app.policy_file import FetchError, FetchTrouble
from tayori.cli.lookup import policy_files_of
from tayori.mail.answer import Answer, AnswerStatus


class Loopback:
    """A DNS in which every host is at an address of the loopback where nobody listens."""

    async def resolve(self, name: str, rdtype: str) -> Answer:
        values = ("127.99.99.99",) if rdtype == "A" else ()
        status = AnswerStatus.FOUND if values else AnswerStatus.NODATA
        return Answer(name=name, rdtype=rdtype, status=status, values=values, ttl=1)


@pytest.mark.parametrize(
    ("networks", "trouble"),
    [((), FetchTrouble.NOT_PUBLIC), (("127.0.0.0/8",), FetchTrouble.UNREACHABLE)],
)
def test_a_policy_is_fetched_where_mail_may_be_delivered(
    run: Any, service: Endpoints, networks: tuple[str, ...], trouble: FetchTrouble
) -> None:
    files = policy_files_of(replace(service, rehearsal=False, private_networks=list(networks)), Loopback())
    assert files is not None
    with pytest.raises(FetchError) as raised:
        run(files.fetch("example.com"))
    assert raised.value.trouble is trouble


def test_the_rehearsal_has_no_web_servers(service: Endpoints) -> None:
    assert policy_files_of(service, Loopback()) is None
