from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sidecar.crm.hubspot.webhooks import TOLERANCE, UnreadableEvents, accounts_of, read_changes, verify
from sidecar.crm.port import Told
from sidecar.sandbox.signing import hubspot_signature

NOW = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1000)
URL, SECRET, BODY = "https://recovery.example/hubspot/events", "a client secret", '[{"portalId":7}]'


def event(**changes: Any) -> dict[str, Any]:
    return {
        "subscriptionType": "contact.propertyChange", "portalId": 7, "objectId": 101, "occurredAt": NOW_MS,
        "propertyName": "recovery_opt_out", "propertyValue": "true", **changes,
    }  # fmt: skip


def genuine(**changes: Any) -> bool:
    given: dict[str, Any] = {
        "client_secret": SECRET, "method": "POST", "url": URL, "raw_body": BODY.encode(), "stamp": str(NOW_MS),
        "now": NOW, "signature": hubspot_signature(SECRET, URL, BODY, NOW_MS), **changes,
    }  # fmt: skip
    return verify(**given)


def test_it_agrees_with_the_sdk() -> None:
    from hubspot.utils.signature import Signature

    made = Signature.get_signature(SECRET, BODY, "v3", http_uri=URL, http_method="POST", timestamp=str(NOW_MS))
    assert genuine(signature=made)


@pytest.mark.parametrize(
    "changes",
    [
        {"client_secret": ""}, {"client_secret": "another"}, {"method": "GET"}, {"url": URL + "/"}, {"raw_body": b"[]"},
        {"signature": ""}, {"signature": "\N{SNOWMAN}"}, {"stamp": ""}, {"stamp": "soon"}, {"stamp": "\u0661" * 13},
        {"stamp": "9" * 400}, {"stamp": str(NOW_MS + 1)},
        {"now": NOW + TOLERANCE + timedelta(seconds=1)}, {"now": NOW - TOLERANCE - timedelta(seconds=1)},
    ],
)  # fmt: skip
def test_anything_else_is_refused(changes: dict[str, Any]) -> None:
    assert genuine()
    assert not genuine(**changes)


def test_hubspot_signs_the_address_with_some_characters_decoded() -> None:
    sent, signed = URL + "?to=a%40b%2fc&x=%20", URL + "?to=a@b/c&x=%20"
    assert genuine(url=sent, signature=hubspot_signature(SECRET, signed, BODY, NOW_MS))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("recovery_opt_out", Told.STOP),
        ("hs_email_optout", Told.NO_EMAIL),
        ("hs_email_optout_7001", Told.LEFT_LIST),
        ("recovery_opt_out_at", None),
        ("firstname", None),
        (None, None),
    ],
)
def test_what_each_property_tells(name: str | None, told: Told | None) -> None:
    changes = read_changes([event(propertyName=name)], NOW)
    assert [change.told for change in changes] == ([] if told is None else [told])


@pytest.mark.parametrize(("value", "on"), [("true", True), ("TRUE", True), (True, True), ("false", False), ("", False)])
def test_whether_it_was_set_or_taken_off(value: object, on: bool) -> None:
    (change,) = read_changes([event(propertyValue=value)], NOW)
    assert (change.on, change.at, change.crm_id, change.account) == (on, NOW, "101", "7")


def test_the_newer_platform_names_the_kind_of_object() -> None:
    newer = event(subscriptionType="object.propertyChange", objectTypeId="0-1")
    companies = event(subscriptionType="object.propertyChange", objectTypeId="0-2")
    other = event(subscriptionType="contact.creation")
    assert len(read_changes([newer, companies, other], NOW)) == 1


def test_a_batch_names_its_portals() -> None:
    assert accounts_of([event(), event(portalId="8"), event(portalId=None)]) == {"7", "8"}
    assert accounts_of([]) == set()


@pytest.mark.parametrize("payload", [None, {}, 7, "x", [1], [[]]])
def test_what_is_no_batch_is_refused(payload: object) -> None:
    with pytest.raises(UnreadableEvents):
        read_changes(payload, NOW)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(sorted(event())), JSON))
def test_no_event_makes_the_reader_stumble(changes: dict[str, Any]) -> None:
    for change in read_changes([event(**changes)], NOW):
        assert change.at.tzinfo is not None
        json.dumps(change.crm_id)
