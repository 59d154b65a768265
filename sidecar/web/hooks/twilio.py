"""Twilio's webhooks, straight from Twilio: signed, on record before they are answered, answered in TwiML."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

import structlog
from flask import Response, g, request

from sidecar.channels.twilio import twiml
from sidecar.channels.twilio import webhooks as twilio
from sidecar.channels.twilio.signature import verify
from sidecar.domain.phones import mask_in
from sidecar.web import keys
from sidecar.web.operations import Asked, Operation, Possible
from sidecar.web.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.config.business import Business, Number
    from sidecar.domain.reports import CallReport

    Form = dict[str, str]

T = TypeVar("T")

log = structlog.get_logger(__name__)

_SOURCE = "twilio"


def voice(asked: Asked) -> Response:
    """A call comes in: note it, and say what happens to it."""
    business, form = _genuine(asked)
    report = _read(lambda: twilio.read_incoming(form, asked.sidecar.clock.now()))
    number = business.number(report.to or "")
    if number is None:
        raise keys.unknown_number(report.to or "", pointer="/To")
    _note(asked, business, report)
    return _xml(_treatment(asked, business, number))


def _note(asked: Asked, business: Business, report: CallReport) -> None:
    """Record it if we can: the client's telephone must work when our database does not.

    What is lost here, the end of the call and Twilio's log tell again.
    """
    try:
        asked.sidecar.intake.call(business, report, source=_SOURCE)
    except Exception as error:  # noqa: BLE001 - whatever it is, somebody is on the line
        why = mask_in(repr(error))
        log.error("a call could not be recorded", business=business.id, call=report.call_id, why=why)  # noqa: TRY400 - no caller in a trace


def _treatment(asked: Asked, business: Business, number: Number) -> str:
    """Ring the staff, or refuse at no cost: nobody is there to take it, and the caller gets a text."""
    if not number.ring or number.mode == "forwarded":
        return twiml.busy()
    return twiml.ring_staff(
        number.ring,
        seconds=number.ring_seconds,
        action=_address(asked, "dial-result", business),
        whisper=_address(asked, "whisper", business) if number.press_one else None,
    )


def whisper(asked: Asked) -> Response:
    """A member of staff picked up, or pressed a key."""
    business, form = _genuine(asked)
    report = _read(lambda: twilio.read_whisper(form, asked.sidecar.clock.now()))
    if report.accepted is None:
        return _xml(
            twiml.whisper(business.name, action=_address(asked, "whisper", business), language=business.language)
        )
    _note(asked, business, report)
    return _xml(twiml.empty() if report.accepted else twiml.hang_up())


def dial_result(asked: Asked) -> Response:
    """Ringing the staff is over."""
    business, form = _genuine(asked)
    report = _read(lambda: twilio.read_dial_result(form, asked.sidecar.clock.now()))
    number = business.number(report.to or "")
    if report.bridged and report.dial_status in ("completed", "answered") and number is not None and number.press_one:
        # Our whisper hangs up on whoever does not press 1: who was connected pressed it, were that post lost too.
        report = replace(report, accepted=True)
    asked.sidecar.intake.call(business, report, source=_SOURCE)
    return _xml(twiml.hang_up())


def call_status(asked: Asked) -> Response:
    """Where the call to the number stands; other legs say nothing that matters."""
    business, form = _genuine(asked)
    report = _read(lambda: twilio.read_call(form, asked.sidecar.clock.now()))
    if report is not None:
        asked.sidecar.intake.call(business, report, source=_SOURCE)
    return Response(status=204)


def sms(asked: Asked) -> Response:
    """A text came in. What is answered, the engine decides and sends; here stands an empty answer."""
    business, form = _genuine(asked)
    report = _read(lambda: twilio.read_message(form, asked.sidecar.clock.now()))
    if business.number(report.to) is None:
        raise keys.unknown_number(report.to, pointer="/To")
    asked.sidecar.intake.message(business, report, source=_SOURCE)
    return _xml(twiml.empty())


def message_status(asked: Asked) -> Response:
    """What became of a text of ours; ``touch`` in the query says which."""
    business, form = _genuine(asked)
    report = _read(
        lambda: twilio.read_message_status(form, asked.sidecar.clock.now(), request.args.get("touch") or None)
    )
    asked.sidecar.intake.delivery(business, report)
    return Response(status=204)


def _genuine(asked: Asked) -> tuple[Business, Form]:
    """The business that a post is about and the post's form, once its signature is found good."""
    business = _business(asked)
    g.business = business.id
    public = asked.sidecar.settings.public_url.rstrip("/")
    query = request.query_string.decode("latin-1")
    tried = f"{public}{request.path}" + (f"?{query}" if query else "")
    token = business.twilio.auth_token if business.twilio is not None else ""
    genuine = verify(
        token,
        tried,
        list(request.form.items(multi=True)),
        request.headers.get("X-Twilio-Signature", ""),
        raw_body=b"" if request.form else request.get_data(),
        content_type=request.mimetype,
    )
    if not genuine:
        raise _refused(business, tried)
    return business, {name: value.replace("\0", "") for name, value in request.form.items()}


def _refused(business: Business, tried: str) -> Problem:
    account = request.form.get("AccountSid", "")
    if business.twilio is None:
        remedy = "add `twilio` with account_sid and auth_token to the business's file"
    elif not request.headers.get("X-Twilio-Signature"):
        remedy = "only Twilio may post here; a proxy in between must pass the header X-Twilio-Signature on"
    elif account and account != business.twilio.account_sid:
        remedy = "the post is of another Twilio account: set that account's account_sid and auth_token"
    else:
        remedy = "RECOVERY_PUBLIC_URL and this path must be the URL as set at Twilio, auth_token that account's"
    return Problem("bad-signature", f"No valid signature of Twilio's over {tried}", remedy=remedy)


