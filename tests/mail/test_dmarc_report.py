"""Aggregate reports: what receivers send, and what an attacker would."""

import base64
import gzip
import io
import time
import zipfile
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from report_samples import REPORT, mail_with, record, report, zipped
from tayori.mail.dmarc import DmarcPolicy
from tayori.mail.dmarc_report import (
    MAX_RECORDS,
    AuthOutcome,
    DmarcReportError,
    ReportRow,
    parse_report,
)
from tayori.mail.report_files import MAX_FILES, MAX_UNPACKED, UnpackError, xml_files

# -- reading -----------------------------------------------------------------------------------------------------------


def test_a_report_is_read() -> None:
    found = parse_report(REPORT)
    assert (found.org_name, found.email, found.report_id, found.domain) == (
        "Receiver Inc.", "noreply@receiver.test", "2939", "example.com",
    )  # fmt: skip
    assert (found.begins_at, found.ends_at) == (datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC))
    assert found.policy == {"adkim": "r", "aspf": "r", "p": "none", "sp": "none", "pct": "100"}
    assert found.messages == 12 and not found.is_truncated
    assert found.rows[0] == ReportRow(
        source_ip="192.0.2.1",
        messages=10,
        disposition=DmarcPolicy.NONE,
        dkim_aligned=True,
        spf_aligned=False,
        header_from="example.com",
        envelope_from="bounce.example.com",
        outcomes=(
            AuthOutcome(method="dkim", domain="example.com", result="pass", selector="s1"),
            AuthOutcome(method="spf", domain="bounce.example.com", result="fail"),
        ),
    )
    assert found.rows[1].disposition is DmarcPolicy.QUARANTINE
    assert found.rows[1].reasons == ("mailing_list",)


def test_the_namespace_of_the_successor_makes_no_difference() -> None:
    plain = REPORT.replace(b"<feedback>", b'<feedback xmlns="urn:ietf:params:xml:ns:dmarc-2.0">')
    prefixed = REPORT.replace(b"<feedback>", b'<d:feedback xmlns:d="urn:x">').replace(b"</feedback>", b"</d:feedback>")
    assert parse_report(plain) == parse_report(prefixed) == parse_report(REPORT)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_other_encodings_are_read(encoding: str) -> None:
    text = (
        REPORT.decode()
        .replace('encoding="UTF-8"', f'encoding="{encoding[:6].rstrip("-")}"')
        .replace("Inc.", "株式会社")
    )
    assert parse_report(text.encode(encoding)).org_name == "Receiver 株式会社"


@pytest.mark.parametrize(
    "spoil",
    [
        (b"<feedback>", b"<feedback"),
        (b"feedback>", b"others>"),
        (b"<report_id>2939</report_id>", b""),
        (b"<domain>example.com</domain><adkim>", b"<domain>no domain</domain><adkim>"),
        (b"<begin>1767225600</begin>", b"<begin>never</begin>"),
        (b"<begin>1767225600</begin>", b"<begin>99999999999</begin>"),
        (b"<end>1767312000</end>", b"<end>1</end>"),
        (b'encoding="UTF-8"', b'encoding="nonsense-7"'),
    ],
)
def test_what_is_no_report(spoil: tuple[bytes, bytes]) -> None:
    assert spoil[0] in REPORT
    with pytest.raises(DmarcReportError):
        parse_report(REPORT.replace(*spoil))


@pytest.mark.parametrize(
    "bad", [record(source="not an address"), record(count="-1"), record(count="many"), record(count="0")]
)
def test_a_record_that_cannot_be_counted_is_left_out(bad: str) -> None:
    found = parse_report(report(bad, record()))
    assert len(found.rows) == 1 and found.is_truncated


def test_a_report_longer_than_any_is_cut_and_says_so() -> None:
    found = parse_report(report(*[record()] * (MAX_RECORDS + 3)))
    assert len(found.rows) == MAX_RECORDS and found.is_truncated


def test_control_characters_do_not_get_out() -> None:
    found = parse_report(report(record(header_from="exa\u202emple.com"), org_name="a\n\tb\u0085c\u200b"))
    assert found.rows[0].header_from.isprintable() and found.org_name.isprintable()


# -- hostile XML -------------------------------------------------------------------------------------------------------


def laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
    return f'<!DOCTYPE feedback [<!ENTITY l0 "ha">{entities}]><feedback>&l9;</feedback>'.encode()


