from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sidecar.crm.hubspot.people import hit_from, moment, person_of, search_for, with_number

THEIRS = "+447700900123"


def test_the_search_is_one_of_five_groups_at_most() -> None:
    groups = search_for(THEIRS)["filterGroups"]
    assert [(one["propertyName"], one["operator"], one["value"]) for group in groups for one in group["filters"]] == [
        ("hs_searchable_calculated_phone_number", "EQ", "7700900123"),
        ("phone", "EQ", THEIRS),
        ("mobilephone", "EQ", THEIRS),
        ("phone", "CONTAINS_TOKEN", "*7700900123"),
        ("mobilephone", "CONTAINS_TOKEN", "*7700900123"),
    ]


@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ("07700 900123", True),
        ("07700 900123 ext 4", True),
        ("+44 (0)7700 900123", True),
        ("07700 900124", False),
        ("+1 770 090 0123", False),
        ("ask Dev", False),
        ("", False),
    ],
)
def test_only_the_same_number_is_a_match(typed: str, same: bool) -> None:
    hit = hit_from("1", {"phone": typed})
    assert bool(with_number([hit], THEIRS, "GB")) is same


def test_hubspots_own_reading_of_a_phone_counts() -> None:
    hit = hit_from("1", {"phone": "07700900123 or 0117 496 0123", "hs_calculated_phone_number": THEIRS})
    assert with_number([hit], THEIRS, "GB") == (hit,)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("2026-11-20T09:00:00.250Z", datetime(2026, 11, 20, 9, 0, 0, 250_000, UTC)),
        ("2026-11-20", datetime(2026, 11, 20, tzinfo=UTC)),
        ("1795165200000", datetime(2026, 11, 20, 9, 0, tzinfo=UTC)),
        ("yesterday", datetime.min.replace(tzinfo=UTC)),
        ("9" * 30, datetime.min.replace(tzinfo=UTC)),
        (None, datetime.min.replace(tzinfo=UTC)),
    ],
)
def test_dates_are_read_in_both_forms(text: str | None, read: datetime) -> None:
    assert moment(text) == read


def test_one_spelling_in_capitals_is_no_second_person() -> None:
    person = person_of([hit_from("2", {"firstname": "PRIYA"}), hit_from("1", {"firstname": "Priya"})])
    assert person is not None
    assert (person.crm_id, person.first_name, person.ambiguous) == ("2", "Priya", False)


def test_a_record_without_a_name_borrows_the_others() -> None:
    person = person_of([hit_from("2", {}), hit_from("1", {"firstname": "Priya"})])
    assert person is not None
    assert (person.crm_id, person.first_name) == ("2", "Priya")


def test_a_shared_phone_names_nobody_and_heeds_anybodys_stop() -> None:
    hits = [
        hit_from("2", {"firstname": "Priya", "email": "home@example.org"}),
        hit_from("1", {"firstname": "Dev", "email": "HOME@example.org", "recovery_opt_out": "true"}),
    ]
    person = person_of(hits)
    assert person is not None
    assert person.ambiguous
    assert person.first_name is None
    assert person.email == "home@example.org", "all agree on it"
    assert person.opted_out


def test_no_hits_are_nobody() -> None:
    assert person_of([]) is None


def test_activity_goes_before_a_change_by_machine() -> None:
    busy = hit_from(
        "1",
        {
            "phone": THEIRS,
            "notes_last_updated": "2026-11-01T00:00:00Z",
            "lastmodifieddate": "2026-11-01T00:00:00Z",
        },
    )
    touched = hit_from(
        "2",
        {"phone": THEIRS, "createdate": "2024-01-01T00:00:00Z", "lastmodifieddate": "2026-11-19T00:00:00Z"},
    )
    assert [hit.crm_id for hit in with_number([touched, busy], THEIRS, "GB")] == ["1", "2"]
