"""Access keys over HTTP, for administrators of the account: `/tayori/credentials`.

GET lists them with their last use. POST makes one: its secret, and the SMTP password that belongs to it in this region,
are said in that answer and never again. POST `KEY/rotate` makes another for the same user, while the old one stays
until it is ended; POST `KEY` with `active` ends it or takes it up again; DELETE ends it for good. `KEY/policy` lists
what the key may do, PUT `KEY/policy/NAME` takes a policy as IAM has them, DELETE takes it away. Keys of operators are
changed by operators alone, and no temporary credentials change any.
"""

import json
import re
from datetime import datetime
from typing import Any
from urllib.parse import unquote

from tayori.api import json_page
from tayori.api.app import Route
from tayori.api.registry import Principal
from tayori.app import first_start
from tayori.app.first_start import NewKey
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.model.errors import AccessDenied, Invalid, Kind, LimitExceeded, NotFound
from tayori.model.role import Role
from tayori.model.smtp_password import smtp_password
from tayori.resources import credentials, key_uses, principal_policies
from tayori.resources.credentials import Credential
from tayori.store.engine import Store, Tx

PATH = "/tayori/credentials"
MOST_KEYS = 200
_USER_NAME = re.compile(r"[\w+=,.@-]{1,64}", re.ASCII)  # IAM's
_NEW_MEMBERS = {"user_name", "operator"}


def as_json(key: Credential, used_at: datetime | None) -> dict[str, Any]:
    return {
        "access_key_id": key.access_key_id,
        "user_name": key.user_name,
        "operator": key.operator,
        "active": key.active,
        "created_at": key.created_at.isoformat(),
        "used_at": used_at.isoformat() if used_at else None,
    }


def once(key: Credential, region: str) -> dict[str, Any]:
    """A new key with what is shown this once."""
    return {
        **as_json(key, None),
        "secret_access_key": key.secret_access_key,
        "smtp_username": key.access_key_id,
        "smtp_password": smtp_password(key.secret_access_key, region),
        "region": region,
    }


