"""Writes docs/reference/ from the declarations in the code: `make reference`. tests/test_docs.py holds it current.

settings.md           tayori.config
commands.md           the parsers of tayori.cli
operations.md         the handlers of tayori.api, and its list of what is not offered
feedback-loops.md     the table of feedback loops (tayori/model/feedback_loops.toml); .ja.md in Japanese
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import feedback_page

from tayori.api import registry
from tayori.api.not_offered import NOT_OFFERED
from tayori.cli import config
from tayori.cli.command import shared_options
from tayori.cli.main import COMMANDS, parser_of
from tayori.cli.words import Words

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
_MADE = "This page is made from the code by `make reference`."


def pages() -> dict[str, str]:
    """File name → content of every page."""
    return {
        "settings.md": config.reference(),
        "commands.md": commands(),
        "operations.md": operations(),
        "feedback-loops.md": feedback_page.page("en"),
        "feedback-loops.ja.md": feedback_page.page("ja"),
    }


# -- commands ------------------------------------------------------------------------------------------------------


def commands() -> str:
    lines = [
        "# Commands",
        "",
        f"`tayori` and `python -m tayori` are the same. {_MADE}",
        "",
        "Exit status: 0 done, 1 it could not be done or a check failed, 2 wrong usage. Errors are one sentence on",
        "standard error.",
        "",
        "Every command takes:",
        "",
        *_options(shared_options(), skip=set()),
    ]
    words = Words("en")
    for name in COMMANDS:
        parser = parser_of(name, words)
        lines += ["", f"## tayori {name}", "", _sentence(words(f"command.{name}")), ""]
        lines += _describe(parser, f"tayori {name}")
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip() + "\n"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _describe(parser: argparse.ArgumentParser, called: str) -> Iterator[str]:
    verbs = _verbs(parser)
    if not verbs:
        yield f"`{called}{_usage(parser)}`"
        yield ""
        yield from _options(parser, skip=_shared_names())
        return
    for name, (about, verb) in verbs.items():
        inner = _verbs(verb)
        if inner:
            yield from _describe(verb, f"{called} {name}")
        else:
            yield f"### {called} {name}"
            yield ""
            yield f"`{called} {name}{_usage(verb)}`: {about}."
            yield ""
            listed = list(_options(verb, skip=_shared_names()))
            yield from [*listed, ""] if listed else []


def _verbs(parser: argparse.ArgumentParser) -> dict[str, tuple[str, argparse.ArgumentParser]]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            return {name: (helps[name], verb) for name, verb in action.choices.items()}
    return {}


def _usage(parser: argparse.ArgumentParser) -> str:
    text = ""
    for action in parser._actions:
        if action.option_strings:
            continue
        name = action.metavar or action.dest
        text += {"?": f" [{name}]", "+": f" {name}…"}.get(str(action.nargs), f" {name}")
    return text


def _options(parser: argparse.ArgumentParser, *, skip: set[str]) -> Iterator[str]:
    for action in parser._actions:
        names = [name for name in action.option_strings if name not in skip]
        if action.option_strings and (not names or "-h" in names):
            continue
        if not action.option_strings and not action.help:
            continue
        value = "" if action.nargs == 0 or not names else f" {action.metavar or _choices(action)}"
        shown = ", ".join(names) + value if names else str(action.metavar or action.dest)
        yield f"* `{shown}`: {action.help}"


def _choices(action: argparse.Action) -> str:
    return "|".join(map(str, action.choices)) if action.choices else action.dest.upper()


def _shared_names() -> set[str]:
    return {name for action in shared_options()._actions for name in action.option_strings}


# -- operations ----------------------------------------------------------------------------------------------------


def operations() -> str:
    offered = registry.load_operations()
    lines = [
        "# Operations of the API",
        "",
        f"{_MADE} Names, members, constraints and errors are those of the AWS models that botocore carries.",
        "An operation that is not offered answers with a sentence that says so.",
    ]
    for service, title in (("sesv2", "SES v2"), ("ses", "SES v1"), ("sns", "SNS")):
        answered = sorted(found.operation for found in offered if found.service == service)
        lines += ["", f"## {title}", "", f"Offered: {_listed(answered)}.", "", "Not offered:", ""]
        reasons: dict[str, list[str]] = {}
        for (name, operation), reason in NOT_OFFERED.items():
            if name == service:
                reasons.setdefault(reason, []).append(operation)
        lines += [f"* {reason} {_listed(sorted(names))}." for reason, names in reasons.items()]
    for service, title in (("cloudwatch", "CloudWatch"), ("sts", "STS")):
        answered = sorted(found.operation for found in offered if found.service == service)
        lines += ["", f"## {title}", "", f"Offered: {_listed(answered)}. Nothing else is."]
    return "\n".join(lines) + "\n"


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, content in pages().items():
        (FOLDER / name).write_text(content, "utf-8")


if __name__ == "__main__":
    main()
