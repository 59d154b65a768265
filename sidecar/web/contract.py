"""Every operation, and the two that show them all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from flask import Response, render_template

from sidecar.shipped import shipped
from sidecar.web import operating
from sidecar.web.api import calls, consents, contacts, looking, messages, sequences, steps, subscriptions
from sidecar.web.hooks import hubspot, retell, twilio, unsubscribe
from sidecar.web.problem import KINDS

if TYPE_CHECKING:
    from sidecar.web.operations import Asked, Operation

DOCUMENT = "openapi.json"
"""Generated, committed, shipped; a test holds it equal to what the operations say."""

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"


def _text() -> str:
    return (shipped("schemas") / DOCUMENT).read_text(encoding="utf-8")


def _document(asked: Asked) -> Response:
    del asked
    return Response(_text(), content_type="application/json")


def _docs(asked: Asked) -> Response:
    del asked
    from markdown_it import MarkdownIt  # a tenth of a second to load, for a page that few open

    shown = MarkdownIt("commonmark", {"html": False}).render  # descriptions are CommonMark (OpenAPI 3.1, 4.8.1)
    page = render_template("docs.html", document=json.loads(_text()), kinds=KINDS, markdown=shown)
    return Response(page, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": _POLICY})


OPERATIONS: tuple[Operation, ...] = (
    *calls.OPERATIONS,
    *messages.OPERATIONS,
    *contacts.OPERATIONS,
    *consents.OPERATIONS,
    *steps.OPERATIONS,
    *sequences.OPERATIONS,
    *looking.OPERATIONS,
    *subscriptions.OPERATIONS,
    *twilio.OPERATIONS,
    *retell.OPERATIONS,
    *hubspot.OPERATIONS,
    *unsubscribe.OPERATIONS,
    *operating.operations(_document, _docs),
)