@pytest.mark.parametrize(
    "document",
    [
        laughs(),
        b'<!DOCTYPE feedback SYSTEM "http://127.0.0.1/x.dtd"><feedback/>',
        b'<!DOCTYPE f [<!ENTITY x SYSTEM "file:///etc/passwd">]><feedback>&x;</feedback>',
        b"<feedback>&undefined;</feedback>",
        b"<feedback>" + b"<a>" * 100_000,
        b"<feedback>" + b"<a/>" * 100_000 + b"</feedback>",
        b"<feedback><report_metadata><org_name>" + b"x" * 2_000_000 + b"</org_name></report_metadata></feedback>",
        b"<feedback " + b" ".join(b'a%d="x"' % n for n in range(10_000)) + b"/>",
        b"<feedback><record>" + b"<row/>" * 1000 + b"</record></feedback>",
        b"",
        b"\x00",
        b"<" * 1_000_000,
    ],
)
def test_hostile_documents_are_refused_at_once(document: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(DmarcReportError):
        parse_report(document)
    assert time.process_time() - begun < 5


@pytest.mark.parametrize(
    "document",
    [
        b"<feedback " + b" ".join(b'a%d="x"' % n for n in range(100_000)) + b"/>",
        b'<feedback a="' + b"x" * 1_000_000 + b'"/>',
        b"<feedback><!--" + b"x" * 1_000_000 + b"--></feedback>",
    ],
    ids=["attributes", "attribute", "comment"],
)
def test_a_tag_is_not_read_to_its_end_however_long(document: bytes) -> None:
    """The parser holds up the whole process until it is through with one."""
    with pytest.raises(DmarcReportError, match="longer tags"):
        parse_report(document)


def test_a_million_records_are_read_no_further_than_they_are_kept() -> None:
    begun = time.process_time()
    found = parse_report(report("<record><row/></record>" * 500_000))
    assert found.rows == () and found.is_truncated
    assert time.process_time() - begun < 2


def test_a_document_full_of_space_costs_no_more_than_reading_it() -> None:
    padded = REPORT.replace(b"<record>", b"<record>" + b" \n" * 2_000_000, 1)
    assert parse_report(padded).messages == 12


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=300), st.integers(0, len(REPORT)), st.integers(0, 40))
def test_a_damaged_report_is_read_or_refused(noise: bytes, at: int, gone: int) -> None:
    try:
        found = parse_report(REPORT[:at] + noise + REPORT[at + gone :])
    except DmarcReportError:
        return
    assert found.domain and found.report_id


# -- files -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (REPORT, "text/xml"),
        (b"\xef\xbb\xbf" + REPORT, "application/octet-stream"),
        (gzip.compress(REPORT), "application/gzip"),
        (gzip.compress(REPORT), "text/plain"),
        (zipped(REPORT), "application/zip"),
        (zipped(REPORT, method=zipfile.ZIP_STORED), "application/x-zip-compressed"),
    ],
)
def test_attachments_are_unpacked_whatever_they_say_they_are(data: bytes, content_type: str) -> None:
    (document,) = xml_files(mail_with(data, content_type))
    assert parse_report(document).report_id == "2939"


def test_a_report_may_be_the_whole_mail() -> None:
    head = b"From: a@b.test\r\nContent-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    (document,) = xml_files(head + base64.encodebytes(gzip.compress(REPORT)).replace(b"\n", b"\r\n"))
    assert document == REPORT


def test_a_zip_written_as_a_stream_and_with_several_files() -> None:
    class Unseekable(io.BytesIO):
        def seekable(self) -> bool:
            return False

        def seek(self, *args: int) -> int:
            raise OSError

        def tell(self) -> int:
            raise OSError

    out = Unseekable()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("readme.txt", "not a report")
        archive.writestr("a.xml", REPORT)
        archive.writestr("b.xml", REPORT)
    assert list(xml_files(mail_with(out.getvalue()))) == [REPORT, REPORT]


def test_other_parts_are_no_reports() -> None:
    assert list(xml_files(mail_with(b"%PDF-1.7 nothing"))) == []
    assert list(xml_files(b"Subject: hi\r\n\r\nplain\r\n")) == []


def nested_bomb() -> bytes:
    return gzip.compress(b"<" + b"\0" * (MAX_UNPACKED + 1))


def many_files() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(MAX_FILES + 1):
            archive.writestr(f"{number}.xml", "<x/>")
    return out.getvalue()


def several_bombs() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(5):
            archive.writestr(f"{number}.xml", b"<" + b" " * (MAX_UNPACKED // 3))
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        nested_bomb(),
        zipped(b"<" + b"\0" * (MAX_UNPACKED + 1)),
        many_files(),
        several_bombs(),
        gzip.compress(REPORT)[:-20],
        b"\x1f\x8b" + b"junk" * 100,
        zipped(REPORT)[:60],
        b"PK\x03\x04" + b"\xff" * 200,
        zipped(REPORT, method=zipfile.ZIP_LZMA),
    ],
    ids=range(9),  # not the data: an archive holds the time at which it was made
)
def test_bombs_and_damage_are_refused_within_bounds(data: bytes) -> None:
    begun = time.process_time()
    with pytest.raises(UnpackError):
        list(xml_files(mail_with(data)))
    assert time.process_time() - begun < 5


def test_an_archive_that_lies_about_its_size_is_bounded_by_what_comes_out() -> None:
    data = bytearray(zipped(b"<" + b"a" * (MAX_UNPACKED + 10)))
    data[22:26] = (5).to_bytes(4, "little")  # the size that the header declares
    with pytest.raises(UnpackError):
        list(xml_files(mail_with(bytes(data))))


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([b"\x1f\x8b\x08", b"PK\x03\x04", b"<", b""]), st.binary(max_size=400))
def test_any_attachment_is_read_or_refused(magic: bytes, noise: bytes) -> None:
    try:
        documents = list(xml_files(mail_with(magic + noise)))
    except UnpackError:
        return
    assert all(isinstance(document, bytes) for document in documents)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, 400), st.integers(0, 255))
def test_a_zip_with_one_octet_changed_is_read_or_refused(at: int, octet: int) -> None:
    data = bytearray(zipped(REPORT))
    data[at % len(data)] = octet
    try:
        for document in xml_files(mail_with(bytes(data))):
            parse_report(document)
    except (UnpackError, DmarcReportError):
        pass


def test_zlib_alone_is_not_taken_for_gzip() -> None:
    assert list(xml_files(mail_with(zlib.compress(REPORT)))) == []
