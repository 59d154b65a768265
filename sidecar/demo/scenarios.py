"""The ten scenarios: what people do, what goes wrong, and exactly what must go out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from sidecar.demo.cast import MAYA, MAYA_AWAY, NOBODY, Caller
from sidecar.demo.expected import Expected
from sidecar.demo.wording import ZONE

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.demo.world import World

MORNING = datetime(2026, 11, 24, 10, 14, tzinfo=ZONE)
"""A Tuesday."""
FRIDAY_NIGHT = datetime(2026, 11, 27, 21, 29, 42, tzinfo=ZONE)
"""Staff's phone rings 18 s: the call is missed at half past nine."""

_MINUTE, _HOUR = 60, 3600
_TO_SATURDAY_8 = 10.5 * _HOUR - 1
"""From the call to eight, told a second short: the call is missed a moment after half past nine."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One play: who, when, what happens, what must go out, and how the last sequence ends."""

    name: str
    summary: str
    opening: str
    play: Callable[[World], None]
    expects: tuple[Expected, ...]
    closed: str
    """Reason of the last sequence's end."""
    ending: str
    """The end of the verdict."""
    caller: Caller = MAYA
    starts: datetime = MORNING


def _text(at: float = 0, *says: str, late: float = 10) -> Expected:
    return Expected("text", at, late, says)


def _call(at: float = 3 * _MINUTE, *says: str, late: float = 12) -> Expected:
    return Expected("call", at, late, says)


def _email(at: float = 45 * _MINUTE, *, late: float = 12) -> Expected:
    return Expected("email", at, late, ("Maya, your call to Hartley & Sons Plumbing",))


def _alert(at: float, *says: str) -> Expected:
    return Expected("alert", at, 12, says)


_HELLO = ("Hi Maya, Sam at Hartley & Sons Plumbing here.", "STOP to opt out")
_KNOWN = ("'first_name': 'Maya'", "'deal_stage': 'Quote sent'")


def _silent(world: World) -> None:
    world.ring()
    world.play_out()


def _no_answer(world: World) -> None:
    world.ring("no_answer")
    world.play_out()


def _reply(world: World) -> None:
    world.ring()
    world.live(minutes=1)
    world.text("Boiler is leaking, can someone come today?")
    world.play_out()


def _stop(world: World) -> None:
    world.ring()
    world.live(minutes=1)
    world.text("STOP")
    world.live(minutes=40, seconds=-18)
    world.ring()
    world.play_out()


def _after_hours(world: World) -> None:
    world.ring("no_answer")
    world.play_out()


def _unknown_caller(world: World) -> None:
    world.ring()
    world.play_out()


def _repeat_caller(world: World) -> None:
    world.ring("no_answer")
    world.live(minutes=2, seconds=-18)
    world.ring("no_answer")
    world.live(minutes=38, seconds=-18)
    world.ring("no_answer")
    world.play_out()


def _provider_down(world: World) -> None:
    fault = world.sandbox.fault
    fault("twilio", "messages.create", "status", status=503)
    fault("twilio", "messages.create", "accept_then_hang", seconds=1)
    world.ring()
    world.play_out()


def _restart(world: World) -> None:
    world.sandbox.fault("twilio", "messages.create", "hang")
    world.ring()
    world.until("Twilio has the text, and its answer is on its way", lambda: world.sandbox.texts)
    world.kill()
    world.say("kill -9", "the whole process group, before Twilio's answer arrives")
    world.start()
    world.say("sidecar", "is back")
    world.live(minutes=2)
    world.kill()
    world.say("kill -9", "again; this time it stays down past the moment of the call")
    world.forward(world.call_at + timedelta(minutes=3, seconds=30))
    world.start()
    world.say("sidecar", "is back")
    world.play_out()


def _lost_webhook(world: World) -> None:
    world.forward(world.last_look() + timedelta(seconds=8))
    world.lose_call()
    world.say("Twilio", "its webhooks are lost on the way: the sidecar hears nothing")
    world.pass_a_look()
    world.play_out()


