"""All ways of DKIM through the API: keys of the customer's own, replicas, exchanges."""

import base64
import json
import logging

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from population import ACCOUNT, REGION, identity
from tayori.mail.dkim import public_record
from tayori.resources import dkim_keys, identities, identity_checks

BOTH = ["sqlite", "postgres"]
SHORT = {"NextSigningKeyLength": "RSA_1024_BIT"}
KEY = rsa.generate_private_key(public_exponent=65537, key_size=1024)


def text_of(form: PrivateFormat = PrivateFormat.PKCS8) -> str:
    return base64.b64encode(KEY.private_bytes(Encoding.DER, form, NoEncryption())).decode()


def own(selector: str = "s1") -> dict[str, str]:
    return {"DomainSigningSelector": selector, "DomainSigningPrivateKey": text_of()}


def find(service):
    client = service.client("sesv2")
    shown = client.get_email_identity(EmailIdentity="example.com")["DkimAttributes"]
    shown.pop("LastKeyGenerationTimestamp", None)
    return shown


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_a_domain_brings_its_own_key(service, form, caplog):
    caplog.set_level(logging.DEBUG, logger="tayori")
    client = service.client("sesv2")
    created = client.create_email_identity(
        EmailIdentity="example.com",
        DkimSigningAttributes={"DomainSigningSelector": "S1", "DomainSigningPrivateKey": text_of(form)},
    )
    expected = {
        "SigningEnabled": True,
        "Status": "NOT_STARTED",
        "Tokens": ["s1"],
        "SigningAttributesOrigin": "EXTERNAL",
    }
    assert created["DkimAttributes"] == expected
    assert find(service) == expected | {"Status": "PENDING"}
    shown = service.client("ses").get_identity_dkim_attributes(Identities=["example.com"])["DkimAttributes"]
    assert shown["example.com"] == {"DkimEnabled": True, "DkimVerificationStatus": "Pending", "DkimTokens": ["s1"]}
    kept = service.transact(identities.get, ACCOUNT, REGION, "example.com")
    assert kept.own_record == public_record(KEY)
    told = json.dumps([created, find(service)], default=str) + caplog.text
    assert text_of(form)[40:80] not in told


@pytest.mark.parametrize(
    ("attributes", "sentence"),
    [
        ({"DomainSigningSelector": "s1"}, "must be specified together"),
        ({"DomainSigningPrivateKey": text_of()}, "must be specified together"),
        ({"DomainSigningSelector": "s1", "DomainSigningPrivateKey": "QUJD"}, "DomainSigningPrivateKey is invalid"),
        ({"DomainSigningSelector": "s_1", "DomainSigningPrivateKey": text_of()}, "domainSigningSelector"),
        ({"DomainSigningSelector": "s1", "DomainSigningPrivateKey": "not base64!"}, "domainSigningPrivateKey"),
    ],
)
def test_a_key_that_does_not_do_is_refused_and_nothing_is_left(service, attributes, sentence):
    client = service.client("sesv2")
    with pytest.raises(client.exceptions.BadRequestException, match=sentence) as refusal:
        client.create_email_identity(EmailIdentity="example.com", DkimSigningAttributes=attributes)
    assert text_of()[40:80] not in str(refusal.value)
    assert client.list_email_identities()["EmailIdentities"] == []


@pytest.mark.parametrize("database_url", BOTH, indirect=True)
def test_from_easy_to_own_and_back(service):
    service.transact(identity, "example.com")
    client = service.client("sesv2")
    changed = client.put_email_identity_dkim_signing_attributes(
        EmailIdentity="example.com", SigningAttributesOrigin="EXTERNAL", SigningAttributes=own()
    )
    changed.pop("ResponseMetadata")
    assert changed == {"DkimStatus": "PENDING", "DkimTokens": ["s1"]}
    assert client.get_email_identity(EmailIdentity="example.com")["VerifiedForSendingStatus"] is True
    back = client.put_email_identity_dkim_signing_attributes(
        EmailIdentity="example.com", SigningAttributesOrigin="AWS_SES", SigningAttributes=SHORT
    )
    assert (back["DkimStatus"], len(back["DkimTokens"])) == ("PENDING", 3)
    assert back["SigningHostedZone"] == "dkim.tayori.test"
    shown = find(service)
    assert (shown["NextSigningKeyLength"], shown["CurrentSigningKeyLength"]) == ("RSA_1024_BIT",) * 2
    assert service.transact(dkim_keys.published, back["DkimTokens"][2])[0].startswith("v=DKIM1; k=rsa; p=")


def test_a_replica_shows_what_its_parent_has(service):
    service.transact(identity, "example.com", region="eu-west-1", key_length="RSA_2048_BIT")
    client = service.client("sesv2")
    origin = {"DomainSigningAttributesOrigin": "AWS_SES_EU_WEST_1"}
    created = client.create_email_identity(EmailIdentity="example.com", DkimSigningAttributes=origin)
    shown = created["DkimAttributes"]
    assert shown["Tokens"] == [f"example.com-token{number}" for number in range(3)]
    assert (shown["SigningAttributesOrigin"], shown["NextSigningKeyLength"]) == ("AWS_SES_EU_WEST_1", "RSA_2048_BIT")
    assert shown["SigningHostedZone"] == "dkim.tayori.test"


def test_a_replica_without_a_parent_says_why(service):
    client = service.client("sesv2")
    origin = {"DomainSigningAttributesOrigin": "AWS_SES_EU_WEST_1"}
    created = client.create_email_identity(EmailIdentity="example.com", DkimSigningAttributes=origin)
    assert created["DkimAttributes"]["Tokens"] == []
    looked = identity_checks.Checked(
        identity=service.transact(identities.get, ACCOUNT, REGION, "example.com"), findings=()
    )
    service.transact(identity_checks.record, looked, 0.0)
    shown = client.get_email_identity(EmailIdentity="example.com")
    assert shown["VerificationInfo"]["ErrorType"] == "REPLICATION_PRIMARY_NOT_FOUND"
    assert shown["DkimAttributes"]["Status"] == "PENDING"
