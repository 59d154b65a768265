"""What the engine asks of a CRM, whichever it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from datetime import datetime

    from sidecar.config.business import Business


@dataclass(frozen=True, slots=True)
class CrmPerson:
    """What the CRM knows of a caller."""

    crm_id: str
    first_name: str | None = None
    """``None`` where unknown, unusable, or where several hits disagree about it."""
    last_name: str | None = None
    email: str | None = None
    deal_stage: str | None = None
    """Label of the most recent deal's stage; ``None`` where hits disagree about the person."""
    opted_out: bool = False
    """Our own opt-out property, or HubSpot's email opt-out for ``email_opted_out``."""
    email_opted_out: bool = False
    ambiguous: bool = False
    """Several records with different first names share the number: a household phone."""


@dataclass(frozen=True, slots=True)
class TouchNote:
    """A touch to be logged on the CRM record; masked or full text is the caller's choice."""

    crm_id: str
    touch_id: str
    channel: Literal["sms", "voice", "email"]
    at: datetime
    body: str
    outcome: str = ""
    duration_ms: int | None = None


@dataclass(frozen=True, slots=True)
class WonDeal:
    """A deal that was closed and won after the sequence began."""

    crm_id: str
    deal_id: str
    amount_minor: int | None
    currency: str | None
    closed_at: datetime


class Told(StrEnum):
    """What a change in the CRM says of a person."""

    STOP = "stop"
    """Our own opt-out property: every channel."""
    NO_EMAIL = "no_email"
    """Out of all of the client's emails."""
    LEFT_LIST = "left_list"
    """Out of one of the client's email lists."""


@dataclass(frozen=True, slots=True)
class CrmChange:
    """Somebody, or something, changed a person's record in the CRM."""

    account: str
    """Whose CRM it is: HubSpot's portal id."""
    crm_id: str
    told: Told
    on: bool
    """Whether the mark was set, or taken off."""
    at: datetime


NOT_FOUND = "http_404"
"""Code of a :class:`CrmError`: there is no such record any more, it was deleted or merged."""


class CrmError(Exception):
    """The CRM did not do it; ``temporary`` says whether trying later can help."""

    def __init__(self, message: str, *, temporary: bool, code: str = "") -> None:
        super().__init__(message)
        self.temporary = temporary
        self.code = code


class Crm(Protocol):
    """A customer record system. Every call is bounded in time; reads are cached and rate-limited inside."""

    def find_person(self, business: Business, phone: str, *, budget_seconds: float = 2.0) -> CrmPerson | None:
        """Who has this number (E.164)? ``None``: nobody, or not known within the budget. Never raises."""
        ...

    def record_of(self, business: Business, *, phone: str | None, email: str | None) -> str | None:
        """The id of the record with this phone (E.164), else with this email; ``None``: there is none.

        Not cached, and without :meth:`find_person`'s haste. Raises :class:`CrmError`.
        """
        ...

    def log_touch(self, business: Business, note: TouchNote) -> None:
        """Write a touch to the person's timeline; raises :class:`CrmError`."""
        ...

    def set_opt_out(self, business: Business, crm_id: str, *, opted_out: bool, source: str, at: datetime) -> None:
        """Write STOP or START back (own properties and, for STOP, email unsubscribe-all); raises :class:`CrmError`."""
        ...

    def set_exhausted(self, business: Business, crm_id: str, at: datetime) -> None:
        """Mark that a sequence ended without an answer, for the client's own nurture; raises :class:`CrmError`."""
        ...

    def won_deals(self, business: Business, crm_ids: tuple[str, ...], since: datetime) -> tuple[WonDeal, ...]:
        """Deals of these people closed-won since then; raises :class:`CrmError`."""
        ...

    def probe(self, business: Business) -> str:
        """For ``check --live``: one sentence on the connection; raises :class:`CrmError`."""
        ...
