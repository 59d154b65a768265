"""Consents with their evidence, and the questions that ask for one in a conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import RowMapping, bindparam, literal_column, select, update

from sidecar.domain.consent import Consent
from sidecar.store import statements
from sidecar.store.ids import new_id
from sidecar.store.tables import addresses, consents, questions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sidecar.store.database import Tx

_OF_CONTACT = (
    select(consents)
    .where(consents.c.business_id == bindparam("business_id"), consents.c.contact_id == bindparam("contact_id"))
    .order_by(consents.c.given_at.desc(), consents.c.consent_id.desc())
)
_STANDING = update(consents).where(
    consents.c.business_id == bindparam("is_business_id"),
    consents.c.contact_id.in_(bindparam("is_contact_ids", expanding=True)),
    consents.c.given_at <= bindparam("is_given_by"),
    consents.c.withdrawn_at.is_(None),
)
_PAGE = (
    select(consents)
    .where(consents.c.business_id == bindparam("business_id"), consents.c.consent_id > bindparam("after"))
    .order_by(consents.c.consent_id)
    .limit(bindparam("most"))
)
# Literals where an index is partial: SQLite does not use it for what it cannot see in the text.
_OPEN_QUESTION = select(questions).where(
    questions.c.business_id == bindparam("business_id"),
    questions.c.contact_id == bindparam("contact_id"),
    questions.c.state == literal_column("'open'"),
)
_SETTLE_OPEN = update(questions).where(
    questions.c.business_id == bindparam("is_business_id"),
    questions.c.contact_id.in_(bindparam("is_contact_ids", expanding=True)),
    questions.c.state == literal_column("'open'"),
)


def add(tx: Tx, business_id: str, contact_id: str, consent: Consent, at: datetime, *, withdrawal: str = "") -> str:
    """Put a consent on record; ``withdrawal`` says how we know that it was taken back, where it was."""
    consent_id = new_id("cns", at)
    values = {
        "business_id": business_id, "consent_id": consent_id, "contact_id": contact_id, "basis": consent.basis,
        "channels": sorted(consent.channels), "purpose": consent.purpose, "given_at": consent.given_at,
        "expires_at": consent.expires_at, "evidence": consent.evidence, "withdrawn_at": consent.withdrawn_at,
        "withdrawal": withdrawal,
    }  # fmt: skip
    statements.add(tx, consents, values)
    return consent_id


def of_contact(tx: Tx, business_id: str, contact_id: str) -> tuple[Consent, ...]:
    """Every consent of a person on record, newest first; withdrawn ones too."""
    rows = tx.conn.execute(_OF_CONTACT, {"business_id": business_id, "contact_id": contact_id}).mappings()
    return tuple(consent_of(row) for row in rows)


def consent_of(row: RowMapping) -> Consent:
    """The consent that a row holds."""
    return Consent(
        basis=row["basis"],
        channels=frozenset(row["channels"]),
        purpose=row["purpose"],
        given_at=row["given_at"],
        expires_at=row["expires_at"],
        evidence=row["evidence"],
        withdrawn_at=row["withdrawn_at"],
        consent_id=row["consent_id"],
    )


def withdraw(tx: Tx, business_id: str, consent_id: str, at: datetime, how: str) -> None:
    """The person took this one back."""
    keys = {"business_id": business_id, "consent_id": consent_id}
    statements.change(tx, consents, keys, {"withdrawn_at": at, "withdrawal": how})


def withdraw_all(tx: Tx, business_id: str, contact_ids: Sequence[str], at: datetime, how: str) -> None:
    """A STOP takes back whatever these people gave until then, and leaves no question of ours open."""
    wanted = {"is_business_id": business_id, "is_contact_ids": list(contact_ids)}
    tx.conn.execute(_STANDING, {**wanted, "is_given_by": at, "withdrawn_at": at, "withdrawal": how})
    tx.conn.execute(_SETTLE_OPEN, {**wanted, "state": "refused", "settled_at": at})


def page(tx: Tx, business_id: str, *, after: str = "", limit: int = 500) -> list[tuple[Consent, list[RowMapping]]]:
    """Consents of a business by id, each with its person's phones and emails (oldest first); ``after``: the last id."""
    wanted = {"business_id": business_id, "after": after, "most": limit}
    rows = tx.conn.execute(_PAGE, wanted).mappings().all()
    whose = select(addresses).where(
        addresses.c.business_id == business_id,
        addresses.c.contact_id.in_({row["contact_id"] for row in rows}),
        addresses.c.kind.in_(("phone", "email")),
    )
    known: dict[str, list[RowMapping]] = {}
    for address in tx.conn.execute(whose.order_by(addresses.c.added_at, addresses.c.address)).mappings():
        known.setdefault(address["contact_id"], []).append(address)
    return [(consent_of(row), known.get(row["contact_id"], [])) for row in rows]


# --- asked for in a conversation ----------------------------------------------------------------------------------


def add_question(tx: Tx, **values: Any) -> None:
    """A question; of one person one is open at a time, so another that is open gives way."""
    wanted = {"is_business_id": values["business_id"], "is_contact_ids": [values["contact_id"]]}
    tx.conn.execute(_SETTLE_OPEN, {**wanted, "state": "replaced", "settled_at": values["asked_at"]})
    statements.add(tx, questions, {"state": "open", **values})


def open_question(tx: Tx, business_id: str, contact_id: str) -> RowMapping | None:
    """The question that this person may answer, if there is one."""
    wanted = {"business_id": business_id, "contact_id": contact_id}
    return tx.conn.execute(_OPEN_QUESTION, wanted).mappings().first()


def settle_question(tx: Tx, question: RowMapping, state: str, **values: Any) -> None:
    """It is answered (``given``, ``refused``), or can no longer be (``lapsed``)."""
    keys = {"business_id": question["business_id"], "question_id": question["question_id"]}
    statements.change(tx, questions, keys, {"state": state, **values}, was=("open",))
