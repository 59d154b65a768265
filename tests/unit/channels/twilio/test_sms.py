from __future__ import annotations

import json
import re
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
import requests
import urllib3.exceptions

from sidecar.channels.port import ChannelError, Effect, Fault, Found
from sidecar.channels.twilio.sms import TwilioSms
from sidecar.config.business import Twilio
from tests.unit.channels.example import ACCOUNT_SID, NOW, OURS, THEIRS, business, touch

if TYPE_CHECKING:
    import responses

    from sidecar.channels.twilio.client import TwilioClients

MESSAGES = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"


@pytest.fixture
def sms(clients: TwilioClients) -> TwilioSms:
    return TwilioSms(clients)


def message(**changes: Any) -> dict[str, Any]:
    return {
        "sid": "SM1",
        "status": "queued",
        "direction": "outbound-api",
        "to": THEIRS,
        "from": OURS,
        "body": touch().body,
        "date_created": format_datetime(NOW),
        "date_sent": None,
        **changes,
    }


def listed(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"messages": list(messages), "page": 0, "page_size": 20, "next_page_uri": None}


def refused(twilio: responses.RequestsMock, status: int, code: int | None, **headers: str) -> None:
    said = {"status": status, "message": f"No luck with {THEIRS} today"} | ({"code": code} if code else {})
    twilio.post(MESSAGES, json=said, status=status, headers=headers)


def test_a_text_leaves_with_all_that_twilio_needs(sms: TwilioSms, twilio: responses.RequestsMock) -> None:
    twilio.post(MESSAGES, json=message(), status=201)
    status_url = "https://example.com/twilio/message-status?touch=tch_1"

    accepted = sms.send(touch(status_url=status_url, validity=timedelta(minutes=5)))

    assert (accepted.provider_id, accepted.state) == ("SM1", "accepted")
    sent = parse_qs(str(twilio.calls[0].request.body))
    assert sent == {
        "To": [THEIRS],
        "From": [OURS],
        "Body": [touch().body],
        "StatusCallback": [status_url],
        "ValidityPeriod": ["300"],
    }


@pytest.mark.parametrize(
    ("validity", "sent"),
    [(timedelta(milliseconds=10), "1"), (timedelta(hours=20), "36000"), (timedelta(seconds=90), "90")],
)
def test_validity_stays_within_twilios_bounds(
    sms: TwilioSms, twilio: responses.RequestsMock, validity: timedelta, sent: str
) -> None:
    twilio.post(MESSAGES, json=message(), status=201)
    sms.send(touch(validity=validity))
    assert parse_qs(str(twilio.calls[0].request.body))["ValidityPeriod"] == [sent]


def test_nothing_optional_is_sent_where_nothing_was_given(sms: TwilioSms, twilio: responses.RequestsMock) -> None:
    twilio.post(MESSAGES, json=message(), status=201)
    sms.send(touch())
    assert set(parse_qs(str(twilio.calls[0].request.body))) == {"To", "From", "Body"}


def test_another_base_url_keeps_the_path(sms: TwilioSms, twilio: responses.RequestsMock) -> None:
    there = business(twilio=Twilio(ACCOUNT_SID, "t", base_url="http://proxy.example/twilio/"))
    twilio.post(MESSAGES.replace("https://api.twilio.com", "http://proxy.example/twilio"), json=message())
    assert sms.send(touch(business=there)).provider_id == "SM1"


def test_accounts_share_connections_but_not_credentials(clients: TwilioClients, twilio: responses.RequestsMock) -> None:
    other = business(id="other", twilio=Twilio("AC" + "1" * 32, "other-token"))
    assert clients.of(business()) is clients.of(business())
    assert clients.of(other).http_client is clients.of(business()).http_client
    twilio.post(MESSAGES.replace(ACCOUNT_SID, "AC" + "1" * 32), json=message())
    TwilioSms(clients).send(touch(business=other))
    sent_by = twilio.calls[0].request.headers["Authorization"]
    assert sent_by == requests.auth._basic_auth_str("AC" + "1" * 32, "other-token")


# ---------------------------------------------------------------- what refusals mean


