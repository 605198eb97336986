"""What the holder of an access key, or of a session, may do: its policies put together, and AWS's words for a refusal.

Owns how policies of a key or role and the policy of a session meet: each of the two must allow, and neither deny (IAM:
policy evaluation logic). No `Grants` at all means: whatever the account may do.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from tayori.model.errors import AccessDenied
from tayori.model.policy import AccessRequest, Decision, Policy, decide

_NAMES = ("identity-based", "session")
# What IAM says of every request that no service of AWS makes on one's behalf: policies of the user guide ask for it.
DIRECT: Mapping[str, tuple[str, ...]] = {
    "aws:viaawsservice": ("false",),
    "aws:principalisawsservice": ("false",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Grants:
    """`session` is None where a session has no policy of its own."""

    policies: tuple[Policy, ...]
    session: tuple[Policy, ...] | None = None

    def verdict(self, request: AccessRequest) -> tuple[Decision, str]:
        """The decision, and the kind of policy that made it. A deny is looked for before all else."""
        layers = [self.policies] if self.session is None else [self.policies, self.session]
        found = [(decide(layer, request), name) for layer, name in zip(layers, _NAMES, strict=False)]
        for wanted in (Decision.DENIED, Decision.NOT_ALLOWED):
            for decision, name in found:
                if decision is wanted:
                    return decision, name
        return found[0]

    def check(self, request: AccessRequest) -> None:
        """Raises AccessDenied in IAM's words."""
        decision, kind = self.verdict(request)
        if decision is not Decision.ALLOWED:
            raise AccessDenied(refusal(request, decision, kind))


def refusal(request: AccessRequest, decision: Decision, kind: str) -> str:
    article = "an" if kind == _NAMES[0] else "a"
    why = (
        f"with an explicit deny in {article} {kind} policy"
        if decision is Decision.DENIED
        else f"because no {kind} policy allows the {request.action} action"
    )
    text = f"User: {request.principal_arn} is not authorized to perform: {request.action}"
    return f"{text} on resource: {request.resource} {why}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Permit:
    """What comes with a message whose sender has grants. Any of `actions` will do; each of them may be denied.

    `context` has the condition keys that the request gives; those of the message are added at the door.
    """

    grants: Grants
    actions: tuple[str, ...]
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def check(self, request: AccessRequest) -> None:
        """Raises AccessDenied in SES's words, which are its own for sends."""
        asked = [replace(request, action=action) for action in self.actions]
        decisions = {self.grants.verdict(one)[0] for one in asked}
        if Decision.DENIED in decisions or Decision.ALLOWED not in decisions:
            raise AccessDenied(
                f"User `{request.principal_arn}' is not authorized to perform `{self.actions[0]}' on resource"
                f" `{request.resource}'"
            )


def kept(context: Mapping[str, Iterable[str]]) -> dict[str, tuple[str, ...]]:
    """The keys that have a value: a condition sees no difference between an empty one and none."""
    return {key: tuple(values) for key, values in context.items() if any(values)}
