"""Retell's webhook: how a call that our agent placed is going or went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Response, g, request
from pydantic_core import from_json

from sidecar.channels.retell import webhooks as retell
from sidecar.web.operations import Asked, Operation, Possible
from sidecar.web.problem import Problem

if TYPE_CHECKING:
    from sidecar.config.business import Business

SIGNATURE = "x-retell-signature"


def events(asked: Asked) -> Response:
    """Take in one event; those that say nothing about a call of ours are answered and dropped."""
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
    try:
        report = retell.read_event(payload, now)
    except retell.UnreadablePostError as error:
        raise Problem("invalid", str(error), remedy=error.remedy, pointer="/" + error.field.replace(".", "/")) from None
    if report is not None:
        asked.sidecar.intake.voice(business, report)
    return Response(status=204)


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
        raw_form=None,
    ),
)