@pytest.mark.parametrize(
    ("status", "code", "fault", "effect"),
    [
        (400, 21610, Fault.REFUSED, Effect.OPTED_OUT),
        (400, 21614, Fault.REFUSED, Effect.NOT_TEXTABLE),
        (400, 21635, Fault.REFUSED, Effect.NOT_TEXTABLE),
        (400, 30006, Fault.REFUSED, Effect.NOT_TEXTABLE),
        (400, 21211, Fault.REFUSED, Effect.INVALID),
        (400, 21408, Fault.REFUSED, Effect.ALERT),
        (400, 30450, Fault.REFUSED, Effect.ALERT),
        (400, 30034, Fault.REFUSED, Effect.HOLD_SENDER),
        (400, 30032, Fault.REFUSED, Effect.HOLD_SENDER),
        (400, 21659, Fault.REFUSED, Effect.HOLD_SENDER),
        (400, 30007, Fault.REFUSED, Effect.HOLD_TEMPLATE),
        (401, 20003, Fault.REFUSED, Effect.ALERT),
        (403, None, Fault.REFUSED, Effect.ALERT),
        (400, 21999, Fault.REFUSED, Effect.NONE),
        (429, 20429, Fault.NOT_SENT, Effect.NONE),
        (429, None, Fault.NOT_SENT, Effect.NONE),
        (400, 21611, Fault.NOT_SENT, Effect.NONE),
        (408, None, Fault.DOUBTFUL, Effect.NONE),
        (500, 20500, Fault.DOUBTFUL, Effect.NONE),
        (503, None, Fault.DOUBTFUL, Effect.NONE),
        (301, None, Fault.REFUSED, Effect.NONE),
    ],
)
def test_a_refusal_carries_the_decision(
    sms: TwilioSms,
    twilio: responses.RequestsMock,
    status: int,
    code: int | None,
    fault: Fault,
    effect: Effect,
) -> None:
    refused(twilio, status, code)
    with pytest.raises(ChannelError) as caught:
        sms.send(touch())
    assert (caught.value.fault, caught.value.effect) == (fault, effect)
    assert caught.value.code == (str(code) if code else f"http_{status}")
    assert len(twilio.calls) == 1, "a send is never repeated here"


@pytest.mark.parametrize(("header", "seconds"), [({"Retry-After": "7"}, 7), ({}, 5), ({"Retry-After": "soon"}, 5)])
def test_a_busy_twilio_says_when_to_come_again(
    sms: TwilioSms, twilio: responses.RequestsMock, header: dict[str, str], seconds: int
) -> None:
    refused(twilio, 429, 20429, **header)
    with pytest.raises(ChannelError) as caught:
        sms.send(touch())
    assert caught.value.retry_after == timedelta(seconds=seconds)


def test_what_a_person_must_do_is_said(sms: TwilioSms, twilio: responses.RequestsMock) -> None:
    refused(twilio, 401, 20003)
    with pytest.raises(ChannelError, match="error 20003") as caught:
        sms.send(touch())
    assert "auth_token" in caught.value.remedy


def test_no_message_holds_a_phone_number(sms: TwilioSms, twilio: responses.RequestsMock) -> None:
    refused(twilio, 400, 21999)
    with pytest.raises(ChannelError) as caught:
        sms.send(touch())
    assert "No luck with" in str(caught.value)
    assert THEIRS not in str(caught.value)
    assert THEIRS[1:] not in str(caught.value)


def test_a_problem_document_is_understood_too(sms: TwilioSms, twilio: responses.RequestsMock) -> None:
    problem = {"type": "x", "title": "Blocked", "status": 400, "code": 21610, "detail": "unsubscribed"}
    twilio.post(MESSAGES, json=problem, status=400)
    with pytest.raises(ChannelError, match="unsubscribed") as caught:
        sms.send(touch())
    assert caught.value.effect is Effect.OPTED_OUT


# ---------------------------------------------------------------- what no answer means


def wrapped(reason: Exception) -> requests.ConnectionError:
    return requests.ConnectionError(urllib3.exceptions.MaxRetryError(urllib3.PoolManager(), "/x", reason))  # type: ignore[arg-type]


RESET = urllib3.exceptions.ProtocolError("aborted", ConnectionResetError())
REFUSED = urllib3.exceptions.NewConnectionError(urllib3.connection.HTTPConnection("x"), "refused")
NO_HOST = urllib3.exceptions.NameResolutionError("x", urllib3.connection.HTTPConnection("x"), OSError())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("failure", "fault"),
    [
        (requests.ConnectTimeout(), Fault.NOT_SENT),
        (wrapped(REFUSED), Fault.NOT_SENT),
        (wrapped(NO_HOST), Fault.NOT_SENT),
        (wrapped(urllib3.exceptions.ProxyError("no proxy", REFUSED)), Fault.NOT_SENT),
        (requests.ReadTimeout(), Fault.DOUBTFUL),
        (requests.ConnectionError(RESET), Fault.DOUBTFUL),
        (requests.exceptions.ChunkedEncodingError(), Fault.DOUBTFUL),
        (requests.exceptions.SSLError(), Fault.DOUBTFUL),
    ],
)
def test_only_what_surely_never_left_may_be_sent_again(
    sms: TwilioSms, twilio: responses.RequestsMock, failure: Exception, fault: Fault
) -> None:
    twilio.post(MESSAGES, body=failure)
    with pytest.raises(ChannelError) as caught:
        sms.send(touch())
    assert caught.value.fault is fault
    assert (caught.value.retry_after is not None) == (fault is Fault.NOT_SENT)


