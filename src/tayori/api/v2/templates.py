"""Email templates."""

from collections.abc import Mapping

from tayori.api import template_work as work
from tayori.api.registry import Call, ComposeCall, Request, Response, operation
from tayori.model.errors import Invalid
from tayori.model.template import TemplateContent
from tayori.resources import tags, templates


@operation("sesv2", "CreateEmailTemplate", mode="compose")
async def create_email_template(call: ComposeCall, request: Request) -> Response:
    content = content_of(request["TemplateContent"])
    await work.put(call, request["TemplateName"], content, templates.create, request.get("Tags", ()))
    return {}


@operation("sesv2", "GetEmailTemplate")
def get_email_template(call: Call, request: Request) -> Response:
    own = call.tx, call.account_id, call.region
    name = request["TemplateName"]
    content = templates.get(*own, name)
    labels = tags.get(*own, templates.resource_of(name))
    return {
        "TemplateName": name,
        "TemplateContent": shown(content),
        "Tags": [{"Key": key, "Value": value} for key, value in labels.items()],
    }


@operation("sesv2", "ListEmailTemplates")
def list_email_templates(call: Call, request: Request) -> Response:
    size, most = request.get("PageSize", work.SHORTEST_PAGE), work.LONGEST_PAGE
    if not 1 <= size <= most:
        raise Invalid(f"Value {size} for parameter PageSize is invalid. PageSize must be between 1 and {most}.")
    found, following = work.page(call, request.get("NextToken"), size)
    listed = [{"TemplateName": one.name, "CreatedTimestamp": one.created_at} for one in found]
    return {"TemplatesMetadata": listed} | ({"NextToken": following} if following else {})


@operation("sesv2", "UpdateEmailTemplate", mode="compose")
async def update_email_template(call: ComposeCall, request: Request) -> Response:
    await work.put(call, request["TemplateName"], content_of(request["TemplateContent"]), templates.update)
    return {}


@operation("sesv2", "DeleteEmailTemplate")
def delete_email_template(call: Call, request: Request) -> Response:
    templates.delete(call.tx, call.account_id, call.region, request["TemplateName"])
    return {}


@operation("sesv2", "TestRenderEmailTemplate", mode="compose")
async def test_render_email_template(call: ComposeCall, request: Request) -> Response:
    return {"RenderedTemplate": await work.tried_out(call, request["TemplateName"], request["TemplateData"])}


def content_of(content: Mapping[str, str]) -> TemplateContent:
    return TemplateContent(
        subject=content.get("Subject", ""), text=content.get("Text", ""), html=content.get("Html", "")
    )


def shown(content: TemplateContent) -> Mapping[str, str]:
    members = {"Subject": content.subject, "Text": content.text, "Html": content.html}
    return {member: value for member, value in members.items() if value}
