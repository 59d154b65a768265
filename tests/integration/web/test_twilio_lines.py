"""The client's telephone works when our database does not, and what is lost meanwhile is known in the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import OperationalError

from tests.integration.web.conftest import ACME, CALLER, FORWARDED
from tests.integration.web.test_twilio_hooks import SID, call, state
from tests.support.house import STAFF

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.integration.web.conftest import Web

LEG = {"CallSid": "CA" + "2" * 32, "ParentCallSid": SID, "From": CALLER, "To": STAFF, "CallStatus": "in-progress"}


@pytest.fixture
def no_store(web: Web, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    def down(*_: object, **__: object) -> None:
        raise OperationalError("BEGIN", {}, Exception("no connection"))

    with monkeypatch.context() as broken:
        broken.setattr(type(web.sidecar.store), "write", down)
        yield broken


def test_callers_are_put_through_while_the_store_is_down(web: Web, no_store: pytest.MonkeyPatch) -> None:
    assert f">{STAFF}</Number>" in web.twilio("voice", call()).text
    assert "<Reject" in web.twilio("voice", call(To=FORWARDED)).text
    assert "Press 1" in web.twilio("whisper?business=acme", LEG).text
    assert web.twilio("whisper?business=acme", LEG | {"Digits": "1"}).text.endswith("<Response />")
    assert "<Hangup" in web.twilio("whisper?business=acme", LEG | {"Digits": "5"}).text
    over = call(DialCallStatus="completed", DialBridged="true")
    assert web.twilio("dial-result?business=acme", over).status_code >= 500
    no_store.undo()
    web.twilio("dial-result?business=acme", over)
    assert state(web)[0] == "answered", "who was connected had pressed 1"


def test_a_press_about_a_call_that_could_not_be_recorded_still_connects(web: Web) -> None:
    assert web.twilio("whisper?business=acme", LEG | {"Digits": "1"}).text.endswith("<Response />")


@pytest.mark.parametrize("sender", ["VODAFONE", "88222"])
def test_a_text_from_no_phone_is_taken_and_passed_over(web: Web, sender: str) -> None:
    answer = web.twilio("sms", {"MessageSid": "SM1", "From": sender, "To": ACME, "Body": "Your bill", "NumMedia": "0"})
    assert (answer.status_code, answer.text.endswith("<Response />")) == (200, True)
    assert web.rows() == 0
