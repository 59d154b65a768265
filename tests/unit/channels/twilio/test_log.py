from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

import pytest
from responses import matchers

from sidecar.channels.twilio.errors import RefusedError, TwilioError
from sidecar.channels.twilio.log import TwilioLog
from sidecar.channels.twilio.probe import probe
from sidecar.config.business import Flow, Number, Twilio
from tests.unit.channels.example import ACCOUNT_SID, NOW, OURS, STAFF, THEIRS, business

if TYPE_CHECKING:
    from responses import RequestsMock

    from sidecar.channels.twilio.client import TwilioClients

ROOT = f"https://api.twilio.com/2010-04-01/Accounts/{ACCOUNT_SID}"
SINCE = NOW - timedelta(minutes=10)
RINGS = Number(OURS, ring=(STAFF,))
FORWARDED = Number(OURS, mode="forwarded")


@pytest.fixture
def log(clients: TwilioClients, _no_waiting: None) -> TwilioLog:
    return TwilioLog(clients)


def call(sid: str = "CA1", status: str = "no-answer", **changes: Any) -> dict[str, Any]:
    return {
        "sid": sid,
        "status": status,
        "direction": "inbound",
        "from": THEIRS,
        "to": OURS,
        "duration": "0",
        "date_created": format_datetime(NOW),
        "start_time": format_datetime(NOW),
        "end_time": format_datetime(NOW + timedelta(seconds=18)),
        "parent_call_sid": None,
        **changes,
    }


def page(key: str, *items: dict[str, Any]) -> dict[str, Any]:
    return {key: list(items), "page": 0, "page_size": 100, "next_page_uri": None}


def calls(twilio: RequestsMock, *items: dict[str, Any]) -> None:
    query = {"To": OURS}
    twilio.get(
        f"{ROOT}/Calls.json",
        json=page("calls", *items),
        match=[matchers.query_param_matcher(query, strict_match=False)],
    )


def legs(twilio: RequestsMock, parent: str, *items: dict[str, Any]) -> None:
    twilio.get(
        f"{ROOT}/Calls.json",
        json=page("calls", *items),
        match=[matchers.query_param_matcher({"ParentCallSid": parent}, strict_match=False)],
    )


def leg(status: str) -> dict[str, Any]:
    return call("CA2", status, direction="outbound-dial", parent_call_sid="CA1", to=STAFF)


# ---------------------------------------------------------------- calls


def test_a_missed_call_is_recovered_whole(log: TwilioLog, twilio: RequestsMock) -> None:
    calls(twilio, call(forwarded_from="+441174960002", caller_name=""))
    (report,) = log.calls_since(business(), [RINGS], SINCE)
    assert (report.call_id, report.provider, report.to, report.caller) == ("CA1", "twilio", OURS, THEIRS)
    assert (report.status, report.forwarded_from, report.caller_name) == ("no-answer", "+441174960002", None)
    assert (report.started_at, report.ended_at) == (NOW, NOW + timedelta(seconds=18))
    assert (report.ring_seconds, report.dial_status) == (18, None)


@pytest.mark.parametrize(
    "other",
    [
        call(status="ringing"),
        call(status="in-progress"),
        call(direction="outbound-api"),
        call(direction="outbound-dial"),
        call(start_time=format_datetime(SINCE - timedelta(seconds=1))),
    ],
)
def test_what_is_not_an_ended_call_to_us_in_that_time_is_left_out(
    log: TwilioLog, twilio: RequestsMock, other: dict[str, Any]
) -> None:
    calls(twilio, other)
    assert log.calls_since(business(), [RINGS], SINCE) == []


@pytest.mark.parametrize(
    ("ends", "dial_status"),
    [
        (["completed"], "completed"),
        (["no-answer", "completed", "busy"], "completed"),
        (["no-answer", "busy"], "busy"),
        (["canceled", "no-answer"], "no-answer"),
        (["canceled"], "canceled"),
        ([], "failed"),
    ],
)
def test_an_answered_parent_is_judged_by_the_legs_to_staff(
    log: TwilioLog, twilio: RequestsMock, ends: list[str], dial_status: str
) -> None:
    calls(twilio, call(status="completed", duration="60"))
    legs(twilio, "CA1", *map(leg, ends))
    (report,) = log.calls_since(business(), [RINGS], SINCE)
    assert (report.dial_status, report.accepted, report.ring_seconds) == (dial_status, None, None)
    assert report.bridged is (True if ends else None)


def test_a_parent_that_never_answered_was_never_bridged(log: TwilioLog, twilio: RequestsMock) -> None:
    calls(twilio, call(status="completed", duration="0"))
    legs(twilio, "CA1", leg("completed"))
    assert log.calls_since(business(), [RINGS], SINCE)[0].bridged is False


def test_legs_are_not_asked_for_where_they_tell_nothing(log: TwilioLog, twilio: RequestsMock) -> None:
    calls(twilio, call(status="completed"), call("CA3", "busy"))
    assert [report.dial_status for report in log.calls_since(business(), [FORWARDED], SINCE)] == [None, None]
    assert len(twilio.calls) == 1


def test_a_call_that_is_known_costs_no_second_look(log: TwilioLog, twilio: RequestsMock) -> None:
    calls(twilio, call(status="completed"))
    assert log.calls_since(business(), [RINGS], SINCE, known=lambda _: {"CA1"}) == []
    assert len(twilio.calls) == 1


def test_reads_are_repeated_while_twilio_is_busy(log: TwilioLog, twilio: RequestsMock) -> None:
    twilio.get(f"{ROOT}/Calls.json", json={"message": "down"}, status=503)
    twilio.get(f"{ROOT}/Calls.json", json={"message": "slow down", "code": 20429}, status=429)
    twilio.get(f"{ROOT}/Calls.json", json=page("calls", call()))
    assert len(log.calls_since(business(), [FORWARDED], SINCE)) == 1


