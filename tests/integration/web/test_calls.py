"""``POST /v1/calls``: own shape, forms, and Twilio's posts handed on by a flow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.web.conftest import ACME, CALLER, FORWARDED, OTHER, OTHER_TOKEN, one_store, signature

if TYPE_CHECKING:
    from tests.integration.web.conftest import Web

FLOW_URL = "https://n8n.example/webhook/missed-call"


def test_a_missed_call_opens_a_sequence(web: Web) -> None:
    answer = web.miss()
    assert (answer["decision"], answer["call"]) == ("opened", {"id": "pbx-1", "state": "missed"})
    assert answer["sequence"]["id"].startswith("seq_")
    assert answer["already"] is False


def test_the_same_report_again_says_so_and_does_nothing(web: Web) -> None:
    first, second = web.miss(), web.miss()
    assert second["already"] is True
    assert second["sequence"] == first["sequence"]


def test_an_answered_call_opens_nothing(web: Web) -> None:
    answer = web.miss(missed=False)
    assert (answer["decision"], answer["sequence"]) == ("answered", None)


def test_a_hidden_caller_is_ignored(web: Web) -> None:
    answer = web.miss(**{"from": "Private Number"})
    assert (answer["decision"], answer["reason"]) == ("ignored", "anonymous")


def test_a_later_report_may_bring_the_caller(web: Web) -> None:
    first = {"call_id": "c", "to": ACME, "status": "ringing"}
    assert web.post("/v1/calls", first).get_json()["decision"] == "pending"
    assert web.post("/v1/calls", first | {"status": "no-answer", "from": CALLER}).get_json()["decision"] == "opened"


def test_a_form_with_quotes_and_newlines_arrives_whole(web: Web) -> None:
    form = {
        "call_id": 'a"b\nc',
        "to": "0117 496 0001",
        "from": "07700 900123",
        "missed": "true",
        "caller_name": 'Ann "Lee"\nO\'Neil',
        "ring_seconds": "12",
        "variant": "",
        "flow.platform": "make",
        "flow.execution_id": "e-1",
    }
    answer = web.call("POST", "/v1/calls", data=form)
    assert answer.status_code == 200, answer.text
    assert answer.get_json()["call"]["id"] == 'a"b\nc'
    sequence = web.get(f"/v1/sequences/{answer.get_json()['sequence']['id']}").get_json()
    assert (sequence["flow_platform"], sequence["flow_execution"]) == ("make", "e-1")


OWN: dict[str, Any] = {"call_id": "c", "to": ACME, "from": CALLER, "missed": True}


@one_store
@pytest.mark.parametrize(
    ("change", "status", "pointer"),
    [
        ({"from": "+44 12"}, 422, "/from"),
        ({"from": "hello there"}, 422, "/from"),
        ({"to": "12"}, 422, "/to"),
        ({"form": CALLER}, 422, "/form"),
        ({"missed": "true"}, 422, "/missed"),
        ({"missed": 1}, 422, "/missed"),
        ({"missed": None}, 422, "/missed"),
        ({"reason": "asleep"}, 422, "/reason"),
        ({"status": "gone"}, 422, "/status"),
        ({"ring_seconds": -1}, 422, "/ring_seconds"),
        ({"ring_seconds": "12"}, 422, "/ring_seconds"),
        ({"started_at": "2026-11-22T10:00:00"}, 422, "/started_at"),
        ({"call_id": ""}, 422, "/call_id"),
        ({"call_id": "x" * 129}, 422, "/call_id"),
        ({"call_id": "a\0b"}, 422, "/call_id"),
        ({"flow": {"platform": "zapier"}}, 422, "/flow/platform"),
        ({"flow": {"platform": "n8n", "run": 1}}, 422, "/flow/run"),
        ({"to": "+441174960099"}, 404, "/to"),
        ({"business": "other"}, 403, "/business"),
    ],
)
def test_bad_input_names_the_field_and_leaves_no_row(
    web: Web, change: dict[str, Any], status: int, pointer: str
) -> None:
    answer = web.post("/v1/calls", OWN | change)
    problem = answer.get_json()
    assert (answer.status_code, problem["pointer"]) == (status, pointer), problem
    assert answer.content_type == "application/problem+json"
    assert problem["remedy"]
    assert CALLER not in answer.text
    assert web.rows() == 0


@one_store
def test_a_missing_field_is_named(web: Web) -> None:
    problem = web.post("/v1/calls", {"to": ACME, "missed": True}).get_json()
    assert (problem["status"], problem["pointer"], problem["remedy"]) == (422, "/call_id", "add it")


@one_store
def test_a_misspelt_field_is_guessed(web: Web) -> None:
    assert "`ring_seconds`" in web.post("/v1/calls", OWN | {"ring_second": 3}).get_json()["remedy"]


def test_an_unknown_number_says_what_to_configure(web: Web) -> None:
    problem = web.post("/v1/calls", OWN | {"to": "+441174960099"}).get_json()
    assert "numbers" in problem["remedy"]


# --- handed on by a flow ----------------------------------------------------------------------------------------


def twilio_form(**fields: str) -> dict[str, str]:
    return {"CallSid": "CA" + "1" * 32, "From": CALLER, "To": FORWARDED, "CallStatus": "no-answer", **fields}


def handed_on(web: Web, form: dict[str, str], *, token: str | None = None, **changes: Any) -> dict[str, Any]:
    account = web.sidecar.businesses.get("acme")
    assert account is not None
    assert account.twilio is not None
    body = {
        "source": "twilio",
        "url": FLOW_URL,
        "headers": {"x-twilio-signature": signature(token or account.twilio.auth_token, FLOW_URL, form)},
        "form": form,
        "flow": {"platform": "n8n", "execution_id": "231"},
    }
    return body | changes


def test_a_twilio_post_through_a_flow_opens_a_sequence_that_the_flow_drives(web: Web) -> None:
    answer = web.post("/v1/calls", handed_on(web, twilio_form()))
    assert answer.get_json()["decision"] == "opened", answer.text
    sequence = web.get(f"/v1/sequences/{answer.get_json()['sequence']['id']}").get_json()
    assert (sequence["flow_platform"], sequence["flow_execution"]) == ("n8n", "231")


def test_the_query_counts_in_the_signature(web: Web) -> None:
    form = twilio_form()
    body = handed_on(web, form, query={"shop": "a b"})
    account = web.sidecar.businesses.get("acme")
    assert account is not None
    assert account.twilio is not None
    body["headers"] = {"X-Twilio-Signature": signature(account.twilio.auth_token, FLOW_URL + "?shop=a+b", form)}
    assert web.post("/v1/calls", body).get_json()["decision"] == "opened"


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda body: body | {"headers": {}}, id="no signature"),
        pytest.param(lambda body: body | {"headers": {"x-twilio-signature": "AAAA"}}, id="a wrong one"),
        pytest.param(lambda body: body | {"headers": {"x-twilio-signature": None}}, id="null"),
        pytest.param(lambda body: body | {"form": body["form"] | {"From": "+447700900124"}}, id="another caller"),
        pytest.param(lambda body: body | {"url": "https://n8n.example/webhook/other"}, id="another URL"),
    ],
)
def test_a_bad_signature_is_refused_with_200_and_leaves_no_row(web: Web, spoil: Any) -> None:
    body = spoil(handed_on(web, twilio_form()))
    answer = web.post("/v1/calls", body)
    assert (answer.status_code, answer.get_json()["decision"]) == (200, "refused")
    assert body["url"] in answer.get_json()["reason"]
    assert answer.get_json()["sequence"] is None
    assert web.rows() == 0


def test_another_businesss_token_does_not_sign_for_this_one(web: Web) -> None:
    answer = web.post("/v1/calls", handed_on(web, twilio_form(), token=OTHER_TOKEN))
    assert answer.get_json()["decision"] == "refused"


def test_another_businesss_number_is_unknown_to_this_key(web: Web) -> None:
    answer = web.post("/v1/calls", handed_on(web, twilio_form(To=OTHER)))
    assert answer.status_code == 404


def test_a_post_without_its_call_is_refused_as_unreadable(web: Web) -> None:
    form = {"To": FORWARDED, "From": CALLER}
    problem = web.post("/v1/calls", handed_on(web, form)).get_json()
    assert (problem["status"], problem["pointer"]) == (422, "/form/CallSid")


def test_the_leg_to_staff_tells_nothing(web: Web) -> None:
    form = twilio_form(ParentCallSid="CA" + "9" * 32, CallbackSource="call-progress-events")
    assert web.post("/v1/calls", handed_on(web, form)).get_json()["decision"] == "ignored"
