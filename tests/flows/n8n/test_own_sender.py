"""``own-sender.json`` in a real n8n: its own Twilio node sends, and only what was claimed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.flows.n8n.servers import exchange, unanswered, until
from tests.flows.n8n.stack import OWN_SENDER, OWN_SENDER_BUSY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.flows.n8n.api import Execution
    from tests.flows.n8n.stack import Lead, Published, Stack

pytestmark = pytest.mark.n8n


@pytest.fixture(scope="module")
def own_sender(stack: Stack, events_key: dict[str, str]) -> Published:
    """The workflow, with a Twilio credential; it hears of the business's steps."""
    data = {"authType": "authToken", "accountSid": stack.sandbox.account_sid, "authToken": stack.sandbox.auth_token}
    data |= {"apiKeySid": "", "apiKeySecret": ""}
    stack.api.call("/credentials", "POST", {"name": "Twilio", "type": "twilioApi", "data": data})
    published = stack.publish("own-sender")
    for number in (OWN_SENDER, OWN_SENDER_BUSY):
        stack.subscribe(number, published, events_key, "step.ready")
    return published


@pytest.fixture(autouse=True)
def _twilio_is_well(stack: Stack) -> Iterator[None]:
    """What a scenario does to Twilio ends with it."""
    yield
    stack.sandbox.release()
    stack.sandbox.clear_faults("twilio")


def rings(stack: Stack, lead: Lead, number: str = OWN_SENDER) -> None:
    """They ring, Twilio tells the sidecar, and the sidecar tells n8n that a text is due."""
    stack.sandbox.miss_call(number, lead.phone, how="forwarded")


def event_of(execution: Execution, step: str = "acknowledge") -> dict[str, Any]:
    """The event that started it, for any step of theirs."""
    event: dict[str, Any] = execution.outputs("Recovery event")[0]["body"]
    return event | {"data": event["data"] | {"step": step}}


def by_n8n(stack: Stack, lead: Lead) -> list[dict[str, str]]:
    """What n8n's own node asked Twilio for."""
    return [form for form in stack.front.asked if form["To"] == lead.phone]


def touches(stack: Stack, execution: Execution) -> list[dict[str, Any]]:
    """The texts that the sidecar has on record of it."""
    sequence = stack.ask(f"/v1/sequences/{event_of(execution)['data']['sequence_id']}")
    return [touch for touch in sequence["touches"] if touch["channel"] == "sms"]


def test_a_claimed_text_is_sent_by_n8n_and_reported(stack: Stack, own_sender: Published) -> None:
    lead = stack.lead()
    rings(stack, lead)
    execution = stack.ended(lead, of=own_sender)
    assert (execution.status, execution.last_node) == ("success", "Done")
    [form] = by_n8n(stack, lead)
    [text] = [text for text in stack.sandbox.texts if text.to == lead.phone]
    assert form["From"] == OWN_SENDER
    assert form["Body"] == text.body
    assert text.body.startswith("Hi Maya, Sam from Harbour Plumbing. Sorry I missed your call")
    [touch] = touches(stack, execution)
    assert (touch["state"], touch["provider_id"]) == ("sent", text.sid)
    assert form["StatusCallback"] == f"{stack.sidecar.url}/twilio/message-status?touch={touch['touch_id']}"
    stack.sandbox.message_status(text.sid, "delivered")
    assert touches(stack, execution)[0]["provider_state"] == "delivered"


def test_three_who_ring_at_once_are_all_texted_by_n8n_one_after_another(stack: Stack, own_sender: Published) -> None:
    """A long number sends one text a second: who must wait is announced again when their turn has come."""
    leads = [stack.lead() for _ in range(3)]
    for lead in leads:
        rings(stack, lead, OWN_SENDER_BUSY)
    until(lambda: all(stack.texts(lead) for lead in leads), "a text for each")
    assert [len(by_n8n(stack, lead)) for lead in leads] == [1, 1, 1]


def test_an_event_that_comes_again_sends_nothing_again(
    stack: Stack, own_sender: Published, events_key: dict[str, str]
) -> None:
    lead = stack.lead()
    rings(stack, lead)
    first = stack.ended(lead, of=own_sender)
    for nth in (2, 3):
        exchange(stack.n8n.url + own_sender.path, "POST", event_of(first), events_key)
        assert stack.ended(lead, of=own_sender, nth=nth).last_node == "Not to be sent now"
    assert stack.touched(lead) == (1, 0, 0)


