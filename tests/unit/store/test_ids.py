"""Ids sort by time and are never alike."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sidecar.store.ids import new_id

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)


def test_later_ids_sort_later_and_none_is_like_another() -> None:
    ids = [new_id("evt", NOW + timedelta(milliseconds=n // 10)) for n in range(5000)]
    assert len(set(ids)) == 5000
    assert all(len(each) == 4 + 28 and each.startswith("evt_") for each in ids)
    assert [each[:16] for each in ids] == sorted(each[:16] for each in ids)
