"""The ways to DKIM, and what a request asks for: Easy DKIM, a key of the customer's own, the keys of another region.

Owns the reading of DkimSigningAttributes in SES's rules. Never makes, reads or keeps a key. SES: DkimSigningAttributes,
SigningAttributesOrigin (ses: dkim); `AWS_SES_<REGION>` is Deterministic Easy DKIM, whose keys are those of the
identity of the same name in that region.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from tayori.model.errors import Invalid
from tayori.model.identity import DkimOrigin, IdentityKind, KeyLength

_REPLICA = f"{DkimOrigin.AWS_SES}_"


@dataclass(frozen=True, slots=True, kw_only=True)
class EasyDkim:
    """Keys that the service makes, keeps and changes. `length` is None where the request names none."""

    length: KeyLength | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnKey:
    """The customer's key: base64 of PKCS#1 or PKCS#8, as it came."""

    selector: str
    private_key: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """The tokens and keys of the identity of the same name in another region."""

    region: str


WantedDkim: TypeAlias = EasyDkim | OwnKey | Replica


def replica_origin(region: str) -> str:
    """The origin of those who follow a region: `eu-west-1` → `AWS_SES_EU_WEST_1`."""
    return _REPLICA + region.upper().replace("-", "_")


def parent_region(origin: str) -> str | None:
    """The region that an origin follows; None where it follows none."""
    return origin.removeprefix(_REPLICA).lower().replace("_", "-") if origin.startswith(_REPLICA) else None


def wanted_at_birth(attributes: Mapping[str, str] | None, kind: IdentityKind) -> WantedDkim:
    """What DkimSigningAttributes of CreateEmailIdentity ask for. Raises Invalid."""
    given = {name: value for name, value in (attributes or {}).items() if value}
    if given and kind is IdentityKind.EMAIL_ADDRESS:
        raise Invalid("DkimSigningAttributes can be specified only for a domain.")
    has_key = "DomainSigningPrivateKey" in given or "DomainSigningSelector" in given
    origin = given.pop("DomainSigningAttributesOrigin", DkimOrigin.EXTERNAL if has_key else DkimOrigin.AWS_SES)
    return wanted_later(origin, given)


def wanted_later(origin: str, attributes: Mapping[str, str] | None) -> WantedDkim:
    """What PutEmailIdentityDkimSigningAttributes asks for. Raises Invalid."""
    given = {name: value for name, value in (attributes or {}).items() if value}
    origin_there = given.pop("DomainSigningAttributesOrigin", origin)
    if origin_there != origin:
        raise Invalid("SigningAttributesOrigin and DomainSigningAttributesOrigin must be the same.")
    has_key = "DomainSigningPrivateKey" in given or "DomainSigningSelector" in given
    if origin == DkimOrigin.EXTERNAL:
        return _own_key(given)
    if has_key:
        raise Invalid(
            "DomainSigningPrivateKey and DomainSigningSelector can be specified only with SigningAttributesOrigin"
            " EXTERNAL."
        )
    parent = parent_region(origin)
    if parent is None:
        return EasyDkim(length=_length(given))
    if "NextSigningKeyLength" in given:
        raise Invalid("NextSigningKeyLength cannot be specified for a replica: it has the keys of its parent.")
    return Replica(region=parent)


def _own_key(given: Mapping[str, str]) -> OwnKey:
    if "DomainSigningPrivateKey" not in given or "DomainSigningSelector" not in given:
        raise Invalid("DomainSigningSelector and DomainSigningPrivateKey must be specified together.")
    if "NextSigningKeyLength" in given:
        raise Invalid("NextSigningKeyLength cannot be specified together with DomainSigningPrivateKey.")
    return OwnKey(selector=given["DomainSigningSelector"].lower(), private_key=given["DomainSigningPrivateKey"])


def _length(given: Mapping[str, str]) -> KeyLength | None:
    wanted = given.get("NextSigningKeyLength")
    if wanted is None:
        return None
    if wanted not in list(KeyLength):
        raise Invalid("NextSigningKeyLength must be RSA_1024_BIT or RSA_2048_BIT.")
    return KeyLength(wanted)
