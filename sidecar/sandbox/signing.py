"""The vendors' public signature algorithms, from the side of the one who signs."""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def twilio_signature(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """``X-Twilio-Signature``: base64 of HMAC-SHA1 over the URL followed by the sorted names and values."""
    text = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(auth_token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def retell_signature(api_key: str, raw_body: str, at_ms: int) -> str:
    """``x-retell-signature``: ``v=<ms>,d=<hex HMAC-SHA256 over the raw body followed by the ms>``."""
    digest = hmac.new(api_key.encode(), f"{raw_body}{at_ms}".encode(), hashlib.sha256).hexdigest()
    return f"v={at_ms},d={digest}"


def hubspot_signature(client_secret: str, url: str, raw_body: str, at_ms: int) -> str:
    """``X-HubSpot-Signature-v3`` of a POST: base64 of HMAC-SHA256 over method, URL, raw body and milliseconds."""
    text = f"POST{url}{raw_body}{at_ms}"
    return base64.b64encode(hmac.new(client_secret.encode(), text.encode(), hashlib.sha256).digest()).decode()
