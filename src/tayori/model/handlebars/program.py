"""Compiled templates: a tree of closures, run over data within bounds.

A closure takes a frame (where it is in the data) and a list of texts to append to. Each program that runs takes from
the budget of steps and of octets, and each level from that of depth: whatever a template says, rendering ends.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from tayori.model.handlebars.errors import MissingAttribute, RenderingError, Spot, TemplateError
from tayori.model.handlebars.nodes import (
    Block,
    Call,
    Content,
    Expression,
    Inline,
    Literal,
    Mustache,
    Partial,
    Path,
    Program,
    Statement,
)
from tayori.model.handlebars.parser import parse
from tayori.model.handlebars.values import MISSING, is_empty, is_true, part_of, text_of

MAX_SIZE = 512_000  # characters of a template (ses: 500 KB)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one rendering may take. `size` is in characters of the result."""

    steps: int = 500_000
    size: int = 10_000_000
    depth: int = 80


class _Budget:
    __slots__ = ("depth", "is_strict", "root", "size", "steps")

    def __init__(self, bounds: Bounds, root: Any, *, is_strict: bool) -> None:
        self.steps, self.size, self.depth = bounds.steps, bounds.size, bounds.depth
        self.root = root
        self.is_strict = is_strict

    def take(self, steps: int, size: int) -> None:
        self.steps -= steps
        self.size -= size
        if self.steps < 0:
            raise RenderingError("Rendering the template takes too many steps.")
        if self.size < 0:
            raise RenderingError("The rendered template is too long.")


class _Place(NamedTuple):
    """`@index` and the like, of one round of `each`."""

    values: Mapping[str, Any]
    outer: "_Place | None"


class _Locals(NamedTuple):
    """Values of block parameters; the compiler knows how far out, and at which place, each name stands."""

    values: tuple[Any, ...]
    outer: "_Locals | None"


class _Frame:
    __slots__ = ("block", "budget", "context", "locals", "outer", "partials", "place")

    def __init__(self, budget: _Budget, context: Any) -> None:
        self.budget = budget
        self.context = context
        self.outer: _Frame | None = None  # of the context around this one
        self.place: _Place | None = None
        self.locals: _Locals | None = None
        self.partials: Mapping[str, _Partial] = {}
        self.block: _PartialBlock | None = None  # what {{> @partial-block}} is

    def within(self, context: Any) -> "_Frame":
        """A frame for `context`; `..` leads out of it only where the context is another one."""
        frame = _Frame(self.budget, context)
        is_same = context is self.context or (isinstance(context, (str, int, float)) and context == self.context)
        frame.outer = self.outer if is_same else self
        frame.place, frame.locals = self.place, self.locals
        frame.partials, frame.block = self.partials, self.block
        return frame


Run: TypeAlias = Callable[[_Frame, list[str]], None]
Get: TypeAlias = Callable[[_Frame], Any]
_Scopes: TypeAlias = tuple[tuple[str, ...], ...]  # names of block parameters, the innermost first


class _Partial(NamedTuple):
    run: Run
    locals: _Locals | None  # of where it was written


