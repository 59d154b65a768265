from __future__ import annotations

import pytest
from twilio.request_validator import RequestValidator

from sidecar.sandbox.signing import retell_signature, twilio_signature


@pytest.mark.parametrize(
    "form", [{}, {"b": "2", "a": "1"}, {"Body": "Grüße & £5", "From": "+447700900123"}, {"CallSid": ""}]
)
def test_twilios_validator_accepts_our_signature(form: dict[str, str]) -> None:
    url = "https://recovery.example.com/twilio/sms?touch=t_1&x=%20"
    validator = RequestValidator("token")

    assert validator.validate(url, form, twilio_signature("token", url, form))
    assert not validator.validate(url, form, twilio_signature("other", url, form))
    assert not validator.validate(url + "1", form, twilio_signature("token", url, form))


def test_retells_signature_covers_body_and_time() -> None:
    one = retell_signature("key", '{"event":"call_ended"}', 1_795_000_000_000)

    assert one.startswith("v=1795000000000,d=")
    assert len(one.partition("d=")[2]) == 64
    assert len({one, retell_signature("key", "{}", 1_795_000_000_000), retell_signature("yek", "{}", 1)}) == 3
