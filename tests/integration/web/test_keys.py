"""Who may ask: keys, scopes, and one business never seeing another's (invariant 9)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sidecar.web.contract import OPERATIONS
from tests.integration.web.conftest import ACME, CALLER, OTHER, SCOPES, one_store

if TYPE_CHECKING:
    from sidecar.web.operations import Operation
    from tests.integration.web.conftest import Web

KEYED = [operation for operation in OPERATIONS if operation.security == "key"]


def path_of(operation: Operation, **known: str) -> str:
    ids = {"sequence_id": "seq_x", "claim_id": "c", "subscription_id": "s", "event_id": "e"}
    return operation.path.format_map(ids | {"name": "acknowledge"} | known)


@one_store
@pytest.mark.parametrize("operation", KEYED, ids=lambda one: one.id)
def test_no_key_no_answer(web: Web, operation: Operation) -> None:
    for headers in (
        {},
        {"Authorization": "Bearer nonsense"},
        {"x-api-key": "nonsense"},
        {"Authorization": "Basic eDp5"},
    ):
        answer = web.client.open(path_of(operation), method=operation.method, json={}, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@one_store
@pytest.mark.parametrize("operation", KEYED, ids=lambda one: one.id)
def test_a_key_without_the_scope_is_refused(web: Web, operation: Operation) -> None:
    assert operation.scope is not None
    key = web.key("acme", scopes=tuple(scope for scope in SCOPES if scope != operation.scope))
    answer = web.call(operation.method, path_of(operation), key=key)
    assert (answer.status_code, f"`{operation.scope}`" in answer.get_json()["detail"]) == (403, True)


def test_the_key_may_come_as_x_api_key(web: Web) -> None:
    assert web.client.get("/v1/sequences", headers={"x-api-key": web.key("acme")}).status_code == 200


def test_a_revoked_key_is_useless_at_once(web: Web) -> None:
    key_id, secret = web.sidecar.keys.create("soon gone", ["acme"], SCOPES)
    assert web.get("/v1/sequences", key=secret).status_code == 200
    web.sidecar.keys.revoke(key_id)
    assert web.get("/v1/sequences", key=secret).status_code == 401


BODIES: dict[str, Any] = {
    "skipStep": {"reason": "x"},
    "reportOutcome": {"outcome": "booked"},
    "sendMessage": {"channel": "sms", "text": "hello"},
    "reportFlowError": {"platform": "n8n"},
}


@pytest.mark.parametrize("operation", [one for one in KEYED if "{sequence_id}" in one.path], ids=lambda one: one.id)
@pytest.mark.parametrize("key", [("other",), ("other", "third")], ids=["of one", "of several"])
def test_anothers_sequence_does_not_exist(web: Web, operation: Operation, key: tuple[str, ...]) -> None:
    sequence = web.miss()["sequence"]["id"]
    answer = web.call(
        operation.method,
        path_of(operation, sequence_id=sequence),
        key=web.key(*key),
        **({"json": BODIES.get(operation.id, {})} if operation.method == "POST" else {}),
    )
    assert answer.status_code == 404
    assert web.get(f"/v1/sequences/{sequence}").get_json()["state"] == "open"


@pytest.mark.parametrize("operation_id", ["reportOutcome", "sendMessage", "reportFlowError"])
def test_anothers_sequence_in_a_body_does_not_exist_either(web: Web, operation_id: str) -> None:
    sequence = web.miss()["sequence"]["id"]
    operation = next(one for one in KEYED if one.id == operation_id)
    body = BODIES[operation_id] | {"sequence_id": sequence}
    of_several = web.post(operation.path, body, key=web.key("other", "third"))
    assert of_several.status_code == 404
    of_one = web.post(operation.path, body, key=web.key("other"))
    # A flow's error is noted in the key's own business, whatever sequence it names.
    assert of_one.status_code == (200 if operation_id == "reportFlowError" else 404)
    assert web.get(f"/v1/sequences/{sequence}").get_json()["outcome"] == ""


def test_the_list_shows_ones_own_only(web: Web) -> None:
    web.miss()
    assert web.get("/v1/sequences", key=web.key("other")).get_json()["sequences"] == []
    assert len(web.get("/v1/sequences").get_json()["sequences"]) == 1
    assert web.get("/v1/sequences?business=acme", key=web.key("other")).status_code == 403


def test_an_agencys_key_finds_the_business_by_number_id_or_name(web: Web) -> None:
    for key in (web.key("acme", "other"), web.key("*")):
        opened = web.miss(call_id=key[-8:], key=key, to=OTHER)
        sequence = opened["sequence"]["id"]
        assert web.get(f"/v1/sequences/{sequence}", key=key).get_json()["business_id"] == "other"
        check = {"phone": CALLER, "channel": "sms"}
        unnamed = web.post("/v1/gate/check", check, key=key)
        assert (unnamed.status_code, unnamed.get_json()["pointer"]) == (422, "/business")
        assert web.post("/v1/gate/check", check | {"business": "other"}, key=key).status_code == 200


def test_a_key_is_for_its_businesses_only(web: Web) -> None:
    report = {"call_id": "c", "to": OTHER, "missed": True}
    # The key for one business knows that business's numbers only; that for several says whose it is not.
    assert web.post("/v1/calls", report, key=web.key("acme", "not configured")).status_code == 404
    assert web.post("/v1/calls", report, key=web.key("acme", "third")).status_code == 403
    assert web.post("/v1/calls", report | {"business": "other"}, key=web.key("acme", "third")).status_code == 403
    assert web.post("/v1/calls", report | {"business": "nowhere"}, key=web.key("*")).status_code == 404


def test_a_stop_for_one_business_leaves_the_other_alone(web: Web) -> None:
    web.post("/v1/contacts/opt-out", {"phone": CALLER})
    check = {"phone": CALLER, "channel": "sms"}
    assert web.post("/v1/gate/check", check).get_json()["gate"] == "suppressed"
    assert web.post("/v1/gate/check", check, key=web.key("other")).get_json()["gate"] != "suppressed"
    assert web.miss(to=ACME)["decision"] == "suppressed"
