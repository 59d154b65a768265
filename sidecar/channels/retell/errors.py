"""What Retell's answers mean for a touch."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from sidecar.channels.port import ChannelError, Effect, Fault
from sidecar.domain.phones import mask_in

if TYPE_CHECKING:
    from retell import APIError, APIStatusError

_BUSY_DEFAULT = timedelta(seconds=30)
"""Retell's limit is on calls at once, and a call lasts minutes."""
_UNREACHABLE_AGAIN = timedelta(seconds=5)
_SERVER = 500
_THROTTLED = 429
_DOUBTFUL = frozenset({408, 409})
"""409: a call with this idempotency key is being created at this moment."""

_REMEDIES = {
    400: "check from_number and agent_id under retell; a number bought from Retell dials the US only",
    401: "check api_key under retell in the business file",
    402: "add a valid payment method in Retell's dashboard",
    403: "check api_key under retell in the business file, and what it may do",
    404: "check agent_id under retell; `recovery agents deploy` prints the right one",
    422: "check from_number and agent_id under retell; a number bought from Retell dials the US only",
}
_REMEDY = "see the error in Retell's dashboard"


def channel_error(error: APIError) -> ChannelError:
    """The retry decision that a failed ``create_phone_call`` carries.

    No refusal marks the person's number as invalid: Retell's 4xx about a destination is as often about what
    our own number may dial, and the email that comes next would be lost.
    """
    import httpx
    from retell import APIConnectionError, APIStatusError

    if isinstance(error, APIStatusError):
        return _refused(error)
    words = type(error.__cause__ or error).__name__
    if isinstance(error, APIConnectionError) and isinstance(
        error.__cause__, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
    ):
        return ChannelError(
            f"no connection: {words} from Retell's API",
            fault=Fault.NOT_SENT,
            code="unreachable",
            retry_after=_UNREACHABLE_AGAIN,
        )
    code = "no_answer" if isinstance(error, APIConnectionError) else "unreadable"
    return ChannelError(f"no usable answer: {words} from Retell's API", fault=Fault.DOUBTFUL, code=code)


def _refused(error: APIStatusError) -> ChannelError:
    status = error.status_code
    code = f"http_{status}"
    words = f"Retell answered {status}: {mask_in(_message(error.body))[:300]}"
    if status == _THROTTLED:
        wait = error.response.headers.get("retry-after", "")
        again = timedelta(seconds=int(wait)) if wait.isdecimal() else _BUSY_DEFAULT
        return ChannelError(words, fault=Fault.NOT_SENT, code=code, retry_after=again)
    if status >= _SERVER or status in _DOUBTFUL:
        return ChannelError(words, fault=Fault.DOUBTFUL, code=code)
    return ChannelError(
        words, fault=Fault.REFUSED, code=code, effect=Effect.ALERT, remedy=_REMEDIES.get(status, _REMEDY)
    )


def _message(body: object) -> str:
    if isinstance(body, dict):
        return str(body.get("message") or body.get("error_message") or body.get("status") or "")
    return str(body or "")
