"""``POST /v1/events/{event_id}/take``: what comes twice is told apart from what is new."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from sidecar.store.tables import deliveries
from sidecar.web import rows
from tests.integration.web.conftest import one_store

if TYPE_CHECKING:
    from tests.integration.web.conftest import Web


def an_event(web: Web) -> str:
    """The event of a missed call's sequence, as a subscriber gets it."""
    sequence = web.miss()["sequence"]["id"]
    return str(web.get(f"/v1/sequences/{sequence}").get_json()["events"][0]["event_id"])


def take(web: Web, event: str, by: str = "replies", key: str | None = None) -> bool:
    """Whether it had been taken before."""
    answer = web.call("POST", f"/v1/events/{event}/take", key=key, data={"by": by})
    assert answer.status_code == 200, answer.text
    assert (answer.get_json()["event"], answer.get_json()["by"]) == (event, by)
    return bool(answer.get_json()["already"])


def test_an_event_is_taken_once_by_each_flow(web: Web) -> None:
    event = an_event(web)
    assert [take(web, event) for _ in range(3)] == [False, True, True]
    assert [take(web, event, by="sequence-driver") for _ in range(2)] == [False, True]
    answer = web.post(f"/v1/events/{event}/take", {"by": "replies"})
    assert answer.get_json()["already"] is True, "JSON asks the same as a form"


def test_of_many_at_once_one_is_the_first(web: Web) -> None:
    event, key = an_event(web), web.key("acme")
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda _: take(web, event, key=key), range(24)))
    assert sorted(taken) == [False] + [True] * 23


def test_a_step_that_is_ready_can_be_taken_by_its_id(web: Web) -> None:
    """The id of a ``step.ready`` is that of its delivery."""
    web.post("/v1/subscriptions", {"url": "https://hooks.example/a", "events": ["step.ready"]})
    web.miss()
    query = select(deliveries.c.delivery_id).where(deliveries.c.kind == "step.ready")
    [owed] = web.sidecar.store.read(lambda tx: tx.conn.execute(query).scalars().all())
    assert [take(web, owed) for _ in range(2)] == [False, True]


def test_an_agencys_key_finds_whose_event_it_is(web: Web) -> None:
    event = an_event(web)
    assert take(web, event, key=web.key("other", "acme")) is False
    assert take(web, event) is True


@pytest.mark.parametrize("key", [("other",), ("other", "third")])
def test_anothers_event_does_not_exist(web: Web, key: tuple[str, ...]) -> None:
    event = an_event(web)
    assert web.post(f"/v1/events/{event}/take", {"by": "replies"}, key=web.key(*key)).status_code == 404
    assert take(web, event) is False


@one_store
def test_what_is_no_event_is_refused(web: Web) -> None:
    assert web.post("/v1/events/evt_none/take", {"by": "replies"}).status_code == 404
    event = an_event(web)
    for by in ("", "Ann Lee", "x" * 65):
        assert web.post(f"/v1/events/{event}/take", {"by": by}).get_json()["pointer"] == "/by"
    assert web.post(f"/v1/events/{event}/take", {"by": "x"}, key=web.key("acme", scopes=("read",))).status_code == 403


def test_it_is_forgotten_after_two_days(web: Web) -> None:
    event = an_event(web)
    take(web, event)
    for age, already in ((timedelta(hours=47), True), (timedelta(hours=2), False)):
        web.clock.advance(seconds=age.total_seconds())
        web.sidecar.store.write(lambda tx: rows.forget_old_keys(tx, web.clock.now()))
        assert take(web, event) is already
