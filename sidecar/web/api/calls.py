"""``POST /v1/calls``: a call is reported, by a flow or by any phone system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.channels.twilio import webhooks as twilio
from sidecar.domain.reports import CallReport
from sidecar.engine.results import FlowRef
from sidecar.web import keys
from sidecar.web.api import people, reported
from sidecar.web.models.answers import CallAnswer, CallRef, SequenceRef
from sidecar.web.models.requests import FlowIn, OwnCall, TwilioPost
from sidecar.web.operations import Answer, Asked, Body, Operation, Possible
from sidecar.web.problem import Problem

if TYPE_CHECKING:
    from sidecar.config.business import Business
    from sidecar.engine.results import CallResult


def report(asked: Asked) -> Answer:
    """Take in one report of a call."""
    return _twilio(asked, asked.given(TwilioPost)) if isinstance(asked.body, TwilioPost) else _own(asked)


def _twilio(asked: Asked, post: TwilioPost) -> Answer:
    form = reported.first_values(post)
    business = reported.business_of(asked, form)
    if reason := reported.refusal(business, post):
        return Answer(CallAnswer(decision="refused", reason=reason))
    try:
        told = twilio.read_call(form, asked.sidecar.clock.now())
    except twilio.UnreadablePostError as error:
        raise Problem("invalid", str(error), remedy=error.remedy, pointer=f"/form/{error.field}") from None
    if told is None:
        return Answer(CallAnswer(decision="ignored", reason="other_leg"))
    return _taken(asked, business, told, post.flow)


def _own(asked: Asked) -> Answer:
    given = asked.given(OwnCall)
    business = asked.business(called=given.to)
    if given.missed is None and given.status is None:
        raise Problem(
            "invalid",
            "Nothing says what became of the call",
            remedy="give `missed` (true or false) or `status`",
            pointer="/missed",
        )
    to = people.phone(business, given.to, "to")
    told = CallReport(
        call_id=given.call_id,
        provider=given.provider,
        at=asked.sidecar.clock.now(),
        to=to,
        caller=people.caller(business, given.caller, "from"),
        forwarded_from=given.forwarded_from,
        caller_name=given.caller_name,
        status=given.status,
        missed=given.missed,
        reason=given.reason,
        started_at=given.started_at,
        ended_at=given.ended_at,
        ring_seconds=given.ring_seconds,
        variant=given.variant,
    )
    return _taken(asked, business, told, given.flow)


def _taken(asked: Asked, business: Business, told: CallReport, flow: FlowIn | None) -> Answer:
    if told.to is not None and business.number(told.to) is None:
        raise keys.unknown_number(told.to, pointer="/to" if isinstance(asked.body, OwnCall) else "/form/To")
    by = FlowRef(flow.platform, flow.execution_id) if flow is not None else None
    result = asked.sidecar.intake.call(business, told, flow=by, source="flow" if by else "api")
    return Answer(answer_of(result))


def answer_of(result: CallResult) -> CallAnswer:
    """The engine's result in the API's words."""
    return CallAnswer(
        decision=result.decision,
        reason=result.reason,
        call=CallRef.model_validate({"id": result.call_id, "state": result.state}),
        contact_id=result.contact_id,
        sequence=SequenceRef(id=result.sequence_id) if result.sequence_id else None,
        already=result.already,
    )


_OWN = {
    "call_id": "pbx-2026-11-22-0042",
    "to": "+441174960001",
    "from": "+447700900123",
    "missed": True,
    "reason": "no_answer",
}
_TWILIO = {
    "source": "twilio",
    "url": "https://n8n.example.com/webhook/missed-call",
    "headers": {"x-twilio-signature": "pjwMPHWdTsDNdXxFXc3w0YpWvXs="},
    "form": {
        "CallSid": "CA00000000000000000000000000000001",
        "AccountSid": "AC00000000000000000000000000000001",
        "From": "+447700900123",
        "To": "+441174960001",
        "CallStatus": "no-answer",
    },
    "flow": {"platform": "n8n", "execution_id": "231"},
}
_OPENED = {
    "decision": "opened",
    "reason": "no_answer",
    "call": {"id": "pbx-2026-11-22-0042", "state": "missed"},
    "contact_id": "con_019ab5c2f0000000a1b2c3d4e5f6",
    "sequence": {"id": "seq_019ab5c2f0010001a1b2c3d4e5f6"},
    "already": False,
}
_REFUSED = {
    "decision": "refused",
    "reason": "the signature does not fit https://n8n.example.com/webhook/missed-call; that must be the URL "
    "exactly "
    "as it is set at Twilio (n8n: N8N_WEBHOOK_URL), and auth_token that account's",
    "call": None,
    "contact_id": None,
    "sequence": None,
    "already": False,
}

OPERATIONS = (
    Operation(
        id="reportCall",
        method="POST",
        path="/v1/calls",
        tag="Facts",
        summary="Report a call",
        description="Report a call as it is known, once or several times; `call_id` ties reports together, "
        "in any "
        "order. Either our own shape, from any phone system (JSON or a form), or a post of Twilio's as a "
        "flow's "
        "webhook received it (`source: twilio`): its signature is checked here, and a bad one is answered "
        "with 200 "
        "and `decision: refused`, so that a flow does not repeat it. `sequence` is there when a text is on "
        "its way.",
        view=report,
        scope="calls",
        body=Body((OwnCall, TwilioPost), form=OwnCall, examples={"own": _OWN, "twilio": _TWILIO}),
        answers=(Possible(200, "What the report did.", CallAnswer, {"opened": _OPENED, "refused": _REFUSED}),),
        problems=("unknown-number",),
    ),
)
