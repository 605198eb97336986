"""A configuration set is made and deleted by keys: one sees where one is, and a dialog keeps and returns the focus."""

from browser import Console
from playwright.sync_api import Page, expect

from system.service import Service

_MOST_TABS = 80

# What has the focus, as somebody hears it; nothing where it cannot be seen.
FOCUSED = """() => {
  const found = document.activeElement;
  if (!found || found === document.body) return "";
  const labels = [found.getAttribute("aria-label"), ...[...(found.labels || [])].map((one) => one.innerText),
    ...(found.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id)?.innerText),
    found.innerText];
  return (labels.find((one) => one && one.trim()) || "").trim().split("\\n")[0];
}"""
SEEN = """() => {
  const found = document.activeElement, box = found.getBoundingClientRect();
  return found.matches(":focus-visible") && box.bottom > 0 && box.top < innerHeight;
}"""
IN_DIALOG = "() => Boolean(document.activeElement.closest('[role=dialog]'))"


def tab_to(page: Page, name: str, key: str = "Tab") -> None:
    """Press Tab until what is called so has the focus."""
    passed = []
    for _ in range(_MOST_TABS):
        passed.append(page.evaluate(FOCUSED))
        if passed[-1] == name:
            assert page.evaluate(SEEN), f"{name} has the focus, and one does not see it"
            return
        page.keyboard.press(key)
    raise AssertionError(f"no way to {name!r} by {key}; passed: {passed}")


def test_a_set_is_made_and_deleted_by_keys_alone(console: Console, service: Service) -> None:
    page = console.go("configuration-sets", "Configuration sets")
    tab_to(page, "Create set")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Configuration set name", exact=True)).to_be_visible()
    tab_to(page, "Configuration set name")
    page.keyboard.type("by-keys")
    tab_to(page, "Next")
    page.keyboard.press("Enter")
    expect(page.get_by_role("radio", name="Required")).to_be_visible()
    tab_to(page, "Optional")
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("radio", name="Required")).to_be_checked()
    for _ in range(3):
        tab_to(page, "Next")
        page.keyboard.press("Enter")
    tab_to(page, "Create set")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="by-keys", exact=True)).to_be_visible()
    made = service.client().get_configuration_set(ConfigurationSetName="by-keys")
    assert made["DeliveryOptions"]["TlsPolicy"] == "REQUIRE"

    tab_to(page, "Delete")
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    for _ in range(8):  # it keeps the focus
        page.keyboard.press("Tab")
        assert page.evaluate(IN_DIALOG)
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("button", name="Delete", exact=True)).to_be_focused()  # and gives it back
    page.keyboard.press("Enter")
    expect(dialog).to_be_visible()
    tab_to(page, "Delete")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1, name="Configuration sets")).to_be_visible()
    names = service.client().list_configuration_sets()["ConfigurationSets"]
    assert "by-keys" not in names
