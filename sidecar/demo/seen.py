"""What happened, as it happens: the sandbox's journal and the sidecar's own record, as one stream in order."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from sidecar.demo.world import STAFF_NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sidecar.demo.world import World

Kind = Literal["told", "event", "message", "text", "alert", "call", "email", "refused"]

_HOLD_SECONDS = 0.12
"""An entry is held back this long, so that what was written a little later but happened before comes before it."""
_REFUSABLE = frozenset({"messages.create", "calls.create", "message"})
_FIRST_FAILURE = 400


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened, and when (virtual time, UTC)."""

    at: datetime
    kind: Kind
    data: Mapping[str, Any] = field(default_factory=dict)
    person: Mapping[str, Any] = field(default_factory=dict)
    """For events: all that is on record about the caller at that time."""

    @property
    def effect(self) -> bool:
        """Whether it follows from a call that was written down at the same moment."""
        return self.kind == "event" and not str(self.data["type"]).startswith("call.")


class Watch:
    """Collects what happened since it was last asked."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen: set[object] = set()
        self._held: list[tuple[float, Happening]] = []

    def tell(self, actor: str, words: str) -> None:
        """Something that people did, or that the demo did to the sidecar; told in its place."""
        happening = Happening(self._world.clock.now(), "told", {"actor": actor, "words": words})
        self._held.append((time.monotonic(), happening))

    def fresh(self, *, all_of_it: bool = False) -> list[Happening]:
        """What is new, in order of its time; with ``all_of_it`` also what was seen only just now."""
        now = time.monotonic()
        self._held += [(now, happening) for happening in (*self._of_journal(), *self._of_record())]
        self._held.sort(key=lambda held: (held[1].at, held[1].effect))
        ripe = [held for held in self._held if all_of_it or now - held[0] >= _HOLD_SECONDS]
        # Nothing overtakes what is told: up to the latest that is ripe, everything is.
        count = self._held.index(ripe[-1]) + 1 if ripe else 0
        told, self._held = self._held[:count], self._held[count:]
        return [happening for _, happening in told]

    def _new(self, key: object) -> bool:
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def _of_journal(self) -> Iterator[Happening]:
        ledgers = self._world.sandbox.journal.read()
        for text in ledgers.texts:
            if self._new(text.sid):
                kind: Kind = "alert" if text.to == STAFF_NUMBER else "text"
                yield Happening(text.at, kind, {"to": text.to, "from": text.from_, "body": text.body})
        for call in ledgers.calls_placed:
            if self._new(call.call_id):
                yield Happening(call.at, "call", {"to": call.to, "variables": dict(call.dynamic_variables)})
        for email in ledgers.emails:
            if self._new(email.raw):
                yield Happening(email.at, "email", {"to": email.to[0], "subject": email.subject})
        for seen in ledgers.requests:
            if seen.operation in _REFUSABLE and seen.ended_monotonic is not None and self._new(id(seen)):
                status = seen.status
                if not seen.accepted and (status is None or status >= _FIRST_FAILURE):
                    yield Happening(seen.at, "refused", {"vendor": seen.vendor, "status": status})

    def _of_record(self) -> Iterator[Happening]:
        person = self._world.person()
        if person is None:
            return
        for message in person["messages"]:
            if self._new(message["message_id"]):
                yield Happening(datetime.fromisoformat(message["at"]), "message", message)
        for event in person["events"]:
            if self._new(event["event_id"]):
                yield Happening(datetime.fromisoformat(event["at"]), "event", event, person)
