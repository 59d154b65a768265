"""Every text within a value, with its place: iteratively, so that no nesting is too deep."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sidecar.flows.findings import Place


def strings(value: Any, place: Place = ()) -> Iterator[tuple[Place, str]]:
    """The texts in a JSON value, in no promised order."""
    pending: list[tuple[Any, Place]] = [(value, place)]
    while pending:
        one, at = pending.pop()
        if isinstance(one, str):
            yield at, one
        elif isinstance(one, dict):
            pending.extend((member, (*at, key)) for key, member in one.items() if isinstance(member, (str, dict, list)))
        elif isinstance(one, list):
            pending.extend((it, (*at, index)) for index, it in enumerate(one) if isinstance(it, (str, dict, list)))


def at(value: Any, *keys: str | int) -> Any:
    """The value at a path, or None where the path breaks off."""
    for key in keys:
        if isinstance(value, dict):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and -len(value) <= key < len(value):
            value = value[key]
        else:
            return None
    return value


def text_at(value: Any, *keys: str | int) -> str:
    """The text at a path, or the empty one."""
    found = at(value, *keys)
    return found if isinstance(found, str) else ""


def places_of(value: Any, parts: Iterable[Any]) -> dict[int, Place]:
    """Where objects stand within a value (they themselves, not others like them), by their `id`."""
    wanted = {id(part) for part in parts}
    places: dict[int, Place] = {}
    pending: list[tuple[Any, Place]] = [(value, ())] if wanted else []
    while pending:
        one, at_place = pending.pop()
        if id(one) in wanted:
            places[id(one)] = at_place
        members = one.items() if isinstance(one, dict) else enumerate(one)
        pending.extend((member, (*at_place, key)) for key, member in members if isinstance(member, (dict, list)))
    return places
