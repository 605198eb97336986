"""Each file of bad_configs/ is refused with the sentence beside it; `{...}` stands for any text."""

import re
from pathlib import Path

import pytest
from command_tests import Tayori

FOLDER = Path(__file__).parent / "bad_configs"


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.toml")), ids=lambda file: file.stem)
def test_bad_config_is_refused_with_its_sentence(tayori: Tayori, tmp_path: Path, file: Path) -> None:
    expected = file.with_suffix(".expected").read_text("utf-8").strip()
    result = tayori("config", "show", "--config", file, "--data", tmp_path)
    pattern = re.escape(expected).replace(re.escape("{...}"), ".*")
    assert result.status == 1
    assert result.out == ""
    assert re.fullmatch(f"tayori: {pattern}\n", result.err), result.err


def test_every_bad_config_says_something_else() -> None:
    sentences = [file.read_text("utf-8") for file in FOLDER.glob("*.expected")]
    assert len(set(sentences)) == len(sentences) > 20


def test_a_file_that_is_not_there_is_named(tayori: Tayori, tmp_path: Path) -> None:
    result = tayori("config", "show", "--config", tmp_path / "none.toml", "--data", tmp_path)
    assert (result.status, result.err) == (
        1,
        f"tayori: The configuration file {tmp_path}/none.toml cannot be read: No such file or directory.\n",
    )


def test_up_refuses_a_bad_config_the_same_way(tayori: Tayori, tmp_path: Path) -> None:
    result = tayori("up", "--config", FOLDER / "unknown_key.toml", "--data", tmp_path)
    assert (result.status, result.err) == (1, "tayori: There is no setting service.colour.\n")


def test_up_refuses_a_port_base_that_leaves_no_room(tayori: Tayori, tmp_path: Path) -> None:
    result = tayori("up", "--rehearsal", "--port-base", "65530", "--data", tmp_path)
    assert (result.status, result.err) == (1, "tayori: --port-base must be from 1 to 65528, not 65530.\n")


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("mysql://db/x", "The database URL must begin with sqlite:/// or postgresql://."),
        ("sqlite:////proc/none/x.db", "The database file /proc/none/x.db cannot be used: "),
        ("postgresql://nobody@127.0.0.1:1/x", "PostgreSQL at the given URL does not answer: "),
    ],
)
def test_up_says_in_one_sentence_why_a_database_cannot_be_used(
    tayori: Tayori, tmp_path: Path, url: str, sentence: str
) -> None:
    result = tayori("up", "--rehearsal", "--port-base", "20000", "--database", url, "--data", tmp_path)
    assert (result.status, result.err.count("\n")) == (1, 1)
    assert result.err.startswith(f"tayori: {sentence}")
