"""`tayori`: finds the command that was asked for, runs it, and says in one sentence what went wrong.

Owns the list of commands and the exit status: 0 done, 1 it could not be done or a check failed, 2 wrong usage. Only the
module of the command in question is imported, so that short commands start at once.
"""

import argparse
import importlib
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, cast

from tayori import __version__
from tayori.cli.command import CommandFailed, Context, context_of, language, shared_options
from tayori.cli.running import RUNNING, Running
from tayori.cli.words import Words
from tayori.model.errors import DomainError

# In the order of `tayori --help`. The module's name is that of the command, unless it is given.
COMMANDS = {
    "up": "tayori.cli.up",
    "wait": "tayori.cli.wait",
    "env": "tayori.cli.env",
    "doctor": "tayori.cli.doctor",
    "dns": "tayori.cli.dns",
    "dmarc": "tayori.cli.dmarc",
    "tls": "tayori.cli.tls",
    "credentials": "tayori.cli.credentials",
    "role": "tayori.cli.role",
    "smtp-password": "tayori.cli.smtp_password",
    "account": "tayori.cli.account",
    "user": "tayori.cli.user",
    "message": "tayori.cli.message",
    "suppression": "tayori.cli.suppression",
    "feedback-loops": "tayori.cli.feedback_loops",
    "webhook": "tayori.cli.webhook",
    "notification": "tayori.cli.notification",
    "reputation": "tayori.cli.reputation",
    "queue": "tayori.cli.queue",
    "source": "tayori.cli.source",
    "route": "tayori.cli.route",
    "rehearsal": "tayori.cli.rehearsal",
    "audit": "tayori.cli.audit",
    "config": "tayori.cli.config",
    "backup": "tayori.cli.backup",
    "restore": "tayori.cli.restore",
    "db": "tayori.cli.db",
}

# The options of every command, and whether a value follows.
_SHARED = {"--data": True, "--json": False, "--output": True, "--lang": True}


class Command(Protocol):
    """A command's module."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, context: Context, options: argparse.Namespace) -> int: ...


def main(arguments: Sequence[str] | None = None) -> int:
    given = _command_first(list(sys.argv[1:] if arguments is None else arguments))
    words = Words(_language(given))
    if not given or given[0] in ("-h", "--help", "help"):
        sys.stdout.write(overview(words))
        return 0 if given else 2
    if given[0] in ("-V", "--version"):
        sys.stdout.write(f"tayori {__version__}\n")
        return 0
    if given[0] not in COMMANDS:
        sys.stderr.write(words("error.no-command", name=given[0], program=_program()) + "\n")
        return 2
    return _run(given[0], given[1:])


def command(name: str) -> Command:
    return cast(Command, importlib.import_module(COMMANDS[name]))


def parser_of(name: str, words: Words) -> argparse.ArgumentParser:
    """The parser of one command, with all its verbs."""
    about = words(f"command.{name}")
    parser = argparse.ArgumentParser(prog=f"tayori {name}", description=about, parents=[shared_options()])
    command(name).add_arguments(parser)
    return parser


def _run(name: str, arguments: Sequence[str]) -> int:
    options = parser_of(name, Words(_language(arguments))).parse_args(arguments)
    try:
        context = context_of(options, os.environ, _program())
        RUNNING.set(Running(command=name, options=options))
        return command(name).run(context, options)
    except (CommandFailed, DomainError) as error:
        sys.stderr.write(f"tayori: {' '.join(str(error).split())}\n")  # a library's words may have several lines
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:  # the reader (head, less) has had enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE


def _command_first(arguments: list[str]) -> list[str]:
    """Options of every command may stand before it, too: put them behind."""
    count = 0
    while count < len(arguments):
        name, _, value = arguments[count].partition("=")
        if name not in _SHARED:
            break
        count += 1 if value or not _SHARED[name] else 2
    return [*arguments[count : count + 1], *arguments[:count], *arguments[count + 1 :]]


def _language(arguments: Sequence[str]) -> str:
    """The language before anything else is read, since help needs it too."""
    for position, argument in enumerate(arguments):
        if argument == "--lang" and arguments[position + 1 : position + 2] in (["ja"], ["en"]):
            return arguments[position + 1]
        if argument in ("--lang=ja", "--lang=en"):
            return argument.removeprefix("--lang=")
    return language(os.environ)


def _program() -> str:
    """How to call this program again from here: `tayori` where the shell finds it, else a path."""
    beside = Path(sys.executable).with_name("tayori")
    called = sys.argv[0] if sys.argv else ""
    path = called if Path(called).name == "tayori" else beside
    found = shutil.which("tayori")
    if found is not None and os.path.realpath(found) == os.path.realpath(path):
        return "tayori"
    return os.path.relpath(path) if Path(path).exists() else f"{os.path.relpath(sys.executable)} -m tayori"


def overview(words: Words) -> str:
    """`tayori --help`."""
    widest = max(len(name) for name in COMMANDS)
    lines = [f"  {name.ljust(widest)}  {words(f'command.{name}')}" for name in COMMANDS]
    return "\n".join([words("help.usage"), "", *lines, "", words("help.more"), ""])
