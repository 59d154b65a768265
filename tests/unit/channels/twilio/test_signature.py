from __future__ import annotations

import hashlib

import pytest
from twilio.request_validator import RequestValidator

from sidecar.channels.twilio.signature import verify

TOKEN = "12345"
# The worked example of Twilio's documentation (twilio.com/docs/usage/security).
URL = "https://example.com/myapp.php?foo=1&bar=2"
FORM = [
    ("CallSid", "CA1234567890ABCDE"),
    ("Caller", "+12125550101"),
    ("Digits", "1234"),
    ("From", "+12125550101"),
    ("To", "+12125550102"),
]


def signed(url: str = URL, form: list[tuple[str, str]] | None = None, token: str = TOKEN) -> str:
    pairs = FORM if form is None else form
    return str(RequestValidator(token).compute_signature(url, dict(pairs)))


def test_a_genuine_post_passes() -> None:
    assert verify(TOKEN, URL, FORM, signed())


@pytest.mark.parametrize(
    ("token", "url", "form", "signature"),
    [
        ("other", URL, FORM, signed()),
        (TOKEN, URL + "&x=1", FORM, signed()),
        (TOKEN, URL.replace("https", "http"), FORM, signed()),
        (TOKEN, URL, [*FORM, ("Body", "STOP")], signed()),
        (TOKEN, URL, FORM[:-1], signed()),
        (TOKEN, URL, [*FORM[:-1], ("To", "+12125550199")], signed()),
        (TOKEN, URL, FORM, ""),
        (TOKEN, URL, FORM, "bm9wZQ=="),
        (TOKEN, URL, FORM, "näh"),
        ("", URL, FORM, signed(token="")),
    ],
)
def test_anything_else_does_not(token: str, url: str, form: list[tuple[str, str]], signature: str) -> None:
    assert not verify(token, url, form, signature)


def test_a_repeated_name_counts_with_all_its_values() -> None:
    class Multi(dict[str, list[str]]):
        def getlist(self, name: str) -> list[str]:
            return self[name]

    form = [("MediaUrl", "https://b.example/2"), ("MediaUrl", "https://a.example/1"), ("To", "+12125550102")]
    multi = Multi({"MediaUrl": ["https://a.example/1", "https://b.example/2"], "To": ["+12125550102"]})
    signature = str(RequestValidator(TOKEN).compute_signature(URL, multi))
    assert verify(TOKEN, URL, form, signature)
    assert not verify(TOKEN, URL, form[1:], signature)


def test_twilio_may_sign_the_port_or_leave_it_out() -> None:
    with_port = URL.replace("example.com", "example.com:443")
    assert verify(TOKEN, URL, FORM, signed(with_port))
    assert verify(TOKEN, with_port, FORM, signed())


def test_a_json_body_is_bound_by_its_hash() -> None:
    raw = '{"hello": "wörld"}'.encode()
    url = f"{URL}&bodySHA256={hashlib.sha256(raw).hexdigest()}"
    signature = signed(url, [])
    assert verify(TOKEN, url, [], signature, raw_body=raw, content_type="application/json; charset=utf-8")
    assert not verify(TOKEN, url, [], signature, raw_body=raw + b" ", content_type="application/json")
    assert not verify(TOKEN, url, [], signature, raw_body=b"\xff", content_type="application/json")


def test_a_json_body_without_a_hash_is_not_taken_on_trust() -> None:
    assert not verify(TOKEN, URL, [], signed(URL, []), raw_body=b"{}", content_type="application/json")


def test_a_url_that_cannot_be_taken_apart_is_refused() -> None:
    assert not verify(TOKEN, "https://example.com:port/", FORM, signed())
