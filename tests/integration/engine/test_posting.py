"""What leaves the house for addresses that others gave us: where to, with what, and for how long."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sidecar.engine import gating, reconcile, sending
from sidecar.engine.context import Turn
from sidecar.engine.posting import Posts
from sidecar.engine.results import Invalid
from sidecar.store import record, touches
from sidecar.store import sequences as rows
from tests.integration.engine.driven import rings, run, wait_url
from tests.integration.engine.seeing import dead

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from sidecar.sandbox import Sandbox
    from sidecar.store.database import Tx
    from tests.support.house import House


class Listener:
    """A server that notes the bytes of each connection, and answers with a cookie."""

    def __init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.seen: list[bytes] = []
        self.ended = threading.Semaphore(0)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                got = connection.recv(65536)
                self.seen.append(got)
                if got:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\nContent-Length: 0\r\n"
                                       b"Connection: close\r\n\r\n")  # fmt: skip
            self.ended.release()

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    running = Listener()
    yield running
    running.close()


@pytest.fixture
def posts() -> Iterator[Posts]:
    made = Posts()
    yield made
    made.close()


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_under_a_star_that_leads_inside_gets_not_one_byte(
    scheme: str, posts: Posts, listener: Listener, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However the name is resolved: what counts is who is at the other end of this very connection."""
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda _, *more, **how: real("127.0.0.1", *more, **how))
    url = f"{scheme}://rebound.example.com:{listener.port}/x"
    with pytest.raises(Invalid, match="private"):
        posts.post(url, b"{}", {}, ("*.example.com",), setting="event_hosts")
    assert listener.ended.acquire(timeout=5)
    assert listener.seen == [b""]
    if scheme == "http":
        assert posts.post(url, b"{}", {}, (f"rebound.example.com:{listener.port}",), setting="event_hosts") == 200


def test_nothing_is_kept_from_one_call_to_the_next_and_nothing_taken_from_the_machine(
    posts: Posts, listener: Listener, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password secret")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    host = f"127.0.0.1:{listener.port}"
    for _ in range(2):
        assert posts.post(f"http://{host}/x", b"{}", {"x-a": "1"}, (host,), setting="event_hosts") == 200
    for seen in listener.seen:
        assert b"x-a: 1" in seen
        assert b"cookie" not in seen.lower()
        assert b"authorization" not in seen.lower()


def test_a_host_that_was_taken_off_the_list_is_called_no_more(driven: House, sandbox: Sandbox) -> None:
    opened = driven.miss()
    run(driven, opened.sequence_id, "acknowledge", resume_url=wait_url(sandbox), execution_id="7")
    run(driven, opened.sequence_id, "callback", resume_url=wait_url(sandbox), execution_id="7")
    assert driven.business.flow is not None
    elsewhere = replace(driven.business, flow=replace(driven.business.flow, callback_hosts=("n8n.example",)))
    driven.sidecar.businesses._by_id[driven.business.id] = elsewhere
    driven.live(minutes=10)
    assert rings(sandbox) == []
    assert [row["kind"] for row in dead(driven)] == ["bell"]


def test_a_bell_that_nobody_hears_is_given_up_a_day_after_it_was_due(driven: House, sandbox: Sandbox) -> None:
    sandbox.reply("/webhook-waiting/*", 404)
    opened = driven.miss()
    run(driven, opened.sequence_id, "acknowledge")
    run(driven, opened.sequence_id, "callback", resume_url=wait_url(sandbox), execution_id="7")
    later = driven.clock.now() + timedelta(days=21)
    driven.sidecar.store.write(
        lambda tx: rows.change_step(tx, "acme", opened.sequence_id, "email", due_at=later, release_at=later)
    )
    driven.live(days=1, minutes=3)
    rung = len(rings(sandbox))
    driven.live(days=1)
    assert (rung > 100, len(rings(sandbox))) == (True, rung)
    assert [row["kind"] for row in dead(driven)] == ["bell"]


def test_a_wait_without_a_time_lives_a_day_from_when_it_has_one(driven: House, sandbox: Sandbox) -> None:
    opened = driven.miss()
    run(driven, opened.sequence_id, "acknowledge")
    driven.sidecar.hand.hold(driven.business, opened.sequence_id, "operator")
    held = run(driven, opened.sequence_id, "callback", resume_url=wait_url(sandbox), execution_id="7")
    assert (held.result, held.until) == ("deferred", None)
    driven.live(days=3)
    assert rings(sandbox) == []
    sandbox.reply("/webhook-waiting/*", 404)
    driven.sidecar.hand.resume(driven.business, opened.sequence_id)
    driven.live(seconds=40)
    assert len(rings(sandbox)) >= 3


def bell_due(home: House, sequence_id: str) -> datetime:
    [bell] = home.sidecar.store.read(lambda tx: record.bells_of(tx, home.business.id, sequence_id))
    due: datetime = bell["due_at"]
    return due


@pytest.mark.parametrize("how", ["withdrawn", "never arrived"])
def test_a_step_that_is_planned_again_rings_its_flow(driven: House, sandbox: Sandbox, how: str) -> None:
    opened = driven.miss()
    run(driven, opened.sequence_id, "acknowledge")
    driven.live(seconds=1)
    business, store = driven.business, driven.sidecar.store
    run(driven, opened.sequence_id, "callback", resume_url=wait_url(sandbox), execution_id="7")
    assert bell_due(driven, opened.sequence_id) > driven.clock.now()
    [shown] = driven.sequence(opened.sequence_id)["touches"]
    state = "sending" if how == "withdrawn" else "unknown"

    def work(tx: Tx) -> None:
        touch = touches.get(tx, business.id, shown["touch_id"])
        assert touch is not None
        ref = replace(gating.ref_of(touch), step="callback")
        touches.change(tx, business.id, ref.touch_id, state=state)
        rows.change_step(tx, business.id, opened.sequence_id, "callback", state=state)
        turn = Turn(driven.sidecar.context, tx, business)
        (sending.withdraw if how == "withdrawn" else reconcile.plan_again)(turn, ref)

    store.write(work)
    assert bell_due(driven, opened.sequence_id) == driven.clock.now()
