"""Policies of keys, sessions and roles as clients meet them: what is let through, and in which words it is refused."""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import boto3
import pytest
from asgi_client import Api
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from served import OTHER_ACCOUNT, REGION, SECRET, key_of, running

from population import ACCOUNT, identity, names
from tayori.api.app import create_app
from tayori.app.credential_pages import CredentialPages
from tayori.app.sending import SmtpAcceptance
from tayori.clock import AdjustableClock
from tayori.mail.address import AddrSpec
from tayori.mail.envelope import BodyType, Envelope, ReversePath
from tayori.model import session_token
from tayori.model.errors import AccessDenied, InvalidPolicy, LimitExceeded
from tayori.model.session_token import Session
from tayori.resources import accounts, credentials, installation, principal_policies, roles
from tayori.resources.credentials import Credential
from tayori.resources.roles import AssumableRole
from tayori.smtp.submission import SubmittedMessage, refusal
from tayori.store.database import open_store

KEYS = iter(range(10_000))
ARN = f"arn:aws:ses:{REGION}:{ACCOUNT}"


@pytest.fixture(scope="module")
def served(tmp_path_factory, sqlite_template):
    """One service for the module, out of the sandbox, with two identities and a configuration set."""
    folder = tmp_path_factory.mktemp("access")
    shutil.copyfile(sqlite_template, folder / "tayori.db")
    clock = AdjustableClock(folder / "clock")
    store = open_store(f"sqlite:///{folder / 'tayori.db'}", clock)
    with running(store, clock) as service:
        service.transact(accounts.grant, ACCOUNT, REGION, max_24_hour=-1, max_rate=-1)
        for name in ("example.com", "example.org", "boss@example.com"):
            service.transact(identity, name)
        client = service.client("sesv2")
        client.create_configuration_set(ConfigurationSetName="main")
        client.create_email_template(TemplateName="hello", TemplateContent={"Subject": "Hello", "Text": "Hello"})
        yield service
    asyncio.run(store.close())
    clock.close()


def allow(action="ses:*", resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def new_key(service, *statements, account_id=ACCOUNT, user="limited"):
    """An access key with one policy, or without any."""
    number = next(KEYS)
    key = f"AKIAACCESS{number:010d}"

    def make(tx):
        credentials.create(
            tx,
            Credential(
                access_key_id=key,
                account_id=account_id,
                secret_access_key=SECRET,
                user_name=user,
                active=True,
                operator=False,
                created_at=datetime.now(UTC),
            ),
        )
        if statements:
            principal_policies.put(tx, account_id, key, "only", document(*statements))

    service.transact(make)
    return key


def client_of(service, kind, key, secret=SECRET, token=None):
    client = boto3.client(
        kind,
        endpoint_url=service.url,
        region_name=REGION,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(retries={"total_max_attempts": 1}),
    )
    service.clients.append(client)
    return client


def limited(service, kind, *statements):
    return client_of(service, kind, new_key(service, *statements))


def session_client(service, kind, answer):
    given = answer["Credentials"]
    return client_of(service, kind, given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])


def mail(sender="News <news@example.com>", to=("reader@inbox.test",), **more):
    content = {"Simple": {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "Hi"}}}}
    return {"FromEmailAddress": sender, "Destination": {"ToAddresses": list(to)}, "Content": content, **more}


def refused(call, **arguments):
    with pytest.raises(ClientError) as refusal:
        call(**arguments)
    response = refusal.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Message"]


USER = f"arn:aws:iam::{ACCOUNT}:user/limited"

# --- policies of keys ---


def test_a_key_without_a_policy_may_do_what_its_account_may(served):
    client = limited(served, "sesv2")
    client.send_email(**mail())
    assert client.list_email_identities()["EmailIdentities"]


def test_sends_are_limited_to_one_identity(served):
    client = limited(served, "sesv2", allow(resource=f"{ARN}:identity/example.com"))
    client.send_email(**mail())
    assert refused(client.send_email, **mail("news@example.org")) == (
        "AccessDeniedException",
        403,
        f"User `{USER}' is not authorized to perform `ses:SendEmail' on resource `{ARN}:identity/example.org'",
    )
    # An address that is an identity itself is that one, and what is no identity goes by its address.
    assert refused(client.send_email, **mail("boss@example.com"))[2].endswith("identity/boss@example.com'")
    assert refused(client.send_email, **mail("a@elsewhere.test"))[2].endswith("identity/a@elsewhere.test'")


