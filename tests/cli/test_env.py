"""`tayori env`, `smtp-password` and `wait`: what scripts build upon."""

import json
import os
import subprocess
from pathlib import Path

from command_tests import Tayori, in_store

from tayori.app import endpoints, first_start
from tayori.app.endpoints import Endpoints
from tayori.model.smtp_password import smtp_password
from tayori.resources import accounts, credentials


def _first(service: Endpoints) -> credentials.Credential:
    return in_store(service, lambda tx: credentials.of_account(tx, accounts.all_accounts(tx)[0][0])[0])


def test_env_can_be_evaluated_by_a_shell(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    printed = tayori("env", "--data", tmp_path).out
    shell = subprocess.run(
        ["sh", "-c", f"{printed}\nenv"], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=True
    )
    values = dict(line.split("=", 1) for line in shell.stdout.splitlines() if line.startswith("AWS_"))
    key = _first(service)
    assert values == {
        "AWS_ENDPOINT_URL_SES": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_SESV2": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_SNS": "http://127.0.0.1:1",
        "AWS_ACCESS_KEY_ID": key.access_key_id,
        "AWS_SECRET_ACCESS_KEY": key.secret_access_key,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_REGION": "us-east-1",
    }


def test_env_quotes_what_a_shell_would_run(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    evil = "http://h/$(touch pwned);'\"`x`"
    content = json.loads((tmp_path / "service.json").read_text("utf-8"))
    (tmp_path / "service.json").write_text(json.dumps(content | {"http": evil}), "utf-8")
    printed = tayori("env", "--data", tmp_path).out
    shell = subprocess.run(
        ["sh", "-c", f'{printed}\nprintf %s "$AWS_ENDPOINT_URL_SES"'],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert shell.stdout == evil
    assert not (tmp_path / "pwned").exists()


def test_env_takes_away_a_session_token(tayori: Tayori, service: Endpoints, tmp_path: Path, monkeypatch) -> None:
    assert "unset" not in tayori("env", "--data", tmp_path).out
    monkeypatch.setenv("AWS_SESSION_TOKEN", "of another account")
    assert tayori("env", "--data", tmp_path).out.endswith("unset AWS_SESSION_TOKEN\n")


def test_env_as_json_has_everything_a_test_suite_needs(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    key = _first(service)
    found = tayori("env", "--data", tmp_path, "--json").json
    providers = found["rehearsal"].pop("providers")
    assert {"inbox.test", "strict.test", "nullmx.test"} < set(providers)
    assert len(providers) == 17
    assert found == {
        "http": "http://127.0.0.1:1",
        "region": "us-east-1",
        "regions": ["us-east-1"],
        "account_id": key.account_id,
        "service_domain": "tayori.test",
        "credentials": {"access_key_id": key.access_key_id, "secret_access_key": key.secret_access_key},
        "smtp": {
            "host": "127.0.0.1",
            "starttls_port": 1,
            "tls_port": 1,
            "username": key.access_key_id,
            "password": smtp_password(key.secret_access_key, "us-east-1"),
            "ca_file": str(tmp_path / "ca.pem"),
        },
        "mx": {"host": "127.0.0.1", "port": 1},
        "dns": {"host": "127.0.0.1", "port": 1},
        "rehearsal": {"resolver": {"host": "127.0.0.1", "port": 1}, "delivery_port": 1},
    }


def test_env_of_another_region(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    content = json.loads((tmp_path / "service.json").read_text("utf-8"))
    content["regions"] = ["us-east-1", "eu-west-1"]
    (tmp_path / "service.json").write_text(json.dumps(content), "utf-8")
    found = tayori("env", "--region", "eu-west-1", "--data", tmp_path, "--json").json
    assert (found["region"], found["regions"]) == ("eu-west-1", ["us-east-1", "eu-west-1"])
    assert found["smtp"]["password"] == smtp_password(_first(service).secret_access_key, "eu-west-1")
    refused = tayori("env", "--region", "eu-west-9", "--data", tmp_path)
    assert (refused.status, refused.err) == (
        1,
        "tayori: This service does not serve the region eu-west-9, but: us-east-1, eu-west-1.\n",
    )


def test_an_account_is_granted_a_region_before_its_first_use(
    tayori: Tayori, service: Endpoints, tmp_path: Path
) -> None:
    content = json.loads((tmp_path / "service.json").read_text("utf-8"))
    (tmp_path / "service.json").write_text(json.dumps(content | {"regions": ["us-east-1", "eu-west-1"]}), "utf-8")
    granted = tayori("account", "review", "--grant", "--region", "eu-west-1", "--data", tmp_path, "--json").json
    assert (granted["region"], granted["production_access"]) == ("eu-west-1", True)
    (other,) = tayori("account", "list", "--data", tmp_path, "--json").json
    assert (other["region"], other["production_access"]) == ("us-east-1", False)


def test_env_of_a_service_without_rehearsal_says_null(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    content = json.loads((tmp_path / "service.json").read_text("utf-8"))
    (tmp_path / "service.json").write_text(json.dumps(content | {"rehearsal": False}), "utf-8")
    assert tayori("env", "--data", tmp_path, "--json").json["rehearsal"] is None


def test_env_can_show_another_key(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    made = tayori("credentials", "create", "--name", "app", "--data", tmp_path, "--json").json
    shown = tayori("env", "--access-key-id", made["access_key_id"], "--data", tmp_path, "--json").json
    assert shown["credentials"]["secret_access_key"] == made["secret_access_key"]
    assert shown["smtp"]["password"] == made["smtp_password"]


def test_env_written_to_a_file_is_for_its_owner_only(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    file = tmp_path / "env.sh"
    result = tayori("env", "--data", tmp_path, "--output", file)
    assert (result.status, result.out) == (0, "")
    assert file.read_text("utf-8").startswith("export AWS_ENDPOINT_URL_SES=")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_file_that_held_something_else_becomes_private_before_it_holds_a_secret(
    tayori: Tayori, service: Endpoints, tmp_path: Path
) -> None:
    file = tmp_path / "env.sh"
    file.write_text("old\n" * 100, "utf-8")
    file.chmod(0o644)
    tayori("env", "--data", tmp_path, "--output", file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert "old" not in file.read_text("utf-8")


def test_smtp_password_is_that_of_the_published_derivation(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    def known(tx):
        key = first_start.new_key(user_name="known", operator=False, account_id=accounts.all_accounts(tx)[0][0])
        secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
        first_start.add_key(tx, first_start.NewKey(**{**_fields(key), "secret_access_key": secret}))
        return key.access_key_id

    key_id = in_store(service, known)
    printed = tayori("smtp-password", key_id, "--data", tmp_path).out
    assert printed == f"username {key_id}\npassword BLBM/9hSUELfq8Gw+rU1YcBjkOxGbhT2XG763xVLGWL9\n"
    other = tayori("smtp-password", key_id, "--region", "us-west-2", "--data", tmp_path, "--json").json
    assert other["password"] == "BF2PynzbSCAjX08zhZZnP/kW+T9P5zs/1Er0pi5vTEmd"


def _fields(key: first_start.NewKey) -> dict[str, object]:
    return {name: getattr(key, name) for name in key.__slots__}


def test_unknown_keys_and_accounts_are_said_in_one_sentence(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    for arguments, sentence in (
        (("env", "--account", "1"), "There is no account 1."),
        (("env", "--access-key-id", "AKIAX"), "There is no active access key AKIAX."),
        (("smtp-password", "AKIAX"), "There is no active access key AKIAX."),
    ):
        result = tayori(*arguments, "--data", tmp_path)
        assert (result.status, result.out, result.err) == (1, "", f"tayori: {sentence}\n")


def test_a_folder_without_a_service_is_told_how_to_start_one(tayori: Tayori, tmp_path: Path) -> None:
    result = tayori("env", "--data", tmp_path)
    assert result.status == 1
    assert result.err == (
        f"tayori: No service has been started on {tmp_path}. "
        f"Start one with: tayori up --data {tmp_path} (or name its folder with --data).\n"
    )


def test_a_data_folder_that_is_a_file_is_no_traceback(tayori: Tayori, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    for arguments in (("env",), ("credentials", "list"), ("wait", "--timeout", "0"), ("rehearsal", "clock", "show")):
        result = tayori(*arguments, "--data", file)
        assert (result.status, result.err.count("\n")) == (1, 1)
        assert "No service has been started on" in result.err


def test_a_damaged_endpoints_file_is_no_traceback(tayori: Tayori, tmp_path: Path) -> None:
    (tmp_path / endpoints.FILE_NAME).write_text("{", "utf-8")
    result = tayori("env", "--data", tmp_path)
    assert (result.status, result.err.count("\n")) == (1, 1)
    assert "cannot be read" in result.err


def test_a_damaged_database_is_no_traceback(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"tayori.db{suffix}").write_bytes(b"this is no database" * 1000)
    result = tayori("env", "--data", tmp_path)
    assert (result.status, result.err.count("\n")) == (1, 1)
    assert "tayori.db cannot be used" in result.err


def test_wait_gives_up_and_says_what_does_not_answer(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    result = tayori("wait", "--timeout", "0", "--data", tmp_path)
    assert result.status == 1
    assert "http at http://127.0.0.1:1: nothing listens there" in result.err
    assert "dns at 127.0.0.1:1" in result.err


def test_wait_without_a_service_waits_for_one(tayori: Tayori, tmp_path: Path) -> None:
    result = tayori("wait", "--timeout", "0", "--data", tmp_path)
    assert result.status == 1
    assert "No service has been started" in result.err
