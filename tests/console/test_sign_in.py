"""Signing in, as people do it and as attackers try it: over a socket, with what a browser would send."""

import asyncio
import gzip
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from signing_in import OTHER_ACCOUNT, PASSWORD, Door, Person, running

from population import ACCOUNT
from tayori.api.registry import load_operations
from tayori.clock import AdjustableClock
from tayori.console.passwords import Busy, Passwords
from tayori.model import console_session, role
from tayori.model.role import Role
from tayori.store.engine import Store
from tayori.store.user_tables import console_sessions, sign_in_attempts

SESSION = "/tayori/console/session"
ASSET = "assets/app-1a2b3c.js"


@pytest.fixture
def database_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'tayori.db'}"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "static"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<!doctype html><title>Tayori</title>")
    script = b"console.log(1);" * 200
    (folder / ASSET).write_bytes(script)
    (folder / f"{ASSET}.gz").write_bytes(gzip.compress(script))
    (folder / f"{ASSET}.br").write_bytes(b"as Brotli has it")
    (tmp_path / "secret.json").write_text("{}")
    return folder


@pytest.fixture
def door(store: Store, clock: AdjustableClock, files: Path) -> Iterator[Door]:
    with running(store, clock, files) as door:
        yield door


# -- in and out --------------------------------------------------------------------------------------------------------


def test_the_first_user_comes_by_a_link_that_works_once(door: Door) -> None:
    nobody = door.person()
    assert nobody.session()["firstStart"] is True
    token, later = door.link(), door.link()
    hanako = nobody.follow(token, "Hanako")
    said = hanako.session()
    assert said["signedIn"] is True
    assert said["user"]["name"] == "hanako"
    assert [one["role"] for one in said["accounts"]] == ["operator", "operator"]
    for used in (token, later, "no such token", "", 7):
        body = {"token": used, "name": "taro", "password": PASSWORD}
        assert door.person().ask("POST", "/tayori/console/first-user", body).status_code == 404
    assert door.person().session()["firstStart"] is False


def test_a_link_is_over_after_a_day(door: Door, clock: AdjustableClock) -> None:
    token = door.link()
    clock.advance(24 * 3600 + 1)
    body = {"token": token, "name": "taro", "password": PASSWORD}
    assert door.person().ask("POST", "/tayori/console/first-user", body).status_code == 404


@pytest.mark.parametrize("password", ["", "short", "aaaaaaaaaaaaaaaa", "x" * 257, None, ["a"], "abababababababab"])
def test_passwords_that_are_none(door: Door, password: object) -> None:
    body = {"token": door.link(), "name": "taro", "password": password}
    answer = door.person().ask("POST", "/tayori/console/first-user", body)
    assert answer.status_code == 400
    assert "password" in answer.json()["message"]


def test_who_signs_out_is_out_with_every_copy_of_the_cookie(door: Door) -> None:
    hanako = door.operator()
    cookie = hanako.cookie
    assert hanako.ask("GET", "/v2/email/account").status_code == 200
    assert hanako.ask("DELETE", SESSION).status_code == 200
    hanako.http.cookies.set("tayori_session", cookie)
    assert hanako.session()["signedIn"] is False
    assert hanako.ask("GET", "/v2/email/account").status_code == 401


def test_each_sign_in_has_a_token_of_its_own_and_ends_the_one_before(door: Door) -> None:
    """Whoever put a cookie into somebody's browser knows nothing of the session that follows."""
    hanako = door.operator()
    fixed = "A" * 43
    hanako.http.cookies.clear()
    hanako.http.cookies.set("tayori_session", fixed)
    answer = hanako.sign_in("hanako")
    first = answer.cookies["tayori_session"]
    assert first != fixed
    hanako.http.cookies.clear()
    hanako.http.cookies.set("tayori_session", first)
    second = hanako.sign_in("hanako").cookies["tayori_session"]
    thief = door.person()
    for token in (fixed, first):
        thief.http.cookies.set("tayori_session", token)
        assert thief.session()["signedIn"] is False
    assert second not in (fixed, first)


