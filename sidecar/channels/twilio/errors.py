"""What Twilio's answers mean for a touch: one table of its codes, for sends and delivery reports alike."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sidecar.channels.port import ChannelError, Effect, Fault

if TYPE_CHECKING:
    from collections.abc import Iterator


class TwilioError(Exception):
    """A request to Twilio did not succeed. The text names no phone number and no URL."""


class NeverLeftError(TwilioError):
    """No connection was made (refused, no such host, connect timeout): Twilio saw nothing."""


class NoAnswerError(TwilioError):
    """The request left and no answer came back (read timeout, reset): Twilio may have acted on it."""


class RefusedError(TwilioError):
    """Twilio answered with an error."""

    def __init__(self, status: int, code: int, message: str, retry_after: timedelta | None) -> None:
        super().__init__(f"Twilio answered {status}" + (f", error {code}" if code else "") + f": {message}")
        self.status = status
        self.code = code
        """Twilio's own code, 0 where it gave none."""
        self.retry_after = retry_after


class UnreadableError(TwilioError):
    """Twilio answered 2xx with something that is not the resource: it has probably acted on the request."""


@contextmanager
def legible() -> Iterator[None]:
    """Turn the SDK's complaint about an answer that is not what was asked for into `UnreadableError`."""
    from twilio.base.exceptions import TwilioException

    try:
        yield
    except (TwilioException, TypeError, AttributeError) as error:
        raise UnreadableError("Twilio's answer is not what was asked for") from error


@dataclass(frozen=True, slots=True)
class Meaning:
    """What one code tells us, beyond that this text did not arrive."""

    effect: Effect = Effect.NONE
    remedy: str = ""
    retry_after: timedelta | None = None
    """Given where the send may simply be repeated later."""


_SENDER = Effect.HOLD_SENDER
_ALERT = Effect.ALERT

# https://www.twilio.com/docs/api/errors
MEANINGS: dict[int, Meaning] = {
    # the account
    20003: Meaning(_ALERT, "check account_sid and auth_token of this business's twilio section"),
    20005: Meaning(_ALERT, "the Twilio account is not active; see its console"),
    20008: Meaning(_ALERT, "these are test credentials; put the live ones into the twilio section"),
    21608: Meaning(_ALERT, "this is a trial account; upgrade it, or verify the recipient in its console"),
    30002: Meaning(_ALERT, "the Twilio account is suspended; see its console"),
    # the recipient
    21211: Meaning(Effect.INVALID),
    21610: Meaning(Effect.OPTED_OUT),
    21614: Meaning(Effect.NOT_TEXTABLE),
    21635: Meaning(Effect.NOT_TEXTABLE),
    30003: Meaning(),
    30005: Meaning(),
    30006: Meaning(Effect.NOT_TEXTABLE),
    21408: Meaning(_ALERT, "allow the recipient's country under Messaging > Settings > Geo permissions"),
    21612: Meaning(_ALERT, "the sender cannot text that country; set text_from to one that can"),
    # the sender
    21212: Meaning(_SENDER, "the sender is not a valid number; correct it in the business file"),
    21606: Meaning(_SENDER, "the sender is no SMS number of this account; set text_from to one that is"),
    21611: Meaning(retry_after=timedelta(seconds=60)),
    21659: Meaning(_SENDER, "the sender is not Twilio's; set text_from to one that is"),
    21660: Meaning(_SENDER, "the sender belongs to another account; check account_sid"),
    21661: Meaning(_SENDER, "the sender cannot text; set text_from to one that can"),
    30023: Meaning(_ALERT, "the daily A2P limit is used up; register a higher volume with Twilio"),
    30024: Meaning(_SENDER, "the carrier does not know this sender; ask Twilio to provision it"),
    30032: Meaning(_SENDER, "verify the toll-free number in Twilio's console"),
    30033: Meaning(_SENDER, "the A2P campaign is suspended; see it in Twilio's console"),
    30034: Meaning(_SENDER, "register the number for A2P 10DLC in Twilio's console"),
    30035: Meaning(_SENDER, "the A2P campaign is misconfigured; see it in Twilio's console"),
    # the words
    21617: Meaning(Effect.HOLD_TEMPLATE, "the text is over 1600 characters; shorten the playbook's words"),
    30007: Meaning(Effect.HOLD_TEMPLATE, "a carrier filtered the text; reword it, then release the template"),
    30450: Meaning(_ALERT, "Twilio suspects SMS pumping; see Messaging > Fraud in its console"),
    # our request
    21609: Meaning(_ALERT, "Twilio cannot use our status address; set public_url to one that it can reach"),
}

_UNKNOWN = Meaning()
_AUTHENTICATION = (401, 403)
_THROTTLED = 429
_TIMED_OUT = 408
_SERVER = 500
_BUSY_DEFAULT = timedelta(seconds=5)


def meaning_of(code: int) -> Meaning:
    """What a code tells us; an unknown one tells nothing beyond its failure."""
    return MEANINGS.get(code, _UNKNOWN)


def channel_error(failure: TwilioError) -> ChannelError:
    """The retry decision that a failed ``messages.create`` carries.

    Twilio has no idempotency key for messages: whatever may have been accepted is ``DOUBTFUL``, and 429 alone
    may be repeated freely.
    """
    if isinstance(failure, RefusedError):
        return _refused(failure)
    if isinstance(failure, NeverLeftError):
        return ChannelError(str(failure), fault=Fault.NOT_SENT, code="unreachable", retry_after=_BUSY_DEFAULT)
    code = "unreadable" if isinstance(failure, UnreadableError) else "no_answer"
    return ChannelError(str(failure), fault=Fault.DOUBTFUL, code=code)


def _refused(refusal: RefusedError) -> ChannelError:
    code = str(refusal.code) if refusal.code else f"http_{refusal.status}"
    meaning = meaning_of(refusal.code)
    if refusal.status == _THROTTLED or meaning.retry_after:
        wait = refusal.retry_after or meaning.retry_after or _BUSY_DEFAULT
        return ChannelError(str(refusal), fault=Fault.NOT_SENT, code=code, retry_after=wait)
    if refusal.status >= _SERVER or refusal.status == _TIMED_OUT:
        return ChannelError(str(refusal), fault=Fault.DOUBTFUL, code=code)
    if refusal.status in _AUTHENTICATION and meaning is _UNKNOWN:
        meaning = MEANINGS[20003]
    return ChannelError(str(refusal), fault=Fault.REFUSED, code=code, effect=meaning.effect, remedy=meaning.remedy)
