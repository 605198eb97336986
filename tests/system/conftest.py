"""One service for the tests of a module that only send through it; tests that kill or stop one run their own."""

from collections.abc import Iterator

import pytest
from service import Service, running

DOMAIN = "shop.test"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Out of the sandbox, with the verified domain shop.test."""
    with running(tmp_path_factory.mktemp("service")) as service:
        service.open_account()
        service.add_domain(DOMAIN)
        yield service