def test_the_cookie_is_kept_from_scripts_and_from_other_sites(door: Door) -> None:
    door.operator()
    given = door.person().sign_in("hanako").headers["set-cookie"]
    assert {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=604800"} <= set(given.split("; "))


def test_over_tls_the_cookie_is_bound_to_the_host(store: Store, clock: AdjustableClock, files: Path) -> None:
    with running(store, clock, files, public_url="https://mail.example.com") as door:
        token = door.link()
        body = {"token": token, "name": "hanako", "password": PASSWORD}
        given = door.person().ask("POST", "/tayori/console/first-user", body).headers["set-cookie"]
    assert given.startswith("__Host-tayori_session=")
    assert "Secure" in given.split("; ")
    assert "Domain" not in given


def test_only_digests_are_kept(door: Door, tmp_path: Path) -> None:
    hanako = door.operator()
    rows = door.transact(lambda tx: [row.token_digest for row in tx.execute(sa.select(console_sessions))])
    assert rows == [console_session.digest(hanako.cookie)]
    everything = b"".join(path.read_bytes() for path in tmp_path.glob("tayori.db*"))
    assert hanako.cookie.encode() not in everything
    assert PASSWORD.encode() not in everything
    assert b"$argon2id$" in everything


def test_sessions_end_when_idle_and_in_any_case(store: Store, clock: AdjustableClock, files: Path) -> None:
    with running(store, clock, files, idle=timedelta(minutes=30)) as door:
        hanako = door.operator()

        def set_back(**columns: timedelta) -> None:
            now = clock.wall()
            values = {name: now - age for name, age in columns.items()}
            door.transact(lambda tx: tx.execute(console_sessions.update().values(**values)))

        set_back(seen_at=timedelta(minutes=29))
        assert hanako.session()["signedIn"] is True
        assert hanako.ask("GET", "/v2/email/account").status_code == 200  # which is seen
        set_back(expires_at=timedelta(seconds=1))
        assert hanako.session()["signedIn"] is False
        set_back(expires_at=-timedelta(hours=1), seen_at=timedelta(minutes=31))
        assert hanako.ask("GET", "/v2/email/account").status_code == 401
        clock.advance(30 * 24 * 3600)  # the rehearsal's clock signs nobody out
        set_back(seen_at=timedelta(minutes=1))
        assert hanako.session()["signedIn"] is True


# -- guesses -----------------------------------------------------------------------------------------------------------


def test_nobody_learns_which_names_there_are(door: Door) -> None:
    door.operator()
    wrong, unknown = (door.person().sign_in(name, "not this one at all") for name in ("hanako", "nobody"))
    assert (wrong.status_code, wrong.content) == (unknown.status_code, unknown.content) == (401, wrong.content)


def test_guesses_end_after_ten_and_say_the_same_of_every_name(door: Door) -> None:
    door.operator()
    for name in ("hanako", "nobody"):
        answers = [door.person().sign_in(name, f"guess number {number}").status_code for number in range(12)]
        assert answers == [401] * 10 + [429] * 2, name
    assert door.person().sign_in("hanako").status_code == 429
    old = timedelta(minutes=16)
    moved = sign_in_attempts.update().values(since=door.store.clock.wall() - old)
    door.transact(lambda tx: tx.execute(moved))
    assert door.person().sign_in("hanako").status_code == 200


def test_guesses_at_many_names_end_too(door: Door) -> None:
    statuses = {door.person().sign_in(f"user{number}", "a guess like any other").status_code for number in range(59)}
    assert statuses == {401}
    assert [door.person().sign_in(f"more{number}", "a guess").status_code for number in range(2)] == [401, 429]


def test_more_guesses_than_can_be_heard_are_turned_away() -> None:
    async def many() -> list[object]:
        passwords = Passwords()
        kept = await passwords.hash(PASSWORD)
        guesses = (passwords.is_right(kept, PASSWORD) for _ in range(45))
        return await asyncio.gather(*guesses, return_exceptions=True)

    found = asyncio.run(many())
    assert sum(isinstance(one, Busy) for one in found) == 5
    assert [one for one in found if not isinstance(one, Busy)] == [True] * 40


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"{", b'{"name": 1, "password": {}}', b'{"name": "\\ud800", "password": "\\ud800"}', b"[" * 9999],
)
def test_rubbish_is_refused(door: Door, body: bytes) -> None:
    headers = {"content-type": "application/json", "origin": door.origin}
    assert door.person().http.post(SESSION, content=body, headers=headers).status_code in (400, 401)


