"""Tables of topics, subscriptions and what is to be told to whom: SNS's side, and where SES's events go.

Beside `tables`, on the same metadata. Topics, subscriptions, event destinations and identity topics are settings:
they change by SQLAlchemy statements, which tell the caches. `notifications` is the outbox, one row for one delivery to
one endpoint; it is written for every event, so only by hot statements, which leave the caches alone.
"""

from sqlalchemy import BigInteger, Boolean, Index, Integer, Table, Text, text

from tayori.store.tables import Json, Moment, column, metadata

topics = Table(
    "topics",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("name", Text, key=True),
    column("attributes", Json),  # those that were set; what was not has SNS's default
    column("subscriptions_deleted", Integer),
    column("created_at", Moment),
)

# Begins with the topic's account; `owner` is the account that subscribed, which may be another one.
subscriptions = Table(
    "subscriptions",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("topic", Text, key=True),
    column("subscription_id", Text, key=True),  # the last part of its ARN, a UUID
    column("protocol", Text),
    column("endpoint", Text),
    column("state", Text),  # pending, confirmed
    column("token", Text),  # of the confirmation
    column("token_expires_at", Moment),
    column("attributes", Json),
    column("owner", Text),
    column("principal", Text),  # ARN of who subscribed
    column("confirmed_by_owner", Boolean),  # ConfirmationWasAuthenticated
    column("needs_owner_to_leave", Boolean),  # AuthenticateOnUnsubscribe
    column("created_at", Moment),
    Index("subscriptions_by_token", "token"),
    Index("subscriptions_by_owner", "owner", "region", "topic", "subscription_id"),
)

# SQLite takes a partial index only where the query repeats the index's condition word for word.
NOTIFICATION_OPEN = "state IN ('waiting', 'sending')"
_IS_OPEN = text(NOTIFICATION_OPEN)
NOTIFICATION_DEAD = "state = 'dead'"
_IS_DEAD = text(NOTIFICATION_DEAD)

notifications = Table(
    "notifications",
    metadata,
    column("account_id", Text, key=True),
    column("notification_id", Text, key=True),
    column("region", Text),
    column("kind", Text),  # Notification, SubscriptionConfirmation, UnsubscribeConfirmation; others of webhooks
    column("state", Text),  # waiting, sending, done, dead
    column("owner", Text),  # the worker that has it in hand; "" for nobody
    column("due_at", BigInteger),  # microseconds; plain, for the hot statements
    column("attempts", Integer),
    column("topic_arn", Text),  # "" where no topic is behind it
    column("subscription_id", Text),  # or what else names the destination
    column("protocol", Text),
    column("endpoint", Text),
    column("lane", Text),  # what shares one fate with it: the endpoint's host
    column("envelope", Text),  # JSON: message id, subject, message, attributes, raw or not, …
    column("created_at", BigInteger),
    column("updated_at", BigInteger),
    column("last_error", Text),
    column("status", Integer),  # of the last answer over HTTP; 0 where there was none
    column("duration_ms", Integer),  # that the last try took
    column("reply", Text),  # the beginning of the last answer
    Index("notifications_open", "owner", "lane", "due_at", sqlite_where=_IS_OPEN, postgresql_where=_IS_OPEN),
    Index("notifications_by_age", "state", "updated_at"),
    Index("notifications_dead", "account_id", "updated_at", sqlite_where=_IS_DEAD, postgresql_where=_IS_DEAD),
    Index("notifications_by_destination", "account_id", "region", "subscription_id", "created_at"),
)

event_destinations = Table(
    "event_destinations",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("configuration_set", Text, key=True),
    column("name", Text, key=True),
    column("enabled", Boolean),
    column("kinds", Json),  # as v2 spells them: ["BOUNCE", "SEND"]
    column("target_kind", Text),  # sns, …
    column("target", Json),  # as the API took it: {"TopicArn": …}
    column("created_at", Moment),
)

identity_notifications = Table(
    "identity_notifications",
    metadata,
    column("account_id", Text, key=True),
    column("region", Text, key=True),
    column("identity", Text, key=True),
    column("kind", Text, key=True),  # Bounce, Complaint, Delivery
    column("topic_arn", Text, nullable=True),
    column("headers_included", Boolean),
)