@pytest.mark.parametrize("body", ["<html>gateway</html>", "[]", "{}", '{"sid": null}'])
def test_an_answer_that_is_no_message_is_doubtful(sms: TwilioSms, twilio: responses.RequestsMock, body: str) -> None:
    twilio.post(MESSAGES, body=body, status=201)
    with pytest.raises(ChannelError) as caught:
        sms.send(touch())
    assert (caught.value.fault, caught.value.code) == (Fault.DOUBTFUL, "unreadable")


def test_without_a_twilio_section_nothing_is_sent(sms: TwilioSms) -> None:
    with pytest.raises(ChannelError, match="no twilio section") as caught:
        sms.send(touch(business=business(twilio=None)))
    assert (caught.value.fault, caught.value.effect) == (Fault.REFUSED, Effect.ALERT)


# ---------------------------------------------------------------- find


def found(sms: TwilioSms, twilio: responses.RequestsMock, *messages: dict[str, Any]) -> Found:
    twilio.get(MESSAGES, json=listed(*messages))
    return sms.find(touch()).found


def test_a_message_that_is_still_queued_is_found(sms: TwilioSms, twilio: responses.RequestsMock) -> None:
    twilio.get(MESSAGES, json=listed(message(sid="SM7", status="sent", date_sent=format_datetime(NOW))))
    finding = sms.find(touch())
    assert finding.found is Found.YES
    assert finding.accepted is not None
    assert (finding.accepted.provider_id, finding.accepted.state) == ("SM7", "sent")
    asked = twilio.calls[0].request.url or ""
    assert "DateSent" not in asked, "a queued message has no DateSent"


def test_a_trial_accounts_prefix_does_not_hide_it(sms: TwilioSms, twilio: responses.RequestsMock) -> None:
    prefixed = "Sent from your Twilio trial account - " + touch().body
    assert found(sms, twilio, message(body=prefixed)) is Found.YES


def test_twilios_clock_counts_whole_seconds_and_may_lag(sms: TwilioSms, twilio: responses.RequestsMock) -> None:
    lagging = format_datetime(NOW - timedelta(seconds=20))
    assert found(sms, twilio, message(date_created=lagging)) is Found.YES


@pytest.mark.parametrize(
    "other",
    [
        {"direction": "inbound"},
        {"body": "Something else"},
        {"date_created": format_datetime(NOW - timedelta(minutes=5))},
    ],
)
def test_another_message_is_not_taken_for_it(
    sms: TwilioSms, twilio: responses.RequestsMock, other: dict[str, str]
) -> None:
    assert found(sms, twilio, message(**other)) is Found.NO


def test_no_is_said_only_when_twilio_answered(sms: TwilioSms, twilio: responses.RequestsMock) -> None:
    assert found(sms, twilio) is Found.NO


@pytest.mark.parametrize("status", [401, 429, 500, 503])
def test_a_twilio_that_refuses_cannot_tell(sms: TwilioSms, twilio: responses.RequestsMock, status: int) -> None:
    twilio.get(MESSAGES, json={"code": 20000 + status, "message": "no"}, status=status)
    assert sms.find(touch()).found is Found.CANNOT_TELL


@pytest.mark.parametrize("body", [requests.ReadTimeout(), requests.ConnectTimeout(), "<html>", '{"a": 1}'])
def test_a_twilio_that_does_not_answer_cannot_tell(sms: TwilioSms, twilio: responses.RequestsMock, body: Any) -> None:
    twilio.get(MESSAGES, body=body)
    assert sms.find(touch()).found is Found.CANNOT_TELL


def test_without_an_account_nobody_can_be_asked(sms: TwilioSms) -> None:
    assert sms.find(touch(business=business(twilio=None))).found is Found.CANNOT_TELL


def test_a_text_cannot_be_called_back(sms: TwilioSms) -> None:
    assert sms.stop(business(), "SM1") is False


def test_the_lease_outlasts_a_send(sms: TwilioSms) -> None:
    assert sms.longest_send == timedelta(seconds=15)


def test_the_sdk_is_not_loaded_before_it_is_needed() -> None:
    import subprocess
    import sys

    rooms = "twilio.sms twilio.webhooks twilio.log twilio.signature twilio.twiml twilio.probe"
    rooms += " retell.voice retell.webhooks retell.agent"
    look = (
        "import sys, importlib\n"
        f"for room in {rooms.split()}: importlib.import_module('sidecar.channels.' + room)\n"
        "print([sdk for sdk in ('twilio', 'retell', 'requests', 'httpx', 'stamina') if sdk in sys.modules])"
    )
    seen = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert seen.stdout.strip() == "[]"


def test_error_texts_of_the_table_are_short_and_say_what_to_do() -> None:
    from sidecar.channels.twilio.errors import MEANINGS

    asking = {Effect.ALERT, Effect.HOLD_SENDER, Effect.HOLD_TEMPLATE}
    for code, meaning in MEANINGS.items():
        assert bool(meaning.remedy) == (meaning.effect in asking), code
        assert not re.search(r"[.!]$", meaning.remedy), code
    assert json.dumps(sorted(MEANINGS))
