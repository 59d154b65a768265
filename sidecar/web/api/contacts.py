"""Outcomes, and STOP and START by other means than a text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.web import rows
from sidecar.web.api import people
from sidecar.web.models.answers import OptAnswer, OutcomeAnswer, SequenceRef
from sidecar.web.models.requests import OptIn, OutcomeIn
from sidecar.web.once import once
from sidecar.web.operations import Answer, Asked, Body, Operation, Possible
from sidecar.web.problem import Problem

if TYPE_CHECKING:
    from sidecar.engine.results import OptResult

_SOURCE = "api"


def outcome(asked: Asked) -> Answer:
    """Record what came of a conversation."""
    given = asked.given(OutcomeIn)
    owner = rows.owner_of_sequence(asked.sidecar.store, given.sequence_id) if given.sequence_id else None
    business = asked.business(owner=owner)
    if given.outcome != "converted" and (given.value_minor is not None or given.currency is not None):
        raise Problem(
            "invalid",
            "Only `converted` has a value",
            remedy="leave `value_minor` and `currency` out",
            pointer="/value_minor",
        )
    if given.currency is not None and given.value_minor is None:
        raise Problem("invalid", "A currency without a value", remedy="add `value_minor`", pointer="/value_minor")
    whom = people.whom(business, sequence_id=given.sequence_id, phone_=given.phone, email_=given.email)

    def act() -> OutcomeAnswer:
        result = asked.sidecar.intake.outcome(
            business,
            given.outcome,
            **whom,
            value_minor=given.value_minor,
            currency=given.currency,
            source=_SOURCE,
        )
        return OutcomeAnswer(
            outcome=result.outcome,
            contact_id=result.contact_id,
            sequence=SequenceRef(id=result.sequence_id) if result.sequence_id else None,
            state=result.state,
        )

    return once(asked, business, OutcomeAnswer, act, atomic=True)


def opt_out(asked: Asked) -> Answer:
    """STOP by other means than a message."""
    given, business = asked.given(OptIn), asked.business()
    whom = people.person(business, phone_=given.phone, email_=given.email)
    return _opted(asked.sidecar.intake.opt_out(business, **whom, source=_SOURCE, evidence=given.evidence))


def opt_in(asked: Asked) -> Answer:
    """START by other means than a message."""
    given, business = asked.given(OptIn), asked.business()
    if not given.evidence.strip():
        raise Problem(
            "invalid",
            "`evidence` is empty",
            remedy="say how the person asked to hear from us again",
            pointer="/evidence",
        )
    whom = people.person(business, phone_=given.phone, email_=given.email)
    return _opted(asked.sidecar.intake.opt_in(business, **whom, source=_SOURCE, evidence=given.evidence))


def _opted(result: OptResult) -> Answer:
    return Answer(
        OptAnswer(
            contact_id=result.contact_id,
            suppressed=result.suppressed,
            changed=result.changed,
            in_flight=list(result.in_flight),
        )
    )


_STOPPED = {
    "contact_id": "con_019ab5c2f0000000a1b2c3d4e5f6",
    "suppressed": True,
    "changed": True,
    "in_flight": [],
}
_OUTCOME = {
    "outcome": "converted",
    "contact_id": "con_019ab5c2f0000000a1b2c3d4e5f6",
    "sequence": {"id": "seq_019ab5c2f0010001a1b2c3d4e5f6"},
    "state": "closed",
}

OPERATIONS = (
    Operation(
        id="reportOutcome",
        method="POST",
        path="/v1/outcomes",
        tag="Facts",
        summary="Something came of it",
        description="Report an outcome of a sequence or a person, with the deal's value where it "
        "`converted`. All but "
        "`not_now` close the sequence; `opted_out` and `complained` are a STOP on every channel. JSON or a "
        "form.",
        view=outcome,
        scope="calls",
        body=Body(
            (OutcomeIn,),
            form=OutcomeIn,
            examples={
                "converted": {
                    "sequence_id": "seq_019ab5c2f0010001a1b2c3d4e5f6",
                    "outcome": "converted",
                    "value_minor": 420000,
                    "currency": "GBP",
                }
            },
        ),
        idempotency_key=True,
        answers=(Possible(200, "What it did.", OutcomeAnswer, {"converted": _OUTCOME}),),
        problems=("not-found", "conflict"),
    ),
    Operation(
        id="optOut",
        method="POST",
        path="/v1/contacts/opt-out",
        tag="People",
        summary="STOP, by other means than a text",
        description="Nothing more goes to this person, on any channel, also where the address is not known "
        "yet. "
        "Waits up to 2 s for a request that is under way.",
        view=opt_out,
        scope="calls",
        body=Body(
            (OptIn,),
            form=OptIn,
            examples={"said": {"phone": "+447700900123", "evidence": "said so on the phone to Sam"}},
        ),
        answers=(Possible(200, "It holds.", OptAnswer, {"stopped": _STOPPED}),),
    ),
    Operation(
        id="optIn",
        method="POST",
        path="/v1/contacts/opt-in",
        tag="People",
        summary="START, by other means than a text",
        description="Lifts a STOP, and reopens nothing. Needs evidence.",
        view=opt_in,
        scope="operate",
        body=Body(
            (OptIn,),
            examples={"asked": {"phone": "+447700900123", "evidence": "asked by email on 20 November"}},
        ),
        answers=(Possible(200, "It is lifted.", OptAnswer, {"started": _STOPPED | {"suppressed": False}}),),
    ),
)
