"""Consents over HTTP: put on record once, listed, taken back, asked for in a text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.web.conftest import ACME, CALLER, one_store
from tests.support.house import House

if TYPE_CHECKING:
    from tests.integration.web.conftest import Web

CONSENT = {
    "phone": CALLER,
    "basis": "express",
    "channels": ["sms", "voice"],
    "given_at": "2026-11-01T10:00:00Z",
    "evidence": "form 1",
}
ASK = {
    "phone": CALLER,
    "channel": "sms",
    "text": "May we ring you about your quote? YES or NO",
    "by": "ai",
    "asks_consent": {"channels": ["voice"], "about": "your quote"},
}


def listed(web: Web) -> list[dict[str, Any]]:
    answer = web.post("/v1/contacts/consents/list", {"phone": "07700 900123"})
    assert answer.status_code == 200, answer.text
    return list(answer.get_json()["consents"])


def test_the_same_consent_twice_is_one(web: Web) -> None:
    ids = {web.post("/v1/contacts/consents", CONSENT).get_json()["consent_id"] for _ in range(2)}
    assert len(ids) == 1


def test_it_is_listed_with_what_has_become_of_it(web: Web) -> None:
    web.post("/v1/contacts/consents", CONSENT)
    [one] = listed(web)
    assert (one["standing"], one["channels"], one["evidence"]) == ("holds", ["sms", "voice"], "form 1")
    assert (one["given_at"], one["ends_at"]) == ("2026-11-01T10:00:00Z", "2028-05-01T10:00:00Z")
    assert one["expires_at"] is None


def test_it_is_taken_back_by_its_id_or_by_channel(web: Web) -> None:
    first = web.post("/v1/contacts/consents", CONSENT).get_json()["consent_id"]
    body = {"phone": CALLER, "evidence": "told Sam"}
    path = "/v1/contacts/consents/withdraw"
    assert web.post(path, body | {"channels": ["voice"]}).get_json()["withdrawn"] == [first]
    assert sorted((one["standing"], *one["channels"]) for one in listed(web)) == [
        ("holds", "sms"), ("withdrawn", "sms", "voice"),
    ]  # fmt: skip
    assert web.post(path, body | {"channels": ["voice"]}).get_json()["withdrawn"] == []
    assert len(web.post(path, body).get_json()["withdrawn"]) == 1


def test_the_gate_goes_by_it(web: Web) -> None:
    web.post("/v1/contacts/consents", CONSENT)
    look = {"phone": CALLER, "channel": "voice"}
    assert web.post("/v1/gate/check", look).get_json()["verdict"] == "send"
    web.post("/v1/contacts/consents/withdraw", {"phone": CALLER, "evidence": "told Sam"})
    answer = web.post("/v1/gate/check", look).get_json()
    assert (answer["gate"], answer["reason"]) == ("consent", "withdrawn")


def test_a_text_asks_and_a_yes_gives(web: Web) -> None:
    acme = web.sidecar.businesses.get("acme")
    assert acme is not None
    web.sidecar.driving._ring = House(web.sidecar, acme, web.clock).settle
    sms = {"channel": "sms", "to": ACME, "from": CALLER}
    web.post("/v1/messages/inbound", {**sms, "message_id": "m-1", "body": "can you quote?"})
    sent, again = (web.post("/v1/messages", ASK, headers={"Idempotency-Key": "ask-1"}).get_json() for _ in range(2))
    assert (sent["result"], again) == ("sent", sent)
    for _ in range(2):
        web.post("/v1/messages/inbound", {**sms, "message_id": "m-2", "body": "Yes please"})
    [one] = listed(web)
    assert (one["basis"], one["channels"], one["standing"]) == ("express", ["voice"], "holds")
    assert sent["touch_id"] in one["evidence"]
    assert "m-2" in one["evidence"]


@one_store
@pytest.mark.parametrize(
    ("path", "body", "status", "pointer"),
    [
        ("list", {}, 422, "/phone"),
        ("list", {"phone": "12"}, 422, "/phone"),
        ("list", {"phone": CALLER}, 404, "/phone"),
        ("list", {"email": "ann@example.com"}, 404, "/email"),
        ("withdraw", {"phone": CALLER}, 422, "/evidence"),
        ("withdraw", {"phone": CALLER, "evidence": " "}, 422, "/evidence"),
        ("withdraw", {"phone": CALLER, "evidence": "x", "channels": ["fax"]}, 422, "/channels/0"),
        ("withdraw", {"phone": CALLER, "evidence": "x"}, 404, "/phone"),
    ],
)
def test_what_is_wrong_is_named(web: Web, path: str, body: dict[str, Any], status: int, pointer: str) -> None:
    answer = web.post(f"/v1/contacts/consents/{path}", body)
    assert (answer.status_code, answer.get_json()["pointer"]) == (status, pointer), answer.text


@one_store
def test_an_unknown_consent_is_named(web: Web) -> None:
    web.post("/v1/contacts/consents", CONSENT)
    body = {"phone": CALLER, "evidence": "x", "consent_id": "cns_none"}
    answer = web.post("/v1/contacts/consents/withdraw", body)
    assert (answer.status_code, answer.get_json()["pointer"]) == (404, "/consent_id")


@one_store
@pytest.mark.parametrize(
    ("asks", "pointer"),
    [
        ({"channels": [], "about": "x"}, "/asks_consent/channels"),
        ({"channels": ["voice"]}, "/asks_consent/about"),
        ({"channels": ["voice"], "about": " "}, "/asks_consent/about"),
        ({"channels": ["voice"], "about": "x", "for": "ever"}, "/asks_consent/for"),
    ],
)
def test_a_bad_question_is_named(web: Web, asks: dict[str, Any], pointer: str) -> None:
    answer = web.post("/v1/messages", ASK | {"asks_consent": asks})
    assert (answer.status_code, answer.get_json()["pointer"]) == (422, pointer)


@one_store
def test_one_business_does_not_see_anothers_consents(web: Web) -> None:
    web.post("/v1/contacts/consents", CONSENT)
    answer = web.post("/v1/contacts/consents/list", {"phone": CALLER}, key=web.key("other"))
    assert answer.status_code == 404
    body = {"phone": CALLER, "business": "acme"}
    assert web.post("/v1/contacts/consents/list", body, key=web.key("other")).status_code == 403
    assert web.post("/v1/contacts/consents/list", body, key=web.key("acme", scopes=("calls",))).status_code == 403
