"""Addresses that others give us to call: only where the business allows, never into a private network by surprise."""

from __future__ import annotations

import ipaddress
import socket
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit, urlunsplit

from sidecar.engine.results import Invalid

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sidecar.config.business import Business

WAITING = "/webhook-waiting/"
"""The only paths of n8n that a rewritten resume URL may have."""


def checked(business: Business, url: str, *, field: str = "resume_url") -> str:
    """The address that a flow's resume URL really stands for.

    Raises:
        Invalid: its host is not in ``flow.callback_hosts``, or it is not a resume URL.
    """
    flow = business.flow
    hosts = flow.callback_hosts if flow else ()
    parts = urlsplit(url)
    if flow is not None and flow.callback_base:
        if not parts.path.startswith(WAITING) or ".." in unquote(parts.path).split("/"):
            message = f"only {WAITING}… may be called back"
            raise Invalid(message, field=field, remedy="pass $execution.resumeUrl as n8n gives it")
        base = urlsplit(flow.callback_base)
        return urlunsplit((base.scheme, base.netloc, parts.path, parts.query, ""))
    return allowed(url, hosts, field=field, setting="flow.callback_hosts")


def allowed(url: str, hosts: Iterable[str], *, field: str, setting: str) -> str:
    """The URL itself, if its host is on the allow-list.

    Raises:
        Invalid: naming the setting that would allow it.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        message = "not an http(s) URL"
        raise Invalid(message, field=field, remedy="give a whole URL, like https://n8n.example.com/webhook-waiting/1")
    if not any(_matches(parts.hostname, parts.netloc, entry) for entry in hosts):
        message = f"the host {parts.hostname} is not on this business's allow-list"
        raise Invalid(message, field=field, remedy=f"add it to {setting} in the business file")
    return url


def _matches(host: str, netloc: str, entry: str) -> bool:
    """``host``, ``host:port``, or ``*.example.com`` for every name below it."""
    return entry in (host, netloc) or (entry.startswith("*.") and host.endswith(entry[1:]))


def refuse_private(url: str, hosts: Iterable[str]) -> None:
    """Before each call: the name must not resolve to a private address, unless that very host was allow-listed by name.

    Raises:
        Invalid: it does (a rebound name, a metadata service).
    """
    parts = urlsplit(url)
    host = parts.hostname or ""
    if host in hosts or parts.netloc in hosts:
        return
    for *_, address in socket.getaddrinfo(host, parts.port or 443, type=socket.SOCK_STREAM):
        if not ipaddress.ip_address(address[0]).is_global:
            message = f"{host} resolves to a private address"
            raise Invalid(message, field="url", remedy="allow-list the host by name if that is meant")
