"""The document as PDF, typeset by Typst.

Owns the way to the fonts, which are embedded. The document goes to the template as JSON in an input: no text of it is
ever part of the source. Typst and the fonts are an extra of the installation, so they are imported here, when needed.
"""

import importlib
import importlib.util
import json
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

from tayori.dossier.blocks import Document, pieces
from tayori.dossier.catalogue import Texts

_FONTS = ("noto_cjk_sans_jp_regular", "noto_cjk_sans_jp_bold")


class PdfNotInstalled(Exception):
    """The packages that make a PDF are not there; the text is a sentence that says how to get them."""


def render(document: Document, made_at: datetime) -> bytes:
    folders = [_folder(name) for name in ("typst", *_FONTS)]
    if any(folder is None for folder in folders):
        raise PdfNotInstalled(Texts(document.language)("error.pdf"))
    typst: Any = importlib.import_module("typst")
    source = files("tayori.dossier").joinpath("templates", "dossier.typ").read_bytes()
    made: bytes = typst.compile(
        source,
        font_paths=[str(folder) for folder in folders[1:]],
        ignore_system_fonts=True,  # the same document on every machine
        sys_inputs={"document": json.dumps(_prepared(document))},
        format="pdf",
        timestamp=made_at.replace(microsecond=0),
    )
    return made


def _folder(package: str) -> Path | None:
    found = importlib.util.find_spec(package)
    return None if found is None or found.origin is None else Path(found.origin).parent


def _prepared(document: Document) -> dict[str, Any]:
    """Typst breaks no long names: they go to it in pieces, between which a line may end."""
    prepared: dict[str, Any] = _with_pieces(document.as_json())
    return prepared


def _with_pieces(value: Any) -> Any:
    if isinstance(value, dict):
        if value.keys() == {"text", "mark"}:
            return value | {"pieces": pieces(value["text"])}
        if value.get("block") == "Code":
            return value | {"lines": [pieces(line) for line in value["lines"]]}
        return {name: _with_pieces(item) for name, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_pieces(item) for item in value]
    return value
