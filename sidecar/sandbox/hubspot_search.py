"""HubSpot's CRM search: filter groups joined by OR, filters joined by AND, sorts, paging."""

from __future__ import annotations

import fnmatch
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sidecar.sandbox.hubspot_errors import HubSpotRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from sidecar.sandbox.hubspot_store import HubSpotStore, Thing
    from sidecar.sandbox.record import Json

_MAX_GROUPS, _MAX_FILTERS, _MAX_LIMIT = 5, 10, 200
_FIELDS = frozenset(("filterGroups", "filters", "sorts", "query", "properties", "limit", "after"))
_OPERATORS = frozenset(
    [
        "EQ",
        "NEQ",
        "LT",
        "LTE",
        "GT",
        "GTE",
        "BETWEEN",
        "IN",
        "NOT_IN",
        "HAS_PROPERTY",
        "NOT_HAS_PROPERTY",
        "CONTAINS_TOKEN",
        "NOT_CONTAINS_TOKEN",
    ]
)
_MEASURED = frozenset(("number", "date", "datetime"))
_VALUELESS = frozenset(("HAS_PROPERTY", "NOT_HAS_PROPERTY"))
_PHONE_LIKE = re.compile(r"(phone|mobilephone|hs_searchable_calculated_(phone|mobile)_number)")
_QUERY_IN = {
    "contacts": ("firstname", "lastname", "email", "phone", "mobilephone", "company"),
    "deals": ("dealname",),
}


def search(store: HubSpotStore, kind: str, body: Json) -> tuple[list[Thing], int, str | None]:
    """One page of hits, the total, and the ``after`` of the next page. Raises `HubSpotRefused`."""
    _check(store, kind, body)
    groups = body.get("filterGroups") or ([{"filters": body["filters"]}] if body.get("filters") else [])
    with store.lock:
        pool = _pool(store, kind, groups)
        hits = [thing for thing in pool if not groups or any(_group(store, kind, thing, g) for g in groups)]
    if body.get("query"):
        hits = [thing for thing in hits if _mentions(thing, _QUERY_IN.get(kind, ()), str(body["query"]))]
    hits.sort(key=lambda thing: int(thing.id))
    for sort in reversed(body.get("sorts") or []):
        name, descending = _sort(sort)
        hits.sort(key=_key(name), reverse=descending)
    first, limit = int(body.get("after") or 0), int(body.get("limit") or 10)
    after = str(first + limit) if len(hits) > first + limit else None
    return hits[first : first + limit], len(hits), after


def _check(store: HubSpotStore, kind: str, body: Json) -> None:
    for name in body:
        if name not in _FIELDS:
            raise HubSpotRefused.invalid_json(f'Unrecognized field "{name}"')
    groups = body.get("filterGroups") or []
    if not isinstance(groups, list):
        raise HubSpotRefused.invalid_json("Cannot deserialize value of type `java.util.ArrayList` for filterGroups")
    if len(groups) > _MAX_GROUPS:
        raise HubSpotRefused(400, f"The maximum number of filter groups is {_MAX_GROUPS}.")
    if int(body.get("limit") or 10) > _MAX_LIMIT:
        raise HubSpotRefused(400, f"The maximum limit is {_MAX_LIMIT}.")
    for group in groups:
        filters = group.get("filters") or []
        if not filters or len(filters) > _MAX_FILTERS:
            raise HubSpotRefused(400, f"Each filter group needs between 1 and {_MAX_FILTERS} filters.")
        for one in filters:
            _check_filter(store, kind, one)


def _check_filter(store: HubSpotStore, kind: str, one: Json) -> None:
    name, operator = one.get("propertyName"), one.get("operator")
    if not name or not operator:
        raise HubSpotRefused.invalid_json(
            "Cannot build Filter, some of required attributes are not set [propertyName, operator]"
        )
    if operator not in _OPERATORS:
        raise HubSpotRefused.invalid_json(f"Cannot deserialize Filter operator {operator}")
    if name not in store.definitions[kind] and not name.startswith("associations."):
        raise HubSpotRefused(
            400,
            f'There was a problem with the request: property "{name}" does not exist',
            context={"propertyName": [str(name)]},
            sub="PROPERTY_DOESNT_EXIST",
        )
    if operator in ("IN", "NOT_IN"):
        if not isinstance(one.get("values"), list):
            raise HubSpotRefused.invalid_json(f"operator {operator} requires values")
    elif operator == "BETWEEN" and (one.get("value") is None or one.get("highValue") is None):
        raise HubSpotRefused.invalid_json("operator BETWEEN requires a highValue")
    elif operator not in _VALUELESS and not isinstance(one.get("value"), str):
        raise HubSpotRefused.invalid_json(f"operator {operator} requires a value")
    elif operator in _VALUELESS and "value" in one:
        raise HubSpotRefused.invalid_json(f"operator {operator} does not take a value")


