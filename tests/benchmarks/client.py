"""Twilio, as a client at a given rate: signed webhooks at random moments, each on record with its times."""

from __future__ import annotations

import http.client
import queue
import random
import threading
import time
from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from sidecar.sandbox.signing import twilio_signature
from tests.benchmarks.town import AUTH_TOKEN

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from tests.benchmarks.town import Missed

_CONNECTIONS = 24
_TIMEOUT = 30.0


@dataclass(frozen=True, slots=True)
class Post:
    """One webhook, ready to go."""

    path: str
    body: bytes
    signature: str
    key: tuple[str, str]
    """By which the other side's requests are matched: the number, the caller."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One webhook that went: monotonic seconds."""

    key: tuple[str, str]
    due: float
    began: float
    ended: float
    status: int


def missed_call(missed: Missed, public_url: str, now: datetime, path: str = "/twilio/call-status") -> Post:
    """The status callback of a call that nobody took, as it is posted to ``path`` below ``public_url``."""
    form = {
        "CallSid": missed.call_id,
        "AccountSid": missed.client.account,
        "From": missed.caller,
        "To": missed.number,
        "Direction": "inbound",
        "CallStatus": "no-answer",
        "CallDuration": "20",
        "CallbackSource": "call-progress-events",
        "SequenceNumber": "0",
        "ApiVersion": "2010-04-01",
        "Timestamp": format_datetime(now),
    }
    return _signed(path, form, public_url, (missed.number, missed.caller))


def text(number: str, account: str, sender: str, body: str, message_id: str, public_url: str) -> Post:
    """A text from a caller."""
    form = {
        "MessageSid": message_id, "AccountSid": account, "From": sender, "To": number, "Body": body,
        "NumMedia": "0", "NumSegments": "1", "ApiVersion": "2010-04-01",
    }  # fmt: skip
    return _signed("/twilio/sms", form, public_url, (number, sender))


def _signed(path: str, form: dict[str, str], public_url: str, key: tuple[str, str]) -> Post:
    signature = twilio_signature(AUTH_TOKEN, public_url + path, form)
    return Post(path, urlencode(form).encode(), signature, key)


def moments(rate: float, seconds: float) -> Iterator[float]:
    """Arrivals at random (Poisson, the same ones each time) at ``rate`` a second, from 0 to ``seconds``."""
    chance = random.Random(11)
    at = 0.0
    while (at := at + chance.expovariate(rate)) < seconds:
        yield at


def play(base_url: str, posts: Sequence[tuple[float, Post]]) -> list[Sent]:
    """Send each post at its moment (seconds from now), whatever became of those before; what came of all."""
    waiting: queue.SimpleQueue[tuple[float, Post] | None] = queue.SimpleQueue()
    done: list[Sent] = []
    netloc = urlsplit(base_url).netloc
    threads = [threading.Thread(target=_sender, args=(netloc, waiting, done)) for _ in range(_CONNECTIONS)]
    for thread in threads:
        thread.start()
    begin = time.monotonic() + 0.1
    for at, post in posts:
        time.sleep(max(0.0, begin + at - time.monotonic()))
        waiting.put((begin + at, post))
    for _ in threads:
        waiting.put(None)
    for thread in threads:
        thread.join()
    return done


def _sender(netloc: str, waiting: queue.SimpleQueue[tuple[float, Post] | None], done: list[Sent]) -> None:
    connection = http.client.HTTPConnection(netloc, timeout=_TIMEOUT)
    try:
        while (item := waiting.get()) is not None:
            due, post = item
            headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Twilio-Signature": post.signature}
            began = time.monotonic()
            # A server closes a connection that was idle for a while (Node after 5 s): then once more on a new one.
            status = _asked(connection, post, headers) or _asked(connection, post, headers)
            done.append(Sent(post.key, due, began, time.monotonic(), status))
    finally:
        connection.close()


def _asked(connection: http.client.HTTPConnection, post: Post, headers: dict[str, str]) -> int:
    """The answer's status; 0 where there was none."""
    try:
        connection.request("POST", post.path, body=post.body, headers=headers)
        response = connection.getresponse()
        response.read()
    except OSError:
        connection.close()
        return 0
    return response.status
