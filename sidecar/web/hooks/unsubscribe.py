"""``/u/<token>``: the unsubscribe link of an email. GET shows a page, POST acts (RFC 8058)."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from flask import Response, g, render_template

from sidecar.engine.results import NotFound
from sidecar.web.operations import Asked, Operation, Possible

_POLICY = "default-src 'none'; style-src '{style}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"


_WORDS = {
    "en": {
        "ask": {
            "title": "Unsubscribe from {company}",
            "heading": "Stop messages from {company}?",
            "text": "One click, and {company} sends you no more emails or texts and makes no more automated calls to "
            "you.",
            "button": "Unsubscribe",
            "besides": "You can always call {company} yourself.",
        },
        "done": {
            "title": "You are unsubscribed",
            "heading": "You are unsubscribed",
            "text": "{company} sends you no more emails or texts and makes no more automated calls to you.",
            "besides": "Did that happen by mistake? Text START to {company}, or simply call.",
        },
        "unknown": {
            "title": "This link does not work",
            "heading": "This link does not work",
            "text": "Perhaps it was cut off on its way: please open it from the email once more. You can also reply "
            "STOP to any text, or answer the email.",
        },
    },
    "fr": {
        "ask": {
            "title": "Désabonnement de {company}",
            "heading": "Ne plus recevoir de messages de {company} ?",
            "text": "Un clic, et {company} ne vous envoie plus de courriels ni de textos et ne vous fait plus d’appels "
            "automatisés.",
            "button": "Me désabonner",
            "besides": "Vous pouvez toujours appeler {company} vous-même.",
        },
        "done": {
            "title": "Désabonnement confirmé",
            "heading": "Votre désabonnement est confirmé",
            "text": "{company} ne vous envoie plus de courriels ni de textos et ne vous fait plus d’appels "
            "automatisés.",
            "besides": "Une erreur ? Envoyez START par texto à {company}, ou appelez simplement.",
        },
    },
}
"""What stands on the page, by the business's language and what it has to say; English where we have no other words."""


def page(asked: Asked) -> Response:
    """Ask before acting: link scanners open every link of an email."""
    try:
        business, _ = asked.sidecar.intake.unsubscribe_page(asked.path["token"])
    except NotFound:
        return _html("unknown", 404)
    g.business = business.id
    return _html("ask", 200, company=business.name, language=business.language)


def act(asked: Asked) -> Response:
    """One click: by a mail program (``List-Unsubscribe=One-Click``) or by the page's own button."""
    try:
        business, _ = asked.sidecar.intake.unsubscribe_page(asked.path["token"])
        asked.sidecar.intake.unsubscribe(asked.path["token"])
    except NotFound:
        return _html("unknown", 404)
    g.business = business.id
    return _html("done", 200, company=business.name, language=business.language)


def _html(state: str, status: int, *, company: str = "", language: str = "en-GB") -> Response:
    spoken = language.partition("-")[0]
    if state not in _WORDS.get(spoken, {}):
        language = spoken = "en"  # a page says truly what language it is in, or it is read aloud wrongly
    words = {name: text.format(company=company) for name, text in _WORDS[spoken][state].items()}
    text = render_template("unsubscribe.html", state=state, words=words, language=language, style=_style())
    response = Response(text, status, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = _POLICY.format(style=_style_hash())
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@cache
def _style() -> str:
    return (Path(__file__).parent.parent / "templates" / "unsubscribe.css").read_text(encoding="utf-8")


@cache
def _style_hash() -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()


_HTML = {"type": "string"}
_TOKEN = {"token": "From the email's link; it is signed."}
_UNKNOWN = Possible(404, "A page: the link is not one of ours.", media="text/html", schema=_HTML)

OPERATIONS = (
    Operation(
        id="unsubscribePage",
        method="GET",
        path="/u/{token}",
        tag="Hooks",
        summary="Ask whether to unsubscribe",
        description="A page with one button. Opening it changes nothing, for link scanners open every link.",
        view=page,
        answers=(Possible(200, "The page.", media="text/html", schema=_HTML), _UNKNOWN),
        security=None,
        parameters=_TOKEN,
    ),
    Operation(
        id="unsubscribe",
        method="POST",
        path="/u/{token}",
        tag="Hooks",
        summary="Unsubscribe",
        description="One click (RFC 8058): nothing more goes to this person, on any channel.",
        view=act,
        answers=(Possible(200, "A page: it is done.", media="text/html", schema=_HTML), _UNKNOWN),
        problems=("too-large",),
        security=None,
        raw_form={"List-Unsubscribe": "`One-Click`, from a mail program or from the page."},
        parameters=_TOKEN,
    ),
)
