"""Templates as a tree of nodes (`nodes`), whitespace control applied.

Owns the grammar of handlebars.js and what SES refuses of it. How deep blocks and parentheses may nest is bounded.
"""

from collections.abc import Sequence

from tayori.model.handlebars.errors import TemplateError
from tayori.model.handlebars.nodes import (
    Block,
    Call,
    Comment,
    Content,
    Expression,
    Inline,
    Literal,
    Mustache,
    Partial,
    Path,
    Program,
    Statement,
    Strip,
)
from tayori.model.handlebars.scanner import Kind, Tag, Word, scan
from tayori.model.handlebars.whitespace import control

_MOST_NESTED = 64
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "undefined": None}
_ENDS_PROGRAM = (Kind.END, Kind.ELSE)
_THIS = ("this", ".", "..")


def parse(template: str) -> Program:
    """Raises TemplateError."""
    parser = _Parser(list(scan(template)))
    program = parser.program(0)
    if (tag := parser.peek()) is not None:
        raise TemplateError(f"'{tag.text}' stands outside of any block", tag.spot)
    control(program)
    return program


class _Parser:
    def __init__(self, tags: Sequence[Tag]) -> None:
        self._tags = tags
        self._at = 0

    def peek(self) -> Tag | None:
        return self._tags[self._at] if self._at < len(self._tags) else None

    def program(self, depth: int, params: tuple[str, ...] = ()) -> Program:
        """Statements up to a tag that ends what is around them."""
        if depth > _MOST_NESTED:
            raise TemplateError(f"Blocks are nested more than {_MOST_NESTED} deep", self._tags[self._at - 1].spot)
        program = Program(params=params)
        while (tag := self.peek()) is not None and not _ends_program(tag):
            self._at += 1
            program.body.append(self._statement(tag, depth))
        return program

    def _statement(self, tag: Tag, depth: int) -> Statement:
        match tag.kind:
            case Kind.CONTENT:
                return Content(tag.text, tag.text)
            case Kind.COMMENT:
                return Comment(tag.strip)
            case Kind.VALUE | Kind.UNESCAPED | Kind.AMPERSAND:
                call, _ = _Words(tag).call(may_have_params=False)
                return Mustache(call, tag.strip)
            case Kind.BLOCK | Kind.INVERSE:
                return self._block(tag, depth)
            case Kind.INLINE:
                return self._inline(tag, depth)
            case Kind.PARTIAL | Kind.PARTIAL_BLOCK:
                return self._partial(tag, depth)
        raise TemplateError(f"'{tag.text}' is not offered: there are no decorators but 'inline'", tag.spot)

    def _block(self, tag: Tag, depth: int) -> Block:
        call, params = _Words(tag).call()
        block = self._block_body(tag, call, params, depth)
        block.close = self._close(tag, _name_of(call.path))
        if block.inverse is not None and block.inverse.is_chained:
            _set_close(block.inverse, block.close)
        if tag.kind is Kind.INVERSE:
            block.program, block.inverse = block.inverse, block.program
        return block

    def _block_body(self, tag: Tag, call: Call, params: tuple[str, ...], depth: int) -> Block:
        """Up to the closing tag, which is left."""
        program = self.program(depth + 1, params)
        block = Block(call, program, None, tag.strip, Strip(), Strip())
        middle = self.peek()
        if middle is None or middle.kind is Kind.END:
            return block
        self._at += 1
        block.middle = middle.strip
        if not middle.words:
            block.inverse = self.program(depth + 1)
        else:
            chained, chained_params = _Words(middle).call()
            inner = self._block_body(middle, chained, chained_params, depth + 1)
            block.inverse = Program([inner], is_chained=True)
        return block

    def _close(self, opening: Tag, name: str) -> Strip:
        tag = self.peek()
        if tag is None:
            raise TemplateError(f"'{opening.text}' is not closed", opening.spot)
        words = _Words(tag)
        if tag.kind is not Kind.END or (closed := _name_of(words.expression())) != name:
            raise TemplateError(f"'{opening.text}' is closed by '{tag.text}'", tag.spot)
        words.end()
        assert closed == name
        self._at += 1
        return tag.strip

    def _inline(self, tag: Tag, depth: int) -> Inline:
        call, params = _Words(tag).call()
        if _name_of(call.path) != "inline" or len(call.params) != 1 or params:
            raise TemplateError(f"'{tag.text}' is not offered: there are no decorators but 'inline \"name\"'", tag.spot)
        program = self.program(depth + 1)
        return Inline(call.params[0], program, tag.strip, self._close(tag, "inline"), tag.spot)

    def _partial(self, tag: Tag, depth: int) -> Partial:
        call, _ = _Words(tag).call(may_have_params=False, is_partial=True)
        if len(call.params) > 1:
            raise TemplateError(f"'{tag.text}': a partial takes one context", tag.spot)
        context = call.params[0] if call.params else None
        partial = Partial(call.path, context, call.hash, None, tag.strip, Strip(), tag.spot)
        if tag.kind is Kind.PARTIAL_BLOCK:
            partial.program = self.program(depth + 1)
            partial.close = self._close(tag, _name_of(call.path))
        return partial


