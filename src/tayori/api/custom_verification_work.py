"""What v1 and v2 do alike with custom verification templates: their members, and the mail that is made of one."""

from collections.abc import Mapping
from typing import Any

from tayori import ids
from tayori.api.identity_work import tell_of_new
from tayori.api.registry import ComposeCall, Request, Response
from tayori.api.sending import handed, send_simple
from tayori.api.tools import VERIFY_PATH, Tools
from tayori.mail.address import AddrSpec, Mailbox
from tayori.mail.compose import Body, Content, SimpleContent
from tayori.model import custom_verification as rules
from tayori.model.custom_verification import Template
from tayori.model.message import Operation
from tayori.resources import custom_verification
from tayori.resources.custom_verification import Begun

_MEMBERS = {
    "FromEmailAddress": "from_address",
    "TemplateSubject": "subject",
    "TemplateContent": "content",
    "SuccessRedirectionURL": "success_url",
    "FailureRedirectionURL": "failure_url",
}


def template_of(request: Request) -> Template:
    return Template(name=request["TemplateName"], **changes_of(request))


def changes_of(request: Request) -> dict[str, str]:
    """The members that a request gives."""
    return {field: request[member] for member, field in _MEMBERS.items() if member in request}


def shown(template: Template) -> dict[str, Any]:
    """A template as Get shows it."""
    return {"TemplateName": template.name} | {member: getattr(template, field) for member, field in _MEMBERS.items()}


def listed(template: Template) -> Mapping[str, Any]:
    """A template as List shows it: without its content."""
    return {member: value for member, value in shown(template).items() if member != "TemplateContent"}


async def send(call: ComposeCall, request: Request) -> Response:
    """Begin a verification, and send its mail as the account's own: it counts, and is signed as all its mail is."""
    address = rules.recipient_of(request["EmailAddress"])
    token = ids.url_token()
    begun: Begun = await call.store.write(
        custom_verification.begin, call.account_id, call.region, address, request["TemplateName"], token
    )
    await tell_of_new(call, str(address))
    return {"MessageId": await _send(call, request, begun, address)}


async def _send(call: ComposeCall, request: Request, begun: Begun, address: AddrSpec) -> str:
    tools: Tools = call.tools
    link = f"{tools.public_url}{VERIFY_PATH}/{begun.mail.token}"
    concerns = f"postmaster@{call.names.service_domain}"
    template = begun.template
    content = SimpleContent(
        sender=Mailbox("", rules.sender_of(template.from_address)),
        to=[Mailbox("", address)],
        subject=Content(data=template.subject),
        body=Body(
            text=Content(data=rules.text_of(link, concerns)),
            html=Content(data=rules.html_of(template.content, link, concerns)),
        ),
        headers=(("Auto-Submitted", "auto-generated"),),  # RFC 3834 5: nobody's out-of-office shall answer
    )
    facts = handed(
        call,
        Operation.CUSTOM_VERIFICATION,
        source=template.from_address,
        destinations=[str(address)],
        configuration_set=request.get("ConfigurationSetName"),
    )
    return await send_simple(call, content, facts)