class _PartialBlock(NamedTuple):
    run: Run
    frame: _Frame  # of where it was written


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template."""

    _run: Run = field(repr=False)

    def render(self, data: Any, bounds: Bounds = Bounds(), *, is_strict: bool = True) -> str:
        """The text. Raises RenderingError; a value that is not there, alone in its braces, is one if `is_strict`."""
        budget = _Budget(bounds, data, is_strict=is_strict)
        out: list[str] = []
        self._run(_Frame(budget, data), out)
        return "".join(out)


def compile_template(text: str, *, is_simple: bool = False) -> Template:
    """Raises TemplateError. `is_simple`: values alone, no blocks and no partials (ses: TemplateContent in a send)."""
    if len(text) > MAX_SIZE:
        raise TemplateError(f"The template is longer than {MAX_SIZE} characters", Spot(1, 1))
    program = parse(text)
    if is_simple:
        for one in program.body:
            if isinstance(one, (Block, Inline, Partial)):
                spot = one.call.spot if isinstance(one, Block) else one.spot
                raise TemplateError("A template within a request has values only, no blocks and no partials", spot)
    return Template(_program(program, ()))


# --- programs ---------------------------------------------------------------------------------------------------------


def _program(program: Program, scopes: _Scopes) -> Run:
    pieces = [piece for statement in program.body if (piece := _statement(statement, scopes)) is not None]
    inlines = [_inline(one, scopes) for one in program.body if isinstance(one, Inline)]
    steps, size = len(pieces) + 1, sum([len(piece) for piece in pieces if isinstance(piece, str)])

    def run(frame: _Frame, out: list[str]) -> None:
        frame.budget.take(steps, size)
        if inlines:
            frame = _defining(frame, inlines)
        for piece in pieces:
            if isinstance(piece, str):
                out.append(piece)
            else:
                piece(frame, out)

    return run


def _nested(program: Program | None, scopes: _Scopes) -> Run | None:
    """A program of a block: it takes from the depth as well."""
    if program is None:
        return None
    run = _program(program, scopes)

    def deeper(frame: _Frame, out: list[str]) -> None:
        budget = frame.budget
        if budget.depth <= 0:
            raise RenderingError("Blocks and partials are nested too deep.")
        budget.depth -= 1
        run(frame, out)
        budget.depth += 1

    return deeper


def _defining(frame: _Frame, inlines: Sequence[tuple[Get, Run]]) -> _Frame:
    """The same place, with the partials that a program defines: they are there before its first statement runs."""
    inner = frame.within(frame.context)
    inner.partials = {**frame.partials, **{text_of(name(frame)): _Partial(run, frame.locals) for name, run in inlines}}
    return inner


def _inline(inline: Inline, scopes: _Scopes) -> tuple[Get, Run]:
    run = _nested(inline.program, scopes)
    assert run is not None
    return _get(inline.name, scopes), run


def _statement(statement: Statement, scopes: _Scopes) -> Run | str | None:
    match statement:
        case Content():
            return statement.value or None
        case Mustache():
            return _mustache(statement.call, scopes)
        case Block():
            return _block(statement, scopes)
        case Partial():
            return _partial(statement, scopes)
    return None


# --- values -----------------------------------------------------------------------------------------------------------


def _mustache(call: Call, scopes: _Scopes) -> Run:
    get, name, spot = _get(call, scopes), _text(call.path), call.spot

    def run(frame: _Frame, out: list[str]) -> None:
        value = get(frame)
        if value.__class__ is not str:
            if value is MISSING and frame.budget.is_strict:
                raise MissingAttribute(name, spot)
            value = text_of(value)
        frame.budget.take(0, len(value))
        out.append(value)

    return run


def _text(path: Expression) -> str:
    return path.text if not isinstance(path, Call) else _text(path.path)


def _get(expression: Expression, scopes: _Scopes) -> Get:
    if isinstance(expression, Literal):
        return _constant(expression.value)
    if isinstance(expression, Path):
        return _path(expression, scopes)
    name = _helper_name(expression.path)
    if name in _VALUES:
        params = [_get(param, scopes) for param in expression.params]
        helper = _VALUES[name]
        return lambda frame: helper([param(frame) for param in params])
    if name in _BLOCKS or expression.params:
        return _failing(f"There is no helper '{_text(expression.path)}' to give a value.", expression.spot)
    return _value_of(expression.path, scopes)


def _value_of(path: Expression, scopes: _Scopes) -> Get:
    """Of what is named alone: a literal there names an attribute."""
    if isinstance(path, Literal):
        path = Path(path.text, (path.text,))
    return _get(path, scopes)


def _helper_name(path: Expression) -> str:
    """The one word that may name a helper, or ""."""
    if isinstance(path, Literal):
        return path.text
    if isinstance(path, Path) and len(path.parts) == 1 and not path.is_data and not path.is_scoped:
        return path.parts[0]
    return ""


def _constant(value: Any) -> Get:
    return lambda frame: value


def _failing(message: str, spot: Spot) -> Get:
    def get(frame: _Frame) -> Any:
        raise RenderingError(message, spot)

    return get


def _path(path: Path, scopes: _Scopes) -> Get:
    parts = path.parts
    if path.is_data:
        return _data_path(path)
    if parts and not path.is_scoped:
        for level, names in enumerate(scopes):
            if parts[0] in names:
                return _parameter(level, names.index(parts[0]), parts[1:])
    if not path.ups and len(parts) == 1:
        return _attribute(parts[0])
    ups = path.ups

    def get(frame: _Frame) -> Any:
        outer: _Frame | None = frame
        for _ in range(ups):
            outer = outer.outer if outer is not None else None
        return _follow(outer.context if outer is not None else MISSING, parts)

    return get


def _attribute(name: str) -> Get:
    def get(frame: _Frame) -> Any:
        context = frame.context
        return context.get(name, MISSING) if context.__class__ is dict else part_of(context, name)

    return get


def _follow(value: Any, parts: Sequence[str]) -> Any:
    for part in parts:
        value = part_of(value, part)
    return value


def _parameter(level: int, position: int, rest: Sequence[str]) -> Get:
    def get(frame: _Frame) -> Any:
        found = frame.locals
        for _ in range(level):
            found = found.outer if found is not None else None
        assert found is not None
        return _follow(found.values[position], rest)

    return get


def _data_path(path: Path) -> Get:
    ups, parts = path.ups, path.parts

    def get(frame: _Frame) -> Any:
        if parts and parts[0] == "root":
            return _follow(frame.budget.root, parts[1:])
        place = frame.place
        for _ in range(ups):
            place = place.outer if place is not None else None
        return _follow(place.values if place is not None else MISSING, parts)

    return get


def _lookup(params: Sequence[Any]) -> Any:
    if len(params) != 2:
        raise RenderingError("'lookup' takes a value and a name.")
    value, name = params
    return value if value is MISSING or value is None else part_of(value, text_of(name))


def _log(params: Sequence[Any]) -> Any:
    return ""


_VALUES: dict[str, Callable[[Sequence[Any]], Any]] = {"lookup": _lookup, "log": _log}


# --- blocks -----------------------------------------------------------------------------------------------------------


class _Parts(NamedTuple):
    """A block's insides, compiled; either may be missing."""

    program: Run | None
    inverse: Run | None
    has_locals: bool

    def fit(self, frame: _Frame, out: list[str], context: Any, *values: Any) -> None:
        """Run the program over `context`, `values` being what its block parameters are."""
        if self.program is not None:
            inner = frame.within(context)
            if self.has_locals:
                inner.locals = _Locals((*values, *[MISSING] * 8), frame.locals)
            self.program(inner, out)

    def otherwise(self, frame: _Frame, out: list[str]) -> None:
        if self.inverse is not None:
            self.inverse(frame.within(frame.context), out)


