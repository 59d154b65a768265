"""Problems: every answer that is no success, as RFC 9457 ``application/problem+json`` with a remedy."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from flask import Response
from werkzeug.exceptions import HTTPException

from sidecar.domain.phones import BadPhone, mask_in
from sidecar.engine.results import Conflict, EngineError, NotFound

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flask import Flask

MEDIA_TYPE = "application/problem+json"
_LETTERS = "bcdfghjklmnpqrstvwxz"
"""An incident holds no digits: it must not look like a phone number, which the log would mask."""
LIMIT = 256 * 1024
"""Bytes that a body may have."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem."""

    status: int
    title: str
    meaning: str
    """For the documentation: when it is given, and what to do."""


KINDS: dict[str, Kind] = {
    "malformed": Kind(
        400, "The request cannot be read", "The body is no JSON object or no form. Send it as documented."
    ),
    "unauthorised": Kind(
        401,
        "No valid API key",
        "Send `Authorization: Bearer <key>` or `x-api-key`; make one with `recovery keys create`.",
    ),
    "forbidden": Kind(403, "The key does not allow this", "The key lacks the scope, or is not for that business."),
    "bad-signature": Kind(
        403,
        "The signature does not fit",
        "The post is not the vendor's, or it was signed for another URL or with another secret.",
    ),
    "not-found": Kind(404, "There is no such thing", "The id is unknown in this business."),
    "unknown-number": Kind(
        404, "No business has this number", "Add the number to a business file under `numbers`, and restart."
    ),
    "method-not-allowed": Kind(405, "Not by this method", "Use a method of the `Allow` header."),
    "conflict": Kind(409, "Not in this state", "The thing is in a state in which this cannot be done."),
    "claim-refused": Kind(
        409, "The claim is refused", "Do not send. `reason` says why, `until` when asking again is worth it."
    ),
    "key-in-use": Kind(409, "This Idempotency-Key is in use", "A request with this key has begun and has not ended."),
    "too-large": Kind(413, "The body is too large", "A body may have 256 KiB."),
    "unsupported-media": Kind(
        415, "Not in this format", "Send `application/json`, or a form where the operation takes one."
    ),
    "invalid": Kind(422, "The request does not fit", "`pointer` names the field; `mistakes` lists all."),
    "key-reused": Kind(422, "This Idempotency-Key was used for another request", "Take a new key for a new request."),
    "internal": Kind(500, "Something broke", "The log has the details under `incident`. It is safe to ask again."),
}

_BY_STATUS = {
    400: "malformed",
    404: "not-found",
    405: "method-not-allowed",
    413: "too-large",
    415: "unsupported-media",
}
_HTTP_REMEDIES = {
    404: "see /docs for the paths; they have no slash at the end",
    405: "use a method of the Allow header",
    413: f"send at most {LIMIT // 1024} KiB",
}


class Problem(Exception):
    """An answer that is not a success; raised anywhere below a view."""

    def __init__(
        self,
        kind: str,
        detail: str,
        *,
        remedy: str = "",
        pointer: str = "",
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail
        self.remedy = remedy
        self.pointer = pointer
        self.headers = dict(headers or {})
        self.more = dict(more or {})

    @property
    def status(self) -> int:
        """The HTTP status."""
        return KINDS[self.kind].status

    def document(self) -> dict[str, Any]:
        """The body of the answer. Phone numbers in its sentences are masked."""
        kind = KINDS[self.kind]
        return {
            "type": f"/docs#{self.kind}",
            "title": kind.title,
            "status": kind.status,
            "detail": mask_in(self.detail),
            "remedy": self.remedy or kind.meaning,
            "pointer": self.pointer,
            **self.more,
        }


def pointer_to(field: str) -> str:
    """``numbers[0].e164`` or ``phone`` as a JSON pointer."""
    if not field or field.startswith("/"):
        return field
    parts = field.replace("]", "").replace("[", ".").split(".")
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


def from_engine(error: EngineError) -> Problem:
    """What the engine refuses, as an answer."""
    kind = "not-found" if isinstance(error, NotFound) else "conflict" if isinstance(error, Conflict) else "invalid"
    return Problem(kind, str(error), remedy=error.remedy, pointer=pointer_to(error.field))


def respond(problem: Problem) -> Response:
    """The answer itself."""
    response = Response(json.dumps(problem.document()), problem.status, content_type=MEDIA_TYPE)
    response.headers.update(problem.headers)
    return response


def install(app: Flask) -> None:
    """Let every error of the app leave as a problem; none leaves as a traceback."""

    def on_problem(error: Problem) -> Response:
        return respond(error)

    def on_engine(error: EngineError) -> Response:
        return respond(from_engine(error))

    def on_phone(error: BadPhone) -> Response:
        return respond(Problem("invalid", str(error)))

    def on_http(error: HTTPException) -> Response:
        code = error.code or 500
        if code < HTTPStatus.BAD_REQUEST:  # no error: a redirect or a ready-made answer
            return Response(status=code)
        kind = _BY_STATUS.get(code, "malformed" if code < HTTPStatus.INTERNAL_SERVER_ERROR else "internal")
        allow = getattr(error, "valid_methods", None)
        headers = {"Allow": ", ".join(sorted(allow))} if allow else {}
        return respond(Problem(kind, KINDS[kind].title, remedy=_HTTP_REMEDIES.get(code, ""), headers=headers))

    def on_anything(error: Exception) -> Response:
        incident = "".join(secrets.choice(_LETTERS) for _ in range(12))
        structlog.get_logger("web").error("request_broke", incident=incident, kind=type(error).__name__, exc_info=error)
        detail = f"An unexpected error was logged as incident {incident}"
        return respond(Problem("internal", detail, more={"incident": incident}))

    app.register_error_handler(Problem, on_problem)
    app.register_error_handler(EngineError, on_engine)
    app.register_error_handler(BadPhone, on_phone)
    app.register_error_handler(HTTPException, on_http)
    app.register_error_handler(Exception, on_anything)
