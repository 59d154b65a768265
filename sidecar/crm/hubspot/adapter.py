"""HubSpot as the engine's CRM (`port.Crm`): accounts by token, the two-second look-up, its cache."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as NotInTime
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING

import structlog

from sidecar.crm.hubspot import deals, flags, people, touches
from sidecar.crm.hubspot.account import CONTACTS_READ, DEALS_READ, Account
from sidecar.crm.hubspot.limits import TtlCache
from sidecar.crm.port import CrmError, CrmPerson
from sidecar.domain.phones import mask

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sidecar.config.business import Business
    from sidecar.crm.hubspot.limits import Deadline
    from sidecar.crm.port import TouchNote, WonDeal

_FOUND_SECONDS = 60.0
"""For the steps of one moment and for those who ring again at once; an opt-out in the CRM waits no longer."""
_NOT_FOUND_SECONDS = 60.0
"""New records appear late in HubSpot's search: nobody stays unknown for long."""
_INCOMPLETE_SECONDS = 60.0
"""Somebody was found, but the deal stage was not read in time: the voice step may have better luck."""
_MOST_KEPT = 20_000
"""About 10 MB when full."""
_LOOKUP_THREADS = 16
_MARGIN = 0.05
"""Share of the budget that is kept back, so that a late answer is a late answer and not a race."""

_NEEDED_BY_LOOK_UP = (
    "hubspot.crm.objects",
    "hubspot.crm.associations.v4",
    "hubspot.crm.pipelines",
    "hubspot.discovery.crm.discovery",
    "stamina",
)

_log = structlog.get_logger(__name__)
_Key = tuple[str, str]


