"""The forms: HTML, PDF, Markdown, XLSX; and that what people write is data in each of them."""

import base64
import ctypes
import hashlib
import io
import json
import os
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from html.parser import HTMLParser

import openpyxl
import pypdfium2
import pypdfium2.raw as pdfium
import pytest
from dossier_plans import DOMAIN, RECORDS, plan, record, request, seen

from tayori.dossier import figures, forms
from tayori.dossier.catalogue import Texts
from tayori.dossier.drawing import Drawing, broken, width_of
from tayori.dossier.forms import Form, render
from tayori.dossier.request import Request
from tayori.model.domain_plan import Change, DomainPlan
from tayori.model.proof import Purpose

HOSTILE = '<script>alert(1)</script> | `x` **b** #set page(width: 1pt) $x$ \\ "q" @a <b>'
FORMULA = '=HYPERLINK("https://example.com")'


def _hostile(language: str = "en") -> Request:
    return Request(language=language, requester=HOSTILE, contact=HOSTILE, recipient=HOSTILE)


def _with_values(*values: str) -> DomainPlan:
    names = (f"_x{number}.{DOMAIN}" for number in range(len(values)))
    return plan(*(record(Purpose.OWNERSHIP, name, "TXT", value) for name, value in zip(names, values, strict=True)))


# -- HTML ------------------------------------------------------------------------------------------------------------

_VOID = {"meta", "col", "wbr", "br", "link"}


