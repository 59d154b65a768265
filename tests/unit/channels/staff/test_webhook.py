from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest
import requests
import responses
import urllib3
from standardwebhooks import Webhook

from sidecar.channels.port import ChannelError, Effect, Fault
from sidecar.channels.staff.webhook import post, webhook_secret
from tests.unit.channels.example import NOW

HOOK = "https://chat.example.org/hooks/secret-path"
SECRET = webhook_secret("s3cret", "smith-plumbing")
ALERT = {"business": "smith-plumbing", "member": "Ben", "subject": "Priya replied", "body": "“A boiler”"}


def failure() -> ChannelError:
    with pytest.raises(ChannelError) as raised:
        post(HOOK, ALERT, secret=SECRET, delivery_id="dlv_1", at=NOW)
    assert "secret-path" not in str(raised.value)
    return raised.value


@responses.activate
def test_an_alert_is_signed_by_standard_webhooks() -> None:
    responses.post(HOOK, status=202)
    accepted = post(HOOK, ALERT, secret=SECRET, delivery_id="dlv_1", at=NOW)
    assert (accepted.provider_id, accepted.state) == ("dlv_1", "delivered")
    request = responses.calls[0].request
    assert isinstance(request.body, bytes)
    assert json.loads(request.body) == {
        "type": "staff.alert.v1",
        "id": "dlv_1",
        "timestamp": "2026-11-18T10:00:00+00:00",
        "data": ALERT,
    }
    assert request.headers["webhook-id"] == "dlv_1"
    assert request.headers["webhook-timestamp"] == str(int(NOW.timestamp()))
    expected = Webhook(SECRET).sign("dlv_1", NOW, request.body.decode())
    assert request.headers["webhook-signature"] == expected


def test_each_business_has_a_secret_of_its_own() -> None:
    assert SECRET.startswith("whsec_")
    assert len(base64.b64decode(SECRET.removeprefix("whsec_"))) == 32
    assert webhook_secret("s3cret", "other") != SECRET
    assert webhook_secret("s3cret", "smith-plumbing") == SECRET


@pytest.mark.parametrize(
    ("status", "fault", "effect"),
    [
        (301, Fault.REFUSED, Effect.ALERT),
        (307, Fault.REFUSED, Effect.ALERT),
        (400, Fault.REFUSED, Effect.ALERT),
        (401, Fault.REFUSED, Effect.ALERT),
        (410, Fault.REFUSED, Effect.ALERT),
        (404, Fault.NOT_SENT, Effect.NONE),
        (409, Fault.NOT_SENT, Effect.NONE),
        (429, Fault.NOT_SENT, Effect.NONE),
        (503, Fault.NOT_SENT, Effect.NONE),
    ],
)
@responses.activate
def test_what_an_answer_means(status: int, fault: Fault, effect: Effect) -> None:
    responses.post(HOOK, status=status, headers={"Location": "https://evil.example.org/"})
    error = failure()
    assert (error.fault, error.effect, error.code) == (fault, effect, f"http_{status}")
    assert len(responses.calls) == 1, "a redirect is not followed"


@responses.activate
def test_retry_after_is_heeded_within_reason() -> None:
    responses.post(HOOK, status=429, headers={"Retry-After": "90"})
    assert failure().retry_after == timedelta(seconds=90)
    responses.replace("POST", HOOK, status=429, headers={"Retry-After": "999999"})
    assert failure().retry_after == timedelta(hours=1)
    responses.replace("POST", HOOK, status=503, headers={"Retry-After": "soon"})
    assert failure().retry_after == timedelta(seconds=30)


@pytest.mark.parametrize(
    ("problem", "fault", "code"),
    [
        (requests.ConnectTimeout("x"), Fault.NOT_SENT, "timeout"),
        (requests.ReadTimeout("x"), Fault.DOUBTFUL, "timeout"),
        (requests.ConnectionError("cut"), Fault.DOUBTFUL, "broken"),
        (
            requests.ConnectionError(
                urllib3.exceptions.MaxRetryError(
                    None,  # type: ignore[arg-type]
                    HOOK,
                    urllib3.exceptions.NewConnectionError(None, "refused"),  # type: ignore[arg-type]
                )
            ),
            Fault.NOT_SENT,
            "unreachable",
        ),
        (requests.exceptions.SSLError("x"), Fault.NOT_SENT, "tls"),
        (requests.exceptions.InvalidURL("x"), Fault.REFUSED, "bad_url"),
    ],
)
@responses.activate
def test_what_a_broken_line_means(problem: Exception, fault: Fault, code: str) -> None:
    responses.post(HOOK, body=problem)
    error = failure()
    assert (error.fault, error.code) == (fault, code)
