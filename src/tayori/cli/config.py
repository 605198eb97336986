"""`tayori config`: the settings in force and where each comes from, a sample file, and the reference page.

All three are made from the declarations in `tayori.config`.
"""

import argparse
import dataclasses
import json
from typing import Any

from tayori import config
from tayori.app import settings_pages
from tayori.cli.command import Context, shared_options
from tayori.cli.settings import add_settings, load
from tayori.cli.table import table


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")
    show = verbs.add_parser("show", help="the settings in force", parents=[shared_options()])
    add_settings(show)
    show.add_argument("--origin", action="store_true", help="say where each comes from")
    show.set_defaults(action=_show)
    sample = verbs.add_parser("sample", help="a configuration file with every default", parents=[shared_options()])
    sample.set_defaults(action=_sample)
    reference = verbs.add_parser("reference", help="the reference page, in Markdown", parents=[shared_options()])
    reference.set_defaults(action=_reference)


def run(context: Context, options: argparse.Namespace) -> int:
    return int(options.action(context, options))


# -- show ----------------------------------------------------------------------------------------------------------


def _show(context: Context, options: argparse.Namespace) -> int:
    entries = settings_pages.shown(load(context, options))
    rows = [
        (entry["key"], _literal(entry["value"]), *((entry["origin"],) if options.origin else ())) for entry in entries
    ]
    value = entries if options.origin else [{"key": entry["key"], "value": entry["value"]} for entry in entries]
    context.output.emit(value, table((), rows))
    return 0


# -- sample and reference ------------------------------------------------------------------------------------------


def _sample(context: Context, options: argparse.Namespace) -> int:
    context.output.emit({"sample": sample()}, sample())
    return 0


def sample() -> str:
    """Every setting with its meaning, each commented out: the file as it is changes nothing."""
    lines = [
        "# Settings of Tayori. What is commented out is the default.",
        "# The command line and the environment (TAYORI_<SECTION>_<KEY>) win over this file.",
    ]
    for section, kind in config.SECTIONS.items():
        lines += ["", f"[{section}]"]
        for field in dataclasses.fields(kind):
            lines += [f"# {field.metadata['doc']}", f"#{field.name} = {_literal(_default(field))}"]
    return "\n".join(lines) + "\n"


def _reference(context: Context, options: argparse.Namespace) -> int:
    context.output.emit({"reference": reference()}, reference())
    return 0


def reference() -> str:
    """docs/reference/settings.md."""
    lines = [
        "# Settings",
        "",
        "A setting comes from, in this order: the command line, what `--rehearsal` sets, the environment, the",
        "file given with `--config` (TOML), the default. Unknown keys and impossible values stop the start",
        "with one sentence. `tayori config show --origin` prints the settings in force with the source of each;",
        "`tayori config sample` prints a file with every default.",
        "",
        "This page is made from the declarations in `src/tayori/sections.py` by `make reference`.",
    ]
    for section, kind in config.SECTIONS.items():
        lines += [
            "",
            f"## [{section}]",
            "",
            "| Key | Type | Default | Environment | Meaning |",
            "|---|---|---|---|---|",
        ]
        for field in dataclasses.fields(kind):
            default = _literal(_default(field))
            variable = f"TAYORI_{section}_{field.name}".upper()
            lines.append(
                f"| `{field.name}` | {_type_words(_default(field))} | `{default}` | `{variable}` | "
                f"{field.metadata['doc'].replace('|', chr(92) + '|')} |"
            )
    return "\n".join(lines) + "\n"


def _default(field: "dataclasses.Field[Any]") -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default


def _literal(value: Any) -> str:
    """As TOML has it: for texts, numbers, truth values and lists that is how JSON has it."""
    if isinstance(value, dict):
        return (
            "{ " + ", ".join(f"{json.dumps(k)} = {json.dumps(v)}" for k, v in value.items()) + " }" if value else "{}"
        )
    return json.dumps(value, ensure_ascii=False)


def _type_words(default: Any) -> str:
    words = {bool: "true or false", int: "whole number", float: "number", str: "text", list: "list of texts"}
    return words.get(type(default), "table of texts")