_ALL = (
    Scenario(
        "silent",
        "voicemail, silence: text, AI callback, email",
        "Maya Osei rings Hartley & Sons Plumbing in Bristol. Sam is under a sink. His voicemail picks up, but "
        "nobody presses 1, so this is a missed call. Playbook: uk-three-layer.",
        _silent,
        (_text(0, *_HELLO), _call(3 * _MINUTE, *_KNOWN), _email()),
        "exhausted",
        "nothing after that",
    ),
    Scenario(
        "reply",
        "the caller texts back: everything else is cancelled, staff are told",
        "Maya Osei rings Hartley & Sons Plumbing, gets a text, and answers it a minute later.",
        _reply,
        (_text(0, *_HELLO), _alert(_MINUTE, "Maya", "Boiler is leaking, can someone come today?")),
        "replied",
        "nothing more once she answered, and Sam has her words",
    ),
    Scenario(
        "stop",
        "the caller answers STOP: nothing more on any channel, not even after another call",
        "Maya Osei rings Hartley & Sons Plumbing, and wants no texts. Later she rings again.",
        _stop,
        (
            _text(0, *_HELLO),
            _alert(_MINUTE, "Maya", "opted out"),
            _alert(41 * _MINUTE, "Missed call from Maya", "opted out earlier"),
        ),
        "opted_out",
        "nothing after STOP, not even when she rings again: Sam is told instead",
    ),
    Scenario(
        "no-answer",
        "nobody picks up, and the callback rings out too",
        "Maya Osei rings Hartley & Sons Plumbing and nobody picks up. She does not hear the callback either.",
        _no_answer,
        (_text(0, *_HELLO), _call(3 * _MINUTE, *_KNOWN), _email()),
        "exhausted",
        "nothing after that",
        MAYA_AWAY,
    ),
    Scenario(
        "after-hours",
        "Friday night: the text waits for Saturday morning, the call for nine, the email for the call",
        "Friday, half past nine at night: Maya Osei rings Hartley & Sons Plumbing. Texts may go out from 8 to 20, "
        "calls on a Saturday from 9 to 13.",
        _after_hours,
        (
            _text(_TO_SATURDAY_8, "Hi Maya", "You rang while we were closed. We're back today at 9."),
            _call(_TO_SATURDAY_8 + _HOUR, *_KNOWN),
            _email(_TO_SATURDAY_8 + _HOUR + 10 * _MINUTE),
        ),
        "exhausted",
        "one thing at a time, and none at night",
        starts=FRIDAY_NIGHT,
    ),
    Scenario(
        "unknown-caller",
        "not in the CRM: fallback words, the generic script, and a task where the email would go",
        "Somebody rings Hartley & Sons Plumbing from a number that HubSpot does not know.",
        _unknown_caller,
        (
            _text(0, "Hi, Sam at Hartley & Sons Plumbing here.", "STOP to opt out"),
            _call(3 * _MINUTE, "'script': 'generic'"),
            _alert(45 * _MINUTE, "To do", "did not go out (we have no address for it)", NOBODY.phone),
        ),
        "exhausted",
        "no email address, so Sam has a task instead",
        NOBODY,
    ),
    Scenario(
        "repeat-caller",
        "rings again after 2 minutes (folded) and after 40 (a new sequence)",
        "Maya Osei rings Hartley & Sons Plumbing three times: at once again, and once more much later.",
        _repeat_caller,
        (
            _text(0, *_HELLO),
            _alert(2 * _MINUTE - 1, "Missed call from Maya", "the follow-up that is under way goes on"),
            _call(3 * _MINUTE, *_KNOWN),
            _text(40 * _MINUTE - 2, *_HELLO),
            _call(43 * _MINUTE - 2, *_KNOWN),
            _alert(85 * _MINUTE - 2, "To do: Maya", "often enough today"),
        ),
        "exhausted",
        "no email, for four touches in a day are enough: Sam has it on his list",
        MAYA_AWAY,
    ),
    Scenario(
        "provider-down",
        "Twilio answers 503, then takes the text without an answer: it goes out once",
        "Maya Osei rings Hartley & Sons Plumbing while Twilio has a bad minute.",
        _provider_down,
        (_text(5, *_HELLO, late=85), _call(3 * _MINUTE, *_KNOWN, late=40), _email()),
        "exhausted",
        "exactly one text, whatever Twilio said",
    ),
    Scenario(
        "restart",
        "kill -9 while a text is in flight, and again before the callback: each goes out once",
        "Maya Osei rings Hartley & Sons Plumbing. Somebody keeps pulling the plug of the sidecar.",
        _restart,
        (_text(0, *_HELLO), _call(3.5 * _MINUTE, *_KNOWN, late=30), _email()),
        "exhausted",
        "each of them once",
    ),
    Scenario(
        "lost-webhook",
        "no webhook arrives: the call is found in Twilio's log, and texted within the deadline",
        "Maya Osei rings Hartley & Sons Plumbing, and every one of Twilio's webhooks is lost.",
        _lost_webhook,
        (_text(10, *_HELLO, late=60), _call(3 * _MINUTE, *_KNOWN, late=80), _email()),
        "exhausted",
        "found within a minute, nothing after that",
    ),
)

SCENARIOS = {scenario.name: scenario for scenario in _ALL}
"""By name, in the order in which they are told."""
