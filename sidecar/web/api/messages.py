"""Messages: replies that come in, and answers that a person or an AI node gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.channels.smtp import UnreadableMailError, read_reply
from sidecar.channels.twilio import webhooks as twilio
from sidecar.domain.assent import Asking
from sidecar.domain.reports import MessageReport
from sidecar.web import keys, rows
from sidecar.web.api import people, reported
from sidecar.web.api.steps import RUN_EXAMPLE, run_answer
from sidecar.web.models.answers import MessageAnswer, RunAnswer, SequenceRef
from sidecar.web.models.requests import MailPost, OwnMessage, SendIn, TwilioPost
from sidecar.web.once import once
from sidecar.web.operations import Answer, Asked, Body, Operation, Possible
from sidecar.web.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sidecar.config.business import Business


_LONGEST_ADDRESS = 254
"""RFC 5321 section 4.5.3.1.3."""


def inbound(asked: Asked) -> Answer:
    """Take in one message from a person."""
    if isinstance(asked.body, TwilioPost):
        return _twilio(asked, asked.given(TwilioPost))
    if isinstance(asked.body, MailPost):
        return _email(asked, {"raw": asked.body.raw})
    given = asked.given(OwnMessage)
    return _text(asked, given) if given.channel == "sms" else _email(asked, _parts(given), given.at)


def _twilio(asked: Asked, post: TwilioPost) -> Answer:
    form = reported.first_values(post)
    business = reported.business_of(asked, form)
    if reason := reported.refusal(business, post):
        return Answer(MessageAnswer(decision="refused", reason=reason))
    try:
        told = twilio.read_message(form, asked.sidecar.clock.now())
    except twilio.UnreadablePostError as error:
        raise Problem("invalid", str(error), remedy=error.remedy, pointer=f"/form/{error.field}") from None
    return _taken(asked, business, told, "flow")


def _text(asked: Asked, given: OwnMessage) -> Answer:
    business = asked.business(called=given.to)
    # A flow that retells Twilio's post in our shape: Twilio has acted on its keywords all the same.
    intent, answered = twilio.intent_of(given.body) if twilio.is_sid(given.message_id) else (None, False)
    told = MessageReport(
        message_id=given.message_id,
        channel="sms",
        at=given.at or asked.sidecar.clock.now(),
        to=people.phone(business, given.to, "to"),
        sender=people.phone(business, given.sender, "from"),
        body=given.body,
        vendor_intent=intent,
        vendor_answered=answered,
    )
    return _taken(asked, business, told, "api")


def _parts(given: OwnMessage) -> dict[str, object]:
    return {
        "to": people.email(given.to, "to"),
        "from": people.email(given.sender, "from"),
        "message_id": given.message_id,
        "subject": given.subject,
        "text": given.body,
        "html": given.html,
        "headers": given.headers or {},
    }


def _email(asked: Asked, mail: Mapping[str, object], at: datetime | None = None) -> Answer:
    """A reply without what it quotes; a bounce is news of our own letter; a machine's answer closes nothing."""
    try:
        told = read_reply(mail, at=at or asked.sidecar.clock.now())
    except UnreadableMailError as error:
        remedy = "post the whole message as `raw`, or its parts"
        raise Problem("invalid", str(error), remedy=remedy, pointer=f"/{error.field}") from None
    if isinstance(told, MessageReport):
        if len(told.sender) > _LONGEST_ADDRESS:
            said = f"the sender's address has more than {_LONGEST_ADDRESS} characters"
            pointer = "/raw" if "raw" in mail else "/from"
            raise Problem("invalid", said, remedy="no mailbox has such an address (RFC 5321): drop it", pointer=pointer)
        return _taken(asked, _by_mailbox(asked, told.to), told, "api")
    if told is None:
        return Answer(MessageAnswer(decision="ignored", reason="a machine's answer, not a person's"))
    business = _by_letter(asked, told.provider_id)
    if business is None:
        return Answer(MessageAnswer(decision="ignored", reason="a bounce of no letter of ours"))
    asked.sidecar.intake.delivery(business, told)
    return Answer(MessageAnswer(decision="recorded", reason="a bounce of our own letter"))


def _by_mailbox(asked: Asked, written_to: str) -> Business:
    """A key for several businesses is told by the mailbox that was written to."""
    mailbox = _without_token(written_to)

    def owner(among: list[str]) -> str | None:
        for business_id in among:
            business = asked.sidecar.businesses.get(business_id)
            smtp = business.smtp if business is not None else None
            if smtp is not None and mailbox in (_without_token(smtp.reply_to), _without_token(smtp.from_address)):
                return business_id
        return None

    return asked.business(owner=owner)


