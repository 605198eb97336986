"""Users and access: `/tayori/users` and `/tayori/invitations`, for administrators of an account and for operators.

Owns who may decide what about whom. An administrator decides what somebody is in the account; about the user as a whole
only where the user is in no other account and no operator. An operator decides everything. Nobody sets a password for
another: they come by a one-time link.

    GET    /tayori/users[?after=NAME][&all=true]     the account's; with `all`, of the installation (operator)
    PUT    /tayori/users/NAME     {"role": …}        what they are in the account
    DELETE /tayori/users/NAME                        they leave the account
    POST   /tayori/users/NAME/disable, /enable, /sign-out, /link, /remove, /operator {"operator": …}
    GET    /tayori/invitations                       links that are open
    POST   /tayori/invitations    {"role": …, "name": …}
    DELETE /tayori/invitations/ID
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, unquote

from tayori import ids
from tayori.api import json_page
from tayori.api.app import Route
from tayori.api.registry import Principal
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.model import console_session
from tayori.model import user as model
from tayori.model.errors import AccessDenied, Invalid, Kind, NotFound
from tayori.model.role import OF_ACCOUNTS, Role
from tayori.resources import sessions, users
from tayori.resources.users import INVITATION_LIFE, Invitation, User
from tayori.store.engine import Store, Tx
from tayori.store.tables import storable

USERS, INVITATIONS = "/tayori/users", "/tayori/invitations"
_PAGE = 100


class UserPages:
    """The routes. `url` is where the console is reached."""

    def __init__(self, store: Store, url: str) -> None:
        self._store = store
        self._url = url

    def table(self) -> list[Route]:
        handlers: tuple[tuple[str, str, Callable[..., Any]], ...] = (
            ("GET", USERS, self.show),
            ("PUT", USERS, self.put_role),
            ("DELETE", USERS, self.leave),
            ("POST", USERS, self.act),
            ("GET", INVITATIONS, self.invitations),
            ("POST", INVITATIONS, self.invite),
            ("DELETE", INVITATIONS, self.withdraw),
        )
        least = Role.ADMINISTRATOR
        return [Route(method=verb, prefix=path, handler=handler, needs=least) for verb, path, handler in handlers]

    # -- users -----------------------------------------------------------------------------------------------------

    async def show(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        asked = dict(parse_qsl(request.query))
        after, of_all = storable(asked.get("after", "")[:64]), asked.get("all") == "true"
        if of_all and not principal.operator:
            raise AccessDenied("Only an operator sees the users of all accounts.")
        found = await self._store.read(_all if of_all else _members, principal.account_id, after)
        shown = [_shown(user, role) for user, role in found[:_PAGE]]
        more = {"next": found[_PAGE - 1][0].name} if len(found) > _PAGE else {}
        return json_page.answer(200, {"users": shown, **more})

    async def put_role(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        role = _role(json_page.document(request))
        await self._store.write(_put_role, principal, _named(request), role)
        return json_page.answer(200, {"role": role})

    async def leave(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        await self._store.write(_leave, principal, _named(request))
        return json_page.answer(200, {})

    async def act(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        """What concerns the user as a whole."""
        assert principal is not None
        name, verb = _named(request), request.path.rpartition("/")[2]
        if verb == "link":
            token = ids.url_token()
            made = await self._store.write(_link, principal, name, console_session.digest(token), ids.user_id())
            return json_page.answer(201, self._shown_link(made, token))
        if verb == "operator":
            if not principal.operator:
                raise AccessDenied("Only an operator makes another user an operator.")
            wanted = json_page.document(request).get("operator")
            if not isinstance(wanted, bool):
                raise Invalid("operator must be true or false.")
            await self._store.write(_act, principal, name, partial(users.put_operator, operator=wanted))
        elif verb in _ACTIONS:
            await self._store.write(_act, principal, name, _ACTIONS[verb])
        else:
            raise NotFound("There is no such action.", Kind.USER)
        return json_page.answer(200, {})

    # -- links -----------------------------------------------------------------------------------------------------

    async def invitations(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        found = await self._store.read(users.invitations_into, principal.account_id)
        return json_page.answer(200, {"invitations": [_shown_invitation(one) for one in found]})

    async def invite(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        given = json_page.document(request)
        name = model.user_name(given["name"]) if given.get("name") else ""
        token = ids.url_token()
        digest = console_session.digest(token)
        made = await self._store.write(_invite, principal, _role(given), name, digest, ids.user_id())
        return json_page.answer(201, self._shown_link(made, token))

    async def withdraw(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        invitation_id = storable(unquote(request.path.removeprefix(INVITATIONS))).strip("/")
        await self._store.write(users.withdraw, principal.account_id, invitation_id)
        return json_page.answer(200, {})

    def _shown_link(self, made: Invitation, token: str) -> dict[str, Any]:
        """The only time that the link itself is shown."""
        return {**_shown_invitation(made), "url": f"{self._url}/console/invitation/{token}"}


_ACTIONS: Mapping[str, Callable[[Tx, str], Any]] = {
    "disable": partial(users.put_disabled, disabled=True),
    "enable": partial(users.put_disabled, disabled=False),
    "sign-out": sessions.end_all,
    "remove": users.remove,
}


def _named(request: HttpRequest) -> str:
    """The user whom the path names."""
    return model.user_name(unquote(request.path.removeprefix(USERS).strip("/").partition("/")[0]))


def _role(given: Mapping[str, Any]) -> Role:
    role = given.get("role")
    if role not in tuple(str(one) for one in OF_ACCOUNTS):
        raise Invalid(f"role must be one of {', '.join(OF_ACCOUNTS)}.")
    return Role(role)


def _shown(user: User, role: Role | None) -> dict[str, Any]:
    return {
        "name": user.name,
        "displayName": user.display_name,
        "role": role,
        "operator": user.operator,
        "disabled": user.disabled,
        "createdAt": user.created_at.isoformat(),
        "signedInAt": user.signed_in_at.isoformat() if user.signed_in_at else None,
    }


def _shown_invitation(one: Invitation) -> dict[str, Any]:
    return {
        "id": one.invitation_id,
        "role": one.role,
        "name": one.name,
        "createdBy": one.created_by,
        "expiresAt": one.expires_at.isoformat(),
    }


def _members(tx: Tx, account_id: str, after: str) -> list[tuple[User, Role | None]]:
    return [(user, role) for user, role in users.members(tx, account_id, after=after, limit=_PAGE + 1)]


def _all(tx: Tx, account_id: str, after: str) -> list[tuple[User, Role | None]]:
    return [(user, users.role_in(tx, user, account_id)) for user in users.page(tx, after=after, limit=_PAGE + 1)]


def _put_role(tx: Tx, principal: Principal, name: str, role: Role) -> None:
    """An operator may bring in somebody who is there already; others only change what somebody is."""
    user = users.get(tx, name) if principal.operator else _member(tx, principal, name)
    users.put_role(tx, principal.account_id, user.user_id, role)


def _leave(tx: Tx, principal: Principal, name: str) -> None:
    users.leave(tx, principal.account_id, _member(tx, principal, name).user_id)


def _act(tx: Tx, principal: Principal, name: str, action: Callable[[Tx, str], Any]) -> None:
    action(tx, _governed(tx, principal, name).user_id)


def _member(tx: Tx, principal: Principal, name: str) -> User:
    """Somebody of the account: whoever is not is nobody to its administrators."""
    user = users.by_name(tx, name)
    if user is None or not users.is_member(tx, principal.account_id, user.user_id):
        raise NotFound(f"There is no user {name} in this account.", Kind.USER)
    return user


def _governed(tx: Tx, principal: Principal, name: str) -> User:
    if principal.operator:
        return users.get(tx, name)
    user = _member(tx, principal, name)
    if not users.is_only_in(tx, principal.account_id, user):
        raise AccessDenied(f"{name} is in other accounts, too: only an operator decides about such a user.")
    return user


def _invite(tx: Tx, principal: Principal, role: Role, name: str, digest: str, invitation_id: str) -> Invitation:
    made = Invitation(
        invitation_id=invitation_id,
        account_id=principal.account_id,
        role=role,
        name=name,
        created_by=principal.user or principal.access_key_id,
        created_at=tx.now,
        expires_at=tx.now + INVITATION_LIFE,
    )
    users.invite(tx, digest, made)
    return made


def _link(tx: Tx, principal: Principal, name: str, digest: str, invitation_id: str) -> Invitation:
    """A new password for somebody who has lost theirs."""
    user = _governed(tx, principal, name)
    made = Invitation(
        invitation_id=invitation_id,
        user_id=user.user_id,
        name=user.name,
        created_by=principal.user or principal.access_key_id,
        created_at=tx.now,
        expires_at=tx.now + INVITATION_LIFE,
    )
    users.invite(tx, digest, made)
    return made