@pytest.mark.parametrize("said", ["STOP", "A new kitchen, please", ""])
def test_without_a_granted_claim_nothing_is_sent(
    stack: Stack, own_sender: Published, events_key: dict[str, str], said: str
) -> None:
    """They said STOP, they answered, or it is not yet time."""
    lead = stack.lead()
    rings(stack, lead)
    first = stack.ended(lead, of=own_sender)
    if said:
        stack.says(lead, OWN_SENDER, said)
    before = stack.touched(lead)
    exchange(stack.n8n.url + own_sender.path, "POST", event_of(first, "second_text"), events_key)
    second = stack.ended(lead, of=own_sender, nth=2)
    assert (second.status, second.last_node) == ("success", "Not to be sent now")
    assert second.outputs("Claim the text")[0]["error"]["status"] == 409
    assert (stack.touched(lead), len(by_n8n(stack, lead))) == (before, 1)


def test_a_step_that_is_no_text_is_not_claimed(stack: Stack, own_sender: Published, events_key: dict[str, str]) -> None:
    lead = stack.lead()
    event = {"type": "recovery.step.ready.v1", "data": {
        "sequence_id": "seq_x", "step": "callback", "channel": "voice", "contact": {"phone": lead.phone}}}  # fmt: skip
    exchange(stack.n8n.url + own_sender.path, "POST", event, events_key)
    execution = stack.ended(lead, of=own_sender)
    assert (execution.last_node, execution.count("Claim the text")) == ("Not for us", 0)


@pytest.mark.parametrize(
    ("status", "code"),
    [(400, "bad_request"), (401, "authorization_failed"), (403, "forbidden"), (404, "could_not_be_found"),
     (429, "too_many_requests")],
)  # fmt: skip
def test_what_twilio_refuses_is_reported(stack: Stack, own_sender: Published, status: int, code: str) -> None:
    """n8n's node keeps Twilio's own code to itself."""
    stack.sandbox.fault("twilio", "messages.create", "status", status=status, code=20000, message="No.")
    lead = stack.lead()
    rings(stack, lead)
    execution = stack.ended(lead, of=own_sender)
    assert (execution.status, execution.last_node) == ("success", "Done"), execution.outputs("Claim the text")
    [touch] = touches(stack, execution)
    assert (touch["state"], touch["code"]) == ("failed", code)


@pytest.mark.parametrize(("kind", "details"), [("accept_then_hang", {"seconds": 0}), ("status", {"status": 503})])
def test_what_twilio_never_answered_is_not_reported_and_not_repeated(
    stack: Stack, own_sender: Published, kind: Any, details: dict[str, Any]
) -> None:
    stack.sandbox.fault("twilio", "messages.create", kind, **details)
    lead = stack.lead()
    rings(stack, lead)
    execution = stack.ended(lead, of=own_sender)
    assert (execution.status, execution.last_node) == ("error", "Nobody knows"), execution.outputs("Claim the text")
    assert len(by_n8n(stack, lead)) == 1
    until(lambda: touches(stack, execution)[0]["state"] == "unknown", "the claim's end")
    assert len(touches(stack, execution)) == 1


def test_a_sidecar_that_is_away_gets_the_report_when_it_is_back(stack: Stack, own_sender: Published) -> None:
    stack.sandbox.fault("twilio", "messages.create", "hang")
    lead = stack.lead()
    rings(stack, lead)
    until(lambda: by_n8n(stack, lead), "the text")
    stack.sidecar.stop()
    try:
        with unanswered(stack.sidecar.port) as asked:
            stack.sandbox.release()
            until(lambda: len(asked) > 5, "more tries than a node makes by itself")
    finally:
        stack.sidecar.start()
    execution = stack.ended(lead, of=own_sender)
    assert (execution.status, execution.last_node) == ("success", "Done")
    [touch] = touches(stack, execution)
    assert touch["state"] == "sent"
    assert stack.touched(lead) == (1, 0, 0)


def test_n8n_that_is_away_costs_no_lead(stack: Stack, own_sender: Published) -> None:
    """The sidecar sends by itself once the flow's grace is over, and what n8n was owed is dropped."""
    lead = stack.lead()
    stack.n8n.stop()
    try:
        rings(stack, lead)
        until(lambda: stack.texts(lead), "the text")
    finally:
        stack.n8n.start()
        stack.n8n.wait_for_webhook(own_sender.path)
    other = stack.lead()
    rings(stack, other)
    assert stack.ended(other, of=own_sender).last_node == "Done"
    assert stack.api.of_caller(lead.phone) == []
    assert (stack.touched(lead), by_n8n(stack, lead)) == ((1, 0, 0), [])