class _Strict(HTMLParser):
    """Fails where tags do not match; collects them, and every attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.attributes: dict[str, list[str]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        for name, value in attrs:
            self.attributes.setdefault(name, []).append(value or "")
        if tag not in _VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_stands_alone_and_runs_nothing(language: str) -> None:
    text = render(plan(), _hostile(language), Form.HTML).decode()
    page = _Strict()
    page.feed(text)
    assert not page.open
    assert not page.tags & {"script", "iframe", "object", "embed", "img", "form", "input", "link", "base", "b"}
    assert not any(name.startswith("on") or name in ("src", "style") for name in page.attributes)
    assert all(link.startswith("#") for link in page.attributes["href"])
    assert len(page.attributes["id"]) == len(set(page.attributes["id"]))
    assert page.attributes["lang"] == [language]
    assert set(page.attributes["href"]) <= {f"#{anchor}" for anchor in page.attributes["id"]}
    assert HOSTILE in seen(text)


def test_the_style_is_the_one_that_the_policy_names() -> None:
    text = render(plan(), request(), Form.HTML).decode()
    style = re.search(r"<style>(.*?)</style>", text, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    policy = forms.content_security_policy(Form.HTML)
    assert f"'sha256-{digest}'" in policy
    assert f'content="{policy.replace(chr(39), "&#39;")}"' in text
    assert "unsafe" not in policy


# -- figures ---------------------------------------------------------------------------------------------------------


def _drawn(language: str, domain: str) -> Iterator[tuple[str, str]]:
    texts = Texts(language)
    name = f"bounce.{domain}"
    for figure in (
        figures.overview(texts, domain),
        figures.dkim(texts, domain, "a" * 32, is_pointer=True),
        figures.dkim(texts, domain, "own", is_pointer=False),
        figures.mail_from(texts, domain, name),
        figures.dmarc(texts, domain, name),
        figures.ownership(texts, domain),
    ):
        yield figure.name, figure.svg


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("domain", ["example.co.jp", "newsletter.customers.a-rather-long-company-name.example.co.jp"])
def test_every_figure_is_well_formed_and_its_words_are_on_the_sheet(language: str, domain: str) -> None:
    for name, svg in _drawn(language, domain):
        root = ElementTree.fromstring(svg)
        height = float(root.attrib["viewBox"].split()[3])
        for text in root.iter("{http://www.w3.org/2000/svg}text"):
            size = float(text.attrib["font-size"])
            wide = width_of(text.text or "", size, mono="Mono" in text.attrib["font-family"].split(",")[0])
            left = float(text.attrib["x"]) - {"middle": wide / 2, "end": wide, "start": 0}[text.attrib["text-anchor"]]
            assert left >= -1 and left + wide <= Drawing.WIDTH + 1, (name, text.text)
            assert 0 < float(text.attrib["y"]) <= height, (name, text.text)


def test_words_in_figures_are_escaped() -> None:
    on = Drawing("x", 100)
    on.box(0, 0, 200, 50, "<b>&", '`"<x>')
    assert ElementTree.fromstring(on.svg("<i>")) is not None


def test_lines_are_broken_evenly_and_lose_nothing() -> None:
    assert broken("迷惑メール・受信拒否", 91, 13) == ["迷惑メール・", "受信拒否"]
    assert broken("Receiver's mail server", 137, 13) == ["Receiver's", "mail server"]
    assert broken("a" * 18, 20, 13) == ["a" * 18]  # a word is never broken, a key or a long name is
    assert broken("mail.customers.example.jp", 90, 13) == ["mail", ".customers", ".example.jp"]
    assert "".join(broken("x" * 50, 80, 13)) == "x" * 50
    assert broken("", 20, 13) == []


# -- PDF -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def japanese() -> Iterator[pypdfium2.PdfDocument]:
    document = pypdfium2.PdfDocument(render(plan(), request("ja"), Form.PDF))
    yield document
    document.close()


def _texts(document: pypdfium2.PdfDocument) -> list[str]:
    return [page.get_textpage().get_text_range() for page in document]


def test_the_pdf_has_the_words_of_the_document(japanese: pypdfium2.PdfDocument) -> None:
    pages = _texts(japanese)
    assert 8 <= len(pages) <= 16
    assert "DNSレコード登録のご依頼" in pages[0].replace(" ", "")
    assert "㈱髙﨑商店第①営業企画部" in pages[0].replace(" ", "")
    assert all(f"{number} / {len(pages)}" in text for number, text in enumerate(pages, start=1))
    assert japanese.get_metadata_value("Title") == f"{DOMAIN} の DNSレコード登録について"


def test_a_value_can_be_copied_from_the_pdf(japanese: pypdfium2.PdfDocument) -> None:
    """Nothing invisible is in it; where a line ends within it, the reader sees that."""
    whole = "\n".join(_texts(japanese))
    for wanted in RECORDS:
        assert wanted.own in whole or wanted.own.partition(" ")[2] in whole or "spf" in wanted.own
    assert "\u200b" not in whole


def test_fonts_are_embedded(japanese: pypdfium2.PdfDocument) -> None:
    names = set()
    for page in japanese:
        for shape in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT], max_depth=4):
            font = pdfium.FPDFTextObj_GetFont(shape)
            assert pdfium.FPDFFont_GetIsEmbedded(font) == 1
            size = pdfium.FPDFFont_GetBaseFontName(font, None, 0)
            buffer = ctypes.create_string_buffer(size)
            pdfium.FPDFFont_GetBaseFontName(font, buffer, size)
            names.add(buffer.value.decode())
    assert {name.partition("+")[2] or name for name in names} >= {"NotoSansCJKjp-Regular", "NotoSansCJKjp-Bold"}


def test_signs_of_names_are_drawn_and_not_boxes() -> None:
    """Each is compared with the box that stands for a sign that no font has."""
    signs = "髙﨑①㈱彅鷗"
    missing = "\ue000"
    people = Request(language="ja", requester="x", contact="y", recipient=" ".join(signs + missing))
    with pypdfium2.PdfDocument(render(plan(), people, Form.PDF)) as document:
        page = document[0]
        text = page.get_textpage()
        content = text.get_text_range()
        pictures = {sign: _picture(page, text.get_charbox(content.index(sign))) for sign in signs}
    assert len(set(pictures.values())) == len(signs)
    assert all(len(set(picture)) > 8 for picture in pictures.values())


def _picture(page: pypdfium2.PdfPage, box: tuple[float, float, float, float]) -> bytes:
    left, bottom, right, top = box
    width, height = page.get_size()
    crop = (left, bottom, max(0, width - right), max(0, height - top))
    bitmap = page.render(scale=6, crop=crop, grayscale=True)
    return bytes(bitmap.buffer)


def test_people_cannot_write_typst() -> None:
    with pypdfium2.PdfDocument(render(plan(), _hostile(), Form.PDF)) as document:
        page = document[0]
        assert [round(side) for side in page.get_size()] == [595, 842]  # A4 still
        assert "#set page(width: 1pt) $x$" in " ".join(page.get_textpage().get_text_range().split())


def test_without_the_typesetter_it_is_said_how_to_get_it() -> None:
    """In a process of its own, which cannot import it."""
    blocked = "import sys; sys.modules['typst'] = None"
    code = f"{blocked}; import dossier_plans as d; d.render(d.plan(), d.request('ja'), d.Form.PDF)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert done.stderr.splitlines()[-1].endswith(Texts("ja")("error.pdf"))


def test_the_same_plan_is_the_same_pdf() -> None:
    assert render(plan(), request(), Form.PDF) == render(plan(), request(), Form.PDF)


# -- Markdown --------------------------------------------------------------------------------------------------------


def test_every_row_of_a_markdown_table_has_its_columns() -> None:
    text = render(_with_values("a|b", "`", "``x``", HOSTILE, "", " "), _hostile(), Form.MARKDOWN).decode()
    columns = 0
    for line in text.splitlines():
        if not line.startswith("|"):
            columns = 0
            continue
        cells = len(re.findall(r"(?<!\\)\|", line)) - 1
        columns = columns or cells
        assert cells == columns, line


def test_markdown_has_no_markup_of_strangers() -> None:
    text = render(plan(), _hostile(), Form.MARKDOWN).decode()
    assert "<script>" not in text
    assert "\\<script\\>alert(1)" in text


# -- XLSX ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_workbook_has_records_schedule_and_checks(language: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(render(plan(), request(language), Form.WORKBOOK)))
    texts = Texts(language)
    assert book.sheetnames == [texts("sheet.records"), texts("sheet.schedule"), texts("sheet.checks")]
    records = book[texts("sheet.records")]
    assert records.max_row == len(RECORDS) + 1
    assert [records.cell(number + 2, 6).value for number in range(len(RECORDS))] == [one.name for one in RECORDS]


def test_every_cell_is_text_whatever_it_looks_like() -> None:
    values = (FORMULA, "+1", "-all", "@x", "12345678901234567890", "https://example.com/", '"quoted"', "v=spf1 -all")
    book = openpyxl.load_workbook(io.BytesIO(render(_with_values(*values), _hostile(), Form.WORKBOOK)))
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert not any(cell.hyperlink for cell in cells)
    assert set(values) <= {cell.value for cell in cells}


def test_the_same_plan_is_the_same_workbook() -> None:
    assert render(plan(), request(), Form.WORKBOOK) == render(plan(), request(), Form.WORKBOOK)


# -- hostile zones ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", list(Form))
def test_whatever_a_zone_holds_the_document_is_made_and_stays_short(form: Form) -> None:
    own = "v=spf1 include:spf.mail.example.net ~all"
    unprintable = "\x00\x01\x1b[31m\x7f\x85\xff\n\r\x0b"
    rubbish = (unprintable, "x" * 60_000, "\u202e", *(f"v{number}" for number in range(10_000)))
    full = record(
        Purpose.MAIL_FROM_SPF,
        f"bounce.{DOMAIN}",
        "TXT",
        own,
        present=rubbish,
        wanted=(*rubbish, own),
        change=Change.MERGE,
    )
    people = Request(language="en", requester="a\udcff\x00b", contact="\u202ec", recipient="d")
    made = render(plan(full), people, form)
    assert len(made) < 400_000
    if form.is_text:
        text = seen(made.decode()) if form is Form.HTML else made.decode()
        assert own in text
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text)
        if form is not Form.JSON:
            assert "and 9983 more" in text


# -- JSON, names -----------------------------------------------------------------------------------------------------


def test_the_content_can_be_had_as_json() -> None:
    value = json.loads(render(plan(), request("ja"), Form.JSON))
    assert value["language"] == "ja"
    assert {"Heading", "Paragraph", "Bullets", "Table", "Code", "Figure"} <= {one["block"] for one in value["blocks"]}


def test_a_file_is_named_for_its_domain_language_and_form() -> None:
    assert forms.file_name(plan(), request("ja"), Form.PDF) == "example.co.jp-dns-ja.pdf"
    assert [form for form in Form if not form.is_text] == [Form.PDF, Form.WORKBOOK]
    assert all(forms.media_type(form) for form in Form)