def _block(block: Block, scopes: _Scopes) -> Run:
    call = block.call
    names = block.program.params if block.program is not None else ()
    if len(names) > 8:
        raise TemplateError("A block has more than 8 parameters", call.spot)
    program = _nested(block.program, (names, *scopes) if names else scopes)
    parts = _Parts(program, _nested(block.inverse, scopes), bool(names))
    name = _helper_name(call.path)
    if name in _BLOCKS:
        if len(call.params) != 1:
            raise TemplateError(f"'{name}' takes one value", call.spot)
        helper, value = _BLOCKS[name], _get(call.params[0], scopes)
        zero = _get(call.hash["includeZero"], scopes) if "includeZero" in call.hash else None
        return lambda frame, out: helper(parts, frame, out, value(frame), zero is not None and is_true(zero(frame)))
    if name in _VALUES or call.params or call.hash:
        get = _get(call, scopes)
    else:
        get = _value_of(call.path, scopes)
    return lambda frame, out: _section(parts, frame, out, get(frame))


def _section(parts: _Parts, frame: _Frame, out: list[str], value: Any) -> None:
    """A block that names a value, not a helper."""
    if value is True:
        parts.fit(frame, out, frame.context)
    elif value is MISSING or value is None or value is False:
        parts.otherwise(frame, out)
    elif isinstance(value, list):
        _each(parts, frame, out, value, False)
    else:
        parts.fit(frame, out, value, value)


