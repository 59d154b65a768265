"""What people say, by text, by email and aloud: HELP, complaints, and a STOP that is confirmed once at most."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.domain.reports import MessageReport, SpokenStop, VoiceReport
from sidecar.engine.words import HELP, HELP_FR
from tests.integration.engine.seeing import alerts, contact, ended, events, step, steps, suppressed, texts_to
from tests.support.house import CALLER, NUMBER

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.sandbox import Sandbox
    from tests.support.house import House

TOLD = HELP.format(company="Acme Plumbing", number=NUMBER)
COMPLAINT = "This is harassment. I'm reporting you to the ICO"


def helped(sandbox: Sandbox) -> list[str]:
    return [text.body for text in texts_to(sandbox) if "STOP" in text.body and "we text people" in text.body]


def mailed(home: House, body: str, message_id: str = "<1@example.com>") -> Any:
    report = MessageReport(
        message_id=message_id, channel="email", at=home.clock.now(), to="replies@acme.example",
        sender="ann@example.com", body=body,
    )  # fmt: skip
    return home.sidecar.intake.message(home.business, report, source="api")


# --- HELP


@pytest.mark.parametrize("word", ["help", "Aide", "info please"])
def test_help_is_told_who_we_are_and_the_sequence_goes_on(home: House, sandbox: Sandbox, word: str) -> None:
    opened = home.miss()
    home.live(minutes=1)
    assert home.text(word).intent == "help"
    home.settle()
    assert helped(sandbox) == [TOLD]
    assert ended(home, opened.sequence_id) == ("open", "")
    assert home.sequence(opened.sequence_id)["replied_at"] is None
    assert alerts(sandbox) == []
    home.live(minutes=3)
    assert len(sandbox.calls_placed) == 1, "HELP is no answer to our question"


def test_a_french_business_helps_in_french(make_home: Callable[..., House], sandbox: Sandbox) -> None:
    home = make_home(language="fr-CA")
    home.text("AIDE")
    home.settle()
    assert [text.body for text in texts_to(sandbox)] == [HELP_FR.format(company="Acme Plumbing", number=NUMBER)]


def test_help_is_not_answered_where_twilio_has_answered(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    home.text("HELP", vendor_intent="help", vendor_answered=True)
    home.settle()
    assert helped(sandbox) == []
    assert ended(home, opened.sequence_id) == ("open", "")


def test_help_is_answered_once_in_a_day(home: House, sandbox: Sandbox) -> None:
    for _ in range(3):
        home.text("help")
        home.live(hours=7)
    assert len(helped(sandbox)) == 1
    home.live(hours=3)
    home.text("help")
    home.settle()
    assert len(helped(sandbox)) == 2


def test_help_passes_as_an_answer_and_never_after_a_stop(home: House, sandbox: Sandbox) -> None:
    home.text("please don't text me again")
    home.settle()
    home.text("help")
    home.live(hours=1)
    assert helped(sandbox) == []
    [name] = [name for name in steps(home, conversation(home)) if name.startswith("help")]
    assert step(home, conversation(home), name) == ("skipped", "opted_out")


def conversation(home: House) -> str:
    found: str = contact(home)["sequences"][0]["sequence_id"]
    return found


def test_help_at_night_is_answered_at_night(home: House, sandbox: Sandbox) -> None:
    home.live(hours=14)
    home.text("help")
    home.settle()
    assert len(helped(sandbox)) == 1


def test_the_answer_to_help_is_none_of_the_follow_ups_that_casl_allows(
    make_home: Callable[..., House], sandbox: Sandbox
) -> None:
    from sidecar.config.playbooks import shipped_playbook
    from sidecar.domain.compliance import preset

    home = make_home(preset=preset("ca"), playbook=shipped_playbook("contractor-two-text"))
    opened = home.miss()
    home.live(minutes=1)
    home.text("help")
    home.live(hours=30)
    assert step(home, opened.sequence_id, "second_text")[0] in ("sent", "delivered")
    assert (len(helped(sandbox)), len(texts_to(sandbox))) == (1, 3)


def test_help_and_more_words_are_a_reply(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    assert home.text("help me, water everywhere").intent == "none"
    home.settle()
    assert ended(home, opened.sequence_id) == ("closed", "replied")
    assert len(alerts(sandbox)) == 1


def test_help_by_email_is_a_reply(home: House, sandbox: Sandbox) -> None:
    """A letter of ours says who we are already; somebody who writes a mail of one word wants a person."""
    mailed(home, "Help")
    home.settle()
    assert len(alerts(sandbox)) == 1
    assert sandbox.emails == []


# --- complaints


def test_a_complaint_in_words_is_the_outcome(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    assert home.text(COMPLAINT).intent == "opt_out"
    home.settle()
    assert suppressed(home)
    assert ended(home, opened.sequence_id) == ("closed", "complained")
    assert home.sequence(opened.sequence_id)["outcome"] == "complained"
    assert ("outcome.recorded", "", "complained") in events(home, opened.sequence_id)
    [alert] = alerts(sandbox)
    assert "complained" in alert
    assert COMPLAINT in alert
    home.live(hours=24)
    assert (len(texts_to(sandbox)), sandbox.calls_placed, sandbox.emails) == (1, [], [])


def test_staff_hear_of_a_complaint_at_night(home: House, sandbox: Sandbox) -> None:
    home.live(hours=14)
    home.text("je vais porter plainte")
    home.settle()
    [alert] = alerts(sandbox)
    assert "complained" in alert


def test_a_complaint_about_the_work_is_a_reply(home: House, sandbox: Sandbox) -> None:
    opened = home.miss()
    home.live(minutes=1)
    home.text("the tap you fitted leaks again, I want to complain")
    home.settle()
    assert not suppressed(home)
    assert ended(home, opened.sequence_id) == ("closed", "replied")
    [alert] = alerts(sandbox)
    assert "replied" in alert


def test_a_complaint_by_email_stops_texts(home: House, sandbox: Sandbox) -> None:
    sandbox.hubspot_contact("Ann", "Lee", CALLER, "ann@example.com")
    opened = home.miss()
    home.live(minutes=1)
    mailed(home, "You are harassing me.")
    home.settle()
    assert suppressed(home)
    assert ended(home, opened.sequence_id) == ("closed", "complained")
    assert any("complained" in alert for alert in alerts(sandbox))


def test_a_complaint_by_api_of_somebody_who_never_rang_is_told(home: House, sandbox: Sandbox) -> None:
    home.sidecar.intake.outcome(home.business, "complained", source="api", phone=CALLER)
    home.settle()
    [alert] = alerts(sandbox)
    assert "complained" in alert


# --- STOP


@pytest.mark.parametrize("body", ["ne m'écrivez plus", "ARRÊT", "enlevez-moi de votre liste"])
def test_a_stop_in_french_is_confirmed_in_french(make_home: Callable[..., House], sandbox: Sandbox, body: str) -> None:
    home = make_home(language="fr-CA")
    opened = home.miss()
    home.live(minutes=1)
    assert home.text(body).intent == "opt_out"
    home.live(hours=1)
    assert ended(home, opened.sequence_id) == ("closed", "opted_out")
    assert texts_to(sandbox)[-1].body.startswith("Vous ne recevrez plus de messages")
    assert len(texts_to(sandbox)) == 2


def test_many_stops_at_once_are_confirmed_once(home: House, sandbox: Sandbox) -> None:
    said = ["please don't text me anymore", "stop texting me", "take me off your list", "leave me alone"]
    home.text("hello")
    ready = threading.Barrier(len(said))
    failed: list[BaseException] = []

    def say(number: int, body: str) -> None:
        try:
            ready.wait(10)
            home.text(body, message_id=f"SM{number:032x}")
        except BaseException as error:  # noqa: BLE001 - told by the test's own thread
            failed.append(error)

    threads = [threading.Thread(target=say, args=(0xA0 + number, body)) for number, body in enumerate(said)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert failed == []
    home.live(hours=1)
    assert len(texts_to(sandbox)) == 1
    assert suppressed(home)


@pytest.mark.parametrize("first", [True, False])
def test_a_stop_that_twilio_confirmed_is_not_confirmed_again_whatever_comes_beside_it(
    home: House, sandbox: Sandbox, first: bool
) -> None:
    """Twilio answers its keyword and refuses what follows (21610): the person reads one confirmation."""
    home.miss()
    home.live(minutes=1)
    if first:
        home.text("STOP", vendor_intent="opt_out", vendor_answered=True)
    else:
        sandbox.fault("twilio", "messages.create", "status", status=400, code=21610)
    home.text("please stop texting me")
    home.live(hours=1)
    assert len(texts_to(sandbox)) == 1


# --- aloud


def heard(home: House, sandbox: Sandbox, *said: str, **fields: Any) -> str:
    opened = home.miss()
    home.live(minutes=3)
    [call] = sandbox.calls_placed
    fields = {"reached": True, "reason": "user_hangup", **fields}
    for _ in range(2):
        report = VoiceReport(call.call_id, "analyzed", home.clock.now(), said=said, **fields)
        home.sidecar.intake.voice(home.business, report)
    home.settle()
    sequence_id: str = opened.sequence_id
    return sequence_id


def test_a_stop_that_the_agent_did_not_note_holds(home: House, sandbox: Sandbox) -> None:
    sequence_id = heard(home, sandbox, "Who is this?", "Please don't call me again.")
    assert suppressed(home)
    assert ended(home, sequence_id) == ("closed", "opted_out")
    [alert] = alerts(sandbox)
    assert "opted out" in alert
    assert "on the phone" in alert


def test_a_complaint_aloud_is_told_once(home: House, sandbox: Sandbox) -> None:
    sequence_id = heard(home, sandbox, COMPLAINT)
    assert ended(home, sequence_id) == ("closed", "complained")
    [alert] = alerts(sandbox)
    assert "complained" in alert


def noted_by_the_agent(home: House, sandbox: Sandbox, *said: str) -> str:
    """The agent's tool took a STOP; what they said, as its transcript has it, comes afterwards."""
    opened = home.miss()
    home.live(minutes=3)
    [call] = sandbox.calls_placed
    home.sidecar.intake.spoken_stop(home.business, SpokenStop(call.call_id, words="Stop."))
    report = VoiceReport(call.call_id, "analyzed", home.clock.now(), said=said, reached=True)
    home.sidecar.intake.voice(home.business, report)
    home.settle()
    sequence_id: str = opened.sequence_id
    return sequence_id


