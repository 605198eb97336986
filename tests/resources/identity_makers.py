"""Accounts, keys and findings for the tests of identities. The keys are no keys: making real ones takes long."""

from tayori import ids
from tayori.model.identity import IdentityName, KeyLength, Verdict
from tayori.model.names import ServiceNames
from tayori.model.proof import Finding, Purpose
from tayori.resources import accounts, identities
from tayori.resources.dkim_keys import DkimKey
from tayori.resources.identities import Identity, NewIdentity
from tayori.resources.identity_checks import Checked, expected_records
from tayori.store.engine import Tx

ACCOUNT, REGION = "123456789012", "us-east-1"
NAMES = ServiceNames(service_domain="tayori.test", region=REGION)


def keys(length: KeyLength = KeyLength.RSA_2048_BIT) -> tuple[DkimKey, ...]:
    tokens = [ids.dkim_token() for _ in range(3)]
    return tuple(
        DkimKey(selector=token, private_key=token.encode(), public_record=f"p={token}", length=length)
        for token in tokens
    )


def open_account(tx: Tx, account_id: str = ACCOUNT) -> None:
    accounts.create(tx, account_id, REGION, name="test")


def domain(
    tx: Tx, name: str = "example.com", account_id: str = ACCOUNT, region: str = REGION, **wanted: object
) -> Identity:
    """A new domain identity."""
    new = NewIdentity(name=IdentityName.parse(name), keys=keys(), **wanted)  # type: ignore[arg-type]
    identities.create(tx, account_id, region, new)
    return identities.get(tx, account_id, region, new.name.text)


def address(tx: Tx, name: str = "user@example.com", token: str = "link-token") -> Identity:
    """A new address identity."""
    new = NewIdentity(name=IdentityName.parse(name), link_token=token)
    identities.create(tx, ACCOUNT, REGION, new)
    return identities.get(tx, ACCOUNT, REGION, new.name.text)


def checked(identity: Identity, **verdicts: Verdict) -> Checked:
    """A look at an identity; `verdicts` by purpose (dkim, ownership, mx, spf), all MATCHED otherwise."""
    expected = expected_records(identity, NAMES)
    words = {
        Purpose.DKIM: "dkim",
        Purpose.DKIM_ED25519: "ed25519",
        Purpose.OWNERSHIP: "ownership",
        Purpose.MAIL_FROM_MX: "mx",
        Purpose.MAIL_FROM_SPF: "spf",
    }
    findings = [
        Finding(expected=record, verdict=verdicts.get(words[record.purpose], Verdict.MATCHED)) for record in expected
    ]
    return Checked(identity=identity, findings=tuple(findings))
