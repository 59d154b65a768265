"""The CRM of a business that keeps none: it knows nobody and takes every note in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from sidecar.config.business import Business
    from sidecar.crm.port import CrmPerson, TouchNote, WonDeal


class NoCrm:
    """Implements `port.Crm` without a vendor, so that no caller has to ask whether there is one."""

    def find_person(self, business: Business, phone: str, *, budget_seconds: float = 2.0) -> CrmPerson | None:  # noqa: ARG002
        """Nobody is known."""
        return None

    def record_of(self, business: Business, *, phone: str | None, email: str | None) -> str | None:  # noqa: ARG002
        """Nobody has a record."""
        return None

    def log_touch(self, business: Business, note: TouchNote) -> None:
        """Nothing to write to: the sidecar's own record stands."""

    def set_opt_out(self, business: Business, crm_id: str, *, opted_out: bool, source: str, at: datetime) -> None:
        """Nothing to write to: our own suppression stands."""

    def set_exhausted(self, business: Business, crm_id: str, at: datetime) -> None:
        """Nothing to write to."""

    def won_deals(self, business: Business, crm_ids: tuple[str, ...], since: datetime) -> tuple[WonDeal, ...]:  # noqa: ARG002
        """No deals are kept; conversions are reported by ``POST /v1/outcomes``."""
        return ()

    def probe(self, business: Business) -> str:
        """One sentence for ``check``."""
        return f"{business.name} keeps no CRM: callers are greeted without their first name"