def _business(asked: Asked) -> Business:
    """By the query that our own TwiML wrote, else by the number called, else by the one that called."""
    ours = asked.sidecar.businesses
    named = request.args.get("business")
    if named is not None:
        business = ours.get(named)
        if business is None:
            raise Problem(
                "not-found",
                "There is no such business",
                remedy="use an id of a business file",
                pointer="/business",
            )
        return business
    called = request.form.get("To") or request.form.get("Called") or ""
    for number in (called, request.form.get("From", "")):
        business = ours.by_number(number) if number else None
        if business is not None:
            return business
    raise keys.unknown_number(called, pointer="/To")


def _address(asked: Asked, hook: str, business: Business) -> str:
    """A hook's public URL; it names the business, for a leg to staff carries none of its numbers."""
    query = urlencode({"business": business.id})
    return f"{asked.sidecar.settings.public_url.rstrip('/')}/twilio/{hook}?{query}"


def _read(read: Callable[[], T]) -> T:
    try:
        return read()
    except twilio.UnreadablePostError as error:
        raise Problem("invalid", str(error), remedy=error.remedy, pointer=f"/{error.field}") from None


def _xml(text: str) -> Response:
    return Response(text, content_type=twiml.CONTENT_TYPE)


_VOICE_FIELDS = {
    "CallSid": "The call.",
    "AccountSid": "The account; its token signs the post.",
    "From": "Who calls.",
    "To": "The number that was called; it says which business is meant.",
    "CallStatus": "Where the call stands.",
}
_LEG_FIELDS = _VOICE_FIELDS | {
    "ParentCallSid": "The call to the business.",
    "Digits": "The key that was pressed.",
}
_DIAL_FIELDS = _VOICE_FIELDS | {
    "DialCallStatus": "completed, answered, busy, no-answer, failed or canceled.",
    "DialBridged": "Whether the two were connected.",
}
_SMS_FIELDS = {
    "MessageSid": "The text.",
    "From": "Who wrote.",
    "To": "The business's number.",
    "Body": "The text itself.",
    "OptOutType": "STOP, START or HELP, with Advanced Opt-Out.",
}
_STATUS_FIELDS = {
    "MessageSid": "Our text.",
    "MessageStatus": "queued, sent, delivered, undelivered or failed.",
    "ErrorCode": "Twilio's error code, where it failed.",
    "From": "Our number; it says which business is meant.",
}
_TWIML = {"type": "string", "examples": ["<Response/>"]}
_BUSINESS = {"business": "Written by our own TwiML: a leg to staff carries none of the business's numbers."}


def _xml_answer(description: str) -> Possible:
    return Possible(200, description, media="text/xml", schema=_TWIML)


_NOTHING = Possible(204, "It is on record.")
_PROBLEMS = ("bad-signature", "unknown-number", "invalid", "too-large")


def _hook(
    name: str,
    view: Callable[[Asked], Response],
    *,
    summary: str,
    description: str,
    answer: Possible,
    fields: dict[str, str],
    parameters: dict[str, str] | None = None,
) -> Operation:
    return Operation(
        id="twilio" + "".join(part.capitalize() for part in name.split("-")),
        method="POST",
        path=f"/twilio/{name}",
        tag="Hooks",
        summary=summary,
        description=description,
        view=view,
        answers=(answer,),
        problems=_PROBLEMS,
        security="twilio",
        raw_form=fields,
        parameters=parameters or {},
    )


OPERATIONS = (
    _hook(
        "voice",
        voice,
        summary="A call comes in",
        description="The number's voice URL (or its fallback). Answers with what happens to the call: staff "
        "ring, "
        "or it is refused at no cost where the number only receives what nobody took.",
        answer=_xml_answer("What Twilio does with the call."),
        fields=_VOICE_FIELDS,
    ),
    _hook(
        "whisper",
        whisper,
        summary="A member of staff picked up",
        description="Asks for the key 1, so that a voicemail never counts as an answer, and notes the key.",
        answer=_xml_answer("What the member of staff hears."),
        fields=_LEG_FIELDS,
        parameters=_BUSINESS,
    ),
    _hook(
        "dial-result",
        dial_result,
        summary="Ringing the staff is over",
        description="The action URL of `<Dial>`: together with the key 1 it says whether the call was missed.",
        answer=_xml_answer("The call ends."),
        fields=_DIAL_FIELDS,
        parameters=_BUSINESS,
    ),
    _hook(
        "call-status",
        call_status,
        summary="A call is over",
        description="The number's status callback, in any order with the others: a second witness to a flow's.",
        answer=_NOTHING,
        fields=_VOICE_FIELDS,
    ),
    _hook(
        "sms",
        sms,
        summary="A text came in",
        description="The number's messaging URL (or its fallback). A STOP holds before this is answered.",
        answer=_xml_answer("Nothing more; an answer is sent by itself."),
        fields=_SMS_FIELDS,
    ),
    _hook(
        "message-status",
        message_status,
        summary="What became of a text of ours",
        description="Comes late, twice and out of order; a state never goes down a rank.",
        answer=_NOTHING,
        fields=_STATUS_FIELDS,
        parameters={"touch": "Which touch it was; written by us."},
    ),
)
