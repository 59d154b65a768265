"""A business: one client of the agency, as its YAML file describes it.

Values only; reading and checking the file is ``config.loader``'s.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

from sidecar.domain.opt_out_rate import Limit
from sidecar.domain.retention import Retention

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from sidecar.domain.compliance import Preset
    from sidecar.domain.playbooks import Channel, Playbook
    from sidecar.domain.windows import Span, Window

NumberMode = Literal["ring_staff", "forwarded", "status"]


@dataclass(frozen=True, slots=True)
class Number:
    """One of the business's phone numbers, and how calls to it are judged."""

    e164: str
    mode: NumberMode = "ring_staff"
    """``ring_staff``: Twilio rings staff, a person presses 1 to accept. ``forwarded``: the number only
    receives calls that nobody took, so each is a miss. ``status``: other TwiML answers; only the parent's
    status is known."""
    can_text: bool = True
    text_from: str | None = None
    """Another of the business's numbers to text from, where this one cannot."""
    press_one: bool = True
    """``ring_staff``: a whisper asks staff to press 1, so that their voicemail never counts as an answer."""
    ring: tuple[str, ...] = ()
    """E.164 numbers that ring, ``ring_staff`` only."""
    ring_seconds: int = 18
    variant: str = "general"
    """Which words of the playbook callers of this number get."""
    playbook: Playbook | None = None
    """Instead of the business's playbook."""
    texts_per_second: float = 1.0
    """Twilio: 1 SMS/s for a long code, 3 for toll-free."""

    @property
    def texts_from(self) -> str:
        """The number that texts a caller of this one."""
        return self.e164 if self.can_text else (self.text_from or self.e164)


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A person at the business who is alerted and given tasks."""

    name: str
    phone: str | None = None
    email: str | None = None
    webhook: str | None = field(default=None, repr=False)
    """Its address is its key: whoever knows it may post there."""


@dataclass(frozen=True, slots=True)
class Twilio:
    """Credentials and address of the business's Twilio account."""

    account_sid: str
    auth_token: str = field(repr=False)
    base_url: str = "https://api.twilio.com"
    segment_price: float | None = None
    """What the account pays for a segment of a text, in its own currency; only ever shown."""


@dataclass(frozen=True, slots=True)
class Retell:
    """Credentials, agent and outbound number for AI voice."""

    api_key: str = field(repr=False)
    agent_id: str = ""
    from_number: str = ""
    base_url: str = "https://api.retellai.com"


@dataclass(frozen=True, slots=True)
class HubSpot:
    """Credentials of the business's HubSpot private app."""

    access_token: str = field(repr=False)
    base_url: str = "https://api.hubapi.com"
    client_secret: str = field(default="", repr=False)
    """Signs the webhook that tells of opt-outs in the CRM; empty where there is none."""
    portal_id: str = ""
    """HubSpot's number of the account: which business a webhook is about."""


@dataclass(frozen=True, slots=True)
class Smtp:
    """Outgoing mail."""

    host: str
    port: int
    from_address: str
    reply_to: str
    """An address of the client's mailbox; replies are matched by ``local+token@domain``."""
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    security: Literal["starttls", "tls", "none"] = "starttls"


@dataclass(frozen=True, slots=True)
class Flow:
    """The low-code flow that drives this business's sequences, if one does."""

    platform: Literal["n8n", "make"]
    callback_hosts: tuple[str, ...] = ()
    """Hosts that ``resume_url`` may name; a host listed here may resolve to a private address."""
    callback_base: str | None = None
    """Internal address that replaces scheme and host of n8n's resume URLs (only
    ``/webhook-waiting/`` paths)."""
    grace_first: timedelta = timedelta(seconds=15)
    grace_later: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Assessment:
    """The legitimate-interest assessment, as a person has reviewed it (see ``config.assessment``)."""

    document: str
    """Where the paper is filed."""
    reviewed_by: str
    reviewed_on: date
    reviewed_state: str = ""
    """What was reviewed (``config.assessment.state_of``); empty where the file does not say."""


@dataclass(frozen=True, slots=True)
class Business:
    """One client of the agency."""

    id: str
    name: str
    agent_name: str
    """First name of the person who signs the texts."""
    region: str
    """ISO 3166-1 alpha-2; numbers without a country are read in it."""
    zone: str
    """IANA zone."""
    preset: Preset
    playbook: Playbook
    numbers: tuple[Number, ...]
    subdivision: str | None = None
    language: str = "en-GB"
    address: str = ""
    """Postal address, for the foot of emails."""
    staff: tuple[StaffMember, ...] = ()
    staff_hours: Window | None = None
    """When staff take tasks and alerts; none = always."""
    windows: Mapping[Channel, Window] = field(default_factory=dict)
    closed_days: frozenset[date] = frozenset()
    extra_openings: Mapping[date, tuple[Span, ...]] = field(default_factory=dict)
    twilio: Twilio | None = None
    retell: Retell | None = None
    hubspot: HubSpot | None = None
    smtp: Smtp | None = None
    flow: Flow | None = None
    blocked: frozenset[str] = frozenset()
    internal: frozenset[str] = frozenset()
    """Staff's own and other internal numbers: never a lead."""
    min_ring: timedelta = timedelta(seconds=3)
    """Shorter than this and hung up by the caller: a misdial."""
    fold_within: timedelta = timedelta(minutes=30)
    cool_down: timedelta = timedelta(minutes=30)
    """After a sequence closed, a new call within this opens none (staff are alerted)."""
    max_touches_per_day: int = 4
    strict_consent: bool = False
    legitimate_interest: Assessment | None = None
    """The reviewed assessment; where the GDPR holds, a business file without one does not load."""
    event_hosts: tuple[str, ...] = ()
    """Allow-list for subscription URLs; a host listed here may resolve to a private address."""
    opt_out_limit: Limit = field(default_factory=Limit)
    """When too many opt-outs are an alarm."""
    retention: Retention = field(default_factory=Retention)
    """How long what is personal is kept."""
    currency: str = "GBP"
    source: str = ""
    """The file that this was read from, for messages."""

    def number(self, e164: str) -> Number | None:
        """The business's number of that form, if it is one."""
        return next((number for number in self.numbers if number.e164 == e164), None)

    def playbook_for(self, number: Number | None) -> Playbook:
        """The number's own playbook, or the business's."""
        return number.playbook if number is not None and number.playbook is not None else self.playbook


class Businesses:
    """Every business of this installation; no two share an id or a number."""

    def __init__(self, businesses: Iterable[Business] = ()) -> None:
        """Take the businesses in order.

        Raises:
            ValueError: two of them have one id or one number.
        """
        self._by_id: dict[str, Business] = {}
        self._by_number: dict[str, Business] = {}
        for business in businesses:
            if business.id in self._by_id:
                raise ValueError(f"two businesses have the id {business.id!r}: give each its own")
            self._by_id[business.id] = business
            for number in business.numbers:
                if number.e164 in self._by_number:
                    other = self._by_number[number.e164].id
                    raise ValueError(f"{business.id!r} and {other!r} have one number: give it to one of them")
                self._by_number[number.e164] = business

    def __iter__(self) -> Iterator[Business]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, business_id: object) -> bool:
        return business_id in self._by_id

    def __getitem__(self, business_id: str) -> Business:
        """The business of that id; raises ``KeyError`` when there is none."""
        return self._by_id[business_id]

    def get(self, business_id: str) -> Business | None:
        """The business of that id, if there is one."""
        return self._by_id.get(business_id)

    def by_number(self, e164: str) -> Business | None:
        """The business whose number that is, if it is anybody's."""
        return self._by_number.get(e164)
