"""The reference of the API's operations: an index with what is not offered and why, and a page for each area.

A page for each operation would be two hundred files of a few lines; those of an area are read together, and each
operation has an anchor: docs/reference/operations/sesv2-templates.md#createemailtemplate. Everything comes from the
registry, the handlers' docstrings, botocore's models (shapes only: none of AWS's texts) and the headings of quirks.md.
"""

import importlib
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path

from tayori.api import registry
from tayori.api.not_offered import NOT_OFFERED
from tayori.api.rates import rate_of
from tayori.api.registry import Mode, Registered
from tayori.aws import spec
from tayori.aws.spec import Operation, Shape

ROOT = Path(__file__).resolve().parents[1]
_MADE = "This page is made from the code by `make reference`."
_TITLES = {"sesv2": "SES v2", "ses": "SES v1", "sns": "SNS", "sts": "STS", "cloudwatch": "CloudWatch"}
_OF_SES = ("sesv2", "ses", "sns")  # whose operations are all answered, or listed with the reason
_DEEPEST = 4  # levels of members that are shown
_MOST_CHOICES = 12
_SOURCE = re.compile(r"\s*\((?:ses|probed|recorded|observed|sns|sts|ses: [^()]*)\)")


def pages() -> dict[str, str]:
    """Below docs/reference: file name → content."""
    areas = _areas()
    found = {f"operations/{name}.md": _page(name, members) for name, members in areas.items()}
    return {"operations.md": _index(areas), **found}


_OF_THE_REST = {
    "en": "all that has nothing to do with SES",
    "ja": "SES に関わらない操作すべて",
}
_COVERAGE_HEAD = {"en": "| Service | Operations | Not offered |", "ja": "| サービス | 操作 | 提供しないもの |"}


def coverage(language: str) -> str:
    """The table of the front page: of each service, how many operations of its model are answered."""
    lines = [_COVERAGE_HEAD[language], "|---|---|---|"]
    entries = list(registry.load_operations())
    for service, title in _TITLES.items():
        offered = sum(entry.service == service for entry in entries)
        lacking = sum(name == service for name, _ in NOT_OFFERED)
        if service in _OF_SES:
            lines.append(f"| {title} | {offered} / {offered + lacking} | {lacking} |")
        else:
            lines.append(f"| {title} | {offered} | {_OF_THE_REST[language]} |")
    return "\n".join(lines) + "\n"


def botocore_version() -> str:
    return metadata.version("botocore")


# -- areas -------------------------------------------------------------------------------------------------------------


def _areas() -> dict[str, list[Registered]]:
    """By service and the module of the handlers, in the order of the services."""
    found: dict[str, list[Registered]] = {}
    for entry in sorted(registry.load_operations(), key=lambda one: (list(_TITLES).index(one.service), one.operation)):
        found.setdefault(f"{entry.service}-{_module(entry).rpartition('.')[2].replace('_', '-')}", []).append(entry)
    return dict(sorted(found.items(), key=lambda item: (list(_TITLES).index(item[1][0].service), item[0])))


def _module(entry: Registered) -> str:
    return (entry.compose or entry.run).__module__


def _index(areas: dict[str, list[Registered]]) -> str:
    lines = [
        "# Operations of the API",
        "",
        f"{_MADE} Names, members, constraints and errors are those of the AWS models that botocore carries.",
        f"This page was made with those of botocore {botocore_version()}.",
        "",
        "An operation that is not offered answers with a sentence that says so. Beside its own errors, each operation",
        "may answer those of all AWS services, which are of signatures, permissions, rates and the form of a request.",
        "A member below another is required where the other one is given.",
    ]
    for service, title in _TITLES.items():
        lines += ["", f"## {title}", "", "| Area | Operations |", "|---|---|"]
        for name, entries in areas.items():
            if entries[0].service == service:
                listed = ", ".join(
                    f"[`{one.operation}`](operations/{name}.md#{one.operation.lower()})" for one in entries
                )
                lines.append(f"| [{_area_title(name)}](operations/{name}.md) | {listed} |")
        lines += ["", *_not_offered(service)]
    return "\n".join(lines) + "\n"


def _not_offered(service: str) -> Iterator[str]:
    reasons: dict[str, list[str]] = {}
    for (name, operation), reason in NOT_OFFERED.items():
        if name == service:
            reasons.setdefault(reason, []).append(operation)
    if reasons:
        yield from ("Not offered:", "")
        yield from (f"* {reason} {_listed(sorted(names))}." for reason, names in reasons.items())
    else:
        yield "Nothing is left out." if service in _OF_SES else "Nothing else is offered."


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _area_title(name: str) -> str:
    return name.partition("-")[2].replace("-", " ").capitalize()


# -- the page of an area -----------------------------------------------------------------------------------------------


