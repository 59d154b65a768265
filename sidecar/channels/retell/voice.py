"""Calls through Retell's agent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sidecar.channels.port import Accepted, ChannelError, Effect, Fault, Finding, Found
from sidecar.channels.retell.client import section
from sidecar.channels.retell.errors import channel_error

if TYPE_CHECKING:
    from retell.types.call_list_response import CallListResponse

    from sidecar.channels.port import Outgoing
    from sidecar.channels.retell.client import RetellClients
    from sidecar.config.business import Business, Retell

_PAGE = 50
_PAGES = 4


class RetellVoice:
    """The channel ``voice``."""

    name = "voice"

    def __init__(self, clients: RetellClients) -> None:
        """``clients`` is shared with all that speaks to Retell."""
        self._clients = clients
        self.longest_send = clients.longest

    def send(self, touch: Outgoing) -> Accepted:
        """Place one call; never retried here.

        The touch's id is also Retell's idempotency key, which holds for an hour: should a doubtful call be
        placed again after all, it does not ring twice.

        Raises:
            ChannelError: with the retry decision (`errors.channel_error`).
        """
        account = _ready(touch.business)
        client = self._clients.of(touch.business)
        from retell import APIError

        try:
            call = client.call.create_phone_call(
                from_number=touch.sender or account.from_number,
                to_number=touch.to,
                override_agent_id=account.agent_id,
                retell_llm_dynamic_variables=_variables(touch),
                metadata=_metadata(touch),
                idempotency_key=touch.touch_id,
            )
        except APIError as error:
            # Not chained: the SDK's error holds the request, and that the number.
            raise channel_error(error) from None
        except ValueError:
            call = None
        call_id = getattr(call, "call_id", None)
        if not call_id:
            message = "Retell's answer names no call"
            raise ChannelError(message, fault=Fault.DOUBTFUL, code="unreadable")
        return Accepted(str(call_id))

    def find(self, touch: Outgoing) -> Finding:
        """Look for the call that carries the touch's id in its metadata, newest first."""
        try:
            client = self._clients.of(touch.business)
        except ChannelError:
            return Finding(Found.CANNOT_TELL)
        from retell import APIError

        cursor: dict[str, Any] = {}
        for _ in range(_PAGES):
            try:
                page = client.call.list(
                    filter_criteria={
                        "metadata": [{"key": "touch_id", "type": "string", "op": "eq", "value": touch.touch_id}]
                    },
                    sort_order="descending",
                    limit=_PAGE,
                    **cursor,
                )
            except (APIError, ValueError):
                return Finding(Found.CANNOT_TELL)
            if not isinstance(getattr(page, "items", None), list):
                return Finding(Found.CANNOT_TELL)  # the SDK lets through whatever came with a 200
            if call_id := _carrying(page, touch.touch_id):
                return Finding(Found.YES, Accepted(call_id))
            if not page.has_more or not page.pagination_key:
                return Finding(Found.NO)
            cursor = {"pagination_key": page.pagination_key}
        return Finding(Found.CANNOT_TELL)

    def stop(self, business: Business, provider_id: str) -> bool:
        """End a ringing or running call; False where Retell did not (it had ended, or could not be asked)."""
        try:
            client = self._clients.of(business)
        except ChannelError:
            return False
        from retell import APIError

        try:
            client.call.stop(provider_id)
        except (APIError, ValueError):
            return False
        return True


def _ready(business: Business) -> Retell:
    """The business's Retell section, with an agent and a number to call from."""
    account = section(business)
    if account.agent_id and account.from_number:
        return account
    message = f"business {business.id} has no Retell agent or no number to call from"
    raise ChannelError(
        message,
        fault=Fault.REFUSED,
        code="not_configured",
        effect=Effect.ALERT,
        remedy="set agent_id (`recovery agents deploy` prints it) and from_number under retell",
    )


def _variables(touch: Outgoing) -> dict[str, str]:
    """Text to text, as Retell wants them; ``script`` is ``known`` only where a first name is."""
    given = {name: str(value) for name, value in touch.variables.items()}
    return {"script": "known" if given.get("first_name") else "generic", **given}


def _metadata(touch: Outgoing) -> dict[str, str]:
    return {
        "touch_id": touch.touch_id,
        "sequence_id": touch.sequence_id,
        "step": touch.step,
        "attempt": str(touch.attempt),
        "business": touch.business.id,
    }


def _carrying(page: CallListResponse, touch_id: str) -> str | None:
    """The call whose own metadata names the touch: the filter is not taken on trust."""
    for call in page.items:
        if isinstance(call.metadata, dict) and call.metadata.get("touch_id") == touch_id:
            return call.call_id
    return None
