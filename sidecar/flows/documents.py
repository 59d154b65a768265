"""The flows of a file: which platform's they are, and where in the file they stand.

An export is one flow. An API wraps it (Make: ``{"response": {"blueprint": …}}``; n8n: ``{"data": […]}``), a backup is
a list of them, and `n8n export:workflow --all` writes a list too.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.flows.findings import Place

Platform = Literal["n8n", "make"]

WRAPPERS: Final = ("response", "blueprint", "data", "workflow", "workflows", "items", "scenarios", "scenario", "flows")
"""Keys under which the platforms' APIs and other people's backups put flows."""

LOOKED_FOR: Final = (
    'an n8n workflow ("nodes" and "connections") or a Make blueprint ("flow"), by itself, in a list, '
    'or wrapped as an API answers it ("response.blueprint", "data")'
)
_DEEPEST: Final = 4


@dataclass(frozen=True, slots=True)
class Document:
    """One flow as it was read."""

    file: str
    platform: Platform
    value: dict[str, Any]
    place: Place
    """Where in the file it stands."""


def documents(file: str, value: Any) -> Iterator[Document]:
    """Every flow of a parsed file, in its order."""
    pending: deque[tuple[Any, Place]] = deque([(value, ())])
    while pending:
        one, place = pending.popleft()
        if isinstance(one, str) and place and place[-1] == "blueprint":
            one = _inner(one)
        if isinstance(one, list):
            if len(place) <= _DEEPEST:
                pending.extend(
                    (member, (*place, index)) for index, member in enumerate(one) if isinstance(member, (dict, list))
                )
        elif isinstance(one, dict):
            platform = _platform(one)
            if platform is not None:
                yield Document(file, platform, one, place)
            elif len(place) <= _DEEPEST:
                pending.extend((one[key], (*place, key)) for key in WRAPPERS if key in one)


def _platform(value: dict[str, Any]) -> Platform | None:
    if isinstance(value.get("nodes"), list) or isinstance(value.get("connections"), dict):
        return "n8n"
    if isinstance(value.get("flow"), list):
        return "make"
    if "nodes" in value and "connections" in value:
        return "n8n"
    if "flow" in value and "metadata" in value:
        return "make"
    return None


def _inner(text: str) -> Any:
    """Make's API takes a blueprint as a string of JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
