"""The record's words in plain English: what each reason, code and source means to a person who reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

Words = dict[str, str]

CHANNELS: Final[Words] = {"sms": "text", "voice": "voice call", "email": "email", "staff": "task for staff"}

PROVIDERS: Final[Words] = {"sms": "Twilio", "voice": "Retell", "email": "mail", "staff": "staff"}
"""Who takes a touch of that channel, and reports on it."""

HEARD_FROM: Final[Words] = {
    "twilio": "Twilio", "flow": "flow", "api": "API", "log": "sidecar", "sms": "caller", "email": "caller",
    "email_link": "caller", "voice": "caller", "crm": "CRM", "operator": "operator", "twilio_21610": "Twilio",
    "reply": "caller", "import": "operator", "outcome_voice": "caller", "outcome_api": "API", "outcome_flow": "flow",
    "outcome_crm": "CRM",
}  # fmt: skip
"""Who told us, by the ``source`` of an event."""

MISSED: Final[Words] = {
    "no_answer": "nobody answered",
    "busy": "the line was busy",
    "failed": "it could not be put through",
    "abandoned": "they hung up while it rang",
    "voicemail": "a voicemail took it; nobody pressed 1",
    "after_hours": "it came after hours",
}

IGNORED: Final[Words] = {
    "anonymous": "the number was withheld",
    "unreadable_caller": "what called is no phone number",
    "internal": "it came from one of the business's own phones",
    "blocked": "the number is on the business's blocked list",
    "too_short": "they hung up at once, a misdial",
}

DECIDED: Final[Words] = {
    "folded": "they rang again: the sequence that is under way goes on",
    "superseded": "a new sequence takes the place of the open one",
    "cooling_down": "we were in touch a short while ago: no text, staff were alerted",
    "too_late": "we heard of it hours later: no text, staff were alerted",
    "paused": "the playbook is paused, too many people opt out: no text, staff were alerted",
    "suppressed": "they had opted out: no text, staff were alerted",
}
"""What a missed call did, beside opening a sequence."""

RULES: Final[Words] = {
    "allowed": "every gate agrees",
    # suppressed, closed, held
    "opted_out": "they opted out, and nothing more goes out on any channel",
    "held": "the sequence is held",
    # consent
    "no_basis": "nothing on record allows writing to them",
    "expired": "the consent on record has run out",
    "withdrawn": "they have taken their consent back",
    "follow_ups_used": "the follow-ups that a missed call allows are used up",
    "voice_without_consent": "an AI voice needs their consent, and none is on record",
    "marketing_without_consent": "marketing needs their consent, and none is on record",
    # reachable
    "no_address": "no address for this channel is known",
    "no_credentials": "this channel is not set up in the business file",
    "landline": "their number takes no texts",
    "invalid": "the number does not exist",
    "email_opted_out": "the CRM says that they want no email",
    "email_list_left": "the CRM says that they left one of the email lists",
    # frequency, early, stale, window
    "too_many_today": "they were contacted often enough in the last 24 hours",
    "early": "its time has not come",
    "stale": "it is too late for what it says",
    "on_the_line": "they are ringing us right now",
    "outside_hours": "it may not go out at this hour where they are",
    "no_legal_time": "there is no permitted hour within 14 days",
    # sender
    "pace": "the sender's queue is full, and carriers set the pace",
    "provider_down": "the provider is down",
    "sender_held": "our sender is on hold",
    # not a gate's
    "playbook_changed": "the playbook no longer has this step",
    "never_arrived": "the provider never had it",
}  # fmt: skip
"""Why a gate decided as it did, by the reason in the record."""

GROUNDS: Final[Words] = {
    "inquiry": "their own call",
    "express": "their express consent",
    "soft_opt_in": "the soft opt-in of a customer",
    "contract": "a contract with them",
}
"""On which consent something goes out, by its basis."""

CLOSED: Final[Words] = {
    "replied": "they replied",
    "answered": "they rang again and were answered",
    "human_answered": "a person spoke to them",
    "booked": "they booked",
    "transferred": "they were put through to a person",
    "converted": "they became a customer",
    "complained": "they complained",
    "opted_out": "they opted out",
    "superseded": "a later call opened a new sequence",
    "exhausted": "every step is done and nobody answered",
    "operator": "closed by hand",
    "forgotten": "they were forgotten",
    "conversation": "holds an answer to somebody who wrote first",
    "not_now": "they asked for another time",
    "unclear_stop": "they may have asked to stop: a person must read it",
}
"""Why a sequence was closed or held, or a step cancelled."""

BY_HAND: Final = frozenset({"operator"})
"""Reasons of ours that an operator gives; those that we do not know are an operator's own words."""

