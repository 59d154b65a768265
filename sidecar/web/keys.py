"""Who may ask, and for which business. A key names the businesses that it may act for, and what it may do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from flask import g

from sidecar.domain import phones
from sidecar.domain.phones import BadPhone, mask
from sidecar.store.keys import EVERY_BUSINESS
from sidecar.web.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Callable

    from werkzeug.datastructures import Headers

    from sidecar.app import Sidecar
    from sidecar.config.business import Business
    from sidecar.store.keys import Key

Scope = Literal["calls", "drive", "operate", "read"]

SCOPES: dict[Scope, str] = {
    "calls": "report facts: calls, messages, outcomes, opt-outs, flow errors",
    "drive": "say *now*: run, skip and claim steps, take events, answer in a conversation",
    "operate": "an operator's hand: close, hold, resume, opt-in, consents, subscriptions",
    "read": "look: sequences, the gate",
}
"""What a key may be allowed."""

FLOW_SCOPES: tuple[Scope, ...] = ("calls", "drive", "read")
"""What a flow needs, and a new key may do where nothing else is said."""

_CHALLENGE = {"WWW-Authenticate": 'Bearer realm="missed-call recovery"'}


def authenticate(sidecar: Sidecar, headers: Headers, scope: Scope | None) -> Key:
    """The key of a request.

    Raises:
        Problem: 401 without a valid key; 403 where it lacks the scope.
    """
    scheme, _, token = headers.get("Authorization", "").partition(" ")
    secret = token.strip() if scheme.lower() == "bearer" else headers.get("x-api-key", "").strip()
    key = sidecar.keys.authenticate(secret) if secret else None
    if key is None:
        said = "The API key is unknown, expired or revoked" if secret else "No API key was sent"
        raise Problem("unauthorised", said, headers=_CHALLENGE)
    g.key_id = key.key_id
    if scope is not None and not key.may(scope):
        raise Problem(
            "forbidden",
            f"The key lacks the scope `{scope}`",
            remedy=f"make a key with it: `recovery keys create --scope {scope} …` ({SCOPES[scope]})",
        )
    return key


def entitled(sidecar: Sidecar, key: Key) -> list[str]:
    """Ids of the businesses that a key may act for."""
    if EVERY_BUSINESS in key.businesses:
        return [business.id for business in sidecar.businesses]
    return [business_id for business_id in key.businesses if sidecar.businesses.get(business_id) is not None]


def business_for(
    sidecar: Sidecar,
    key: Key,
    *,
    named: str | None = None,
    called: str | None = None,
    owner: Callable[[list[str]], str | None] | None = None,
) -> Business:
    """The business of a request: the one that it names, else the key's only one, else by what it is about.

    Args:
        sidecar: the application.
        key: who asks.
        named: the request's own ``business``.
        called: the number that was called or written to, as it was sent.
        owner: finds the business of a sequence or a claim among those of the key, or ``None``.

    Raises:
        Problem: 403 for a business that the key is not for, 404 for an unknown number or id, 422 where
            nothing says which of the key's businesses is meant.
    """
    allowed = entitled(sidecar, key)
    if named is not None:
        return _named(sidecar, named, allowed, key)
    if len(allowed) == 1:
        return _get(sidecar, allowed[0])
    if called is not None:
        return _by_number(sidecar, called, allowed)
    if owner is not None:
        found = owner(allowed)
        if found is None:
            raise Problem(
                "not-found",
                "There is no such id in the businesses of this key",
                remedy="take the id from an answer of this API",
            )
        return _get(sidecar, found)
    raise Problem(
        "invalid",
        "The key is for several businesses, and nothing says which of them is meant",
        remedy="add `business` with the id of one",
        pointer="/business",
    )


def _named(sidecar: Sidecar, named: str, allowed: list[str], key: Key) -> Business:
    if named in allowed:
        return _get(sidecar, named)
    if EVERY_BUSINESS in key.businesses:
        raise Problem(
            "not-found",
            f"There is no business {named[:64]!r}",
            remedy="use an id of a business file",
            pointer="/business",
        )
    raise Problem(
        "forbidden",
        "The key is not for that business",
        remedy="use a key of that business, or leave `business` out",
        pointer="/business",
    )


def _get(sidecar: Sidecar, business_id: str) -> Business:
    business = sidecar.businesses.get(business_id)
    if business is None:
        raise Problem("not-found", "The business of this key is not configured any more", remedy="restore its file")
    return business


def _by_number(sidecar: Sidecar, called: str, allowed: list[str]) -> Business:
    try:
        number = phones.parse(called, None)
    except BadPhone as error:
        raise Problem("invalid", str(error), remedy="write it like +44 7700 900123", pointer="/to") from None
    business = sidecar.businesses.by_number(number)
    if business is None:
        raise unknown_number(number)
    if business.id not in allowed:
        raise Problem(
            "forbidden",
            "The key is not for the business of that number",
            remedy="use a key of that business",
            pointer="/to",
        )
    return business


def unknown_number(number: str, *, pointer: str = "/to") -> Problem:
    """The problem of a number that belongs to no business, with what to configure."""
    return Problem(
        "unknown-number",
        f"No business here has the number {mask(number)}",
        remedy="add it to the business's file under `numbers` (`recovery check` tests the file), then restart",
        pointer=pointer,
    )