def test_the_configuration_set_is_a_resource_of_a_send(served):
    one = allow(resource=f"{ARN}:identity/*")
    client = limited(served, "sesv2", one)
    code, _, text = refused(client.send_email, **mail(ConfigurationSetName="main"))
    assert code == "AccessDeniedException" and text.endswith(f"`{ARN}:configuration-set/main'")
    both = limited(served, "sesv2", one, allow(resource=f"{ARN}:configuration-set/main"))
    both.send_email(**mail(ConfigurationSetName="main"))


CONDITIONS = {
    "from": ({"StringEquals": {"ses:FromAddress": "news@example.com"}}, {}, {"sender": "other@example.com"}),
    "display name": ({"StringLike": {"ses:FromDisplayName": "News"}}, {}, {"sender": "Other <news@example.com>"}),
    "recipients": (
        {"ForAllValues:StringLike": {"ses:Recipients": ["*@inbox.test"]}},
        {},
        {"to": ("a@inbox.test", "b@elsewhere.test")},
    ),
    "feedback": (
        {"StringEquals": {"ses:FeedbackAddress": "back@example.com"}},
        {"FeedbackForwardingEmailAddress": "back@example.com"},
        {},
    ),
}


@pytest.mark.parametrize("which", CONDITIONS)
def test_conditions_on_the_message(served, which):
    condition, fits, does_not = CONDITIONS[which]
    client = limited(served, "sesv2", allow("ses:SendEmail", Condition=condition))
    client.send_email(**mail(**fits))
    assert refused(client.send_email, **mail(**does_not))[0] == "AccessDeniedException"


def test_conditions_on_the_request(served):
    here = {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}, "StringLike": {"aws:UserAgent": "*Boto*"}}
    limited(served, "sesv2", allow(Condition=here)).get_account()
    tls = limited(served, "sesv2", allow(Condition={"Bool": {"aws:SecureTransport": "true"}}))
    assert refused(tls.get_account)[0] == "AccessDeniedException"
    past = {"DateLessThan": {"aws:CurrentTime": "2018-10-01T12:00Z"}}
    assert refused(limited(served, "sesv2", allow(Condition=past)).send_email, **mail())[1] == 403
    someone = {"StringEquals": {"aws:username": "limited", "aws:PrincipalAccount": ACCOUNT}}
    limited(served, "sesv2", allow(Condition=someone)).get_account()


def test_by_the_version_of_the_api(served):
    key = new_key(served, allow(Condition={"StringEquals": {"ses:ApiVersion": "2"}}))
    client_of(served, "sesv2", key).get_account()
    assert refused(client_of(served, "ses", key).get_send_quota) == (
        "AccessDenied",
        403,
        f"User: {USER} is not authorized to perform: ses:GetSendQuota on resource: * because no identity-based policy"
        " allows the ses:GetSendQuota action",
    )


def test_management_is_told_by_its_resource(served):
    client = limited(served, "sesv2", allow("ses:Get*", [f"{ARN}:configuration-set/ma*", f"{ARN}:identity/*.com"]))
    client.get_configuration_set(ConfigurationSetName="main")
    client.get_email_identity(EmailIdentity="example.com")
    assert refused(client.get_email_identity, EmailIdentity="example.org")[2] == (
        f"User: {USER} is not authorized to perform: ses:GetEmailIdentity on resource: {ARN}:identity/example.org"
        " because no identity-based policy allows the ses:GetEmailIdentity action"
    )
    assert refused(client.get_account)[0] == "AccessDeniedException"  # has no resource but "*"


def test_an_explicit_deny_wins(served):
    deny = {**allow("ses:DeleteEmailIdentity"), "Effect": "Deny"}
    client = limited(served, "sesv2", allow("*"), deny)
    assert refused(client.delete_email_identity, EmailIdentity="example.org")[2].endswith(
        "with an explicit deny in an identity-based policy"
    )
    client.get_email_identity(EmailIdentity="example.org")


