"""What went out, in order: the sandbox's account of a run, for ``demo --json`` and for reading in tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sidecar.sandbox.record import Journal, Json, Ledgers, SeenRequest

_READS = frozenset(("list", "fetch", "search", "batch_read", "fetch_all", "definitions"))
_CRM_FIELDS = (
    "hs_communication_body",
    "hs_call_title",
    "recovery_opt_out",
    "hs_communication_channel_type",
    "hs_call_status",
)


def snapshot(journal: Journal, since: datetime | None = None, *, reads: bool = False) -> list[Json]:
    """Everything accepted or refused, oldest first, with ``seconds`` since ``since`` (or the first entry).

    ``reads`` also lists look-ups (CRM searches, log reads); they change nothing at the vendor.
    """
    ledgers = journal.read()
    outgoing = _outgoing(ledgers)
    chosen = [seen for seen in ledgers.requests if reads or seen.operation.rsplit(".", 1)[-1] not in _READS]
    chosen.sort(key=lambda seen: seen.received_monotonic)
    start = since or (chosen[0].at if chosen else None)
    return [
        {
            "seconds": round((seen.at - start).total_seconds(), 3) if start else 0.0,
            "at": seen.at.isoformat(),
            "vendor": seen.vendor,
            "operation": seen.operation,
            "status": seen.status,
            **(outgoing.get(seen.received_monotonic) or dict(_plain(seen))),
        }
        for seen in chosen
    ]


def _outgoing(ledgers: Ledgers) -> dict[float, Json]:
    """The key fields of texts, calls and emails, by the moment at which their request came."""
    found: dict[float, Json] = {}
    for text in ledgers.texts:
        found[text.received_monotonic] = {
            "sid": text.sid,
            "to": text.to,
            "from": text.from_,
            "text": text.body,
            "validity_period": text.validity_period,
        }
    for call in ledgers.calls_placed:
        found[call.received_monotonic] = {
            "call_id": call.call_id,
            "to": call.to,
            "from": call.from_,
            "agent_id": call.agent_id,
            "dynamic_variables": dict(call.dynamic_variables),
            "metadata": dict(call.metadata),
        }
    for email in ledgers.emails:
        found[email.received_monotonic] = {
            "to": list(email.to),
            "from": email.from_,
            "subject": email.subject,
            "text": email.text,
        }
    return found


def _plain(seen: SeenRequest) -> Iterator[tuple[str, Any]]:
    """The key fields of a request that is neither text, call nor email."""
    body = seen.body if isinstance(seen.body, dict) else {}
    yield "path", seen.path
    if seen.vendor == "hubspot" and isinstance(body.get("properties"), dict):
        properties = body["properties"]
        yield "fields", {name: properties[name] for name in sorted(properties)}
        text = next((properties[name] for name in _CRM_FIELDS if name in properties), None)
        if text is not None:
            yield "text", text
    elif seen.vendor == "receiver":
        yield "event", body.get("type") or body.get("event")
    elif seen.vendor == "twilio" and "To" in body:
        yield from (("to", body.get("To")), ("from", body.get("From")), ("text", body.get("Body")))
    elif seen.vendor == "retell" and "to_number" in body:
        yield from (("to", body.get("to_number")), ("from", body.get("from_number")))
