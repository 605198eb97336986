"""The last thing before the wire: DKIM signatures in front of a message.

Owns when that is done (once for a message in memory, however many recipients and domains), where (RSA in threads: the
computation releases the GIL), and the cache of loaded keys. Never decides who signs: the message brings its plan. Form
of the signatures: `mail.dkim`. X-SES-Outgoing is put in front by the connection that knows the address (`dialogue`).
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeAlias

from tayori.clock import Clock
from tayori.delivery.settings import DeliverySettings
from tayori.mail import dkim
from tayori.mail.envelope import BodyType
from tayori.mail.fields import split_message
from tayori.mail.lines import has_bare_line_ends, stuff_crlf
from tayori.model.failure import classify_trouble
from tayori.model.message import Outcome, Outgoing, Reason, SigningPlan
from tayori.model.return_path import ReturnPaths

# From key id to key. KeyGone: it will never be there again; any other exception is trouble of ours.
LoadKey: TypeAlias = Callable[[str], Awaitable[dkim.PrivateKey]]
Done: TypeAlias = "Callable[[SignedMessage | Outcome], None]"

_THREAD_FROM = 256 * 1024  # octets of unsigned content whose stuffing is worth a thread


class KeyGone(Exception):
    """The key was deleted with its identity."""


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A message as it goes out. `wire` is what follows the 354 reply: stuffed, with the final dot."""

    reverse_path: str
    wire: bytes
    size: int  # octets before stuffing, for SIZE (RFC 1870)
    is_eight_bit: bool
    signatures: tuple[str, ...]
    needs_utf8: bool = False  # its header is not US-ASCII (RFC 6532)
    return_paths: ReturnPaths | None = None  # makes of the reverse-path that of one transaction


class Signer:
    """Signs messages, and answers through a callback in the event loop."""

    def __init__(self, *, load_key: LoadKey, clock: Clock, settings: DeliverySettings) -> None:
        self._load_key = load_key
        self._clock = clock
        self._settings = settings
        self._keys: OrderedDict[str, dkim.PrivateKey] = OrderedDict()
        self._loading: dict[str, asyncio.Task[dkim.PrivateKey]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._jobs: deque[tuple[Callable[[], SignedMessage], Done]] = deque()
        self._results: deque[tuple[Done, SignedMessage | Outcome]] = deque()
        self._at_work = 0
        self._is_waking = False
        self._threads = ThreadPoolExecutor(settings.signing_threads, thread_name_prefix="sign")

    def sign(self, outgoing: Outgoing, done: Done) -> None:
        """`done` gets the signed message, or the trouble; at once where nothing has to be waited for."""
        content = outgoing.content
        if has_bare_line_ends(content) or b"\0" in content:
            # Acceptance makes every line end CRLF and refuses NUL. Mending it here would break signatures of others.
            words = "the message has a NUL, or a CR or LF that is not part of a CRLF"
            done(classify_trouble(Reason.CONTENT_NOT_TRANSPORTABLE, words))
            return
        missing = [plan.key_id for plan in outgoing.signing if plan.key_id not in self._keys]
        if missing:
            task = asyncio.get_running_loop().create_task(self._sign_later(outgoing, missing, done))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        else:
            self._sign(outgoing, self._known(outgoing.signing), done)

    def close(self) -> None:
        for task in (*self._tasks, *self._loading.values()):
            task.cancel()
        self._jobs.clear()
        self._threads.shutdown(wait=True)  # at most the one signature that each thread is at

    def _sign(self, outgoing: Outgoing, keys: list[dkim.SigningKey], done: Done) -> None:
        now = self._clock.now()
        work = partial(_seal, outgoing, keys, now, self._settings.return_paths)
        if not keys and len(outgoing.content) < _THREAD_FROM:
            done(_or_trouble(work))
            return
        self._jobs.append((work, done))
        self._employ()

    # Threads take jobs until there are none, and wake the loop once for all results that have gathered: a future for
    # each message would cost as much again as everything else but the signature.

    def _employ(self) -> None:
        if self._at_work < self._settings.signing_threads and self._jobs:
            self._at_work += 1
            self._threads.submit(self._work, asyncio.get_running_loop())

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread."""
        while self._jobs:
            try:
                work, done = self._jobs.popleft()
            except IndexError:  # another thread was quicker
                break
            self._results.append((done, _or_trouble(work)))
            if not self._is_waking:
                self._is_waking = True
                loop.call_soon_threadsafe(self._deliver)
        loop.call_soon_threadsafe(self._rested)

    def _rested(self) -> None:
        self._at_work -= 1
        self._employ()  # a job that came between the thread's last look and now

    def _deliver(self) -> None:
        self._is_waking = False  # first: what is added from now on wakes the loop again
        while self._results:
            done, result = self._results.popleft()
            done(result)

    async def _sign_later(self, outgoing: Outgoing, missing: list[str], done: Done) -> None:
        try:
            for key_id in missing:
                await self._key(key_id)
            keys = self._known(outgoing.signing)
        except KeyGone:
            done(classify_trouble(Reason.SIGNING_KEY_GONE))
            return
        except Exception as error:
            # Neither the text of the exception nor the key's place is for the timeline.
            words = f"a signing key could not be loaded ({type(error).__name__})"
            done(classify_trouble(Reason.LOCAL_TROUBLE, words))
            return
        self._sign(outgoing, keys, done)

    async def _key(self, key_id: str) -> None:
        """Load a key once, however many messages wait for it."""
        task = self._loading.get(key_id)
        if task is None:
            task = asyncio.ensure_future(self._load(key_id))
            self._loading[key_id] = task
            task.add_done_callback(lambda _: self._loading.pop(key_id, None))
        key = await asyncio.shield(task)
        self._keys[key_id] = key
        if len(self._keys) > self._settings.cached_keys:
            self._keys.popitem(last=False)

    async def _load(self, key_id: str) -> dkim.PrivateKey:
        return await self._load_key(key_id)

    def _known(self, plans: tuple[SigningPlan, ...]) -> list[dkim.SigningKey]:
        keys = []
        for plan in plans:
            self._keys.move_to_end(plan.key_id)
            keys.append(dkim.SigningKey(plan.domain, plan.selector, self._keys[plan.key_id]))
        return keys


def _or_trouble(work: Callable[[], SignedMessage]) -> SignedMessage | Outcome:
    try:
        return work()
    except Exception as error:  # a bug, or content that acceptance should not have let in: ours in either case
        words = f"the message could not be signed ({type(error).__name__})"
        return classify_trouble(Reason.LOCAL_TROUBLE, words)


def _seal(
    outgoing: Outgoing, keys: list[dkim.SigningKey], now: datetime, return_paths: ReturnPaths | None
) -> SignedMessage:
    """The whole of the work on one message; runs in a thread where there is something to sign."""
    content = outgoing.content
    whole = content
    if keys:
        fields, offset = split_message(content)
        whole = dkim.sign(fields, content[offset:], keys, now) + content
    return SignedMessage(
        reverse_path=outgoing.reverse_path.text,
        wire=stuff_crlf(whole),
        size=len(whole) + (0 if whole.endswith(b"\r\n") else 2),
        is_eight_bit=outgoing.body is BodyType.EIGHT_BIT_MIME,
        signatures=tuple([f"{key.selector}._domainkey.{key.domain}" for key in keys]),
        needs_utf8=outgoing.body is BodyType.EIGHT_BIT_MIME and not _has_ascii_header(content),
        return_paths=return_paths,
    )


def _has_ascii_header(content: bytes) -> bool:
    return content[: content.find(b"\r\n\r\n") + 1 or len(content)].isascii()
