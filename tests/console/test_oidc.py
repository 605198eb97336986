"""Signing in by another service: as people do it with a provider that is not ours, and as attackers try it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from provider import CLIENT, KEY, OTHER_KEY, Provider, public_jwk
from provider import running as providing
from signing_in import OTHER_ACCOUNT, Door, Person, running

from population import ACCOUNT
from tayori.clock import AdjustableClock
from tayori.config import Config, ConfigError, check, load
from tayori.model import console_session, sign_in_provider
from tayori.model.errors import Invalid
from tayori.resources import audit, users
from tayori.store.engine import Store

BASE = "/tayori/console/oidc/company"
PUBLIC_PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'tayori.db'}"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    folder.mkdir()
    (folder / "index.html").write_text("<!doctype html><title>Tayori</title>")
    return folder


@pytest.fixture
def provider() -> Iterator[Provider]:
    with providing() as provider:
        yield provider


@pytest.fixture
def settings() -> dict[str, Any]:
    return {}


@pytest.fixture
def door(
    store: Store, clock: AdjustableClock, files: Path, provider: Provider, settings: dict[str, Any]
) -> Iterator[Door]:
    with running(store, clock, files, oidc=provider.settings(**settings)) as door:
        yield door


creating = pytest.mark.parametrize("settings", [{"create_users": True}])


def go(person: Person, path: str = BASE) -> dict[str, str]:
    """To the provider's page: what it is asked."""
    answer = person.ask("GET", path)
    assert answer.status_code == 303, answer.text
    return {name: value[0] for name, value in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def back(person: Person, **said: str) -> str:
    """From the provider's page, as a browser comes: without the session's cookie. Where it is led."""
    kept = person.http.cookies.get("tayori_session")
    if kept:
        person.http.cookies.delete("tayori_session")
    answer = person.http.get(f"{BASE}/return", params=said, headers={"Sec-Fetch-Site": "cross-site"})
    if kept and "tayori_session" not in person.http.cookies:
        person.http.cookies.set("tayori_session", kept)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def enter(person: Person, provider: Provider, **more: Any) -> str:
    asked = go(person)
    provider.sign({**provider.claims(asked["nonce"]), **more})
    return back(person, code="c", state=asked["state"])


def logged(door: Door, account_id: str = ACCOUNT) -> list[tuple[str, str, str, str]]:
    found, _ = door.transact(audit.listed, account_id, audit.Filter())
    return [(one.operation, one.actor, one.resource, one.outcome) for one in found]


# -- with a provider that is not ours ----------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of its own libraries
def test_a_user_links_a_sign_in_and_comes_by_it(store: Store, clock: AdjustableClock, files: Path) -> None:
    from oidc_provider_mock import User as Known
    from oidc_provider_mock import run_server_in_thread

    known = Known(sub="alice", claims={"email": "alice@example.com", "email_verified": True})
    with run_server_in_thread(user_claims=(known,), require_nonce=True) as server:
        issuer = f"http://localhost:{server.server_port}"
        given = {"company": {"issuer": issuer, "client_id": CLIENT, "client_secret": "env:COMPANY"}}
        with running(store, clock, files, oidc=given) as door:
            hanako = door.operator()
            token = hanako.cookie
            url = hanako.ask("POST", f"{BASE}/link", {"to": "/x/y/profile"}).json()["url"]
            assert back(hanako, **agreed(url)) == "/console/x/y/profile?linked=company"
            assert hanako.cookie == token  # still the session that asked
            again = door.person()
            url = again.ask("GET", BASE).headers["location"]
            assert back(again, **agreed(url)) == "/console/"
            assert again.session()["user"]["name"] == "hanako"
            # Whoever else comes from there is nobody here.
            other = door.person()
            url = other.ask("GET", BASE).headers["location"]
            assert back(other, **agreed(url, sub="mallory")) == "/console/sign-in?failed=unknown"
            assert other.session()["signedIn"] is False
            url = other.ask("GET", BASE).headers["location"]
            assert back(other, **agreed(url, action="deny")) == "/console/sign-in?failed=refused"


def agreed(url: str, **form: str) -> dict[str, str]:
    """What the provider's page answers with, once somebody has said yes."""
    answer = httpx.post(url, data=form or {"sub": "alice"}, timeout=30)
    assert answer.status_code == 302, answer.text
    return {name: value[0] for name, value in parse_qs(urlsplit(answer.headers["location"]).query).items()}


# -- the way there and back --------------------------------------------------------------------------------------------


def test_what_the_provider_is_asked(door: Door, provider: Provider) -> None:
    hanako = door.operator()
    url = hanako.ask("POST", f"{BASE}/link", {"to": "/"}).json()["url"]
    asked = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == f"{door.origin}{BASE}/return"
    assert asked["scope"] == "openid profile email"
    assert asked["code_challenge_method"] == "S256"
    provider.sign(provider.claims(asked["nonce"]))
    assert back(hanako, code="the code", state=asked["state"]).endswith("linked=company")
    [form] = [form for path, form, _ in provider.asked if path == "/token"]
    [basic] = [header for path, _, header in provider.asked if path == "/token"]
    assert sign_in_provider.challenge(form["code_verifier"][0]) == asked["code_challenge"]
    assert form["code"] == ["the code"]
    assert httpx.BasicAuth(CLIENT, "what%20the%20provider%20knows%20us%20by")._auth_header == basic
    assert "client_secret" not in form


def test_the_sign_in_page_is_told_who_else_lets_people_in(door: Door) -> None:
    assert door.person().session()["ways"]["oidc"] == [{"id": "company", "name": "Company", "nameJa": "Company"}]


@creating
def test_a_new_user_comes_with_the_role_that_the_operator_has_set(door: Door, provider: Provider) -> None:
    door.operator()
    taro = door.person()
    assert enter(taro, provider) == "/console/"
    said = taro.session()
    assert (said["user"]["name"], said["user"]["displayName"]) == ("taro", "Taro Yamada")
    assert said["accounts"] == [{"id": ACCOUNT, "name": f"account {ACCOUNT}", "role": "viewer"}]
    second = door.person()
    assert enter(second, provider, sub="subject-2") == "/console/"
    assert second.session()["user"]["name"] == "taro-2"  # a name is nobody's way in
    assert ("CreateUser", "taro", "taro", "done") in logged(door)


@pytest.mark.parametrize(
    "to", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nX: y", "x", "/é"]
)
@creating
def test_nobody_is_led_elsewhere_afterwards(door: Door, provider: Provider, to: str) -> None:
    taro = door.person()
    answer = taro.http.get(BASE, params={"to": to})
    asked = {name: value[0] for name, value in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    provider.sign(provider.claims(asked["nonce"]))
    assert back(taro, code="c", state=asked["state"]) == "/console/"


@creating
def test_a_page_of_the_console_is_come_back_to(door: Door, provider: Provider) -> None:
    taro = door.person()
    asked = go(taro, f"{BASE}?to=/1/us-east-1/identities%3Ffilter%3Da")
    provider.sign(provider.claims(asked["nonce"]))
    assert back(taro, code="c", state=asked["state"]) == "/console/1/us-east-1/identities?filter=a"


@creating
def test_a_way_back_is_used_once_and_by_the_browser_that_began_it(door: Door, provider: Provider) -> None:
    """Whoever is led to an attacker's way back would be signed in as the attacker (login CSRF)."""
    attacker, victim = door.person(), door.person()
    asked = go(attacker)
    provider.sign(provider.claims(asked["nonce"]))
    assert back(victim, code="c", state=asked["state"]) == "/console/sign-in?failed=expired"
    go(victim)  # a cookie of a way of their own helps nothing
    asked = go(attacker)
    assert back(victim, code="c", state=asked["state"]) == "/console/sign-in?failed=expired"
    assert victim.session()["signedIn"] is False
    assert enter(attacker, provider) == "/console/"
    asked = go(attacker)
    provider.sign(provider.claims(asked["nonce"]))
    seal = attacker.http.cookies["tayori_oidc"]
    assert back(attacker, code="c", state=asked["state"]) == "/console/"
    attacker.http.cookies.set("tayori_oidc", seal)
    assert back(attacker, code="c", state=asked["state"]) == "/console/sign-in?failed=expired"
    for state in ("", "no such state", "A" * 43):
        assert back(attacker, code="c", state=state) == "/console/sign-in?failed=expired"


def test_another_site_begins_no_way(door: Door) -> None:
    answer = door.person().ask("GET", BASE, Sec_Fetch_Site="cross-site")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/sign-in")
    assert "set-cookie" not in answer.headers


@creating
def test_the_session_is_a_new_one(door: Door, provider: Provider) -> None:
    taro = door.person()
    fixed = "A" * 43
    taro.http.cookies.set("tayori_session", fixed)
    asked = go(taro)
    provider.sign(provider.claims(asked["nonce"]))
    answer = taro.http.get(f"{BASE}/return", params={"code": "c", "state": asked["state"]})
    given = [one for one in answer.headers.get_list("set-cookie") if one.startswith("tayori_session=")]
    assert len(given) == 1
    assert fixed not in given[0]
    assert {"HttpOnly", "SameSite=Strict"} <= set(given[0].split("; "))
    assert door.transact(lambda tx: users.by_name(tx, "taro")) is not None


def test_over_tls_the_cookie_of_the_way_is_bound_to_the_host(
    store: Store, clock: AdjustableClock, files: Path, provider: Provider
) -> None:
    url = "https://mail.example.com"
    with running(store, clock, files, public_url=url, oidc=provider.settings()) as door:
        given = door.person().ask("GET", BASE).headers["set-cookie"]
    assert given.startswith("__Host-tayori_oidc=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"} <= set(given.split("; "))


def test_providers_that_do_not_exist(door: Door) -> None:
    hanako = door.operator()
    for path in ("/tayori/console/oidc/other", "/tayori/console/oidc/", f"{BASE}/nothing", "/tayori/console/oidc/%00"):
        assert hanako.ask("GET", path).status_code == 404
        assert hanako.ask("POST", path, {}).status_code == 404
    assert hanako.ask("DELETE", "/tayori/console/external-users/other").status_code == 404


# -- what a provider must not get away with ----------------------------------------------------------------------------


WRONG_CLAIMS: dict[str, dict[str, Any]] = {
    "another issuer": {"iss": "https://evil.example"},
    "no issuer": {"iss": None},
    "another audience": {"aud": "somebody-else"},
    "no audience": {"aud": None},
    "for several, nobody named": {"aud": [CLIENT, "somebody-else"]},
    "for several, another named": {"aud": [CLIENT, "somebody-else"], "azp": "somebody-else"},
    "given to another": {"azp": "somebody-else"},
    "expired": {"exp": 1_700_000_000},
    "never expires": {"exp": None},
    "not yet": {"nbf": 4_000_000_000},
    "made in the future": {"iat": 4_000_000_000},
    "for another sign-in": {"nonce": "another"},
    "for no sign-in": {"nonce": None},
    "a nonce that is no text": {"nonce": ["a"]},
    "nobody": {"sub": None},
    "an empty subject": {"sub": ""},
    "a subject with a line": {"sub": "a\nb"},
    "a subject that is long": {"sub": "a" * 256},
}


@pytest.mark.parametrize("what", WRONG_CLAIMS)
@creating
def test_a_token_that_says_something_wrong(door: Door, provider: Provider, what: str) -> None:
    taro = door.person()
    assert enter(taro, provider, **WRONG_CLAIMS[what]) == "/console/sign-in?failed=provider"
    assert taro.session()["signedIn"] is False


@creating
def test_a_token_for_several_that_names_us(door: Door, provider: Provider) -> None:
    assert enter(door.person(), provider, aud=[CLIENT, "somebody-else"], azp=CLIENT) == "/console/"


def forged(claims: dict[str, Any], how: str) -> str:
    if how == "no signature":
        return jwt.encode(claims, None, algorithm="none", headers={"kid": "one"})
    if how == "the public key as a secret":
        return _hs256(claims, PUBLIC_PEM)
    if how == "the client's secret as a key":
        return _hs256(claims, b"what the provider knows us by")
    if how == "the modulus as a secret":
        return _hs256(claims, json.dumps(public_jwk()).encode())
    if how == "another's key":
        return jwt.encode(claims, OTHER_KEY, algorithm="RS256", headers={"kid": "one"})
    if how == "another's key that it brings along":
        own = public_jwk(OTHER_KEY, "two")
        return jwt.encode(claims, OTHER_KEY, algorithm="RS256", headers={"kid": "two", "jwk": own})
    if how == "another algorithm than the key's":
        return jwt.encode(claims, KEY, algorithm="RS512", headers={"kid": "one"})
    good = jwt.encode(claims, KEY, algorithm="RS256", headers={"kid": "one"})
    head, _, signature = good.split(".")
    if how == "a changed body":
        return ".".join((head, jwt.encode({**claims, "sub": "root"}, KEY, algorithm="RS256").split(".")[1], signature))
    return {"rubbish": "rubbish", "too long": good + "A" * 40_000, "empty": ""}[how]


def _hs256(claims: dict[str, Any], secret: bytes) -> str:
    """As a careless library would take it: PyJWT itself refuses to make such a token."""
    import base64
    import hashlib
    import hmac

    def part(value: bytes) -> bytes:
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    head = json.dumps({"alg": "HS256", "typ": "JWT", "kid": "one"}).encode()
    signed = part(head) + b"." + part(json.dumps(claims).encode())
    return (signed + b"." + part(hmac.new(secret, signed, hashlib.sha256).digest())).decode()


@pytest.mark.parametrize(
    "how",
    [
        *("no signature", "the public key as a secret", "the client's secret as a key", "the modulus as a secret"),
        *("another's key", "another's key that it brings along", "another algorithm than the key's", "a changed body"),
        *("rubbish", "too long", "empty"),
    ],
)
@creating
def test_a_token_that_nobody_has_signed(door: Door, provider: Provider, how: str) -> None:
    taro = door.person()
    asked = go(taro)
    provider.token = forged(provider.claims(asked["nonce"]), how)
    assert back(taro, code="c", state=asked["state"]) == "/console/sign-in?failed=provider"
    assert taro.session()["signedIn"] is False


@creating
def test_a_secret_among_the_keys_is_no_key(door: Door, provider: Provider) -> None:
    provider.keys = [{"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtc2VjcmV0", "kid": "one", "alg": "HS256"}]
    taro = door.person()
    asked = go(taro)
    provider.token = _hs256(provider.claims(asked["nonce"]), b"secret-secret-secret-secret")
    assert back(taro, code="c", state=asked["state"]) == "/console/sign-in?failed=provider"


DISCOVERY: dict[str, Any] = {
    "of another issuer": {"issuer": "https://evil.example"},
    "a page that is a script": {"authorization_endpoint": "javascript:alert(1)"},
    "a page in the clear elsewhere": {"authorization_endpoint": "http://evil.example/"},
    "a file": {"token_endpoint": "file:///etc/passwd"},
    "keys in a file": {"jwks_uri": "file:///etc/passwd"},
    "keys over gopher": {"jwks_uri": "gopher://127.0.0.1/"},
    "nothing": {"token_endpoint": None},
    "a list": {"jwks_uri": ["https://a.example"]},
    "a user in the URL": {"authorization_endpoint": "https://company.example@evil.example/"},
    "no port": {"token_endpoint": "https://a.example:99999/"},
}


@pytest.mark.parametrize("what", DISCOVERY)
def test_a_discovery_document_that_leads_elsewhere(door: Door, provider: Provider, what: str) -> None:
    provider.discovery |= DISCOVERY[what]
    answer = door.person().ask("GET", BASE)
    assert answer.headers["location"] == "/console/sign-in?failed=provider"
    assert door.operator().ask("POST", f"{BASE}/link", {"to": "/"}).status_code == 502


RAW: dict[str, tuple[int, bytes, dict[str, str]]] = {
    "too large": (200, b'{"issuer": "' + b"a" * 300_000 + b'"}', {}),
    "no JSON": (200, b"<html>", {}),
    "a list": (200, b"[]", {}),
    "deep": (200, b"[" * 100_000, {}),
    "a redirect to a file": (302, b"", {"Location": "file:///etc/passwd"}),
    "a redirect inside": (302, b"", {"Location": "http://127.0.0.1:1/"}),
    "a fault": (500, b"{}", {}),
}


@pytest.mark.parametrize("what", RAW)
@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
@creating
def test_an_answer_that_is_none(door: Door, provider: Provider, path: str, what: str) -> None:
    provider.raw[path] = RAW[what]
    taro = door.person()
    answer = taro.ask("GET", BASE)
    if path.startswith("/."):
        assert answer.headers["location"] == "/console/sign-in?failed=provider"
        return
    asked = {name: value[0] for name, value in parse_qs(urlsplit(answer.headers["location"]).query).items()}
    provider.sign(provider.claims(asked["nonce"]))
    assert back(taro, code="c", state=asked["state"]) == "/console/sign-in?failed=provider"
    assert taro.session()["signedIn"] is False


def test_a_provider_says_no_in_words_that_are_not_shown(door: Door) -> None:
    taro = door.person()
    asked = go(taro)
    words = {"error": "access_denied", "error_description": "<script>alert(1)</script>"}
    assert back(taro, **words, state=asked["state"]) == "/console/sign-in?failed=refused"


@creating
def test_an_answer_that_comes_from_another_issuer(door: Door, provider: Provider) -> None:
    """Mix-up (RFC 9207)."""
    taro = door.person()
    asked = go(taro)
    provider.sign(provider.claims(asked["nonce"]))
    said = {"code": "c", "state": asked["state"], "iss": "https://evil.example"}
    assert back(taro, **said) == "/console/sign-in?failed=provider"


def test_an_issuer_that_names_itself_has_to(
    store: Store, clock: AdjustableClock, files: Path, provider: Provider
) -> None:
    provider.discovery["authorization_response_iss_parameter_supported"] = True
    with running(store, clock, files, oidc=provider.settings(create_users=True)) as door:
        assert enter(door.person(), provider) == "/console/sign-in?failed=provider"
        taro = door.person()
        asked = go(taro)
        provider.sign(provider.claims(asked["nonce"]))
        assert back(taro, code="c", state=asked["state"], iss=provider.issuer) == "/console/"


def test_a_provider_in_a_private_network_is_not_asked(
    store: Store, clock: AdjustableClock, files: Path, provider: Provider
) -> None:
    given = provider.settings()
    given["company"]["issuer"] = "https://10.0.0.1"
    with running(store, clock, files, oidc=given) as door:
        assert door.person().ask("GET", BASE).headers["location"] == "/console/sign-in?failed=provider"


# -- who comes in ------------------------------------------------------------------------------------------------------


def test_a_stranger_is_not_let_in_and_the_log_says_so(door: Door, provider: Provider) -> None:
    door.operator()
    assert enter(door.person(), provider) == "/console/sign-in?failed=unknown"
    assert logged(door)[0] == ("SignIn", "", "taro@example.com", "Refused")


def test_an_address_is_nobodys_way_in(door: Door, provider: Provider) -> None:
    door.member("taro@example.com", "administrator")
    assert enter(door.person(), provider) == "/console/sign-in?failed=unknown"


@pytest.mark.parametrize("settings", [{"link_by_email": True}])
def test_an_address_that_is_verified_is_one_where_the_operator_says_so(door: Door, provider: Provider) -> None:
    door.member("taro@example.com", "administrator")
    for verified in (False, None, "true", 1):
        found = enter(door.person(), provider, email_verified=verified)
        assert found == "/console/sign-in?failed=unknown"
    taro = door.person()
    assert enter(taro, provider) == "/console/"
    assert taro.session()["user"]["name"] == "taro@example.com"
    # From now on it is the subject that counts.
    assert enter(door.person(), provider, email="other@example.com") == "/console/"


@pytest.mark.parametrize("settings", [{"create_users": True, "allowed_domains": ["Example.com"]}])
def test_only_people_of_a_domain(door: Door, provider: Provider) -> None:
    for email in ("taro@example.org", "taro@notexample.com", "taro@example.com.evil.example", "a@b@example.com", None):
        assert enter(door.person(), provider, email=email) == "/console/sign-in?failed=unknown"
    assert enter(door.person(), provider, email_verified=False) == "/console/sign-in?failed=unknown"
    assert enter(door.person(), provider, email="Taro@EXAMPLE.com") == "/console/"


@pytest.mark.parametrize("settings", [{"create_users": True, "role": "sender", "account": OTHER_ACCOUNT}])
def test_new_users_come_into_the_account_that_is_named(door: Door, provider: Provider) -> None:
    taro = door.person()
    assert enter(taro, provider) == "/console/"
    assert [(one["id"], one["role"]) for one in taro.session()["accounts"]] == [(OTHER_ACCOUNT, "sender")]


@pytest.mark.parametrize("settings", [{"create_users": True, "account": "000000000000"}])
def test_an_account_that_does_not_exist_lets_nobody_in(door: Door, provider: Provider) -> None:
    assert enter(door.person(), provider) == "/console/sign-in?failed=link"
    assert door.transact(users.any_exist) is False


def test_an_invitation_is_accepted_without_a_password(door: Door, provider: Provider) -> None:
    door.operator()
    token = door.link(account_id=ACCOUNT, role=users.Role.SENDER, operator=False)
    taro = door.person()
    url = taro.ask("POST", f"{BASE}/invitation", {"token": token}).json()["url"]
    asked = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
    provider.sign(provider.claims(asked["nonce"]))
    assert back(taro, code="c", state=asked["state"]) == "/console/"
    assert taro.session()["accounts"][0]["role"] == "sender"
    assert enter(door.person(), provider) == "/console/"
    # Used up, and no password opens what has none.
    for used in (token, "no such token", 7, None):
        assert door.person().ask("POST", f"{BASE}/invitation", {"token": used}).status_code == 404
    for password in ("", "correct horse battery staple"):
        assert door.person().sign_in("taro", password).status_code == 401
    # The same sign-in is nobody else.
    other = door.person()
    more = door.link(account_id=ACCOUNT, role=users.Role.SENDER, operator=False)
    url = other.ask("POST", f"{BASE}/invitation", {"token": more}).json()["url"]
    asked = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
    provider.sign(provider.claims(asked["nonce"]))
    assert back(other, code="c", state=asked["state"]) == "/console/sign-in?failed=taken"
    assert door.transact(users.invitation, console_session.digest(more)) is not None


def test_a_link_for_a_new_password_links_no_sign_in(door: Door) -> None:
    door.operator()
    whose = door.transact(users.get, "hanako")
    token = door.link(user_id=whose.user_id, operator=False)
    assert door.person().ask("POST", f"{BASE}/invitation", {"token": token}).status_code == 404


def test_linking_takes_our_own_page_and_a_session_that_lives(door: Door, provider: Provider) -> None:
    hanako = door.operator()
    assert hanako.ask("POST", f"{BASE}/link", {"to": "/"}, X_Tayori_CSRF="forged").status_code == 403
    assert hanako.ask("POST", f"{BASE}/link", {"to": "/"}, Origin="https://evil.example").status_code == 403
    assert door.person().ask("POST", f"{BASE}/link", {"to": "/"}).status_code == 401
    url = hanako.ask("POST", f"{BASE}/link", {"to": "/p"}).json()["url"]
    asked = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
    provider.sign(provider.claims(asked["nonce"]))
    hanako.ask("DELETE", "/tayori/console/session")
    assert back(hanako, code="c", state=asked["state"]) == "/console/p?failed=expired"
    assert enter(door.person(), provider) == "/console/sign-in?failed=unknown"


def test_a_sign_in_belongs_to_one_user(door: Door, provider: Provider) -> None:
    hanako, jiro = door.operator(), door.member("jiro", "viewer")
    for person, end in ((hanako, "linked=company"), (jiro, "failed=taken"), (hanako, "linked=company")):
        url = person.ask("POST", f"{BASE}/link", {"to": "/p"}).json()["url"]
        asked = {name: value[0] for name, value in parse_qs(urlsplit(url).query).items()}
        provider.sign(provider.claims(asked["nonce"]))
        assert back(person, code="c", state=asked["state"]) == f"/console/p?{end}"
    own = "/tayori/console/external-users"
    assert hanako.ask("GET", own).json()["providers"][0]["linkedAt"]
    assert jiro.ask("GET", own).json()["providers"][0]["linkedAt"] is None
    assert jiro.ask("DELETE", f"{own}/company").status_code == 404
    assert hanako.ask("DELETE", f"{own}/company", X_Tayori_CSRF="forged").status_code == 403
    assert hanako.ask("DELETE", f"{own}/company").status_code == 200
    assert hanako.ask("GET", own).json()["providers"][0]["linkedAt"] is None
    assert enter(door.person(), provider) == "/console/sign-in?failed=unknown"
    said = [one[0] for one in logged(door)]
    assert {"LinkSignIn", "UnlinkSignIn"} <= set(said)


@creating
def test_the_last_way_in_is_not_taken_away(door: Door, provider: Provider) -> None:
    door.operator()
    taro = door.person()
    enter(taro, provider)
    taro.csrf = taro.session()["csrf"]
    answer = taro.ask("DELETE", "/tayori/console/external-users/company")
    assert answer.status_code == 409, answer.text


@creating
def test_who_is_disabled_does_not_come_in(door: Door, provider: Provider) -> None:
    hanako = door.operator()
    enter(door.person(), provider)
    assert hanako.ask("POST", "/tayori/users/taro/disable").status_code == 200
    assert enter(door.person(), provider) == "/console/sign-in?failed=unknown"
    assert hanako.ask("POST", "/tayori/users/taro/remove").status_code == 200
    taro = door.person()
    assert enter(taro, provider) == "/console/"  # somebody new
    assert taro.session()["user"]["name"] == "taro"


def test_ways_are_begun_at_a_bounded_pace(door: Door) -> None:
    taro = door.person()
    for _ in range(60):
        go(taro)
    assert taro.ask("GET", BASE).headers["location"] == "/console/sign-in?failed=many"


# -- settings ----------------------------------------------------------------------------------------------------------


GOOD = {"issuer": "https://login.example.com", "client_id": "tayori"}


@pytest.mark.parametrize(
    ("name", "more", "says"),
    [
        ("Company", {}, "short name"),
        ("a/b", {}, "short name"),
        ("company", {"issuer": ""}, "company.issuer"),
        ("company", {"issuer": "http://login.example.com"}, "company.issuer"),
        ("company", {"issuer": "https://a.example/?x"}, "company.issuer"),
        ("company", {"issuer": "file:///etc/passwd"}, "company.issuer"),
        ("company", {"issuer": "https://user@login.example.com"}, "company.issuer"),
        ("company", {"client_id": ""}, "company.client_id"),
        ("company", {"client_secret": "in plain sight"}, "company.client_secret"),
        ("company", {"scopes": ["email"]}, "company.scopes"),
        ("company", {"scopes": "openid"}, "company.scopes"),
        ("company", {"role": "operator"}, "company.role"),
        ("company", {"create_users": "yes"}, "company.create_users"),
        ("company", {"colour": "red"}, "company.colour does not exist"),
        ("company", {"name": "other"}, "company.name does not exist"),
    ],
)
def test_settings_that_cannot_work(tmp_path: Path, name: str, more: dict[str, Any], says: str) -> None:
    with pytest.raises(Invalid):
        sign_in_provider.provider(name, {**GOOD, **more})
    environment = {
        "TAYORI_SERVICE_DOMAIN": "example.com",
        "TAYORI_SERVICE_ROLES": "api",
        "TAYORI_CONSOLE_OIDC": json.dumps({name: {**GOOD, **more}}),
    }
    with pytest.raises(ConfigError, match=r"console\.oidc\.") as error:
        load(tmp_path, environment=environment)
    assert says in str(error.value)


def test_settings_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "tayori.toml"
    file.write_text(
        '[service]\ndomain = "example.com"\nroles = ["api"]\n'
        '[console.oidc.company]\nissuer = "https://login.example.com"\nclient_id = "tayori"\n'
        'label = "Company"\nlabel_ja = "会社"\nallowed_domains = ["example.com"]\n'
    )
    config: Config = load(tmp_path, file=file, environment={})
    check(config)
    made = sign_in_provider.provider("company", config.console.oidc["company"])
    assert (made.label_ja, made.allowed_domains, made.create_users) == ("会社", ("example.com",), False)
