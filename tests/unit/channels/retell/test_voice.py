from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from sidecar.channels.port import ChannelError, Effect, Fault, Found
from sidecar.channels.retell.voice import RetellVoice
from sidecar.config.business import Retell
from tests.unit.channels.example import NOW, OURS, THEIRS, business, touch

if TYPE_CHECKING:
    from sidecar.channels.port import Outgoing
    from sidecar.channels.retell.client import RetellClients
    from tests.unit.channels.retell.conftest import Network


@pytest.fixture
def voice(clients: RetellClients) -> RetellVoice:
    return RetellVoice(clients)


def call(call_id: str = "call_1", **changes: Any) -> dict[str, Any]:
    return {
        "call_id": call_id,
        "call_type": "phone_call",
        "call_status": "registered",
        "agent_id": "agent_1",
        "agent_version": 0,
        "direction": "outbound",
        "from_number": OURS,
        "to_number": THEIRS,
        "metadata": {"touch_id": "tch_1"},
        **changes,
    }


def ringing(**changes: Any) -> Outgoing:
    return touch(step="callback", sender="", body="", agent="callback", attempt=2, **changes)


def refusal(status: int, **headers: str) -> httpx.Response:
    said = {"status": "error", "message": f"No luck with {THEIRS} today"}
    return httpx.Response(status, json=said, headers=headers)


def page(*calls: dict[str, Any], more: str | None = None) -> httpx.Response:
    return httpx.Response(200, json={"items": list(calls), "has_more": more is not None, "pagination_key": more})


def test_a_call_is_placed_with_all_that_finds_it_again(voice: RetellVoice, network: Network) -> None:
    network.will(httpx.Response(201, json=call()))

    accepted = voice.send(ringing(variables={"first_name": "Priya", "deal_stage": "Quote sent"}))

    assert (accepted.provider_id, accepted.state) == ("call_1", "accepted")
    assert network.body() == {
        "from_number": OURS,
        "to_number": THEIRS,
        "override_agent_id": "agent_1",
        "idempotency_key": "tch_1",
        "metadata": {
            "touch_id": "tch_1",
            "sequence_id": "seq_1",
            "step": "callback",
            "attempt": "2",
            "business": "smith-plumbing",
        },
        "retell_llm_dynamic_variables": {
            "script": "known",
            "first_name": "Priya",
            "deal_stage": "Quote sent",
        },
    }
    assert network.requests[0].headers["authorization"] == "Bearer key_retell"


@pytest.mark.parametrize("variables", [{}, {"first_name": ""}, {"deal_stage": "Won"}])
def test_a_caller_whose_name_is_not_certain_hears_the_generic_script(
    voice: RetellVoice, network: Network, variables: dict[str, str]
) -> None:
    network.will(httpx.Response(201, json=call()))
    voice.send(ringing(variables=variables))
    assert network.body()["retell_llm_dynamic_variables"]["script"] == "generic"


def test_variables_are_text_to_text(voice: RetellVoice, network: Network) -> None:
    network.will(httpx.Response(201, json=call()))
    voice.send(ringing(variables={"visits": 3, "script": "known"}))
    assert network.body()["retell_llm_dynamic_variables"] == {"script": "known", "visits": "3"}


def test_a_touchs_own_sender_wins(voice: RetellVoice, network: Network) -> None:
    network.will(httpx.Response(201, json=call()))
    voice.send(touch(sender="+441174960009"))
    assert network.body()["from_number"] == "+441174960009"


def test_businesses_share_connections_but_not_keys(clients: RetellClients, network: Network) -> None:
    other = business(id="other", retell=Retell("key_other", "agent_2", OURS, base_url="http://retell.example/v"))
    assert clients.of(business()) is clients.of(business())
    network.will(httpx.Response(201, json=call()))
    RetellVoice(clients).send(ringing(business=other))
    assert network.requests[0].headers["authorization"] == "Bearer key_other"
    assert str(network.requests[0].url) == "http://retell.example/v/v2/create-phone-call"


@pytest.mark.parametrize(
    ("status", "fault", "effect"),
    [
        (400, Fault.REFUSED, Effect.ALERT),
        (401, Fault.REFUSED, Effect.ALERT),
        (402, Fault.REFUSED, Effect.ALERT),
        (404, Fault.REFUSED, Effect.ALERT),
        (422, Fault.REFUSED, Effect.ALERT),
        (429, Fault.NOT_SENT, Effect.NONE),
        (408, Fault.DOUBTFUL, Effect.NONE),
        (409, Fault.DOUBTFUL, Effect.NONE),
        (500, Fault.DOUBTFUL, Effect.NONE),
        (503, Fault.DOUBTFUL, Effect.NONE),
    ],
)
def test_a_refusal_carries_the_decision(
    voice: RetellVoice, network: Network, status: int, fault: Fault, effect: Effect
) -> None:
    network.will(refusal(status))
    with pytest.raises(ChannelError) as caught:
        voice.send(ringing())
    assert (caught.value.fault, caught.value.effect, caught.value.code) == (fault, effect, f"http_{status}")
    assert bool(caught.value.remedy) == (effect is Effect.ALERT)
    assert THEIRS not in str(caught.value)
    assert len(network.requests) == 1, "a call is never placed again here"


