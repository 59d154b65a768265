"""Deals: the stage of somebody's latest one, and those that were won since a recovery began."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from sidecar.crm.hubspot.account import DEALS_READ
from sidecar.crm.hubspot.people import moment
from sidecar.crm.port import WonDeal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sidecar.crm.hubspot.account import Account
    from sidecar.crm.hubspot.limits import Deadline

_BATCH = 100
"""HubSpot reads at most so many records at once."""
_PAGE = 500
_STAGES_KEPT_SECONDS = 6 * 3600.0
_NO_MINOR = frozenset(
    [
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "ISK",
        "JPY",
        "KMF",
        "KRW",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    ]
)
_THREE_DECIMALS = frozenset(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"])
"""ISO 4217: currencies whose smallest unit is not a hundredth."""


def latest_stage(account: Account, crm_id: str, deadline: Deadline) -> str | None:
    """Label of the stage of the deal that changed last, ``None`` without deals. Raises :class:`CrmError`."""
    page = account.read(
        account.associations.get_page,
        "contacts",
        crm_id,
        "deals",
        limit=_PAGE,
        doing="reading a contact's deals",
        scope=DEALS_READ,
        deadline=deadline,
    )
    ids = newest([to.to_object_id for to in page.results or ()], _BATCH)
    if not ids:
        return None
    deals = _read_deals(account, ids, ("dealstage", "pipeline", "closedate", "hs_lastmodifieddate"), deadline)
    if not deals:
        return None
    latest = max(deals.values(), key=lambda deal: moment(deal.get("hs_lastmodifieddate")))
    labels = _stage_labels(account, deadline)
    return labels.get((latest.get("pipeline") or "", latest.get("dealstage") or ""))


def newest(ids: Iterable[object], most: int) -> list[str]:
    """The highest ids (HubSpot counts upwards), at most so many, as texts and without doubles."""
    return sorted({str(value) for value in ids}, key=lambda text: (len(text), text), reverse=True)[:most]


def _read_deals(
    account: Account, ids: list[str], properties: tuple[str, ...], deadline: Deadline
) -> dict[str, Mapping[str, str | None]]:
    body = {
        "properties": list(properties),
        "propertiesWithHistory": [],
        "inputs": [{"id": deal_id} for deal_id in ids],
    }
    answer = account.read(
        account.batches.read, "deals", body, doing="reading deals", scope=DEALS_READ, deadline=deadline
    )
    return {deal.id: deal.properties or {} for deal in answer.results or ()}


def _stage_labels(account: Account, deadline: Deadline) -> dict[tuple[str, str], str]:
    kept = account.stages.get("deals")
    if kept is not None:
        return kept[0]
    answer = account.read(
        account.pipelines.get_all,
        "deals",
        doing="reading deal pipelines",
        scope=DEALS_READ,
        deadline=deadline,
    )
    labels = {
        (str(pipeline.id), str(stage.id)): str(stage.label)
        for pipeline in answer.results or ()
        for stage in pipeline.stages or ()
    }
    account.stages.put("deals", labels, _STAGES_KEPT_SECONDS)
    return labels


# ---------------------------------------------------------------- won


def won_since(account: Account, crm_ids: tuple[str, ...], since: datetime, home_currency: str) -> tuple[WonDeal, ...]:
    """Deals of these contacts that were closed and won since then, each once. Raises :class:`CrmError`.

    A deal that two of the contacts share is credited to the first of them. Associations and batches are read
    instead of searched: they spend none of the search rate and see a record as soon as it is written.
    """
    deadline = account.deadline(30.0)
    owner: dict[str, str] = {}
    for chunk in _chunks(tuple(dict.fromkeys(crm_ids))):
        for crm_id, deal_ids in _deals_of(account, chunk, deadline).items():
            for deal_id in deal_ids:
                owner.setdefault(deal_id, crm_id)
    won: list[WonDeal] = []
    properties = ("hs_is_closed_won", "amount", "deal_currency_code", "closedate")
    for ids in _chunks(tuple(owner)):
        for deal_id, deal in _read_deals(account, list(ids), properties, deadline).items():
            closed_at = moment(deal.get("closedate"))
            if deal.get("hs_is_closed_won") != "true" or closed_at < since.astimezone(UTC):
                continue
            currency = deal.get("deal_currency_code") or home_currency
            minor = minor_units(deal.get("amount"), currency)
            won.append(WonDeal(owner[deal_id], deal_id, minor, currency if minor is not None else None, closed_at))
    return tuple(sorted(won, key=lambda deal: (deal.closed_at, deal.deal_id)))


def _deals_of(account: Account, crm_ids: tuple[str, ...], deadline: Deadline) -> dict[str, list[str]]:
    """Deal ids by contact, in the order asked, without contacts that have none (HubSpot answers 207)."""
    answer: Any = account.read(
        account.association_batches.get_page,
        "contacts",
        "deals",
        {"inputs": [{"id": crm_id} for crm_id in crm_ids]},
        doing="reading contacts' deals",
        scope=DEALS_READ,
        deadline=deadline,
    )
    # "from" is a keyword: the SDK calls it _from.
    found = {str(row._from.id): row.to or () for row in answer.results or ()}  # noqa: SLF001
    return {crm_id: newest((to.to_object_id for to in found[crm_id]), _PAGE) for crm_id in crm_ids if crm_id in found}


def _chunks(ids: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return (ids[start : start + _BATCH] for start in range(0, len(ids), _BATCH))


def minor_units(amount: str | None, currency: str) -> int | None:
    """``"1234.50"`` in GBP → 123450; ``None`` for what is no amount.

    >>> minor_units("1234.5", "GBP"), minor_units("900", "JPY"), minor_units("", "GBP")
    (123450, 900, None)
    """
    try:
        value = Decimal((amount or "").strip())
    except InvalidOperation:
        return None
    if not value.is_finite():
        return None
    code = currency.upper()
    places = 0 if code in _NO_MINOR else 3 if code in _THREE_DECIMALS else 2
    return int(value.scaleb(places).to_integral_value())
