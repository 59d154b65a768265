"""Every point at which a mail server can go wrong, played by a server that says what it is told."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, BinaryIO

import pytest

from sidecar.channels.port import ChannelError, Effect, Fault, Found
from sidecar.channels.smtp import SmtpEmail, transport
from sidecar.config.business import Smtp
from tests.unit.channels.example import business, touch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.channels.port import Outgoing

HANG_UP = "hang up"
SILENCE = "silence"


class Server:
    """Answers each SMTP verb as told (a reply line, HANG_UP or SILENCE); BODY stands for the letter."""

    def __init__(self) -> None:
        self.says = {
            "CONNECT": "220 mail.example.org",
            "EHLO": "250-mail.example.org\r\n250 AUTH PLAIN",
            "AUTH": "235 2.7.0 ok",
            "MAIL": "250 ok",
            "RCPT": "250 ok",
            "DATA": "354 go on",
            "BODY": "250 2.0.0 queued",
            "QUIT": "221 bye",
        }
        self.verbs: list[str] = []
        self.letters: list[bytes] = []
        self._done = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        with suppress(OSError):  # the client, or the end of the test, closes whatever is open
            connection, _ = self._listener.accept()
            with connection, connection.makefile("rb") as lines:
                self._converse(connection, lines)

    def _converse(self, connection: socket.socket, lines: BinaryIO) -> None:
        if not self._answer(connection, "CONNECT"):
            return
        while line := lines.readline():
            verb = line[:4].decode("ascii", "replace").upper()
            if not self._answer(connection, verb):
                return
            if verb == "DATA" and self.says["DATA"].startswith("354"):
                letter = b""
                while (line := lines.readline()) not in (b".\r\n", b""):
                    letter += line
                self.letters.append(letter)
                if not self._answer(connection, "BODY"):
                    return

    def _answer(self, connection: socket.socket, verb: str) -> bool:
        self.verbs.append(verb)
        says = self.says.get(verb, "502 5.5.1 no")
        if says == SILENCE:
            self._done.wait(5)
        if says in (SILENCE, HANG_UP):
            return False
        connection.sendall(says.encode() + b"\r\n")
        return True

    def stop(self) -> None:
        self._done.set()
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        self._listener.close()
        self._thread.join(5)


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    yield running
    running.stop()


@dataclass
class Patience:
    """How long the client waits; short, so that a silent server costs a test little."""

    connect: float = 0.3
    before_data: float = 0.5
    final: float = 0.3


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "CONNECT_SECONDS", Patience.connect)
    monkeypatch.setattr(transport, "BEFORE_DATA_SECONDS", Patience.before_data)
    monkeypatch.setattr(transport, "FINAL_SECONDS", Patience.final)


def letter(server: Server, **changes: object) -> Outgoing:
    settings = Smtp("127.0.0.1", server.port, "ann@example.org", "office@example.org", "ann", "pass", security="none")
    ours = business(smtp=replace(settings, **changes))  # type: ignore[arg-type]
    return touch(business=ours, to="priya@example.com", sender="", body="Hi\n.\n..two\nend")


def failure(server: Server, **changes: object) -> ChannelError:
    with pytest.raises(ChannelError) as raised:
        SmtpEmail().send(letter(server, **changes))
    assert "priya" not in str(raised.value)
    assert "pass" not in str(raised.value).split()
    return raised.value


def test_an_accepted_letter_has_its_message_id(server: Server) -> None:
    accepted = SmtpEmail().send(letter(server))
    assert (accepted.provider_id, accepted.state) == ("<tch_1@example.org>", "sent")
    assert server.verbs[:7] == ["CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "BODY"]


def test_a_line_of_one_dot_does_not_end_the_letter(server: Server) -> None:
    SmtpEmail().send(letter(server))
    assert b"\r\n..\r\n...two\r\nend\r\n" in server.letters[0], "RFC 5321 4.5.2"


@pytest.mark.parametrize("verb", ["CONNECT", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"])
@pytest.mark.parametrize("says", [HANG_UP, SILENCE, "421 4.3.2 closing", "451 4.3.0 later"])
def test_before_the_letter_nothing_was_sent(server: Server, verb: str, says: str) -> None:
    server.says[verb] = says
    error = failure(server)
    assert error.fault is Fault.NOT_SENT
    assert error.retry_after is not None
    assert server.letters == []


@pytest.mark.parametrize("says", [HANG_UP, SILENCE])
def test_without_a_last_word_nobody_knows(server: Server, says: str) -> None:
    server.says["BODY"] = says
    error = failure(server)
    assert error.fault is Fault.DOUBTFUL
    assert len(server.letters) == 1


@pytest.mark.parametrize(
    ("verb", "says", "fault", "effect"),
    [
        ("AUTH", "535 5.7.8 bad", Fault.NOT_SENT, Effect.ALERT),
        ("MAIL", "553 5.7.1 not yours", Fault.NOT_SENT, Effect.ALERT),
        ("RCPT", "550 no such user", Fault.REFUSED, Effect.INVALID),
        ("RCPT", "551 moved", Fault.REFUSED, Effect.INVALID),
        ("RCPT", "553 bad name", Fault.REFUSED, Effect.INVALID),
        ("RCPT", "550 5.1.1 no such user", Fault.REFUSED, Effect.INVALID),
        ("RCPT", "550 5.7.1 relaying denied", Fault.REFUSED, Effect.ALERT),
        ("RCPT", "552 5.2.2 mailbox full", Fault.REFUSED, Effect.NONE),
        ("RCPT", "554 no", Fault.REFUSED, Effect.NONE),
        ("DATA", "554 5.7.1 no", Fault.REFUSED, Effect.ALERT),
        ("BODY", "451 4.7.1 greylisted", Fault.NOT_SENT, Effect.NONE),
        ("BODY", "554 5.7.1 looks like spam", Fault.REFUSED, Effect.ALERT),
        ("BODY", "550 5.1.1 no such user", Fault.REFUSED, Effect.INVALID),
    ],
)
def test_a_refusal_says_what_it_means(server: Server, verb: str, says: str, fault: Fault, effect: Effect) -> None:
    server.says[verb] = says
    error = failure(server)
    assert (error.fault, error.effect, error.code) == (fault, effect, f"smtp_{says[:3]}")
    assert bool(error.remedy) is (effect is Effect.ALERT)


def test_starttls_that_is_not_offered_is_never_done_without(server: Server) -> None:
    error = failure(server, security="starttls")
    assert (error.fault, error.effect, error.code) == (Fault.NOT_SENT, Effect.ALERT, "not_offered")
    assert "AUTH" not in server.verbs


def test_a_server_without_tls_is_not_trusted(server: Server) -> None:
    error = failure(server, security="tls")
    assert (error.fault, error.code) == (Fault.NOT_SENT, "tls")


def test_a_closed_port_is_not_sent(server: Server) -> None:
    server.stop()
    assert failure(server).code == "unreachable"


def test_the_deadline_covers_all_commands_together(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transport, "BEFORE_DATA_SECONDS", 0.0)
    error = failure(server)
    assert (error.fault, error.code) == (Fault.NOT_SENT, "timeout")
    assert "MAIL" not in server.verbs


def test_a_business_without_a_mail_server_is_told_how() -> None:
    with pytest.raises(ChannelError, match="no mail server") as raised:
        SmtpEmail().send(touch(business=business(), to="priya@example.com"))
    assert raised.value.fault is Fault.REFUSED
    assert "smtp" in raised.value.remedy


def test_a_bad_address_is_invalid_and_our_own_an_alert(server: Server) -> None:
    with pytest.raises(ChannelError) as raised:
        SmtpEmail().send(replace(letter(server), to="a@example.org, b@example.org"))
    assert raised.value.effect is Effect.INVALID
    error = failure(server, reply_to="nowhere")
    assert (error.effect, error.code) == (Effect.ALERT, "bad_letter")
    assert failure(server, from_address="nowhere").code == "bad_letter"
    assert server.verbs == []


def test_nobody_can_be_asked_and_nothing_called_back(server: Server) -> None:
    assert SmtpEmail().find(letter(server)).found is Found.CANNOT_TELL
    assert SmtpEmail().stop(business(), "<tch_1@example.org>") is False