# -- other sites -------------------------------------------------------------------------------------------------------

FOREIGN = (
    {"X_Tayori_CSRF": ""},
    {"X_Tayori_CSRF": "0" * 64},
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
)


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_request_that_no_page_of_ours_makes_changes_nothing(door: Door, headers: dict[str, str]) -> None:
    hanako = door.operator()
    changes = (
        ("POST", "/v2/email/identities", {"EmailIdentity": "example.com"}),
        ("PUT", "/v2/email/account/sending", {"SendingEnabled": False}),
        ("POST", "/tayori/invitations", {"role": "administrator"}),
        ("POST", "/tayori/console/password", {"old": PASSWORD, "new": "another long password"}),
        ("DELETE", "/tayori/console/sessions", None),
        ("DELETE", SESSION, None),
    )
    for method, path, body in changes:
        answer = hanako.ask(method, path, body, **headers)
        assert answer.status_code == 403, (method, path, answer.text)
    assert hanako.session()["signedIn"] is True


@pytest.mark.parametrize("headers", [{"Sec_Fetch_Site": "cross-site"}, {"Origin": "https://evil.example"}], ids=str)
def test_nobody_is_signed_in_as_somebody_else_by_another_site(door: Door, headers: dict[str, str]) -> None:
    door.operator()
    victim = door.person()
    body = {"name": "hanako", "password": PASSWORD}
    assert victim.ask("POST", SESSION, body, **headers).status_code == 403
    form = {"content-type": "text/plain", "origin": door.origin}
    assert victim.http.post(SESSION, json=body, headers=form).status_code == 400
    assert not victim.http.cookies


def test_a_link_in_a_mail_is_no_call_of_the_api(door: Door) -> None:
    """A mail program opens it, so the browser sends the cookie, as with what one types: `Sec-Fetch-Site: none`."""
    hanako = door.operator()
    for query in ("Action=DeleteIdentity&Identity=example.com", "Action=GetSendQuota&Version=2010-12-01"):
        answer = hanako.ask("GET", f"/?{query}", X_Tayori_CSRF="", Origin="", Sec_Fetch_Site="none")
        assert answer.status_code == 403


def test_a_word_is_good_for_its_own_session_only(door: Door) -> None:
    hanako, jiro = door.operator(), door.member("jiro", "administrator")
    answer = jiro.ask("PUT", "/v2/email/account/sending", {"SendingEnabled": False}, X_Tayori_CSRF=hanako.csrf)
    assert answer.status_code == 403


@pytest.mark.parametrize("token", ["", "x", "A" * 43, "' OR 1=1 --", "A" * 5000, "\u00e9" * 43])
def test_forged_cookies_open_nothing(door: Door, token: str) -> None:
    door.operator()
    headers = {"Cookie": f"tayori_session={token}".encode()}
    for path in ("/v2/email/account", "/tayori/users", "/tayori/console/sessions"):
        assert door.person().http.get(path, headers=headers).status_code in (400, 401, 403)
    assert door.person().http.get(SESSION, headers=headers).json()["signedIn"] is False


def test_two_cookies_of_the_name_are_none(door: Door) -> None:
    hanako = door.operator()
    headers = {"Cookie": f"tayori_session={hanako.cookie}; tayori_session={'B' * 43}"}
    assert door.person().http.get(SESSION, headers=headers).json()["signedIn"] is False


# -- roles -------------------------------------------------------------------------------------------------------------

READS = ("Get", "List", "BatchGet", "Describe", "CheckIf")