OUTCOMES: Final[Words] = {
    "human_answered": "a person spoke to them",
    "booked": "they booked",
    "transferred": "they were put through to a person",
    "not_now": "not now: no call, an email may still go",
    "converted": "they became a customer",
    "complained": "they complained",
    "opted_out": "they opted out",
}

INTENTS: Final[Words] = {
    "opt_out": ", which is a STOP",
    "opt_in": ", which is a START",
    "help": ", asking for help",
    "unclear": ", perhaps a STOP",
}
"""How we read a message; nothing for a plain reply."""

CALL_ENDS: Final[Words] = {
    "user_hangup": "they hung up",
    "agent_hangup": "the agent said goodbye",
    "dial_no_answer": "nobody picked up",
    "dial_busy": "the line was busy",
    "dial_failed": "it could not be put through",
    "user_declined": "they declined it",
    "voicemail_reached": "a voicemail answered",
    "ivr_reached": "a machine answered",
    "manual_stopped": "we stopped it",
    "inactivity": "silence on the line",
    "call_transfer": "they were put through",
    "user_requested_dnc": "they asked not to be called",
    "user_requested_callback": "they asked to be called later",
}
"""Retell's ``disconnection_reason``."""

TWILIO: Final[Words] = {
    "20429": "too many requests at once",
    "20503": "Twilio was down",
    "21211": "the number does not exist",
    "21610": "they opted out at Twilio",
    "21611": "the sender's queue was full",
    "21614": "the number takes no texts",
    "21635": "the number takes no texts",
    "30003": "their phone was off or out of reach",
    "30004": "their phone or carrier blocks it",
    "30005": "the number is not in use",
    "30006": "the number takes no texts",
    "30008": "the carrier did not say why",
}
"""What happened on the recipient's side; where an operator must act, the channel's own remedy is told."""

TROUBLES: Final[Words] = {
    "timeout": "no answer in time",
    "no_answer": "no answer in time",
    "unreadable": "its answer could not be read",
    "unreachable": "it could not be reached",
    "sender_died": "the process ended while sending",
    "claim_unreported": "the flow claimed it and never said whether it sent it",
    "started_too_late": "it could not begin within a second",
    "never_arrived": "the provider never had it",
    "flow_failed": "the flow's own node failed",
    "channel_bug": "an error of ours; see the log",
    "opt_outs": "too many people opted out",
}
"""Codes of touches that failed or are in doubt, where the vendor gave no number."""


def heard_from(source: str) -> str:
    """Who told us; another phone system is called by its own name."""
    return HEARD_FROM.get(source, source)


def plain(reason: str, words: Mapping[str, str]) -> str:
    """The reason in words; one that we do not know (an operator's own) is said as it stands.

    >>> plain("held:unclear_stop", RULES)
    'the sequence is held (unclear stop)'
    """
    said = words.get(reason)
    if said is not None:
        return said
    head, _, detail = reason.partition(":")
    if detail and head in words:
        return f"{words[head]} ({detail.replace('_', ' ')})"
    return reason.replace("_", " ")


def trouble(channel: str, code: str) -> str:
    """What a provider's code means: ``30007`` on a text, ``http_503``, ``timeout``."""
    if code.isdigit() and channel == "sms":
        from sidecar.channels.twilio.errors import MEANINGS

        meaning = MEANINGS.get(int(code))
        told = TWILIO.get(code) or (meaning.remedy if meaning else "")
        return f"Twilio error {code}" + (f", {told}" if told else "")
    if code.startswith("http_"):
        return f"it answered {code.removeprefix('http_')}"
    return plain(code, TROUBLES)


def clean(text: str) -> str:
    """Text that somebody else wrote, without what a terminal would obey."""
    return "".join(char if char.isprintable() or char == "\n" else "\N{REPLACEMENT CHARACTER}" for char in text.strip())
