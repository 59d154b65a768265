"""The tables (design §8). ``business_id`` leads every primary key, so that a business lives on one shard.

Times are UTC. Two kinds of moments must not be mixed: what people live by
(``*_at``, from the injected clock) and how long this process may hold
something (``*_until`` as seconds of database time: leases and takings), since
only the database's own clock is one clock for all processes.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)


class Utc(TypeDecorator[datetime]):
    """An aware UTC datetime; SQLite, which knows no zones, keeps it as sortable text."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive times; hand SQLite the bare UTC time."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a naive datetime was about to be stored; use an aware UTC one"
            raise ValueError(message)
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Always give an aware UTC datetime back."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData()


def _business() -> Column[str]:
    return Column("business_id", String(64), nullable=False)


calls = Table(
    "calls",
    metadata,
    _business(),
    Column("call_id", String(128), nullable=False),
    Column("provider", String(32), nullable=False),
    Column("number", String(20), nullable=False),
    Column("caller", String(64)),
    Column("caller_name", String(128)),
    Column("contact_id", String(40)),
    Column("sequence_id", String(40)),
    Column("forwarded_from", String(64)),
    Column("state", String(16), nullable=False),
    Column("reason", String(32), nullable=False, server_default=""),
    Column("decision", String(32), nullable=False, server_default=""),
    Column("status", String(16)),
    Column("dial_status", String(16)),
    Column("bridged", Boolean),
    Column("accepted", Boolean),
    Column("missed", Boolean),
    Column("missed_reason", String(32)),
    Column("ring_seconds", Integer),
    Column("variant", String(64)),
    Column("flow", JSON),
    Column("started_at", Utc),
    Column("ended_at", Utc),
    Column("heard_at", Utc, nullable=False),
    Column("judged_at", Utc),
    Column("local_weekday", Integer),
    Column("local_hour", Integer),
    Column("recovered", Boolean, nullable=False, server_default=text("false")),
    PrimaryKeyConstraint("business_id", "call_id"),
    Index(
        "calls_pending",
        "heard_at",
        postgresql_where=text("state = 'pending'"),
        sqlite_where=text("state = 'pending'"),
    ),
    Index("calls_by_contact", "business_id", "contact_id", "heard_at"),
)

contacts = Table(
    "contacts",
    metadata,
    _business(),
    Column("contact_id", String(40), nullable=False),
    Column("first_name", String(64)),
    Column("last_name", String(64)),
    Column("crm_id", String(64)),
    Column("deal_stage", String(128)),
    Column("enriched_at", Utc),
    Column("last_message_at", Utc),
    Column("last_call_at", Utc),
    Column("created_at", Utc, nullable=False),
    Column("lease_owner", String(40)),
    Column("lease_until", Float),
    PrimaryKeyConstraint("business_id", "contact_id"),
)

addresses = Table(
    "addresses",
    metadata,
    _business(),
    Column("kind", String(8), nullable=False),
    Column("address", String(254), nullable=False),
    Column("contact_id", String(40), nullable=False),
    Column("key_hash", String(64), nullable=False),
    Column("unreachable", String(32), nullable=False, server_default=""),
    Column("added_at", Utc, nullable=False),
    PrimaryKeyConstraint("business_id", "contact_id", "kind", "address"),
    Index(
        "addresses_one_phone",
        "business_id",
        "address",
        unique=True,
        postgresql_where=text("kind = 'phone'"),
        sqlite_where=text("kind = 'phone'"),
    ),
    Index("addresses_by_address", "business_id", "kind", "address"),
    Index("addresses_by_hash", "business_id", "key_hash"),
)

consents = Table(
    "consents",
    metadata,
    _business(),
    Column("consent_id", String(40), nullable=False),
    Column("contact_id", String(40), nullable=False),
    Column("basis", String(16), nullable=False),
    Column("channels", JSON, nullable=False),
    Column("purpose", String(16), nullable=False),
    Column("given_at", Utc, nullable=False),
    Column("expires_at", Utc),
    Column("evidence", Text, nullable=False),
    PrimaryKeyConstraint("business_id", "consent_id"),
    Index("consents_by_contact", "business_id", "contact_id"),
)

suppressions = Table(
    "suppressions",
    metadata,
    _business(),
    Column("key_hash", String(64), nullable=False),
    Column("kind", String(8), nullable=False),
    Column("contact_id", String(40)),
    Column("source", String(32), nullable=False),
    Column("at", Utc, nullable=False),
    Column("lifted_at", Utc),
    PrimaryKeyConstraint("business_id", "key_hash"),
)

