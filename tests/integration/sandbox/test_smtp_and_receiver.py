from __future__ import annotations

import smtplib
from email.message import EmailMessage
from typing import TYPE_CHECKING

import pytest
import requests

if TYPE_CHECKING:
    from sidecar.sandbox import Sandbox


def letter() -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"] = "Northgate <hello@northgate.example>", "Maya <maya@example.com>"
    message["Subject"] = "Your call – a café visit"
    message["List-Unsubscribe"] = "<https://app.test/u/token>"
    message["Reply-To"] = "reply+abc@northgate.example"
    message.set_content("Hello Maya\n.\n.dots stay\n")
    message.add_alternative("<p>Hello Maya</p>", subtype="html")
    return message


def send(sandbox: Sandbox) -> None:
    with smtplib.SMTP(sandbox.smtp_host, sandbox.smtp_port, timeout=5) as client:
        client.login("user", "password")
        client.send_message(letter())


def test_an_email_is_kept_whole(sandbox: Sandbox) -> None:
    send(sandbox)

    (email,) = sandbox.emails
    assert (email.to, email.from_) == (("maya@example.com",), "hello@northgate.example")
    assert (email.subject, email.envelope_to) == ("Your call – a café visit", ("maya@example.com",))
    assert (email.text, email.html.strip()) == ("Hello Maya\n.\n.dots stay\n", "<p>Hello Maya</p>")
    assert email.headers["List-Unsubscribe"] == "<https://app.test/u/token>"
    assert email.at == sandbox.now()
    (seen,) = sandbox.requests("smtp", "message")
    assert (seen.status, seen.accepted) == (250, True)


@pytest.mark.parametrize("status", [451, 550])
def test_a_refusal(sandbox: Sandbox, status: int) -> None:
    sandbox.fault("smtp", "message", "status", status=status, message="not now")

    with pytest.raises(smtplib.SMTPDataError) as caught:
        send(sandbox)
    assert caught.value.smtp_code == status
    assert sandbox.emails == []
    send(sandbox)


def test_accepted_but_dropped_before_the_final_reply(sandbox: Sandbox) -> None:
    sandbox.fault("smtp", "message", "accept_then_hang")
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(sandbox)
    assert len(sandbox.emails) == 1

    sandbox.fault("smtp", "message", "reset")
    with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
        send(sandbox)
    assert len(sandbox.emails) == 1
    assert [seen.status for seen in sandbox.requests("smtp")] == [None, None]


def test_the_receiver_keeps_what_it_is_posted(sandbox: Sandbox) -> None:
    url = f"{sandbox.receiver_url}/webhook-waiting/17/layer?signature=ab"
    answer = requests.post(url, json={"event": "step.ready"}, headers={"webhook-id": "m_1"}, timeout=5)

    assert answer.status_code == 200
    (hook,) = sandbox.received
    assert (hook.path, hook.query, hook.body) == (
        "/webhook-waiting/17/layer",
        {"signature": "ab"},
        {"event": "step.ready"},
    )
    assert (hook.headers["webhook-id"], hook.raw) == ("m_1", b'{"event": "step.ready"}')
    assert sandbox.requests("receiver")[0].operation == "waiting.post"


def test_the_receiver_answers_as_told(sandbox: Sandbox) -> None:
    sandbox.reply("/hooks/a*", 409, times=2)
    sandbox.reply("/hooks/a*", 500, body={"message": "no"})
    sandbox.fault("receiver", "hooks.post", "reset")

    def post(path: str) -> int:
        return requests.post(sandbox.receiver_url + path, data="x", timeout=5).status_code

    with pytest.raises(requests.ConnectionError):
        post("/hooks/a")
    assert [post("/hooks/abc"), post("/hooks/abc"), post("/hooks/abc"), post("/hooks/b")] == [
        409,
        409,
        500,
        200,
    ]
    assert [hook.status for hook in sandbox.received] == [409, 409, 500, 200]


def test_an_unknown_path_is_404(sandbox: Sandbox) -> None:
    assert requests.post(sandbox.base_url + "/nowhere", timeout=5).status_code == 404
    assert sandbox.requests() == []
