"""A platform's API asked: JSON over HTTPS, an answer or an `AskedInVainError` that says what to do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

CONNECT_SECONDS, READ_SECONDS = 5.0, 60.0


class AskedInVainError(Exception):
    """The platform did not answer, or refused; the message says what it said, never the key."""

    def __init__(self, message: str, remedy: str = "", status: int = 0) -> None:
        super().__init__(f"{message}; {remedy}" if remedy else message)
        self.status = status


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform's API at an address, with the header that holds its key."""

    name: str
    base_url: str
    header: str
    key: str
    key_variable: str
    """The environment variable that the key came from, for remedies."""

    def ask(self, method: str, path: str, body: Any = None, query: Mapping[str, str] | None = None) -> Any:
        """The JSON of the answer. Nothing is asked twice: a create or a retry is not harmless.

        Raises:
            AskedInVainError: No answer, no JSON, or a status other than 2xx (in ``status``).
        """
        import urllib3

        if not _is_address(self.base_url):
            raise AskedInVainError(f"{self.base_url!r} is no address", "write https://…")
        url = f"{self.base_url.rstrip('/')}{path}" + (f"?{urlencode(query)}" if query else "")
        headers = {self.header: self.key, "accept": "application/json", "content-type": "application/json"}
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS)
        try:
            with urllib3.PoolManager(retries=False, timeout=timeout) as pool:
                sent = None if body is None else json.dumps(body).encode()
                answer = pool.request(method, url, body=sent, headers=headers, redirect=False)
        except (urllib3.exceptions.HTTPError, ValueError) as error:
            said = f"{self.name} at {self.base_url} does not answer ({type(error).__name__})"
            raise AskedInVainError(said, "see that the address is right and that it runs") from error
        return self._value(answer.status, answer.data)

    def _value(self, status: int, data: bytes) -> Any:
        try:
            value = json.loads(data) if data.strip() else None
        except (ValueError, RecursionError):
            value = data.decode("utf-8", "replace")[:200]
        if status in {401, 403}:
            remedy = f"see that {self.key_variable} is a key of this account with the scopes for it"
            raise AskedInVainError(f"{self.name} refuses the key ({status})", remedy, status)
        if not 200 <= status < 300:  # noqa: PLR2004 - 2xx
            raise AskedInVainError(f"{self.name} says {status}: {_reason(value)}", status=status)
        if isinstance(value, str):
            raise AskedInVainError(
                f"{self.name} at {self.base_url} answers with no JSON", "see that the address is right"
            )
        return value


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _reason(value: Any) -> str:
    if isinstance(value, dict):
        said = [
            one if isinstance(one, str) else json.dumps(one) for key in ("message", "detail") if (one := value.get(key))
        ]
        return (": ".join(said) or json.dumps(value))[:500]
    return str(value)
