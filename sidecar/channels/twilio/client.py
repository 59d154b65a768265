"""The SDK's clients: one for each account, built at its first request, over one pool of connections."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING

from sidecar.channels.port import ChannelError, Effect, Fault

if TYPE_CHECKING:
    from twilio.rest import Client

    from sidecar.channels.twilio.transport import PooledHttpClient
    from sidecar.config.business import Business, Twilio


class TwilioClients:
    """Gives every business its account's client. Safe for threads; one object serves the process."""

    longest: timedelta
    """Upper bound of one request: connecting and waiting for the answer."""

    def __init__(self, connect_seconds: float = 5.0, read_seconds: float = 10.0) -> None:
        """Nothing is loaded or opened yet. The SDK by itself would wait for ever."""
        self._timeout = (connect_seconds, read_seconds)
        self.longest = timedelta(seconds=connect_seconds + read_seconds)
        self._lock = threading.Lock()
        self._clients: dict[Twilio, Client] = {}
        self._pools: dict[str, PooledHttpClient] = {}

    def of(self, business: Business) -> Client:
        """The client of the business's account. Call it ahead of the first touch: that loads the SDK.

        Raises:
            ChannelError: the business has no Twilio section.
        """
        account = business.twilio
        if account is None:
            message = f"business {business.id} has no twilio section"
            raise ChannelError(
                message,
                fault=Fault.REFUSED,
                code="not_configured",
                effect=Effect.ALERT,
                remedy="add account_sid and auth_token under twilio in the business file",
            )
        return self._clients.get(account) or self._build(account)

    def close(self) -> None:
        """Close the connections; a later request opens new ones."""
        with self._lock:
            pools = list(self._pools.values())
            self._pools.clear()
            self._clients.clear()
        for pool in pools:
            pool.close()

    def _build(self, account: Twilio) -> Client:
        from twilio.rest import Client

        from sidecar.channels.twilio.transport import PooledHttpClient

        with self._lock:
            if account not in self._clients:
                if account.base_url not in self._pools:
                    self._pools[account.base_url] = PooledHttpClient(account.base_url, self._timeout)
                client = Client(account.account_sid, account.auth_token, http_client=self._pools[account.base_url])
                # The SDK imports this part when it is first named: do it now, not once an intent waits.
                _ = client.messages
                self._clients[account] = client
            return self._clients[account]
