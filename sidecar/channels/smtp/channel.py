"""The email channel (`port.Channel`): a letter, handed to the business's own mail server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sidecar.channels.port import Accepted, ChannelError, Effect, Fault, Finding, Found
from sidecar.channels.smtp.addresses import AddressError, checked
from sidecar.channels.smtp.letter import letter_for
from sidecar.channels.smtp.transport import LONGEST, hand_over

if TYPE_CHECKING:
    from sidecar.channels.port import Outgoing
    from sidecar.config.business import Business, Smtp


class SmtpEmail:
    """Sends email. Holds nothing, so one serves every business and thread."""

    name: Final = "email"
    longest_send: Final = LONGEST

    def send(self, touch: Outgoing) -> Accepted:
        """Hand the letter over; the provider's id is its Message-ID. Raises :class:`ChannelError`."""
        settings = touch.business.smtp
        if settings is None:
            remedy = "Add an smtp section to the business's file, or take the email steps out of its playbook"
            said = f"{touch.business.name} has no mail server"
            raise ChannelError(said, fault=Fault.REFUSED, code="not_configured", effect=Effect.ALERT, remedy=remedy)
        sender = self._sender(touch, settings)
        try:
            recipient = checked(touch.to)
        except AddressError as problem:
            raise ChannelError(str(problem), fault=Fault.REFUSED, code="bad_address", effect=Effect.INVALID) from None
        try:
            letter = letter_for(touch, settings)
        except AddressError as problem:
            raise _unsendable(problem) from None
        hand_over(settings, sender, recipient, letter.as_bytes())
        return Accepted(provider_id=str(letter["Message-ID"]), state="sent")

    @staticmethod
    def _sender(touch: Outgoing, settings: Smtp) -> str:
        try:
            return checked(touch.sender or settings.from_address)
        except AddressError as problem:
            raise _unsendable(problem) from None

    def find(self, touch: Outgoing) -> Finding:  # noqa: ARG002 - the port's shape
        """A mail server cannot be asked what it took."""
        return Finding(Found.CANNOT_TELL)

    def stop(self, business: Business, provider_id: str) -> bool:  # noqa: ARG002 - the port's shape
        """A letter that left does not come back."""
        return False


def _unsendable(problem: AddressError) -> ChannelError:
    remedy = "Check smtp.from_address, smtp.reply_to and public_url"
    return ChannelError(
        f"no letter can be made: {problem}",
        fault=Fault.REFUSED,
        code="bad_letter",
        effect=Effect.ALERT,
        remedy=remedy,
    )
