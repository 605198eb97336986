"""What a call of the API leaves in the audit log: who, what, with which request, and what was different afterwards.

Owns which operations are changes, which reading operation shows what one of them changes (found in the models by
name; `_READERS` has those whose names differ), and the entry, which is written in the transaction of the change. Sends
leave nothing here, since they leave events: their cost stays as it is. What may be written down is `model.audit`'s.
"""

import functools
import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Concatenate, ParamSpec, TypeVar

from tayori.api.registry import Context, Mode, Principal, Registered, Registry, Request, Response
from tayori.aws.errors import ApiError
from tayori.aws.http import HttpRequest
from tayori.aws.spec import Operation, Shape
from tayori.model import audit as model
from tayori.model.audit import DONE, Entry, Hidden
from tayori.model.errors import DomainError
from tayori.resources import audit
from tayori.store.engine import ItemT, ResultT, Store, StoreUnavailable, Tx

logger = logging.getLogger("tayori.audit")

P = ParamSpec("P")
T = TypeVar("T")

_SENDS = re.compile(r"Send(?!CustomVerificationEmail)|Publish|TestRender")
_READS = ("Get", "List", "Describe", "BatchGet", "CheckIf")
_VERB = re.compile(r"^(?:Put|Create|Update|Delete|Set|Cancel|Add|Remove)")

# Where the reader's name, or the names of its members, do not follow from the operation's: reader, its input.
Ask = Callable[[Request], Request]
_OF_SET: Ask = lambda given: {"ConfigurationSetName": given["ConfigurationSetName"]}  # noqa: E731
_OF_V1_SET: Ask = lambda given: {  # noqa: E731
    "ConfigurationSetName": given.get("ConfigurationSetName") or given["ConfigurationSet"]["Name"],
    "ConfigurationSetAttributeNames": ["eventDestinations", "trackingOptions", "deliveryOptions", "reputationOptions"],
}
_OF_IDENTITY: Ask = lambda given: {"Identities": [given["Identity"]]}  # noqa: E731
_OF_POLICY: Ask = lambda given: {"Identity": given["Identity"], "PolicyNames": [given["PolicyName"]]}  # noqa: E731
_OF_TOPIC: Ask = lambda given: {"TopicArn": given["TopicArn"]}  # noqa: E731
_OF_V1_TEMPLATE: Ask = lambda given: {  # noqa: E731
    "TemplateName": given.get("TemplateName") or given["Template"]["TemplateName"]
}
_READERS: Mapping[tuple[str, str], tuple[str, Ask]] = {
    **{
        ("ses", name): ("DescribeConfigurationSet", _OF_V1_SET)
        for name in (
            *("CreateConfigurationSet", "DeleteConfigurationSet", "PutConfigurationSetDeliveryOptions"),
            *("UpdateConfigurationSetSendingEnabled", "UpdateConfigurationSetReputationMetricsEnabled"),
            *("CreateConfigurationSetTrackingOptions", "UpdateConfigurationSetTrackingOptions"),
            *("DeleteConfigurationSetTrackingOptions", "CreateConfigurationSetEventDestination"),
            *("UpdateConfigurationSetEventDestination", "DeleteConfigurationSetEventDestination"),
        )
    },
    ("ses", "SetIdentityDkimEnabled"): ("GetIdentityDkimAttributes", _OF_IDENTITY),
    ("ses", "SetIdentityMailFromDomain"): ("GetIdentityMailFromDomainAttributes", _OF_IDENTITY),
    **{
        ("ses", f"SetIdentity{name}"): ("GetIdentityNotificationAttributes", _OF_IDENTITY)
        for name in ("NotificationTopic", "HeadersInNotificationsEnabled", "FeedbackForwardingEnabled")
    },
    ("ses", "DeleteIdentity"): ("GetIdentityVerificationAttributes", _OF_IDENTITY),
    **{("ses", name): ("GetIdentityPolicies", _OF_POLICY) for name in ("PutIdentityPolicy", "DeleteIdentityPolicy")},
    **{("ses", f"{verb}Template"): ("GetTemplate", _OF_V1_TEMPLATE) for verb in ("Create", "Update", "Delete")},
    **{
        ("sns", name): ("GetTopicAttributes", _OF_TOPIC)
        for name in ("DeleteTopic", "SetTopicAttributes", "AddPermission", "RemovePermission")
    },
    ("sns", "Unsubscribe"): (
        "GetSubscriptionAttributes",
        lambda given: {"SubscriptionArn": given["SubscriptionArn"]},
    ),
    **{
        (service, f"{verb}Resource"): ("ListTagsForResource", lambda given: {"ResourceArn": given["ResourceArn"]})
        for service in ("sesv2", "sns")
        for verb in ("Tag", "Untag")
    },
    ("sesv2", "PutAccountDedicatedIpWarmupAttributes"): ("GetAccount", lambda given: {}),
    **{
        ("sesv2", f"{verb}ConfigurationSetEventDestination"): ("GetConfigurationSetEventDestinations", _OF_SET)
        for verb in ("Create", "Update", "Delete")
    },
}
# The members that say what a call concerns, the outer before the inner.
_RESOURCE = (
    *("ResourceArn", "TopicArn", "SubscriptionArn", "ConfigurationSetName", "EmailIdentity", "Identity"),
    *("ContactListName", "EmailAddress", "TemplateName", "PoolName", "Ip", "DestinationPoolName", "JobId", "Domain"),
    *("EventDestinationName", "PolicyName", "Name"),
)
_WITHIN = ("ConfigurationSet", "Template", "EventDestination")


