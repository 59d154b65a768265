"""What is too long or odd for PostgreSQL is kept shorter or refused; nothing of it is lost or answered with 500."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from sidecar.engine.results import RunResult
from sidecar.web import rows
from tests.integration.web.conftest import ACME, CALLER

if TYPE_CHECKING:
    from tests.integration.web.conftest import Web

LONG = "x" * 5000
ODD = "\u200b\U0001f600\ufffd"


def raw_mail(message_id: str, body: str = "Yes please", **heads: str) -> dict[str, str]:
    lines = {"From": "ann@example.com", "To": "replies@acme.example", "Message-ID": message_id} | heads
    return {"source": "mail", "raw": "\n".join(f"{name}: {text}" for name, text in lines.items()) + f"\n\n{body}\n"}


def test_a_reply_with_a_message_id_longer_than_its_column_is_taken_once(web: Web) -> None:
    """Exchange and ticket systems write them; one that differs in its end only is another message."""
    ids = [f"<{'a' * 200}{end}@mail.example>" for end in "12"]
    answers = [web.post("/v1/messages/inbound", raw_mail(ids[which])).get_json() for which in (0, 0, 1)]
    assert [answer["already"] for answer in answers] == [False, True, False]
    assert (answers[0]["message_id"][:50], len(answers[0]["message_id"])) == (ids[0][:50], 128)
    in_parts = {"channel": "email", "message_id": ids[0], "to": "replies@acme.example", "from": "ann@example.com"}
    assert web.post("/v1/messages/inbound", in_parts | {"body": "again"}).get_json()["already"] is True
    assert web.rows() == 2


def test_a_mail_with_nuls_and_halves_of_characters_is_kept(web: Web) -> None:
    body = raw_mail("<1@mail.example>", "QQBCAA==", **{"Content-Transfer-Encoding": "base64"})
    assert web.post("/v1/messages/inbound", body).get_json()["decision"] == "recorded"
    many = ", ".join(f"{'r' * 60}{number}@{'d' * 200}.example" for number in range(3))
    assert web.post("/v1/messages/inbound", raw_mail("<2@m.example>", To=many)).get_json()["decision"] == "recorded"
    refused = web.post("/v1/messages/inbound", raw_mail("<3@m.example>", From=f"{'a' * 300}@mail.example"))
    assert (refused.status_code, refused.get_json()["pointer"]) == (422, "/raw")


CALL = {"call_id": "pbx-1", "to": ACME, "from": CALLER, "missed": True}
SMS = {"channel": "sms", "message_id": "m-1", "to": ACME, "from": CALLER, "body": "hello"}
OUTCOME = {"phone": CALLER, "outcome": "converted", "value_minor": 1, "currency": "GBP"}
FAILED = {"platform": "n8n", "workflow": "w", "execution_id": "9", "node": "n", "message": "m"}
SUBSCRIPTION = {"url": "https://hooks.example/a", "events": ["*"]}
REQUESTS: list[tuple[str, dict[str, Any]]] = [
    ("/v1/calls", CALL | {"caller_name": "n", "forwarded_from": "+441174960003", "variant": "kitchen", "reason": "busy",
                          "provider": "threecx", "flow": {"platform": "n8n", "execution_id": "9"}}),
    ("/v1/messages/inbound", SMS),
    ("/v1/messages/inbound", SMS | {"channel": "email", "to": "replies@acme.example", "from": "ann@example.com",
                                    "subject": "s", "html": "h", "headers": {"x-a": "b"}}),
    ("/v1/outcomes", OUTCOME),
    ("/v1/outcomes", {"email": "ann@example.com", "outcome": "booked"}),
    ("/v1/outcomes", {"sequence_id": "{sequence}", "outcome": "booked"}),
    ("/v1/contacts/opt-out", {"phone": CALLER, "evidence": "e"}),
    ("/v1/contacts/opt-out", {"email": "ann@example.com", "evidence": "e"}),
    ("/v1/flow-errors", FAILED),
    ("/v1/subscriptions", SUBSCRIPTION | {"headers": {"x-a": "b"}}),
    ("/v1/sequences/{sequence}/hold", {"reason": "r"}),
    ("/v1/sequences/{sequence}/steps/callback/run", {"resume_url": "https://n8n.example/webhook-waiting/1",
                                                     "flow": {"platform": "n8n", "execution_id": "9"}}),
    ("/v1/sequences/{sequence}/steps/email/skip", {"reason": "r"}),
    ("/v1/claims/{claim}/result", {"sent": True, "provider_id": "p", "code": "c"}),
]  # fmt: skip


def spoilt(value: Any) -> list[Any]:
    """The value with each of its texts, in turn, as long as may be, longer, and odd."""
    if isinstance(value, str):
        grown = [(value + "x" * most)[:most] for most in (20, 32, 64, 128, 200, 254, 320, 998, 5000)]
        return [*grown, value + ODD, value + "\0", value + "\ud800"]
    if isinstance(value, dict):
        return [value | {name: worse} for name, inner in value.items() for worse in spoilt(inner)]
    if isinstance(value, list):
        return [[worse] for inner in value for worse in spoilt(inner)]
    return []


@pytest.mark.parametrize(("path", "body"), REQUESTS)
def test_no_text_is_too_long_or_too_odd_for_the_store(web: Web, path: str, body: dict[str, Any]) -> None:
    web.client.application.config["PROPAGATE_EXCEPTIONS"] = False
    sequence = web.miss("pbx-0")["sequence"]["id"]
    names = {"{sequence}": sequence}
    if "{claim}" in path:
        claimed = web.post(f"/v1/sequences/{sequence}/steps/acknowledge/claim").get_json()
        names["{claim}"] = claimed["claim_id"]
    for name, known in names.items():
        path = path.replace(name, known)
        body = {key: known if value == name else value for key, value in body.items()}
    for worse in spoilt(body):
        answer = web.post(path, worse)
        assert answer.status_code < 500, (worse, answer.text)
    assert web.post(path, body).status_code < 300


@pytest.mark.parametrize("odd", ["%00", "x" * 3000, "%ff", "%F0%9F%98%80"])
def test_no_path_is_too_odd_for_the_store(web: Web, odd: str) -> None:
    web.client.application.config["PROPAGATE_EXCEPTIONS"] = False
    sequence = web.miss()["sequence"]["id"]
    for path in (
        f"/v1/sequences/{odd}/hold",
        f"/v1/sequences/{sequence}/steps/{odd}/run",
        f"/v1/sequences/{odd}/steps/callback/claim",
    ):
        assert web.post(path).status_code == 404
    assert web.post(f"/v1/claims/{odd}/result", {"sent": True}).status_code == 404
    assert web.post(f"/v1/events/{odd}/take", {"by": "replies"}).status_code == 404


@pytest.mark.parametrize(
    "name",
    ["Host", "content-length", "Transfer-Encoding", "connection", "content-type", "webhook-signature", "proxy-x"],
)
def test_headers_that_are_ours_are_refused_by_name(web: Web, name: str) -> None:
    answer = web.post("/v1/subscriptions", SUBSCRIPTION | {"headers": {name: "x"}})
    assert (answer.status_code, answer.get_json()["pointer"]) == (422, "/headers")
    assert name in answer.get_json()["detail"]


@pytest.mark.parametrize("value", ["a\r\nHost: evil.example", "é", " x", "x\n"])
def test_a_headers_value_is_one_plain_line(web: Web, value: str) -> None:
    assert web.post("/v1/subscriptions", SUBSCRIPTION | {"headers": {"x-a": value}}).status_code == 422


# --- keys of requests ---------------------------------------------------------------------------------------------


def begun(web: Web, path: str, body: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """Its process is killed between the note that it began and its end."""
    web.client.application.config["PROPAGATE_EXCEPTIONS"] = False
    with monkeypatch.context() as patch:
        patch.setattr(rows, "end_once", lambda *_, **__: None)
        patch.setattr(rows, "forget_once", lambda *_, **__: None)
        patch.setattr(web.sidecar.answers, "send", lambda *_, **__: RunResult("sent"))
        web.post(path, body, headers={"Idempotency-Key": "k"})


def test_what_a_dead_process_began_is_taken_over_after_a_minute(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    web.miss()
    body = {"phone": CALLER, "outcome": "booked"}
    begun(web, "/v1/outcomes", body, monkeypatch)
    headers = {"Idempotency-Key": "k"}
    assert web.post("/v1/outcomes", body, headers=headers).status_code == 409
    web.clock.advance(timedelta(seconds=61))
    assert web.post("/v1/outcomes", body | {"outcome": "not_now"}, headers=headers).status_code == 422
    done = web.post("/v1/outcomes", body, headers=headers)
    assert (done.status_code, "Idempotent-Replayed" in done.headers) == (200, False)
    assert web.post("/v1/outcomes", body, headers=headers).headers["Idempotent-Replayed"] == "true"


def test_what_may_have_left_the_house_is_never_taken_over(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    body = {"sequence_id": web.miss()["sequence"]["id"], "channel": "sms", "text": "x"}
    begun(web, "/v1/messages", body, monkeypatch)
    web.clock.advance(timedelta(minutes=10))
    assert web.post("/v1/messages", body, headers={"Idempotency-Key": "k"}).status_code == 409


def test_keys_are_forgotten_after_two_days(web: Web) -> None:
    web.miss()
    body, headers = {"phone": CALLER, "outcome": "not_now"}, {"Idempotency-Key": "k"}
    web.post("/v1/outcomes", body, headers=headers)

    def forget() -> int:
        return web.sidecar.store.write(lambda tx: rows.forget_old_keys(tx, web.clock.now()))

    web.clock.advance(timedelta(hours=47))
    assert forget() == 0
    assert "Idempotent-Replayed" in web.post("/v1/outcomes", body, headers=headers).headers
    web.clock.advance(timedelta(hours=2))
    assert forget() == 1
    assert "Idempotent-Replayed" not in web.post("/v1/outcomes", body, headers=headers).headers


# --- bounces ------------------------------------------------------------------------------------------------------


def bounce(letter: str) -> dict[str, str]:
    return {
        "source": "mail",
        "raw": (
            "From: mailer-daemon@mx.example\nTo: sam@acme.example\nMIME-Version: 1.0\n"
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
            "--b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\n"
            "Final-Recipient: rfc822; ann@example.com\nAction: failed\nStatus: 5.1.1\n\n"
            f"--b\nContent-Type: message/rfc822\n\nMessage-ID: {letter}\nSubject: s\n\nx\n--b--\n"
        ),
    }


@pytest.mark.parametrize("accepted", [True, False])
def test_a_bounce_by_an_agencys_key_finds_its_letter(web: Web, accepted: bool) -> None:
    """By the id under which the letter was accepted; or, where that answer was lost, by the touch that it names."""
    from sidecar.store import touches

    sequence = web.miss()["sequence"]["id"]
    claimed = web.post(f"/v1/sequences/{sequence}/steps/acknowledge/claim").get_json()
    letter = "<accepted.as@mail.example>" if accepted else f"<{claimed['touch_id']}@acme.example>"
    if accepted:
        web.sidecar.store.write(lambda tx: touches.change(tx, "acme", claimed["touch_id"], provider_id=letter))
    agency = web.key("*")
    answer = web.post("/v1/messages/inbound", bounce(letter), key=agency)
    assert (answer.status_code, answer.get_json()["decision"]) == (200, "recorded"), answer.text
    strange = web.post("/v1/messages/inbound", bounce("<other@mail.example>"), key=agency)
    assert (strange.status_code, strange.get_json()["decision"]) == (200, "ignored"), strange.text
    others = web.post("/v1/messages/inbound", bounce(letter), key=web.key("other", "third"))
    assert others.get_json()["decision"] == "ignored"
