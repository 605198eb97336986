"""Botocore's protocol vectors, both ways: its requests are understood, and its parser understands our responses."""

from typing import Any
from xml.etree import ElementTree

import pytest
from botocore.awsrequest import HeadersDict
from botocore.model import OperationModel, ServiceModel
from botocore.parsers import create_parser
from protocol_vectors import Case, as_handlers_see, cases, comparable

from tayori.aws import query, rest_json
from tayori.aws.errors import ApiError
from tayori.aws.http import Headers, HttpRequest, HttpResponse

# Requests that a server cannot turn back into what the client was given: why, and what it reads instead.
NOTHING_SENT = "the client leaves out nulls and what is empty, so nothing tells a server that they were there"
ALL_PAIRS = "Smithy's servers put every pair of the query string into the map; the client's map held only its own"
TOKEN = "the client makes up the idempotency token that it was not given"
INPUT_DIFFERENCES: dict[str, tuple[str, dict[str, Any]]] = {
    "RestJsonHttpPrefixHeadersAreNotPresent": (NOTHING_SENT, {"foo": "Foo"}),
    "RestJsonNullAndEmptyHeaders": (NOTHING_SENT, {"b": "", "c": []}),
    "RestJsonOmitsNullQuery": (NOTHING_SENT, {}),
    "RestJsonOmitsEmptyListQueryValues": (NOTHING_SENT, {}),
    "RestJsonDoesntSerializeNullStructureValues": (NOTHING_SENT, {}),
    "QueryEmptyQueryMaps": (NOTHING_SENT, {}),
    "RestJsonQueryIdempotencyTokenAutoFill": (TOKEN, {"token": "00000000-0000-4000-8000-000000000000"}),
    "QueryProtocolIdempotencyTokenAutoFill": (TOKEN, {"token": "00000000-0000-4000-8000-000000000000"}),
    "RestJsonQueryParamsStringListMap": (
        ALL_PAIRS,
        {"qux": "named", "foo": {"corge": ["named"], "baz": ["bar", "qux"]}},
    ),
    "RestJsonQueryPrecedence": (ALL_PAIRS, {"foo": "named", "baz": {"bar": "named", "qux": "alsoFromMap"}}),
}
# Cases about compression at the client, which give no body that a server could read.
WITHOUT_BODY = {
    "SDKAppliedContentEncoding_awsQuery",
    "SDKAppendsGzipAndIgnoresHttpProvidedEncoding_awsQuery",
    "SDKAppliedContentEncoding_restJson1",
    "SDKAppendedGzipAfterProvidedEncoding_restJson1",
}

# Responses that botocore's own parser reads wrongly (it skips nearly all of these cases in its own tests); these are
# held against the vector's response instead, which is stricter.
BY_THE_VECTOR = {
    "RestJsonHttpPayloadTraitsWithBlob": "botocore gives text where the payload is a blob",
    "RestJsonHttpPayloadTraitsWithNoBlobBody": "botocore gives an empty payload where there is none",
    "RestJsonHttpPayloadWithUnsetUnion": "botocore wants a member of the union in an empty body",
    "HttpPrefixHeadersResponse": "an empty prefix catches the headers that every response has",
    "RestJsonInputAndOutputWithQuotedStringHeaders": "botocore does not read quoted items of a header",
    "RestJsonInputAndOutputWithTimestampHeaders": "botocore splits dates of HTTP at their commas",
    "QueryXmlLists": "botocore looks for a flattened list under its member's name",
}


def request_of(case: Case) -> HttpRequest:
    serialized = case.case["serialized"]
    path, _, query_string = serialized["uri"].partition("?")
    return HttpRequest(
        method=serialized.get("method", "POST"),
        path=path,
        query=query_string,
        headers=Headers(serialized.get("headers", {}).items()),
        body=serialized.get("body", "").encode(),
    )


@pytest.mark.parametrize("case", cases("input", "rest-json"))
def test_rest_json_request_is_read_back(case: Case) -> None:
    if case.id in WITHOUT_BODY:
        assert "body" not in case.case["serialized"]
        return
    request = request_of(case)
    if "host" not in case.case["serialized"]:
        assert case.service.route(request.method, request.path, request.query).name == case.operation.name
    assert comparable(rest_json.parse_request(case.operation, request)) == expected_input(case)


