"""The forms in which the document is handed over.

Owns their names, and one way from a plan to the bytes of a file.
"""

import json
from enum import StrEnum

from tayori.dossier import html_page, markdown_text, pdf, workbook
from tayori.dossier.content import compose
from tayori.dossier.request import Request
from tayori.model.domain_plan import DomainPlan


class Form(StrEnum):
    """The value is also the end of a file's name."""

    HTML = "html"
    PDF = "pdf"
    MARKDOWN = "md"
    WORKBOOK = "xlsx"
    JSON = "json"

    @property
    def is_text(self) -> bool:
        return self not in (Form.PDF, Form.WORKBOOK)


_MEDIA_TYPES = {
    Form.HTML: "text/html; charset=utf-8",
    Form.PDF: "application/pdf",
    Form.MARKDOWN: "text/markdown; charset=utf-8",
    Form.WORKBOOK: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.JSON: "application/json",
}


def media_type(form: Form) -> str:
    return _MEDIA_TYPES[form]


def file_name(plan: DomainPlan, request: Request, form: Form) -> str:
    return f"{plan.domain}-dns-{request.language}.{form}"


def content_security_policy(form: Form) -> str:
    return html_page.content_security_policy() if form is Form.HTML else "default-src 'none'"


def render(plan: DomainPlan, request: Request, form: Form) -> bytes:
    """The file. Raises UnknownPanel, and PdfNotInstalled where a PDF cannot be made."""
    document = compose(plan, request)
    match form:
        case Form.HTML:
            return html_page.render(document).encode()
        case Form.PDF:
            return pdf.render(document, plan.made_at)
        case Form.MARKDOWN:
            return markdown_text.render(document).encode()
        case Form.WORKBOOK:
            return workbook.render(document)
        case Form.JSON:
            return (json.dumps(document.as_json(), indent=2, ensure_ascii=False) + "\n").encode()