def _by_letter(asked: Asked, message_id: str) -> Business | None:
    """A key for several businesses is told by the letter that came back; a mailbox may get bounces of others, too."""
    owner = rows.owner_of_letter(asked.sidecar.store, message_id)
    allowed = keys.entitled(asked.sidecar, asked.caller())
    if asked.named is None and len(allowed) > 1 and owner(allowed) is None:
        return None
    return asked.business(owner=owner)


def _without_token(address: str) -> str:
    local, _, domain = address.lower().rpartition("@")
    return f"{local.partition('+')[0]}@{domain}"


def _taken(asked: Asked, business: Business, told: MessageReport, source: str) -> Answer:
    if told.channel == "sms" and business.number(told.to) is None:
        raise keys.unknown_number(told.to, pointer="/to" if isinstance(asked.body, OwnMessage) else "/form/To")
    result = asked.sidecar.intake.message(business, told, source=source)
    if result.contact_id is None:
        return Answer(MessageAnswer(decision="ignored", reason="the sender is no caller's phone number"))
    return Answer(
        MessageAnswer(
            decision="recorded",
            message_id=result.message_id,
            intent=result.intent,
            contact_id=result.contact_id,
            sequence=SequenceRef(id=result.sequence_id) if result.sequence_id else None,
            already=result.already,
        )
    )


def send(asked: Asked) -> Answer:
    """Answer a person in a conversation, through the gates."""
    given = asked.given(SendIn)
    owner = rows.owner_of_sequence(asked.sidecar.store, given.sequence_id) if given.sequence_id else None
    business = asked.business(owner=owner)
    whom = people.whom(business, sequence_id=given.sequence_id, phone_=given.phone, email_=given.email)

    asks = _asking(given)

    def act() -> RunAnswer:
        return run_answer(
            asked.sidecar.answers.send(business, **whom, channel=given.channel, text=given.text, by=given.by, asks=asks)
        )

    return once(asked, business, RunAnswer, act, atomic=False)


def _asking(given: SendIn) -> Asking | None:
    asks = given.asks_consent
    return None if asks is None else Asking(frozenset(asks.channels), asks.purpose, asks.about)


_SMS = {
    "channel": "sms",
    "message_id": "SM00000000000000000000000000000001",
    "to": "+441174960001",
    "from": "+447700900123",
    "body": 'Yes please, "any" day\nafter 4 pm',
}
_RECORDED = {
    "decision": "recorded",
    "reason": "",
    "message_id": "SM00000000000000000000000000000001",
    "intent": "none",
    "contact_id": "con_019ab5c2f0000000a1b2c3d4e5f6",
    "sequence": {"id": "seq_019ab5c2f0010001a1b2c3d4e5f6"},
    "already": False,
}
_SEND = {
    "sequence_id": "seq_019ab5c2f0010001a1b2c3d4e5f6",
    "channel": "sms",
    "text": "Thursday at half past four it is. See you then, Sam at Harbour Plumbing.",
    "by": "human",
}

_ASK = {
    "sequence_id": "seq_019ab5c2f0010001a1b2c3d4e5f6",
    "channel": "sms",
    "text": "May our assistant ring you about your kitchen quote? YES or NO. Sam at Harbour Plumbing",
    "by": "ai",
    "asks_consent": {"channels": ["voice"], "about": "your kitchen quote"},
}

OPERATIONS = (
    Operation(
        id="reportMessage",
        method="POST",
        path="/v1/messages/inbound",
        tag="Facts",
        summary="A reply came",
        description="Report a text or an email from a person, in our own shape (JSON, or a form, which no "
        "quote and "
        "no newline can break) or as Twilio's post (`source: twilio`). A STOP waits up to 2 s for a request "
        "that is "
        "under way, and then holds on every channel.",
        view=inbound,
        scope="calls",
        body=Body((OwnMessage, TwilioPost, MailPost), form=OwnMessage, examples={"sms": _SMS}),
        answers=(Possible(200, "What the message did.", MessageAnswer, {"reply": _RECORDED}),),
        problems=("unknown-number", "not-found"),
    ),
    Operation(
        id="sendMessage",
        method="POST",
        path="/v1/messages",
        tag="Conversation",
        summary="Answer a person",
        description="A person of the staff, or an AI node, answers in a conversation. It passes the gates: "
        "an answer "
        "within 24 h of the person's own message goes at any hour, never to somebody who said STOP. An AI's "
        "(`by: ai`) is `skipped` besides where what they wrote last may have been a STOP, where a person holds the "
        "sequence, while they are ringing, and once it has waited for five minutes.",
        view=send,
        scope="drive",
        body=Body((SendIn,), form=SendIn, examples={"text": _SEND, "asks consent": _ASK}),
        idempotency_key=True,
        answers=(Possible(200, "What became of it.", RunAnswer, {"sent": RUN_EXAMPLE}),),
        problems=("not-found", "conflict"),
    ),
)
