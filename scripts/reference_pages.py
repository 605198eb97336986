"""Writes docs/reference/ from the declarations in the code: `make reference`. tests/test_docs.py holds it current.

settings.md           tayori.config
commands.md           the parsers of tayori.cli
operations.md         the handlers of tayori.api, and its list of what is not offered
operations/           a page for each area of them (operation_pages.py)
feedback-loops.md     the table of feedback loops (tayori/model/feedback_loops.toml); .ja.md in Japanese

The table of what is answered on the front pages is written, too.
"""

import argparse
import re
import sys
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import feedback_page
import operation_pages

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
        **operation_pages.pages(),
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


# -- the front pages ---------------------------------------------------------------------------------------------------

_FRONT_PAGES = {"README.md": "en", "README.ja.md": "ja"}
_COVERAGE = re.compile(r"(?<=<!-- coverage -->\n).*?(?=<!-- /coverage -->)", re.DOTALL)


def front_pages() -> dict[str, str]:
    """Their content, with the table of what is answered as the code has it."""
    texts = {name: (FOLDER.parents[1] / name).read_text("utf-8") for name in _FRONT_PAGES}
    return {
        name: _COVERAGE.sub(lambda _, lang=_FRONT_PAGES[name]: operation_pages.coverage(lang), text)
        for name, text in texts.items()
    }


def main() -> None:
    made = pages()
    (FOLDER / "operations").mkdir(parents=True, exist_ok=True)
    for old in (FOLDER / "operations").glob("*.md"):
        if f"operations/{old.name}" not in made:
            old.unlink()
    for name, content in made.items():
        (FOLDER / name).write_text(content, "utf-8")
    for name, content in front_pages().items():
        (FOLDER.parents[1] / name).write_text(content, "utf-8")


if __name__ == "__main__":
    main()
