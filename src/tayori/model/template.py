"""Email templates: what one may be, and what becomes of one together with data.

Owns SES's rules for names, sizes and data, and that a rendered subject is one line whatever the data say. The language
is `model.handlebars`'. Never knows where templates are kept.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tayori.model import handlebars
from tayori.model.errors import InvalidTemplate, InvalidTemplateData
from tayori.model.handlebars import Bounds, RenderingError, Spot, TemplateError, compile_template

MAX_TEMPLATES = 10_000
MAX_SIZE = 500 * 1024  # octets of all parts (ses: 500 KB)
# Bound how long compiling takes, which a template within a request costs again and again; SES names no numbers.
MAX_EXPRESSIONS = 10_000
MAX_EXPRESSIONS_WITHIN = 1_000
UNSUPPORTED = "Template contains unsupported operations."  # of blocks in a template within a request (recorded)
INVALID_DATA = "Template rendering data is invalid"
# Rendering ends after a fifth of a second at the latest.
SENDING = Bounds(steps=100_000, size=10_000_000)

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
# These stand for the tracking pixel and the way out of a list, not for data (ses): they are left to be found later.
_PLACEHOLDER = re.compile(r"(?<!\\)(?=\{\{(?:ses:openTracker|amazonSESUnsubscribeUrl)\}\})")

Data = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateContent:
    """The parts as they were given; "" where there is none."""

    subject: str = ""
    text: str = ""
    html: str = ""

    @property
    def parts(self) -> tuple[str, str, str]:
        return self.subject, self.text, self.html


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """All parts, compiled. `size` is that of what they were made of, in characters."""

    subject: handlebars.Template
    text: handlebars.Template
    html: handlebars.Template
    size: int

    def render(self, data: Data) -> Rendered:
        """Raises RenderingError."""
        subject, text, html = (part.render(data, SENDING) for part in (self.subject, self.text, self.html))
        return Rendered(subject=_CONTROLS.sub(" ", _sound(subject)), text=_sound(text), html=_sound(html))


def check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidTemplate("The template name may have up to 64 letters, digits, dashes and underscores.")


def compiled(content: TemplateContent, *, is_simple: bool = False) -> CompiledTemplate:
    """A template that can be sent with. `is_simple`: one within a request (see compile_template).

    Raises InvalidTemplate, with the part and the line that are wrong.
    """
    if sum(len(part.encode("utf-8", "replace")) for part in content.parts) > MAX_SIZE:
        raise InvalidTemplate(f"The template is larger than {MAX_SIZE // 1024} KB.")
    most = MAX_EXPRESSIONS_WITHIN if is_simple else MAX_EXPRESSIONS
    if sum(part.count("{{") for part in content.parts) > most:
        raise InvalidTemplate(f"The template has more than {most} expressions.")
    if not content.subject.strip():
        raise InvalidTemplate("The subject must be specified.")
    if not content.text and not content.html:
        raise InvalidTemplate("The template must have a text part or an HTML part.")
    named = zip(("subject", "text part", "HTML part"), content.parts, strict=True)
    subject, text, html = (_compiled(name, part, is_simple) for name, part in named)
    return CompiledTemplate(subject, text, html, sum(map(len, content.parts)))


def _compiled(name: str, part: str, is_simple: bool) -> handlebars.Template:
    part = _PLACEHOLDER.sub(r"\\", part)
    try:
        return compile_template(part, is_simple=is_simple)
    except TemplateError as error:
        if is_simple and _compiles(part):
            raise InvalidTemplate(UNSUPPORTED) from error
        raise InvalidTemplate(f"The {name} of the template is wrong: {error}.") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One thing that is wrong, for whoever edits the template. `part` is subject, text, html or data; "" is all of it.

    `line` and `column` are counted from 1 in what was written; 0 where no place can be named.
    """

    part: str
    message: str
    line: int = 0
    column: int = 0


def tried(content: TemplateContent, data: str) -> tuple[dict[str, str], list[Fault]]:
    """What each part comes out as, and everything that is wrong with the parts and the data, not only the first."""
    out: dict[str, str] = {}
    if sum(len(part.encode("utf-8", "replace")) for part in content.parts) > MAX_SIZE:
        return out, [Fault(part="", message=f"The template is larger than {MAX_SIZE // 1024} KB.")]
    if sum(part.count("{{") for part in content.parts) > MAX_EXPRESSIONS:
        return out, [Fault(part="", message=f"The template has more than {MAX_EXPRESSIONS} expressions.")]
    values, faults = _tried_data(data)
    for name, part in zip(("subject", "text", "html"), content.parts, strict=True):
        found = _tried_part(name, part, values)
        if isinstance(found, Fault):
            faults.append(found)
        elif found is not None:
            out[name] = _CONTROLS.sub(" ", found) if name == "subject" else found
    if not content.subject.strip():
        faults.append(Fault(part="subject", message="The subject must be specified."))
    if not content.text and not content.html:
        faults.append(Fault(part="html", message="The template must have a text part or an HTML part."))
    return out, faults


def _tried_data(data: str) -> tuple[Data | None, list[Fault]]:
    try:
        return data_of(data), []
    except InvalidTemplateData as error:
        cause = error.__cause__
        if isinstance(cause, json.JSONDecodeError):
            return None, [Fault(part="data", message=cause.msg, line=cause.lineno, column=cause.colno)]
        return None, [Fault(part="data", message="The data must be a JSON object.")]


def _tried_part(name: str, part: str, values: Data | None) -> str | Fault | None:
    """None where it compiles and there are no data to render it with."""
    try:
        template = compile_template(_PLACEHOLDER.sub(r"\\", part))
        return None if values is None else _sound(template.render(values, SENDING))
    except TemplateError as error:
        line, column = _written(part, error.spot)
        return Fault(part=name, message=f"{error.said}.", line=line, column=column)
    except RenderingError as error:
        line, column = _written(part, error.spot)
        return Fault(part=name, message=str(error), line=line, column=column)


def _written(part: str, spot: Spot) -> Spot:
    """Where it stands in what was written, without the backslashes before placeholders."""
    if not spot.line:
        return spot
    line = part.split("\n")[spot.line - 1]
    before = [one.start() + at for at, one in enumerate(_PLACEHOLDER.finditer(line))]
    return Spot(spot.line, spot.column - sum(1 for at in before if at + 1 < spot.column))


def _compiles(part: str) -> bool:
    try:
        compile_template(part)
    except TemplateError:
        return False
    return True


def data_of(text: str) -> Data:
    """TemplateData: a JSON object as text. Raises InvalidTemplateData."""
    try:
        data = json.loads(text, parse_constant=_no_number, parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise InvalidTemplateData(INVALID_DATA) from error
    if not isinstance(data, dict):
        raise InvalidTemplateData(INVALID_DATA)
    return data


def _no_number(text: str) -> Any:
    raise ValueError(f"{text} is not JSON")


def _integer(text: str) -> int | float:
    return int(text) if len(text) < 300 else float(text)


def replaced(default: Data, replacement: Data) -> Data:
    """The data for one entry of a bulk: what it does not give is taken from the default data."""
    return {**default, **replacement} if replacement else default


def _sound(text: str) -> str:
    """Without halves of surrogate pairs, which JSON can spell and no charset has."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text
