"""Run, skip, claim, messages and outcomes, with a runner at work."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from tests.integration.web.conftest import ACME, CALLER, one_store

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.sandbox import Sandbox
    from tests.integration.web.conftest import Web


@pytest.fixture
def running(web: Web) -> Iterator[Web]:
    """The waker and the runner are at work, as under ``serve``."""
    web.sidecar.store.on_commit = web.sidecar.waker.due
    web.sidecar.waker.start()
    try:
        yield web
    finally:
        web.sidecar.waker.stop()


def driven(web: Web, **fields: Any) -> str:
    """A sequence that a flow drives: nothing goes out by itself for a while."""
    return str(web.miss(flow={"platform": "n8n", "execution_id": "e1"}, **fields)["sequence"]["id"])


def test_run_sends_and_says_so_and_repeats_say_already(running: Web, sandbox: Sandbox) -> None:
    sequence = driven(running)
    first = running.post(f"/v1/sequences/{sequence}/steps/acknowledge/run")
    assert first.get_json()["result"] == "sent", first.text
    again = running.post(f"/v1/sequences/{sequence}/steps/acknowledge/run").get_json()
    assert (again["result"], again["already"], again["touch_id"]) == ("sent", True, first.get_json()["touch_id"])
    assert [text.to for text in sandbox.texts].count(CALLER) == 1


def test_run_needs_no_body_at_all(running: Web) -> None:
    path = f"/v1/sequences/{driven(running)}/steps/acknowledge/run"
    assert running.call("POST", path).get_json()["result"] == "sent"


def test_run_too_early_is_deferred_with_when_to_ask_again(web: Web) -> None:
    path = f"/v1/sequences/{driven(web)}/steps/callback/run"
    url = "https://n8n.example/webhook-waiting/1/callback?signature=ab"
    answer = web.post(path, {"resume_url": url, "flow": {"platform": "n8n", "execution_id": "e1"}}).get_json()
    assert answer["result"] == "deferred"
    assert answer["wake_by"].endswith("Z")


def test_a_resume_url_elsewhere_is_refused(web: Web) -> None:
    path = f"/v1/sequences/{driven(web)}/steps/callback/run"
    problem = web.post(path, {"resume_url": "https://elsewhere.example/webhook-waiting/1"}).get_json()
    assert (problem["status"], problem["pointer"]) == (422, "/resume_url")
    assert web.post(path, {"resume_url": "ftp://n8n.example/x"}).get_json()["pointer"] == "/resume_url"


def test_only_half_of_the_threads_wait(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody carries out anything here: two of four threads wait, the third request answers at once."""
    path = f"/v1/sequences/{driven(web)}/steps/acknowledge/run"
    waits: list[float] = []
    both_wait, go_on = threading.Barrier(3), threading.Event()

    def run(*_: Any, wait_seconds: float, **__: Any) -> Any:
        from sidecar.engine.results import RunResult

        waits.append(wait_seconds)
        if wait_seconds:
            both_wait.wait(10)
            go_on.wait(10)
        return RunResult("sending")

    monkeypatch.setattr(web.sidecar.driving, "run", run)
    key = web.key("acme")
    threads = [threading.Thread(target=lambda: web.post(path, key=key)) for _ in range(2)]
    for thread in threads:
        thread.start()
    both_wait.wait(10)
    assert web.post(path, key=key).get_json()["result"] == "sending"
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert sorted(waits) == [0.0, 5.0, 5.0]


def test_skip_leaves_a_step_out(web: Web) -> None:
    sequence = driven(web)
    answer = web.post(f"/v1/sequences/{sequence}/steps/acknowledge/skip", {"reason": "we_called"}).get_json()
    assert (answer["result"], answer["reason"]) == ("skipped", "we_called")


@pytest.mark.parametrize("verb", ["run", "skip", "claim"])
def test_an_unknown_step_names_those_that_there_are(web: Web, verb: str) -> None:
    sequence = driven(web)
    body = {"reason": "x"} if verb == "skip" else {}
    answer = web.post(f"/v1/sequences/{sequence}/steps/wave/{verb}", body)
    assert answer.status_code == 404
    assert "acknowledge" in answer.get_json()["remedy"]


def test_a_claim_is_granted_once_and_reported(web: Web) -> None:
    path = f"/v1/sequences/{driven(web)}/steps/acknowledge/claim"
    granted = web.post(path)
    assert granted.status_code == 200, granted.text
    claim = granted.get_json()
    assert (claim["to"], claim["sender"], claim["channel"]) == (CALLER, ACME, "sms")
    assert "Acme Plumbing" in claim["body"]
    assert claim["status_url"].endswith(f"/twilio/message-status?touch={claim['touch_id']}")
    refused = web.post(path)
    assert (refused.status_code, refused.get_json()["type"]) == (409, "/docs#claim-refused")
    assert refused.get_json()["reason"]
    result = web.post(f"/v1/claims/{claim['claim_id']}/result", {"sent": True, "provider_id": "SM9"})
    assert result.get_json()["result"] == "sent"


def test_a_claims_result_may_come_as_a_form(web: Web) -> None:
    """Make writes forms by itself, where JSON by hand breaks on quotes."""
    claim = web.post(f"/v1/sequences/{driven(web)}/steps/acknowledge/claim").get_json()["claim_id"]
    told = web.call("POST", f"/v1/claims/{claim}/result", data={"sent": "true", "provider_id": "SM9"})
    assert (told.status_code, told.get_json()["result"]) == (200, "sent")


def test_a_claim_of_somebody_who_said_stop_is_refused(web: Web) -> None:
    sequence = driven(web)
    web.post("/v1/contacts/opt-out", {"phone": CALLER})
    assert web.post(f"/v1/sequences/{sequence}/steps/acknowledge/claim").status_code == 409


