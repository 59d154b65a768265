"""Twilio's own books: accounts, numbers, calls and messages, in the shape in which its API shows them."""

from __future__ import annotations

import threading
import uuid
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from sidecar.sandbox.record import Json

OPT_OUT_WORDS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "END", "QUIT", "CANCEL", "REVOKE", "OPTOUT"})
OPT_IN_WORDS = frozenset({"START", "UNSTOP"})
_API_VERSION = "2010-04-01"


def new_sid(prefix: str) -> str:
    """A fresh Twilio identifier: two letters and 32 hex digits."""
    return prefix + uuid.uuid4().hex


def rfc2822(at: datetime | None) -> str | None:
    """The date form of the 2010 API, to the second: ``Sun, 22 Nov 2026 10:00:00 +0000``."""
    return format_datetime(at.astimezone(UTC)) if at else None


@dataclass(slots=True)
class Number:
    """A phone number that an account owns, with the webhooks set on it (public URLs or None)."""

    phone_number: str
    account_sid: str
    sid: str
    sms: bool = True
    voice: bool = True
    voice_url: str | None = None
    sms_url: str | None = None
    status_callback: str | None = None

    def as_json(self) -> Json:
        """The IncomingPhoneNumber resource."""
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "phone_number": self.phone_number,
            "friendly_name": self.phone_number,
            "api_version": _API_VERSION,
            "beta": False,
            "capabilities": {"voice": self.voice, "sms": self.sms, "mms": False, "fax": False},
            "voice_url": self.voice_url or "",
            "voice_method": "POST",
            "voice_fallback_url": "",
            "voice_fallback_method": "POST",
            "voice_caller_id_lookup": False,
            "voice_application_sid": "",
            "sms_url": self.sms_url or "",
            "sms_method": "POST",
            "sms_fallback_url": "",
            "sms_fallback_method": "POST",
            "sms_application_sid": "",
            "trunk_sid": None,
            "status_callback": self.status_callback or "",
            "status_callback_method": "POST",
            "address_requirements": "none",
            "emergency_status": "Inactive",
            "origin": "twilio",
            "status": "in-use",
            "type": "local",
            "date_created": None,
            "date_updated": None,
            "uri": f"/{_API_VERSION}/Accounts/{self.account_sid}/IncomingPhoneNumbers/{self.sid}.json",
        }


@dataclass(slots=True)
class Message:
    """One SMS in Twilio's log, either way."""

    sid: str
    account_sid: str
    to: str
    from_: str | None
    body: str
    direction: str
    status: str
    created: datetime
    sent: datetime | None = None
    error_code: int | None = None
    error_message: str | None = None
    messaging_service_sid: str | None = None
    status_callback: str | None = None

    @property
    def at(self) -> datetime:
        """The time that DateSent filters look at; a queued message counts from its creation."""
        return self.sent or self.created

    def as_json(self) -> Json:
        """The Message resource."""
        uri = f"/{_API_VERSION}/Accounts/{self.account_sid}/Messages/{self.sid}"
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "to": self.to,
            "from": self.from_,
            "body": self.body,
            "direction": self.direction,
            "status": self.status,
            "date_created": rfc2822(self.created),
            "date_sent": rfc2822(self.sent),
            "date_updated": rfc2822(self.at),
            "error_code": self.error_code,
            "error_message": self.error_message,
            "messaging_service_sid": self.messaging_service_sid,
            "num_segments": "1",
            "num_media": "0",
            "price": None,
            "price_unit": "USD",
            "api_version": _API_VERSION,
            "uri": f"{uri}.json",
            "subresource_uris": {"media": f"{uri}/Media.json"},
        }


@dataclass(slots=True)
class Call:
    """One call leg in Twilio's log; ``parent_call_sid`` is set on the legs that a Dial made."""

    sid: str
    account_sid: str
    to: str
    from_: str
    status: str
    direction: str
    created: datetime
    started: datetime | None = None
    ended: datetime | None = None
    duration: int | None = None
    parent_call_sid: str | None = None
    forwarded_from: str | None = None
    caller_name: str | None = None

    @property
    def at(self) -> datetime:
        """The time that StartTime filters look at."""
        return self.started or self.created

    def as_json(self) -> Json:
        """The Call resource (``duration`` is a string of seconds there)."""
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "to": self.to,
            "to_formatted": self.to,
            "from": self.from_,
            "from_formatted": self.from_,
            "status": self.status,
            "direction": self.direction,
            "date_created": rfc2822(self.created),
            "date_updated": rfc2822(self.ended or self.created),
            "start_time": rfc2822(self.started),
            "end_time": rfc2822(self.ended),
            "duration": None if self.duration is None else str(self.duration),
            "parent_call_sid": self.parent_call_sid,
            "forwarded_from": self.forwarded_from,
            "caller_name": self.caller_name,
            "answered_by": None,
            "price": None,
            "price_unit": "USD",
            "phone_number_sid": None,
            "group_sid": None,
            "queue_time": "0",
            "trunk_sid": None,
            "api_version": _API_VERSION,
            "annotation": None,
            "subresource_uris": {},
            "uri": f"/{_API_VERSION}/Accounts/{self.account_sid}/Calls/{self.sid}.json",
        }