def is_change(operation: Operation) -> bool:
    return not operation.name.startswith(_READS) and _SENDS.match(operation.name) is None


def reader_of(operation: Operation) -> tuple[str, Ask] | None:
    """The reading operation that shows what this one changes: by its name, the longest that fits."""
    key = operation.service.name, operation.name
    return _READERS.get(key) or _by_name(operation)


@functools.cache
def _by_name(operation: Operation) -> tuple[str, Ask] | None:
    noun = _VERB.sub("", operation.name)
    members = frozenset(operation.input.contents) if operation.input else frozenset[str]()
    best: Operation | None = None
    for other in operation.service.operations.values():
        if not other.name.startswith("Get") or not noun.startswith(_singular(other.name[3:])):
            continue
        needed = other.input.required if other.input else ()
        if members.issuperset(needed) and (best is None or _fitness(other) > _fitness(best)):
            best = other
    if best is None:
        return None
    names = tuple(best.input.required) if best.input else ()
    return best.name, lambda given: {name: given[name] for name in names}


def _fitness(reader: Operation) -> tuple[int, bool]:
    """The longer name fits better; of one and many, the one."""
    return len(_singular(reader.name[3:])), bool(reader.input and reader.input.required)


def _singular(noun: str) -> str:
    return f"{noun[:-3]}y" if noun.endswith("ies") else noun.removesuffix("s") if not noun.endswith("ss") else noun


def resource_of(params: Request) -> str:
    """What a call concerns, as its request names it."""
    found = [params[name] for name in _RESOURCE if isinstance(params.get(name), str)]
    for outer in _WITHIN:
        inner = params.get(outer)
        if isinstance(inner, Mapping):
            found += [inner[name] for name in ("Name", "TemplateName") if isinstance(inner.get(name), str)]
    return "/".join(dict.fromkeys(found[:3]))


