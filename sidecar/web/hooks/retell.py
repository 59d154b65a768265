"""Retell's posts: how a call that our agent placed is going or went, and what the agent does while it talks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from flask import Response, g, request
from pydantic_core import from_json

from sidecar.channels.retell import webhooks as retell
from sidecar.web.models.answers import ToolAnswer
from sidecar.web.operations import Answer, Asked, Operation, Possible
from sidecar.web.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.config.business import Business

SIGNATURE = "x-retell-signature"


T = TypeVar("T")

SAID = {
    "en": "That is noted: you will not be contacted again. Goodbye.",
    "fr": "C'est noté : vous ne serez plus contacté. Au revoir.",
}
"""What the agent says once the opt-out is on disk, by the business's language."""


def events(asked: Asked) -> Response:
    """Take in one event; those that say nothing about a call of ours are answered and dropped."""
    business, payload = _genuine(asked)
    report = _read(lambda: retell.read_event(payload, asked.sidecar.clock.now()))
    if report is not None:
        asked.sidecar.intake.voice(business, report)
    return Response(status=204)


def opt_out(asked: Asked) -> Answer:
    """The agent's own tool: suppressed before it says goodbye. Told twice, it is one STOP."""
    business, payload = _genuine(asked)
    stop = _read(lambda: retell.read_opt_out(payload))
    asked.sidecar.intake.spoken_stop(business, stop)
    return Answer(ToolAnswer(say=SAID.get(business.language.partition("-")[0], SAID["en"])))


def _genuine(asked: Asked) -> tuple[Business, dict[str, Any]]:
    """Whose post this is, and what it says, once the signature over the raw body has been checked."""
    raw, now = request.get_data(), asked.sidecar.clock.now()
    payload = _payload(raw)
    business = _business(asked, payload)
    g.business = business.id
    key = business.retell.api_key if business.retell is not None else ""
    if not retell.verify(key, raw, request.headers.get(SIGNATURE, ""), now):
        raise Problem(
            "bad-signature",
            "No valid signature of Retell's over this body",
            remedy="api_key in the business's file must be the key that Retell signs with (the one with the "
            "webhook badge)",
        )
    return business, payload


def _read(read: Callable[[], T]) -> T:
    try:
        return read()
    except retell.UnreadablePostError as error:
        raise Problem("invalid", str(error), remedy=error.remedy, pointer="/" + error.field.replace(".", "/")) from None


def _payload(raw: bytes) -> dict[str, Any]:
    try:
        value = from_json(raw)
    except ValueError:
        raise Problem("malformed", "The body is not JSON", remedy="send Retell's webhook as it came") from None
    if not isinstance(value, dict):
        raise Problem("malformed", "The body is not a JSON object", remedy="send Retell's webhook as it came")
    return value


def _business(asked: Asked, payload: dict[str, Any]) -> Business:
    """By the metadata that we gave the call, else by its number or agent; the signature has the say."""
    call = payload.get("call")
    call = call if isinstance(call, dict) else {}
    metadata = call.get("metadata")
    named = metadata.get("business") if isinstance(metadata, dict) else None
    business = asked.sidecar.businesses.get(named) if isinstance(named, str) else None
    if business is not None:
        return business
    ours = {call.get("from_number"), call.get("to_number")} - {None, ""}
    for candidate in asked.sidecar.businesses:
        account = candidate.retell
        if account is not None and (
            account.from_number in ours or (account.agent_id and account.agent_id == call.get("agent_id"))
        ):
            return candidate
    raise Problem(
        "not-found",
        "No business placed that call",
        remedy="set agent_id and from_number under `retell` in the business's file",
        pointer="/call/metadata/business",
    )


OPERATIONS = (
    Operation(
        id="retellEvents",
        method="POST",
        path="/retell/events",
        tag="Hooks",
        summary="How our agent's call went",
        description="The agent's webhook: `call_started`, `call_ended`, `call_analyzed`. Other events are "
        "answered and dropped.",
        view=events,
        answers=(Possible(204, "It is on record."),),
        problems=("bad-signature", "malformed", "not-found", "invalid", "too-large"),
        security="retell",
        payload={"event": "`call_started`, `call_ended`, `call_analyzed`.", "call": "Retell's call."},
    ),
    Operation(
        id="retellOptOut",
        method="POST",
        path="/retell/tools/opt_out",
        tag="Hooks",
        summary="The agent's own opt-out",
        description="A custom function of the voice agent: the person on the line asked not to be contacted again. "
        "They are suppressed on every channel when this answers, within about two seconds; told again, nothing "
        "changes. `recovery agents deploy` gives the agent its address.",
        view=opt_out,
        answers=(
            Possible(
                200,
                "They are suppressed.",
                ToolAnswer,
                examples={"done": {"say": SAID["en"]}},
            ),
        ),
        problems=("bad-signature", "malformed", "not-found", "invalid", "too-large"),
        security="retell",
        payload={
            "name": "`opt_out`.",
            "call": "Retell's call: found by `metadata.touch_id` or `call_id`, else by the number on the line.",
            "args": "`words`: what they said.",
        },
    ),
)
