"""Sequences: list them, look at one, and an operator's hand on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.web import keys, rows
from sidecar.web.models.answers import DoneAnswer, SequenceAnswer, SequencesAnswer, SequenceShown
from sidecar.web.models.requests import BusinessQuery, ListQuery, ReasonIn
from sidecar.web.operations import Answer, Asked, Body, Operation, Possible
from sidecar.web.problem import Problem

if TYPE_CHECKING:
    from sidecar.config.business import Business


def listing(asked: Asked) -> Answer:
    """One page, newest first, of the businesses that the key may see."""
    query = asked.asked_for(ListQuery)
    among = [asked.business().id] if query.business else keys.entitled(asked.sidecar, asked.caller())
    found = asked.sidecar.timeline.listing(among, state=query.state, before=query.before, limit=query.limit)
    page = [SequenceShown.model_validate(row) for row in found]
    last = str(found[-1]["sequence_id"]) if len(found) == query.limit else None
    return Answer(SequencesAnswer(sequences=page, before=last))


def show(asked: Asked) -> Answer:
    """One sequence with its steps, touches, messages and events."""
    found = asked.sidecar.timeline.sequence(_business(asked).id, asked.path["sequence_id"])
    if found is None:
        raise Problem("not-found", "There is no such sequence in this business", remedy="take the id from the list")
    return Answer(SequenceAnswer.model_validate(found))


def close(asked: Asked) -> Answer:
    """Nothing more goes out."""
    asked.sidecar.hand.close(_business(asked), asked.path["sequence_id"], asked.given(ReasonIn).reason)
    return Answer(DoneAnswer())


def hold(asked: Asked) -> Answer:
    """Nothing goes out until it is resumed."""
    asked.sidecar.hand.hold(_business(asked), asked.path["sequence_id"], asked.given(ReasonIn).reason)
    return Answer(DoneAnswer())


def resume(asked: Asked) -> Answer:
    """Go on."""
    asked.sidecar.hand.resume(_business(asked), asked.path["sequence_id"])
    return Answer(DoneAnswer())


def _business(asked: Asked) -> Business:
    return asked.business(owner=rows.owner_of_sequence(asked.sidecar.store, asked.path["sequence_id"]))


_ID = {"sequence_id": "From the answer to `POST /v1/calls`, or from the list."}
_SEQUENCE = {
    "business_id": "harbour-plumbing",
    "sequence_id": "seq_019ab5c2f0010001a1b2c3d4e5f6",
    "contact_id": "con_019ab5c2f0000000a1b2c3d4e5f6",
    "playbook": "uk-three-layer",
    "variant": "general",
    "number": "+441174960001",
    "call_id": "pbx-2026-11-22-0042",
    "state": "open",
    "reason": "",
    "held_reason": "",
    "outcome": "",
    "value_minor": None,
    "currency": None,
    "call_at": "2026-11-20T10:00:00Z",
    "opened_at": "2026-11-20T10:00:00Z",
    "closed_at": None,
    "replied_at": None,
    "first_touch_seconds": 0.4,
    "flow_platform": "n8n",
    "flow_execution": "231",
}
_LISTS = {
    "steps": [
        {
            "name": "acknowledge",
            "channel": "sms",
            "kind": "touch",
            "state": "sent",
            "reason": "",
            "due_at": "2026-11-20T10:00:00Z",
            "release_at": "2026-11-20T10:00:15Z",
            "deadline_at": "2026-11-20T10:01:30Z",
            "settled_at": "2026-11-20T10:00:01Z",
            "attempt": 1,
            "touch_id": "tch_019ab5c2f0020002a1b2c3d4e5f6",
        }
    ],
    "touches": [
        {
            "touch_id": "tch_019ab5c2f0020002a1b2c3d4e5f6",
            "step": "acknowledge",
            "channel": "sms",
            "attempt": 1,
            "state": "sent",
            "provider_id": "SM00000000000000000000000000000003",
            "provider_state": "delivered",
            "code": "",
            "body": "Hi Alex, it's Sam at Harbour Plumbing. What can we help with? Reply STOP to opt out.",
            "subject": "",
            "details": None,
            "intended_at": "2026-11-20T10:00:00Z",
            "sent_at": "2026-11-20T10:00:01Z",
        }
    ],
    "messages": [
        {
            "message_id": "SM00000000000000000000000000000001",
            "channel": "sms",
            "body": "Yes please, after 4 pm",
            "intent": "none",
            "at": "2026-11-20T10:02:10Z",
        }
    ],
    "events": [
        {
            "event_id": "evt_019ab5c2f0060006a1b2c3d4e5f6",
            "at": "2026-11-20T10:00:00Z",
            "type": "sequence.opened",
            "step": None,
            "reason": "no_answer",
            "call_id": "pbx-2026-11-22-0042",
            "touch_id": None,
            "data": None,
        }
    ],
}
_DONE = Possible(200, "Done.", DoneAnswer, {"done": {"done": True}})

OPERATIONS = (
    Operation(
        id="listSequences",
        method="GET",
        path="/v1/sequences",
        tag="Sequences",
        summary="List sequences",
        description="Newest first, of all businesses of the key or of one. For the next page pass `before` "
        "from the answer.",
        view=listing,
        scope="read",
        query=ListQuery,
        answers=(Possible(200, "A page.", SequencesAnswer, {"one": {"sequences": [_SEQUENCE], "before": None}}),),
    ),
    Operation(
        id="getSequence",
        method="GET",
        path="/v1/sequences/{sequence_id}",
        tag="Sequences",
        summary="Look at one sequence",
        description="With its steps, touches, messages and events, in order: what was said, decided, when and why.",
        view=show,
        scope="read",
        query=BusinessQuery,
        parameters=_ID,
        answers=(Possible(200, "The sequence.", SequenceAnswer, {"sent": _SEQUENCE | _LISTS}),),
        problems=("not-found",),
    ),
    Operation(
        id="closeSequence",
        method="POST",
        path="/v1/sequences/{sequence_id}/close",
        tag="Sequences",
        summary="Close a sequence",
        description="Every step that has not begun is cancelled; flows that wait are told.",
        view=close,
        scope="operate",
        body=Body((ReasonIn,), optional=True, examples={"close": {"reason": "called_back"}}),
        parameters=_ID,
        answers=(_DONE,),
        problems=("not-found", "conflict"),
    ),
    Operation(
        id="holdSequence",
        method="POST",
        path="/v1/sequences/{sequence_id}/hold",
        tag="Sequences",
        summary="Hold a sequence",
        description="Its steps are deferred until it is resumed.",
        view=hold,
        scope="operate",
        body=Body((ReasonIn,), optional=True, examples={"hold": {"reason": "ask_owner_first"}}),
        parameters=_ID,
        answers=(_DONE,),
        problems=("not-found", "conflict"),
    ),
    Operation(
        id="resumeSequence",
        method="POST",
        path="/v1/sequences/{sequence_id}/resume",
        tag="Sequences",
        summary="Resume a sequence",
        description="Lifts a hold; what became due meanwhile passes the gates again.",
        view=resume,
        scope="operate",
        body=Body((ReasonIn,), optional=True, examples={"resume": {}}),
        parameters=_ID,
        answers=(_DONE,),
        problems=("not-found", "conflict"),
    ),
)