def cleaned(shape: Shape | None, value: Any, name: str = "") -> Any:
    """A value of the model with `Hidden` in place of what must not be written down, by trait and by name."""
    if shape is None or value is None:
        return model.cleaned(value, name)
    if shape.trait("sensitive") or (name and model.is_secret_name(name)):
        return Hidden(value)
    if shape.type == "structure" and isinstance(value, Mapping):
        return {key: cleaned(shape.contents.get(key), one, key) for key, one in value.items()}
    if shape.type == "list" and isinstance(value, (list, tuple)):
        return [cleaned(shape.member, one) for one in value]
    if shape.type == "map" and isinstance(value, Mapping):
        return {str(key): cleaned(shape.value, one, str(key)) for key, one in value.items()}
    return model.cleaned(value, name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Whom the log names: `door` is "key", "user" or "link"."""

    door: str
    actor: str
    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """One call that changes something, and how to see what."""

    operation: Operation
    context: Context
    caller: Caller
    params: Request
    reader: Registered | None
    question: Request

    def run(self, tx: Tx, handler: Registered) -> Response:
        """The handler with its entry, in one transaction."""
        before = self.look(tx)
        result = handler.run(tx, self.context, self.params)
        self.done(tx, before)
        return result

    def done(self, tx: Tx, before: Any) -> None:
        audit.put(tx, self.entry(tx, DONE, model.difference(before, self.look(tx))))

    def look(self, tx: Tx) -> Any:
        """What the reading operation says; None where there is nothing to be read."""
        if self.reader is None:
            return None
        context = replace(self.context, operation=self.reader.operation)
        try:
            answer = self.reader.run(tx, context, self.question)
        except (DomainError, ApiError):
            return None
        return cleaned(self.operation.service.operations[self.reader.operation].output, answer)

    @property
    def account_id(self) -> str:
        """The caller's; of a link, which has no caller, that of the ARN it speaks of."""
        if self.context.account_id:
            return self.context.account_id
        arns = [str(value).split(":") for name, value in self.params.items() if name.endswith("Arn")]
        return next((parts[4] for parts in arns if len(parts) > 5), "")

    async def refuse(self, store: Store, code: str) -> None:
        """Note a call that came to nothing; not one by a link, which anybody may try."""
        if self.caller.door == "link":
            return
        try:
            await store.write(self._refused, code)
        except StoreUnavailable:
            logger.warning("audit_refusal_not_noted", extra={"request_id": self.context.request_id})

    def _refused(self, tx: Tx, code: str) -> None:
        audit.put(tx, self.entry(tx, code, ()))

    def entry(self, tx: Tx, outcome: str, changes: tuple[model.Change, ...]) -> Entry:
        request, kept = model.as_kept(cleaned(self.operation.input, self.params), changes)
        return Entry(
            account_id=self.account_id,
            entry_id=audit.entry_id(tx.now, self.context.request_id),
            at=tx.now,
            region=self.context.region,
            door=self.caller.door,
            actor=self.caller.actor,
            source_ip=self.context.source_ip,
            agent=self.caller.agent,
            service=self.context.service,
            operation=self.context.operation,
            resource=resource_of(self.params),
            request=request,
            outcome=outcome,
            changes=kept,
        )


def caller_of(principal: Principal, request: HttpRequest) -> Caller:
    user = principal.user
    door = "user" if user else "key" if principal.access_key_id else "link"
    return Caller(
        door=door, actor=user or principal.access_key_id, agent=(request.headers.get("user-agent") or "")[:300]
    )


def audited(
    operations: Registry, operation: Operation, context: Context, caller: Caller, params: Request
) -> Audited | None:
    """None for what is no change."""
    if not is_change(operation):
        return None
    found = reader_of(operation)
    reader = operations.find(operation.service.name, found[0]) if found else None
    question: Request = {}
    if found and reader is not None and reader.mode is Mode.READ:
        try:
            question = found[1](params)
        except (KeyError, TypeError):
            reader = None
    else:
        reader = None
    return Audited(operation=operation, context=context, caller=caller, params=params, reader=reader, question=question)


class Recording:
    """The store as a composed handler has it whose call is a change: each of its transactions carries the entry."""

    def __init__(self, store: Store, audited: Audited) -> None:
        self._store = store
        self._audited = audited
        self._before: list[Any] = []
        self.engine = store.engine
        self.clock = store.clock
        self.wakeups = store.wakeups

    async def read(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._store.read(fn, *args, **kwargs)

    async def write(self, fn: Callable[Concatenate[Tx, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        @functools.wraps(fn)
        def recorded(tx: Tx) -> T:
            if not self._before:
                self._before.append(self._audited.look(tx))
            result = fn(tx, *args, **kwargs)
            self._audited.done(tx, self._before[0])
            return result

        return await self._store.write(recorded)

    async def batch(self, fn: Callable[[Tx, Sequence[ItemT]], Sequence[ResultT | Exception]], item: ItemT) -> ResultT:
        return await self._store.batch(fn, item)

    async def close(self) -> None:
        await self._store.close()
