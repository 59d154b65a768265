"""How requests leave for Twilio: one pool of warm connections, bounded waits, no replays.

Imports requests and the SDK, so it is itself imported when the first request leaves.
"""

from __future__ import annotations

import json
import logging
import re
import ssl
from datetime import timedelta
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

import requests
import urllib3.exceptions
from requests.adapters import HTTPAdapter
from twilio.http import HttpClient
from twilio.http.response import Response

from sidecar.channels.twilio.errors import (
    NeverLeftError,
    NoAnswerError,
    RefusedError,
    TwilioError,
    UnreadableError,
)
from sidecar.domain.phones import mask_in

if TYPE_CHECKING:
    from collections.abc import Mapping

_POOL = 32
_DEFAULT_BASE = "https://api.twilio.com"
_PRODUCT_HOST = re.compile(r"https://[a-z0-9.-]+\.twilio\.com(?=/)")
_FIRST_FAILURE = 300


class PooledHttpClient(HttpClient):  # type: ignore[misc]  # the SDK carries no types
    """Carries the SDK's requests to one base URL, for every account that uses it.

    The SDK's own client waits for ever, keeps each account's connections apart, and loses ``Retry-After`` and
    the difference between a request that never left and one that was not answered. Here connections are
    shared, and what went wrong comes back as a `TwilioError`.
    """

    def __init__(self, base_url: str, timeout: tuple[float, float]) -> None:
        """Open nothing yet.

        Args:
            base_url: replaces the scheme and host of every Twilio product, unless it is the usual one.
            timeout: seconds to connect, seconds to wait for an answer.
        """
        super().__init__(logging.getLogger("twilio.http_client"), is_async=False)
        self._timeout = timeout
        self._base = base_url.rstrip("/")
        self._session = requests.Session()
        # Accounts share the session: no cookie of one may go out with another's request.
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_connections=4, pool_maxsize=_POOL, max_retries=0))

    def request(  # noqa: D102 - the SDK's signature
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ARG002
        allow_redirects: bool = False,  # noqa: ARG002, FBT001, FBT002
    ) -> Response:
        fields: Mapping[str, Any] | None = params
        try:
            answer = self._session.request(
                method,
                self._address(uri),
                params=fields,
                data=data,
                headers=headers,
                auth=auth,
                timeout=self._timeout,
                allow_redirects=False,
            )
        except requests.RequestException as error:
            # Not chained: the original's text holds the URL, and that a phone number.
            raise _failure(error) from None
        if answer.status_code >= _FIRST_FAILURE:
            raise _refusal(answer)
        if _object(answer.text) is None:
            raise UnreadableError("Twilio's answer is not JSON: is base_url the API's?")
        return Response(answer.status_code, answer.text, answer.headers)

    def close(self) -> None:
        """Close the pooled connections."""
        self._session.close()

    def _address(self, uri: str) -> str:
        return uri if self._base == _DEFAULT_BASE else _PRODUCT_HOST.sub(self._base, uri, count=1)


def _failure(error: requests.RequestException) -> TwilioError:
    reason = _root(error)
    words = f"{type(reason).__name__} from Twilio's API"
    if _never_left(error, reason):
        return NeverLeftError(f"no connection: {words}")
    return NoAnswerError(f"no answer: {words}")


def _root(error: requests.RequestException) -> BaseException:
    """What urllib3 says happened, under requests' wrapping."""
    inner = error.args[0] if error.args else None
    reason = getattr(inner, "reason", None) or inner
    if isinstance(reason, urllib3.exceptions.ProxyError):
        reason = reason.original_error
    return reason if isinstance(reason, BaseException) else error


def _never_left(error: requests.RequestException, reason: BaseException) -> bool:
    if isinstance(error, (requests.exceptions.ConnectTimeout, requests.exceptions.InvalidURL)):
        return True
    if isinstance(reason, urllib3.exceptions.SSLError):
        return bool(reason.args) and isinstance(reason.args[0], ssl.SSLCertVerificationError)
    return isinstance(reason, (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError))


def _object(text: str) -> dict[str, Any] | None:
    try:
        said = json.loads(text)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None


def _refusal(answer: requests.Response) -> RefusedError:
    said = _object(answer.text) or {}
    code = said.get("code")
    message = str(said.get("message") or said.get("detail") or said.get("title") or answer.reason or "")
    wait = answer.headers.get("Retry-After", "")
    return RefusedError(
        answer.status_code,
        code if isinstance(code, int) and code >= 1000 else 0,  # noqa: PLR2004 - below, it is the HTTP status again
        mask_in(message)[:300],
        timedelta(seconds=int(wait)) if wait.isdecimal() else None,
    )
