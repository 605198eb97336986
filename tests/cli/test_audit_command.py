"""`tayori audit`: what commands changed, in both languages, and never a secret."""

from pathlib import Path

from command_tests import Tayori

from tayori.app.endpoints import Endpoints


def test_what_a_command_changed_is_listed_and_shown(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    made = tayori("credentials", "create", "--name", "app", "--data", tmp_path, "--json").json
    tayori("credentials", "list", "--data", tmp_path)
    tayori("credentials", "delete", made["access_key_id"], "--data", tmp_path)
    listed = tayori("audit", "list", "--data", tmp_path, "--json").json
    deleted, created = listed["entries"]
    assert (created["operation"], created["resource"]) == ("tayori credentials create", "app")
    assert (deleted["operation"], deleted["resource"]) == ("tayori credentials delete", made["access_key_id"])
    assert (created["door"], created["outcome"], listed["next"]) == ("command", "done", None)
    shown = tayori("audit", "show", created["id"], "--data", tmp_path, "--json")
    assert shown.json["request"] == {"name": "app"}
    assert made["secret_access_key"] not in shown.out
    assert made["smtp_password"] not in shown.out
    assert "コマンド" in tayori("audit", "show", created["id"], "--data", tmp_path, "--lang", "ja").out
    none = tayori("audit", "list", "--who", "nobody", "--data", tmp_path)
    assert none.out == "Nothing was changed that fits.\n"
    bad = tayori("audit", "list", "--since", "yesterday", "--data", tmp_path)
    assert bad.status == 1
