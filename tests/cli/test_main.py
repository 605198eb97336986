"""The command line itself: help, wrong usage, options before and behind the command, and a quick start."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from command_tests import Tayori

from tayori import __version__
from tayori.app.endpoints import Endpoints
from tayori.cli.main import COMMANDS


def test_without_a_command_the_list_is_shown_as_wrong_usage(tayori: Tayori) -> None:
    result = tayori()
    assert result.status == 2
    assert "tayori COMMAND" in result.out


def test_version(tayori: Tayori) -> None:
    assert tayori("--version").out == f"tayori {__version__}\n"


def test_an_unknown_command_is_one_sentence(tayori: Tayori) -> None:
    result = tayori("send")
    assert (result.status, result.out, result.err.count("\n")) == (2, "", 1)
    assert "There is no command send" in result.err


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "up"])
def test_every_command_has_help(tayori: Tayori, name: str) -> None:
    result = tayori(name, "--help")
    assert result.status == 0
    assert result.out.startswith(f"usage: tayori {name}")
    assert "--data DIR" in result.out or "PART" in result.out


@pytest.mark.parametrize("name", ["dns", "credentials", "account", "message", "queue", "rehearsal", "config"])
def test_a_missing_verb_is_wrong_usage(tayori: Tayori, name: str) -> None:
    result = tayori(name)
    assert result.status == 2
    assert "required" in result.err


def test_shared_options_may_stand_anywhere(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    placed = [
        tayori("--data", tmp_path, "--json", "credentials", "list"),
        tayori("--json", f"--data={tmp_path}", "credentials", "list"),
        tayori("credentials", "--data", tmp_path, "--json", "list"),
        tayori("credentials", "list", "--data", tmp_path, "--json"),
    ]
    assert {result.status for result in placed} == {0}
    assert len({result.out for result in placed}) == 1


def test_the_data_folder_may_be_named_by_the_environment(
    tayori: Tayori, service: Endpoints, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TAYORI_DATA", str(tmp_path))
    assert tayori("credentials", "list").status == 0


def test_output_that_cannot_be_written_is_one_sentence(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    result = tayori("credentials", "list", "--data", tmp_path, "--output", tmp_path / "no" / "file")
    assert (result.status, result.err) == (
        1,
        f"tayori: {tmp_path}/no/file cannot be written: No such file or directory.\n",
    )


def test_a_value_that_is_refused_is_one_sentence(tayori: Tayori, service: Endpoints, tmp_path: Path) -> None:
    result = tayori("webhook", "create", "ftp://files.example/in", "--data", tmp_path)
    assert (result.status, result.out, result.err.count("\n")) == (1, "", 1)
    assert result.err.startswith("tayori: Events cannot be posted to this URL: the URL must begin with http")


def test_a_reader_that_leaves_early_is_no_traceback(service: Endpoints, tmp_path: Path) -> None:
    command = f"{sys.executable} -m tayori config reference --data {tmp_path} | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == "# Settings\n"
    assert done.stderr == ""


def test_short_commands_do_not_load_the_service() -> None:
    """The start of a command is quick because it brings only what it needs."""
    listing = (
        "import sys; from tayori.cli.main import main; main(['--help']); import json;"
        "heavy = ('sqlalchemy', 'tayori', 'dns', 'botocore');"
        "print(json.dumps([name for name in sys.modules if name.startswith(heavy)]))"
    )
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    light = ("main", "command", "running", "words", "audit_words", "backup_words", "feedback_words")
    commands = {"tayori.cli", *(f"tayori.cli.{name}" for name in light)}
    assert loaded == {"tayori", *commands, "tayori.model", "tayori.model.errors"}


def test_env_brings_neither_the_dns_library_nor_the_models_of_aws(service: Endpoints, tmp_path: Path) -> None:
    listing = (
        "import sys; from tayori.cli.main import main;"
        f"status = main(['env', '--data', {str(tmp_path)!r}]);"
        "print(sorted({name.split('.')[0] for name in sys.modules} & {'dns', 'botocore', 'uvicorn', 'cryptography'}))"
    )
    done = subprocess.run([sys.executable, "-c", listing], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"