def test_reads_end_after_three_times(log: TwilioLog, twilio: RequestsMock) -> None:
    twilio.get(f"{ROOT}/Calls.json", json={"message": "down"}, status=503)
    with pytest.raises(RefusedError):
        log.calls_since(business(), [FORWARDED], SINCE)
    assert len(twilio.calls) == 3


def test_a_refusal_is_not_asked_again(log: TwilioLog, twilio: RequestsMock) -> None:
    twilio.get(f"{ROOT}/Calls.json", json={"message": "no", "code": 20003}, status=401)
    with pytest.raises(TwilioError, match="20003"):
        log.calls_since(business(), [FORWARDED], SINCE)
    assert len(twilio.calls) == 1


# ---------------------------------------------------------------- messages


def text(**changes: Any) -> dict[str, Any]:
    return {
        "sid": "SM1",
        "direction": "inbound",
        "status": "received",
        "from": THEIRS,
        "to": OURS,
        "body": "Hello",
        "date_sent": format_datetime(NOW),
        "date_created": format_datetime(NOW),
        "num_media": "1",
        **changes,
    }


def test_a_text_is_recovered_whole(log: TwilioLog, twilio: RequestsMock) -> None:
    twilio.get(f"{ROOT}/Messages.json", json=page("messages", text(), text(sid="SM2", body="stop")))
    hello, stop = log.messages_since(business(), [RINGS], SINCE)
    assert (hello.message_id, hello.sender, hello.to, hello.body) == ("SM1", THEIRS, OURS, "Hello")
    assert (hello.at, hello.media, hello.vendor_intent) == (NOW, 1, None)
    assert (stop.vendor_intent, stop.vendor_answered) == ("opt_out", True)


def test_our_own_and_older_texts_are_left_out(log: TwilioLog, twilio: RequestsMock) -> None:
    older = format_datetime(SINCE - timedelta(seconds=1))
    ours = text(direction="outbound-api")
    twilio.get(f"{ROOT}/Messages.json", json=page("messages", ours, text(date_sent=older)))
    assert log.messages_since(business(), [RINGS], SINCE) == []


# ---------------------------------------------------------------- probe

PUBLIC = "https://recovery.example.com"


def owned(**changes: Any) -> dict[str, Any]:
    return {
        "phone_number": OURS,
        "capabilities": {"sms": True, "voice": True},
        "sms_url": f"{PUBLIC}/twilio/sms",
        "voice_url": f"{PUBLIC}/twilio/voice",
        "status_callback": f"{PUBLIC}/twilio/call-status",
        **changes,
    }


def probed(
    clients: TwilioClients,
    twilio: RequestsMock,
    *numbers: dict[str, Any],
    flow: Flow | None = None,
    status: str = "active",
) -> list[tuple[bool, str, str]]:
    twilio.get(f"{ROOT}.json", json={"sid": ACCOUNT_SID, "status": status})
    twilio.get(f"{ROOT}/IncomingPhoneNumbers.json", json=page("incoming_phone_numbers", *numbers))
    return [tuple(finding) for finding in probe(clients, business(flow=flow), PUBLIC + "/")]  # type: ignore[misc]


def test_all_is_well(clients: TwilioClients, twilio: RequestsMock) -> None:
    findings = probed(clients, twilio, owned())
    assert len(findings) == 6
    assert all(ok for ok, _, _ in findings)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sms_url": ""}, "/twilio/sms"),
        ({"status_callback": "https://old.example.com/x?key=secret"}, "/twilio/call-status"),
        ({"voice_url": "https://old.example.com"}, "/twilio/voice"),
        ({"capabilities": {"sms": False}}, "text_from"),
    ],
)
def test_what_is_wrong_with_a_number_is_said_with_the_remedy(
    clients: TwilioClients, twilio: RequestsMock, changes: dict[str, Any], said: str
) -> None:
    (bad,) = [finding for finding in probed(clients, twilio, owned(**changes)) if not finding[0]]
    assert said in bad[2]
    assert "secret" not in bad[1]
    assert OURS not in bad[1]


def test_a_flows_own_voice_webhook_is_as_it_should_be(clients: TwilioClients, twilio: RequestsMock) -> None:
    n8n = owned(voice_url="https://n8n.example.com/webhook/missed")
    assert all(ok for ok, _, _ in probed(clients, twilio, n8n, flow=Flow("n8n")))


def test_a_number_of_somebody_else_is_found_out(clients: TwilioClients, twilio: RequestsMock) -> None:
    findings = probed(clients, twilio)
    assert [ok for ok, _, _ in findings] == [True, False]
    assert "does not belong" in findings[1][1]


def test_a_suspended_account_is_found_out(clients: TwilioClients, twilio: RequestsMock) -> None:
    assert probed(clients, twilio, owned(), status="suspended")[0][0] is False


def test_wrong_credentials_are_one_finding_with_a_remedy(clients: TwilioClients, twilio: RequestsMock) -> None:
    twilio.get(f"{ROOT}.json", json={"code": 20003, "message": "Authenticate"}, status=401)
    (finding,) = probe(clients, business(), PUBLIC)
    assert not finding.ok
    assert "auth_token" in finding.remedy


def test_no_account_is_one_finding_with_a_remedy(clients: TwilioClients) -> None:
    (finding,) = probe(clients, business(twilio=None), PUBLIC)
    assert "account_sid" in finding.remedy


def test_secrets_do_not_show(clients: TwilioClients) -> None:
    assert "hush" not in repr(business(twilio=Twilio(ACCOUNT_SID, "hush")))
