from __future__ import annotations

from xml.etree import ElementTree as ET

from sidecar.channels.twilio import twiml


def read(text: str) -> ET.Element:
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    root = ET.fromstring(text)  # noqa: S314 - our own
    assert root.tag == "Response"
    return root


def test_nothing_to_do() -> None:
    assert list(read(twiml.empty())) == []


def test_a_call_is_refused_for_nothing() -> None:
    (reject,) = read(twiml.busy())
    assert (reject.tag, reject.attrib) == ("Reject", {"reason": "busy"})


def test_a_leg_is_ended() -> None:
    (hang_up,) = read(twiml.hang_up())
    assert hang_up.tag == "Hangup"


def test_staff_ring_at_once_and_the_caller_hears_ringing() -> None:
    action = "https://example.com/twilio/dial-result?a=1&b=2"
    (dial,) = read(
        twiml.ring_staff(
            ["+447700900200", "+447700900201"],
            seconds=18,
            action=action,
            whisper="https://example.com/w?x=<&>",
        )
    )
    assert dial.attrib == {"answerOnBridge": "true", "timeout": "18", "action": action, "method": "POST"}
    assert [number.text for number in dial] == ["+447700900200", "+447700900201"]
    assert {number.get("url") for number in dial} == {"https://example.com/w?x=<&>"}


def test_without_a_whisper_the_callers_are_connected_at_once() -> None:
    (dial,) = read(twiml.ring_staff(["+447700900200"], seconds=18, action="/d"))
    assert dial[0].attrib == {}


def test_ringing_stays_within_twilios_bounds() -> None:
    assert read(twiml.ring_staff(["+447700900200"], seconds=1, action="/d"))[0].get("timeout") == "5"
    assert read(twiml.ring_staff(["+447700900200"], seconds=9999, action="/d"))[0].get("timeout") == "600"


def test_the_whisper_waits_for_one_key_and_then_hangs_up() -> None:
    gather, hang_up = read(twiml.whisper("Smith & Sons <Bristol>", action="/twilio/whisper?a=1&b=2"))
    assert (gather.tag, gather.get("numDigits"), gather.get("method")) == ("Gather", "1", "POST")
    assert gather.get("action") == "/twilio/whisper?a=1&b=2"
    assert gather[0].text == "Call for Smith & Sons <Bristol>. Press 1 to accept."
    assert gather[0].get("language") == "en-GB"
    assert hang_up.tag == "Hangup", "silence must not connect a voicemail"
