"""The pages by which an installation and its accounts are looked after, put together for a process that answers."""

from tayori.api.app import Route
from tayori.app.account_pages import AccountPages
from tayori.app.audit_page import AuditPages
from tayori.app.credential_pages import CredentialPages
from tayori.app.settings_pages import SettingPages
from tayori.config import Config
from tayori.store.engine import Store


def routes(config: Config, store: Store) -> list[Route]:
    return [
        *AuditPages(store).table(),
        *CredentialPages(store).table(),
        *AccountPages(store).table(),
        *SettingPages(config).table(),
    ]
