"""Suppression lists and contact lists as files, a piece at a time, in the lines that imports read.

`suppressed` and `contacts` give lines only; the first piece of a CSV of contacts has `contact_heading` before them, by
which an import tells the columns apart.
"""

import csv
import io
import json
from collections.abc import Iterable, Sequence

from tayori.model.contact_list import Preferences, Topic
from tayori.model.job import DataFormat


def suppressed(rows: Iterable[tuple[str, str]], data_format: DataFormat) -> str:
    """Of (address, reason)."""
    if data_format is DataFormat.JSON:
        return _lines({"emailAddress": address, "reason": reason} for address, reason in rows)
    return _csv(rows)


def contact_heading(topics: Sequence[Topic]) -> str:
    names = (f"topicPreferences.{topic.name}" for topic in topics)
    return _csv([("emailAddress", "unsubscribeAll", "attributesData", *names)])


def contacts(
    rows: Iterable[tuple[str, Preferences, str | None]], topics: Sequence[Topic], data_format: DataFormat
) -> str:
    """Of (address, what he wants, attributes). What he has not said is left out, so that defaults stay defaults."""
    if data_format is DataFormat.JSON:
        return _lines(_contact(*row) for row in rows)
    return _csv(
        (
            address,
            "true" if wants.unsubscribed else "false",
            attributes or "",
            *(wants.chosen.get(topic.name, "") for topic in topics),
        )
        for address, wants, attributes in rows
    )


def _contact(address: str, wants: Preferences, attributes: str | None) -> dict[str, object]:
    chosen = [{"topicName": name, "subscriptionStatus": status} for name, status in wants.chosen.items()]
    found = {"emailAddress": address, "unsubscribeAll": wants.unsubscribed, "topicPreferences": chosen}
    return found | ({"attributesData": attributes} if attributes is not None else {})


def _csv(rows: Iterable[Iterable[str]]) -> str:
    out = io.StringIO()
    # An import reads a file line by line: no cell may have line ends of its own.
    csv.writer(out, lineterminator="\n").writerows([[" ".join(cell.splitlines()) for cell in row] for row in rows])
    return out.getvalue()


def _lines(rows: Iterable[object]) -> str:
    return "".join(f"{json.dumps(row, ensure_ascii=False, separators=(',', ':'))}\n" for row in rows)
