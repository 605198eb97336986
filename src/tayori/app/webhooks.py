"""Webhooks over HTTP: `/tayori/webhooks`, and what the command shares with it; the mail that tells of a pause.

GET lists, POST creates and shows the secret, once; below an id GET shows, PUT changes `url` and `kinds`, DELETE
deletes, POST `pause`, `resume`, `test` and `replay` act, POST `secret` makes a new one, GET `deliveries` is the log.
The rules are `tayori.resources.webhooks`'s.
"""

import json
import logging
import secrets
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from tayori import ids
from tayori.api import json_page
from tayori.api.app import Route
from tayori.api.registry import Principal
from tayori.app.publishing import NotificationMailer
from tayori.aws.errors import common_error
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.events import webhook_endpoint
from tayori.events.mail_endpoint import NotificationMail
from tayori.events.target import Target, TargetError
from tayori.model import webhook
from tayori.model.errors import Invalid
from tayori.model.event import timestamp
from tayori.resources import accounts, configuration_sets, notifications, webhooks
from tayori.resources.webhooks import NewWebhook, Webhook, WebhookAttempt
from tayori.store.engine import Store, Tx

logger = logging.getLogger("tayori.events")

PATH = "/tayori/webhooks"
_SECRET_OCTETS = 32
_LOG_SHOWN = 100
_PAUSED = """\
The webhook {webhook_id} ({url}) has been paused: it has failed since {since}, most recently so:
{why}

Nothing is lost: what is due for it is kept. Once it works again, resume it and send what it missed:
tayori webhook resume {webhook_id}
tayori webhook replay {webhook_id}

Webhook {webhook_id} は、{since} から失敗が続いているため一時停止しました。
通知は保存されています。復旧後、上のコマンドで再開し、未達の通知を再送してください。
"""


def new_webhook(
    url: str, kinds: Sequence[str], *, configuration_set: str | None, secret: str | None, is_rehearsal: bool
) -> NewWebhook:
    """What is to be created, checked; with a fresh secret where none is given. Raises Invalid."""
    _check_url(url, is_rehearsal=is_rehearsal)
    return NewWebhook(
        webhook_id=f"wh-{ids.worker_id()}",
        url=url,
        kinds=webhook.check_kinds(kinds),
        configuration_set=configuration_set or None,
        secret=webhook.check_secret(secret) if secret else webhook.secret_of(secrets.token_bytes(_SECRET_OCTETS)),
    )


def _check_url(url: str, *, is_rehearsal: bool) -> None:
    try:
        target = Target.parse(url)
    except TargetError as error:
        raise Invalid(f"Events cannot be posted to this URL: {error}.") from error
    if not target.tls and not is_rehearsal:
        raise Invalid("A webhook's URL must begin with https://.")


def create(tx: Tx, account_id: str, region: str, new: NewWebhook) -> Webhook:
    if new.configuration_set is not None:
        configuration_sets.get(tx, account_id, region, new.configuration_set)
    return webhooks.create(tx, account_id, region, new)


def send_test(tx: Tx, account_id: str, region: str, webhook_id: str) -> None:
    """Post something that is no event."""
    hook = webhooks.get(tx, account_id, region, webhook_id)
    body = {"type": "tayori.test", "timestamp": timestamp(tx.now), "data": {"webhook": webhook_id}}
    notifications.enqueue_other(
        tx,
        account_id=account_id,
        region=region,
        kind="Test",
        destination=webhook_id,
        protocol=webhook_endpoint.PROTOCOL,
        endpoint=hook.url,
        envelope={"body": json.dumps(body, separators=(",", ":"))},
    )


def as_json(hook: Webhook) -> dict[str, Any]:
    return {
        "id": hook.webhook_id,
        "url": hook.url,
        "kinds": list(hook.kinds),
        "configurationSet": hook.configuration_set,
        "state": hook.state.value,
        "failingSince": timestamp(hook.failing_since) if hook.failing_since else None,
        "createdAt": timestamp(hook.created_at),
    }


def attempt_as_json(one: WebhookAttempt) -> dict[str, Any]:
    return {
        "at": timestamp(one.at),
        "delivery": one.delivery_id,
        "kind": one.kind,
        "try": one.number,
        "status": one.status or None,
        "milliseconds": one.duration_ms,
        "request": one.request,
        "reply": one.reply,
        "error": one.error,
    }


class PausedNotice:
    """An Owner (see tayori.events.webhook_endpoint): mails the account's contacts."""

    def __init__(self, store: Store, mailer: NotificationMailer) -> None:
        self._store = store
        self._mailer = mailer

    async def __call__(self, hook: Webhook, why: str) -> None:
        logger.warning("webhook_paused", extra={"webhook": hook.webhook_id, "account_id": hook.account_id, "why": why})
        try:
            contacts = await self._store.read(accounts.contacts, hook.account_id, hook.region)
            since = timestamp(hook.failing_since or self._store.clock.now())
            text = _PAUSED.format(webhook_id=hook.webhook_id, url=hook.url, since=since, why=why)
            for contact in contacts:
                mail = NotificationMail(
                    account_id=hook.account_id,
                    region=hook.region,
                    to=contact,
                    subject=f"Webhook {hook.webhook_id} is paused",
                    text=text,
                    is_to_stranger=True,
                )
                await self._mailer(mail)
        except Exception:
            logger.exception("notice_failed", extra={"webhook": hook.webhook_id, "account_id": hook.account_id})


