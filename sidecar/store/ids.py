"""Ids that sort by time, so that new rows land at the end of every index."""

from __future__ import annotations

import itertools
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_counter = itertools.count()


def new_id(prefix: str, at: datetime) -> str:
    """``<prefix>_<milliseconds, 12 hex><counter, 6 hex><random, 10 hex>``; later ids sort later in one process.

    Args:
        prefix: three letters that say what it is: ``seq``, ``tch``, ``evt``.
        at: the present (UTC).
    """
    milliseconds = int(at.timestamp() * 1000)
    return f"{prefix}_{milliseconds:012x}{next(_counter) & 0xFFFFFF:06x}{secrets.token_hex(5)}"
