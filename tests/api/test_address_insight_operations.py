"""GetEmailAddressInsights with boto3: the DNS through the service's resolver, and the account's own history."""

import pytest

from population import ACCOUNT, REGION
from tayori.resources import suppression


def verdicts(service, address: str) -> dict[str, str]:
    found = service.client("sesv2").get_email_address_insights(EmailAddress=address)["MailboxValidation"]
    parts = {name: value["ConfidenceVerdict"] for name, value in found["Evaluations"].items()}
    return parts | {"IsValid": found["IsValid"]["ConfidenceVerdict"]}


def test_the_dns_and_the_accounts_own_bounces(service) -> None:
    service.tools.resolver.records[("inbox.test", "MX")] = ("10 mx.inbox.test",)
    assert verdicts(service, "maria@inbox.test") == {
        "HasValidSyntax": "HIGH",
        "HasValidDnsRecords": "HIGH",
        "MailboxExists": "MEDIUM",
        "IsRoleAddress": "LOW",
        "IsDisposable": "LOW",
        "IsRandomInput": "LOW",
        "IsValid": "MEDIUM",
    }
    service.transact(suppression.put_all, ACCOUNT, REGION, [("maria@inbox.test", "BOUNCE")])
    assert verdicts(service, "maria@inbox.test")["IsValid"] == "LOW"
    assert verdicts(service, "maria@nowhere.test")["HasValidDnsRecords"] == "LOW"
    service.tools.resolver.is_down = True
    assert verdicts(service, "taro@inbox.test")["IsValid"] == "MEDIUM"
    assert verdicts(service, "not an address")["HasValidSyntax"] == "LOW"


def test_no_address_at_all_is_refused(service) -> None:
    client = service.client("sesv2")
    with pytest.raises(client.exceptions.BadRequestException):
        client.get_email_address_insights(EmailAddress=" ")