def _ends_program(tag: Tag) -> bool:
    return tag.kind in _ENDS_PROGRAM or (tag.kind is Kind.INVERSE and not tag.words)


def _set_close(inverse: Program, close: Strip) -> None:
    block = inverse.body[0]
    assert isinstance(block, Block)
    block.close = close
    if block.inverse is not None and block.inverse.is_chained:
        _set_close(block.inverse, close)


def _name_of(expression: Expression) -> str:
    if isinstance(expression, Call):
        raise TemplateError("What a block is called by cannot be computed", expression.spot)
    return expression.text


class _Words:
    """The words of one tag, read from left to right."""

    def __init__(self, tag: Tag) -> None:
        self._tag = tag
        self._words = tag.words
        self._at = 0

    def _peek(self) -> Word | None:
        return self._words[self._at] if self._at < len(self._words) else None

    def _is(self, kind: str, text: str = "") -> bool:
        word = self._peek()
        return word is not None and word.kind == kind and (not text or word.text == text)

    def _take(self) -> Word:
        word = self._peek()
        if word is None:
            raise TemplateError(f"'{self._tag.text}' is not complete", self._tag.spot)
        self._at += 1
        return word

    def end(self) -> None:
        if (word := self._peek()) is not None:
            raise TemplateError(f"'{word.text}' in '{self._tag.text}' does not belong there", self._tag.spot)

    def call(self, *, may_have_params: bool = True, is_partial: bool = False) -> tuple[Call, tuple[str, ...]]:
        """The whole of the tag, with its block parameters."""
        path = self.expression() if is_partial else self._callee()
        call = self._arguments(Call(path, spot=self._tag.spot), 0)
        params = self._params() if may_have_params else ()
        self.end()
        return call, params

    def _callee(self) -> Expression:
        if self._is("sign", "("):
            raise TemplateError(f"'{self._tag.text}': what is called cannot be computed", self._tag.spot)
        return self.expression()

    def _arguments(self, call: Call, depth: int) -> Call:
        while (word := self._peek()) is not None and word.text != ")" and word.kind != "params":
            following = self._words[self._at + 1] if self._at + 1 < len(self._words) else None
            if following is not None and following.kind == "sign" and following.text == "=":
                self._at += 2
                call.hash[_unbracketed(word)] = self.expression(depth)
            elif call.hash:
                raise TemplateError(f"'{word.text}' in '{self._tag.text}' stands behind name=value", self._tag.spot)
            else:
                call.params.append(self.expression(depth))
        return call

    def _params(self) -> tuple[str, ...]:
        names: list[str] = []
        if self._is("params"):
            self._at += 1
            while not self._is("sign", "|"):
                word = self._take()
                if word.kind != "name":
                    raise TemplateError(f"'{word.text}' in '{self._tag.text}' is no name", self._tag.spot)
                names.append(word.text)
            self._at += 1
        return tuple(names)

    def expression(self, depth: int = 0) -> Expression:
        if depth > _MOST_NESTED:
            raise TemplateError(f"Parentheses are nested more than {_MOST_NESTED} deep", self._tag.spot)
        word = self._take()
        match word.kind:
            case "string":
                quote = word.text[0]
                text = word.text[1:-1].replace("\\" + quote, quote)
                return Literal(text, text)
            case "number":
                return Literal(float(word.text) if "." in word.text else int(word.text), word.text)
            case "constant":
                return Literal(_CONSTANTS[word.text], word.text)
            case "sign" if word.text == "(":
                call = self._arguments(Call(self._callee(), spot=self._tag.spot), depth + 1)
                if not self._is("sign", ")"):
                    raise TemplateError(f"'{self._tag.text}': a parenthesis is not closed", self._tag.spot)
                self._at += 1
                return call
            case "sign" if word.text == "@":
                return self._path(self._take(), is_data=True)
        return self._path(word, is_data=False)

    def _path(self, word: Word, *, is_data: bool) -> Path:
        path = Path("@" if is_data else "", (), is_data=is_data)
        parts: list[str] = []
        while True:
            if word.kind not in ("name", "segment", "dots", "constant", "number"):
                raise TemplateError(f"'{word.text}' in '{self._tag.text}' does not belong there", self._tag.spot)
            self._step(path, parts, word)
            path.text += _unbracketed(word)
            if not self._is("separator"):
                break
            path.text += self._take().text
            word = self._take()
        path.parts = tuple(parts)
        return path

    def _step(self, path: Path, parts: list[str], word: Word) -> None:
        if word.text not in _THIS:
            parts.append(_unbracketed(word))
        elif parts:
            raise TemplateError(
                f"'{self._tag.text}': '{word.text}' stands only at the beginning of a path", self._tag.spot
            )
        else:
            path.is_scoped = True
            path.ups += word.text == ".."


def _unbracketed(word: Word) -> str:
    return word.text[1:-1].replace("\\]", "]") if word.kind == "segment" else word.text
