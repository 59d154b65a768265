"""Texts through Twilio."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from sidecar.channels.port import Accepted, ChannelError, Finding, Found
from sidecar.channels.twilio.errors import TwilioError, UnreadableError, channel_error, legible
from sidecar.channels.twilio.statuses import state_of

if TYPE_CHECKING:
    from twilio.rest.api.v2010.account.message import MessageInstance

    from sidecar.channels.port import Outgoing
    from sidecar.channels.twilio.client import TwilioClients
    from sidecar.config.business import Business

_LONGEST_VALIDITY = timedelta(seconds=36_000)
_RECENT = 20
"""Messages of one pair of numbers to look through; a sequence sends a handful."""
_CLOCKS_APART = timedelta(seconds=30)
"""How far Twilio's clock, in whole seconds, may lag ours."""


class TwilioSms:
    """The channel ``sms``."""

    name = "sms"

    def __init__(self, clients: TwilioClients) -> None:
        """``clients`` is shared with all that speaks to Twilio."""
        self._clients = clients
        self.longest_send = clients.longest

    def send(self, touch: Outgoing) -> Accepted:
        """Create one message; never retried here.

        Raises:
            ChannelError: with the retry decision (`errors.channel_error`).
        """
        client = self._clients.of(touch.business)
        try:
            message = client.messages.create(to=touch.to, from_=touch.sender, body=touch.body, **_options(touch))
        except TwilioError as failure:
            raise channel_error(failure) from failure
        if not message.sid:
            raise channel_error(UnreadableError("Twilio's answer names no message"))
        return Accepted(message.sid, state_of(message.status))

    def find(self, touch: Outgoing) -> Finding:
        """Look for the touch in Twilio's log of messages between the two numbers.

        The log is not narrowed by ``DateSent``, which a message still in the queue does not have. A message
        that was accepted a moment ago may not be listed yet: ask some seconds after the send was given up.
        """
        try:
            with legible():
                listed = self._clients.of(touch.business).messages.list(to=touch.to, from_=touch.sender, limit=_RECENT)
        except (ChannelError, TwilioError):
            return Finding(Found.CANNOT_TELL)
        for message in listed:
            if message.sid and _is(touch, message):
                return Finding(Found.YES, Accepted(message.sid, state_of(message.status)))
        return Finding(Found.NO)

    def stop(self, business: Business, provider_id: str) -> bool:  # noqa: ARG002
        """Always False: a text that was handed over cannot be called back."""
        return False


def _options(touch: Outgoing) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if touch.status_url:
        options["status_callback"] = touch.status_url
    if touch.validity is not None:
        bounded = min(max(touch.validity, timedelta(seconds=1)), _LONGEST_VALIDITY)
        options["validity_period"] = int(bounded.total_seconds())
    return options


def _is(touch: Outgoing, message: MessageInstance) -> bool:
    """Whether a listed message is this touch; a trial account's prefix before the words does not matter."""
    if not str(message.direction).startswith("outbound"):
        return False
    if not (message.body or "").strip().endswith(touch.body.strip()):
        return False
    created = message.date_created
    return touch.intended_at is None or created is None or created >= touch.intended_at - _CLOCKS_APART