sequences = Table(
    "sequences",
    metadata,
    _business(),
    Column("sequence_id", String(40), nullable=False),
    Column("contact_id", String(40), nullable=False),
    Column("playbook", String(64), nullable=False),
    Column("variant", String(64), nullable=False),
    Column("number", String(20), nullable=False),
    Column("call_id", String(128)),
    Column("state", String(8), nullable=False),
    Column("reason", String(32), nullable=False, server_default=""),
    Column("held_reason", String(64), nullable=False, server_default=""),
    Column("outcome", String(16), nullable=False, server_default=""),
    Column("value_minor", BigInteger),
    Column("currency", String(3)),
    Column("call_at", Utc, nullable=False),
    Column("last_call_at", Utc, nullable=False),
    Column("opened_at", Utc, nullable=False),
    Column("closed_at", Utc),
    Column("replied_at", Utc),
    Column("first_touch_seconds", Float),
    Column("flow_platform", String(8), nullable=False, server_default=""),
    Column("flow_execution", String(64), nullable=False, server_default=""),
    Column("reply_token", String(40), nullable=False),
    PrimaryKeyConstraint("business_id", "sequence_id"),
    Index(
        "sequences_one_open",
        "business_id",
        "contact_id",
        unique=True,
        postgresql_where=text("state <> 'closed'"),
        sqlite_where=text("state <> 'closed'"),
    ),
    Index("sequences_by_contact", "business_id", "contact_id", "opened_at"),
    Index("sequences_by_token", "business_id", "reply_token"),
    Index("sequences_by_opening", "business_id", "opened_at"),
)

