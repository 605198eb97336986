"""`tayori dns dossier`: the document to hand to the administrator of a domain's DNS.

Owns the options. What stands in the document is `dossier`'s.
"""

import argparse
from datetime import date

from tayori.cli.command import CommandFailed, Context, shared_options
from tayori.cli.domains import domain_of, identity_of
from tayori.cli.lookup import resolver_of
from tayori.cli.plans import plan_of
from tayori.cli.service import endpoints_of, visit
from tayori.dossier.forms import Form, render
from tayori.dossier.panels import panels
from tayori.dossier.pdf import PdfNotInstalled
from tayori.dossier.request import Request
from tayori.model.domain_plan import DomainPlan
from tayori.store.engine import Store

_ENDINGS = {f".{form}": form for form in Form}


def add_verb(verbs: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    verb = verbs.add_parser(
        "dossier", help="the document to hand to the domain's administrators", parents=[shared_options()]
    )
    verb.add_argument("domain", metavar="DOMAIN", help="a domain that was created as an identity")
    verb.add_argument("--account", metavar="ID", help="the account whose identity it is (default: the first)")
    verb.add_argument(
        "--format",
        choices=[str(form) for form in Form],
        default=None,
        help="the form (default: by the end of --output's name, else md; with --json: json)",
    )
    verb.add_argument("--panel", choices=list(panels()), default=None, help="the DNS service that the domain is at")
    verb.add_argument(
        "--start-date",
        type=_date,
        metavar="YYYY-MM-DD",
        help="the day on which work starts (default: in a week)",
    )
    verb.add_argument("--requester", metavar="NAME", default="", help="who asks: company and department")
    verb.add_argument("--contact", metavar="TEXT", default="", help="whom to ask: name, mail, telephone")
    verb.add_argument("--recipient", metavar="NAME", default="", help="whom the document is addressed to")
    verb.set_defaults(action=_dossier)


def _date(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is not a date such as 2027-01-31") from error
    if not 2000 <= found.year <= 9000:  # the dates that follow from it must be dates, too
        raise argparse.ArgumentTypeError(f"{text} is out of range")
    return found


def _dossier(context: Context, options: argparse.Namespace) -> int:
    service = endpoints_of(context)
    domain = domain_of(options.domain)

    async def look(store: Store) -> DomainPlan:
        identity = await store.read(identity_of, options.account, service.region, domain)
        async with resolver_of(service) as resolver:
            return await plan_of(service, store, identity, resolver)

    plan = visit(service, look)
    request = Request(
        language=context.words.language,
        requester=options.requester,
        contact=options.contact,
        recipient=options.recipient,
        today=plan.made_at.astimezone().date(),
        start=options.start_date,
        panel=options.panel,
    )
    form = _form(context, options.format)
    try:
        made = render(plan, request, form)
    except PdfNotInstalled as error:
        raise CommandFailed(str(error)) from error
    if form.is_text:
        context.output.write(made.decode())
    else:
        context.output.write_bytes(made)
    return 0


def _form(context: Context, wanted: str | None) -> Form:
    if wanted is not None:
        return Form(wanted)
    if context.output.as_json:
        return Form.JSON
    file = context.output.file
    return Form.MARKDOWN if file is None else _ENDINGS.get(file.suffix.lower(), Form.MARKDOWN)
