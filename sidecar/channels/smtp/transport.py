"""The conversation with a mail server, command by command, so that a failure says whether the letter left.

Before the server's 354 nothing was sent. From the first byte of the letter to the final answer nobody can
tell, and a mail server cannot be asked later.
"""

from __future__ import annotations

import re
import smtplib
import ssl
import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sidecar.channels.port import ChannelError, Effect, Fault

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.config.business import Smtp

CONNECT_SECONDS: Final = 5.0
BEFORE_DATA_SECONDS: Final = 15.0
"""For everything up to DATA together; when it is used up the letter is not begun."""
FINAL_SECONDS: Final = 20.0
"""For the letter and the server's last word: scanners think before they answer."""
LONGEST: Final = timedelta(seconds=2 * CONNECT_SECONDS + BEFORE_DATA_SECONDS + FINAL_SECONDS)
"""Connecting may try an IPv6 and an IPv4 address, and the first is not counted twice."""

_SOON, _LATER, _AFTER_OPERATOR = timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=15)
_SERVICE_CLOSING, _START_INPUT, _PERMANENT, _OK = 421, 354, 500, 250
_NO_SUCH_ADDRESS = frozenset({550, 551, 553})
_ENHANCED = re.compile(r"\b[245]\.(\d{1,3})\.(\d{1,3})\b")
_DOT_FIRST = re.compile(rb"^\.", re.MULTILINE)


def hand_over(
    settings: Smtp, sender: str, recipient: str, letter: bytes, *, timer: Callable[[], float] = time.monotonic
) -> None:
    """Give one letter (CRLF line ends) to the business's mail server; returns once it was accepted.

    Raises :class:`ChannelError`; its fault says whether the letter may have left.
    """
    ends = timer() + BEFORE_DATA_SECONDS
    server = _connected(settings, sender)
    try:
        _introduced(server, settings, lambda: ends - timer())
        _addressed(server, sender, recipient, lambda: ends - timer())
        _given(server, letter)
    finally:
        with suppress(OSError, smtplib.SMTPException):
            server.putcmd("quit")
        server.close()


def _not_sent(said: str, code: str, retry_after: timedelta = _SOON, remedy: str = "") -> ChannelError:
    effect = Effect.ALERT if remedy else Effect.NONE
    return ChannelError(said, fault=Fault.NOT_SENT, code=code, retry_after=retry_after, effect=effect, remedy=remedy)


def _connected(settings: Smtp, sender: str) -> smtplib.SMTP:
    # The name is given: smtplib would ask DNS for this machine's own, which may take seconds.
    name = sender.rpartition("@")[2]
    where = f"mail server {settings.host}:{settings.port}"
    try:
        if settings.security == "tls":
            context = ssl.create_default_context()
            return smtplib.SMTP_SSL(settings.host, settings.port, name, timeout=CONNECT_SECONDS, context=context)
        return smtplib.SMTP(settings.host, settings.port, name, timeout=CONNECT_SECONDS)
    except smtplib.SMTPConnectError as refusal:
        raise _not_sent(f"{where} turned us away ({refusal.smtp_code})", f"smtp_{refusal.smtp_code}", _LATER) from None
    except ssl.SSLError as problem:
        raise _untrusted(where, problem) from None
    except TimeoutError:
        raise _not_sent(f"{where} did not answer in time", "timeout") from None
    except (OSError, smtplib.SMTPException) as problem:
        raise _not_sent(f"{where} cannot be reached ({type(problem).__name__})", "unreachable") from None


def _untrusted(where: str, problem: ssl.SSLError) -> ChannelError:
    remedy = "Check smtp.host, smtp.port and smtp.security, and the server's certificate"
    return _not_sent(f"no trusted TLS with {where} ({problem.reason or 'handshake'})", "tls", _AFTER_OPERATOR, remedy)


def _wait_at_most(server: smtplib.SMTP, seconds: float) -> None:
    if seconds <= 0:
        raise TimeoutError
    if server.sock is not None:
        server.sock.settimeout(seconds)


# ---------------------------------------------------------------- before DATA


def _introduced(server: smtplib.SMTP, settings: Smtp, left: Callable[[], float]) -> None:
    """EHLO, STARTTLS, AUTH. STARTTLS that was asked for and is not offered is never done without."""
    where = f"mail server {settings.host}:{settings.port}"
    try:
        _wait_at_most(server, left())
        server.ehlo_or_helo_if_needed()
        if settings.security == "starttls":
            _wait_at_most(server, left())
            server.starttls(context=ssl.create_default_context())
            _wait_at_most(server, left())
            server.ehlo_or_helo_if_needed()
        if settings.username:
            _wait_at_most(server, left())
            server.login(settings.username, settings.password or "")
    except smtplib.SMTPAuthenticationError as refusal:
        raise _not_logged_in(where, refusal.smtp_code) from None
    except smtplib.SMTPNotSupportedError:
        remedy = "Set smtp.security to what the server offers (tls on 465, starttls on 587) or drop the username"
        raise _not_sent(f"{where} offers no STARTTLS or no log-in", "not_offered", _AFTER_OPERATOR, remedy) from None
    except ssl.SSLError as problem:
        raise _untrusted(where, problem) from None
    except TimeoutError:
        raise _not_sent(f"{where} did not answer in time", "timeout") from None
    except smtplib.SMTPResponseException as refusal:
        raise _not_sent(f"{where} turned us away ({refusal.smtp_code})", f"smtp_{refusal.smtp_code}", _LATER) from None
    except (OSError, smtplib.SMTPException) as problem:
        raise _not_sent(f"{where} hung up ({type(problem).__name__})", "broken") from None


