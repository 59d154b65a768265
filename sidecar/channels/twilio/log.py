"""Twilio's own log of calls and texts: what reconcile reads to find those whose webhook never came."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, timedelta
from functools import partial
from typing import TYPE_CHECKING, cast

from sidecar.channels.twilio.errors import NeverLeftError, NoAnswerError, RefusedError, legible
from sidecar.channels.twilio.webhooks import intent_of
from sidecar.domain.reports import CallReport, DialStatus, MessageReport

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from typing import TypeVar

    from twilio.rest import Client
    from twilio.rest.api.v2010.account.call import CallInstance
    from twilio.rest.api.v2010.account.message import MessageInstance

    from sidecar.channels.twilio.client import TwilioClients
    from sidecar.config.business import Business, Number

    T = TypeVar("T")

_MISSED = frozenset({"busy", "no-answer", "failed", "canceled"})
_ENDED = _MISSED | {"completed"}
_PAGE = 100
_CLEARER = ("completed", "answered", "busy", "no-answer", "failed", "canceled")
"""Where several phones rang: the first of these that any of them ended with is the dial's result."""
_SERVER = 500
_THROTTLED = 429


Known = Callable[[Sequence[tuple[str, str]]], Collection[str]]
"""Of these ``(number called, id)``, the ids that need no second look."""


def _nothing_known(_asked: Sequence[tuple[str, str]]) -> Collection[str]:
    return ()


class TwilioLog:
    """Reads one account's log; repeats a read that met connection trouble or 5xx (`reading`).

    One reading serves all numbers of an account, so that a thousand of them cost no more than one.
    """

    def __init__(self, clients: TwilioClients) -> None:
        """``clients`` is shared with all that speaks to Twilio."""
        self._clients = clients

    def calls_since(
        self, business: Business, numbers: Sequence[Number], since: datetime, known: Known = _nothing_known
    ) -> list[CallReport]:
        """Ended inbound calls to these numbers that started at or after ``since`` (UTC), newest first.

        For a number that rings staff, an answered parent tells nothing, so the legs to the staff are read
        too (one request more for each such call): their end is the dial's result. Whether a person pressed
        1 is in no log: ``accepted`` stays unknown, and what the webhooks said of it stands.

        Args:
            business: whose credentials are used.
            numbers: the numbers that were called, all of this one account.
            since: allow for the longest call and for the log's own delay.
            known: which calls are judged already; nothing more is asked about them.

        Raises:
            TwilioError: Twilio could not be read.
            ChannelError: the business has no Twilio section.
        """
        client = self._clients.of(business)
        ours = {number.e164: number for number in numbers}
        stream = partial(client.calls.stream, start_time_after=since, page_size=_PAGE, **_only(numbers))
        listed = reading(lambda: _until(stream(), since, _begun))
        ended = [call for call in listed if _ended_inbound(call) and call.to in ours]
        seen = set(known([(str(call.to), str(call.sid)) for call in ended]))
        return [self._told(client, ours[str(call.to)], call) for call in ended if call.sid not in seen]

    def _told(self, client: Client, number: Number, call: CallInstance) -> CallReport:
        if number.mode != "ring_staff" or str(call.status) in _MISSED:
            return _report(call, None, [])
        legs = reading(partial(client.calls.list, parent_call_sid=call.sid, limit=_PAGE))
        return _report(call, _dial_status(legs), legs)

    def messages_since(self, business: Business, numbers: Sequence[Number], since: datetime) -> list[MessageReport]:
        """Texts that came in to these numbers at or after ``since`` (UTC), newest first.

        Raises as `calls_since` does.
        """
        client = self._clients.of(business)
        ours = {number.e164 for number in numbers}
        stream = partial(client.messages.stream, date_sent_after=since, page_size=_PAGE, **_only(numbers))
        listed = reading(lambda: _until(stream(), since, _sent))
        return [
            _message(message, at)
            for message in listed
            if str(message.direction) == "inbound" and message.to in ours and (at := _sent(message)) is not None
        ]


def _only(numbers: Sequence[Number]) -> dict[str, str]:
    """Twilio's log can be narrowed to one number, not to several."""
    return {"to": numbers[0].e164} if len(numbers) == 1 else {}


def _until(stream: Iterator[T], since: datetime, moment: Callable[[T], datetime | None]) -> list[T]:
    """What is not older than ``since``. The log is listed newest first and narrowed by whole days only."""
    found: list[T] = []
    for item in stream:
        at = moment(item)
        if at is not None and at < _whole(since):
            break
        found.append(item)
    return found


def _begun(call: CallInstance) -> datetime | None:
    return _utc(call.start_time or call.date_created)


def _sent(message: MessageInstance) -> datetime | None:
    return _utc(message.date_sent or message.date_created)


def reading(fetch: Callable[[], T]) -> T:
    """Run a read, and again where no answer came or Twilio was busy: three times, 30 s at most."""
    import stamina

    for attempt in stamina.retry_context(on=_worth_repeating, attempts=3, timeout=30.0, wait_initial=0.2, wait_max=2.0):
        with attempt, legible():
            return fetch()
    raise AssertionError  # pragma: no cover - the last attempt raises or returns


def _worth_repeating(error: Exception) -> bool:
    if isinstance(error, RefusedError):
        return error.status >= _SERVER or error.status == _THROTTLED
    return isinstance(error, (NeverLeftError, NoAnswerError))


def _ended_inbound(call: CallInstance) -> bool:
    return (
        call.direction == "inbound" and str(call.status) in _ENDED and call.sid is not None and _begun(call) is not None
    )


def _dial_status(legs: list[CallInstance]) -> DialStatus:
    """No leg at all: staff were never rung, so nobody can have answered."""
    ends = {str(leg.status) for leg in legs}
    return cast("DialStatus", next((end for end in _CLEARER if end in ends), "failed"))


def _report(call: CallInstance, dial_status: DialStatus | None, legs: list[CallInstance]) -> CallReport:
    begun = _begun(call)
    ended = _utc(call.end_time)
    rang = ended - begun if begun and ended and str(call.status) in _MISSED else None
    if begun is None or call.sid is None:
        message = "Twilio's log holds a call without an id or a time"
        raise ValueError(message)
    return CallReport(
        call_id=call.sid,
        provider="twilio",
        at=ended or begun,
        to=call.to,
        # The SDK names this one field with an underscore before it.
        caller=call._from or "",  # noqa: SLF001
        forwarded_from=call.forwarded_from or None,
        caller_name=call.caller_name or None,
        status=str(call.status),
        dial_status=dial_status,
        bridged=None if dial_status is None or not legs else int(call.duration or 0) > 0,
        started_at=begun,
        ended_at=ended,
        ring_seconds=None if rang is None else max(0, int(rang.total_seconds())),
    )


def _message(message: MessageInstance, at: datetime) -> MessageReport:
    body = message.body or ""
    intent, answered = intent_of(body)
    return MessageReport(
        message_id=message.sid or "",
        channel="sms",
        at=at,
        to=message.to or "",
        sender=message.from_ or "",
        body=body,
        vendor_intent=intent,
        vendor_answered=answered,
        media=int(message.num_media or 0),
    )


def _utc(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(UTC)


def _whole(moment: datetime) -> datetime:
    """Twilio's times have no fraction of a second."""
    return moment - timedelta(microseconds=moment.microsecond)