@pytest.mark.parametrize("registered", list(load_operations()), ids=lambda one: f"{one.service}-{one.operation}")
def test_what_each_role_may_call(registered: object) -> None:
    """Held against the names, over every operation that is offered."""
    name = registered.operation  # type: ignore[attr-defined]
    may = {one for one in Role if role.may_call(one, name)}
    reads = name.startswith(READS) and name != "GetExportJob"
    sends = name.startswith(("Send", "TestRender")) and name != "SendCustomVerificationEmail"
    assert (Role.VIEWER in may) is reads
    assert (Role.SENDER in may) is (reads or sends)
    assert {Role.ADMINISTRATOR, Role.OPERATOR} <= may


def test_roles_are_enforced_where_the_api_is_called(door: Door) -> None:
    door.operator()
    viewer, sender = door.member("viewer", "viewer"), door.member("sender", "sender")
    admin = door.member("admin", "administrator")
    create = ("POST", "/v2/email/configuration-sets", {"ConfigurationSetName": "one"})
    refused = viewer.ask(*create)
    assert refused.status_code == 403
    assert refused.headers["x-amzn-errortype"].startswith("AccessDeniedException")
    wanted = f"User: arn:aws:iam::{ACCOUNT}:user/viewer is not authorized to perform: ses:CreateConfigurationSet"
    assert refused.json()["message"] == wanted
    assert sender.ask(*create).status_code == 403
    assert admin.ask(*create).status_code == 200
    for person in (viewer, sender, admin):
        assert person.ask("GET", "/v2/email/account").status_code == 200
    mail = {"FromEmailAddress": "a@example.com", "Destination": {}, "Content": {"Simple": {}}}
    assert viewer.ask("POST", "/v2/email/outbound-emails", mail).status_code in (400, 403)
    assert viewer.ask("GET", "/tayori/users").status_code == 403
    assert admin.ask("GET", "/tayori/users").status_code == 200


def test_a_query_service_is_named_and_enforced_likewise(door: Door) -> None:
    viewer = door.member("viewer", "viewer")

    def call(person: Person, action: str, service: str) -> tuple[int, str]:
        form = f"Action={action}&Name=alerts&Version=2010-03-31"
        headers = {
            "X-Tayori-CSRF": person.csrf,
            "X-Tayori-Service": service,
            "Content-Type": "application/x-www-form-urlencoded",
        }
        answer = person.http.post("/", content=form, headers=headers)
        return answer.status_code, answer.text

    assert call(viewer, "ListTopics", "sns")[0] == 200
    status, text = call(viewer, "CreateTopic", "sns")
    assert status == 403
    assert "is not authorized to perform: sns:CreateTopic" in text
    assert call(viewer, "ListTopics", "s3")[0] in (400, 403, 404)


def test_an_account_that_is_not_ones_own_stays_closed(door: Door) -> None:
    admin = door.member("admin", "administrator")
    for account in (OTHER_ACCOUNT, "000000000000", "x" * 500, "1' OR '1'='1", "\u00e9"):
        admin.account = account
        assert admin.ask("GET", "/v2/email/account").status_code == 403


def test_what_is_taken_away_is_gone_at_once(door: Door) -> None:
    hanako, admin = door.operator(), door.member("admin", "administrator")
    assert admin.ask("GET", "/v2/email/account").status_code == 200
    assert hanako.ask("PUT", "/tayori/users/admin", {"role": "viewer"}).status_code == 200
    assert admin.ask("PUT", "/v2/email/account/sending", {"SendingEnabled": True}).status_code == 403
    assert hanako.ask("POST", "/tayori/users/admin/disable").status_code == 200
    assert admin.ask("GET", "/v2/email/account").status_code == 401
    assert admin.sign_in("admin").status_code == 401


# -- one's own ---------------------------------------------------------------------------------------------------------