class WebhookPages:
    def __init__(self, store: Store, *, is_rehearsal: bool) -> None:
        self._store = store
        self._is_rehearsal = is_rehearsal

    def table(self) -> list[Route]:
        return [Route(method="*", prefix=PATH, handler=self.answer)]

    async def answer(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        assert principal is not None
        place = principal.account_id, principal.region
        name, _, what = request.path.removeprefix(PATH).strip("/").partition("/")
        webhook_id = unquote(name)
        match request.method, bool(webhook_id), what:
            case "GET", False, _:
                found = await self._store.read(webhooks.listed, *place)
                return json_page.answer(200, {"webhooks": [as_json(hook) for hook in found]})
            case "POST", False, _:
                return await self._create(request, place)
            case "GET", True, "":
                hook = await self._store.read(webhooks.get, *place, webhook_id)
                return json_page.answer(200, as_json(hook))
            case "POST", True, "secret":
                secret = webhook.secret_of(secrets.token_bytes(_SECRET_OCTETS))
                await self._store.write(webhooks.put_secret, *place, webhook_id, secret)
                return json_page.answer(200, {"secret": secret})
            case "DELETE", True, "":
                await self._store.write(webhooks.delete, *place, webhook_id)
                return json_page.answer(200, {})
            case "GET", True, "deliveries":
                log = await self._store.read(_log, *place, webhook_id)
                return json_page.answer(200, {"deliveries": [attempt_as_json(one) for one in log]})
            case "PUT", True, "":
                return await self._change(request, (*place, webhook_id))
            case "POST", True, "pause":
                await self._store.write(webhooks.pause, *place, webhook_id)
                return json_page.answer(200, {})
            case "POST", True, "resume":
                await self._store.write(webhooks.resume, *place, webhook_id)
                return json_page.answer(200, {})
            case "POST", True, "test":
                await self._store.write(send_test, *place, webhook_id)
                return json_page.answer(200, {})
            case "POST", True, "replay":
                count = await replay(self._store, *place, webhook_id, _deliveries(json_page.document(request)))
                return json_page.answer(200, {"replayed": count})
        raise common_error("UnknownOperationException")

    async def _create(self, request: HttpRequest, place: tuple[str, str]) -> HttpResponse:
        given = json_page.document(request)
        new = new_webhook(
            str(given.get("url") or ""),
            _kinds(given),
            configuration_set=_text(given, "configurationSet"),
            secret=_text(given, "secret"),
            is_rehearsal=self._is_rehearsal,
        )
        hook = await self._store.write(create, *place, new)
        return json_page.answer(200, as_json(hook) | {"secret": hook.secret})

    async def _change(self, request: HttpRequest, key: tuple[str, str, str]) -> HttpResponse:
        """What is not given stays."""
        given, known = json_page.document(request), await self._store.read(webhooks.get, *key)
        url = _text(given, "url") or known.url
        _check_url(url, is_rehearsal=self._is_rehearsal)
        kinds = webhook.check_kinds(_kinds(given)) if "kinds" in given else known.kinds
        return json_page.answer(200, as_json(await self._store.write(webhooks.put, *key, url=url, kinds=kinds)))


def _kinds(given: Mapping[str, Any]) -> list[str]:
    kinds = given.get("kinds") or ()
    if not isinstance(kinds, list | tuple):
        raise Invalid("kinds must be a list.")
    return [str(kind) for kind in kinds]


def _deliveries(given: Mapping[str, Any]) -> list[str]:
    """Those that are to be sent again; none: all that were given up. Raises Invalid."""
    wanted = given.get("deliveries") or []
    if not isinstance(wanted, list):
        raise Invalid("deliveries must be a list of ids.")
    return [str(one) for one in wanted]


def _log(tx: Tx, account_id: str, region: str, webhook_id: str) -> list[WebhookAttempt]:
    hook = webhooks.get(tx, account_id, region, webhook_id)
    return webhooks.attempts(tx, account_id, hook.webhook_id, _LOG_SHOWN)


async def replay(store: Store, account_id: str, region: str, webhook_id: str, deliveries: Sequence[str]) -> int:
    """Send again the deliveries that are named, or all that were given up by now; how many."""
    key = account_id, region, webhook_id
    await store.read(webhooks.get, *key)
    if deliveries:
        return await store.write(notifications.replay, *key, deliveries)
    before, count, goes_on = store.clock.now(), 0, True
    while goes_on:
        some, goes_on = await store.write(notifications.replay_dead, *key, before)
        count += some
    return count


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is not None and not isinstance(value, str):
        raise Invalid(f"{name} must be a text.")
    return value
