"""``replies.json`` in a real n8n: what the team hears, what the AI may answer, and what it must not."""

from __future__ import annotations

import threading
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest

from tests.flows.n8n.events import Listener, event_of, texted
from tests.flows.n8n.openai import KEY, OpenAi, Prompt, Refusal
from tests.flows.n8n.servers import until
from tests.flows.n8n.stack import LATE_CALL, business_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.flows.n8n.stack import Lead, Stack

pytestmark = pytest.mark.n8n

SIGNED = "\nWritten by our AI assistant."
WHAT_IS_IT = "What needs doing, and where are you?"


@pytest.fixture(scope="module")
def openai(stack: Stack) -> Iterator[OpenAi]:
    with OpenAi() as running:
        stack.api.create_credential("OpenAI", "openAiApi", {"apiKey": KEY, "url": running.url})
        yield running


@pytest.fixture(scope="module")
def workflows(stack: Stack, events_key: dict[str, str], openai: OpenAi) -> dict[str, Listener]:
    """One copy for each way to set ``ai``, and a second one of those that answer."""
    del openai
    own = {"business_name": "Harbour Plumbing", "ai_knows": "We mend boilers and taps.", "ai_waits_seconds": "1"}
    modes = {"off": "off", "draft": "draft", "answer": "answer", "other": "answer"}
    return {
        client: Listener.publish(stack, events_key, "replies", client, ai=mode, ai_answers_at_most="2", **own)
        for client, mode in modes.items()
    }


@pytest.fixture
def model(openai: OpenAi) -> OpenAi:
    """The model, which says what a test wants."""
    openai.prompts.clear()
    openai.answers = lambda _: WHAT_IS_IT
    return openai


@pytest.fixture
def off(workflows: dict[str, Listener]) -> Iterator[Listener]:
    with workflows["off"].hears(LATE_CALL, "reply.received") as listener:
        yield listener


@pytest.fixture
def answering(workflows: dict[str, Listener]) -> Iterator[Listener]:
    with workflows["answer"].hears(LATE_CALL, "reply.received") as listener:
        yield listener


@pytest.fixture
def lead(stack: Stack) -> Lead:
    """Somebody who has had the first text."""
    lead = stack.lead()
    texted(stack, LATE_CALL, lead)
    return lead


def test_as_shipped_the_team_is_told_and_the_ai_asked_nothing(
    stack: Stack, off: Listener, model: OpenAi, lead: Lead
) -> None:
    stack.says(lead, LATE_CALL, 'Yes, "today"\nif {you} can')
    off.ended(lead)
    assert off.told(lead) == [f'Maya {lead.phone} wrote: “Yes, "today"\nif {{you}} can”. Please answer']
    assert (model.prompts, stack.touched(lead)) == ([], (1, 0, 0))


def test_the_ai_answers_through_the_sidecar_and_says_what_it_is(
    stack: Stack, answering: Listener, model: OpenAi, lead: Lead
) -> None:
    stack.says(lead, LATE_CALL, 'A leaking tap, {urgent}: "help"')
    execution = answering.ended(lead)
    assert stack.texts(lead)[1:] == [WHAT_IS_IT + SIGNED]
    [prompt] = model.prompts
    assert "Harbour Plumbing" in prompt.system
    assert "We mend boilers and taps." in prompt.system
    assert f'WE: {stack.texts(lead)[0]}\nTHEY: A leaking tap, {{urgent}}: "help"\n' in prompt.user
    [told] = answering.told(lead)
    assert told.endswith(f"The AI answered: “{WHAT_IS_IT}”")
    sequence = stack.ask(f"/v1/sequences/{event_of(execution)['data']['sequence_id']}")
    assert [one["data"]["by"] for one in sequence["events"] if one["type"] == "answer.asked"] == ["ai"]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("STOP", "asked to hear no more: please leave them alone"),
        ("I am reporting you to the ICO", "asked to hear no more: please leave them alone"),
        ("Please call me instead of texting", "please read it before anybody answers"),
    ],
)
def test_the_ai_never_answers_a_stop_a_complaint_or_what_may_be_one(
    stack: Stack, answering: Listener, model: OpenAi, lead: Lead, words: str, told: str
) -> None:
    stack.says(lead, LATE_CALL, words)
    answering.ended(lead)
    [said] = answering.told(lead)
    assert said.endswith(told)
    assert model.prompts == []


