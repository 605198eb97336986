"""The document's tables as an XLSX workbook.

Owns the form of the cells: every one is text. A value such as "=1+1" or "-all" is shown, never calculated, and no web
address becomes a link.
"""

import io
from datetime import UTC, datetime

import xlsxwriter

from tayori.dossier.blocks import Document, Sheet

_FONT = "Meiryo"  # the spreadsheet takes its own where it is missing
_SHEET_NAME = 31  # characters, the format's own limit
_CELL = 32_767
# ZIP holds times; one that never changes makes the same document the same bytes.
_MADE = datetime(2000, 1, 1, tzinfo=UTC).replace(tzinfo=None)


def render(document: Document) -> bytes:
    target = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(target, options)
    book.set_properties({"title": document.title, "created": _MADE})
    for sheet in document.sheets:
        _write(book, sheet, document)
    book.close()
    return target.getvalue()


def _write(book: xlsxwriter.Workbook, sheet: Sheet, document: Document) -> None:
    head = book.add_format(
        {"bold": True, "font_name": _FONT, "font_color": "#FFFFFF", "bg_color": "#1F3F66", "border": 1, "valign": "top"}
    )
    # "@" is the format Text: what is typed into the cell later stays text, too.
    body = book.add_format({"num_format": "@", "font_name": _FONT, "border": 1, "valign": "top", "text_wrap": True})
    page = book.add_worksheet(sheet.title[:_SHEET_NAME])
    page.set_landscape()
    page.set_paper(9)  # A4
    page.fit_to_pages(1, 0)
    page.freeze_panes(1, 0)
    page.repeat_rows(0)
    page.set_footer("&C&P / &N")
    for column, width in enumerate(sheet.widths):
        page.set_column(column, column, width)
    for column, name in enumerate(sheet.head):
        page.write_string(0, column, name, head)
    for number, row in enumerate(sheet.rows, start=1):
        for column, text in enumerate(row):
            page.write_string(number, column, text[:_CELL], body)