steps = Table(
    "steps",
    metadata,
    _business(),
    Column("sequence_id", String(40), nullable=False),
    Column("name", String(64), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("kind", String(16), nullable=False, server_default="touch"),
    Column("channel", String(8), nullable=False),
    Column("state", String(12), nullable=False),
    Column("reason", String(64), nullable=False, server_default=""),
    Column("due_at", Utc),
    Column("release_at", Utc),
    Column("deadline_at", Utc),
    Column("slot_at", Utc),
    Column("settled_at", Utc),
    Column("waited_for_window", Boolean, nullable=False, server_default=text("false")),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("touch_id", String(40)),
    Column("body", Text),
    Column("taken_until", Float),
    PrimaryKeyConstraint("business_id", "sequence_id", "name"),
    Index(
        "steps_due",
        "release_at",
        postgresql_where=text("state = 'planned'"),
        sqlite_where=text("state = 'planned'"),
    ),
)

touches = Table(
    "touches",
    metadata,
    _business(),
    Column("touch_id", String(40), nullable=False),
    Column("contact_id", String(40), nullable=False),
    Column("sequence_id", String(40), nullable=False),
    Column("step", String(64), nullable=False),
    Column("channel", String(8), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("state", String(12), nullable=False),
    Column("address", String(254), nullable=False),
    Column("sender", String(254), nullable=False),
    Column("subject", Text, nullable=False, server_default=""),
    Column("body", Text, nullable=False),
    Column("details", JSON),
    Column("provider_id", String(254)),
    Column("provider_state", String(12), nullable=False, server_default=""),
    Column("code", String(32), nullable=False, server_default=""),
    Column("intended_at", Utc, nullable=False),
    Column("sent_at", Utc),
    Column("settled_at", Utc),
    Column("asked", Integer, nullable=False, server_default="0"),
    Column("ask_at", Utc),
    Column("lease_owner", String(40)),
    Column("lease_until", Float),
    PrimaryKeyConstraint("business_id", "touch_id"),
    Index("touches_by_provider", "business_id", "provider_id"),
    Index("touches_by_contact", "business_id", "contact_id", "intended_at"),
    Index("touches_by_sequence", "business_id", "sequence_id"),
    Index(
        "touches_in_doubt",
        "ask_at",
        postgresql_where=text("state IN ('sending', 'unknown')"),
        sqlite_where=text("state IN ('sending', 'unknown')"),
    ),
)

messages = Table(
    "messages",
    metadata,
    _business(),
    Column("message_id", String(128), nullable=False),
    Column("contact_id", String(40), nullable=False),
    Column("sequence_id", String(40)),
    Column("channel", String(8), nullable=False),
    Column("sender", String(254), nullable=False),
    Column("recipient", String(254), nullable=False),
    Column("body", Text, nullable=False),
    Column("intent", String(8), nullable=False),
    Column("at", Utc, nullable=False),
    PrimaryKeyConstraint("business_id", "message_id"),
    Index("messages_by_contact", "business_id", "contact_id", "at"),
)

claims = Table(
    "claims",
    metadata,
    _business(),
    Column("claim_id", String(40), nullable=False),
    Column("touch_id", String(40), nullable=False),
    Column("sequence_id", String(40), nullable=False),
    Column("step", String(64), nullable=False),
    Column("state", String(12), nullable=False),
    Column("granted_at", Utc, nullable=False),
    Column("expires_at", Utc, nullable=False),
    PrimaryKeyConstraint("business_id", "claim_id"),
    Index("claims_by_touch", "business_id", "touch_id"),
    Index(
        "claims_open",
        "expires_at",
        postgresql_where=text("state = 'granted'"),
        sqlite_where=text("state = 'granted'"),
    ),
)

events = Table(
    "events",
    metadata,
    _business(),
    Column("event_id", String(40), nullable=False),
    Column("at", Utc, nullable=False),
    Column("type", String(48), nullable=False),
    Column("contact_id", String(40)),
    Column("sequence_id", String(40)),
    Column("step", String(64)),
    Column("call_id", String(128)),
    Column("touch_id", String(40)),
    Column("reason", String(128), nullable=False, server_default=""),
    Column("data", JSON),
    PrimaryKeyConstraint("business_id", "event_id"),
    Index("events_by_sequence", "business_id", "sequence_id", "event_id"),
    Index("events_by_contact", "business_id", "contact_id", "event_id"),
)

deliveries = Table(
    "deliveries",
    metadata,
    _business(),
    Column("delivery_id", String(40), nullable=False),
    Column("kind", String(24), nullable=False),
    Column("target", Text, nullable=False, server_default=""),
    Column("payload", JSON, nullable=False),
    Column("state", String(12), nullable=False),
    Column("sequence_id", String(40)),
    Column("step", String(64)),
    Column("execution_id", String(64)),
    Column("created_at", Utc, nullable=False),
    Column("due_at", Utc),
    Column("expires_at", Utc),
    Column("settled_at", Utc),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("last_error", Text, nullable=False, server_default=""),
    Column("taken_until", Float),
    PrimaryKeyConstraint("business_id", "delivery_id"),
    Index("deliveries_due", "due_at", postgresql_where=text("state = 'due'"), sqlite_where=text("state = 'due'")),
    Index(
        "deliveries_bells",
        "business_id",
        "sequence_id",
        postgresql_where=text("kind = 'bell' AND state = 'due'"),
        sqlite_where=text("kind = 'bell' AND state = 'due'"),
    ),
)

subscriptions = Table(
    "subscriptions",
    metadata,
    _business(),
    Column("subscription_id", String(40), nullable=False),
    Column("url", Text, nullable=False),
    Column("events", JSON, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("created_at", Utc, nullable=False),
    PrimaryKeyConstraint("business_id", "subscription_id"),
)

senders = Table(
    "senders",
    metadata,
    _business(),
    Column("sender", String(254), nullable=False),
    Column("first_free_at", Utc),
    Column("later_free_at", Utc),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("circuit_open_until", Utc),
    Column("held", String(64), nullable=False, server_default=""),
    PrimaryKeyConstraint("business_id", "sender"),
)

idempotency = Table(
    "idempotency",
    metadata,
    _business(),
    Column("key", String(255), nullable=False),
    Column("route", String(128), nullable=False),
    Column("fingerprint", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("answer", JSON, nullable=False),
    Column("at", Utc, nullable=False),
    PrimaryKeyConstraint("business_id", "key", "route"),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("key_id", String(40), nullable=False),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("name", String(128), nullable=False),
    Column("businesses", JSON, nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("created_at", Utc, nullable=False),
    Column("expires_at", Utc),
    Column("revoked_at", Utc),
    PrimaryKeyConstraint("key_id"),
)
"""The one table that no business leads: an agency's key may act for several."""

watermarks = Table(
    "watermarks",
    metadata,
    _business(),
    Column("log", String(32), nullable=False),
    Column("read_to", Utc, nullable=False),
    Column("taken_until", Float),
    PrimaryKeyConstraint("business_id", "log"),
)
