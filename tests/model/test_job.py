"""Import files line by line, names of files, and what exports are written like."""

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tayori.model import job
from tayori.model.errors import Invalid
from tayori.model.job import DataFormat, ImportAction, MetricRow, ObjectName

PUT, DELETE = ImportAction.PUT, ImportAction.DELETE


def read(data, data_format=DataFormat.CSV, action=PUT):
    found = job.records(data.encode() if isinstance(data, str) else data, data_format, action)
    return [(one.line, one.address, one.reason) if not one.error else (one.line, one.error) for one in found]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("a@inbox.test,BOUNCE", ("a@inbox.test", "BOUNCE")),
        (' "a@INBOX.test" , COMPLAINT \r', ("a@inbox.test", "COMPLAINT")),
        ("Ä@inbox.test,BOUNCE", None),
        ("a@日本.test,BOUNCE", ("a@xn--wgv71a.test", "BOUNCE")),
        ("a@inbox.test", None),
        ("a@inbox.test,BOUNCE,x", None),
        ("a@inbox.test,bounce", None),
        ('"a@inbox.test,BOUNCE', None),
        ("a@inbox.test\x00,BOUNCE", None),
        ("x" * 5000 + "@inbox.test,BOUNCE", None),
    ],
)
def test_a_line_of_csv(line, expected):
    (found,) = job.records(line.encode(), DataFormat.CSV, PUT)
    assert (expected is None) == bool(found.error)
    if expected:
        assert (found.address, found.reason) == expected


@pytest.mark.parametrize(
    "line",
    ["[]", "null", "1", "{", '{"emailAddress": 1}', '{"emailAddress": "a@b.test"}', '{"reason": "BOUNCE"}', "[" * 4000],
)
def test_lines_of_json_that_say_nothing_usable(line):
    (found,) = job.records(line.encode(), DataFormat.JSON, PUT)
    assert found.error and not found.address


def test_lines_are_numbered_and_headings_and_empty_ones_passed_over():
    data = "\ufeffEmailAddress,Reason\n\n  \na@inbox.test,BOUNCE\r\n\nb@inbox.test,COMPLAINT"
    assert read(data) == [(4, "a@inbox.test", "BOUNCE"), (6, "b@inbox.test", "COMPLAINT")]
    assert read("a@inbox.test\nb@inbox.test,BOUNCE\n", action=DELETE) == [
        (1, "a@inbox.test", ""),
        (2, "b@inbox.test", "BOUNCE"),
    ]


@given(st.binary(max_size=400), st.sampled_from(DataFormat), st.sampled_from(ImportAction))
def test_no_file_makes_trouble(data, data_format, action):
    for found in job.records(data, data_format, action):
        assert bool(found.error) != bool(found.address)


@pytest.mark.parametrize("url", ["s3://lists/a.csv", "s3://my.lists-2/week 47/ä.csv"])
def test_names_of_files(url):
    found = ObjectName.parse(url)
    assert f"s3://{found.bucket}/{found.key}" == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "lists/a",
        "http://lists/a",
        "s3://lists",
        "s3://lists/",
        "s3://lists//a",
        "s3://lists/a/",
        "s3://lists/../a",
        "s3://lists/a/./b",
        "s3://a..b/c",
        "s3://Lists/a",
        "s3:///a",
        "s3://lists/a\nb",
        "s3://lists/a\x00",
        "s3://lists/" + "ä" * 128,
        "s3://lists/" + "a/" * 600 + "a",
    ],
)
def test_what_is_no_name_of_a_file(url):
    with pytest.raises(Invalid):
        ObjectName.parse(url)


@given(st.lists(st.dictionaries(st.sampled_from(["a", "b"]), st.text(max_size=20)), max_size=5))
def test_tables_can_be_read_back(rows):
    parsed = json.loads(job.table_json(("a", "b"), rows).decode("utf-8", "surrogatepass"))
    assert parsed == rows
    text = job.table_csv(("a", "b"), rows).decode()
    if not any(char in value for row in rows for value in row.values() for char in "\r\0"):
        found = list(csv.DictReader(io.StringIO(text, newline="")))
        assert [{name: row[name] for name in ("a", "b")} for row in found] == [
            {name: row.get(name, "") for name in ("a", "b")} for row in rows
        ]


def test_metrics_are_written_with_four_decimals():
    rows = [MetricRow(dimensions=("a,b", 'say "hi"'), values=(1.0, 1 / 3))]
    assert job.metrics_csv(("X", "Y"), ("SEND_VOLUME", "OPEN_RATE"), rows) == (
        b'X,Y,SEND_VOLUME,OPEN_RATE\n"a,b","say ""hi""",1.0000,0.3333\n'
    )
    (found,) = json.loads(job.metrics_json(("X", "Y"), ("SEND_VOLUME", "OPEN_RATE"), rows))
    assert found == {"x": "a,b", "y": 'say "hi"', "metrics": {"SEND_VOLUME": 1.0, "OPEN_RATE": 0.3333}}
