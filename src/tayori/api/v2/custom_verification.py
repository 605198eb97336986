"""Verification mails in a customer's own words: their templates, and sending them."""

from tayori.api import custom_verification_work as work
from tayori.api import listing
from tayori.api.registry import Call, ComposeCall, Request, Response, operation
from tayori.model.custom_verification import MAX_TEMPLATES, Template
from tayori.model.errors import Invalid, Kind
from tayori.resources import custom_verification, tags


@operation("sesv2", "CreateCustomVerificationEmailTemplate")
def create_custom_verification_email_template(call: Call, request: Request) -> Response:
    template = work.template_of(request)
    custom_verification.create(call.tx, call.account_id, call.region, template, request.get("Tags", ()))
    return {}


@operation("sesv2", "GetCustomVerificationEmailTemplate")
def get_custom_verification_email_template(call: Call, request: Request) -> Response:
    template = custom_verification.get(call.tx, call.account_id, call.region, request["TemplateName"])
    resource = f"{Kind.CUSTOM_VERIFICATION_TEMPLATE}/{template.name}"
    labels = tags.get(call.tx, call.account_id, call.region, resource)
    return work.shown(template) | {"Tags": [{"Key": key, "Value": value} for key, value in labels.items()]}


@operation("sesv2", "ListCustomVerificationEmailTemplates")
def list_custom_verification_email_templates(call: Call, request: Request) -> Response:
    size = request.get("PageSize", MAX_TEMPLATES)
    if not 1 <= size <= MAX_TEMPLATES:
        raise Invalid(
            f"Value {size} for parameter PageSize is invalid. PageSize must be between 1 and {MAX_TEMPLATES}."
        )

    def fetch(after: str, limit: int) -> list[Template]:
        return custom_verification.page(call.tx, call.account_id, call.region, after=after, limit=limit)

    kind = Kind.CUSTOM_VERIFICATION_TEMPLATE
    found, following = listing.page(call, kind, request.get("NextToken"), size, fetch, lambda template: template.name)
    answer = {"CustomVerificationEmailTemplates": [work.listed(template) for template in found]}
    return answer | ({"NextToken": following} if following else {})


@operation("sesv2", "UpdateCustomVerificationEmailTemplate")
def update_custom_verification_email_template(call: Call, request: Request) -> Response:
    changes = work.changes_of(request)
    custom_verification.update(call.tx, call.account_id, call.region, request["TemplateName"], changes)
    return {}


@operation("sesv2", "DeleteCustomVerificationEmailTemplate")
def delete_custom_verification_email_template(call: Call, request: Request) -> Response:
    custom_verification.delete(call.tx, call.account_id, call.region, request["TemplateName"])
    return {}


@operation("sesv2", "SendCustomVerificationEmail", mode="compose")
async def send_custom_verification_email(call: ComposeCall, request: Request) -> Response:
    return await work.send(call, request)
