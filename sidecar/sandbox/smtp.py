"""An SMTP server that keeps what it is given, and can go wrong at each point of the conversation."""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from email import message_from_bytes, policy
from email.utils import getaddresses, parseaddr
from typing import TYPE_CHECKING

from sidecar.sandbox.record import SentEmail

if TYPE_CHECKING:
    from sidecar.sandbox.faults import Fault, Faults
    from sidecar.sandbox.record import Journal, SeenRequest

VENDOR, OPERATION = "smtp", "message"
_PATH = re.compile(rb"(?:FROM|TO):\s*<([^>]*)>", re.IGNORECASE)
_MAX_LINE = 65536


def read_email(raw: bytes, envelope_from: str, envelope_to: tuple[str, ...], seen: SeenRequest) -> SentEmail:
    """The parts of a raw message that tests and the demo look at."""
    message = message_from_bytes(raw, policy=policy.default)

    def text_of(kind: str) -> str:
        part = message.get_body((kind,))
        return "" if part is None else str(part.get_content()).replace("\r\n", "\n")

    return SentEmail(
        to=tuple(address for _, address in getaddresses(message.get_all("To", []))),
        from_=parseaddr(message.get("From", ""))[1],
        subject=str(message.get("Subject", "")),
        text=text_of("plain"),
        html=text_of("html"),
        headers={name: str(value) for name, value in message.items()},
        envelope_from=envelope_from,
        envelope_to=envelope_to,
        at=seen.at,
        raw=raw,
        received_monotonic=seen.received_monotonic,
    )


class _Session(socketserver.StreamRequestHandler):
    """One SMTP conversation."""

    server: _SmtpServer
    disable_nagle_algorithm = True

    def handle(self) -> None:
        """Answer commands until QUIT or the client leaves."""
        self._from = ""
        self._to: list[str] = []
        self._say("220 sandbox ESMTP")
        try:
            while line := self.rfile.readline(_MAX_LINE):
                if not self._obey(line.strip()):
                    return
        except OSError:
            return

    def _obey(self, line: bytes) -> bool:
        verb = line[:4].upper()
        if verb in (b"EHLO", b"HELO"):
            self._say(
                *(
                    [
                        "250-sandbox",
                        "250-8BITMIME",
                        "250-SMTPUTF8",
                        "250-AUTH PLAIN LOGIN",
                        "250 SIZE 10485760",
                    ]
                    if verb == b"EHLO"
                    else ["250 sandbox"]
                )
            )
        elif verb == b"AUTH":
            self._authenticate(line)
        elif verb == b"MAIL" and (match := _PATH.search(line)):
            self._from, self._to = match.group(1).decode(), []
            self._say("250 2.1.0 OK")
        elif verb == b"RCPT" and (match := _PATH.search(line)):
            self._to.append(match.group(1).decode())
            self._say("250 2.1.5 OK")
        elif verb == b"DATA":
            return self._data()
        elif verb in (b"RSET", b"NOOP"):
            self._say("250 2.0.0 OK")
        elif verb == b"QUIT":
            self._say("221 2.0.0 Bye")
            return False
        else:
            self._say("500 5.5.2 Command not recognised")
        return True

    def _authenticate(self, line: bytes) -> None:
        if line.upper().startswith(b"AUTH LOGIN"):
            for prompt in ("VXNlcm5hbWU6", "UGFzc3dvcmQ6")[len(line.split()) - 2 :]:
                self._say(f"334 {prompt}")
                self.rfile.readline(_MAX_LINE)
        elif len(line.split()) == 2:  # noqa: PLR2004 - AUTH PLAIN without its initial response
            self._say("334 ")
            self.rfile.readline(_MAX_LINE)
        self._say("235 2.7.0 Accepted")

    def _data(self) -> bool:
        if not self._to:
            self._say("503 5.5.1 RCPT first")
            return True
        self._say("354 End data with <CR><LF>.<CR><LF>")
        lines: list[bytes] = []
        while (line := self.rfile.readline(_MAX_LINE)) not in (b".\r\n", b".\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        reply = self.server.take(b"".join(lines), self._from, tuple(self._to))
        if reply is None:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
            return False
        self._say(reply)
        return True

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(line + "\r\n" for line in lines).encode())


class _SmtpServer(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, address: tuple[str, int], journal: Journal, faults: Faults) -> None:
        super().__init__(address, _Session)
        self._journal = journal
        self._faults = faults

    def take(self, raw: bytes, sender: str, recipients: tuple[str, ...]) -> str | None:
        """Judge one message: the reply line, or None to drop the connection before the final reply."""
        body = {"from": sender, "to": list(recipients)}
        seen = self._journal.begin(VENDOR, OPERATION, method="DATA", path="", body=body)
        delay = self._faults.delay(VENDOR, OPERATION)
        if delay:
            threading.Event().wait(delay)
        fault = self._faults.take(VENDOR, OPERATION)
        reply = self._refuse(fault) if fault is not None and fault.kind in ("status", "reset") else "250 2.0.0 OK"
        if reply is not None and reply.startswith("250"):
            self._journal.accept(seen)
            self._journal.note(read_email(raw, sender, recipients, seen))
            if fault is not None:
                self._faults.hold(fault.seconds if fault.kind == "hang" else fault.seconds or 0)
                reply = None if fault.kind == "accept_then_hang" else reply
        self._journal.end(seen, int(reply[:3]) if reply else None)
        return reply

    def _refuse(self, fault: Fault) -> str | None:
        self._faults.hold(fault.seconds or 0)
        if fault.kind == "reset":
            return None
        return f"{fault.status} {fault.message or 'the sandbox was told to refuse this message'}"


class SmtpListener:
    """An SMTP port. Faults: vendor ``smtp``, operation ``message``; a fault's ``status`` is the SMTP code."""

    def __init__(self, host: str, port: int, journal: Journal, faults: Faults) -> None:
        """Bind at once (port 0: any free one)."""
        self._server = _SmtpServer((host, port), journal, faults)
        self.host = host
        self.port: int = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            kwargs={"poll_interval": 0.02},
            name="sandbox-smtp",
            daemon=True,
        )

    def start(self) -> None:
        """Begin to serve, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
