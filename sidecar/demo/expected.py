"""What had to go out and what did: a scenario's own list against the sandbox's account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sidecar.demo.world import STAFF_NUMBER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Kind = Literal["text", "call", "email", "alert"]
"""``alert``: a text to staff; the others go to the caller."""

Outgoing = dict[str, Any]
"""One thing that a vendor took: ``t`` (virtual seconds since the call), ``kind``, ``vendor``, ``operation``, ``to``,
``from``, and ``text``, ``subject`` or ``variables``."""

_KINDS: dict[str, Kind] = {"messages.create": "text", "calls.create": "call", "message": "email"}


@dataclass(frozen=True, slots=True)
class Expected:
    """One thing that must go out, in its place in the order."""

    kind: Kind
    at: float
    """Seconds since the call, at the earliest."""
    late: float = 10.0
    """Seconds after that, at the latest: the machine may be busy."""
    says: tuple[str, ...] = ()
    """What the text, the subject or the agent's variables hold."""

    def differs(self, seen: Mapping[str, Any]) -> bool:
        """Whether what went out is not this."""
        words = " ".join(str(seen.get(field, "")) for field in ("text", "subject", "variables"))
        right = seen["kind"] == self.kind and self.at <= seen["t"] <= self.at + self.late
        return not right or any(part not in words for part in self.says)

    def __str__(self) -> str:
        says = f" with {', '.join(map(repr, self.says))}" if self.says else ""
        return f"{self.kind} {self.at:g} to {self.at + self.late:g} s after the call{says}"


def outgoing(snapshot: Iterable[Mapping[str, Any]]) -> list[Outgoing]:
    """Of everything that the sandbox received, what it took and a person gets."""
    return [_one(entry) for entry in snapshot if entry["operation"] in _KINDS and _taken(entry)]


def _taken(entry: Mapping[str, Any]) -> bool:
    return any(name in entry for name in ("sid", "call_id", "subject"))


def _one(entry: Mapping[str, Any]) -> Outgoing:
    to = entry["to"]
    found: Outgoing = {
        "t": entry["seconds"],
        "kind": "alert" if to == STAFF_NUMBER else _KINDS[entry["operation"]],
        "vendor": entry["vendor"],
        "operation": entry["operation"],
        "to": to if isinstance(to, str) else ", ".join(to),
        "from": entry["from"],
    }
    for name, field in (("text", "text"), ("subject", "subject"), ("dynamic_variables", "variables")):
        if name in entry:
            found[field] = entry[name]
    return found


def differences(expected: Sequence[Expected], seen: Sequence[Outgoing]) -> tuple[str, str] | None:
    """``None`` where exactly this went out in this order; else both lists in words."""
    if len(expected) == len(seen) and not any(map(Expected.differs, expected, seen)):
        return None
    told = [f"{one['kind']} {one['t']:g} s after the call: {_gist(one)}" for one in seen]
    return "\n".join(map(str, expected)) or "nothing", "\n".join(told) or "nothing"


def _gist(one: Outgoing) -> str:
    words = str(one.get("subject") or one.get("text") or one.get("variables") or "").replace("\n", " ")
    longest = 90
    return words if len(words) <= longest else f"{words[:longest]}…"