@one_store
@pytest.mark.parametrize("body", [{}, {"sent": "yes"}, {"sent": True, "id": "x"}])
def test_a_claims_result_must_say_whether_it_was_sent(web: Web, body: dict[str, Any]) -> None:
    assert web.post("/v1/claims/clm_1/result", body).status_code == 422
    assert web.post("/v1/claims/clm_1/result", {"sent": True}).status_code == 404


def test_an_operators_hand(web: Web) -> None:
    sequence = driven(web)
    path = f"/v1/sequences/{sequence}"
    for verb, state in (("hold", "held"), ("resume", "open"), ("close", "closed")):
        assert web.post(f"{path}/{verb}", {"reason": "by_hand"}).get_json() == {"done": True}
        assert web.get(path).get_json()["state"] == state
    problem = web.post(f"{path}/close")
    assert (problem.status_code, problem.get_json()["type"]) == (409, "/docs#conflict")


def test_the_list_goes_page_by_page(web: Web) -> None:
    made = []
    for count in range(3):
        made.append(web.miss(call_id=f"c{count}", **{"from": f"+4477009001{count:02}"})["sequence"]["id"])
        web.clock.advance(minutes=1)
    first = web.get("/v1/sequences?limit=2").get_json()
    second = web.get(f"/v1/sequences?limit=2&before={first['before']}").get_json()
    shown = [row["sequence_id"] for row in first["sequences"] + second["sequences"]]
    assert shown == made[::-1]
    assert second["before"] is None
    assert web.get("/v1/sequences?state=closed").get_json()["sequences"] == []


@one_store
@pytest.mark.parametrize("query", ["limit=0", "limit=x", "state=gone", "sate=open", "limit=1&limit=2"])
def test_a_bad_query_is_named(web: Web, query: str) -> None:
    answer = web.get(f"/v1/sequences?{query}")
    assert (answer.status_code, answer.get_json()["pointer"]) == (422, "/" + query.partition("=")[0])


# --- idempotency ------------------------------------------------------------------------------------------------


def reply(web: Web) -> str:
    """Somebody called and wrote; returns the sequence."""
    sequence = driven(web)
    web.post(
        "/v1/messages/inbound",
        {"channel": "sms", "message_id": "in-1", "to": ACME, "from": CALLER, "body": "hi, are you free?"},
    )
    return sequence


def test_an_answer_may_come_as_a_form(running: Web, sandbox: Sandbox) -> None:
    text = 'At "half four",\nthen. Sam'
    form = {"sequence_id": reply(running), "channel": "sms", "text": text, "by": "ai"}
    answer = running.call("POST", "/v1/messages", data=form)
    assert (answer.status_code, answer.get_json()["result"]) == (200, "sent"), answer.text
    assert [one.body for one in sandbox.texts].count(text) == 1


def test_an_answer_is_sent_once_for_each_key(running: Web, sandbox: Sandbox) -> None:
    body = {"sequence_id": reply(running), "channel": "sms", "text": 'Yes, "Thursday"\nat five'}
    headers = {"Idempotency-Key": "k-1"}
    first = running.post("/v1/messages", body, headers=headers)
    again = running.post("/v1/messages", body, headers=headers)
    assert (first.get_json()["result"], first.get_json()) == ("sent", again.get_json())
    assert (again.headers["Idempotent-Replayed"], "Idempotent-Replayed" in first.headers) == ("true", False)
    assert [text.body for text in sandbox.texts if text.to == CALLER] == [body["text"]]
    other = running.post("/v1/messages", body | {"text": "No"}, headers=headers)
    assert (other.status_code, other.get_json()["type"]) == (422, "/docs#key-reused")


def test_a_refused_request_gives_its_key_back(web: Web) -> None:
    headers = {"Idempotency-Key": "k-2"}
    body = {"phone": CALLER, "channel": "sms", "text": "hello"}
    assert web.post("/v1/messages", body, headers=headers).status_code == 404
    assert web.post("/v1/messages", body | {"text": "other"}, headers=headers).status_code == 404


def test_a_message_that_broke_keeps_its_key_an_outcome_does_not(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    sequence = driven(web)

    def broken(*_: Any, **__: Any) -> Any:
        raise OSError("gone")

    web.client.application.config["PROPAGATE_EXCEPTIONS"] = False
    headers = {"Idempotency-Key": "k-3"}
    outcome, message = (
        {"sequence_id": sequence, "outcome": "booked"},
        {"sequence_id": sequence, "channel": "sms", "text": "x"},
    )
    with monkeypatch.context() as patch:
        patch.setattr(web.sidecar.intake, "outcome", broken)
        patch.setattr(web.sidecar.answers, "send", broken)
        assert web.post("/v1/outcomes", outcome, headers=headers).status_code == 500
        assert web.post("/v1/messages", message, headers=headers).status_code == 500
    assert web.post("/v1/outcomes", outcome, headers=headers).status_code == 200
    refused = web.post("/v1/messages", message, headers=headers)
    assert (refused.status_code, refused.get_json()["type"]) == (409, "/docs#key-in-use")


def test_a_key_is_one_businesss_own(web: Web) -> None:
    headers = {"Idempotency-Key": "k-4"}
    web.miss(call_id="o", to="+441174960002", key=web.key("other"))
    driven(web)
    for key in (web.key("acme"), web.key("other")):
        answer = web.post("/v1/outcomes", {"phone": CALLER, "outcome": "booked"}, key=key, headers=headers)
        assert (answer.status_code, "Idempotent-Replayed" in answer.headers) == (200, False)
