"""Templates as tags and the text between them, and the insides of a tag as words.

Owns the lexical rules of handlebars.js: backslashes in front of braces, comments, raw blocks, names, literals. One
pass; every search goes on from where the last one ended, so that the time is linear in the length of the template.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tayori.model.handlebars.errors import NOWHERE, Spot, TemplateError
from tayori.model.handlebars.nodes import Strip

_COMMENT_END = re.compile(r"~?\}\}")
_LONG_COMMENT_END = re.compile(r"--~?\}\}")
_RAW_OPEN = re.compile(r"\{\{\{\{(?!/)")
_OPEN = re.compile(r"\{\{(?P<left>~)?(?P<kind>\{|&|#>|#\*?|/|>|\^|\*|)")
_WORD = re.compile(
    r"\s+"
    r"|(?P<string>\"(?:\\\"|[^\"])*\"|'(?:\\'|[^'])*')"
    r"|(?P<number>-?[0-9]+(?:\.[0-9]+)?(?=[~}\s)]))"
    r"|(?P<params>as\s+\|)"
    r"|(?P<constant>(?:true|false|null|undefined)(?=[~}\s)]))"
    r"|(?P<segment>\[(?:\\\]|[^\]])*\])"
    r"|(?P<dots>\.\.|\.(?=[=~}\s/.)|]))"
    r"|(?P<separator>[./])"
    r"|(?P<sign>[=()|@])"
    r"|(?P<name>[^\s!\"#%-,./;->@\[-\^`{-~]+(?=[=~}\s/.)|]))"
)
_ELSE = re.compile(r"\s*else(?=[\s~}])\s*")


class Kind(StrEnum):
    """What a tag does, by how it begins."""

    CONTENT = "content"
    COMMENT = "!"
    VALUE = ""
    UNESCAPED = "{"
    AMPERSAND = "&"
    BLOCK = "#"
    INLINE = "#*"
    PARTIAL_BLOCK = "#>"
    PARTIAL = ">"
    END = "/"
    INVERSE = "^"
    ELSE = "else"
    DECORATOR = "*"


@dataclass(slots=True)
class Word:
    kind: str  # the name of a group of _WORD
    text: str


@dataclass(slots=True)
class Tag:
    """A tag, or the text between two (`text`)."""

    kind: Kind
    text: str
    words: list[Word]
    strip: Strip
    spot: Spot


def scan(template: str) -> Iterator[Tag]:
    """The tags of a template in order. Raises TemplateError."""
    at, line, begins, counted, size = 0, 1, 0, 0, len(template)
    text: list[str] = []
    while at < size:
        found = template.find("{{", at)
        if found < 0:
            text.append(template[at:])
            break
        slashes = _slashes_before(template, found, at)
        text.append(template[at : found - slashes])
        if slashes == 1:  # `\\{{` is text up to the next tag
            at = _next_tag(template, found + 2)
            text.append(template[found:at])
            continue
        text.append("\\" * (slashes - 1))
        if said := "".join(text):
            yield Tag(Kind.CONTENT, said, [], Strip(), NOWHERE)
        text = []
        line += template.count("\n", counted, found)
        begins = template.rfind("\n", counted, found) + 1 or begins
        counted = found
        tag, at = _tag(template, found, Spot(line, found - begins + 1))
        yield tag
    if said := "".join(text):
        yield Tag(Kind.CONTENT, said, [], Strip(), NOWHERE)


def _next_tag(template: str, start: int) -> int:
    """Where the next tag begins, its backslashes included, or the end."""
    found = template.find("{{", start)
    return len(template) if found < 0 else found - _slashes_before(template, found, start)


def _slashes_before(template: str, at: int, least: int) -> int:
    """One or two backslashes right before `at` mean something."""
    count = 0
    while count < 2 and at - count > least and template[at - count - 1] == "\\":
        count += 1
    return count


def _tag(template: str, at: int, spot: Spot) -> tuple[Tag, int]:
    if _RAW_OPEN.match(template, at):
        raise TemplateError("Raw blocks need a helper of one's own, and there are none", spot)
    opening = _OPEN.match(template, at)
    assert opening is not None
    inside = opening.end()
    if not opening["kind"] and template.startswith("!", inside):
        return _comment(template, inside, bool(opening["left"]), spot)
    kind = Kind(opening["kind"])
    if kind is Kind.VALUE and (chain := _ELSE.match(template, inside)):
        kind, inside = Kind.ELSE, chain.end()
    words, end = _words(template, inside)
    closing = "}}}" if kind is Kind.UNESCAPED else "}}"
    if kind is Kind.UNESCAPED:
        right = template.startswith("}~}}", end)
        closing = "}~}}" if right else closing
    else:
        right = template.startswith("~", end)
        closing = "~}}" if right else closing
    is_word_alone = kind in (Kind.ELSE, Kind.INVERSE) and not words  # handlebars.js reads these in one go
    has_one_more = closing == "}}" and template.startswith("}}}", end) and not is_word_alone
    if has_one_more or not template.startswith(closing, end):
        raise TemplateError(f"'{template[at : end + 12].splitlines()[0]}' does not end as it should", spot)
    strip = Strip(left=bool(opening["left"]), right=right)
    return Tag(kind, template[at : end + len(closing)], words, strip, spot), end + len(closing)


def _comment(template: str, inside: int, left: bool, spot: Spot) -> tuple[Tag, int]:
    ending = _LONG_COMMENT_END if template.startswith("!--", inside) else _COMMENT_END
    end = ending.search(template, inside)
    if end is None:
        raise TemplateError("A comment does not end", spot)
    strip = Strip(left=left, right="~" in end[0])
    return Tag(Kind.COMMENT, template[inside : end.start()], [], strip, spot), end.end()


def _words(template: str, at: int) -> tuple[list[Word], int]:
    """The words of a tag and where they end."""
    words: list[Word] = []
    while found := _WORD.match(template, at):
        if found.lastgroup is not None:
            words.append(Word(found.lastgroup, found[0]))
        at = found.end()
    return words, at