def test_raw_templated_and_bulk_sends_have_their_own_actions(served):
    raw = {"RawMessage": {"Data": b"From: news@example.com\r\nTo: a@inbox.test\r\n\r\nHi\r\n"}}
    v1 = limited(served, "ses", allow("ses:SendEmail"))
    code, status, text = refused(v1.send_raw_email, **raw)
    assert (code, status) == ("AccessDenied", 403) and "`ses:SendRawEmail'" in text
    limited(served, "ses", allow("ses:SendRawEmail")).send_raw_email(**raw)
    bulk = {
        "FromEmailAddress": "news@example.com",
        "DefaultContent": {"Template": {"TemplateName": "hello", "TemplateData": "{}"}},
        "BulkEmailEntries": [{"Destination": {"ToAddresses": [f"r{n}@inbox.test"]}} for n in range(2)],
    }
    code, _, text = refused(limited(served, "sesv2", allow("ses:SendEmail")).send_bulk_email, **bulk)
    assert code == "AccessDeniedException" and "`ses:SendBulkEmail'" in text
    answer = limited(served, "sesv2", allow("ses:SendBulkEmail")).send_bulk_email(**bulk)
    assert [entry["Status"] for entry in answer["BulkEmailEntryResults"]] == ["SUCCESS", "SUCCESS"]


def test_other_services_are_told_apart(served):
    topic = f"arn:aws:sns:{REGION}:{ACCOUNT}:news"
    key = new_key(served, allow(["sns:CreateTopic", "sns:Publish"], topic), allow("cloudwatch:ListMetrics"))
    sns = client_of(served, "sns", key)
    sns.create_topic(Name="news")
    sns.publish(TopicArn=topic, Message="Hi")
    code, status, text = refused(sns.delete_topic, TopicArn=topic)
    assert (code, status) == ("AuthorizationError", 403) and f"sns:DeleteTopic on resource: {topic}" in text
    client_of(served, "cloudwatch", key).list_metrics()
    assert refused(client_of(served, "sesv2", key).get_account)[0] == "AccessDeniedException"


def test_policies_have_limits(served):
    key = new_key(served)
    for wrong in ("{", document(allow("SendEmail")), document(allow(Principal="*")), " " * 7000):
        with pytest.raises(InvalidPolicy):
            served.transact(principal_policies.put, ACCOUNT, key, "one", wrong)
    for number in range(principal_policies.MOST):
        served.transact(principal_policies.put, ACCOUNT, key, f"p{number}", document(allow()))
    with pytest.raises(LimitExceeded):
        served.transact(principal_policies.put, ACCOUNT, key, "more", document(allow()))
    served.transact(credentials.delete, key)
    assert served.transact(principal_policies.texts, ACCOUNT, key) == {}


# --- STS ---


def test_who_am_i(served):
    answer = client_of(served, "sts", new_key(served)).get_caller_identity()
    assert (answer["Account"], answer["Arn"]) == (ACCOUNT, USER)
    assert answer["UserId"].startswith("AIDA") and len(answer["UserId"]) == 21
    nothing = client_of(served, "sts", new_key(served, allow("ses:GetAccount")))
    assert nothing.get_caller_identity()["Arn"] == USER  # needs no permission


def test_a_session_of_a_key_is_worth_the_key(served):
    key = new_key(served, allow("ses:GetAccount"))
    answer = client_of(served, "sts", key).get_session_token(DurationSeconds=900)
    given = answer["Credentials"]
    assert given["AccessKeyId"].startswith("ASIA") and len(given["SecretAccessKey"]) == 40
    left = given["Expiration"] - served.clock.wall()
    assert timedelta(seconds=840) < left <= timedelta(seconds=901)
    client = session_client(served, "sesv2", answer)
    client.get_account()
    assert refused(client.send_email, **mail())[0] == "AccessDeniedException"
    again = session_client(served, "sts", answer)
    assert again.get_caller_identity()["Arn"] == USER
    assert refused(again.get_session_token) == (
        "AccessDenied",
        403,
        "Cannot call GetSessionToken with session credentials",
    )


def test_tokens_that_are_not_ours_are_refused(served):
    answer = client_of(served, "sts", new_key(served)).get_session_token()
    given = answer["Credentials"]
    key, secret, token = given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]
    invalid = ("UnrecognizedClientException", 403, "The security token included in the request is invalid.")
    for wrong in (
        (key, secret, None),
        (key, secret, token[:-2] + ("AA" if token[-2:] != "AA" else "BB")),
        (key, secret, "nonsense"),
        ("ASIAAAAAAAAAAAAAAAAA", secret, token),
        (key_of(ACCOUNT), SECRET, token),
    ):
        assert refused(client_of(served, "sesv2", *wrong).get_account) == invalid
    code, status, _ = refused(client_of(served, "sesv2", key, "x" * 40, token).get_account)
    assert (code, status) == ("InvalidSignatureException", 403)