def test_help_is_left_to_the_sidecar(stack: Stack, answering: Listener, model: OpenAi, lead: Lead) -> None:
    stack.says(lead, LATE_CALL, "HELP")
    assert answering.ended(lead).last_node == "The sidecar answers"
    assert (answering.told(lead), model.prompts) == ([], [])


def test_a_doubt_about_stopping_keeps_the_ai_out_of_the_conversation(
    stack: Stack, answering: Listener, model: OpenAi, lead: Lead
) -> None:
    stack.says(lead, LATE_CALL, "Please call me instead of texting")
    stack.says(lead, LATE_CALL, "or can you come on Friday?")
    answering.all_ended(lead, 2)
    assert f"Maya {lead.phone} wrote: “or can you come on Friday?”. Please answer" in answering.told(lead)
    assert model.prompts == []


@pytest.mark.parametrize(
    ("words", "reason"), [("STOP", "opted_out"), ("Please call me instead of texting", "held:unclear_stop")]
)
def test_what_they_say_while_the_ai_writes_is_obeyed_and_the_team_told(
    stack: Stack, answering: Listener, model: OpenAi, lead: Lead, words: str, reason: str
) -> None:
    def says_meanwhile(_: Prompt) -> str:
        stack.says(lead, LATE_CALL, words)
        return WHAT_IS_IT

    model.answers = says_meanwhile
    stack.says(lead, LATE_CALL, "Who is this?")
    answering.ended(lead)
    assert not [text for text in stack.texts(lead) if WHAT_IS_IT in text]
    assert [text for text in answering.told(lead) if f"did not go out ({reason})" in text]


def test_an_answer_that_must_wait_is_told_to_the_team(
    stack: Stack, answering: Listener, model: OpenAi, lead: Lead
) -> None:
    """Twilio asks for a pause that is longer than the sidecar lets a flow wait."""

    def then_twilio_is_busy(_: Prompt) -> str:
        stack.sandbox.fault("twilio", "messages.create", "status", status=429, retry_after=8)
        return WHAT_IS_IT

    model.answers = then_twilio_is_busy
    stack.says(lead, LATE_CALL, "The tap drips")
    answering.ended(lead)
    [told] = answering.told(lead)
    assert "The AI’s answer waits for five minutes at most (" in told
    until(lambda: stack.texts(lead)[1:], "the answer, after the pause")


def test_what_the_ai_is_not_sure_of_is_handed_over(
    stack: Stack, answering: Listener, model: OpenAi, lead: Lead
) -> None:
    model.answers = lambda _: "HANDOVER"
    stack.says(lead, LATE_CALL, "How much is a boiler?")
    answering.ended(lead)
    assert answering.told(lead) == [f"Maya {lead.phone} wrote: “How much is a boiler?”. Please answer"]
    assert stack.touched(lead) == (1, 0, 0)


def test_a_conversation_that_cannot_be_read_is_left_to_the_team(
    stack: Stack, answering: Listener, model: OpenAi, lead: Lead
) -> None:
    """The sidecar is away, or has forgotten them."""
    event = {
        "id": "evt_unknown",
        "data": {
            "sequence_id": "seq_unknown", "message_id": "SM1", "reason": "none",
            "contact": {"first_name": "Maya", "phone": lead.phone},
            "message": {"channel": "sms", "text": "Hello?", "intent": "none"},
        },
    }  # fmt: skip
    assert answering.post(event) == HTTPStatus.OK
    answering.ended(lead)
    assert answering.told(lead) == [f"Maya {lead.phone} wrote: “Hello?”. Please answer"]
    assert (model.prompts, stack.touched(lead)) == ([], (1, 0, 0))


def test_a_model_that_fails_leaves_it_to_the_team(stack: Stack, answering: Listener, model: OpenAi, lead: Lead) -> None:
    def fails(_: Prompt) -> str:
        raise Refusal(HTTPStatus.BAD_REQUEST, "The model does not exist", "model_not_found")

    model.answers = fails
    stack.says(lead, LATE_CALL, "Hello?")
    answering.ended(lead)
    assert answering.told(lead) == [f"Maya {lead.phone} wrote: “Hello?”. Please answer"]
    assert stack.touched(lead) == (1, 0, 0)


