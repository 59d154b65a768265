"""Addresses that others give us to call: only where the business allows, never into a private network by surprise."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import unquote

from sidecar.engine.results import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from urllib3.util import Url

    from sidecar.config.business import Business

WAITING = "/webhook-waiting/"
"""The only paths of n8n that a rewritten resume URL may have."""

_PLAIN = re.compile(r"[!-\[\]-~]+")
"""Printable ASCII without blanks and without the backslash, on which parsers of URLs do not agree."""
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9_])?|\[[0-9a-f:.]+\]")
_WHOLE = "give a whole URL, like https://n8n.example.com/webhook-waiting/1"


def checked(business: Business, url: str, *, field: str = "resume_url") -> str:
    """The address that a flow's resume URL really stands for.

    Raises:
        Invalid: its host is not in ``flow.callback_hosts``, or it is not a resume URL.
    """
    flow = business.flow
    if flow is not None and flow.callback_base:
        parts = read(url, field=field)
        path = parts.path or "/"
        if not path.startswith(WAITING) or ".." in re.split(r"[/\\]", unquote(path)):
            message = f"only {WAITING}… may be called back"
            raise Invalid(message, field=field, remedy="pass $execution.resumeUrl as n8n gives it")
        base = read(flow.callback_base, field="flow.callback_base")
        return parts._replace(scheme=base.scheme, host=base.host, port=base.port).url
    return allowed(url, flow.callback_hosts if flow else (), field=field, setting="flow.callback_hosts")


def allowed(url: str, hosts: Iterable[str], *, field: str, setting: str) -> str:
    """The URL, put together again from its parts, if its host is on the allow-list.

    Raises:
        Invalid: naming the setting that would allow it.
    """
    parts = read(url, field=field)
    if not any(_matches(parts, entry.lower()) for entry in hosts):
        message = f"the host {parts.host} is not on this business's allow-list"
        raise Invalid(message, field=field, remedy=f"add it to {setting} in the business file")
    return parts.url


def named(parts: Url, hosts: Iterable[str]) -> bool:
    """Whether the allow-list holds this very host, not only a star above it: then it may be a private one."""
    return any(entry.lower() in _names(parts) for entry in hosts)


def netloc_of(url: str) -> str:
    """``host`` or ``host:port`` of a URL of ours, as an entry of an allow-list."""
    return read(url, field="flow.callback_base").netloc or ""


def read(url: str, *, field: str) -> Url:
    """The parts of an http(s) URL, read by the parser that connects.

    Whatever two parsers could read differently (a backslash, a user before the host, blanks) is refused.

    Raises:
        Invalid: it is not such a URL.
    """
    from urllib3.exceptions import LocationParseError
    from urllib3.util import parse_url

    if not _PLAIN.fullmatch(url):
        message = "a URL may hold neither blanks, backslashes, control characters nor letters beyond ASCII"
        raise Invalid(message, field=field, remedy="write such characters as %…, and an IDN as xn--…")
    try:
        parts = parse_url(url)
    except LocationParseError:
        raise Invalid("not a URL", field=field, remedy=_WHOLE) from None
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.host or ""):
        raise Invalid("not an http(s) URL", field=field, remedy=_WHOLE)
    if parts.auth is not None:
        raise Invalid("a URL may not hold a user or a password", field=field, remedy="leave out what stands before @")
    return parts._replace(fragment=None)


def _names(parts: Url) -> tuple[str, ...]:
    """As which a host may stand on an allow-list by name."""
    bare = (parts.host or "").strip("[]")
    return bare, parts.netloc or bare


def _matches(parts: Url, entry: str) -> bool:
    """``host``, ``host:port``, or ``*.example.com`` for every name below it."""
    names = _names(parts)
    return entry in names or (entry.startswith("*.") and names[0].endswith(entry[1:]))
