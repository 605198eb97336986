"""The logo that a BIMI record points to: is it the kind of SVG that receivers show?

Owns the rules of SVG Tiny Portable/Secure (draft-svg-tiny-ps-abrotman) as far as they can be seen from the elements.
Never draws anything. A document type, and with it every entity, is refused; depth and number of elements are bounded.
"""

import re
from collections.abc import Mapping
from typing import Final
from xml.parsers import expat

LARGE: Final = 32 * 1024  # octets; what the guidance of BIMI's group asks a logo to stay below
_MAX_DEPTH: Final = 64
_MAX_ELEMENTS: Final = 20_000
_SVG: Final = "http://www.w3.org/2000/svg "
_FORBIDDEN: Final = frozenset(
    {"script", "image", "foreignObject", "animate", "animateColor", "animateMotion", "animateTransform", "set"}
    | {"audio", "video", "animation", "handler", "listener", "a"}
)
_SQUARE = re.compile(r"\s*[-+.\deE]+[\s,]+[-+.\deE]+[\s,]+([-+.\deE]+)[\s,]+([-+.\deE]+)\s*")


class _NoLogo(ValueError):
    """What the file is instead, as a key word of the catalogue."""


def examine(content: bytes) -> tuple[str, ...]:
    """What is wrong with a logo, as key words of the catalogue; nothing where it is all right."""
    reader = _Reader()
    try:
        reader.read(content)
    except _NoLogo as error:
        return (str(error),)
    except (expat.ExpatError, LookupError, ValueError):
        return ("svg-malformed",)
    notes = list(dict.fromkeys(reader.notes))
    if not reader.has_title:
        notes.append("svg-no-title")
    if len(content) > LARGE:
        notes.append("svg-large")
    return tuple(notes)


class _Reader:
    def __init__(self) -> None:
        self.notes: list[str] = []
        self.has_title = False
        self._depth = 0
        self._elements = 0

    def read(self, content: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.Parse(content, True)

    def _start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._depth += 1
        self._elements += 1
        if self._depth > _MAX_DEPTH or self._elements > _MAX_ELEMENTS:
            raise _NoLogo("svg-malformed")
        local = name.removeprefix(_SVG)
        if self._depth == 1:
            self._root(name, attributes)
        if self._depth == 2 and local == "title":
            self.has_title = True
        if local in _FORBIDDEN:
            self.notes.append("svg-active")
        self._references(attributes)

    def _root(self, name: str, attributes: Mapping[str, str]) -> None:
        if name != f"{_SVG}svg":
            raise _NoLogo("svg-none")
        if (attributes.get("version"), attributes.get("baseProfile")) != ("1.2", "tiny-ps"):
            self.notes.append("svg-profile")
        if {"x", "y"} & attributes.keys():
            self.notes.append("svg-position")
        box = _SQUARE.fullmatch(attributes.get("viewBox", ""))
        if box is None or float(box[1]) != float(box[2]):
            self.notes.append("svg-not-square")

    def _references(self, attributes: Mapping[str, str]) -> None:
        """Only what stands in the file itself may be referred to."""
        for name, value in attributes.items():
            local = name.rpartition(" ")[2]
            if local.startswith("on"):
                self.notes.append("svg-active")
            if (local == "href" and not value.startswith("#")) or re.search(r"url\(\s*['\"]?(?!#)", value):
                self.notes.append("svg-external")

    def _end(self, name: str) -> None:
        self._depth -= 1


def _refuse_doctype(*_: object) -> None:
    raise _NoLogo("svg-doctype")
