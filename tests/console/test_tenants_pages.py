"""Tenants by clicking: made, given resources, a list and a policy of their own, paused, reinstated, deleted."""

from typing import Any

import pytest
from browser import Console, check_accessible, choose, fill, press
from playwright.sync_api import expect

from system.service import Service

TENANT = "shop"


@pytest.fixture(scope="module")
def client(service: Service) -> Any:
    service.open_account()
    client = service.client("sesv2")
    client.create_email_identity(EmailIdentity="shop.test")
    client.create_configuration_set(ConfigurationSetName="news")
    return client


def test_a_tenant_from_its_making_to_its_end(client: Any, console: Console) -> None:
    page = console.go("tenants", "Tenants")
    page.get_by_role("button", name="Create tenant").first.click()
    dialog = page.get_by_role("dialog")
    press(dialog, "Create tenant")
    expect(dialog.get_by_text("Use 1 to 64 letters")).to_be_visible()
    fill(dialog, "Name", TENANT)
    check_accessible(page)
    press(dialog, "Create tenant")
    expect(page.get_by_role("heading", name=TENANT, level=1)).to_be_visible()

    press(page, "Associate resource")
    page.get_by_role("dialog").get_by_text("Choose a resource").click()
    page.get_by_role("option", name="shop.test").click()
    press(page.get_by_role("dialog"), "Associate resource")
    expect(page.get_by_role("row", name="shop.test")).to_be_visible()
    (found,) = client.list_tenant_resources(TenantName=TENANT)["TenantResources"]
    assert found["ResourceArn"].endswith(":identity/shop.test")

    choose(page, "Suppression list", "A list of its own")
    page.get_by_label("Complaints").uncheck()
    press(page, "Save")
    expect(page.get_by_text("Saved.").first).to_be_visible()
    own = client.get_tenant(TenantName=TENANT)["Tenant"]["SuppressionAttributes"]
    assert own == {"SuppressionScope": "TENANT", "SuppressedReasons": ["BOUNCE"]}
    choose(page, "Reputation policy", "Strict: on any finding")
    expect(page.get_by_text("Saved.").nth(1)).to_be_visible()

    press(page, "Pause sending")
    expect(page.get_by_text("Status manually updated.")).to_be_visible()
    arn = client.get_tenant(TenantName=TENANT)["Tenant"]["TenantArn"]
    entity = client.get_reputation_entity(ReputationEntityType="RESOURCE", ReputationEntityReference=arn)
    assert entity["ReputationEntity"]["SendingStatusAggregate"] == "DISABLED"
    assert entity["ReputationEntity"]["ReputationManagementPolicy"].endswith("/strict")
    press(page, "Reinstate")
    expect(page.get_by_text("Reinstated", exact=True)).to_be_visible()
    assert client.get_tenant(TenantName=TENANT)["Tenant"]["SendingStatus"] == "REINSTATED"

    press(page, "Delete")
    press(page.get_by_role("dialog"), "Delete")
    expect(page.get_by_text("No tenants")).to_be_visible()
    assert client.list_tenants()["Tenants"] == []
    console.check()


def test_tenants_in_japanese(client: Any, console_ja: Console) -> None:
    client.create_tenant(TenantName="tana", Tags=[{"Key": "plan", "Value": "large"}])
    page = console_ja.go("tenants", "テナント")
    check_accessible(page)
    page.get_by_role("link", name="tana").click()
    expect(page.get_by_text("レピュテーションポリシー")).to_be_visible()
    expect(page.get_by_text("リソースがありません")).to_be_visible()
    expect(page.get_by_text("large")).to_be_visible()
    check_accessible(page)
    client.delete_tenant(TenantName="tana")
    console_ja.check()
