"""The table of receiving providers, from its files.

Owns the reading; `model.shaping` says what it means. A table that cannot be used stops the start, with words that say
why: limits that are silently not there would be found out by the receivers.
"""

import tomllib
from importlib.resources import files
from pathlib import Path

from tayori.model.shaping import Providers, TableError, parse


def load(own: Path | None = None) -> Providers:
    """The table that comes along, with the operator's `own` before it. Raises TableError."""
    shipped = parse(tomllib.loads(files("tayori.delivery").joinpath("providers.toml").read_text("utf-8")))
    if own is None:
        return shipped
    try:
        return shipped.with_more(parse(tomllib.loads(own.read_text("utf-8"))))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise TableError(f"{own}: {error}") from None
    except TableError as error:
        raise TableError(f"{own}: {error}") from None
