"""A table of feedback loops that cannot be used stops the start, with one sentence."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tayori.app import process
from tayori.app.feedback_wiring import FeedbackWiring
from tayori.config import ConfigError


def wiring(own: Path) -> FeedbackWiring:
    config: Any = SimpleNamespace(inbound=SimpleNamespace(feedback_loops_file=str(own)))
    nothing: Any = None
    return FeedbackWiring(config, nothing, nothing, nothing, nothing)


@pytest.mark.parametrize("text", [None, "[[provider", '[[provider]]\nid = "x"\n', b"\xff"])
def test_an_unusable_table_stops_the_start_with_a_sentence(tmp_path: Path, text: str | bytes | None) -> None:
    own = tmp_path / "own.toml"
    if text is not None:
        own.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ConfigError) as failed:
        wiring(own)
    said = process.sentence(failed.value)
    assert said is not None and said.startswith(f"inbound.feedback_loops_file cannot be used: {own}: ")
