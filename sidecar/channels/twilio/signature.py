"""Is a post really Twilio's? The SDK's own validator, loaded without its REST client."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class _Pairs:
    """A form that keeps repeated names, in the shape which the SDK's validator reads."""

    def __init__(self, pairs: Iterable[tuple[str, str]]) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in pairs:
            self._values.setdefault(name, []).append(value)

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def getall(self, name: str) -> list[str]:
        return self._values[name]


def verify(
    auth_token: str,
    url: str,
    form: Iterable[tuple[str, str]],
    signature: str,
    *,
    raw_body: bytes = b"",
    content_type: str = "",
) -> bool:
    """Whether ``X-Twilio-Signature`` is the account's over this request.

    Args:
        auth_token: of the account whose number the post is about.
        url: the *public* address with path and raw query, as Twilio was told it; never that behind the proxy.
        form: every name and value of the form, repeated names included; nothing for JSON.
        signature: the header's value, '' where there is none.
        raw_body: the body as it came; read for JSON only.
        content_type: of the request. A JSON body counts only with ``bodySHA256`` in the query.
    """
    from twilio.request_validator import RequestValidator

    if not signature or not auth_token:
        return False
    body: _Pairs | str = _Pairs(form)
    if "json" in content_type.lower():
        if "bodySHA256" not in parse_qs(urlsplit(url).query):
            return False
        try:
            body = raw_body.decode()
        except UnicodeDecodeError:
            return False
    try:
        return bool(RequestValidator(auth_token).validate(url, body, signature))
    except ValueError:  # a URL that cannot be taken apart
        return False
