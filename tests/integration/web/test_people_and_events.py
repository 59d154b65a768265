"""Messages, outcomes, opt-outs, consents, the gate, subscriptions, flow errors, Retell, the unsubscribe page."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.sandbox.signing import retell_signature
from tests.integration.web.conftest import ACME, CALLER, one_store

if TYPE_CHECKING:
    from tests.integration.web.conftest import Web

SMS = {"channel": "sms", "message_id": "m-1", "to": ACME, "from": CALLER, "body": "are you free?"}


def gate(web: Web) -> str:
    return str(web.post("/v1/gate/check", {"phone": CALLER, "channel": "sms"}).get_json()["gate"])


def test_a_reply_closes_the_sequence(web: Web) -> None:
    sequence = web.miss()["sequence"]
    answer = web.post("/v1/messages/inbound", SMS).get_json()
    assert (answer["decision"], answer["sequence"]) == ("recorded", sequence)
    assert web.get(f"/v1/sequences/{sequence['id']}").get_json()["reason"] == "replied"
    assert web.post("/v1/messages/inbound", SMS).get_json()["already"] is True


def test_a_sequence_shows_what_they_wrote(web: Web) -> None:
    sequence = web.miss()["sequence"]["id"]
    for number, body in enumerate(("are you free?", "STOP")):
        web.post("/v1/messages/inbound", SMS | {"message_id": f"m-{number}", "body": body})
    shown = web.get(f"/v1/sequences/{sequence}").get_json()["messages"]
    assert [(one["message_id"], one["channel"], one["body"], one["intent"]) for one in shown] == [
        ("m-0", "sms", "are you free?", "none"),
        ("m-1", "sms", "STOP", "opt_out"),
    ]


def test_a_stop_as_a_form_is_not_lost(web: Web) -> None:
    web.miss()
    answer = web.call("POST", "/v1/messages/inbound", data=SMS | {"body": '"STOP"\nplease, I said "no"'})
    assert answer.get_json()["intent"] == "opt_out", answer.text
    assert gate(web) == "suppressed"


def test_an_email_is_matched_by_its_token(web: Web) -> None:
    sequence = web.miss()["sequence"]["id"]
    from sidecar.store import sequences

    row = web.sidecar.store.read(lambda tx: sequences.get(tx, "acme", sequence))
    assert row is not None
    body = {
        "channel": "email", "message_id": "<1@mail.example>", "to": f"replies+{row['reply_token']}@acme.example",
        "from": "Ann Lee <ann@example.com>", "body": "Yes please",
    }  # fmt: skip
    answer = web.post("/v1/messages/inbound", body, key=web.key("*"))
    assert answer.get_json()["sequence"] == {"id": sequence}, answer.text


@one_store
@pytest.mark.parametrize(
    ("change", "status", "pointer"),
    [
        ({"from": "nobody"}, 422, "/from"),
        ({"channel": "fax"}, 422, "/channel"),
        ({"to": "+441174960099"}, 404, "/to"),
        ({"channel": "email", "from": "no address"}, 422, "/to"),
        ({"message_id": None}, 422, "/message_id"),
        ({"text": "x"}, 422, "/text"),
    ],
)
def test_a_bad_message_is_named(web: Web, change: dict[str, Any], status: int, pointer: str) -> None:
    answer = web.post("/v1/messages/inbound", SMS | change)
    assert (answer.status_code, answer.get_json()["pointer"]) == (status, pointer)
    assert web.rows() == 0


def test_an_outcome_carries_its_value(web: Web) -> None:
    sequence = web.miss()["sequence"]["id"]
    form = {"sequence_id": sequence, "outcome": "converted", "value_minor": "420000", "currency": "GBP"}
    answer = web.call("POST", "/v1/outcomes", data=form).get_json()
    assert (answer["outcome"], answer["state"]) == ("converted", "closed")
    shown = web.get(f"/v1/sequences/{sequence}").get_json()
    assert (shown["value_minor"], shown["currency"]) == (420000, "GBP")


@one_store
@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"outcome": "booked"}, "/phone"),
        ({"outcome": "sold", "phone": CALLER}, "/outcome"),
        ({"outcome": "booked", "phone": "12"}, "/phone"),
        ({"outcome": "booked", "phone": CALLER, "email": "a@b.example"}, "/phone"),
        ({"outcome": "booked", "phone": CALLER, "sequence_id": "seq_1"}, "/sequence_id"),
        ({"outcome": "booked", "phone": CALLER, "value_minor": 1}, "/value_minor"),
        ({"outcome": "converted", "phone": CALLER, "value_minor": 1.5}, "/value_minor"),
        ({"outcome": "converted", "phone": CALLER, "currency": "GBP"}, "/value_minor"),
        ({"outcome": "converted", "phone": CALLER, "value_minor": 1, "currency": "pounds"}, "/currency"),
    ],
)
def test_a_bad_outcome_is_named(web: Web, body: dict[str, Any], pointer: str) -> None:
    answer = web.post("/v1/outcomes", body)
    assert (answer.status_code, answer.get_json()["pointer"]) == (422, pointer)


def test_out_and_in_again(web: Web) -> None:
    stopped = web.post("/v1/contacts/opt-out", {"phone": "07700 900123", "evidence": "by phone"}).get_json()
    assert (stopped["suppressed"], stopped["changed"], gate(web)) == (True, True, "suppressed")
    started = web.post("/v1/contacts/opt-in", {"phone": CALLER, "evidence": "by letter"}).get_json()
    assert started["suppressed"] is False
    assert gate(web) != "suppressed"
    assert web.post("/v1/contacts/opt-in", {"phone": CALLER}).get_json()["pointer"] == "/evidence"
    assert web.post("/v1/contacts/opt-out", {"email": "nobody"}).status_code == 422


CONSENT = {
    "phone": CALLER,
    "basis": "express",
    "channels": ["sms"],
    "given_at": "2026-11-01T10:00:00Z",
    "evidence": "form 1",
}


def test_a_consent_is_put_on_record(web: Web) -> None:
    answer = web.post("/v1/contacts/consents", CONSENT)
    assert answer.status_code == 201, answer.text
    assert answer.get_json()["consent_id"]


@one_store
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"evidence": " "}, "/evidence"),
        ({"basis": "verbal"}, "/basis"),
        ({"channels": []}, "/channels"),
        ({"channels": ["fax"]}, "/channels/0"),
        ({"given_at": "2027-01-01T00:00:00Z"}, "/given_at"),
        ({"given_at": "yesterday"}, "/given_at"),
        ({"expires_at": "2026-10-01T00:00:00Z"}, "/expires_at"),
    ],
)
def test_a_bad_consent_is_named(web: Web, change: dict[str, Any], pointer: str) -> None:
    answer = web.post("/v1/contacts/consents", CONSENT | change)
    assert (answer.status_code, answer.get_json()["pointer"]) == (422, pointer)


def test_the_gate_says_when(web: Web) -> None:
    web.miss()
    body = {"phone": CALLER, "channel": "voice", "at": "2026-11-22T03:00:00Z"}
    answer = web.post("/v1/gate/check", body).get_json()
    assert (answer["verdict"], answer["gate"]) == ("defer", "window")
    assert answer["until"] == "2026-11-23T09:00:00Z"
    assert web.post("/v1/gate/check", {"phone": CALLER, "channel": "staff"}).get_json()["pointer"] == "/channel"
    assert web.post("/v1/gate/check", {"phone": "x", "channel": "sms"}).get_json()["pointer"] == "/phone"


def test_subscriptions_come_and_go(web: Web) -> None:
    body = {"url": "https://hooks.example/a", "events": ["sequence.closed"], "headers": {"x-make-apikey": "s3cret"}}
    made = web.post("/v1/subscriptions", body)
    assert (made.status_code, made.get_json()["secret"].startswith("whsec_")) == (201, True)
    listed = web.get("/v1/subscriptions")
    assert [one["id"] for one in listed.get_json()["subscriptions"]] == [made.get_json()["id"]]
    assert "s3cret" not in listed.text
    assert "whsec_" not in listed.text
    path = f"/v1/subscriptions/{made.get_json()['id']}"
    assert web.call("DELETE", path, key=web.key("other")).status_code == 404
    assert web.call("DELETE", path, key=web.key("acme", "other")).status_code == 204
    assert web.call("DELETE", path).status_code == 404


@one_store
@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"url": "https://elsewhere.example/a"}, "/url"),
        ({"url": "javascript:alert(1)"}, "/url"),
        ({"events": ["no.such"]}, "/events"),
        ({"events": []}, "/events"),
        ({"headers": {"a b": "c"}}, "/headers/a b"),
    ],
)
def test_a_bad_subscription_is_named(web: Web, change: dict[str, Any], pointer: str) -> None:
    answer = web.post("/v1/subscriptions", {"url": "https://hooks.example/a", "events": ["*"]} | change)
    assert (answer.status_code, answer.get_json()["pointer"]) == (422, pointer)


def test_a_flows_failure_is_noted(web: Web) -> None:
    body = {
        "platform": "n8n",
        "workflow": "Missed call",
        "execution_id": "9",
        "node": "Text",
        "message": "no answer from " + CALLER,
    }
    assert web.post("/v1/flow-errors", body).get_json() == {"done": True}
    assert web.call("POST", "/v1/flow-errors", data=body).status_code == 200
    assert web.post("/v1/flow-errors", body | {"platform": "zapier"}).status_code == 422


# --- Retell -----------------------------------------------------------------------------------------------------


def retell(web: Web, payload: dict[str, Any], *, key: str | None = None) -> Any:
    business = web.sidecar.businesses.get("acme")
    assert business is not None
    assert business.retell is not None
    raw = json.dumps(payload)
    made = retell_signature(key or business.retell.api_key, raw, int(web.clock.now().timestamp() * 1000))
    headers = {"x-retell-signature": made, "Content-Type": "application/json"}
    return web.client.post("/retell/events", data=raw, headers=headers)


def test_retells_events_are_taken_when_they_are_retells(web: Web) -> None:
    call = {"call_id": "call_1", "metadata": {"business": "acme"}, "disconnection_reason": "dial_no_answer"}
    event = {"event": "call_ended", "call": call}
    assert retell(web, event).status_code == 204
    assert retell(web, event | {"call": {"call_id": "call_1", "agent_id": "agent_1"}}).status_code == 204
    assert retell(web, event, key="not the key").status_code == 403
    assert retell(web, {"event": "call_ended", "call": {"metadata": {"business": "acme"}}}).status_code == 422
    assert retell(web, {"event": "call_ended", "call": {"call_id": "call_1"}}).status_code == 404
    assert web.client.post("/retell/events", data="[1]").status_code == 400
    assert web.client.post("/retell/events", data="{").status_code == 400


# --- unsubscribe ------------------------------------------------------------------------------------------------


def link(web: Web) -> str:
    contact = web.miss()["contact_id"]
    return web.sidecar.context.unsubscribe_url("acme", contact).removeprefix("https://recovery.example")


def test_opening_the_link_changes_nothing(web: Web) -> None:
    path = link(web)
    page = web.client.get(path)
    assert (page.status_code, page.content_type) == (200, "text/html; charset=utf-8")
    assert "Acme Plumbing" in page.text
    assert "<script" not in page.text
    assert web.client.head(path).status_code == 200
    assert gate(web) != "suppressed"


@pytest.mark.parametrize("media", ["application/x-www-form-urlencoded", "multipart/form-data"])  # RFC 8058, 3.1
@pytest.mark.parametrize("form", [{"List-Unsubscribe": "One-Click"}, {}])
def test_one_click_stops_everything(web: Web, form: dict[str, str], media: str) -> None:
    path = link(web)
    for _ in range(2):
        page = web.client.post(path, data=form, content_type=media)
        assert (page.status_code, "You are unsubscribed" in page.text) == (200, True)
    assert gate(web) == "suppressed"


def test_the_page_is_in_the_business_s_language_and_says_which(web: Web) -> None:
    path = link(web)
    assert '<html lang="en-GB">' in web.client.get(path).text
    acme = web.sidecar.businesses.get("acme")
    assert acme is not None
    for language, expected, button in (("fr-CA", "fr-CA", "Me désabonner"), ("de-CH", "en", "Unsubscribe")):
        web.sidecar.businesses._by_id["acme"] = replace(acme, language=language)
        page = web.client.get(path).text
        assert f'<html lang="{expected}">' in page
        assert f">{button}</button>" in page
    web.sidecar.businesses._by_id["acme"] = replace(acme, language="fr-CA", name="Plomberie <Côté> & {Fils}")
    assert "Plomberie &lt;Côté&gt; &amp; {Fils}" in web.client.get(path).text


def test_a_forged_link_is_a_page_that_helps(web: Web) -> None:
    path = link(web)
    for forged in (path[:-1] + ("0" if path[-1] != "0" else "1"), "/u/x", "/u/acme.con_1.00"):
        for method in ("GET", "POST"):
            page = web.client.open(forged, method=method)
            assert (page.status_code, "does not work" in page.text) == (404, True)
    assert gate(web) != "suppressed"


def token_of(web: Web) -> str:
    from sidecar.store import sequences

    sequence = web.miss()["sequence"]["id"]
    row = web.sidecar.store.read(lambda tx: sequences.get(tx, "acme", sequence))
    assert row is not None
    return str(row["reply_token"])


@pytest.mark.parametrize(("message_id", "confirmations"), [("SM" + "0a" * 16, 0), ("theirs-1", 1)])
@pytest.mark.parametrize("body", ["STOP", "HELP"])
def test_a_keyword_retold_in_our_shape_was_answered_if_twilio_carried_it(
    web: Web, message_id: str, confirmations: int, body: str
) -> None:
    """A flow that tells of Twilio's message in its own words must not have it answered twice."""
    told = {"channel": "sms", "message_id": message_id, "to": ACME, "from": CALLER, "body": body}
    answer = web.post("/v1/messages/inbound", told).get_json()
    person = web.sidecar.timeline.person("acme", answer["contact_id"])
    assert person is not None
    ours = [step["kind"] for row in person["sequences"] for step in row["steps"]]
    assert ours == [{"STOP": "confirmation", "HELP": "help"}[body]] * confirmations


def test_an_email_reply_is_read_without_what_it_quotes(web: Web) -> None:
    foot = "On Wed, Acme Plumbing wrote:\n> To hear no more: unsubscribe\n> STOP to opt out"
    reply = {
        "channel": "email", "message_id": "<2@mail.example>", "to": f"replies+{token_of(web)}@acme.example",
        "from": "ann@example.com", "body": f"Tuesday suits me.\n\n{foot}",
    }  # fmt: skip
    assert web.post("/v1/messages/inbound", reply).get_json()["intent"] == "none"


def test_a_machines_answer_closes_nothing(web: Web) -> None:
    raw = (
        f"From: ann@example.com\nTo: replies+{token_of(web)}@acme.example\nMessage-ID: <3@mail.example>\n"
        "Auto-Submitted: auto-replied\nSubject: Out of office\n\nBack on Monday.\n"
    )
    answer = web.post("/v1/messages/inbound", {"source": "mail", "raw": raw}).get_json()
    assert answer["decision"] == "ignored", answer
