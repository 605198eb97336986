"""`tayori credentials policy` and `tayori role`: what keys and roles may do, by the command line."""

import json
from pathlib import Path

import pytest
from command_tests import Tayori, in_store

from tayori.app.endpoints import Endpoints
from tayori.resources import credentials, principal_policies, roles

POLICY = {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*"}}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "policy.json"
    path.write_text(json.dumps(POLICY, indent=2))
    return path


def test_a_policy_is_attached_shown_and_taken_away(
    tayori: Tayori, service: Endpoints, tmp_path: Path, file: Path
) -> None:
    made = tayori("credentials", "create", "--name", "app", "--data", tmp_path, "--json").json
    account_id, key = made["account_id"], made["access_key_id"]
    policy = ("credentials", "policy")
    put = tayori(*policy, "put", key, "sends", file, "--data", tmp_path)
    assert (put.status, put.out) == (0, f"{key} has the policy sends.\n")
    assert in_store(service, credentials.find, key).grants is not None
    assert "sends" in tayori(*policy, "list", key, "--data", tmp_path).out
    assert tayori(*policy, "list", key, "--data", tmp_path, "--json").json == [{"name": "sends", "document": POLICY}]
    assert json.loads(tayori(*policy, "show", key, "sends", "--data", tmp_path).out) == POLICY
    logged = tayori("audit", "list", "--data", tmp_path, "--json").out
    assert "credentials policy-put" in logged
    assert tayori(*policy, "delete", key, "sends", "--data", tmp_path).status == 0
    assert in_store(service, principal_policies.texts, account_id, key) == {}


def test_what_is_wrong_is_one_sentence(tayori: Tayori, service: Endpoints, tmp_path: Path, file: Path) -> None:
    key = tayori("credentials", "create", "--data", tmp_path, "--json").json["access_key_id"]
    policy = ("credentials", "policy")
    wrong = tayori(*policy, "put", "AKIANONE", "sends", file, "--data", tmp_path)
    assert (wrong.status, wrong.err) == (1, "tayori: There is no access key AKIANONE.\n")
    file.write_text('{"Statement": {"Effect": "Allow", "Action": "SendEmail", "Resource": "*"}}')
    wrong = tayori(*policy, "put", key, "sends", file, "--data", tmp_path)
    assert (wrong.status, wrong.err) == (
        1,
        "tayori: Invalid policy: The action SendEmail is not of the form service:Action.\n",
    )
    wrong = tayori(*policy, "delete", key, "sends", "--data", tmp_path)
    assert (wrong.status, wrong.err) == (1, "tayori: There is no policy sends.\n")
    wrong = tayori(*policy, "put", key, "sends", tmp_path / "none", "--data", tmp_path)
    assert wrong.status == 1 and "cannot be read" in wrong.err


def test_a_role_is_made_changed_and_deleted(tayori: Tayori, service: Endpoints, tmp_path: Path, file: Path) -> None:
    made = tayori("role", "create", "sender", "--trust", "444455556666", "--data", tmp_path, "--json").json
    assert made["arn"].endswith(":role/sender") and made["role_id"].startswith("AROA")
    assert made["trust"]["Statement"][0]["Principal"] == {"AWS": ["444455556666"]}
    assert tayori("role", "policy", "put", "sender", "sends", file, "--data", tmp_path).status == 0
    account_id = made["arn"].split(":")[4]
    assert len(in_store(service, roles.policies_of, account_id, "sender", made["role_id"])) == 1
    trust = tmp_path / "trust.json"
    trust.write_text(
        json.dumps({"Statement": {"Effect": "Allow", "Principal": {"AWS": account_id}, "Action": "sts:AssumeRole"}})
    )
    assert tayori("role", "trust", "sender", trust, "--data", tmp_path).status == 0
    shown = tayori("role", "show", "sender", "--data", tmp_path, "--json").json
    assert shown["trust"]["Statement"]["Principal"] == {"AWS": account_id}
    assert "sender" in tayori("role", "list", "--data", tmp_path).out
    again = tayori("role", "create", "sender", "--data", tmp_path)
    assert (again.status, again.err) == (1, "tayori: Role with name sender already exists.\n")
    assert tayori("role", "delete", "sender", "--data", tmp_path).out == "Deleted sender.\n"
    gone = tayori("role", "show", "sender", "--data", tmp_path)
    assert (gone.status, gone.err) == (1, "tayori: The role with name sender cannot be found.\n")
    assert in_store(service, principal_policies.texts, account_id, "role/sender") == {}
