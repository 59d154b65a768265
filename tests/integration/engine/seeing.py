"""What a test of the engine looks at: the texts to the caller, the alerts to staff, the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sidecar.store import calls, contacts, record
from tests.support.house import CALLER, STAFF

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from sidecar.sandbox import Sandbox
    from sidecar.sandbox.record import SentText
    from tests.support.house import House


def texts_to(sandbox: Sandbox, number: str = CALLER) -> list[SentText]:
    return [text for text in sandbox.texts if text.to == number]


def alerts(sandbox: Sandbox) -> list[str]:
    """Everything that staff were texted, in order."""
    return [text.body for text in texts_to(sandbox, STAFF)]


def steps(home: House, sequence_id: str) -> dict[str, dict[str, Any]]:
    return {step["name"]: step for step in home.sequence(sequence_id)["steps"]}


def step(home: House, sequence_id: str, name: str) -> tuple[str, str]:
    """State and reason."""
    row = steps(home, sequence_id)[name]
    return row["state"], row["reason"]


def ended(home: House, sequence_id: str) -> tuple[str, str]:
    sequence = home.sequence(sequence_id)
    return sequence["state"], sequence["reason"]


def events(home: House, sequence_id: str, kind: str = "") -> list[tuple[str, str, str]]:
    """Type, step and reason of each line of a sequence's record."""
    return [
        (event["type"], event["step"] or "", event["reason"])
        for event in home.sequence(sequence_id)["events"]
        if event["type"].startswith(kind)
    ]


def call(home: House, call_id: str) -> RowMapping:
    row = home.sidecar.store.read(lambda tx: calls.get(tx, home.business.id, call_id))
    assert row is not None
    return row


def contact(home: House, phone: str = CALLER) -> dict[str, Any]:
    """Everything on record about the person with this number."""
    found = home.sidecar.timeline.person(home.business.id, contact_row(home, phone)["contact_id"])
    assert found is not None
    return found


def contact_row(home: House, phone: str = CALLER) -> RowMapping:
    def read(tx: Any) -> RowMapping:
        contact_id = contacts.by_address(tx, home.business.id, "phone", phone)
        assert contact_id is not None
        return contacts.get(tx, home.business.id, contact_id)

    return home.sidecar.store.read(read)


def suppressed(home: House, phone: str = CALLER) -> bool:
    answer: bool = contact(home, phone)["suppressed"]
    return answer


def dead(home: House) -> list[RowMapping]:
    return list(home.sidecar.store.read(lambda tx: record.dead_letters(tx, home.business.id)))
