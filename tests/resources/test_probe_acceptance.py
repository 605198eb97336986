"""A probe is accepted as its identity, in the sandbox too, and costs no quota."""

import pytest

from population import ACCOUNT, REGION, caller, identity, names, open_account, sandboxed_account, submission
from tayori.model.errors import MailFromNotVerified, Unverified
from tayori.model.message import Accepted, Operation
from tayori.resources import quotas
from tayori.resources.messages import Door

PROBE = caller(operation=Operation.PROBE)


@pytest.fixture
def accept(transact):
    door = Door(names, "worker", lambda size: True)

    def accept(**changes) -> Accepted:
        (answer,) = transact(door.accept, [submission("probe-1@tayori.test", caller=PROBE, **changes)])
        if isinstance(answer, Exception):
            raise answer
        return answer

    return accept


def test_a_probe_is_signed_as_the_identity(transact, accept) -> None:
    transact(sandboxed_account)
    transact(identity, "example.com", mail_from_domain="bounce.example.com", mail_from_status="SUCCESS")
    accepted = accept()
    assert [plan.domain for plan in accepted.outgoing.signing][:1] == ["example.com"]
    assert accepted.outgoing.reverse_path.address.domain == "bounce.example.com"
    assert transact(quotas.sent_last_24_hours, ACCOUNT, REGION) == 0


def test_only_a_verified_identity_can_be_probed(transact, accept) -> None:
    transact(open_account)
    transact(identity, "example.com", verification_status="PENDING")
    with pytest.raises(Unverified):
        accept()


def test_a_mail_from_domain_that_fails_refuses_a_probe_as_any_mail(transact, accept) -> None:
    transact(open_account)
    transact(
        identity,
        "example.com",
        mail_from_domain="bounce.example.com",
        mail_from_status="FAILED",
        mail_from_behavior="REJECT_MESSAGE",
    )
    with pytest.raises(MailFromNotVerified):
        accept()
