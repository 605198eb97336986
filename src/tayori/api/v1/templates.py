"""Email templates."""

import contextlib
from collections.abc import Mapping

from tayori.api import template_work as work
from tayori.api.registry import Call, ComposeCall, Request, Response, operation
from tayori.model.errors import NotFound
from tayori.model.template import TemplateContent
from tayori.resources import templates


@operation("ses", "CreateTemplate", mode="compose")
async def create_template(call: ComposeCall, request: Request) -> Response:
    template = request["Template"]
    await work.put(call, template["TemplateName"], _content(template), templates.create)
    return {}


@operation("ses", "GetTemplate")
def get_template(call: Call, request: Request) -> Response:
    name = request["TemplateName"]
    content = templates.get(call.tx, call.account_id, call.region, name)
    members = {"SubjectPart": content.subject, "TextPart": content.text, "HtmlPart": content.html}
    return {"Template": {"TemplateName": name} | {member: value for member, value in members.items() if value}}


@operation("ses", "ListTemplates")
def list_templates(call: Call, request: Request) -> Response:
    """A page longer or shorter than any is the longest or shortest that there is (ses: probed)."""
    size = min(max(request.get("MaxItems", work.SHORTEST_PAGE), 1), work.LONGEST_PAGE)
    found, following = work.page(call, request.get("NextToken"), size)
    listed = [{"Name": one.name, "CreatedTimestamp": one.created_at} for one in found]
    return {"TemplatesMetadata": listed} | ({"NextToken": following} if following else {})


@operation("ses", "UpdateTemplate", mode="compose")
async def update_template(call: ComposeCall, request: Request) -> Response:
    template = request["Template"]
    await work.put(call, template["TemplateName"], _content(template), templates.update)
    return {}


@operation("ses", "DeleteTemplate")
def delete_template(call: Call, request: Request) -> Response:
    """v1 deletes what is not there without a word."""
    with contextlib.suppress(NotFound):
        templates.delete(call.tx, call.account_id, call.region, request["TemplateName"])
    return {}


@operation("ses", "TestRenderTemplate", mode="compose")
async def test_render_template(call: ComposeCall, request: Request) -> Response:
    return {"RenderedTemplate": await work.tried_out(call, request["TemplateName"], request["TemplateData"])}


def _content(template: Mapping[str, str]) -> TemplateContent:
    return TemplateContent(
        subject=template.get("SubjectPart", ""),
        text=template.get("TextPart", ""),
        html=template.get("HtmlPart", ""),
    )
