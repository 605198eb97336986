"""Verification mails in a customer's own words: their templates, and sending them."""

import contextlib
from collections.abc import Iterator

from tayori.api import custom_verification_work as work
from tayori.api import listing
from tayori.api.registry import Call, ComposeCall, Request, Response, operation
from tayori.model.custom_verification import MAX_TEMPLATES, Template
from tayori.model.errors import Kind, NotFound
from tayori.resources import custom_verification


@contextlib.contextmanager
def _in_words_of_v1(request: Request) -> Iterator[None]:
    """v1 calls the same template by another name (ses: probed)."""
    try:
        yield
    except NotFound as error:
        if error.kind is not Kind.CUSTOM_VERIFICATION_TEMPLATE:
            raise
        raise NotFound(f"Template {request['TemplateName']} does not exist", error.kind) from error


@operation("ses", "CreateCustomVerificationEmailTemplate")
def create_custom_verification_email_template(call: Call, request: Request) -> Response:
    custom_verification.create(call.tx, call.account_id, call.region, work.template_of(request))
    return {}


@operation("ses", "GetCustomVerificationEmailTemplate")
def get_custom_verification_email_template(call: Call, request: Request) -> Response:
    with _in_words_of_v1(request):
        return work.shown(custom_verification.get(call.tx, call.account_id, call.region, request["TemplateName"]))


@operation("ses", "ListCustomVerificationEmailTemplates")
def list_custom_verification_email_templates(call: Call, request: Request) -> Response:
    def fetch(after: str, limit: int) -> list[Template]:
        return custom_verification.page(call.tx, call.account_id, call.region, after=after, limit=limit)

    size = request.get("MaxResults", MAX_TEMPLATES)
    kind = Kind.CUSTOM_VERIFICATION_TEMPLATE
    found, following = listing.page(call, kind, request.get("NextToken"), size, fetch, lambda template: template.name)
    answer = {"CustomVerificationEmailTemplates": [work.listed(template) for template in found]}
    return answer | ({"NextToken": following} if following else {})


@operation("ses", "UpdateCustomVerificationEmailTemplate")
def update_custom_verification_email_template(call: Call, request: Request) -> Response:
    with _in_words_of_v1(request):
        changes = work.changes_of(request)
        custom_verification.update(call.tx, call.account_id, call.region, request["TemplateName"], changes)
    return {}


@operation("ses", "DeleteCustomVerificationEmailTemplate")
def delete_custom_verification_email_template(call: Call, request: Request) -> Response:
    """v1 deletes what is not there without a word."""
    with contextlib.suppress(NotFound):
        custom_verification.delete(call.tx, call.account_id, call.region, request["TemplateName"])
    return {}


@operation("ses", "SendCustomVerificationEmail", mode="compose")
async def send_custom_verification_email(call: ComposeCall, request: Request) -> Response:
    with _in_words_of_v1(request):
        return await work.send(call, request)
