"""A pytest plugin: the fixture `tayori_rehearsal`, a real service with a rehearsal internet for a test session.

Owns the fixture and nothing else. Every test run on a machine with Tayori installed loads this module, so it imports
nothing of Tayori until a test asks for the fixture.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tayori.testing import Rehearsal


@pytest.fixture(scope="session")
def tayori_rehearsal(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[Rehearsal]":
    """An SES-compatible service on free ports, its account new and in the sandbox (see tayori.testing.Rehearsal)."""
    from tayori.testing import rehearsal_in

    with rehearsal_in(tmp_path_factory.mktemp("tayori")) as rehearsal:
        yield rehearsal