@pytest.mark.parametrize(("header", "seconds"), [({"Retry-After": "7"}, 7), ({}, 30)])
def test_a_busy_retell_says_when_to_come_again(
    voice: RetellVoice, network: Network, header: dict[str, str], seconds: int
) -> None:
    network.will(refusal(429, **header))
    with pytest.raises(ChannelError) as caught:
        voice.send(ringing())
    assert caught.value.retry_after == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("failure", "fault"),
    [
        (httpx.ConnectError("refused"), Fault.NOT_SENT),
        (httpx.ConnectTimeout("slow"), Fault.NOT_SENT),
        (httpx.PoolTimeout("full"), Fault.NOT_SENT),
        (httpx.ReadTimeout("slow"), Fault.DOUBTFUL),
        (httpx.WriteTimeout("slow"), Fault.DOUBTFUL),
        (httpx.ReadError("reset"), Fault.DOUBTFUL),
        (httpx.RemoteProtocolError("closed"), Fault.DOUBTFUL),
    ],
)
def test_only_what_surely_never_left_may_be_sent_again(
    voice: RetellVoice, network: Network, failure: Exception, fault: Fault
) -> None:
    network.will(failure)
    with pytest.raises(ChannelError) as caught:
        voice.send(ringing())
    assert caught.value.fault is fault
    assert (caught.value.retry_after is not None) == (fault is Fault.NOT_SENT)
    assert len(network.requests) == 1


@pytest.mark.parametrize("answer", ["<html>gateway</html>", "[]", "{}"])
def test_an_answer_that_is_no_call_is_doubtful(voice: RetellVoice, network: Network, answer: str) -> None:
    network.will(httpx.Response(201, text=answer, headers={"content-type": "application/json"}))
    with pytest.raises(ChannelError) as caught:
        voice.send(ringing())
    assert caught.value.fault is Fault.DOUBTFUL


@pytest.mark.parametrize(
    "retell", [None, Retell("key", agent_id="", from_number=OURS), Retell("key", agent_id="agent_1")]
)
def test_without_an_agent_or_a_number_nothing_rings(voice: RetellVoice, retell: Retell | None) -> None:
    with pytest.raises(ChannelError) as caught:
        voice.send(ringing(business=business(retell=retell)))
    assert (caught.value.fault, caught.value.effect) == (Fault.REFUSED, Effect.ALERT)
    assert caught.value.remedy


# ---------------------------------------------------------------- find


def test_a_call_is_found_by_its_metadata(voice: RetellVoice, network: Network) -> None:
    network.will(page(call("call_7")))
    finding = voice.find(ringing())
    assert finding.found is Found.YES
    assert finding.accepted is not None
    assert finding.accepted.provider_id == "call_7"
    assert network.body() == {
        "filter_criteria": {"metadata": [{"key": "touch_id", "type": "string", "op": "eq", "value": "tch_1"}]},
        "sort_order": "descending",
        "limit": 50,
    }


def test_the_filter_is_not_taken_on_trust(voice: RetellVoice, network: Network) -> None:
    others = [call("call_1", metadata={"touch_id": "tch_2"}), call("call_2", metadata=None)]
    network.will(page(*others, more="next"), page(call("call_3")))
    finding = voice.find(ringing())
    assert finding.accepted is not None
    assert finding.accepted.provider_id == "call_3"
    assert network.body()["pagination_key"] == "next"


def test_no_is_said_only_when_every_page_was_read(voice: RetellVoice, network: Network) -> None:
    network.will(page())
    assert voice.find(ringing()).found is Found.NO
    network.will(*[page(call(metadata={}), more=str(number)) for number in range(4)])
    assert voice.find(ringing()).found is Found.CANNOT_TELL


@pytest.mark.parametrize("answer", [refusal(401), refusal(429), refusal(503), httpx.ReadTimeout("slow")])
def test_a_retell_that_does_not_answer_cannot_tell(
    voice: RetellVoice, network: Network, answer: httpx.Response | Exception
) -> None:
    network.will(answer)
    assert voice.find(ringing()).found is Found.CANNOT_TELL


@pytest.mark.parametrize("answer", [{"json": {}}, {"json": []}, {"html": "<html>gateway</html>"}])
def test_a_list_that_cannot_be_read_cannot_tell(voice: RetellVoice, network: Network, answer: dict[str, Any]) -> None:
    network.will(httpx.Response(200, **answer))
    assert voice.find(ringing()).found is Found.CANNOT_TELL


def test_without_an_account_nobody_can_be_asked(voice: RetellVoice) -> None:
    assert voice.find(ringing(business=business(retell=None))).found is Found.CANNOT_TELL


# ---------------------------------------------------------------- stop


def test_a_ringing_call_is_stopped(voice: RetellVoice, network: Network) -> None:
    network.will(httpx.Response(204))
    assert voice.stop(business(), "call_1") is True
    assert network.paths() == ["POST /v2/stop-call/call_1"]


@pytest.mark.parametrize("answer", [refusal(400), refusal(422), refusal(500), httpx.ReadTimeout("slow")])
def test_what_was_not_stopped_is_not_called_stopped(
    voice: RetellVoice, network: Network, answer: httpx.Response | Exception
) -> None:
    network.will(answer)
    assert voice.stop(business(), "call_1") is False
    assert len(network.requests) == 1


def test_nothing_can_be_stopped_without_an_account_or_a_call(voice: RetellVoice) -> None:
    assert voice.stop(business(retell=None), "call_1") is False
    assert voice.stop(business(), "") is False


def test_the_lease_outlasts_a_call(voice: RetellVoice) -> None:
    assert voice.longest_send == timedelta(seconds=15)
    assert ringing().intended_at == NOW