def _not_logged_in(where: str, code: int) -> ChannelError:
    if code < _PERMANENT:
        return _not_sent(f"{where} cannot check the password now ({code})", f"smtp_{code}", _LATER)
    remedy = "Put the mailbox's user name and (app) password in smtp.username and smtp.password"
    return _not_sent(f"{where} refused the user name or password ({code})", f"smtp_{code}", _AFTER_OPERATOR, remedy)


def _addressed(server: smtplib.SMTP, sender: str, recipient: str, left: Callable[[], float]) -> None:
    """MAIL, RCPT, DATA up to the server's 354."""
    try:
        _wait_at_most(server, left())
        _accepted(server.mail(sender), _sender_refused)
        _wait_at_most(server, left())
        _accepted(server.rcpt(recipient), _recipient_refused)
        _wait_at_most(server, left())
        code, text = server.docmd("data")
    except TimeoutError:
        raise _not_sent("the mail server did not answer in time", "timeout") from None
    except (OSError, smtplib.SMTPException) as problem:
        raise _not_sent(f"the mail server hung up ({type(problem).__name__})", "broken") from None
    if code != _START_INPUT:
        raise _letter_refused(code, text)


def _accepted(answer: tuple[int, bytes], refused: Callable[[int, bytes], ChannelError]) -> None:
    code, text = answer
    if code // 100 != _OK // 100:
        raise refused(code, text)


def _retried(code: int) -> ChannelError:
    said = f"the mail server asks us to try later ({code})"
    return _not_sent(said, f"smtp_{code}", _SOON if code == _SERVICE_CLOSING else _LATER)


def _sender_refused(code: int, _text: bytes) -> ChannelError:
    if code < _PERMANENT:
        return _retried(code)
    remedy = "Let the mail account send as smtp.from_address, or change that address"
    return _not_sent(f"the mail server refused our sender address ({code})", f"smtp_{code}", _AFTER_OPERATOR, remedy)


def _recipient_refused(code: int, text: bytes) -> ChannelError:
    """RFC 5321 §4.2.3 and the enhanced codes of RFC 3463: x.1.x is about the address, x.7.x about policy."""
    if code < _PERMANENT:
        return _retried(code)
    subject = _subject_of(text)
    if subject == "1" or (not subject and code in _NO_SUCH_ADDRESS):
        effect, remedy = Effect.INVALID, ""
    elif subject == "7":
        effect = Effect.ALERT
        remedy = "The server may not relay for us, or the recipient's server blocks us: check the account and SPF"
    else:
        effect, remedy = Effect.NONE, ""
    said = f"the mail server refused the recipient ({code})"
    return ChannelError(said, fault=Fault.REFUSED, code=f"smtp_{code}", effect=effect, remedy=remedy)


def _subject_of(text: bytes) -> str:
    found = _ENHANCED.search(text.decode("ascii", "replace"))
    return found.group(1) if found else ""


# ---------------------------------------------------------------- the letter itself


def _given(server: smtplib.SMTP, letter: bytes) -> None:
    """The letter and the server's last word on it. Without that word nobody knows."""
    try:
        _wait_at_most(server, FINAL_SECONDS)
        server.send(_DOT_FIRST.sub(b"..", letter) + b".\r\n")
        code, text = server.getreply()
    except (OSError, smtplib.SMTPException) as problem:
        said = f"the mail server gave no last word on the letter ({type(problem).__name__})"
        code_name = "timeout" if isinstance(problem, TimeoutError) else "broken"
        raise ChannelError(said, fault=Fault.DOUBTFUL, code=code_name) from None
    if code // 100 != _OK // 100:
        raise _letter_refused(code, text)


def _letter_refused(code: int, text: bytes) -> ChannelError:
    if code < _PERMANENT:
        return _retried(code)
    said = f"the mail server refused the letter ({code})"
    effect, remedy = Effect.INVALID, ""
    if _subject_of(text) != "1":
        effect = Effect.ALERT
        remedy = "The server refused the words or the sender: read its log, check SPF, DKIM and the text"
    return ChannelError(said, fault=Fault.REFUSED, code=f"smtp_{code}", effect=effect, remedy=remedy)