@pytest.mark.parametrize("case", cases("input", "query"))
def test_query_request_is_read_back(case: Case) -> None:
    if case.id in WITHOUT_BODY:
        assert "body" not in case.case["serialized"]
        return
    request = request_of(case)
    assert query.fields_of(request)["Action"] == case.operation.name
    assert comparable(query.parse_request(case.operation, request)) == expected_input(case)


def expected_input(case: Case) -> Any:
    params = as_handlers_see(case.operation.input, case.case["params"])
    if case.id in INPUT_DIFFERENCES:
        params = INPUT_DIFFERENCES[case.id][1]
    return comparable(params)


def parsed_by_botocore(case: Case, response: HttpResponse, error_name: str | None) -> Any:
    """What a client sees: for an error, first what every error has, then what the modelled one adds."""
    model = ServiceModel(case.model)
    operation = OperationModel(case.given, model)
    parser = create_parser(model.metadata["protocol"])
    headers = HeadersDict()
    for name, value in response.headers:
        headers[name] = value
    raw = {
        "status_code": response.status,
        "headers": headers,
        "body": response.body,
        "context": {"operation_name": operation.name},
    }
    parsed = parser.parse(raw, operation.output_shape)
    if error_name is not None:
        parsed.update(parser.parse(raw, model.shape_for(error_name)))
    return parsed


def result_of(case: Case) -> dict[str, Any]:
    result = as_handlers_see(case.operation.output, case.case["result"])
    return {name: value for name, value in result.items() if value is not None}


def check_output(case: Case, protocol: Any) -> None:
    if "error" in case.case:
        check_error(case, protocol)
        return
    result = result_of(case)
    response = protocol.serialize_response(case.operation, result, "a-request-id")
    if case.id in BY_THE_VECTOR:
        check_against_vector(case, response)
        return
    parsed = parsed_by_botocore(case, response, None)
    metadata = parsed.pop("ResponseMetadata")
    assert metadata["RequestId"] == "a-request-id"
    assert metadata["HTTPStatusCode"] == response.status
    assert comparable(parsed) == comparable(result)


def check_error(case: Case, protocol: Any) -> None:
    code = case.case["errorCode"]
    known = case.service.errors.get(code) or case.service.errors_by_code.get(code)
    members = dict(case.case["error"])
    message = case.case.get("errorMessage")
    members.pop("message", None), members.pop("Message", None)
    error = ApiError(code, message, case.case["response"]["status_code"], members)
    response = protocol.serialize_error(case.service, error, "a-request-id")
    parsed = parsed_by_botocore(case, response, known.name if known else None)
    assert parsed["Error"]["Code"] == code
    assert parsed["Error"].get("Message") in (message, "")
    assert {name: parsed[name] for name in members} == members
    assert parsed["ResponseMetadata"]["RequestId"] == "a-request-id"


def check_against_vector(case: Case, response: HttpResponse) -> None:
    wanted = case.case["response"]
    headers = {name.lower(): value for name, value in response.headers}
    for name, value in wanted.get("headers", {}).items():
        if name not in ("Content-Length", "Content-Type"):
            assert headers[name.lower()] == value
    assert response.status == wanted["status_code"]
    if case.given.get("output", {}).get("resultWrapper"):
        ours = [child for child in ElementTree.fromstring(response.body) if child.tag.endswith("Result")]
        assert plain(ours[0]) == plain(ElementTree.fromstring(wanted["body"])[0])
    elif case.operation.output.payload is not None:
        assert response.body.decode() == wanted["body"]


def plain(element: ElementTree.Element) -> Any:
    return element.tag, element.attrib, (element.text or "").strip(), [plain(child) for child in element]


@pytest.mark.parametrize("case", cases("output", "rest-json"))
def test_rest_json_response_is_understood(case: Case) -> None:
    check_output(case, rest_json)


@pytest.mark.parametrize("case", cases("output", "query"))
def test_query_response_is_understood(case: Case) -> None:
    check_output(case, query)


def test_exceptions_name_cases_that_exist() -> None:
    known = {
        param.values[0].id
        for direction in ("input", "output")
        for protocol in ("query", "rest-json")
        for param in cases(direction, protocol)
        if param.values[0] is not None
    }
    if not known:
        pytest.skip("test vectors 'botocore-protocols' are not beside this checkout")
    assert known >= INPUT_DIFFERENCES.keys() | WITHOUT_BODY | BY_THE_VECTOR.keys()
