"""The records of an import file of contacts: CSV with a heading, or a JSON object on each line.

Owns what a line says of a contact, and which says nothing usable (ses: list management, CreateImportJob). Whether the
list has a topic is for whoever knows the list.
"""

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tayori.model.contact_list import ImportedContact, Preferences, Status, check_address, check_attributes
from tayori.model.errors import Invalid
from tayori.model.import_lines import LONGEST_LINE
from tayori.model.job import DataFormat, ImportRecord, records_of

MOST_CONTACTS = 1_000_000  # in one import (ses: quotas)
_SHOWN = 1000  # characters of a line that cannot be used
_ADDRESS, _ALL, _ATTRIBUTES = "emailaddress", "unsubscribeall", "attributesdata"
_TOPIC = "topicpreferences."
_BOOLEANS = {"": False, "false": False, "true": True}


def records(data: bytes, data_format: DataFormat) -> Iterator[ImportRecord]:
    """Every line of a whole file that is not empty."""
    return records_of(data, ContactReader(data_format))


class ContactReader:
    """See `LineReader`. CSV without a heading has addresses in its first column."""

    def __init__(self, data_format: DataFormat) -> None:
        self._is_csv = data_format is DataFormat.CSV
        self._columns: Sequence[str] | None = None

    def is_record(self, number: int, line: bytes) -> bool:
        if not self._is_csv or self._columns is not None:
            return True
        heading = _heading(line)
        self._columns = heading or (_ADDRESS,)
        return heading is None

    def read(self, number: int, line: bytes) -> ImportRecord:
        return _record(number, line, self._columns)


def _heading(line: bytes) -> Sequence[str] | None:
    cells = [cell.strip() for cell in next(csv.reader([line.decode("utf-8", "replace")], skipinitialspace=True))]
    return cells if cells and cells[0].lower() == _ADDRESS else None


def _record(number: int, raw: bytes, columns: Sequence[str] | None) -> ImportRecord:
    text = raw[:LONGEST_LINE].decode("utf-8", "replace")
    try:
        if len(raw) > LONGEST_LINE:
            raise Invalid("The line is too long.")
        given = _read_json(text) if columns is None else _read_csv(text, columns)
        return ImportRecord(line=number, text="", address=check_address(given[_ADDRESS]), contact=_contact(given))
    except Invalid as error:
        return ImportRecord(line=number, text=text[:_SHOWN], error=str(error))


def _contact(given: Mapping[str, Any]) -> ImportedContact:
    chosen: dict[str, Status] = {}
    for name, status in given["topics"].items():
        if status not in tuple(Status):
            raise Invalid(f"SubscriptionStatus {status} is invalid, must be one of [OPT_OUT, OPT_IN].")
        chosen[name] = Status(status)
    return ImportedContact(
        wants=Preferences(unsubscribed=given[_ALL], chosen=chosen), attributes=check_attributes(given[_ATTRIBUTES])
    )


def _read_csv(text: str, columns: Sequence[str]) -> dict[str, Any]:
    try:
        (row,) = csv.reader([text], skipinitialspace=True, strict=True)
    except (csv.Error, ValueError) as error:
        raise Invalid("The line is not valid CSV.") from error
    if len(row) > len(columns):
        raise Invalid("The line has more cells than the heading.")
    cells = {column: cell.strip() for column, cell in zip(columns, row, strict=False)}
    named = {name.lower(): cell for name, cell in cells.items()}
    said = named.get(_ALL, "").lower()
    if said not in _BOOLEANS:
        raise Invalid("unsubscribeAll is true or false.")
    topics = {name[len(_TOPIC) :]: cell for name, cell in cells.items() if name.lower().startswith(_TOPIC) and cell}
    return {
        _ADDRESS: named.get(_ADDRESS, ""),
        _ALL: _BOOLEANS[said],
        _ATTRIBUTES: named.get(_ATTRIBUTES) or None,
        "topics": topics,
    }


def _read_json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text)
        topics = {one["topicName"]: one["subscriptionStatus"] for one in found.get("topicPreferences") or ()}
        given = {
            _ADDRESS: found.get("emailAddress", ""),
            _ALL: found.get("unsubscribeAll", False),
            _ATTRIBUTES: found.get("attributesData"),
            "topics": topics,
        }
    except (ValueError, RecursionError) as error:
        raise Invalid("The line is not valid JSON.") from error
    except (AttributeError, KeyError, TypeError) as error:
        raise Invalid(_LIKE) from error
    attributes = given[_ATTRIBUTES]
    texts = (given[_ADDRESS], *topics, *topics.values(), "" if attributes is None else attributes)
    if not isinstance(given[_ALL], bool) or not all(isinstance(one, str) for one in texts):
        raise Invalid(_LIKE)
    return given


_LIKE = (
    'The line is not like {"emailAddress": "…", "unsubscribeAll": false, "attributesData": "…", '
    '"topicPreferences": [{"topicName": "…", "subscriptionStatus": "OPT_IN"}]}.'
)
