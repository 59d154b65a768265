"""Make's own validator, for who has an account: the last word on whether a blueprint can be imported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from sidecar.platforms.asking import AskedInVainError, Platform

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY_VARIABLE: Final = "MAKE_API_TOKEN"
_ZONE: Final = re.compile(r"[a-z]{2}\d+(?:\.make\.com|\.make\.celonis\.com)?")
_REFUSED: Final = frozenset({400, 422})
"""With these Make says what is wrong with the blueprint; with any other, something else is wrong."""


def make_at(zone: str, token: str, base_url: str = "") -> Platform:
    """The API of a zone (``eu2``, ``us1.make.celonis.com``); ``base_url``: of a proxy or a stand-in instead.

    Raises:
        AskedInVainError: There cannot be such a zone.
    """
    if not _ZONE.fullmatch(zone):
        raise AskedInVainError(f"{zone!r} is no zone of Make", "take it from your address there: eu1, eu2, us1, us2")
    host = zone if "." in zone else f"{zone}.make.com"
    base = base_url.rstrip("/") or f"https://{host}"
    return Platform("Make", f"{base}/api/v2", "Authorization", f"Token {token}", KEY_VARIABLE)


def complaints(make: Platform, blueprint: dict[str, Any]) -> list[str]:
    """What Make finds wrong with a blueprint; empty where it would take it. Nothing is stored there.

    Raises:
        AskedInVainError: Make did not answer, refused the key, or had trouble of its own.
    """
    try:
        answer = make.ask("POST", "/blueprints/validate", {"blueprint": blueprint})
    except AskedInVainError as error:
        if error.status in _REFUSED:
            return [str(error)]
        raise
    return list(dict.fromkeys(_said(answer)))


def _said(answer: Any) -> Iterator[str]:
    """Messages of an answer with 200: in ``errors``, or that ``valid`` is false."""
    found = answer.get("response", answer) if isinstance(answer, dict) else answer
    if not isinstance(found, dict):
        return
    errors = found.get("errors")
    for one in errors if isinstance(errors, list) else ():
        yield str(one.get("message") or one) if isinstance(one, dict) else str(one)
    if found.get("valid") is False and not errors:
        yield "Make says that it is not valid, and not why"
