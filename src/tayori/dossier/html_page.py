"""The document as one HTML page: no script, nothing loaded from elsewhere, fit to be printed.

Owns the policy that goes with it: CONTENT_SECURITY_POLICY allows the page's own style sheet, by its hash, and nothing
else. Text is escaped by the template engine; only the figures, drawn here, are markup.
"""

import base64
import hashlib
from functools import cache
from importlib.resources import files

import jinja2
from markupsafe import Markup

from tayori.dossier.blocks import Document, Span, pieces


@cache
def _style() -> str:
    return files("tayori.dossier").joinpath("templates", "dossier.css").read_text("utf-8")


def content_security_policy() -> str:
    digest = base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


def render(document: Document) -> str:
    return _template().render(
        document=document,
        blocks=[(type(block).__name__, block) for block in document.blocks],
        style=Markup(_style()),  # noqa: S704 (a file of this package)
        policy=content_security_policy(),
    )


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("tayori.dossier"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["drawn"] = lambda svg: Markup(svg)  # noqa: S704 (made by `drawing`, which escapes)
    environment.filters["broken"] = _broken
    return environment.get_template("dossier.html.j2")


def _broken(span: Span) -> Markup:
    """A long name with the places at which a line may end; copied text has nothing in them."""
    return Markup("<wbr>").join(pieces(span.text))
