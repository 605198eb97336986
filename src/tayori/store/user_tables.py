"""Tables of the people who use the console: who they are, what they may do, where they are signed in.

Beside `tables`, on the same metadata. Of tokens only the SHA-256 is kept.
"""

from sqlalchemy import BigInteger, Boolean, Index, Integer, LargeBinary, Table, Text

from tayori.store.tables import Json, Moment, column, metadata

users = Table(
    "users",
    metadata,
    column("user_id", Text, key=True),
    column("name", Text),
    column("display_name", Text),
    column("password_hash", Text),  # empty where there is no password
    column("language", Text),  # "en", "ja", or empty: the browser's
    column("theme", Text),  # "light", "dark", or empty: the system's
    column("operator", Boolean),
    column("disabled", Boolean),
    column("created_at", Moment),
    column("signed_in_at", Moment, nullable=True),
    Index("users_by_name", "name", unique=True),
)

memberships = Table(
    "memberships",
    metadata,
    column("account_id", Text, key=True),
    column("user_id", Text, key=True),
    column("role", Text),
    Index("memberships_by_user", "user_id", "account_id"),
)

console_sessions = Table(
    "console_sessions",
    metadata,
    column("token_digest", Text, key=True),
    column("session_id", Text),
    column("user_id", Text),
    column("way", Text),  # how one signed in: "password", "passkey", "oidc", "link"
    column("source_ip", Text),
    column("agent", Text),
    column("created_at", Moment),
    column("seen_at", Moment),
    column("expires_at", Moment),
    Index("console_sessions_by_user", "user_id", "created_at"),
    Index("console_sessions_by_expiry", "expires_at"),
)

# One-time links: the first user's, and those by which others are let in.
invitations = Table(
    "invitations",
    metadata,
    column("token_digest", Text, key=True),
    column("invitation_id", Text),
    column("user_id", Text),  # whose password it sets; empty where it makes a new user
    column("account_id", Text),  # empty where it leads into none
    column("role", Text),
    column("operator", Boolean),
    column("name", Text),  # proposed
    column("created_by", Text),
    column("created_at", Moment),
    column("expires_at", Moment),
    Index("invitations_by_account", "account_id", "created_at"),
)

passkeys = Table(
    "passkeys",
    metadata,
    column("credential_id", Text, key=True),  # base64url
    column("user_id", Text),
    column("name", Text),
    column("public_key", LargeBinary),
    column("sign_count", BigInteger),
    column("transports", Json),
    column("created_at", Moment),
    column("used_at", Moment, nullable=True),
    Index("passkeys_by_user", "user_id", "created_at"),
)

# A user as an OpenID provider knows them.
external_users = Table(
    "external_users",
    metadata,
    column("issuer", Text, key=True),
    column("subject", Text, key=True),
    column("user_id", Text),
    column("created_at", Moment),
    Index("external_users_by_user", "user_id"),
)

# What is between the two halves of a sign-in (a challenge, a way to a provider and back): each is used once.
sign_in_steps = Table(
    "sign_in_steps",
    metadata,
    column("step_digest", Text, key=True),
    column("kind", Text),
    column("content", Json),
    column("expires_at", Moment),
    Index("sign_in_steps_by_expiry", "expires_at"),
)

# How often somebody has tried, by what is counted: a name, an address, both.
sign_in_attempts = Table(
    "sign_in_attempts",
    metadata,
    column("counted", Text, key=True),
    column("attempts", Integer),
    column("since", Moment),
    Index("sign_in_attempts_by_age", "since"),
)
