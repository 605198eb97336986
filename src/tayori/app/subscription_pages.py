"""Where the link in list mail leads: the recipient's page, and the one click of his mail program (RFC 8058).

Owns what strangers get here. A GET changes nothing, whoever follows the link: scanners do. Only a POST does, and the
one that says `List-Unsubscribe=One-Click` asks nothing back and is answered without a redirect. Whoever has no link of
ours is turned away before the database is asked, whoever has one may come often, but not without end.
"""

import asyncio
from email import message_from_bytes
from email.policy import HTTP
from urllib.parse import parse_qsl

from tayori.api.app import Access, Route
from tayori.api.registry import Principal
from tayori.app import subscription_page
from tayori.app.list_management import subscription_links
from tayori.app.look_limits import LookLimits, TooManyLooks
from tayori.app.share_page import language_of
from tayori.aws.http import HttpRequest, HttpResponse
from tayori.model.contact_list import Preferences, Status
from tayori.model.list_mail import PAGE_PATH
from tayori.model.subscription_link import SubscriptionLink, SubscriptionLinks
from tayori.resources import subscription_choices
from tayori.resources.settings import Settings
from tayori.resources.subscription_choices import Choice, Source
from tayori.store.engine import Store

_MAX_BODY = 64 * 1024
_MOST_FIELDS = 50
_A_MINUTE_EACH = 30  # by one link
_A_MINUTE_IN_ALL = 30_000
_ALLOWED = "GET, HEAD, POST"


class SubscriptionPages:
    """The handler."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._settings = Settings()
        self._links: SubscriptionLinks | None = None
        self._limits = LookLimits(_A_MINUTE_EACH, _A_MINUTE_IN_ALL)

    def table(self) -> list[Route]:
        return [
            Route(method="*", prefix=PAGE_PATH, handler=self.answer, access=Access.EVERYBODY, max_body=_MAX_BODY),
        ]

    async def answer(self, request: HttpRequest, principal: Principal | None) -> HttpResponse:
        if request.method not in _ALLOWED.split(", "):
            return HttpResponse(status=405, headers=(("allow", _ALLOWED),))
        query = dict(parse_qsl(request.query[:1000]))
        lang = language_of(request.headers.get("accept-language") or "", query.get("lang", ""))
        if self._links is None:
            self._links = await subscription_links(self._store)
        link = self._links.read(request.path.removeprefix(f"{PAGE_PATH}/"))
        if link is None:
            return _notice(404, "invalid", lang)
        try:
            self._limits.enter(request.path, asyncio.get_running_loop().time())
        except TooManyLooks as busy:
            return _notice(429, "busy", lang, ("retry-after", str(busy.seconds)))
        if request.method == "POST":
            return await self._post(request, link, lang)
        choice = await self._store.read(subscription_choices.find, link)
        if choice is None:
            return _notice(404, "gone", lang)
        return _html(200, subscription_page.page(choice, lang, is_saved="saved" in query), lang)

    async def _post(self, request: HttpRequest, link: SubscriptionLink, lang: str) -> HttpResponse:
        fields = _fields(request)
        if ("List-Unsubscribe", "One-Click") in fields:
            await self._store.write(subscription_choices.unsubscribe, self._settings, link, Source.HEADER)
            return _notice(200, "done", lang)
        actions = [value for name, value in fields if name == subscription_page.ACTION_FIELD]
        if actions not in (["save"], ["leave"], ["return"]):
            return _notice(400, "invalid", lang)
        topics = frozenset(value for name, value in fields if name == subscription_page.TOPIC_FIELD)

        def decide(choice: Choice) -> Preferences:
            return _wanted(choice, actions[0], topics)

        await self._store.write(subscription_choices.change, self._settings, link, Source.PAGE, decide)
        # A page that is loaded again must not send the form again.
        return HttpResponse(
            status=303, headers=(*subscription_page.headers(lang), ("location", f"?lang={lang}&saved=1"))
        )


def _wanted(choice: Choice, action: str, topics: frozenset[str]) -> Preferences:
    if action == subscription_page.LEAVE:
        return choice.wants.without("")
    if action == subscription_page.RETURN:
        return Preferences(chosen=choice.wants.chosen)
    # Only what he has changed on the page is his word: else a topic's default would be made a choice of his.
    before = choice.wants
    changes = {
        topic.name: Status.OPT_IN if topic.name in topics else Status.OPT_OUT
        for topic in choice.contact_list.topics
        if before.unsubscribed or (topic.name in topics) != (before.of(topic) is Status.OPT_IN)
    }
    return before.merged(changes, unsubscribed=before.unsubscribed and not topics)


def _fields(request: HttpRequest) -> list[tuple[str, str]]:
    """Of a form in either encoding (RFC 8058 3.2); what is none has no fields."""
    content_type = request.headers.get("content-type") or ""
    if content_type.lower().startswith("multipart/form-data"):
        head = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
        parts = message_from_bytes(head + request.body, policy=HTTP)
        found = [part for part in parts.walk() if not part.is_multipart()][:_MOST_FIELDS]
        names = [part.get_param("name", "", "content-disposition") for part in found]
        values = [part.get_payload(decode=True) for part in found]
        return [
            (str(name), value.decode("utf-8", "replace").strip())
            for name, value in zip(names, values, strict=True)
            if isinstance(value, bytes)
        ]
    return parse_qsl(request.body.decode("utf-8", "replace").strip())[:_MOST_FIELDS]


def _notice(status: int, key: str, lang: str, *more: tuple[str, str]) -> HttpResponse:
    return _html(status, subscription_page.notice(key, lang), lang, *more)


def _html(status: int, page: str, lang: str, *more: tuple[str, str]) -> HttpResponse:
    return HttpResponse(status=status, headers=(*subscription_page.headers(lang), *more), body=page.encode())
