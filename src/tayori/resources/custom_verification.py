"""Templates of verification mails in a customer's own words, and the verifications that were begun with them.

Owns the rows of both. A link keeps the addresses that its template had when it was sent: a change of the template, or
its end, does not reach mail that is out already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import sqlalchemy as sa

from tayori.mail.address import AddrSpec
from tayori.model import custom_verification as rules
from tayori.model.custom_verification import Redirects, Template
from tayori.model.errors import AlreadyExists, FromNotVerified, Kind, LimitExceeded, NoProductionAccess, NotFound
from tayori.model.identity import IdentityKind, IdentityName
from tayori.model.verification_mail import VerificationMail
from tayori.resources import accounts, identities
from tayori.resources import tags as tags_of
from tayori.resources.settings import find_sender
from tayori.store.engine import Tx
from tayori.store.tables import account_regions, custom_verification_templates, storable, verification_redirects

_COLUMNS = ("name", "from_address", "subject", "content", "success_url", "failure_url")
# How long after its end a link still leads to the page for links that do not work.
_REDIRECTS_STAY = timedelta(days=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """A verification that was begun: the mail that is to be sent, and the template to make it of."""

    template: Template
    mail: VerificationMail


def create(tx: Tx, account_id: str, region: str, template: Template, tags: Sequence[Mapping[str, str]] = ()) -> None:
    wanted = _checked(tx, account_id, region, template)
    wanted_tags = tags_of.check(tags)
    key = account_regions.c.account_id == account_id, account_regions.c.region == region
    tx.execute(sa.select(account_regions.c.account_id).where(*key).with_for_update())
    if find(tx, account_id, region, wanted.name) is not None:
        raise AlreadyExists(
            f"Custom verification email template {wanted.name} already exists", Kind.CUSTOM_VERIFICATION_TEMPLATE
        )
    if len(page(tx, account_id, region, limit=rules.MAX_TEMPLATES)) >= rules.MAX_TEMPLATES:
        raise LimitExceeded(f"An account can have at most {rules.MAX_TEMPLATES} custom verification email templates.")
    tx.execute(
        custom_verification_templates.insert().values(
            account_id=account_id, region=region, created_at=tx.now, **_values(wanted)
        )
    )
    tags_of.put(tx, account_id, region, f"{Kind.CUSTOM_VERIFICATION_TEMPLATE}/{wanted.name}", wanted_tags)


def update(tx: Tx, account_id: str, region: str, name: str, changes: Mapping[str, str]) -> None:
    """Members that are not given stay as they are (v1)."""
    present = get(tx, account_id, region, name)
    wanted = _checked(tx, account_id, region, replace(present, **changes))
    tx.execute(custom_verification_templates.update().where(*_key(account_id, region, name)).values(**_values(wanted)))


def delete(tx: Tx, account_id: str, region: str, name: str) -> None:
    if not tx.execute(custom_verification_templates.delete().where(*_key(account_id, region, name))).rowcount:
        raise _missing(name)
    tags_of.forget(tx, account_id, region, f"{Kind.CUSTOM_VERIFICATION_TEMPLATE}/{name}")


def find(tx: Tx, account_id: str, region: str, name: str) -> Template | None:
    query = sa.select(custom_verification_templates).where(*_key(account_id, region, name))
    row = tx.execute(query).first()
    return None if row is None else _template(row)


def get(tx: Tx, account_id: str, region: str, name: str) -> Template:
    template = find(tx, account_id, region, name)
    if template is None:
        raise _missing(name)
    return template


def page(tx: Tx, account_id: str, region: str, *, after: str = "", limit: int) -> list[Template]:
    """Templates in the order of their names, from the first one behind `after`."""
    table = custom_verification_templates
    rows = tx.execute(
        sa.select(table)
        .where(table.c.account_id == account_id, table.c.region == region, table.c.name > after)
        .order_by(table.c.name)
        .limit(limit)
    )
    return [_template(row) for row in rows]


# --- verifications ---


def begin(tx: Tx, account_id: str, region: str, address: AddrSpec, name: str, token: str) -> Begun:
    """SendCustomVerificationEmail: the address becomes an identity, or gets another link."""
    template = get(tx, account_id, region, name)
    if not accounts.get(tx, account_id, region).production_access:
        raise NoProductionAccess("Custom verification emails can be sent only by accounts with production access.")
    _check_sender(tx, account_id, region, template)
    identity = IdentityName(kind=IdentityKind.EMAIL_ADDRESS, text=str(address))
    mail = identities.verify_address(tx, account_id, region, identity, token)
    table = verification_redirects
    tx.execute(table.delete().where(table.c.expires_at <= tx.now - _REDIRECTS_STAY))
    tx.execute(
        table.insert().values(
            link_token=token,
            success_url=template.success_url,
            failure_url=template.failure_url,
            expires_at=mail.expires_at,
        )
    )
    return Begun(template=template, mail=mail)


def redirects(tx: Tx, token: str) -> Redirects | None:
    """Where the link of a mail leads that was made of a template; None for the service's own mails."""
    table = verification_redirects
    row = tx.execute(sa.select(table).where(table.c.link_token == storable(token))).first()
    return None if row is None else Redirects(success_url=row.success_url, failure_url=row.failure_url)


def _checked(tx: Tx, account_id: str, region: str, template: Template) -> Template:
    rules.check(template)
    _check_sender(tx, account_id, region, template)
    return replace(template, subject=storable(template.subject), content=storable(template.content))


def _check_sender(tx: Tx, account_id: str, region: str, template: Template) -> None:
    address = rules.sender_of(template.from_address)
    if find_sender(tx, account_id, region, address) is None:
        raise FromNotVerified(f"The from email address {template.from_address} is not verified")


def _missing(name: str) -> NotFound:
    return NotFound(
        f"Custom verification email template {storable(name)} does not exist", Kind.CUSTOM_VERIFICATION_TEMPLATE
    )


def _values(template: Template) -> dict[str, str]:
    return {column: getattr(template, column) for column in _COLUMNS}


def _template(row: sa.Row[tuple[object, ...]]) -> Template:
    return Template(**{column: row._mapping[column] for column in _COLUMNS})


def _key(account_id: str, region: str, name: str) -> tuple[sa.ColumnElement[bool], ...]:
    table = custom_verification_templates
    return table.c.account_id == account_id, table.c.region == region, table.c.name == storable(name)
