"""STOP and START are written back to the CRM until they hold, the last word last; the STOP waits for none of it."""

from __future__ import annotations

import itertools
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.domain.reports import MessageReport
from sidecar.store import record
from tests.integration.engine.seeing import alerts, contact_row, dead, suppressed, texts_to
from tests.support.house import CALLER

if TYPE_CHECKING:
    from sqlalchemy import RowMapping

    from sidecar.sandbox import Sandbox
    from tests.support.house import House

OTHER = "+447700900456"


def ann(sandbox: Sandbox, phone: str = CALLER) -> str:
    made: str = sandbox.hubspot_contact("Ann", "Lee", phone, "ann@example.com")
    return made


def in_crm(sandbox: Sandbox, contact_id: str, name: str = "recovery_opt_out") -> Any:
    return sandbox.crm.things["contacts"][contact_id].properties.get(name)


def stop(home: House, caller: str = CALLER) -> None:
    home.text("STOP", caller=caller, vendor_intent="opt_out", vendor_answered=True)


def start(home: House, caller: str = CALLER) -> None:
    home.text("START", caller=caller, vendor_intent="opt_in", vendor_answered=True)


def told_of_crm(sandbox: Sandbox) -> list[str]:
    return [alert for alert in alerts(sandbox) if "who opted out" in alert]


def owed(home: House) -> list[RowMapping]:
    """Everything that is due now, taken."""
    return list(home.sidecar.store.write(lambda tx: record.take_deliveries(tx, home.clock.now(), 30, 50)))


def test_it_survives_a_crm_that_is_down_for_days(home: House, sandbox: Sandbox) -> None:
    crm_id = ann(sandbox)
    home.miss()
    home.live(minutes=1)
    sandbox.fault("hubspot", "*", "status", times=None, status=503)
    stop(home)
    home.live(days=5)
    assert dead(home) == []
    tried = [seen.at for seen in sandbox.requests("hubspot", "contacts.update")]
    assert max(later - earlier for earlier, later in itertools.pairwise(tried)) <= timedelta(hours=1)
    assert 3 <= len(told_of_crm(sandbox)) <= 5, "after a day, and once a day"
    sandbox.clear_faults()
    home.live(hours=1)
    assert (in_crm(sandbox, crm_id), in_crm(sandbox, crm_id, "hs_email_optout")) == ("true", "true")


def test_a_missing_scope_is_told_once_a_day_and_tried_on(home: House, sandbox: Sandbox) -> None:
    crm_id = ann(sandbox)
    for caller in (CALLER, OTHER):
        home.miss(caller=caller)
    sandbox.hubspot_contact("Bo", "Ek", OTHER)
    home.live(minutes=2)
    sandbox.fault("hubspot", "contacts.update", "status", times=None, status=403)
    stop(home)
    stop(home, OTHER)
    home.live(days=3)
    told = told_of_crm(sandbox)
    assert 3 <= len(told) <= 4, "not each time, and not for each person"
    assert all("crm.objects.contacts.write" in alert for alert in told)
    assert [letter["kind"] for letter in dead(home)] == []
    sandbox.clear_faults()
    home.live(hours=1)
    assert in_crm(sandbox, crm_id) == "true"


@pytest.mark.parametrize("missing", ["properties.create", "preferences.unsubscribe_all"])
def test_whatever_part_is_refused_the_whole_is_tried_again(home: House, sandbox: Sandbox, missing: str) -> None:
    crm_id = ann(sandbox)
    home.miss()
    home.live(minutes=1)
    sandbox.fault("hubspot", missing, "status", times=None, status=403)
    stop(home)
    home.live(days=2)
    assert told_of_crm(sandbox)
    sandbox.clear_faults()
    home.live(hours=1)
    assert (in_crm(sandbox, crm_id), in_crm(sandbox, crm_id, "hs_email_optout")) == ("true", "true")


def test_a_stop_by_somebody_without_a_phone_is_written(home: House, sandbox: Sandbox) -> None:
    crm_id = ann(sandbox, "+447700900999")
    report = MessageReport(
        message_id="<2@example.com>", channel="email", at=home.clock.now(), to="replies@acme.example",
        sender="Ann@example.com", body="Please unsubscribe me",
    )  # fmt: skip
    home.sidecar.intake.message(home.business, report, source="api")
    home.live(minutes=1)
    assert in_crm(sandbox, crm_id) == "true"


def test_who_has_no_record_yet_is_written_once_they_have_one(home: House, sandbox: Sandbox) -> None:
    stop(home)
    home.live(days=3)
    looked = len(sandbox.requests("hubspot", "contacts.search"))
    assert looked < 15, "soon at first, then once a day"
    crm_id = ann(sandbox)
    home.live(days=1)
    assert in_crm(sandbox, crm_id) == "true"
    assert contact_row(home)["crm_id"] == crm_id
    assert (dead(home), told_of_crm(sandbox)) == ([], [])


