"""What both platforms' files are put in order with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

_FARTHEST = 1e9


def ordered(value: dict[str, Any], first: Sequence[str], last: Sequence[str] = ()) -> dict[str, Any]:
    """The same members: the first ones, those that nobody named by their names, the last ones."""
    named = {*first, *last}
    between = sorted(key for key in value if key not in named)
    return {key: value[key] for key in (*first, *between, *last) if key in value}


def snapped(value: Any, grid: int) -> Any:
    """A coordinate on the grid; what is no coordinate stays what it is."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < _FARTHEST:
        return value
    return grid * math.floor(value / grid + 0.5)
