"""Requests over HTTP on either platform: whose address it is, and to whom the message goes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sidecar.flows import vendors
from sidecar.flows.contract import HOLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sidecar.flows.expressions.values import Fields, Value

_ENDING: Final = re.compile(r"\0\.(?:[\w-]+\.)*[\w-]{4,}\.[a-z]{2,}(?::\d+)?$", re.IGNORECASE)
"""A domain that is written out behind the part that is computed (four letters: `co.uk` is nobody's)."""


def by_http(method: str, urls: Iterable[str], ours: Callable[[str], bool]) -> str:
    """What a request would send. One whose method is computed may send; what is ``ours`` goes to the sidecar."""
    for url in urls:
        vendor = vendors.vendor_of(url)
        if method in vendors.READS:
            if vendors.SENT_BY_GET.search(url):
                return f"a request to {vendor}'s API" if vendor else "a request that sends a message"
        elif vendor:
            if not vendors.READING.search(url):
                return f"a request to {vendor}'s API"
        elif not ours(url):
            if host_is_open(url):
                return "a request to an address that is only known when it runs"
            if vendors.SENDING_PATHS.search(url):
                return "a request to an address that sends messages"
    return ""


def host_is_open(url: str) -> bool:
    """Whether it is only known when it runs who is asked; of ``https://{{ … }}.zendesk.com`` it is known before."""
    host = re.split(r"[/?#]", re.sub(r"^\s*(?:https?:)?//", "", url, flags=re.IGNORECASE), maxsplit=1)[0]
    return HOLE in host and not (url.lstrip().lower().startswith("http") and _ENDING.search(host))


def to_staff(body: Fields | None, known: Callable[[Value], bool]) -> bool:
    """Whether each recipient that a body names stands in the flow itself, and there is one."""
    if body is None:
        return False
    named = [value for name, value in body.fields if vendors.RECIPIENT.fullmatch(name)]
    return bool(named) and all(map(known, named))


def twiml(text: str) -> str:
    """What an answer to Twilio's webhook would send: TwiML sends texts without any API."""
    return "a text in the answer to Twilio" if "<Response" in text and vendors.TWIML.search(text) else ""
