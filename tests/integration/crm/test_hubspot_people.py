"""Who is calling: the real SDK against the sandbox's HubSpot."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from sidecar.crm.port import CrmError
from tests.unit.channels.example import THEIRS

if TYPE_CHECKING:
    from sidecar.config.business import Business
    from sidecar.crm import Crms
    from sidecar.sandbox import Sandbox
    from sidecar.sandbox.faults import FaultKind
    from tests.integration.crm.conftest import Seconds
    from tests.support.clock import ManualClock

THEIRS_TOO = "+447700900456"


@pytest.mark.parametrize("typed", ["+447700900123", "07700 900123", "(07700) 900-123", "0044 7700 900 123"])
def test_a_contact_is_found_however_its_phone_was_typed(
    sandbox: Sandbox, crm: Crms, plumber: Business, typed: str
) -> None:
    priya = sandbox.hubspot_contact("priya", "Shah", typed, "Priya@Example.org", deal_stage="Quote sent")
    person = crm.find_person(plumber, THEIRS)
    assert person is not None
    assert (person.crm_id, person.first_name, person.last_name) == (priya, "Priya", "Shah")
    assert (person.email, person.deal_stage) == ("priya@example.org", "Quote sent")
    assert not person.ambiguous


def test_a_mobile_number_counts_as_well(sandbox: Sandbox, crm: Crms, plumber: Business) -> None:
    sandbox.hubspot_contact("Priya", "Shah", "+441174960999", mobilephone="+447700900123")
    person = crm.find_person(plumber, THEIRS)
    assert person is not None
    assert person.first_name == "Priya"


def test_the_same_national_digits_in_another_country_are_somebody_else(
    sandbox: Sandbox, crm: Crms, plumber: Business
) -> None:
    sandbox.hubspot_contact("Priya", "Shah", "+353 7700900123")
    assert crm.find_person(plumber, THEIRS) is None


def test_different_first_names_are_a_household(sandbox: Sandbox, crm: Crms, plumber: Business) -> None:
    sandbox.hubspot_contact("Priya", "Shah", THEIRS, "priya@example.org", deal_stage="Quote sent")
    sandbox.hubspot_contact("Dev", "Shah", "07700 900123", "dev@example.org")
    person = crm.find_person(plumber, THEIRS)
    assert person is not None
    assert person.ambiguous
    assert (person.first_name, person.last_name, person.email, person.deal_stage) == (None,) * 4


def test_of_two_records_of_one_person_the_active_one_is_taken(
    sandbox: Sandbox, crm: Crms, plumber: Business, clock: ManualClock
) -> None:
    now = clock.now()
    live = sandbox.hubspot_contact(
        "Priya", "Shah", THEIRS, deal_stage="Quote sent", last_activity=now + timedelta(days=1)
    )
    sandbox.hubspot_contact("PRIYA", None, THEIRS, last_activity=now - timedelta(days=900))
    person = crm.find_person(plumber, THEIRS)
    assert person is not None
    assert (person.crm_id, person.first_name, person.deal_stage) == (live, "Priya", "Quote sent")
    assert not person.ambiguous


def test_the_deal_that_changed_last_gives_the_stage(
    sandbox: Sandbox, crm: Crms, plumber: Business, clock: ManualClock
) -> None:
    priya = sandbox.hubspot_contact("Priya", "Shah", THEIRS)
    first = sandbox.hubspot_deal(priya, "Quote sent")
    sandbox.hubspot_deal(priya, "Site visit")
    clock.advance(minutes=5)
    sandbox.hubspot_move_deal(first, "Contract Sent")
    person = crm.find_person(plumber, THEIRS)
    assert person is not None
    assert person.deal_stage == "Contract Sent"


def test_both_kinds_of_opt_out_are_read(sandbox: Sandbox, crm: Crms, plumber: Business) -> None:
    sandbox.hubspot_property("recovery_opt_out", "bool")
    sandbox.hubspot_contact("Priya", "Shah", THEIRS, recovery_opt_out="true", hs_email_optout="true")
    person = crm.find_person(plumber, THEIRS)
    assert person is not None
    assert person.opted_out
    assert person.email_opted_out


def test_found_and_unknown_are_kept_a_minute(sandbox: Sandbox, crm: Crms, plumber: Business, seconds: Seconds) -> None:
    assert crm.find_person(plumber, THEIRS) is None
    sandbox.hubspot_contact("Priya", "Shah", THEIRS)
    seconds.passed = 59
    assert crm.find_person(plumber, THEIRS) is None
    seconds.passed = 61
    assert crm.find_person(plumber, THEIRS) is not None
    seconds.passed = 120
    assert crm.find_person(plumber, THEIRS) is not None
    assert len(sandbox.requests("hubspot", "contacts.search")) == 2
    seconds.passed = 122
    crm.find_person(plumber, THEIRS)
    assert len(sandbox.requests("hubspot", "contacts.search")) == 3


def test_a_clock_that_is_put_back_makes_no_old_answer_fresh(
    sandbox: Sandbox, crm: Crms, plumber: Business, seconds: Seconds
) -> None:
    sandbox.hubspot_contact("Priya", "Shah", THEIRS)
    seconds.passed = 4000
    crm.find_person(plumber, THEIRS)
    seconds.passed = 400
    crm.find_person(plumber, THEIRS)
    assert len(sandbox.requests("hubspot", "contacts.search")) == 2


def test_a_record_is_found_by_phone_else_by_email(sandbox: Sandbox, crm: Crms, plumber: Business) -> None:
    priya = sandbox.hubspot_contact("Priya", "Shah", THEIRS, "priya@example.org")
    assert crm.record_of(plumber, phone=THEIRS, email=None) == priya
    assert crm.record_of(plumber, phone=THEIRS_TOO, email="Priya@example.org") == priya
    assert crm.record_of(plumber, phone=None, email="priya@example.org") == priya
    assert crm.record_of(plumber, phone=THEIRS_TOO, email="nobody@example.org") is None
    assert crm.record_of(replace(plumber, hubspot=None), phone=THEIRS, email=None) is None


def test_no_answer_is_not_taken_for_nobody(sandbox: Sandbox, crm: Crms, plumber: Business) -> None:
    sandbox.fault("hubspot", "*", "status", times=None, status=503)
    for address in ({"phone": THEIRS, "email": None}, {"phone": None, "email": "priya@example.org"}):
        with pytest.raises(CrmError):
            crm.record_of(plumber, **address)


def test_one_business_never_gets_anothers_answer(sandbox: Sandbox, crm: Crms, plumber: Business) -> None:
    sandbox.hubspot_contact("Priya", "Shah", THEIRS)
    assert crm.find_person(plumber, THEIRS) is not None
    assert plumber.hubspot is not None
    other = replace(plumber, id="other", hubspot=replace(plumber.hubspot, access_token="pat-other"))
    assert crm.find_person(other, THEIRS) is None


def test_two_who_ask_at_once_share_one_search(sandbox: Sandbox, crm: Crms, plumber: Business) -> None:
    sandbox.hubspot_contact("Priya", "Shah", THEIRS)
    sandbox.fault("hubspot", "contacts.search", "hang")
    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(crm.find_person, plumber, THEIRS)
        sandbox.wait_for(lambda: sandbox.requests("hubspot", "contacts.search"))
        second = threads.submit(crm.find_person, plumber, THEIRS)
        sandbox.wait_for(second.running)
        sandbox.release()
        answers = first.result(5), second.result(5)
    assert answers[0] is not None
    assert answers[0] == answers[1]
    assert len(sandbox.requests("hubspot", "contacts.search")) == 1


def test_a_slow_crm_costs_the_budget_and_no_more(sandbox: Sandbox, crm: Crms, plumber: Business) -> None:
    sandbox.hubspot_contact("Priya", "Shah", THEIRS)
    sandbox.fault("hubspot", "contacts.search", "hang", times=None)
    with capture_logs() as logs:
        before = time.monotonic()
        assert crm.find_person(plumber, THEIRS, budget_seconds=0.3) is None
        took = time.monotonic() - before
    assert took < 0.6
    assert [entry["code"] for entry in logs if entry["event"] == "crm_lookup_failed"] == ["timeout"]
    assert "7700900123" not in repr(logs)
    sandbox.clear_faults()
    assert crm.find_person(plumber, THEIRS) is not None, "a failure is not remembered as unknown"


def test_a_deal_that_is_not_read_in_time_costs_the_stage_only(
    sandbox: Sandbox, crm: Crms, plumber: Business, seconds: Seconds
) -> None:
    sandbox.hubspot_contact("Priya", "Shah", THEIRS, deal_stage="Quote sent")
    sandbox.fault("hubspot", "deals.batch_read", "status", times=2, status=503)
    person = crm.find_person(plumber, THEIRS)
    assert person is not None
    assert (person.first_name, person.deal_stage) == ("Priya", None)
    seconds.passed = 61
    later = crm.find_person(plumber, THEIRS)
    assert later is not None
    assert later.deal_stage == "Quote sent"


def test_a_read_is_repeated_once(sandbox: Sandbox, crm: Crms, plumber: Business) -> None:
    sandbox.hubspot_contact("Priya", "Shah", THEIRS)
    sandbox.fault("hubspot", "contacts.search", "status", status=502)
    assert crm.find_person(plumber, THEIRS) is not None
    assert [seen.status for seen in sandbox.requests("hubspot", "contacts.search")] == [502, 200]


def test_after_429_nobody_searches_for_a_while(sandbox: Sandbox, crm: Crms, plumber: Business) -> None:
    sandbox.fault("hubspot", "contacts.search", "status", status=429, retry_after=60)
    assert crm.find_person(plumber, THEIRS) is None
    assert crm.find_person(plumber, THEIRS_TOO) is None
    assert len(sandbox.requests("hubspot", "contacts.search")) == 1


def test_a_burst_is_refused_instead_of_queued(sandbox: Sandbox, crm: Crms, plumber: Business) -> None:
    numbers = [f"+4477009005{n:02}" for n in range(20)]
    before = time.monotonic()
    with ThreadPoolExecutor(20) as threads:
        list(threads.map(lambda number: crm.find_person(plumber, number, budget_seconds=0.8), numbers))
    assert time.monotonic() - before < 1.5
    searches = len(sandbox.requests("hubspot", "contacts.search"))
    assert 2 <= searches <= 5


@pytest.mark.parametrize("kind", ["reset", "accept_then_hang"])
def test_a_broken_line_raises_nothing(sandbox: Sandbox, crm: Crms, plumber: Business, kind: FaultKind) -> None:
    sandbox.fault("hubspot", "contacts.search", kind, times=None, seconds=0)
    assert crm.find_person(plumber, THEIRS, budget_seconds=0.5) is None


def test_a_revoked_token_raises_nothing(crm: Crms, stranger: Business) -> None:
    with capture_logs() as logs:
        assert crm.find_person(stranger, THEIRS) is None
    assert logs[0]["code"] == "http_401"


def test_what_is_no_number_raises_nothing(crm: Crms, plumber: Business, sandbox: Sandbox) -> None:
    assert crm.find_person(plumber, "anonymous") is None
    assert not sandbox.requests("hubspot")


def test_a_business_without_a_crm_knows_nobody(crm: Crms, plumber: Business) -> None:
    assert crm.find_person(replace(plumber, hubspot=None), THEIRS) is None


def test_the_three_requests_of_a_look_up_share_one_connection(sandbox: Sandbox, crm: Crms, plumber: Business) -> None:
    sandbox.hubspot_contact("Priya", "Shah", THEIRS, deal_stage="Quote sent")
    crm.find_person(plumber, THEIRS)
    account = crm._hubspot._account(plumber)
    pools = {id(api.api_client.rest_client.pool_manager) for api in (account.search, account.associations)}
    assert len(pools) == 1
    [pool] = [account._sdk[1].pools[key] for key in account._sdk[1].pools.keys()]  # noqa: SIM118 - not a dict
    assert (pool.num_connections, pool.num_requests) == (1, 4)
