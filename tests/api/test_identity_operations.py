"""Identities through both versions of the API."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from served import OTHER_ACCOUNT, PUBLIC_URL

from population import ACCOUNT, REGION, identity
from tayori.resources import dkim_keys, identities
from tayori.store import tables

BOTH = ["sqlite", "postgres"]
SHORT = {"NextSigningKeyLength": "RSA_1024_BIT"}  # made ten times as fast


def text_of(refusal):
    return refusal.value.response["Error"]["Message"]


def change(service, name, **values):
    table = tables.identities
    service.transact(lambda tx: tx.execute(table.update().where(table.c.identity == name).values(**values)))


# --- v2: creating and showing ---


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_a_domain_is_created_with_easy_dkim(service):
    client = service.client("sesv2")
    created = client.create_email_identity(
        EmailIdentity="Example.COM", DkimSigningAttributes=SHORT, Tags=[{"Key": "team", "Value": "mail"}]
    )
    created.pop("ResponseMetadata")
    dkim = created.pop("DkimAttributes")
    assert created == {"IdentityType": "DOMAIN", "VerifiedForSendingStatus": False}
    made_at = dkim.pop("LastKeyGenerationTimestamp")
    assert abs(made_at - service.clock.now()) < timedelta(seconds=30)
    tokens = dkim.pop("Tokens")
    assert len(tokens) == len(set(tokens)) == 3 and all(re.fullmatch("[a-z0-9]{32}", token) for token in tokens)
    assert dkim == {
        "SigningEnabled": True,
        "Status": "NOT_STARTED",
        "SigningAttributesOrigin": "AWS_SES",
        "SigningHostedZone": "dkim.tayori.test",
        "NextSigningKeyLength": "RSA_1024_BIT",
        "CurrentSigningKeyLength": "RSA_1024_BIT",
    }
    shown = client.get_email_identity(EmailIdentity="example.com")
    shown.pop("ResponseMetadata")
    assert shown.pop("DkimAttributes") == dkim | {
        "Status": "PENDING",
        "Tokens": tokens,
        "LastKeyGenerationTimestamp": made_at,
    }
    assert shown == {
        "IdentityType": "DOMAIN",
        "FeedbackForwardingStatus": True,
        "VerifiedForSendingStatus": False,
        "VerificationStatus": "PENDING",
        "MailFromAttributes": {"BehaviorOnMxFailure": "USE_DEFAULT_VALUE"},
        "Policies": {},
        "Tags": [{"Key": "team", "Value": "mail"}],
    }
    assert service.tools.created == [(ACCOUNT, "example.com")]


def test_keys_are_published_under_the_tokens(service):
    client = service.client("sesv2")
    created = client.create_email_identity(EmailIdentity="example.com", DkimSigningAttributes=SHORT)
    for token in created["DkimAttributes"]["Tokens"]:
        (record,) = service.transact(dkim_keys.published, token)
        assert record.startswith("v=DKIM1; k=rsa; p=")


def test_the_same_domain_of_another_account_gets_other_tokens(service):
    one, two = (
        service.client("sesv2", account).create_email_identity(EmailIdentity="example.com", DkimSigningAttributes=SHORT)
        for account in (ACCOUNT, OTHER_ACCOUNT)
    )
    assert not set(one["DkimAttributes"]["Tokens"]) & set(two["DkimAttributes"]["Tokens"])


def test_an_address_is_asked_by_mail(service):
    client = service.client("sesv2")
    created = client.create_email_identity(EmailIdentity="me@customer.test")
    created.pop("ResponseMetadata")
    assert created == {"IdentityType": "EMAIL_ADDRESS", "VerifiedForSendingStatus": False}
    mail = service.last()
    assert mail.recipients == ["me@customer.test"]
    assert b"\r\nTo: me@customer.test\r\n" in mail.content and b"From: no-reply@tayori.test\r\n" in mail.content
    assert b"Auto-Submitted: auto-generated\r\n" in mail.content
    token = service.transact(lambda tx: tx.execute(sa.select(tables.identities.c.link_token)).scalar_one())
    body = mail.content.partition(b"\r\n\r\n")[2]
    assert f"{PUBLIC_URL}/tayori/verify/{token}".encode() in re.sub(rb"=\r\n", b"", body)
    assert client.get_email_identity(EmailIdentity="me@customer.test")["VerificationStatus"] == "PENDING"


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_a_name_is_taken_once_and_a_failing_call_leaves_nothing(service):
    client = service.client("sesv2")
    service.transact(identity, "example.com")
    with pytest.raises(client.exceptions.AlreadyExistsException) as refusal:
        client.create_email_identity(EmailIdentity="example.com")
    assert text_of(refusal) == "Email identity example.com already exist."
    with pytest.raises(client.exceptions.BadRequestException) as refusal:
        client.create_email_identity(
            EmailIdentity="new.test", ConfigurationSetName="missing", DkimSigningAttributes=SHORT
        )
    assert text_of(refusal) == "Configuration set <missing> does not exist."
    with pytest.raises(client.exceptions.BadRequestException):
        client.create_email_identity(EmailIdentity="a@new.test", Tags=[{"Key": "aws:x", "Value": ""}])
    assert [item["IdentityName"] for item in client.list_email_identities()["EmailIdentities"]] == ["example.com"]
    assert service.accepted() == []


@pytest.mark.parametrize("name", ["localhost", "a b.test", "-.test", "x..test", "@example.com", "a@", "ä@example.com"])
def test_what_can_be_no_identity_is_refused(service, name):
    client = service.client("sesv2")
    with pytest.raises(client.exceptions.BadRequestException):
        client.create_email_identity(EmailIdentity=name)


def test_an_address_takes_no_dkim_attributes(service):
    client = service.client("sesv2")
    with pytest.raises(client.exceptions.BadRequestException, match="only for a domain"):
        client.create_email_identity(EmailIdentity="a@example.com", DkimSigningAttributes=SHORT)


def test_an_address_shows_the_dkim_of_the_domain_behind_its_at(service):
    service.transact(identity, "example.com")
    service.transact(identity, "me@example.com")
    service.transact(identity, "me@mail.example.com")
    client = service.client("sesv2")
    inherited = client.get_email_identity(EmailIdentity="me@example.com")["DkimAttributes"]
    assert inherited["Status"] == "SUCCESS" and inherited["SigningEnabled"] is True and len(inherited["Tokens"]) == 3
    alone = client.get_email_identity(EmailIdentity="me@mail.example.com")["DkimAttributes"]
    assert alone["Status"] == "NOT_STARTED" and alone["SigningEnabled"] is False and alone["Tokens"] == []
    shown = service.client("ses").get_identity_dkim_attributes(Identities=["me@example.com", "me@mail.example.com"])
    assert shown["DkimAttributes"]["me@example.com"]["DkimVerificationStatus"] == "Success"
    assert shown["DkimAttributes"]["me@mail.example.com"] == {
        "DkimEnabled": False,
        "DkimVerificationStatus": "NotStarted",
    }


def test_what_the_last_look_found_is_shown(service):
    service.transact(identity, "example.com", verification_status="PENDING")
    now = service.clock.now().replace(microsecond=0)
    change(
        service,
        "example.com",
        last_checked_at=now,
        error_type="TYPE_NOT_FOUND",
        soa={"PrimaryNameServer": "ns1.example.com", "AdminEmail": "admin.example.com", "SerialNumber": 7},
    )
    info = service.client("sesv2").get_email_identity(EmailIdentity="example.com")["VerificationInfo"]
    assert info == {
        "LastCheckedTimestamp": now,
        "ErrorType": "TYPE_NOT_FOUND",
        "SOARecord": {"PrimaryNameServer": "ns1.example.com", "AdminEmail": "admin.example.com", "SerialNumber": 7},
    }


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
@pytest.mark.parametrize("name", ["missing.test", "a@missing.test", "no identity", "a\tb\u0000c"])
def test_each_operation_says_in_its_own_words_that_there_is_no_such_identity(service, name):
    client = service.client("sesv2")
    shown = "".join(character if character.isprintable() else "\ufffd" for character in name)
    not_found = {
        "get_email_identity": f"Identity {shown} does not exist.",
        "delete_email_identity": f"Email identity {shown} does not exist.",
        "put_email_identity_configuration_set_attributes": f"Email identity <{shown}> does not exist.",
    }
    for operation, text in not_found.items():
        with pytest.raises(client.exceptions.NotFoundException) as refusal:
            getattr(client, operation)(EmailIdentity=name)
        assert text_of(refusal) == text
    with pytest.raises(client.exceptions.BadRequestException) as refusal:
        client.put_email_identity_feedback_attributes(EmailIdentity=name)
    assert text_of(refusal) == f"Identity {shown} is invalid. Must be a verified email address or domain."


# --- v2: listing and deleting ---


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_identities_are_listed_by_25(service):
    for number in range(30):
        service.transact(identity, f"d{number:02}.test", tokens=[])
    service.transact(identity, "other.test", OTHER_ACCOUNT, tokens=[])
    client = service.client("sesv2")
    first = client.list_email_identities()
    assert len(first["EmailIdentities"]) == 25
    assert first["EmailIdentities"][0] == {
        "IdentityType": "DOMAIN",
        "IdentityName": "d00.test",
        "SendingEnabled": True,
        "VerificationStatus": "SUCCESS",
    }
    rest = client.list_email_identities(NextToken=first["NextToken"])
    assert [item["IdentityName"] for item in rest["EmailIdentities"]] == [f"d{n}.test" for n in range(25, 30)]
    assert "NextToken" not in rest


def test_both_versions_take_each_others_tokens(service):
    for number in range(3):
        service.transact(identity, f"d{number}.test", tokens=[])
    v1, v2 = service.client("ses"), service.client("sesv2")
    token = v2.list_email_identities(PageSize=1)["NextToken"]
    page = v1.list_identities(NextToken=token, MaxItems=1)
    assert page["Identities"] == ["d1.test"]
    assert v2.list_email_identities(NextToken=page["NextToken"])["EmailIdentities"][0]["IdentityName"] == "d2.test"


def test_bounds_of_pages_are_told_in_the_words_of_ses(service):
    v1, v2 = service.client("ses"), service.client("sesv2")
    with pytest.raises(v2.exceptions.BadRequestException) as refusal:
        v2.list_email_identities(PageSize=0)
    assert text_of(refusal) == "Value 0 for parameter PageSize is invalid. PageSize must be between 1 and 1000."
    with pytest.raises(v1.exceptions.ClientError) as refusal:
        v1.list_identities(MaxItems=1001)
    assert text_of(refusal) == "Value 1001 for parameter MaxItems is invalid. MaxItems must be between 1 and 1000."
    assert refusal.value.response["Error"]["Code"] == "InvalidParameterValue"
    with pytest.raises(v2.exceptions.BadRequestException) as refusal:
        v2.list_email_identities(NextToken="x")
    assert text_of(refusal) == "Invalid NextToken <x>."


def test_a_deleted_identity_is_gone_with_its_keys_and_tags(service):
    client = service.client("sesv2")
    service.transact(identity, "example.com")
    client.tag_resource(
        ResourceArn=f"arn:aws:ses:{REGION}:{ACCOUNT}:identity/example.com", Tags=[{"Key": "a", "Value": "b"}]
    )
    client.delete_email_identity(EmailIdentity="EXAMPLE.com")
    assert client.list_email_identities()["EmailIdentities"] == []
    assert service.transact(dkim_keys.published, "example.com-token0") == []
    service.transact(identity, "example.com")
    assert client.get_email_identity(EmailIdentity="example.com")["Tags"] == []


# --- v2: attributes ---


def test_a_default_configuration_set_is_put_and_cleared(service):
    service.transact(identity, "example.com")
    client = service.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="main")
    client.put_email_identity_configuration_set_attributes(EmailIdentity="example.com", ConfigurationSetName="main")
    assert client.get_email_identity(EmailIdentity="example.com")["ConfigurationSetName"] == "main"
    with pytest.raises(client.exceptions.BadRequestException) as refusal:
        client.put_email_identity_configuration_set_attributes(EmailIdentity="example.com", ConfigurationSetName="none")
    assert text_of(refusal) == "Configuration set <none> does not exist."
    client.put_email_identity_configuration_set_attributes(EmailIdentity="example.com")
    assert "ConfigurationSetName" not in client.get_email_identity(EmailIdentity="example.com")


def test_signing_is_switched_by_a_flag_that_is_false_when_left_out(service):
    service.transact(identity, "example.com")
    client = service.client("sesv2")
    client.put_email_identity_dkim_attributes(EmailIdentity="example.com")
    shown = client.get_email_identity(EmailIdentity="example.com")["DkimAttributes"]
    assert (shown["SigningEnabled"], shown["Status"]) == (False, "SUCCESS")
    client.put_email_identity_dkim_attributes(EmailIdentity="example.com", SigningEnabled=True)
    assert client.get_email_identity(EmailIdentity="example.com")["DkimAttributes"]["SigningEnabled"] is True


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_another_length_is_for_the_next_key_behind_the_same_records(service):
    client = service.client("sesv2")
    created = client.create_email_identity(EmailIdentity="example.com", DkimSigningAttributes=SHORT)
    change(service, "example.com", verification_status="SUCCESS", dkim_status="SUCCESS")
    changed = client.put_email_identity_dkim_signing_attributes(
        EmailIdentity="example.com",
        SigningAttributesOrigin="AWS_SES",
        SigningAttributes={"NextSigningKeyLength": "RSA_2048_BIT"},
    )
    assert (changed["DkimStatus"], changed["SigningHostedZone"]) == ("SUCCESS", "dkim.tayori.test")
    assert changed["DkimTokens"] == created["DkimAttributes"]["Tokens"]
    shown = client.get_email_identity(EmailIdentity="example.com")
    lengths = {name: shown["DkimAttributes"][f"{name}SigningKeyLength"] for name in ("Next", "Current")}
    assert lengths == {"Next": "RSA_2048_BIT", "Current": "RSA_1024_BIT"}
    assert shown["VerificationStatus"] == "SUCCESS"
    again = client.put_email_identity_dkim_signing_attributes(
        EmailIdentity="example.com", SigningAttributesOrigin="AWS_SES"
    )
    assert again["DkimTokens"] == changed["DkimTokens"]


def test_only_a_domain_that_is_there_has_signing_attributes(service):
    service.transact(identity, "me@example.com")
    client = service.client("sesv2")
    with pytest.raises(client.exceptions.BadRequestException) as refusal:
        client.put_email_identity_dkim_signing_attributes(
            EmailIdentity="me@example.com", SigningAttributesOrigin="AWS_SES"
        )
    assert text_of(refusal) == "The EmailIdentity value must be a valid domain."
    with pytest.raises(client.exceptions.NotFoundException):
        client.put_email_identity_dkim_signing_attributes(
            EmailIdentity="missing.test", SigningAttributesOrigin="AWS_SES"
        )


def test_feedback_forwarding_is_put(service):
    service.transact(identity, "example.com")
    client = service.client("sesv2")
    client.put_email_identity_feedback_attributes(EmailIdentity="example.com")
    assert client.get_email_identity(EmailIdentity="example.com")["FeedbackForwardingStatus"] is False
    client.put_email_identity_feedback_attributes(EmailIdentity="example.com", EmailForwardingEnabled=True)
    assert client.get_email_identity(EmailIdentity="example.com")["FeedbackForwardingStatus"] is True


def test_a_mail_from_domain_is_put_shown_and_cleared(service):
    service.transact(identity, "example.com")
    client = service.client("sesv2")
    client.put_email_identity_mail_from_attributes(
        EmailIdentity="example.com", MailFromDomain="Bounce.example.com", BehaviorOnMxFailure="REJECT_MESSAGE"
    )
    assert client.get_email_identity(EmailIdentity="example.com")["MailFromAttributes"] == {
        "MailFromDomain": "bounce.example.com",
        "MailFromDomainStatus": "PENDING",
        "BehaviorOnMxFailure": "REJECT_MESSAGE",
    }
    with pytest.raises(client.exceptions.BadRequestException) as refusal:
        client.put_email_identity_mail_from_attributes(EmailIdentity="example.com", MailFromDomain="other.test")
    assert text_of(refusal) == (
        "Provided MAIL-FROM domain <other.test> is not subdomain of the domain of the identity <example.com>."
    )
    client.put_email_identity_mail_from_attributes(EmailIdentity="example.com")
    assert client.get_email_identity(EmailIdentity="example.com")["MailFromAttributes"] == {
        "BehaviorOnMxFailure": "USE_DEFAULT_VALUE"
    }


# --- v1 ---


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_v1_verifies_a_domain_by_a_txt_record(service):
    client = service.client("ses")
    token = client.verify_domain_identity(Domain="Example.com")["VerificationToken"]
    assert client.verify_domain_identity(Domain="example.com")["VerificationToken"] == token
    shown = client.get_identity_verification_attributes(Identities=["example.com", "missing.test"])
    assert shown["VerificationAttributes"] == {
        "example.com": {"VerificationStatus": "Pending", "VerificationToken": token}
    }
    assert (ACCOUNT, "example.com") in service.tools.created


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_v1_tokens_of_dkim_are_stable(service):
    client = service.client("ses")
    tokens = client.verify_domain_dkim(Domain="example.com")["DkimTokens"]
    assert len(tokens) == 3 and client.verify_domain_dkim(Domain="example.com")["DkimTokens"] == tokens
    shown = client.get_identity_dkim_attributes(Identities=["example.com"])["DkimAttributes"]
    assert shown == {"example.com": {"DkimEnabled": True, "DkimVerificationStatus": "Pending", "DkimTokens": tokens}}
    assert service.client("sesv2").get_email_identity(EmailIdentity="example.com")["DkimAttributes"]["Tokens"] == tokens


@pytest.mark.parametrize("operation", ["verify_email_identity", "verify_email_address"])
def test_v1_verifies_an_address_by_mail_and_asks_again_when_told_again(service, operation):
    client = service.client("ses")
    for count in (1, 2):
        getattr(client, operation)(EmailAddress="me@customer.test")
        assert len(service.accepted()) == count
    shown = client.get_identity_verification_attributes(Identities=["me@customer.test"])["VerificationAttributes"]
    assert shown == {"me@customer.test": {"VerificationStatus": "Pending"}}


def test_v1_answers_under_the_names_by_which_it_was_asked(service):
    service.transact(identity, "example.com")
    client = service.client("ses")
    shown = client.get_identity_verification_attributes(Identities=["EXAMPLE.com", "example.COM"])
    assert set(shown["VerificationAttributes"]) == {"EXAMPLE.com", "example.COM"}


def test_v1_lists_by_type_and_page(service):
    for name in ("a@x.test", "b@x.test", "one.test", "two.test"):
        service.transact(identity, name, tokens=[])
    client = service.client("ses")
    assert client.list_identities()["Identities"] == ["a@x.test", "b@x.test", "one.test", "two.test"]
    assert client.list_identities(IdentityType="Domain")["Identities"] == ["one.test", "two.test"]
    page = client.list_identities(IdentityType="EmailAddress", MaxItems=1)
    assert page["Identities"] == ["a@x.test"]
    rest = client.list_identities(IdentityType="EmailAddress", NextToken=page["NextToken"])
    assert rest["Identities"] == ["b@x.test"] and "NextToken" not in rest


def test_v1_lists_verified_addresses_only(service):
    service.transact(identity, "a@x.test")
    service.transact(identity, "b@x.test", verification_status="PENDING")
    service.transact(identity, "x.test", tokens=[])
    assert service.client("ses").list_verified_email_addresses()["VerifiedEmailAddresses"] == ["a@x.test"]


def test_v1_deletes_what_is_there_and_what_is_not(service):
    service.transact(identity, "a@x.test")
    service.transact(identity, "x.test", tokens=[])
    client = service.client("ses")
    for _ in range(2):
        client.delete_identity(Identity="x.test")
        client.delete_verified_email_address(EmailAddress="a@x.test")
    assert client.list_identities()["Identities"] == []


def test_v1_sets_signing_mail_from_and_feedback(service):
    service.transact(identity, "example.com")
    client = service.client("ses")
    client.set_identity_dkim_enabled(Identity="example.com", DkimEnabled=False)
    topic = service.client("sns").create_topic(Name="feedback")["TopicArn"]
    for kind in ("Bounce", "Complaint"):
        client.set_identity_notification_topic(Identity="example.com", NotificationType=kind, SnsTopic=topic)
    client.set_identity_feedback_forwarding_enabled(Identity="example.com", ForwardingEnabled=False)
    client.set_identity_mail_from_domain(
        Identity="example.com", MailFromDomain="bounce.example.com", BehaviorOnMXFailure="RejectMessage"
    )
    shown = service.client("sesv2").get_email_identity(EmailIdentity="example.com")
    assert shown["DkimAttributes"]["SigningEnabled"] is False and shown["FeedbackForwardingStatus"] is False
    attributes = client.get_identity_mail_from_domain_attributes(Identities=["example.com"])
    assert attributes["MailFromDomainAttributes"] == {
        "example.com": {
            "MailFromDomain": "bounce.example.com",
            "MailFromDomainStatus": "Pending",
            "BehaviorOnMXFailure": "RejectMessage",
        }
    }
    client.set_identity_mail_from_domain(Identity="example.com")
    attributes = client.get_identity_mail_from_domain_attributes(Identities=["example.com"])
    assert attributes["MailFromDomainAttributes"] == {"example.com": {"BehaviorOnMXFailure": "UseDefaultValue"}}


def test_v1_refuses_an_unknown_behaviour_in_the_words_of_ses(service):
    service.transact(identity, "example.com")
    client = service.client("ses")
    with pytest.raises(client.exceptions.ClientError) as refusal:
        client.set_identity_mail_from_domain(Identity="example.com", BehaviorOnMXFailure="Ignore")
    assert text_of(refusal) == (
        "1 validation error detected: Value at 'behaviorOnMXFailure' failed to satisfy constraint: "
        "Member must satisfy enum value set: [RejectMessage, UseDefaultValue]"
    )


def test_v1_refuses_what_is_no_domain_or_address(service):
    client = service.client("ses")
    for attempt in (
        lambda: client.verify_domain_identity(Domain="a@example.com"),
        lambda: client.verify_domain_dkim(Domain="a@example.com"),
        lambda: client.verify_email_identity(EmailAddress="example.com"),
        lambda: client.set_identity_dkim_enabled(Identity="missing.test", DkimEnabled=True),
    ):
        with pytest.raises(client.exceptions.ClientError) as refusal:
            attempt()
        assert refusal.value.response["Error"]["Code"] == "InvalidParameterValue"
    assert service.transact(identities.page, ACCOUNT, REGION, limit=10) == []