def test_who_never_gets_a_record_is_not_looked_for_for_ever(home: House, sandbox: Sandbox) -> None:
    stop(home)
    home.live(hours=4)
    assert home.next_due() is not None
    home.clock.advance(days=30)
    home.live(hours=1)
    assert home.next_due() is None
    assert dead(home) == []


def test_a_record_that_shares_the_stop_is_told_when_it_is_met(home: House, sandbox: Sandbox) -> None:
    """Months later somebody with a number of theirs rings, and the CRM says whose it is."""
    home.sidecar.intake.opt_out(home.business, email="ann@example.com", source="api")
    home.live(hours=4)
    home.clock.advance(days=30)
    home.live(hours=1)
    crm_id = ann(sandbox)
    home.miss()
    home.live(minutes=2)
    assert in_crm(sandbox, crm_id) == "true"


@pytest.mark.parametrize("again_under", ["phone", "email"])
def test_a_record_that_was_deleted_or_merged_is_looked_for_anew(
    home: House, sandbox: Sandbox, again_under: str
) -> None:
    gone = ann(sandbox)
    home.miss()
    home.live(minutes=1)
    sandbox.hubspot_delete(gone)
    kept = sandbox.hubspot_contact("Ann", "Lee", CALLER if again_under == "phone" else None, "ann@example.com")
    stop(home)
    home.live(hours=1)
    assert in_crm(sandbox, kept) == "true"
    assert contact_row(home)["crm_id"] == kept


def test_an_older_word_never_lands_on_a_newer_one(home: House, sandbox: Sandbox) -> None:
    """The STOP hangs in the CRM while they say START: the START is written after it, not beside it."""
    crm_id = ann(sandbox)
    home.miss()
    home.live(minutes=1)
    sandbox.hubspot_property("recovery_opt_out", "bool")
    stop(home)
    words = [row for row in owed(home) if row["kind"] == "crm.opt_out"]
    sandbox.fault("hubspot", "contacts.update", "hang")
    with ThreadPoolExecutor(1) as threads:
        slow = threads.submit(home.sidecar.deliveries.carry_out, words[0])
        sandbox.wait_for(lambda: sandbox.requests("hubspot", "contacts.update"))
        start(home)
        for row in owed(home):
            home.sidecar.deliveries.carry_out(row)
        assert len(sandbox.requests("hubspot", "contacts.update")) == 1, "it waits for its turn"
        sandbox.release()
        slow.result()
    home.live(minutes=1)
    assert in_crm(sandbox, crm_id) == "false"


def test_a_word_that_was_overtaken_is_not_written(home: House, sandbox: Sandbox) -> None:
    crm_id = ann(sandbox)
    home.miss()
    home.live(minutes=1)
    sandbox.fault("hubspot", "*", "status", times=None, status=503)
    for say in (stop, start, stop, start):
        say(home)
        home.live(minutes=2)
    sandbox.clear_faults()
    home.live(hours=2)
    taken = [seen for seen in sandbox.requests("hubspot", "contacts.update") if seen.status == 200]
    assert [seen.body["properties"]["recovery_opt_out"] for seen in taken] == ["false"]
    assert in_crm(sandbox, crm_id) == "false"


def test_a_start_that_the_crm_does_not_take_is_not_undone_by_what_the_crm_says(home: House, sandbox: Sandbox) -> None:
    ann(sandbox)
    home.miss()
    home.live(minutes=1)
    stop(home)
    home.live(minutes=1)
    sandbox.fault("hubspot", "contacts.update", "status", times=None, status=403)
    start(home)
    home.live(days=3)
    assert home.miss().decision == "opened"
    home.live(minutes=1)
    assert not suppressed(home)
    assert len(texts_to(sandbox)) == 2


@pytest.mark.parametrize("kind", ["hang", "status"])
def test_a_stop_waits_for_no_crm(home: House, sandbox: Sandbox, kind: Any) -> None:
    ann(sandbox)
    home.miss()
    home.live(minutes=1)
    sandbox.fault("hubspot", "*", kind, times=None, status=503)
    begun = time.monotonic()
    stop(home)
    assert suppressed(home)
    assert time.monotonic() - begun < 1.0
    sandbox.clear_faults()
    home.live(hours=24)
    assert (len(texts_to(sandbox)), sandbox.calls_placed, sandbox.emails) == (1, [], [])


def test_the_look_before_each_step_is_a_fresh_one(home: House, sandbox: Sandbox) -> None:
    """Somebody notes an opt-out in the CRM between the text and the call, and no webhook is set up."""
    crm_id = ann(sandbox)
    sandbox.hubspot_property("recovery_opt_out", "bool")
    home.miss()
    home.live(minutes=2)
    sandbox.crm.change("contacts", sandbox.crm.things["contacts"][crm_id], {"recovery_opt_out": "true"})
    home.live(hours=24)
    assert (len(texts_to(sandbox)), sandbox.calls_placed, sandbox.emails) == (1, [], [])
    assert suppressed(home)