def _pool(store: HubSpotStore, kind: str, groups: list[Json]) -> list[Thing]:
    """The objects worth looking at: by the phone index where every group names a phone, else all."""
    values: list[str] = []
    for group in groups:
        phones = [
            one["value"]
            for one in group["filters"]
            if one["operator"] in ("EQ", "CONTAINS_TOKEN")
            and _PHONE_LIKE.fullmatch(one["propertyName"])
            and not one["value"].endswith("*")
        ]
        if not phones:
            return list(store.things[kind].values())
        values.append(phones[0])
    found = store.candidates(kind, values) if values else None
    return list(store.things[kind].values()) if found is None else found


def _group(store: HubSpotStore, kind: str, thing: Thing, group: Json) -> bool:
    return all(_meets(store, kind, thing, one) for one in group["filters"])


def _meets(store: HubSpotStore, kind: str, thing: Thing, one: Json) -> bool:
    name, operator, value = one["propertyName"], one["operator"], one.get("value")
    if name.startswith("associations."):
        other = name.removeprefix("associations.") + "s"
        linked = store.links.get((kind, thing.id, other), {})
        wanted = one.get("values") if operator == "IN" else [value]
        return any(str(target) in linked for target in wanted or ())
    actual = thing.properties.get(name)
    measured = store.definitions[kind][name].kind in _MEASURED
    if operator in _VALUELESS:
        return bool(actual) is (operator == "HAS_PROPERTY")
    if operator.startswith("NOT_") or operator == "NEQ":
        positive = operator.replace("NOT_", "").replace("NEQ", "EQ")
        return not _positive(positive, actual, one, measured=measured)
    return _positive(operator, actual, one, measured=measured)


def _positive(operator: str, actual: str | None, one: Json, *, measured: bool) -> bool:
    if actual is None:
        return False
    if operator == "CONTAINS_TOKEN":
        return _token(actual, one["value"])
    if operator == "IN":
        return actual.lower() in [str(value).lower() for value in one["values"]]
    if operator == "EQ" and not measured:
        return actual.lower() == str(one["value"]).lower()
    left, right = _comparable(actual), _comparable(str(one["value"]))
    if operator == "EQ":
        return left == right
    if operator == "BETWEEN":
        return bool(right <= left <= _comparable(str(one["highValue"])))
    return bool({"LT": left < right, "LTE": left <= right, "GT": left > right, "GTE": left >= right}[operator])


def _token(actual: str, pattern: str) -> bool:
    """A token matches as a whole word; ``*`` stands for any part of it. ``07700 900123`` is two tokens."""
    wanted = re.split(r"[\s()./-]+", pattern.lower().lstrip("+"))
    tokens = [token.lstrip("+") for token in re.split(r"[\s()./-]+", actual.lower()) if token]
    return all(any(fnmatch.fnmatchcase(token, part) for token in tokens) for part in wanted if part)


def _mentions(thing: Thing, names: tuple[str, ...], query: str) -> bool:
    text = " ".join(thing.properties.get(name) or "" for name in names).lower()
    return all(word in text for word in query.lower().split())


def _key(name: str) -> Callable[[Thing], tuple[int, float, str]]:
    return lambda thing: _comparable(thing.properties.get(name) or "")


def _sort(sort: Any) -> tuple[str, bool]:
    if isinstance(sort, dict):
        return str(sort.get("propertyName")), sort.get("direction") == "DESCENDING"
    return str(sort).removeprefix("-"), str(sort).startswith("-")


def _comparable(text: str) -> tuple[int, float, str]:
    """Numbers and times compare by size (times as epoch milliseconds), everything else as lower-case text."""
    try:
        return (0, float(text), "")
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return (1, 0.0, text.lower())
    return (0, (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp() * 1000, "")
