"""The queries that run all day use their partial indexes, on both stores, however long the history is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event, text

from sidecar.domain.opt_out_rate import LATE
from sidecar.store import calls, consents, opt_outs, record, retention, sequences, touches
from sidecar.store.tables import calls as calls_table
from sidecar.store.tables import claims, contacts, deliveries, questions, steps, suppressions
from sidecar.store.tables import sequences as sequences_table
from sidecar.store.tables import touches as touches_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.store.database import Store, Tx

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
OLD = 4000


def fill(tx: Tx) -> None:
    """A long settled past, and a little that is due."""
    at = [NOW - timedelta(minutes=n) for n in range(OLD)]
    tx.conn.execute(
        steps.insert(),
        [
            {"business_id": "b", "sequence_id": f"s{n}", "name": "x", "ordinal": 0, "channel": "sms",
             "state": "planned" if n % 400 == 0 else "sent", "release_at": at[n] if n % 400 == 0 else None}
            for n in range(OLD)
        ],
    )  # fmt: skip
    tx.conn.execute(
        touches_table.insert(),
        [
            {"business_id": "b", "touch_id": f"t{n}", "contact_id": "c", "sequence_id": f"s{n}", "step": "x",
             "channel": "sms", "attempt": 1, "state": "unknown" if n % 400 == 0 else "sent", "address": "a",
             "sender": "s", "body": "", "intended_at": at[n], "ask_at": at[n]}
            for n in range(OLD)
        ],
    )  # fmt: skip
    tx.conn.execute(
        deliveries.insert(),
        [
            {"business_id": "b", "delivery_id": f"d{n}", "kind": "bell" if n % 3 == 0 else "event", "payload": {},
             "state": "due" if n % 400 == 0 else "dead" if n % 400 == 1 else "delivered",
             "sequence_id": f"s{n}", "created_at": at[n],
             "due_at": at[n], "settled_at": at[n]}
            for n in range(OLD)
        ],
    )  # fmt: skip
    tx.conn.execute(
        claims.insert(),
        [
            {"business_id": "b", "claim_id": f"k{n}", "touch_id": f"t{n}x", "sequence_id": f"s{n}", "step": "x",
             "state": "granted" if n % 400 == 0 else "sent", "granted_at": at[n], "expires_at": at[n]}
            for n in range(OLD)
        ],
    )  # fmt: skip
    tx.conn.execute(
        suppressions.insert(),
        [
            {"business_id": "b", "key_hash": f"h{n}", "kind": "phone", "contact_id": f"c{n}", "source": "sms",
             "at": at[n]}
            for n in range(OLD)
        ],
    )  # fmt: skip
    tx.conn.execute(
        sequences_table.insert(),
        [
            {"business_id": "b", "sequence_id": f"s{n}", "contact_id": f"c{n}", "playbook": "p", "variant": "v",
             "number": "+44", "state": "closed", "call_at": at[n], "last_call_at": at[n], "opened_at": at[n],
             "first_touch_seconds": 9.0, "reply_token": f"r{n}"}
            for n in range(OLD)
        ],
    )  # fmt: skip
    tx.conn.execute(
        calls_table.insert(),
        [
            {"business_id": "b", "call_id": f"c{n}", "provider": "twilio", "number": "+44", "recovered": False,
             "state": "pending" if n % 400 == 0 else "missed", "heard_at": at[n]}
            for n in range(OLD)
        ],
    )  # fmt: skip
    tx.conn.execute(
        contacts.insert(),
        [
            {"business_id": "b", "contact_id": f"c{n}", "created_at": at[n], "forgotten_at": None if n < 400 else at[n]}
            for n in range(OLD)
        ],
    )  # fmt: skip
    tx.conn.execute(
        questions.insert(),
        [
            {"business_id": "b", "question_id": f"q{n}", "contact_id": f"c{n}", "sequence_id": f"s{n}", "step": "x",
             "channels": ["voice"], "purpose": "service", "about": "", "state": "open" if n % 400 == 0 else "given",
             "asked_at": at[n]}
            for n in range(OLD)
        ],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (lambda tx: sequences.take_due(tx, NOW, 30.0, 20), "steps_due"),
        (sequences.next_due, "steps_due"),
        (lambda tx: touches.in_doubt(tx, NOW, 20), "touches_in_doubt"),
        (lambda tx: record.take_deliveries(tx, NOW, 30.0, 20), "deliveries_due"),
        (record.next_delivery, "deliveries_due"),
        (lambda tx: record.bells_of(tx, "b", "s1200"), "deliveries_bells"),
        (lambda tx: record.on_topic(tx, "b", "operator:1"), "deliveries_by_topic"),
        (lambda tx: touches.claims_run_out(tx, NOW), "claims_open"),
        (lambda tx: touches.last_to(tx, "b", "c", until=NOW), "touches_by_contact"),
        (lambda tx: consents.open_question(tx, "b", "c1200"), "questions_one_open"),
        (lambda tx: calls.oldest_pending(tx, "twilio", NOW - timedelta(hours=4)), "calls_pending"),
        (lambda tx: record.words_on(tx, "b", "word:1"), "deliveries_by_topic"),
        (lambda tx: opt_outs.before_they_left(tx, "b", NOW - timedelta(hours=1)), "suppressions_by_time"),
        (lambda tx: opt_outs.contacted(tx, "b", "p", NOW - timedelta(hours=1), LATE), "sequences_by_opening"),
        (lambda tx: retention.quiet_people(tx, "b", NOW - timedelta(minutes=380), 20), "contacts_kept"),
        (lambda tx: retention.remove_delivered(tx, "b", NOW - timedelta(minutes=OLD - 40), 20), "deliveries_delivered"),
        (lambda tx: retention.forget_callers(tx, "b", NOW - timedelta(minutes=OLD - 40), 20), "calls_by_contact"),
        (lambda tx: record.dead_letters(tx, "b"), "deliveries_dead"),
        (lambda tx: calls.is_pending_from(tx, "b1", "+447700900123", NOW - timedelta(minutes=3)), "calls_ringing"),
    ],
)  # fmt: skip
def test_it_uses_its_index(store: Store, query: Callable[[Tx], Any], index: str) -> None:
    store.write(fill)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("ANALYZE"))
    seen: list[tuple[str, Any]] = []

    def note(_conn: Any, _cursor: Any, statement: str, parameters: Any, *_more: Any) -> None:
        if (
            statement.lstrip().upper().startswith("SELECT")
            and "db_time" not in statement
            and " FROM " in statement.replace("\n", " ")
        ):
            seen.append((statement, parameters))

    event.listen(store.engine, "before_cursor_execute", note)
    store.write(query)
    event.remove(store.engine, "before_cursor_execute", note)
    statement, parameters = seen[0]
    explain = "EXPLAIN QUERY PLAN " if store.is_sqlite else "EXPLAIN "
    with store.engine.connect() as conn:
        plan = "\n".join(str(tuple(row)) for row in conn.exec_driver_sql(explain + statement, parameters).all())
    assert index in plan, plan
