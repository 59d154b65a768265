"""The least that each figure could be: the same done with nothing of ours in it, in the same run."""

from __future__ import annotations

import http.client
import json
import sqlite3
import threading
import time
from base64 import b64encode
from typing import TYPE_CHECKING
from urllib.parse import urlencode, urlsplit

from sidecar.clock import SystemClock
from sidecar.crm.hubspot.people import search_for
from tests.benchmarks import client, processes
from tests.benchmarks.town import AUTH_TOKEN, caller

if TYPE_CHECKING:
    from pathlib import Path

    from tests.benchmarks.processes import House
    from tests.benchmarks.town import Missed, Town


def answers(town: Town, rate: float, seconds: float, folder: Path) -> list[float]:
    """A no-op route under the same server, asked by the same client at the same rate: seconds to the answer."""
    moments = list(client.moments(rate, seconds))
    calls: list[Missed] = [missed for missed, _ in zip(town.calls(), moments, strict=False)]
    now = SystemClock().now()
    with processes.noop(folder) as service:
        posts = [client.missed_call(missed, service.url, now) for missed in calls]
        sent = client.play(service.url, list(zip(moments, posts, strict=True)))
    return [one.ended - one.began for one in sent]


def vendors(house: House, town: Town, times: int) -> list[float]:
    """What a first text needs of others, one after the other on warm connections: look-up, deals, the text itself.

    Seconds from the first byte to the provider's receipt of the text.
    """
    connection = http.client.HTTPConnection(urlsplit(house.addresses["base_url"]).netloc, timeout=10)
    first = town.clients[0]
    marked = "floor"
    begins = []
    for turn in range(times):
        begins.append(time.monotonic())
        found = _crm(connection, first.crm_token, "POST", "/crm/v3/objects/contacts/search", search_for(caller(turn)))
        for hit in found.get("results", ()):
            path = f"/crm/v4/objects/contacts/{hit['id']}/associations/deals"
            _crm(connection, first.crm_token, "GET", path, None)
        form = {"To": caller(turn), "From": first.numbers[0], "Body": marked}
        login = b64encode(f"{first.account}:{AUTH_TOKEN}".encode()).decode()
        _ask(
            connection, "POST", f"/twilio/2010-04-01/Accounts/{first.account}/Messages.json", urlencode(form),
            {"Authorization": f"Basic {login}", "Content-Type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
    connection.close()
    ends = [text["received_monotonic"] for text in house.sandbox.read("texts") if text["body"] == marked]
    return [end - begin for begin, end in zip(begins, ends[-times:], strict=True)]


def _crm(
    connection: http.client.HTTPConnection, token: str, method: str, path: str, body: object
) -> dict[str, list[dict[str, str]]]:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    answer = _ask(connection, method, "/hubspot" + path, None if body is None else json.dumps(body), headers)
    read: dict[str, list[dict[str, str]]] = json.loads(answer)
    return read


def _ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: str | None, headers: dict[str, str]
) -> bytes:
    connection.request(method, path, body=body, headers=headers)
    return connection.getresponse().read()


def inserts(folder: Path, times: int) -> list[float]:
    """A row, alone in its transaction, on the disk: seconds."""
    path = folder / "bare.db"
    path.unlink(missing_ok=True)
    connection = sqlite3.connect(path, isolation_level=None)
    took = []
    try:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("CREATE TABLE row (number INTEGER)")
        for number in range(times):
            began = time.monotonic()
            connection.execute("INSERT INTO row VALUES (?)", (number,))
            took.append(time.monotonic() - began)
    finally:
        connection.close()
    return took


def timers(rate: float, count: int) -> list[float]:
    """A thread that only waits: how late it wakes, in seconds."""
    late: list[float] = []
    begin = time.monotonic() + 0.1
    bell = threading.Event()
    for number in range(count):
        due = begin + number / rate
        bell.wait(max(0.0, due - time.monotonic()))
        late.append(time.monotonic() - due)
    return late
