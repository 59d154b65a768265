"""Ids sort by time and are never alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sidecar.store.ids import new_id

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


def test_later_ids_sort_later_and_none_is_like_another() -> None:
    ids = [new_id("evt", NOW + timedelta(milliseconds=n // 10)) for n in range(5000)]
    assert len(set(ids)) == 5000
    assert [each[:22] for each in ids] == sorted(each[:22] for each in ids)
    assert all(len(each) == 4 + 28 and each.startswith("evt_") for each in ids)


def test_a_clock_that_stands_still_does_not_mix_them_up() -> None:
    """More than 65,536 in one millisecond: a long test, or a clock that was set."""
    ids = [new_id("evt", NOW) for _ in range(70_000)]
    assert ids == sorted(ids)