@pytest.mark.parametrize("said", ["Stop.", "Please don't call me again."])
def test_the_tools_stop_leaves_no_doubt_of_what_was_said(home: House, sandbox: Sandbox, said: str) -> None:
    """Its transcript neither doubts it nor tells it again."""
    sequence_id = noted_by_the_agent(home, sandbox, said)
    assert ended(home, sequence_id) == ("closed", "opted_out")
    [alert] = alerts(sandbox)
    assert "opted out" in alert


def test_a_complaint_that_the_tool_took_for_a_stop_is_told_too(home: House, sandbox: Sandbox) -> None:
    sequence_id = noted_by_the_agent(home, sandbox, COMPLAINT)
    assert home.sequence(sequence_id)["outcome"] == "complained"
    assert ["complained" in alert for alert in alerts(sandbox)] == [False, True]


def test_a_spoken_stop_may_mean_the_speaking_and_is_for_a_person(home: House, sandbox: Sandbox) -> None:
    sequence_id = heard(home, sandbox, "Stop.")
    assert not suppressed(home)
    assert home.sequence(sequence_id)["state"] == "held"
    [alert] = alerts(sandbox)
    assert "may have asked us to stop" in alert
    assert "until you resume" in alert


@pytest.mark.parametrize(
    ("said", "fields"),
    [
        (("My boiler stopped.", "Can you come on Monday?"), {}),
        (("Please don't text me.",), {"in_voicemail": True}),
        (("Please don't text me.",), {"reached": False}),
    ],
)
def test_ordinary_words_and_a_voicemails_greeting_stop_nothing(
    home: House, sandbox: Sandbox, said: tuple[str, ...], fields: dict[str, Any]
) -> None:
    sequence_id = heard(home, sandbox, *said, **fields)
    assert not suppressed(home)
    assert home.sequence(sequence_id)["state"] == "open"
    assert alerts(sandbox) == []