@pytest.mark.parametrize(("kind", "code"), [("sesv2", "ExpiredTokenException"), ("sts", "ExpiredToken")])
def test_an_ended_session_says_so(served, kind, code):
    session = Session(
        access_key_id="ASIAENDEDENDEDENDED0",
        account_id=ACCOUNT,
        source_key=new_key(served),
        expires_at=int(served.clock.wall().timestamp()) - 1,
    )
    secret = served.transact(installation.secret, session_token.NAME, b"k" * 32)
    token = session_token.token_of(session, secret)
    client = client_of(served, kind, session.access_key_id, session_token.secret_of(token, secret), token)
    call = client.get_account if kind == "sesv2" else client.get_caller_identity
    assert refused(call) == (code, 403, "The security token included in the request is expired")


def new_role(service, name, *statements, trust=None, max_seconds=3600, account_id=ACCOUNT):
    who = {"Version": "2012-10-17", "Statement": trust or [trusting(account_id)]}

    def make(tx):
        role = AssumableRole(
            account_id=account_id,
            name=name,
            role_id=f"AROA{next(KEYS):017d}",
            trust=json.dumps(who),
            max_seconds=max_seconds,
            created_at=datetime.now(UTC),
        )
        roles.create(tx, role)
        if statements:
            principal_policies.put(tx, account_id, roles.owner(name), "only", document(*statements))
        return role

    return service.transact(make)


def trusting(who, **more):
    return {"Effect": "Allow", "Principal": {"AWS": who}, "Action": "sts:AssumeRole", **more}


def test_a_role_is_assumed(served):
    role = new_role(served, "sender", allow("ses:SendEmail", f"{ARN}:identity/example.com"))
    sts = client_of(served, "sts", new_key(served))
    answer = sts.assume_role(RoleArn=role.arn, RoleSessionName="job-1")
    assert answer["AssumedRoleUser"] == {
        "AssumedRoleId": f"{role.role_id}:job-1",
        "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/sender/job-1",
    }
    assert session_client(served, "sts", answer).get_caller_identity()["UserId"] == f"{role.role_id}:job-1"
    client = session_client(served, "sesv2", answer)
    client.send_email(**mail())
    assert refused(client.send_email, **mail("news@example.org"))[2].startswith(
        f"User `arn:aws:sts::{ACCOUNT}:assumed-role/sender/job-1' is not authorized"
    )
    assert refused(client.get_account)[0] == "AccessDeniedException"


def test_a_session_policy_takes_away(served):
    role = new_role(served, "both", allow(["ses:SendEmail", "ses:GetAccount"]))
    sts = client_of(served, "sts", new_key(served))
    answer = sts.assume_role(
        RoleArn=role.arn, RoleSessionName="less", Policy=document(allow(["ses:GetAccount", "ses:ListContactLists"]))
    )
    assert 0 < answer["PackedPolicySize"] <= 100
    client = session_client(served, "sesv2", answer)
    client.get_account()
    assert refused(client.send_email, **mail())[0] == "AccessDeniedException"
    assert refused(client.list_contact_lists)[2].endswith(
        "because no identity-based policy allows the ses:ListContactLists action"
    )
    for policy, code in (("{", "MalformedPolicyDocument"), (document(allow("ses:Get*" * 300)), "ValidationError")):
        assert refused(sts.assume_role, RoleArn=role.arn, RoleSessionName="run", Policy=policy)[0] == code


def test_a_role_is_assumed_by_whom_it_trusts(served):
    other = new_role(served, "cross", allow("ses:GetAccount"), trust=[trusting(OTHER_ACCOUNT)])
    theirs = client_of(served, "sts", key_of(OTHER_ACCOUNT))
    answer = theirs.assume_role(RoleArn=other.arn, RoleSessionName="visit")
    assert session_client(served, "sts", answer).get_caller_identity()["Account"] == ACCOUNT
    mine = client_of(served, "sts", new_key(served))
    denied = f"User: {USER} is not authorized to perform: sts:AssumeRole on resource: "
    assert refused(mine.assume_role, RoleArn=other.arn, RoleSessionName="run") == (
        "AccessDenied",
        403,
        denied + other.arn,
    )
    missing = f"arn:aws:iam::{ACCOUNT}:role/missing"
    assert refused(mine.assume_role, RoleArn=missing, RoleSessionName="run") == ("AccessDenied", 403, denied + missing)


def test_an_external_id_may_be_asked_for(served):
    condition = {"StringEquals": {"sts:ExternalId": "secret-1"}}
    role = new_role(served, "external", allow(), trust=[trusting(USER, Condition=condition)])
    sts = client_of(served, "sts", new_key(served))
    sts.assume_role(RoleArn=role.arn, RoleSessionName="run", ExternalId="secret-1")
    assert refused(sts.assume_role, RoleArn=role.arn, RoleSessionName="run")[0] == "AccessDenied"


