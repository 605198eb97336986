"""What the panels of registrars and DNS services want to be typed.

Owns the reading of panels.toml. Panels change without notice, so every entry says when it was looked at and whether it
rests on documentation or is general advice.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files


class HostForm(StrEnum):
    """How a panel's host field wants a name."""

    RELATIVE = "relative"  # without the zone's name, which the panel adds
    EITHER = "either"
    FULL = "full"  # with the zone's name and a final dot


class FinalDot(StrEnum):
    """Whether a host name as a value ends with a dot."""

    WITHOUT = "without"
    WITH = "with"
    EITHER = "either"


class LongText(StrEnum):
    """What to do with a TXT value over 255 bytes (RFC 1035 3.3.14: one character-string holds no more)."""

    AUTOMATIC = "automatic"  # typed as one, split by the service
    QUOTED = "quoted"  # typed as several strings, each in quotation marks
    REFUSED = "refused"
    UNCERTAIN = "uncertain"


class Certainty(StrEnum):
    DOCUMENTED = "documented"
    GENERAL = "general"


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """`apex` is what stands for the zone itself: "@", or "" where the field stays empty."""

    key: str
    names: Mapping[str, str]
    host_form: HostForm
    apex: str
    final_dot: FinalDot
    long_text: LongText
    ttl_minimum: int | None
    ttl_maximum: int | None
    certainty: Certainty
    checked: str  # year and month
    source: str
    notes: Mapping[str, tuple[str, ...]]


@cache
def panels() -> Mapping[str, Panel]:
    """All panels by key, in the order of the file."""
    source = files("tayori.dossier").joinpath("panels.toml").read_text("utf-8")
    return {
        key: Panel(
            key=key,
            names=entry["name"],
            host_form=HostForm(entry["host_form"]),
            apex=entry["apex"],
            final_dot=FinalDot(entry["final_dot"]),
            long_text=LongText(entry["long_text"]),
            ttl_minimum=entry.get("ttl_minimum"),
            ttl_maximum=entry.get("ttl_maximum"),
            certainty=Certainty(entry["certainty"]),
            checked=entry["checked"],
            source=entry["source"],
            notes={language: tuple(texts) for language, texts in entry["notes"].items()},
        )
        for key, entry in tomllib.loads(source).items()
    }
