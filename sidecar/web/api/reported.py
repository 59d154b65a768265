"""Twilio's posts that a flow hands on: whose they are, and whether they are Twilio's."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sidecar.channels.twilio.signature import verify
from sidecar.web import keys
from sidecar.web.problem import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from sidecar.config.business import Business
    from sidecar.web.models.requests import TwilioPost
    from sidecar.web.operations import Asked

SIGNATURE = "x-twilio-signature"


def first_values(post: TwilioPost) -> dict[str, str]:
    """The form with one value for each field."""
    return {name: value if isinstance(value, str) else (value[0] if value else "") for name, value in post.form.items()}


def business_of(asked: Asked, form: Mapping[str, str]) -> Business:
    """The business of a post: by the number that was called or texted, or that called or texted itself."""
    called = form.get("To") or form.get("Called")
    ours = asked.sidecar.businesses
    sender = form.get("From", "")
    if ours.by_number(called or "") is None and ours.by_number(sender) is not None:
        called = sender
    if not called and asked.named is None and len(keys.entitled(asked.sidecar, asked.caller())) > 1:
        raise Problem(
            "invalid",
            "The form has no `To`",
            remedy="hand over Twilio's whole form as it came",
            pointer="/form/To",
        )
    return asked.business(called=called)


def refusal(business: Business, post: TwilioPost) -> str:
    """Why a post is not taken for Twilio's, naming the URL that was tried; '' where it is genuine."""
    tried = url_of(post)
    if business.twilio is None:
        return f"business {business.id} has no `twilio` section to check a signature with; tried {tried}"
    signature = _header(post, SIGNATURE)
    if not signature:
        return f"the report has no {SIGNATURE} header; hand on the headers of Twilio's request to {tried}"
    if verify(business.twilio.auth_token, tried, _pairs(post), signature):
        return ""
    account = first_values(post).get("AccountSid", "")
    if account and account != business.twilio.account_sid:
        return f"the post is of another Twilio account than that of business {business.id}; tried {tried}"
    return (
        f"the signature does not fit {tried}; that must be the URL exactly as it is set at Twilio "
        "(n8n: N8N_WEBHOOK_URL), and auth_token that account's"
    )


def url_of(post: TwilioPost) -> str:
    """The URL that Twilio signed: the flow's own, with the query that came."""
    if not post.query or "?" in post.url:
        return post.url
    pairs = [
        (name, one) for name, value in post.query.items() for one in ([value] if isinstance(value, str) else value)
    ]
    return f"{post.url}?{urlencode(pairs)}"


def _header(post: TwilioPost, wanted: str) -> str:
    for name, value in post.headers.items():
        if name.lower() == wanted and value:
            return value if isinstance(value, str) else value[0]
    return ""


def _pairs(post: TwilioPost) -> Iterator[tuple[str, str]]:
    for name, value in post.form.items():
        for one in [value] if isinstance(value, str) else value:
            yield name, one
