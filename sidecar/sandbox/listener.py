"""A small threaded HTTP/1.1 server with keep-alive: light enough to stand beside what is being measured.

`http.server` parses headers with the email package; that alone costs more than a request is worth here.
"""

from __future__ import annotations

import json
import socket
import socketserver
import sys
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sidecar.sandbox.record import Json

_REASONS = {status.value: status.phrase for status in HTTPStatus}
_MAX_LINE = 65536
_EMPTY: Mapping[str, str] = {}


@dataclass(slots=True)
class Incoming:
    """One HTTP request as it came: ``path`` is unquoted, without the query; header names are lower case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    _body: Any = field(default=None, repr=False)

    @property
    def body(self) -> Any:
        """The decoded body: JSON, or a form as a dict (a repeated name keeps its last value), else text."""
        if self._body is None and self.raw:
            self._body = _decode(self.headers.get("content-type", ""), self.raw)
        return self._body

    def without(self, prefix: str) -> Incoming:
        """The same request with a leading path prefix taken off."""
        return Incoming(self.method, self.path.removeprefix(prefix), self.query, self.headers, self.raw)


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back. ``body`` is ready bytes."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_answer(status: int, payload: object, headers: Mapping[str, str] = _EMPTY) -> Answer:
    """An answer with a JSON body."""
    body = json.dumps(payload, default=str).encode()
    return Answer(status, body, {"Content-Type": "application/json;charset=utf-8", **headers})


def _decode(content_type: str, raw: bytes) -> Any:
    text = raw.decode("utf-8", "replace")
    if "json" in content_type:
        try:
            return json.loads(text)
        except ValueError:
            return text
    if "x-www-form-urlencoded" in content_type:
        form: Json = dict(parse_qsl(text, keep_blank_values=True))
        return form
    return text


class _Connection(socketserver.StreamRequestHandler):
    """Reads requests off one connection until it closes; the listener's ``respond`` answers them."""

    server: _Server
    disable_nagle_algorithm = True
    wbufsize = 0
    rbufsize = 16384

    def handle(self) -> None:
        """Serve requests one after another; None from ``respond`` cuts the connection without an answer."""
        self.server.remember(self.connection)
        try:
            while (incoming := self._read()) is not None:
                answer = self.server.respond(incoming)
                if answer is None:
                    self._cut()
                    return
                self._write(answer)
                if incoming.headers.get("connection", "").lower() == "close":
                    return
        except OSError:
            return
        finally:
            self.server.forget(self.connection)

    def _read(self) -> Incoming | None:
        line = self.rfile.readline(_MAX_LINE)
        parts = line.split()
        if len(parts) != 3:  # noqa: PLR2004 - method, target, version; anything else is the end or garbage
            return None
        headers: dict[str, str] = {}
        while (line := self.rfile.readline(_MAX_LINE)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        if headers.get("expect", "").lower() == "100-continue":
            self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        raw = (
            self._chunks()
            if "chunked" in headers.get("transfer-encoding", "")
            else (self.rfile.read(int(headers.get("content-length") or 0)))
        )
        target, _, query = parts[1].decode("latin-1").partition("?")
        return Incoming(
            parts[0].decode("latin-1"),
            unquote(target),
            dict(parse_qsl(query, keep_blank_values=True)) if query else _EMPTY,
            headers,
            raw,
        )

    def _chunks(self) -> bytes:
        pieces: list[bytes] = []
        while size := int(self.rfile.readline(_MAX_LINE).split(b";")[0] or b"0", 16):
            pieces.append(self.rfile.read(size))
            self.rfile.readline(_MAX_LINE)
        self.rfile.readline(_MAX_LINE)
        return b"".join(pieces)

    def _write(self, answer: Answer) -> None:
        head = [f"HTTP/1.1 {answer.status} {_REASONS.get(answer.status, 'Unknown')}"]
        head += [f"{name}: {value}" for name, value in answer.headers.items()]
        if answer.status != HTTPStatus.NO_CONTENT:
            head.append(f"Content-Length: {len(answer.body)}")
        self.wfile.write("\r\n".join([*head, "", ""]).encode("latin-1") + answer.body)

    def _cut(self) -> None:
        # A reset, not a polite end: the client must see a broken connection, never an empty answer.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")


class _Server(socketserver.ThreadingTCPServer):
    """Threads for connections, with the connections known so that a stop can end them."""

    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], respond: Callable[[Incoming], Answer | None]) -> None:
        super().__init__(address, _Connection)
        self.respond = respond
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()

    def remember(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.add(connection)

    def forget(self, connection: socket.socket) -> None:
        with self._open_lock:
            self._open.discard(connection)

    def end_connections(self) -> None:
        with self._open_lock:
            for connection in self._open:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue

    def handle_error(self, request: object, client_address: object) -> None:
        """Stay silent when a client goes away; anything else is a fault of the sandbox and must be seen."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class HttpListener:
    """An HTTP port that hands each request to one function."""

    def __init__(self, host: str, port: int, respond: Callable[[Incoming], Answer | None]) -> None:
        """Bind at once (port 0: any free one). Raises `OSError` when the port is taken."""
        self._server = _Server((host, port), respond)
        self.host = host
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.02},
            name="sandbox-http",
            daemon=True,
        )

    def start(self) -> None:
        """Begin to serve, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and end what is still connected."""
        self._server.shutdown()
        self._server.end_connections()
        self._server.server_close()
        self._thread.join(5)
