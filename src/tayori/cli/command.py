"""What every command has: the data folder, the language, and one way to print.

Owns the options that all commands share and where output goes. Never opens a store: `service` does.
"""

import argparse
import json
import os
import stat
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tayori.cli.words import Words

DEFAULT_DATA = "tayori-data"
SECRET_FILE = 0o600  # the mode of a file that only its owner may read


class CommandFailed(Exception):
    """What the user asked for cannot be done; the text is one sentence that says why. Exit status 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """Where a command's result goes, and in which form."""

    as_json: bool
    file: Path | None

    def emit(self, value: Any, text: str, *, mode: int = 0o644) -> None:
        """Print `text`, or `value` as JSON where that was asked for. `mode` is that of a new file."""
        shown = json.dumps(value, indent=2, ensure_ascii=False) if self.as_json else text
        self.write(shown if shown.endswith("\n") else f"{shown}\n", mode=mode)

    def write(self, shown: str, *, mode: int = 0o644) -> None:
        """Print `shown` as it is."""
        if self.file is None:
            sys.stdout.write(shown)
            sys.stdout.flush()
            return
        try:
            descriptor = os.open(self.file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
            with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
                if mode == SECRET_FILE and stat.S_ISREG(os.fstat(descriptor).st_mode):
                    os.fchmod(descriptor, mode)  # it may have been there before, for others to read
                opened.write(shown)
        except OSError as error:
            raise CommandFailed(f"{self.file} cannot be written: {error.strerror}.") from error

    def write_bytes(self, data: bytes) -> None:
        """Write a file that is not text. A terminal would make nothing of it."""
        if self.file is None and sys.stdout.isatty():
            raise CommandFailed("This form is not text: say --output FILE.")
        try:
            if self.file is None:
                sys.stdout.buffer.write(data)
                sys.stdout.flush()
            else:
                self.file.write_bytes(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise CommandFailed(f"{self.file or 'Standard output'} cannot be written: {error.strerror}.") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """What a command runs in."""

    data: Path
    environment: Mapping[str, str]
    words: Words
    output: Output
    program: str  # how to call this program again, for commands that are shown
    region: str | None = None  # that the command was told to speak of


def shared_options() -> argparse.ArgumentParser:
    """A parent parser. Values are suppressed where not given, so that an option may stand before or after a verb."""
    parser = argparse.ArgumentParser(add_help=False)
    group = parser.add_argument_group("options of every command")
    absent = argparse.SUPPRESS
    group.add_argument(
        "--data", metavar="DIR", default=absent, help="the service's data folder (TAYORI_DATA; default ./tayori-data)"
    )
    group.add_argument("--json", action="store_true", default=absent, help="print JSON")
    group.add_argument("--output", metavar="FILE", default=absent, help="write to FILE and not to standard output")
    group.add_argument("--lang", choices=("en", "ja"), default=absent, help="the language (default: by LANG)")
    return parser


def context_of(options: argparse.Namespace, environment: Mapping[str, str], program: str) -> Context:
    given = vars(options)
    file = given.get("output")
    return Context(
        data=Path(given.get("data") or environment.get("TAYORI_DATA") or DEFAULT_DATA),
        environment=environment,
        words=Words(given.get("lang") or language(environment)),
        output=Output(as_json=given.get("json", False), file=Path(file) if file else None),
        program=program,
        region=given.get("region_in_question"),
    )


def language(environment: Mapping[str, str]) -> str:
    """`ja` where the locale says Japanese, else `en`: the order of the variables is POSIX's."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "ja" if environment[name].lower().startswith("ja") else "en"
    return "en"
