"""The settings that a command line stands for: what `up` runs with and what `config show` shows.

Owns the order: the command line over what `--rehearsal` sets over the environment over the file over the defaults.
"""

import argparse
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from tayori import config
from tayori.app import rehearsing
from tayori.cli.command import CommandFailed, Context
from tayori.config import Config, ConfigError

Values = dict[str, dict[str, Any]]

_HIGHEST_OFFSET = 7


def add_settings(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", metavar="FILE", help="the configuration file (TOML)")
    parser.add_argument(
        "--port-base",
        type=int,
        metavar="N",
        help=f"HTTP listens on N, the others on N+1 to N+7 (default {config.PORT_BASE})",
    )
    parser.add_argument("--rehearsal", action="store_true", help="run beside the rehearsal internet, all on loopback")
    parser.add_argument("--roles", metavar="A,B", help=f"what this node does: {','.join(config.ROLES)} (default all)")
    parser.add_argument(
        "--database", metavar="URL", help="sqlite:///path or postgresql://… (default: in the data folder)"
    )


def load(context: Context, options: argparse.Namespace) -> Config:
    """Raises CommandFailed with the sentence of the setting that cannot be used."""
    if options.rehearsal:
        rehearsing.prepare(context.data.resolve())
    file = Path(options.config) if options.config else None
    try:
        loaded = config.load(
            context.data, file=file, environment=context.environment, overrides=overrides(context, options)
        )
    except ConfigError as error:
        raise CommandFailed(str(error)) from error
    return replace(loaded, rehearsal=options.rehearsal, origins=origins(context, options))


def origins(context: Context, options: argparse.Namespace) -> dict[str, str]:
    """For each setting that is not its default's, by `section.key`, the source that won."""
    found: dict[str, str] = {}
    sources = config.sources(Path(options.config) if options.config else None, context.environment)
    named = [
        *sources,
        ("--rehearsal", rehearsal_values(context, options)),
        ("command line", command_line_values(options)),
    ]
    for origin, values in named:
        for section, keys in values.items():
            found.update({f"{section}.{key}": origin for key in keys})
    return found


def overrides(context: Context, options: argparse.Namespace) -> Values:
    return merged(rehearsal_values(context, options), command_line_values(options))


def command_line_values(options: argparse.Namespace) -> Values:
    """What the command line says outright."""
    values: Values = {}
    if options.port_base is not None:
        if not 1 <= options.port_base <= 65535 - _HIGHEST_OFFSET:
            raise CommandFailed(f"--port-base must be from 1 to {65535 - _HIGHEST_OFFSET}, not {options.port_base}.")
        values = merged(values, rehearsing.ports(options.port_base))
    if options.roles is not None:
        values = merged(values, {"service": {"roles": options.roles}})
    if options.database is not None:
        values = merged(values, {"database": {"url": options.database}})
    return values


def rehearsal_values(context: Context, options: argparse.Namespace) -> Values:
    """What `--rehearsal` sets."""
    if not options.rehearsal:
        return {}
    return merged(rehearsing.settings(context.data.resolve(), options.port_base or config.PORT_BASE))


def merged(*sources: Mapping[str, Mapping[str, Any]]) -> Values:
    """Section → key → value; the later source wins."""
    values: Values = {}
    for source in sources:
        for section, keys in source.items():
            values.setdefault(section, {}).update(keys)
    return values
