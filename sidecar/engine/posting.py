"""Posts to addresses that others gave us: one shot, without redirects, cookies, proxies or stored passwords.

A host that the allow-list covers by a star only may turn out to be a private address, now or at the next look
into the DNS. So it is not asked beforehand where a name leads: the address at the other end of the very
connection is looked at, before anything is sent on it.
"""

from __future__ import annotations

import ipaddress
from functools import cache
from typing import TYPE_CHECKING

from sidecar.engine import callbacks
from sidecar.engine.results import Invalid

if TYPE_CHECKING:
    import socket
    from collections.abc import Mapping, Sequence

    import urllib3

CONNECT_SECONDS, ANSWER_SECONDS = 3.05, 10.0
_MOST_READ = 64 * 1024
"""Bytes of an answer: only its status counts, but a connection that is read to its end is used again."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(address: str) -> bool:
    """Whether an IP address belongs to the internet at large; one wrapped in IPv6 counts as what it wraps."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        ip = inner or ip
    return ip.is_global and not ip.is_multicast


class Posts:
    """Stateless but for open connections; any number of threads may use it."""

    def __init__(self) -> None:
        self._pools: dict[bool, urllib3.PoolManager] = {}

    def post(self, url: str, body: bytes, headers: Mapping[str, str], hosts: Sequence[str], *, setting: str) -> int:
        """Post once; the answer's status.

        Raises:
            Invalid: the host is not, or no longer, on the allow-list, or covered by a star and private.
            urllib3.exceptions.HTTPError, OSError: nobody answered.
        """
        url = callbacks.allowed(url, hosts, field="url", setting=setting)
        known = callbacks.named(callbacks.read(url, field="url"), hosts)
        answer = self._pool(watched=not known).request(
            "POST", url, body=body, headers=dict(headers), redirect=False, preload_content=False, decode_content=False
        )
        try:
            answer.read(_MOST_READ)
        finally:
            if not answer.closed:
                answer.close()
        return int(answer.status)

    def close(self) -> None:
        """Let go of the connections."""
        for pool in self._pools.values():
            pool.clear()

    def _pool(self, *, watched: bool) -> urllib3.PoolManager:
        if watched not in self._pools:
            import urllib3

            timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=ANSWER_SECONDS)
            made = urllib3.PoolManager(num_pools=32, maxsize=8, retries=False, timeout=timeout)
            if watched:
                made.pool_classes_by_scheme = _watched()
            self._pools.setdefault(watched, made)
        return self._pools[watched]


@cache
def _watched() -> dict[str, type[urllib3.HTTPConnectionPool]]:
    """Pools whose connections look whom they reached; made when first needed, as urllib3 is loaded then."""
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
    from urllib3.connection import HTTPConnection, HTTPSConnection

    class Plain(HTTPConnection):
        def _new_conn(self) -> socket.socket:
            return _public_only(super()._new_conn(), self.host)

    class Secure(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            return _public_only(super()._new_conn(), self.host)

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}


def _public_only(connected: socket.socket, host: str) -> socket.socket:
    """The socket, unless it leads into a private network; before TLS, before the request."""
    try:
        public = is_public(connected.getpeername()[0])
    except BaseException:
        connected.close()
        raise
    if not public:
        connected.close()
        message = f"{host} leads to a private address"
        raise Invalid(message, field="url", remedy="allow-list the host by name if that is meant")
    return connected
