"""The rehearsal's settings hold for an account wherever it is used."""

from collections.abc import Callable
from typing import Any

import pytest

from tayori.app.rehearsal_hooks import RehearsalHooks
from tayori.model.errors import NotFound
from tayori.model.identity import IdentityName
from tayori.model.names import ServiceNames
from tayori.resources import accounts, identities
from tayori.resources.accounts import SANDBOX_MAX_24_HOUR, UNLIMITED
from tayori.resources.identities import NewIdentity

ACCOUNT, HOME, OTHER = "123456789012", "us-east-1", "eu-west-1"


@pytest.fixture
def hooks(store: Any, transact: Callable[..., Any]) -> RehearsalHooks:
    transact(lambda tx: accounts.create(tx, ACCOUNT, HOME, name="test"))

    def no_resolver() -> Any:
        raise AssertionError("nobody asks")

    def names(region: str) -> ServiceNames:
        return ServiceNames(service_domain="tayori.test", region=region)

    return RehearsalHooks(store, names, [HOME, OTHER], no_resolver)


def test_settings_act_in_every_region_the_account_is_in_or_will_be(run: Any, transact: Any, hooks: Any) -> None:
    shown = run(hooks.change_settings(ACCOUNT, {"production_access": True, "max_send_rate": 7}))
    assert (shown["production_access"], shown["max_24_hour_send"], shown["max_send_rate"]) == (True, UNLIMITED, 7)
    for region in (HOME, OTHER):
        found = transact(accounts.get, ACCOUNT, region)
        assert (found.production_access, found.max_24_hour, found.max_rate) == (True, UNLIMITED, 7)

    run(hooks.change_settings(ACCOUNT, {"max_24_hour_send": 50_000}))
    assert [transact(accounts.get, ACCOUNT, region).max_24_hour for region in (HOME, OTHER)] == [50_000] * 2

    run(hooks.change_settings(ACCOUNT, {"production_access": False}))
    for region in (HOME, OTHER):
        found = transact(accounts.get, ACCOUNT, region)
        assert (found.production_access, found.max_24_hour) == (False, SANDBOX_MAX_24_HOUR)


def test_identities_of_every_region_are_taken_for_verified(run: Any, transact: Any, hooks: Any) -> None:
    transact(accounts.open_region, ACCOUNT, OTHER)
    for region in (HOME, OTHER):
        new = NewIdentity(name=IdentityName.parse("me@example.com"), link_token=f"token-{region}")
        transact(identities.create, ACCOUNT, region, new)
    run(hooks.change_settings(ACCOUNT, {"verify_identities_at_once": True}))
    assert all(transact(identities.get, ACCOUNT, region, "me@example.com").is_verified for region in (HOME, OTHER))


def test_an_account_that_does_not_exist_is_not_made(run: Any, transact: Any, hooks: Any) -> None:
    with pytest.raises(NotFound):
        run(hooks.change_settings("210987654321", {"production_access": True}))
    assert [account_id for account_id, _ in transact(accounts.all_accounts)] == [ACCOUNT]
