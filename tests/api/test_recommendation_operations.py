"""ListRecommendations: VDM, filters, pages."""

from datetime import timedelta
from typing import Any

import pytest

from population import ACCOUNT, REGION
from tayori.model.recommendation import OF_DOMAINS, OF_RATES, Found, Impact, RecommendationType
from tayori.resources import recommendations

KEY = ACCOUNT, REGION
ARN = f"arn:aws:ses:{REGION}:{ACCOUNT}:"
FOUND = {
    "identity/a.example": [
        Found("DKIM1", RecommendationType.DKIM, Impact.HIGH),
        Found("BIMI1", RecommendationType.BIMI, Impact.LOW),
    ],
    "identity/b.example": [Found("DMARC2", RecommendationType.DMARC, Impact.LOW)],
}


@pytest.fixture
def client(service) -> Any:
    client = service.client("sesv2")
    client.put_account_vdm_attributes(VdmAttributes={"VdmEnabled": "ENABLED"})
    for resource, found in FOUND.items():
        service.transact(recommendations.settle, KEY, resource, OF_DOMAINS, found)
    bounced = [Found("BOUNCE1", RecommendationType.BOUNCE, Impact.HIGH)]
    service.transact(recommendations.settle, KEY, "configuration-set/news", OF_RATES, bounced)
    service.transact(recommendations.settle, KEY, "identity/b.example", OF_DOMAINS, [])
    return client


def listed(client: Any, **given: Any) -> list[str]:
    found = client.list_recommendations(**given)["Recommendations"]
    return [f"{one['ResourceArn'].removeprefix(ARN)} {one['Description']} {one['Status']}" for one in found]


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
def test_everything_is_listed_with_its_facts(client, clock):
    first, *_ = client.list_recommendations()["Recommendations"]
    assert abs(first.pop("CreatedTimestamp") - clock.now()) < timedelta(minutes=1)
    assert first.pop("LastUpdatedTimestamp")
    assert first == {
        "ResourceArn": f"{ARN}configuration-set/news",
        "Type": "BOUNCE",
        "Description": "BOUNCE1",
        "Status": "OPEN",
        "Impact": "HIGH",
    }
    assert listed(client) == [
        "configuration-set/news BOUNCE1 OPEN",
        "identity/a.example BIMI1 OPEN",
        "identity/a.example DKIM1 OPEN",
        "identity/b.example DMARC2 FIXED",
    ]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"TYPE": "DKIM"}, ["identity/a.example DKIM1 OPEN"]),
        ({"STATUS": "FIXED"}, ["identity/b.example DMARC2 FIXED"]),
        ({"STATUS": "OPEN", "IMPACT": "LOW"}, ["identity/a.example BIMI1 OPEN"]),
        ({"STATUS": "OPEN", "TYPE": "DMARC"}, []),
        ({"RESOURCE_ARN": f"{ARN}identity/b.example"}, ["identity/b.example DMARC2 FIXED"]),
        ({"RESOURCE_ARN": f"arn:aws:ses:{REGION}:999900001111:identity/b.example"}, []),
        ({"TYPE": "FEEDBACK_3P"}, []),
    ],
)
def test_filters(client, given, expected):
    assert listed(client, Filter=given) == expected


@pytest.mark.parametrize(
    "given",
    [
        {"Filter": {"TYPE": "DKIM", "IMPACT": "LOW"}},
        {"Filter": {"STATUS": "CLOSED"}},
        {"Filter": {"RESOURCE_ARN": "a.example"}},
        {"PageSize": 101},
        {"PageSize": 0},
        {"NextToken": "bad"},
    ],
)
def test_what_cannot_be_asked(client, given):
    with pytest.raises(client.exceptions.BadRequestException):
        client.list_recommendations(**given)


@pytest.mark.parametrize("database_url", ["sqlite", "postgres"], indirect=True)
def test_pages(client):
    found, token = [], None
    for _ in range(4):
        answer = client.list_recommendations(PageSize=1, **({"NextToken": token} if token else {}))
        found += [one["Description"] for one in answer["Recommendations"]]
        token = answer.get("NextToken")
    assert (found, token) == (["BOUNCE1", "BIMI1", "DKIM1", "DMARC2"], None)


def test_vdm_is_asked_for_first(service):
    client = service.client("sesv2")
    with pytest.raises(client.exceptions.NotFoundException):
        client.list_recommendations()