def test_a_new_password_ends_all_other_sessions(door: Door) -> None:
    hanako, elsewhere = door.operator(), door.person()
    elsewhere.entered(elsewhere.sign_in("hanako"))
    before, new = hanako.cookie, "an entirely new password"
    wrong = hanako.ask("POST", "/tayori/console/password", {"old": "not the old one", "new": new})
    assert (wrong.status_code, wrong.json()["message"]) == (400, "The present password is wrong.")
    hanako.entered(hanako.ask("POST", "/tayori/console/password", {"old": PASSWORD, "new": new}))
    assert hanako.cookie != before
    assert hanako.session()["signedIn"] is True
    assert elsewhere.session()["signedIn"] is False
    assert elsewhere.sign_in("hanako").status_code == 401
    assert elsewhere.sign_in("hanako", new).status_code == 200


def test_sessions_are_listed_and_ended(door: Door) -> None:
    hanako, elsewhere = door.operator(), door.person()
    elsewhere.entered(elsewhere.sign_in("hanako"))
    found = hanako.ask("GET", "/tayori/console/sessions").json()["sessions"]
    assert sorted(one["isThis"] for one in found) == [False, True]
    assert not any(hanako.cookie in str(one) or console_session.digest(hanako.cookie) in str(one) for one in found)
    other = next(one["id"] for one in found if not one["isThis"])
    stranger = door.member("admin", "administrator")
    assert stranger.ask("DELETE", f"/tayori/console/sessions/{other}").status_code == 404
    assert hanako.ask("DELETE", f"/tayori/console/sessions/{other}").status_code == 200
    assert elsewhere.session()["signedIn"] is False


def test_a_profile_is_kept(door: Door) -> None:
    hanako = door.operator()
    given = {"displayName": " 花子  山田 ", "language": "ja", "theme": "dark"}
    assert hanako.ask("PATCH", "/tayori/console/user", given).status_code == 200
    user = hanako.session()["user"]
    assert (user["displayName"], user["language"], user["theme"]) == ("花子 山田", "ja", "dark")
    for bad in ({"language": "fr"}, {"theme": ["dark"]}, {"displayName": "x" * 101}, {"displayName": "a\0b"}):
        assert hanako.ask("PATCH", "/tayori/console/user", bad).status_code == 400


# -- files -------------------------------------------------------------------------------------------------------------


def test_pages_and_files_are_served_with_a_strict_policy(door: Door) -> None:
    person = door.person()
    page = person.http.get("/console/123456789012/us-east-1/identities?x=1")
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-cache")
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert page.headers["x-content-type-options"] == "nosniff"
    asset = person.http.get(f"/console/{ASSET}")
    assert "immutable" in asset.headers["cache-control"]
    assert asset.headers["content-encoding"] == "gzip"
    assert asset.text.startswith("console.log")
    for accepted, coding in (("gzip, deflate, br", "br"), ("gzip, br;q=0", "gzip"), ("identity", None), ("", None)):
        with person.http.stream("GET", f"/console/{ASSET}", headers={"Accept-Encoding": accepted}) as answer:
            assert answer.headers.get("content-encoding") == coding
            assert answer.headers["vary"] == "accept-encoding"
    assert person.http.get(f"/console/{ASSET}.br").status_code == 404  # no file of its own
    assert person.http.get("/console/assets/gone.js").status_code == 404
    assert person.http.post("/console/").status_code == 405
    home = person.http.get("/", headers={"Accept": "text/html"})
    assert (home.status_code, home.headers["location"]) == (302, "/console/")


@pytest.mark.parametrize(
    "path", ["../secret.json", "..%2fsecret.json", "assets/../../secret.json", "%2e%2e/secret.json", "..\\secret.json"]
)
def test_no_path_leads_out_of_the_folder(door: Door, path: str) -> None:
    async def raw() -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", door.port)
        writer.write(f"GET /console/{path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = await reader.read()
        writer.close()
        return answer

    answer = asyncio.run(raw())
    assert b"<title>Tayori</title>" in answer or b" 404 " in answer.partition(b"\r\n")[0]


def test_a_page_says_how_to_build_the_console(store: Store, clock: AdjustableClock, tmp_path: Path) -> None:
    with running(store, clock, tmp_path / "nothing") as door:
        answer = door.person().http.get("/console/")
    assert answer.status_code == 503
    assert "make console" in answer.text
    assert "ビルドされていません" in answer.text
