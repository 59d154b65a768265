"""The client's customer records: who is calling, and what became of it.

:class:`Crms` is the one object that the engine holds. Each business either has a
HubSpot token (``hubspot:`` in its file) or keeps no CRM, and every method goes
to the one that its business has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.crm.hubspot import HubSpotCrm
from sidecar.crm.none import NoCrm

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sidecar.config.business import Business
    from sidecar.crm.port import Crm, CrmPerson, TouchNote, WonDeal

__all__ = ["Crms"]


class Crms:
    """Every CRM that the sidecar knows, as one (`port.Crm`); built once, in the composition root."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        """``monotonic``: seconds of the injected clock, by which cached answers grow old."""
        self._hubspot = HubSpotCrm(monotonic)
        self._none = NoCrm()

    def _of(self, business: Business) -> Crm:
        return self._none if business.hubspot is None else self._hubspot

    def warm(self) -> None:
        """Load HubSpot's SDK (0.1–0.25 s, 9 MB) ahead of the first call, off the caller's two seconds."""
        self._hubspot.warm()

    def close(self) -> None:
        """Let go of threads and connections; look-ups that are under way are not waited for."""
        self._hubspot.close()

    def find_person(self, business: Business, phone: str, *, budget_seconds: float = 2.0) -> CrmPerson | None:
        """See :meth:`sidecar.crm.port.Crm.find_person`."""
        return self._of(business).find_person(business, phone, budget_seconds=budget_seconds)

    def record_of(self, business: Business, *, phone: str | None, email: str | None) -> str | None:
        """See :meth:`sidecar.crm.port.Crm.record_of`."""
        return self._of(business).record_of(business, phone=phone, email=email)

    def log_touch(self, business: Business, note: TouchNote) -> None:
        """See :meth:`sidecar.crm.port.Crm.log_touch`."""
        self._of(business).log_touch(business, note)

    def set_opt_out(self, business: Business, crm_id: str, *, opted_out: bool, source: str, at: datetime) -> None:
        """See :meth:`sidecar.crm.port.Crm.set_opt_out`."""
        self._of(business).set_opt_out(business, crm_id, opted_out=opted_out, source=source, at=at)

    def set_exhausted(self, business: Business, crm_id: str, at: datetime) -> None:
        """See :meth:`sidecar.crm.port.Crm.set_exhausted`."""
        self._of(business).set_exhausted(business, crm_id, at)

    def won_deals(self, business: Business, crm_ids: tuple[str, ...], since: datetime) -> tuple[WonDeal, ...]:
        """See :meth:`sidecar.crm.port.Crm.won_deals`."""
        return self._of(business).won_deals(business, crm_ids, since)

    def probe(self, business: Business) -> str:
        """See :meth:`sidecar.crm.port.Crm.probe`."""
        return self._of(business).probe(business)
