"""What a template is made of, once it is read: content, and statements in braces."""

from dataclasses import dataclass, field
from typing import TypeAlias

from tayori.model.handlebars.errors import NOWHERE, Spot


@dataclass(slots=True)
class Literal:
    """A string, number, boolean or null that stands in the template; None is both null and undefined."""

    value: str | int | float | bool | None
    text: str


@dataclass(slots=True)
class Path:
    """`../a.b`, `@index`, `this`. `parts` may be empty: the context itself."""

    text: str
    parts: tuple[str, ...]
    ups: int = 0
    is_data: bool = False
    is_scoped: bool = False  # begins with this or ./ or ../: never a helper, never a block parameter


@dataclass(slots=True)
class Call:
    """A path with what is handed to it: `helper a b c=d`. Within parentheses it is an expression."""

    path: "Path | Literal | Call"
    params: "list[Expression]" = field(default_factory=list)
    hash: "dict[str, Expression]" = field(default_factory=dict)
    spot: Spot = NOWHERE


Expression: TypeAlias = Literal | Path | Call


@dataclass(slots=True)
class Strip:
    """Whether the braces of one tag carry a `~` at their beginning, and at their end."""

    left: bool = False
    right: bool = False


@dataclass(slots=True)
class Content:
    """Text. `value` is what whitespace control leaves of the `original`."""

    original: str
    value: str
    is_cut_left: bool = False  # its end was cut: what follows it is to the right
    is_cut_right: bool = False


@dataclass(slots=True)
class Comment:
    strip: Strip


@dataclass(slots=True)
class Mustache:
    call: Call
    strip: Strip


@dataclass(slots=True)
class Program:
    """What stands between two tags. `is_chained`: an `else if`, whose only statement is the block."""

    body: "list[Statement]" = field(default_factory=list)
    params: tuple[str, ...] = ()
    is_chained: bool = False


@dataclass(slots=True)
class Block:
    """`{{#call}}program{{else}}inverse{{/call}}`; of `{{^call}}` only the inverse is there."""

    call: Call
    program: Program | None
    inverse: Program | None
    open: Strip
    middle: Strip
    close: Strip


@dataclass(slots=True)
class Inline:
    """`{{#*inline "name"}}program{{/inline}}`."""

    name: "Expression"
    program: Program
    open: Strip
    close: Strip
    spot: Spot


@dataclass(slots=True)
class Partial:
    """`{{> name context a=b}}`, or with a `program` `{{#> name}}what to show without it{{/name}}`."""

    name: "Expression"
    context: "Expression | None"
    hash: "dict[str, Expression]"
    program: Program | None
    strip: Strip  # of the tag that opens
    close: Strip
    spot: Spot
    indent: str = ""


Statement: TypeAlias = Content | Comment | Mustache | Block | Inline | Partial