def _page(name: str, entries: list[Registered]) -> str:
    about = importlib.import_module(_module(entries[0])).__doc__ or ""
    lines = [
        f"# {_TITLES[entries[0].service]}: {_area_title(name).lower()}",
        "",
        f"{_MADE} [All operations](../operations.md)",
        "",
        _prose(about),
    ]
    for entry in entries:
        lines += ["", *_operation(entry)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def _prose(docstring: str) -> str:
    """A docstring for readers of the reference: without its sources, each paragraph in one line."""
    paragraphs = [" ".join(part.split()) for part in docstring.strip().split("\n\n")]
    kept = [part for part in paragraphs if not part.startswith(("Source", "Owns", "Never"))]
    return "\n\n".join(_SOURCE.sub("", part) for part in kept)


def _operation(entry: Registered) -> Iterator[str]:
    model = spec.load(entry.service).operations[entry.operation]
    yield from (f"## {entry.operation}", "", f"{_called(model)}.{_kind(entry)}{_rate(entry)}")
    about = _prose((entry.compose or entry.run).__doc__ or "")
    if about:
        yield from ("", about)
    members = list(_members(model.input, "", ())) if model.input else []
    if members:
        yield from ("", "| Member | Type | Constraints |", "|---|---|---|", *members)
    if model.output and model.output.contents:
        yield from ("", f"Answers {_listed(list(model.output.contents))}.")
    errors = sorted({f"`{error.code}` ({error.status})" for error in _errors(model)})
    if errors:
        yield from ("", f"Errors: {', '.join(errors)}.")
    deviations = [f"[{heading}](../../quirks.md#{anchor})" for heading, anchor in _quirks_of(entry.operation)]
    if deviations:
        yield from ("", f"Where it differs from AWS: {', '.join(deviations)}.")


def _called(model: Operation) -> str:
    if model.service.protocol == "rest-json":
        return f"`{model.method} /{'/'.join(model.uri.segments)}`"
    return f"`Action={model.name}`"


def _kind(entry: Registered) -> str:
    return " Reads only." if entry.mode is Mode.READ else ""


def _rate(entry: Registered) -> str:
    rate = rate_of(entry.service, entry.operation)
    return "" if rate is None else f" At most {rate:g} a second, where `service.operation_rates` is on."


def _errors(model: Operation) -> list[spec.ErrorShape]:
    return [model.service.errors[name] for name in model.error_names if name in model.service.errors]


def _members(shape: Shape, prefix: str, above: tuple[str, ...]) -> Iterator[str]:
    for name, member in shape.contents.items():
        path = f"{prefix}{name}"
        required = name in shape.required
        yield f"| `{path}` | {_type(member)} | {_constraints(member, required=required)} |"
        inner, mark = _structure_in(member)
        if inner is not None and inner.name not in above and len(above) < _DEEPEST:
            yield from _members(inner, f"{path}{mark}.", (*above, inner.name))


def _structure_in(shape: Shape) -> tuple[Shape | None, str]:
    mark = ""
    while shape.type in ("list", "map"):
        mark += "[]" if shape.type == "list" else "{}"
        shape = shape.member if shape.type == "list" else shape.value
    return (shape, mark) if shape.type == "structure" else (None, "")


def _type(shape: Shape) -> str:
    if shape.type == "list":
        return f"list of {_type(shape.member)}"
    if shape.type == "map":
        return f"map to {_type(shape.value)}"
    return shape.type


def _constraints(shape: Shape, *, required: bool) -> str:
    found = ["required"] if required else []
    low, high = shape.trait("min"), shape.trait("max")
    unit = {"string": " characters", "blob": " octets", "list": " items", "map": " entries"}.get(shape.type, "")
    if low is not None and high is not None:
        found.append(f"{low} to {high}{unit}")
    elif low is not None or high is not None:
        found.append(f"at least {low}{unit}" if high is None else f"at most {high}{unit}")
    choices = shape.trait("enum") or (shape.member.trait("enum") if shape.type == "list" else None)
    if choices:
        shown = ", ".join(f"`{one}`" for one in choices[:_MOST_CHOICES])
        found.append(f"one of {shown}{' …' if len(choices) > _MOST_CHOICES else ''}")
    pattern = shape.trait("pattern")
    if pattern and not choices and "`" not in pattern and "](" not in pattern and len(pattern) < 80:
        found.append(f"`{pattern.replace('|', chr(92) + '|')}`")
    return ", ".join(found)


# -- what differs ------------------------------------------------------------------------------------------------------


def _quirks_of(operation: str) -> list[tuple[str, str]]:
    """The headings of quirks.md under which the operation is named."""
    text = (ROOT / "docs" / "quirks.md").read_text("utf-8")
    found = []
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        heading, _, content = part.partition("\n")
        if re.search(rf"`{operation}`", content):
            found.append((heading, re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")))
    return found