def test_the_caller_s_own_policies_are_asked_too(served):
    role = new_role(served, "asked", allow())
    sts = client_of(served, "sts", new_key(served, allow("ses:*")))
    assert "sts:AssumeRole" in refused(sts.assume_role, RoleArn=role.arn, RoleSessionName="run")[2]
    may = client_of(served, "sts", new_key(served, allow("sts:AssumeRole", role.arn)))
    may.assume_role(RoleArn=role.arn, RoleSessionName="run")


def test_chained_roles_and_durations(served):
    first = new_role(served, "first", allow("sts:AssumeRole"), max_seconds=7200)
    second = new_role(served, "second", allow("ses:GetAccount"), max_seconds=7200, trust=[trusting(first.arn)])
    sts = client_of(served, "sts", new_key(served))
    too_long = refused(sts.assume_role, RoleArn=first.arn, RoleSessionName="run", DurationSeconds=7201)
    assert too_long[0] == "ValidationError" and "MaxSessionDuration" in too_long[2]
    chained = session_client(served, "sts", sts.assume_role(RoleArn=first.arn, RoleSessionName="run"))
    answer = chained.assume_role(RoleArn=second.arn, RoleSessionName="next")
    session_client(served, "sesv2", answer).get_account()
    text = refused(chained.assume_role, RoleArn=second.arn, RoleSessionName="next", DurationSeconds=7200)[2]
    assert "1 hour session limit for roles assumed by role chaining" in text


def test_sessions_end_with_their_role_and_their_key(served):
    role = new_role(served, "gone", allow())
    key = new_key(served)
    answer = client_of(served, "sts", key).assume_role(RoleArn=role.arn, RoleSessionName="run")
    served.transact(roles.delete, ACCOUNT, "gone")
    assert refused(session_client(served, "sesv2", answer).get_account)[0] == "UnrecognizedClientException"
    token = session_token.token_of(
        Session(
            access_key_id="ASIAORPHANORPHANORP0",
            account_id=ACCOUNT,
            source_key="AKIANEVERNEVERNEVER0",
            expires_at=2**31,
        ),
        secret := served.transact(installation.secret, session_token.NAME, b"k" * 32),
    )
    orphan = client_of(served, "sesv2", "ASIAORPHANORPHANORP0", session_token.secret_of(token, secret), token)
    assert refused(orphan.get_account)[0] == "UnrecognizedClientException"


def test_what_is_not_offered_is_said(served):
    sts = client_of(served, "sts", new_key(served))
    role = new_role(served, "plain", allow())
    for member, value in (("Tags", [{"Key": "a", "Value": "b"}]), ("TokenCode", "123456"), ("SourceIdentity", "me")):
        code, _, text = refused(sts.assume_role, RoleArn=role.arn, RoleSessionName="run", **{member: value})
        assert code == "ValidationError" and text.endswith(f"Leave out {member}.")
    assert refused(sts.get_federation_token, Name="someone")[0] == "InvalidAction"


