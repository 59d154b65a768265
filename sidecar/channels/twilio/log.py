"""Twilio's own log of calls and texts: what reconcile reads to find those whose webhook never came."""

from __future__ import annotations

from datetime import UTC, timedelta
from functools import partial
from typing import TYPE_CHECKING, cast

from sidecar.channels.twilio.errors import NeverLeftError, NoAnswerError, RefusedError, legible
from sidecar.channels.twilio.webhooks import intent_of
from sidecar.domain.reports import CallReport, DialStatus, MessageReport

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from datetime import datetime
    from typing import TypeVar

    from twilio.rest.api.v2010.account.call import CallInstance
    from twilio.rest.api.v2010.account.message import MessageInstance

    from sidecar.channels.twilio.client import TwilioClients
    from sidecar.config.business import Business, Number

    T = TypeVar("T")

_MISSED = frozenset({"busy", "no-answer", "failed", "canceled"})
_ENDED = _MISSED | {"completed"}
_MOST = 500
"""Records read of one number at a time; Twilio narrows by whole days only."""
_PAGE = 100
_CLEARER = ("completed", "answered", "busy", "no-answer", "failed", "canceled")
"""Where several phones rang: the first of these that any of them ended with is the dial's result."""
_SERVER = 500
_THROTTLED = 429


class TwilioLog:
    """Reads the log of one number; repeats a read that met connection trouble or 5xx (`reading`)."""

    def __init__(self, clients: TwilioClients) -> None:
        """``clients`` is shared with all that speaks to Twilio."""
        self._clients = clients

    def calls_since(
        self, business: Business, number: Number, since: datetime, known: Collection[str] = ()
    ) -> list[CallReport]:
        """Ended inbound calls to the number that started at or after ``since`` (UTC), newest first.

        For a number that rings staff, an answered parent tells nothing, so the legs to the staff are read
        too (one request more for each such call): their end is the dial's result. Whether a person pressed
        1 is in no log: ``accepted`` stays unknown, and what the webhooks said of it stands.

        Args:
            business: whose account is read.
            number: the number that was called.
            since: allow for the longest call and for the log's own delay.
            known: ids of calls that are judged already; nothing more is asked about them.

        Raises:
            TwilioError: Twilio could not be read.
            ChannelError: the business has no Twilio section.
        """
        client = self._clients.of(business)
        calls = reading(
            partial(client.calls.list, to=number.e164, start_time_after=since, limit=_MOST, page_size=_PAGE)
        )
        reports = []
        for call in calls:
            if not _ended_inbound(call, since) or call.sid in known:
                continue
            legs: list[CallInstance] = []
            asked = number.mode == "ring_staff" and str(call.status) not in _MISSED
            if asked:
                legs = reading(partial(client.calls.list, parent_call_sid=call.sid, limit=_PAGE))
            reports.append(_report(call, _dial_status(legs) if asked else None, legs))
        return reports

    def messages_since(self, business: Business, number: Number, since: datetime) -> list[MessageReport]:
        """Texts that came in to the number at or after ``since`` (UTC), newest first.

        Raises as `calls_since` does.
        """
        client = self._clients.of(business)
        messages = reading(
            partial(client.messages.list, to=number.e164, date_sent_after=since, limit=_MOST, page_size=_PAGE)
        )
        return [
            _message(message, at)
            for message in messages
            if str(message.direction) == "inbound"
            and (at := _utc(message.date_sent or message.date_created)) is not None
            and at >= _whole(since)
        ]


def reading(fetch: Callable[[], T]) -> T:
    """Run a read, and again where no answer came or Twilio was busy: three times, 30 s at most."""
    import stamina

    for attempt in stamina.retry_context(
        on=_worth_repeating, attempts=3, timeout=30.0, wait_initial=0.2, wait_max=2.0
    ):
        with attempt, legible():
            return fetch()
    raise AssertionError  # pragma: no cover - the last attempt raises or returns


def _worth_repeating(error: Exception) -> bool:
    if isinstance(error, RefusedError):
        return error.status >= _SERVER or error.status == _THROTTLED
    return isinstance(error, (NeverLeftError, NoAnswerError))


def _ended_inbound(call: CallInstance, since: datetime) -> bool:
    begun = _utc(call.start_time or call.date_created)
    return (
        call.direction == "inbound"
        and str(call.status) in _ENDED
        and call.sid is not None
        and begun is not None
        and begun >= _whole(since)
    )


def _dial_status(legs: list[CallInstance]) -> DialStatus:
    """No leg at all: staff were never rung, so nobody can have answered."""
    ends = {str(leg.status) for leg in legs}
    return cast("DialStatus", next((end for end in _CLEARER if end in ends), "failed"))


def _report(call: CallInstance, dial_status: DialStatus | None, legs: list[CallInstance]) -> CallReport:
    begun = _utc(call.start_time or call.date_created)
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