class HubSpotCrm:
    """One for the process. Thread-safe; the SDK is loaded by the first call (or by :meth:`warm`)."""

    def __init__(
        self,
        monotonic: Callable[[], float],
        *,
        timer: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """``monotonic``: the injected clock, for the cache; ``timer``, ``sleep``: real, for the network."""
        self._monotonic = monotonic
        self._timer = timer
        self._sleep = sleep
        self._lock = threading.Lock()
        self._accounts: dict[tuple[str, str], Account] = {}
        self._people: TtlCache[_Key, CrmPerson | None] = TtlCache(_MOST_KEPT, monotonic)
        self._under_way: dict[_Key, Future[CrmPerson | None]] = {}
        self._threads = ThreadPoolExecutor(_LOOKUP_THREADS, thread_name_prefix="hubspot")

    def warm(self) -> None:
        """Load the parts of the SDK that a look-up needs: about 0.1 s that the first caller need not wait."""
        for package in _NEEDED_BY_LOOK_UP:
            import_module(package)

    def close(self) -> None:
        """Begin no more look-ups and close the connections."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for account in self._accounts.values():
            account.close()

    def _account(self, business: Business) -> Account:
        settings = business.hubspot
        if settings is None:
            said = f"{business.name} has no HubSpot: add hubspot.access_token to its file"
            raise CrmError(said, temporary=False, code="not_configured")
        key = (settings.base_url, settings.access_token)
        with self._lock:
            account = self._accounts.get(key)
            if account is None:
                account = Account(settings, self._monotonic, timer=self._timer, sleep=self._sleep)
                self._accounts[key] = account
            return account

    # -------------------------------------------------------------- who is calling

    def find_person(self, business: Business, phone: str, *, budget_seconds: float = 2.0) -> CrmPerson | None:
        """See :meth:`sidecar.crm.port.Crm.find_person`.

        The work is done on a thread of its own, because no timeout of a socket bounds DNS or a list of
        addresses that are tried in turn. An answer that comes too late is still kept for the next step,
        and callers who ask about the same number meanwhile share one search.
        """
        key = (business.id, phone)
        kept = self._people.get(key)
        if kept is not None:
            return kept[0]
        try:
            return self._shared_look_up(key, business, phone, budget_seconds).result(timeout=budget_seconds)
        except NotInTime:
            code = "timeout"
        except CrmError as problem:
            code = problem.code
        except Exception as problem:  # noqa: BLE001 - a name is never worth losing the lead
            code = type(problem).__name__
        _log.warning("crm_lookup_failed", business=business.id, phone=mask(phone), code=code)
        return None

    def _shared_look_up(
        self, key: _Key, business: Business, phone: str, budget_seconds: float
    ) -> Future[CrmPerson | None]:
        account = self._account(business)
        with self._lock:
            under_way = self._under_way.get(key)
            if under_way is not None:
                return under_way
            deadline = account.deadline(budget_seconds * (1 - _MARGIN))
            future = self._threads.submit(self._look_up, account, business, phone, deadline)
            self._under_way[key] = future
        future.add_done_callback(lambda _: self._forget(key))
        return future

    def _forget(self, key: _Key) -> None:
        with self._lock:
            self._under_way.pop(key, None)

    def _look_up(self, account: Account, business: Business, phone: str, deadline: Deadline) -> CrmPerson | None:
        person = people.person_of(self._hits(account, business, phone, deadline))
        seconds = _NOT_FOUND_SECONDS if person is None else _FOUND_SECONDS
        if person is not None and not person.ambiguous:
            person, complete = self._with_stage(account, business, person, deadline)
            seconds = _FOUND_SECONDS if complete else _INCOMPLETE_SECONDS
        self._people.put((business.id, phone), person, seconds)
        return person

    def record_of(self, business: Business, *, phone: str | None, email: str | None) -> str | None:
        """See :meth:`sidecar.crm.port.Crm.record_of`."""
        account = self._account(business)
        deadline = account.deadline()
        if phone is not None and (hits := self._hits(account, business, phone, deadline)):
            return hits[0].crm_id
        return people.id_by_email(account, email, deadline) if email is not None else None

    def _hits(self, account: Account, business: Business, phone: str, deadline: Deadline) -> tuple[people.Hit, ...]:
        """True matches of a number, the most recently active first."""
        body = people.search_for(phone)
        account.wait_for_search(deadline)
        answer = account.read(
            account.search.do_search,
            "contacts",
            body,
            doing="searching contacts",
            scope=CONTACTS_READ,
            deadline=deadline,
        )
        hits = (people.hit_from(str(found.id), found.properties or {}) for found in answer.results or ())
        return people.with_number(hits, phone, business.region)

    def _with_stage(
        self, account: Account, business: Business, person: CrmPerson, deadline: Deadline
    ) -> tuple[CrmPerson, bool]:
        """The person with the latest deal's stage, or without it where HubSpot does not tell, and which."""
        try:
            stage = deals.latest_stage(account, person.crm_id, deadline)
        except CrmError as problem:
            _log.warning("crm_deal_stage_unknown", business=business.id, crm_id=person.crm_id, code=problem.code)
            return person, False
        return replace(person, deal_stage=stage), True

    # -------------------------------------------------------------- what became of it

    def log_touch(self, business: Business, note: TouchNote) -> None:
        """See :meth:`sidecar.crm.port.Crm.log_touch`; what is on the timeline is not written again."""
        touches.log(self._account(business), note)

    def set_opt_out(self, business: Business, crm_id: str, *, opted_out: bool, source: str, at: datetime) -> None:
        """See :meth:`sidecar.crm.port.Crm.set_opt_out`."""
        self._people.drop(lambda key, person: key[0] == business.id and person is not None and person.crm_id == crm_id)
        flags.set_opt_out(self._account(business), crm_id, opted_out=opted_out, source=source, at=at)

    def set_exhausted(self, business: Business, crm_id: str, at: datetime) -> None:
        """See :meth:`sidecar.crm.port.Crm.set_exhausted`."""
        flags.set_exhausted(self._account(business), crm_id, at)

    def won_deals(self, business: Business, crm_ids: tuple[str, ...], since: datetime) -> tuple[WonDeal, ...]:
        """See :meth:`sidecar.crm.port.Crm.won_deals`; amounts without a currency are in the business's."""
        return deals.won_since(self._account(business), crm_ids, since, business.currency)

    def probe(self, business: Business) -> str:
        """See :meth:`sidecar.crm.port.Crm.probe`: searches contacts and deals; writing is not tried."""
        account = self._account(business)
        deadline = account.deadline()
        for objects, scope in (("contacts", CONTACTS_READ), ("deals", DEALS_READ)):
            account.wait_for_search(deadline)
            account.read(
                account.search.do_search,
                objects,
                {"filterGroups": [], "properties": [], "sorts": [], "limit": 1, "after": "0"},
                doing=f"searching {objects}",
                scope=scope,
                deadline=deadline,
            )
        return "HubSpot answers: contacts and deals can be searched (writing was not tried)"
