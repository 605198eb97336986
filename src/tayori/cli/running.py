"""The command that runs, for whoever has to say later what it was."""

import argparse
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    command: str
    options: argparse.Namespace


RUNNING: ContextVar[Running | None] = ContextVar("running", default=None)