def test_boto3_and_the_cli_assume_a_role_by_profile(served, tmp_path):
    role = new_role(served, "by-profile", allow("ses:GetAccount"))
    file = tmp_path / "config"
    file.write_text(
        f"[profile base]\nregion = {REGION}\naws_access_key_id = {new_key(served)}\naws_secret_access_key = {SECRET}\n"
        f"[profile limited]\nregion = {REGION}\nrole_arn = {role.arn}\nsource_profile = base\n"
        f"role_session_name = from-profile\nendpoint_url = {served.url}\n"
    )
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),  # the CLI keeps sessions below it
        "AWS_CONFIG_FILE": str(file),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "none"),
        "AWS_ENDPOINT_URL": served.url,
        "AWS_PROFILE": "limited",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    code = (
        "import boto3; print(boto3.client('sts').get_caller_identity()['Arn']);"
        "print(boto3.client('sesv2').get_account()['SendingEnabled'])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=True
    ).stdout
    assert said.split() == [f"arn:aws:sts::{ACCOUNT}:assumed-role/by-profile/from-profile", "True"]
    aws = shutil.which("aws", path=os.path.dirname(sys.executable)) or shutil.which("aws")
    if aws is None:
        pytest.skip("no AWS CLI")
    told = subprocess.run(
        [aws, "sts", "get-caller-identity", "--query", "Arn", "--output", "text"],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout
    assert told.strip().endswith(":assumed-role/by-profile/from-profile")


# --- SMTP and the pages beside the API ---


def test_smtp_is_measured_by_send_raw_email(served, run):
    acceptance = SmtpAcceptance(served.tools.sending, served.clock, names)

    def submit(*statements, sender="news@example.com"):
        credential = served.transact(credentials.find, new_key(served, *statements))
        content = f"From: {sender}\r\nTo: a@inbox.test\r\nSubject: Hi\r\n\r\nHi\r\n".encode()
        envelope = Envelope(
            reverse_path=ReversePath.of(AddrSpec.parse(sender)),
            recipients=(AddrSpec.parse("a@inbox.test"),),
            body=BodyType.SEVEN_BIT,
        )
        return run(
            acceptance.accept(
                SubmittedMessage(
                    credential=credential,
                    envelope=envelope,
                    content=content,
                    source_ip="127.0.0.1",
                    helo="app",
                    tls=None,
                    region=REGION,
                )
            )
        )

    submit(allow("ses:SendRawEmail", f"{ARN}:identity/example.com"))
    with pytest.raises(AccessDenied) as denied:
        submit(allow("ses:SendEmail"))
    assert (
        refusal(denied.value).encode()
        == (
            f"554 Access denied: User `{USER}' is not authorized to perform `ses:SendRawEmail' on resource"
            f" `{ARN}:identity/example.com'\r\n"
        ).encode()
    )
    with pytest.raises(AccessDenied):  # it did not come over TLS
        submit(allow("ses:SendRawEmail", Condition={"Bool": {"aws:SecureTransport": "true"}}))


@pytest.fixture(scope="module")
def page(served):
    """`page(method, path, body, **credentials)`: a signed request to the pages of access keys on the same store."""
    app = create_app(
        store=served.store,
        clock=served.clock,
        region=REGION,
        names=names(REGION),
        page_secret=b"secret of the test",
        routes=CredentialPages(served.store).table(),
    )
    api = Api(app)

    def ask(method, path, body=None, *, key=None, secret=SECRET, token=None):
        data = b"" if body is None else json.dumps(body).encode()
        request = AWSRequest(method=method, url=f"http://localhost:8600{path}", data=data)
        SigV4Auth(Credentials(key or key_of(ACCOUNT), secret, token), "ses", REGION).add_auth(request)
        answer = api.send(method, path, "", {"Host": "localhost:8600", **dict(request.headers.items())}, data)
        return answer.status, json.loads(answer.body)

    yield ask
    api.close()


def test_policies_by_page(served, page):
    key = new_key(served)
    path = f"/tayori/credentials/{key}/policy"
    policy = json.loads(document(allow("ses:GetAccount")))
    assert page("PUT", f"{path}/reads", policy) == (200, {"policies": [{"name": "reads", "document": policy}]})
    assert page("GET", path)[1]["policies"][0]["name"] == "reads"
    rotated = page("POST", f"/tayori/credentials/{key}/rotate")[1]
    client = client_of(served, "sesv2", rotated["access_key_id"], rotated["secret_access_key"])
    assert refused(client.send_email, **mail())[0] == "AccessDeniedException"  # the new key may do no more
    assert page("PUT", f"{path}/bad", {"Statement": []})[0] == 400
    assert page("DELETE", f"{path}/reads") == (200, {"policies": []})
    assert page("GET", "/tayori/credentials/AKIANONE/policy")[0] == 404


def test_pages_have_actions_of_their_own(served, page):
    reads = new_key(served, allow("tayori:Read", f"arn:aws:tayori:*:{ACCOUNT}:credentials*"))
    assert page("GET", "/tayori/credentials", key=reads)[0] == 200
    status, said = page("POST", "/tayori/credentials", {"user_name": "me"}, key=reads)
    assert status == 403 and "tayori:Write on resource: arn:aws:tayori:" in said["message"]
    assert page("GET", "/tayori/credentials", key=new_key(served, allow("ses:*")))[0] == 403


def test_a_session_makes_no_keys(served, page):
    given = client_of(served, "sts", new_key(served)).get_session_token()["Credentials"]
    session = {"key": given["AccessKeyId"], "secret": given["SecretAccessKey"], "token": given["SessionToken"]}
    assert page("GET", "/tayori/credentials", **session)[0] == 200
    assert page("POST", "/tayori/credentials", {"user_name": "me"}, **session)[0] == 403
