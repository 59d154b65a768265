"""What Twilio is told to do with a call. ElementTree escapes and, unlike the SDK's, is typed."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, tostring

if TYPE_CHECKING:
    from collections.abc import Sequence

CONTENT_TYPE = "text/xml; charset=utf-8"
_LONGEST_RING = 600
_WHISPER_WAIT = 6


def empty() -> str:
    """Nothing more: a parent call ends, a whisper lets the callers talk."""
    return _text(Element("Response"))


def busy() -> str:
    """Refuse a call unanswered; it costs nothing. For numbers that only receive what nobody took."""
    response = Element("Response")
    SubElement(response, "Reject", reason="busy")
    return _text(response)


def hang_up() -> str:
    """End this leg."""
    response = Element("Response")
    SubElement(response, "Hangup")
    return _text(response)


def ring_staff(staff: Sequence[str], *, seconds: int, action: str, whisper: str | None = None) -> str:
    """Ring the staff's phones at once; the caller hears ringing until one of them is connected.

    Args:
        staff: E.164 numbers.
        seconds: 15 to 20, for after that the carrier's own voicemail picks up.
        action: URL that learns what became of it (``DialCallStatus``).
        whisper: URL played to whoever picks up, before they are connected; `None` connects at once.
    """
    response = Element("Response")
    dial = SubElement(
        response,
        "Dial",
        answerOnBridge="true",
        timeout=str(min(max(seconds, 5), _LONGEST_RING)),
        action=action,
        method="POST",
    )
    for phone in staff:
        number = SubElement(dial, "Number", {} if whisper is None else {"url": whisper, "method": "POST"})
        number.text = phone
    return _text(response)


def whisper(company: str, *, action: str, language: str = "en-GB") -> str:
    """Ask who picked up to press 1, so that a voicemail never counts as an answer; silence hangs up.

    Args:
        company: as staff know it.
        action: URL that gets ``Digits``.
        language: of the spoken words (BCP 47).
    """
    response = Element("Response")
    gather = SubElement(response, "Gather", numDigits="1", timeout=str(_WHISPER_WAIT), action=action, method="POST")
    SubElement(gather, "Say", language=language).text = f"Call for {company}. Press 1 to accept."
    SubElement(response, "Hangup")
    return _text(response)


def _text(response: Element) -> str:
    return '<?xml version="1.0" encoding="UTF-8"?>' + tostring(response, encoding="unicode")
