"""The hand-over document over HTTP: `…/dossier?lang=ja&format=pdf`, for the account and behind a shared link.

Owns the reading of the query and the headers of the answer. A document is made in a thread, and one at a time: a PDF
takes the better part of a second, and whoever holds a link may ask as often as he likes.
"""

import asyncio
from collections.abc import Mapping
from datetime import date

from tayori.aws.http import HttpResponse
from tayori.dossier import forms
from tayori.dossier.catalogue import LANGUAGES
from tayori.dossier.forms import Form
from tayori.dossier.pdf import PdfNotInstalled
from tayori.dossier.request import Request, UnknownPanel
from tayori.model.domain_plan import DomainPlan
from tayori.model.errors import Invalid, NotOffered

_MOST = 200  # characters of a name
_WAITING = 4


class Busy(Exception):
    """So many documents are being made that this one must wait."""


class DossierPress:
    """Makes documents."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._waiting = 0

    async def answer(self, plan: DomainPlan, query: Mapping[str, str]) -> HttpResponse:
        """Raises Busy, and Invalid or NotOffered with a sentence."""
        request, form = _request(plan, query), _form(query)
        if self._waiting >= _WAITING:
            raise Busy
        self._waiting += 1
        try:
            async with self._lock:
                body = await asyncio.to_thread(forms.render, plan, request, form)
        except UnknownPanel as error:
            raise Invalid(str(error)) from error
        except PdfNotInstalled as error:
            raise NotOffered(str(error)) from error
        finally:
            self._waiting -= 1
        return HttpResponse(status=200, headers=_headers(plan, request, form), body=body)


def links(path: str, lang: str) -> list[tuple[str, str]]:
    """Name and address of the document in each form that a person reads."""
    shown = (Form.HTML, Form.PDF, Form.WORKBOOK)
    return [(form.value.upper(), f"{path}/dossier?lang={lang}&format={form}") for form in shown]


def _request(plan: DomainPlan, query: Mapping[str, str]) -> Request:
    language = query.get("lang", "en")
    if language not in LANGUAGES:
        raise Invalid(f"lang must be one of {', '.join(LANGUAGES)}.")
    names = {name: query.get(name, "")[:_MOST] for name in ("requester", "contact", "recipient")}
    return Request(
        language=language,
        today=plan.made_at.astimezone().date(),
        start=_start(query.get("start-date")),
        panel=query.get("panel"),
        **names,
    )


def _start(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise Invalid("start-date must be a date such as 2027-01-31.") from error
    if not 2000 <= found.year <= 9000:  # the dates that follow from it must be dates, too
        raise Invalid("start-date is out of range.")
    return found


def _form(query: Mapping[str, str]) -> Form:
    wanted = query.get("format", Form.HTML)
    if wanted not in list(Form):
        raise Invalid(f"format must be one of {', '.join(Form)}.")
    return Form(wanted)


def _headers(plan: DomainPlan, request: Request, form: Form) -> tuple[tuple[str, str], ...]:
    shown = "inline" if form in (Form.HTML, Form.PDF) else "attachment"
    return (
        ("content-type", forms.media_type(form)),
        ("content-language", request.language),
        ("content-disposition", f'{shown}; filename="{forms.file_name(plan, request, form)}"'),
        ("content-security-policy", f"{forms.content_security_policy(form)}; frame-ancestors 'none'"),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
    )
