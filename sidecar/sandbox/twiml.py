"""Reads the TwiML that we answer with, as far as a Twilio that plays our callers needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin
from xml.etree import ElementTree as ET

if TYPE_CHECKING:
    from sidecar.sandbox.posting import HttpAnswer

_SPOKEN = ("Say", "Play", "Record", "Gather")


@dataclass(frozen=True, slots=True)
class Twiml:
    """What one TwiML document asks for. URLs are absolute; None where the document has no such verb.

    ``whisper_url`` is the ``url`` of the first ``<Number>`` in the Dial, ``gather_url`` a Gather's action;
    ``answers`` says whether a verb was there that picks up the call (Say, Play, Record, Gather).
    """

    dials: bool = False
    dial_action: str | None = None
    dial_timeout: int | None = None
    answer_on_bridge: bool = False
    dialled: tuple[str, ...] = ()
    whisper_url: str | None = None
    gather_url: str | None = None
    reject_reason: str | None = None
    answers: bool = False


def read_twiml(answer: HttpAnswer, document_url: str) -> Twiml:
    """The TwiML of an answer; relative URLs are taken from ``document_url``, as Twilio does.

    Anything that is not a 2xx with TwiML is an empty document: Twilio plays an error and hangs up.
    """
    if not answer.ok or not answer.text.strip():
        return Twiml()
    try:
        # The document is our own application's answer, not a stranger's.
        root = ET.fromstring(answer.text)  # noqa: S314
    except ET.ParseError:
        return Twiml()
    dial, gather, reject = root.find("Dial"), root.find("Gather"), root.find("Reject")
    number = dial.find("Number") if dial is not None else None
    attributes = dict(dial.attrib) if dial is not None else {}
    return Twiml(
        dials=dial is not None,
        dial_action=_absolute(document_url, attributes.get("action")),
        dial_timeout=int(attributes["timeout"]) if "timeout" in attributes else None,
        answer_on_bridge=attributes.get("answerOnBridge") == "true",
        dialled=_dialled(dial),
        whisper_url=_absolute(document_url, number.get("url") if number is not None else None),
        # A Gather without an action posts to the document it stands in.
        gather_url=urljoin(document_url, gather.get("action") or "") if gather is not None else None,
        reject_reason=(reject.get("reason") or "rejected") if reject is not None else None,
        answers=any(root.find(verb) is not None for verb in _SPOKEN),
    )


def _dialled(dial: ET.Element | None) -> tuple[str, ...]:
    if dial is None:
        return ()
    inner = tuple((number.text or "").strip() for number in dial.findall("Number"))
    return inner or tuple(filter(None, [(dial.text or "").strip()]))


def _absolute(document_url: str, url: str | None) -> str | None:
    return None if url is None else urljoin(document_url, url)
