"""SDKs with an older model of SES v2 read lists by GET: they are answered as they always were."""

import json

import pytest

from tayori.api.app import understand
from tayori.api.registry import load_operations
from tayori.aws import spec
from tayori.aws.errors import ApiError
from tayori.aws.http import Headers, HttpRequest


def get(path, query=""):
    request = HttpRequest(method="GET", path=path, query=query, headers=Headers())
    operation, params = understand(spec.load("sesv2"), request)
    return operation.name, params


@pytest.mark.parametrize(
    ("path", "name"),
    [("/v2/email/identities", "ListEmailIdentities"), ("/v2/email/configuration-sets", "ListConfigurationSets")],
)
def test_lists_are_read_by_get_too(path, name):
    assert get(path) == (name, {})
    assert get(path, "PageSize=5&NextToken=a%2Bb%3D") == (name, {"PageSize": 5, "NextToken": "a+b="})
    with pytest.raises(ApiError):
        get(path, "PageSize=many")


def test_what_never_was_a_route_is_none():
    for path in ("/v2/email/identity", "/v2/email/list-identities"):
        with pytest.raises(ApiError, match="UnknownOperation"):
            get(path)


def test_an_old_client_reads_its_lists(make_api):
    api = make_api(load_operations())
    api.client("sesv2").create_configuration_set(ConfigurationSetName="main")
    answer = api.signed("GET", "/v2/email/configuration-sets")
    assert (answer.status, json.loads(answer.body)["ConfigurationSets"]) == (200, ["main"])
    assert json.loads(api.signed("GET", "/v2/email/identities").body)["EmailIdentities"] == []
