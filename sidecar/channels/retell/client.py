"""The SDK's clients: one for each API key, built at its first request, over one pool of connections."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from sidecar.channels.port import ChannelError, Effect, Fault

if TYPE_CHECKING:
    import httpx
    from retell import Retell as RetellClient

    from sidecar.config.business import Business, Retell

_POOL = 32


class RetellClients:
    """Gives every business its client. Safe for threads; one object serves the process.

    No client retries by itself: a replayed call rings twice.
    """

    longest: timedelta
    """Upper bound of one request: connecting and waiting for the answer."""

    def __init__(
        self,
        connect_seconds: float = 5.0,
        read_seconds: float = 10.0,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        """Nothing is loaded or opened yet. The SDK by itself would wait for one or two minutes.

        Args:
            connect_seconds: to reach Retell.
            read_seconds: to wait for its answer.
            transport: replaces the network.
        """
        self._connect_seconds, self._read_seconds = connect_seconds, read_seconds
        self.longest = timedelta(seconds=connect_seconds + read_seconds)
        self._lock = threading.Lock()
        self._transport = transport
        self._pool: httpx.Client | None = None
        self._clients: dict[Retell, RetellClient] = {}

    def of(self, business: Business) -> RetellClient:
        """The client of the business's API key. Call it ahead of the first touch: that loads the SDK.

        Raises:
            ChannelError: the business has no Retell section.
        """
        account = section(business)
        return self._clients.get(account) or self._build(account)

    def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        with self._lock:
            pool, self._pool = self._pool, None
            self._clients.clear()
        if pool is not None:
            pool.close()

    def _build(self, account: Retell) -> RetellClient:
        import httpx
        from retell import Retell as RetellClient

        timeout = httpx.Timeout(self._read_seconds, connect=self._connect_seconds)
        with self._lock:
            if self._pool is None:
                self._pool = httpx.Client(
                    transport=self._transport,
                    timeout=timeout,
                    limits=httpx.Limits(max_keepalive_connections=_POOL, keepalive_expiry=60.0),
                )
            if account not in self._clients:
                client = RetellClient(
                    api_key=account.api_key,
                    base_url=account.base_url,
                    max_retries=0,
                    timeout=timeout,
                    http_client=self._pool,
                )
                # The SDK imports this part when it is first named: do it now, not once an intent waits.
                _ = client.call
                self._clients[account] = client
            return self._clients[account]


def section(business: Business) -> Retell:
    """The business's Retell section.

    Raises:
        ChannelError: it has none.
    """
    if business.retell is None:
        message = f"business {business.id} has no retell section"
        raise ChannelError(
            message,
            fault=Fault.REFUSED,
            code="not_configured",
            effect=Effect.ALERT,
            remedy="add api_key, agent_id and from_number under retell in the business file",
        )
    return business.retell
