"""Every operation, and the two that show them all."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from flask import Response, render_template

from sidecar.web import openapi, operating
from sidecar.web.api import calls, contacts, looking, messages, sequences, steps, subscriptions
from sidecar.web.hooks import retell, twilio, unsubscribe
from sidecar.web.problem import KINDS

if TYPE_CHECKING:
    from sidecar.web.operations import Asked, Operation


@cache
def _text() -> str:
    return openapi.text(OPERATIONS)


def _document(asked: Asked) -> Response:
    del asked
    return Response(_text(), content_type="application/json")


def _docs(asked: Asked) -> Response:
    del asked
    document = openapi.document(OPERATIONS)
    page = render_template("docs.html", document=document, kinds=KINDS)
    return Response(
        page, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": _POLICY}
    )


_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'"

OPERATIONS: tuple[Operation, ...] = (
    *calls.OPERATIONS,
    *messages.OPERATIONS,
    *contacts.OPERATIONS,
    *steps.OPERATIONS,
    *sequences.OPERATIONS,
    *looking.OPERATIONS,
    *subscriptions.OPERATIONS,
    *twilio.OPERATIONS,
    *retell.OPERATIONS,
    *unsubscribe.OPERATIONS,
    *operating.operations(_document, _docs),
)