def test_who_writes_twice_gets_one_answer_to_both(stack: Stack, answering: Listener, model: OpenAi, lead: Lead) -> None:
    stack.says(lead, LATE_CALL, "Hello")
    stack.says(lead, LATE_CALL, "The tap drips")
    ends = sorted(execution.last_node for execution in answering.all_ended(lead, 2))
    assert ends == ["Done", "Taken care of"]
    [prompt] = model.prompts
    assert "THEY: Hello\nTHEY: The tap drips" in prompt.user
    assert stack.texts(lead)[1:] == [WHAT_IS_IT + SIGNED]


def test_whom_a_colleague_answered_the_ai_does_not(
    stack: Stack, answering: Listener, model: OpenAi, lead: Lead
) -> None:
    stack.says(lead, LATE_CALL, "Can you come?")
    event = event_of(answering.ended(lead))
    stack.says(lead, LATE_CALL, "Today?")
    answering.ended(lead, nth=2)
    model.prompts.clear()
    assert answering.post(event) == HTTPStatus.OK  # it comes late: the conversation has gone on
    assert answering.ended(lead, nth=3).last_node == "Taken care of"
    assert model.prompts == []


def test_two_workflows_that_hear_of_one_reply_answer_it_once(
    stack: Stack, workflows: dict[str, Listener], answering: Listener, model: OpenAi, lead: Lead
) -> None:
    """As one does to which the same event comes twice: both write before either has answered."""
    together = threading.Barrier(2, timeout=60)

    def each_its_own(_: Prompt) -> str:
        return f"{WHAT_IS_IT} {together.wait()}"

    model.answers = each_its_own
    with workflows["other"].hears(LATE_CALL, "reply.received") as other:
        stack.says(lead, LATE_CALL, "The tap drips")
        ends = sorted(listener.ended(lead).last_node for listener in (answering, other))
    assert ends == ["Answered before", "Done"]
    assert len(stack.texts(lead)) == 2
    assert len(answering.told(lead) + other.told(lead)) == 1


def test_after_as_many_answers_as_settings_allow_a_person_takes_over(
    stack: Stack, answering: Listener, model: OpenAi, lead: Lead
) -> None:
    for number in (1, 2, 3):
        stack.says(lead, LATE_CALL, f"Question {number}")
        answering.ended(lead, number)
    assert len(model.prompts) == 2
    assert answering.told(lead)[-1].endswith("wrote: “Question 3”. Please answer")


def test_a_draft_goes_to_the_team_alone(
    stack: Stack, workflows: dict[str, Listener], model: OpenAi, lead: Lead
) -> None:
    with workflows["draft"].hears(LATE_CALL, "reply.received") as drafting:
        stack.says(lead, LATE_CALL, "The tap drips")
        drafting.ended(lead)
    [told] = drafting.told(lead)
    assert told.endswith(f"Please answer, perhaps with: “{WHAT_IS_IT}”")
    assert (len(model.prompts), stack.touched(lead)) == (1, (1, 0, 0))


def test_an_email_is_answered_by_email(stack: Stack, answering: Listener, model: OpenAi, lead: Lead) -> None:
    mail = {"channel": "email", "message_id": f"<{lead.phone}@mail.example>", "to": "replies@harbour.example",
            "from": lead.email, "body": "The tap drips", "business": business_id(LATE_CALL)}  # fmt: skip
    stack.ask("/v1/messages/inbound", mail)
    answering.ended(lead)
    [email] = stack.emails(lead)
    assert WHAT_IS_IT in email.text
    assert len(model.prompts) == 1


def test_who_does_not_know_the_key_starts_nothing(off: Listener, lead: Lead) -> None:
    event = {"id": "evt_forged", "data": {"contact": {"phone": lead.phone}, "reason": "none"}}
    assert off.post(event, key="guessed") == HTTPStatus.FORBIDDEN
    assert off.post(event) == HTTPStatus.OK
    off.ended(lead)
    assert len(off.runs(lead)) == 1
