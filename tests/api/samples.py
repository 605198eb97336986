"""Values that fit a shape: the least that an operation demands, and as much as it can answer."""

from datetime import UTC, datetime
from typing import Any

from tayori.aws.spec import Shape

# A text for each pattern of the models whose constraint no plain word meets.
_BY_SHAPE = {
    "AdditionalContactEmailAddress": "someone@example.com",
    "ArchiveArn": "arn:aws:ses:us-east-1:123456789012:mailmanager-archive/a-" + "a1" * 12,
    "CertificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/12345678",
    "ConnectInstanceArn": "arn:aws:connect:us-east-1:123456789012:instance/12345678-1234-1234-1234-123456789012",
    "IAMRoleARN": "arn:aws:iam::123456789012:role/some-role",
    "NextTokenV2": "AAAA",
    "PrivateKey": "QUJD",
    "S3Url": "s3://bucket/key",
    "WebsiteURL": "https://example.com/",
    "PhoneNumberString": "+15550001111",
    "PhoneNumber": "+15550001111",
    "OTPCode": "123456",
    "InsightsEmailAddress": "someone@example.com",
}
MOMENT = datetime(2026, 11, 24, 1, 2, 3, 456000, tzinfo=UTC)


def minimal(shape: Shape | None) -> dict[str, Any]:
    """Required members only, all the way down."""
    return _value(shape, full=False, above=()) if shape is not None else {}


def full(shape: Shape | None) -> dict[str, Any]:
    """Every member; a list or map of one; recursion ends at the first repetition, a union takes its first member."""
    return _value(shape, full=True, above=()) if shape is not None else {}


def _value(shape: Shape, *, full: bool, above: tuple[str, ...]) -> Any:
    above = (*above, shape.name)
    if shape.type == "structure":
        names = list(shape.contents) if full else list(shape.required)
        if shape.is_union or (len(above) > 1 and not names):
            names = list(shape.contents)[:1]  # a union has one; an empty structure cannot be said in a form
        inner = {name: shape.contents[name] for name in names}
        return {
            name: _value(member, full=full, above=above) for name, member in inner.items() if member.name not in above
        }
    if shape.type == "list":
        count = max(shape.trait("min") or 0, 1)  # an empty list cannot be said in a query string
        return [_value(shape.member, full=full, above=above) for _ in range(count)]
    if shape.type == "map":
        return {_scalar(shape.key): _value(shape.value, full=full, above=above)}
    return _scalar(shape)


def _scalar(shape: Shape) -> Any:
    if shape.type == "string":
        return _BY_SHAPE.get(shape.name) or (shape.trait("enum") or ["text"])[0].ljust(shape.trait("min") or 0, "x")
    if shape.type in ("integer", "long"):
        return max(int(shape.trait("min") or 0), 3)
    if shape.type in ("float", "double"):
        return max(float(shape.trait("min") or 0), 0.5)
    if shape.type == "timestamp":
        return MOMENT
    return {"boolean": True, "blob": b"\x00\xffbytes"}[shape.type]