class CredentialPages:
    def __init__(self, store: Store) -> None:
        self._store = store

    def table(self) -> list[Route]:
        return [Route(method="*", prefix=PATH, handler=self.answer, needs=Role.ADMINISTRATOR)]

    async def answer(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        if principal.source_key and request.method != "GET":
            raise AccessDenied("Temporary credentials cannot change access keys. Use an access key.")
        key_id, _, verb = unquote(request.path.removeprefix(PATH).strip("/")).partition("/")
        match request.method, bool(key_id), verb:
            case "GET", False, "":
                return json_page.answer(200, await self._store.read(_listed, principal.account_id))
            case "POST", False, "":
                return await self._made(request, principal)
            case "POST", True, "rotate":
                new = first_start.new_key(user_name="", operator=False, account_id=principal.account_id)
                made = await self._store.write(_rotated, principal, key_id, new)
                return json_page.answer(201, once(made, principal.region))
            case "POST", True, "":
                active = json_page.document(request).get("active")
                if not isinstance(active, bool):
                    raise Invalid("active must be true or false.")
                return json_page.answer(200, await self._store.write(_switched, principal, key_id, active))
            case _, True, _ if verb.partition("/")[0] == "policy":
                return await self._policies(request, principal, key_id, verb.partition("/")[2])
            case "DELETE", True, "":
                await self._store.write(_deleted, principal, key_id)
                return json_page.answer(200, {"deleted": key_id})
        raise common_error("UnknownOperationException")

    async def _policies(self, request: HttpRequest, principal: Principal, key_id: str, name: str) -> HttpResponse:
        match request.method, bool(name):
            case "GET", False:
                pass
            case "PUT", True:
                document = json.dumps(json_page.document(request))
                await self._store.write(_policy_put, principal, key_id, name, document)
            case "DELETE", True:
                await self._store.write(_policy_deleted, principal, key_id, name)
            case _:
                raise common_error("UnknownOperationException")
        return json_page.answer(200, await self._store.read(_policies_of, principal, key_id))

    async def _made(self, request: HttpRequest, principal: Principal) -> HttpResponse:
        given = json_page.document(request)
        if unknown := sorted(set(given) - _NEW_MEMBERS):
            raise Invalid(f"Not known here: {', '.join(map(str, unknown))[:200]}.")
        name, operator = given.get("user_name", ""), given.get("operator", False)
        if not isinstance(name, str) or not _USER_NAME.fullmatch(name):
            raise Invalid("user_name must be 1 to 64 letters, digits, or characters of +=,.@_-")
        if not isinstance(operator, bool):
            raise Invalid("operator must be true or false.")
        if operator and not principal.operator:
            raise AccessDenied("Only an operator may make the key of an operator.")
        new = first_start.new_key(user_name=name, operator=operator, account_id=principal.account_id)
        made = await self._store.write(_added, new)
        return json_page.answer(201, once(made, principal.region))


def _listed(tx: Tx, account_id: str) -> dict[str, Any]:
    keys = credentials.of_account(tx, account_id)
    uses = key_uses.of(tx, [key.access_key_id for key in keys])
    return {"credentials": [as_json(key, uses.get(key.access_key_id)) for key in keys]}


def _added(tx: Tx, new: NewKey) -> Credential:
    if len(credentials.of_account(tx, new.account_id)) >= MOST_KEYS:
        raise LimitExceeded(f"An account has at most {MOST_KEYS} access keys. Delete those that nobody uses.")
    return first_start.add_key(tx, new)


def _own(tx: Tx, principal: Principal, key_id: str) -> Credential:
    """The key, which must be the account's. Raises NotFound, AccessDenied."""
    keys = credentials.of_account(tx, principal.account_id)
    found = next((key for key in keys if key.access_key_id == key_id), None)
    if found is None:
        raise NotFound(f"There is no access key {key_id[:40]} in this account.", Kind.CREDENTIAL)
    if found.operator and not principal.operator:
        raise AccessDenied("This is the key of an operator, which only operators may change.")
    return found


def _rotated(tx: Tx, principal: Principal, key_id: str, new: NewKey) -> Credential:
    """The new key may do what the old one may."""
    old = _own(tx, principal, key_id)
    made = _added(
        tx,
        NewKey(
            account_id=old.account_id,
            access_key_id=new.access_key_id,
            secret_access_key=new.secret_access_key,
            user_name=old.user_name,
            operator=old.operator,
        ),
    )
    principal_policies.copy(tx, old.account_id, old.access_key_id, made.access_key_id)
    return made


def _policies_of(tx: Tx, principal: Principal, key_id: str) -> dict[str, Any]:
    key = _own(tx, principal, key_id)
    found = principal_policies.texts(tx, key.account_id, key.access_key_id)
    return {"policies": [{"name": name, "document": json.loads(text)} for name, text in found.items()]}


def _policy_put(tx: Tx, principal: Principal, key_id: str, name: str, document: str) -> None:
    key = _own(tx, principal, key_id)
    principal_policies.put(tx, key.account_id, key.access_key_id, name, document)


def _policy_deleted(tx: Tx, principal: Principal, key_id: str, name: str) -> None:
    key = _own(tx, principal, key_id)
    principal_policies.delete(tx, key.account_id, key.access_key_id, name)


def _switched(tx: Tx, principal: Principal, key_id: str, active: bool) -> dict[str, Any]:
    _own(tx, principal, key_id)
    credentials.put_active(tx, key_id, active=active)
    return as_json(_own(tx, principal, key_id), key_uses.of(tx, [key_id]).get(key_id))


def _deleted(tx: Tx, principal: Principal, key_id: str) -> None:
    _own(tx, principal, key_id)
    credentials.delete(tx, key_id)
