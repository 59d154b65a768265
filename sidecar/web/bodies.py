"""Bodies that come without a length are measured before anything reads them.

Werkzeug cuts such a stream off at its limit without a word: a form would arrive with its end missing.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import IO
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

_PIECE = 64 * 1024


class Measured:
    """WSGI in between: a body without a length gets one; one past the limit gets one that Flask refuses (413)."""

    def __init__(self, app: WSGIApplication, limit: int) -> None:
        self._app = app
        self._limit = limit

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One request."""
        if not environ.get("CONTENT_LENGTH") and environ.get("wsgi.input_terminated"):
            body = _read(environ["wsgi.input"], self._limit)
            environ["wsgi.input"] = io.BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
            environ.pop("HTTP_TRANSFER_ENCODING", None)
        return self._app(environ, start_response)


def _read(stream: IO[bytes], limit: int) -> bytes:
    """All of it, or a piece more than ``limit``."""
    body = bytearray()
    while len(body) <= limit and (piece := stream.read(_PIECE)):
        body += piece
    return bytes(body)