def _if(parts: _Parts, frame: _Frame, out: list[str], value: Any, with_zero: bool) -> None:
    if is_true(value) or (with_zero and not is_empty(value)):
        parts.fit(frame, out, frame.context)
    else:
        parts.otherwise(frame, out)


def _unless(parts: _Parts, frame: _Frame, out: list[str], value: Any, with_zero: bool) -> None:
    _if(_Parts(parts.inverse, parts.program, False), frame, out, value, with_zero)


def _with(parts: _Parts, frame: _Frame, out: list[str], value: Any, with_zero: bool) -> None:
    if is_empty(value):
        parts.otherwise(frame, out)
    else:
        parts.fit(frame, out, value, value)


def _each(parts: _Parts, frame: _Frame, out: list[str], value: Any, with_zero: bool) -> None:
    if isinstance(value, list):
        items: list[tuple[Any, Any]] = list(enumerate(value))
    elif isinstance(value, Mapping):
        items = list(value.items())
    else:
        items = []
    if not items:
        parts.otherwise(frame, out)
        return
    outer, last = frame.place, len(items) - 1
    round_frame = frame.within(frame.context)
    for index, (key, item) in enumerate(items):
        place = {"key": key, "index": index, "first": index == 0, "last": index == last}
        round_frame.place = _Place(place, outer)
        parts.fit(round_frame, out, item, item, key)


_Helper: TypeAlias = Callable[[_Parts, _Frame, list[str], Any, bool], None]
_BLOCKS: dict[str, _Helper] = {"if": _if, "unless": _unless, "each": _each, "with": _with}


# --- partials ---------------------------------------------------------------------------------------------------------


def _partial(partial: Partial, scopes: _Scopes) -> Run:
    name = _get(partial.name, scopes) if isinstance(partial.name, Call) else _constant(_text(partial.name))
    context = _get(partial.context, scopes) if partial.context is not None else None
    extra = {key: _get(value, scopes) for key, value in partial.hash.items()}
    inside = _nested(partial.program, scopes)
    inlines = (
        [_inline(one, scopes) for one in partial.program.body if isinstance(one, Inline)] if partial.program else []
    )
    indent = partial.indent

    def run(frame: _Frame, out: list[str]) -> None:
        given = context(frame) if context is not None else frame.context
        if extra:
            known = given if isinstance(given, Mapping) else {}
            given = {**known, **{key: value(frame) for key, value in extra.items()}}
        inner = frame.within(given)
        if inlines:
            inner.partials = _defining(frame, inlines).partials
        lines = out if not indent else []
        _call_partial(text_of(name(frame)), inside, frame, inner, lines, partial.spot)
        if indent:
            out.append(_indented("".join(lines), indent))

    return run


def _call_partial(name: str, inside: Run | None, frame: _Frame, inner: _Frame, out: list[str], spot: Spot) -> None:
    if name == "@partial-block":
        if frame.block is None:
            raise RenderingError("There is no partial block here.", spot)
        inner.block, inner.locals = frame.block.frame.block, frame.block.frame.locals
        frame.block.run(inner, out)
        return
    partial = frame.partials.get(name) or inner.partials.get(name)
    if partial is None and inside is None:
        raise RenderingError(f"The partial '{name}' is not defined.", spot)
    if inside is not None:
        inner.block = _PartialBlock(inside, frame)
    if partial is None:
        assert inside is not None
        inner.block = frame.block
        inside(inner, out)
    else:
        inner.locals = partial.locals
        partial.run(inner, out)


def _indented(text: str, indent: str) -> str:
    lines = text.split("\n")
    last = len(lines) - 1
    return "\n".join([indent + line if line or index < last else line for index, line in enumerate(lines)])
