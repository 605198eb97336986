"""Models are found, routed and read as botocore itself reads them."""

import subprocess
import sys

import botocore.session
import pytest

from tayori.aws import spec
from tayori.aws.constraints import compiled
from tayori.aws.spec import Service


def tiny(*uris: str, method: str = "GET") -> Service:
    operations = {uri: {"name": uri, "http": {"method": method, "requestUri": uri}} for uri in uris}
    return Service("tiny", {"metadata": {"protocol": "rest-json"}, "operations": operations, "shapes": {}})


@pytest.mark.parametrize("name", ["ses", "sesv2"])
def test_the_installed_model_is_the_one_that_botocore_uses(name: str) -> None:
    theirs = botocore.session.get_session().get_service_model(name)
    ours = spec.load(name)
    assert set(ours.operations) == set(theirs.operation_names)
    assert ours.api_version == theirs.api_version
    assert ours.signing_name == theirs.signing_name == "ses"
    assert ours.protocol == theirs.protocol
    assert {error.name for error in ours.errors.values()} == {shape.name for shape in theirs.error_shapes}


@pytest.mark.parametrize("name", ["ses", "sesv2"])
def test_every_shape_has_botocores_members(name: str) -> None:
    theirs = botocore.session.get_session().get_service_model(name)
    for operation in spec.load(name).operations.values():
        other = theirs.operation_model(operation.name)
        assert (operation.input is None) == (other.input_shape is None)
        if operation.input is not None:
            assert list(operation.input.contents) == list(other.input_shape.members)
            assert list(operation.input.required) == other.input_shape.required_members
        if operation.output is not None:
            assert list(operation.output.contents) == list(other.output_shape.members)


def test_loading_does_not_import_botocore() -> None:
    code = (
        "import sys; from tayori.aws import spec; spec.load('sesv2'); spec.load('ses');"
        "print('botocore.session' in sys.modules or 'botocore.model' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    ("method", "path", "operation"),
    [
        ("GET", "/v2/email/account", "GetAccount"),
        ("GET", "/v2/email/identities/a%40b.example", "GetEmailIdentity"),
        ("GET", "/v2/email/identities/a%2Fb", "GetEmailIdentity"),
        ("POST", "/v2/email/identities", "CreateEmailIdentity"),
        ("POST", "/v2/email/tenants/get", "GetTenant"),
        ("GET", "/v2/email/insights/0100/", "GetMessageInsights"),
        ("GET", "/v2/email/insights/0100", "GetMessageInsights"),
        ("POST", "/v2/email/contact-lists/l/contacts/list", "ListContacts"),
        ("PUT", "/v2/email/contact-lists/l/contacts/list", "UpdateContact"),
        ("GET", "/v2/email/identities/x/policies", "GetEmailIdentityPolicies"),
        ("DELETE", "/v2/email/tags", "UntagResource"),
    ],
)
def test_a_path_names_its_operation(method: str, path: str, operation: str) -> None:
    found = spec.load("sesv2").route(method, path, "")
    assert found is not None
    assert found.name == operation


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v2/email"),
        ("PATCH", "/v2/email/account"),
        ("GET", "/v2/email/account/x"),
        ("GET", "/v2/email/identities//policies"),
        ("GET", "v2/email/account"),
        ("GET", ""),
    ],
)
def test_a_path_that_names_nothing(method: str, path: str) -> None:
    assert spec.load("sesv2").route(method, path, "") is None


def test_literals_win_over_labels_and_greedy_labels_come_last() -> None:
    service = tiny("/a/{x}", "/a/b", "/a/{rest+}", "/a/{rest+}/end", "/{y}/c")
    assert service.route("GET", "/a/b", "").name == "/a/b"
    assert service.route("GET", "/a/z", "").name == "/a/{x}"
    assert service.route("GET", "/a/z/y", "").name == "/a/{rest+}"
    assert service.route("GET", "/q/c", "").name == "/{y}/c"
    assert service.operations["/a/{rest+}"].uri.labels("/a/x%20y/z") == {"rest": "x y/z"}
    assert service.operations["/a/{rest+}/end"].uri.labels("/a/x/y/end") == {"rest": "x/y"}


def test_query_constants_choose_between_operations_of_one_path() -> None:
    service = tiny("/a", "/a?x=y", "/a?x=y&z")
    assert service.route("GET", "/a", "q=1").name == "/a"
    assert service.route("GET", "/a", "q=1&x=y").name == "/a?x=y"
    assert service.route("GET", "/a", "z&x=y").name == "/a?x=y&z"
    assert tiny("/a?x=y").route("GET", "/a", "") is None


def test_labels_keep_an_encoded_slash_in_its_segment() -> None:
    operation = spec.load("sesv2").operations["GetEmailIdentity"]
    assert operation.uri.labels("/v2/email/identities/a%2Fb%25") == {"EmailIdentity": "a/b%"}


def test_errors_know_their_code_and_status() -> None:
    assert spec.load("ses").errors["AlreadyExistsException"].code == "AlreadyExists"
    conflict = spec.load("sesv2").errors["ConcurrentModificationException"]
    assert (conflict.code, conflict.status, conflict.sender_fault) == ("ConcurrentModificationException", 500, False)
    assert spec.load("sesv2").errors["NotFoundException"].status == 404


@pytest.mark.parametrize("name", ["ses", "sesv2"])
def test_every_pattern_of_the_models_can_be_checked(name: str) -> None:
    def patterns(shape: spec.Shape, above: tuple[str, ...] = ()) -> list[str]:
        if shape.name in above:
            return []
        inner = shape.contents.values() if shape.type in ("structure", "list", "map") else ()
        own = [shape.trait("pattern")] if shape.trait("pattern") else []
        return own + [pattern for one in inner for pattern in patterns(one, (*above, shape.name))]

    found = {
        pattern
        for operation in spec.load(name).operations.values()
        if operation.input is not None
        for pattern in patterns(operation.input)
    }
    assert found
    assert all(getattr(compiled(pattern), "__name__", "") == "fullmatch" for pattern in found)
