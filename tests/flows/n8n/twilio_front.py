"""api.twilio.com for n8n's own Twilio node, whose address is fixed: a proxy that hands everything to the sandbox.

n8n is told of it as of any company's proxy (``HTTPS_PROXY``) and trusts the authority that signed its certificate
(``NODE_EXTRA_CA_CERTS``). So the node, its request and its TLS are real; nothing else of https leaves the machine.
"""

from __future__ import annotations

import http.client
import ssl
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from sidecar.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Self

HOST: Final = "api.twilio.com"
_AUTHORITY: Final = "an authority of the tests"
_PEM: Final = serialization.Encoding.PEM
_SECONDS: Final = 60.0
"""How long the sandbox may take to answer: longer than any scenario has it hang."""


class TwilioFront:
    """Listens as long as it is entered; keeps the forms of the messages that n8n asked for."""

    def __init__(self, twilio_url: str, folder: Path) -> None:
        authority, certificate = folder / "authority.pem", folder / "twilio.pem"
        _write_certificates(authority, certificate)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate)
        self.asked: list[dict[str, str]] = []
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.twilio, self._server.tls, self._server.asked = urlsplit(twilio_url), tls, self.asked
        self._thread = threading.Thread(target=self._server.serve_forever, name="twilio-front", daemon=True)
        self.environment = {
            "HTTPS_PROXY": f"http://127.0.0.1:{self._server.server_address[1]}",
            "NO_PROXY": "127.0.0.1,localhost",
            "NODE_EXTRA_CA_CERTS": str(authority),
        }
        """What n8n is to be started with."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    twilio: Any
    tls: ssl.SSLContext
    asked: list[dict[str, str]]

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that is killed in the middle of a request is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_CONNECT(self) -> None:
        """What follows is meant for Twilio and encrypted: read it as Twilio would."""
        if self.path != f"{HOST}:443":
            self.send_error(403, f"only {HOST} is there")
            return
        self.send_response(200)
        self.end_headers()
        self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb")
        self.close_connection = False

    def do_POST(self) -> None:
        """Ask the sandbox the same, and answer what it answers; where it hangs up, so does this."""
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append(dict(parse_qsl(body.decode(), keep_blank_values=True)))
        sandbox = http.client.HTTPConnection(self.server.twilio.netloc, timeout=_SECONDS)
        try:
            headers = {name: self.headers[name] for name in ("authorization", "content-type")}
            sandbox.request("POST", self.server.twilio.path + self.path, body, headers)
            answer = sandbox.getresponse()
            raw = answer.read()
        except (OSError, http.client.HTTPException):
            self.close_connection = True
            return
        finally:
            sandbox.close()
        self.send_response(answer.status)
        self.send_header("content-type", answer.headers["content-type"])
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def finish(self) -> None:
        """The server closes the socket that it accepted; the encrypted one that took its place is ours to close."""
        super().finish()
        self.connection.close()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that the base class gave it
        """Say nothing on standard error."""


def _write_certificates(authority: Path, certificate: Path) -> None:
    """An authority of this run, and Twilio's certificate with its key, good for a day."""
    ours, theirs = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = _unsigned(_AUTHORITY, ours).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    authority.write_bytes(root.sign(ours, hashes.SHA256()).public_bytes(_PEM))
    leaf = _unsigned(HOST, theirs).add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
    key = theirs.private_bytes(_PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    certificate.write_bytes(leaf.sign(ours, hashes.SHA256()).public_bytes(_PEM) + key)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _unsigned(name: str, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = SystemClock().now()
    return (
        x509.CertificateBuilder()
        .issuer_name(_named(_AUTHORITY))
        .subject_name(_named(name))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
    )
