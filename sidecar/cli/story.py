"""The record as lines that a person reads aloud."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_SAID = {
    "call.recorded": "we heard of the call",
    "call.missed": "the call was missed",
    "call.answered": "the call was answered",
    "call.ignored": "the call is no lead",
    "sequence.opened": "a sequence was opened",
    "sequence.closed": "the sequence was closed",
    "sequence.held": "the sequence was held",
    "sequence.resumed": "the sequence went on",
    "sequence.exhausted": "every step is done and nobody answered",
    "gate.send": "allowed",
    "gate.defer": "put off",
    "gate.skip": "left out",
    "gate.close": "closed by the gate",
    "touch.intended": "about to be sent",
    "touch.sent": "sent",
    "touch.failed": "not sent",
    "touch.unknown": "perhaps sent: the provider is being asked",
    "touch.withdrawn": "begun too late, started over",
    "touch.delivered": "delivered",
    "touch.undelivered": "not delivered",
    "reply.received": "they wrote back",
    "suppression.added": "they opted out: nothing more on any channel",
    "suppression.lifted": "they opted in again",
    "outcome.recorded": "outcome",
    "voice.started": "they picked up",
    "voice.ended": "the call ended",
    "voice.analyzed": "the call was summed up",
    "claim.granted": "a flow may send it",
    "flow.failed": "a flow failed",
    "delivery.dead": "a delivery was given up",
}


def tell(events: Iterable[Mapping[str, Any]], touches: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """One line an event, with its time (UTC), step and reason; under a sent touch its words."""
    for event in events:
        said = _SAID.get(event["type"], event["type"])
        step = f" {event['step']}:" if event["step"] else ""
        data = event["data"] or {}
        gate = f" [gate: {data['gate']}]" if data.get("gate") else ""
        until = f" until {data['until'][:19]}" if data.get("until") else ""
        why = f" ({event['reason'].replace('_', ' ')})" if event["reason"] else ""
        yield f"  {event['at'][:19]} {step} {said}{why}{until}{gate}".replace("  :", " ")
        touch = touches.get(event["touch_id"] or "")
        if touch is not None and event["type"] == "touch.sent" and touch["body"]:
            for line in touch["body"].splitlines():
                yield f"                       | {line}"