class _Entry(Protocol):
    """What calls and messages share for the log."""

    sid: str
    account_sid: str
    to: str

    @property
    def at(self) -> datetime: ...

    def as_json(self) -> Json: ...


E = TypeVar("E", bound=_Entry)


class Shelf(Generic[E]):
    """Entries of one kind in the order they came, found by SID and by either number without a scan."""

    def __init__(self) -> None:
        """Start empty."""
        self._lock = threading.Lock()
        self._by_sid: dict[str, E] = {}
        self._by_account: defaultdict[str, list[E]] = defaultdict(list)
        self._by_number: defaultdict[tuple[str, str, str], list[E]] = defaultdict(list)

    def add(self, entry: E, from_: str | None) -> None:
        """Put an entry on the shelf."""
        with self._lock:
            self._by_sid[entry.sid] = entry
            self._by_account[entry.account_sid].append(entry)
            self._by_number[entry.account_sid, "to", entry.to].append(entry)
            if from_ is not None:
                self._by_number[entry.account_sid, "from", from_].append(entry)

    def get(self, account_sid: str, sid: str) -> E | None:
        """The entry of that account with that SID."""
        entry = self._by_sid.get(sid)
        return entry if entry is not None and entry.account_sid == account_sid else None

    def newest_first(self, account_sid: str, to: str | None, from_: str | None) -> Iterator[E]:
        """Entries of an account, newest first, by the called and calling number where given."""
        with self._lock:
            if to is not None:
                chosen = list(self._by_number.get((account_sid, "to", to), ()))
            elif from_ is not None:
                chosen = list(self._by_number.get((account_sid, "from", from_), ()))
            else:
                chosen = list(self._by_account.get(account_sid, ()))
        return reversed(chosen)

    def clear(self) -> None:
        """Empty the shelf."""
        with self._lock:
            self._by_sid.clear()
            self._by_account.clear()
            self._by_number.clear()


@dataclass(slots=True)
class TwilioBooks:
    """All that this Twilio knows. ``blocked`` holds (our number, their number) pairs after a STOP."""

    accounts: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, Number] = field(default_factory=dict)
    messages: Shelf[Message] = field(default_factory=Shelf[Message])
    calls: Shelf[Call] = field(default_factory=Shelf[Call])
    blocked: set[tuple[str, str]] = field(default_factory=set)
    line_types: dict[str, str] = field(default_factory=dict)

    def clear(self) -> None:
        """Forget calls, messages and opt-outs; accounts, numbers and line types stay."""
        self.messages.clear()
        self.calls.clear()
        self.blocked.clear()


def moment(text: str) -> datetime:
    """A filter's time: ``YYYY-MM-DD`` or ISO 8601, UTC. Raises `ValueError` for anything else."""
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def within(name: str, query: Mapping[str, str]) -> Callable[[datetime], bool]:
    """A check of ``DateSent``, ``DateSent>`` and ``DateSent<`` alike; both bounds count as inside."""
    exact, low, high = (query.get(name + mark) for mark in ("", ">", "<"))
    on = moment(exact).date() if exact else None
    since = moment(low) if low else None
    until = moment(high) if high else None

    def check(at: datetime) -> bool:
        whole = at.replace(microsecond=0)
        return (
            (on is None or whole.date() == on)
            and (since is None or whole >= since.replace(microsecond=0))
            and (until is None or whole <= until)
        )

    return check


def page_of(key: str, path: str, query: Mapping[str, str], entries: Iterable[Any]) -> Json:
    """One page of a 2010 API list: the records under ``key`` and the links around them."""
    size = min(max(int(query.get("PageSize", 50)), 1), 1000)
    number = int(query.get("Page", 0))
    first = size * number
    records: list[Json] = []
    more = False
    for position, entry in enumerate(entries):
        if position >= first + size:
            more = True
            break
        if position >= first:
            records.append(entry.as_json())

    def link(page: int) -> str:
        return path + "?" + urlencode({**query, "PageSize": size, "Page": page})

    return {
        key: records,
        "page": number,
        "page_size": size,
        "start": first,
        "end": first + len(records) - 1 if records else first,
        "uri": link(number),
        "first_page_uri": link(0),
        "next_page_uri": link(number + 1) if more else None,
        "previous_page_uri": link(number - 1) if number else None,
    }
