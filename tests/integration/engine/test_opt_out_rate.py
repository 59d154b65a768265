"""Too many opt-outs are told once, with the likely cause; a business may have the playbook paused."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from sidecar.domain.opt_out_rate import Limit
from sidecar.store.tables import events
from tests.integration.engine.seeing import alerts, texts_to
from tests.support.house import CALLER

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.sandbox import Sandbox
    from tests.support.house import House

PLAYBOOK = "uk-three-layer"
LIMIT = Limit(percent=20, people=5)


def caller(number: int) -> str:
    return f"+4477009{number:05}"


def contact(home: House, numbers: range, *, leave: int = 0) -> None:
    """So many people ring and are texted; the first of them answer STOP."""
    for number in numbers:
        home.miss(caller=caller(number))
    home.live(minutes=1)
    for number in numbers[:leave]:
        home.text("STOP", caller=caller(number), vendor_intent="opt_out", vendor_answered=True)


def look(home: House) -> None:
    home.sidecar.opt_out_rate.look()
    home.settle()


def told(sandbox: Sandbox) -> list[str]:
    return [alert for alert in alerts(sandbox) if "opted out (" in alert]


def recorded(home: House) -> list[tuple[str, str]]:
    query = select(events.c.type, events.c.reason).where(events.c.type.like("playbook.%")).order_by(events.c.event_id)
    return home.sidecar.store.read(lambda tx: [tuple(row) for row in tx.conn.execute(query)])


def test_it_is_told_once_and_again_only_when_it_is_crossed_again(
    make_home: Callable[..., House], sandbox: Sandbox
) -> None:
    home = make_home(opt_out_limit=LIMIT, hubspot=None)
    contact(home, range(100, 104), leave=2)
    look(home)
    assert told(sandbox) == [], "four people say nothing"
    contact(home, range(104, 106))
    for _ in range(3):
        look(home)
    [alert] = told(sandbox)
    assert "33.3 % of those whom uk-three-layer contacted in 30 days opted out (2 of 6; the limit is 20 %)" in alert
    assert "Likely cause: wrong tone" in alert
    contact(home, range(106, 112))
    look(home)
    contact(home, range(112, 114), leave=2)
    look(home)
    assert len(told(sandbox)) == 2
    assert [kind for kind, _ in recorded(home)] == [
        "playbook.opt_outs_high", "playbook.opt_outs_normal", "playbook.opt_outs_high",
    ]  # fmt: skip
    home.clock.advance(days=31)
    look(home)
    assert recorded(home)[-1][0] == "playbook.opt_outs_normal", "the window has rolled on"


def test_people_are_counted_not_sequences_and_only_who_was_contacted(
    make_home: Callable[..., House], sandbox: Sandbox
) -> None:
    home = make_home(opt_out_limit=LIMIT, hubspot=None)
    for _ in range(3):  # one person, three sequences
        contact(home, range(100, 101))
        home.live(hours=2)
    contact(home, range(101, 104), leave=2)
    look(home)
    assert told(sandbox) == [], "four people, in six sequences"
    for number in range(200, 210):  # STOP from people whom we never wrote to is no answer to our words
        home.text("STOP", caller=caller(number), vendor_intent="opt_out", vendor_answered=True)
    contact(home, range(104, 111))
    look(home)
    assert told(sandbox) == [], "2 of 11"


def test_who_was_texted_late_and_left_speaks_for_too_late(make_home: Callable[..., House], sandbox: Sandbox) -> None:
    home = make_home(opt_out_limit=LIMIT, hubspot=None)
    contact(home, range(110, 116))
    home.clock.set(home.clock.now().replace(hour=23))
    for number in range(100, 103):  # after hours: texted in the morning
        home.miss(caller=caller(number))
    home.live(hours=10)
    for number in range(100, 103):
        assert len(texts_to(sandbox, caller(number))) == 1
        home.text("STOP", caller=caller(number), vendor_intent="opt_out", vendor_answered=True)
    look(home)
    [alert] = told(sandbox)
    assert "Likely cause: too late. 3 of 3 first heard from us later than 5 minutes after their call" in alert
    assert "of everybody contacted: 33 %" in alert


def test_who_left_after_the_third_touch_speaks_for_too_often(make_home: Callable[..., House], sandbox: Sandbox) -> None:
    home = make_home(opt_out_limit=LIMIT)
    for number in range(100, 106):
        sandbox.hubspot_contact(None, None, caller(number), f"{number}@example.com")
    contact(home, range(100, 106))
    home.live(minutes=46)
    assert len(sandbox.emails) == 6
    for number in range(100, 103):
        home.text("STOP", caller=caller(number), vendor_intent="opt_out", vendor_answered=True)
    look(home)
    [alert] = told(sandbox)
    assert "Likely cause: too often. 3 of 3 had had 3 messages or calls, or more." in alert
    assert "3 answered the step email" in alert


def test_a_paused_playbook_opens_nothing_new_and_drops_nobody(
    make_home: Callable[..., House], sandbox: Sandbox
) -> None:
    home = make_home(opt_out_limit=Limit(percent=20, people=5, pause=True), hubspot=None)
    contact(home, range(100, 106), leave=2)
    look(home)
    assert f"recovery senders release playbook:{PLAYBOOK}" in told(sandbox)[0]
    result = home.miss()
    assert (result.decision, result.sequence_id) == ("paused", None)
    home.live(hours=2)
    assert texts_to(sandbox) == []
    assert any("paused" in alert and CALLER in alert for alert in alerts(sandbox))
    assert len(sandbox.calls_placed) == 4, "what was under way goes on"
    assert home.sidecar.hand.held(home.business) == [(f"playbook:{PLAYBOOK}", "opt_outs")]

    assert home.sidecar.hand.release(home.business, f"playbook:{PLAYBOOK}")
    look(home)
    assert home.miss().decision == "opened", "released by a person, whatever the rate is now"
    assert not home.sidecar.hand.release(home.business, f"playbook:{PLAYBOOK}")


def test_a_pause_is_one_businesss_and_one_playbooks(make_home: Callable[..., House], sandbox: Sandbox) -> None:
    limit = Limit(percent=20, people=5, pause=True)
    home = make_home(opt_out_limit=limit, hubspot=None)
    neighbour = make_home(id="bolt", name="Bolt Electrics", opt_out_limit=limit, hubspot=None)
    contact(home, range(100, 106), leave=2)
    look(home)
    look(neighbour)
    assert home.miss().decision == "paused"
    assert neighbour.miss().decision == "opened"


def test_without_the_wish_nothing_is_paused(make_home: Callable[..., House], sandbox: Sandbox) -> None:
    home = make_home(opt_out_limit=LIMIT, hubspot=None)
    contact(home, range(100, 106), leave=2)
    look(home)
    assert len(told(sandbox)) == 1
    assert home.miss().decision == "opened"


def test_a_complaint_counts_as_wrong_tone(make_home: Callable[..., House], sandbox: Sandbox) -> None:
    home = make_home(opt_out_limit=LIMIT, hubspot=None)
    contact(home, range(100, 106))
    home.live(minutes=5)
    for number in range(100, 102):
        home.sidecar.intake.outcome(home.business, "complained", source="api", phone=caller(number))
    look(home)
    [alert] = told(sandbox)
    assert "Likely cause: wrong tone. 2 of 2 complained (2)" in alert
