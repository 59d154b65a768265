"""What a text costs, roughly: enough to see that an emoji doubles it before the invoice does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

LIST_PRICES: Final[Mapping[str, float]] = {"US": 0.0083, "CA": 0.0083, "GB": 0.05}
"""US dollars a segment from a long code, by country (ISO 3166-1), as Twilio listed them in 2026 without the carriers'
fees; Britain's is rounded. An estimate: a business file's `segment_price` says what an account really pays."""


def cost_of(segments: int, region: str, segment_price: float | None) -> str | None:
    """Say what a text of so many segments costs to somebody in ``region``; ``None`` where no price is known.

    ``segment_price`` is the account's own, in the account's own currency, and comes before the list price.
    """
    if segment_price is not None:
        return f"{_figure(segments * segment_price)} at your {_figure(segment_price)} a segment"
    listed = LIST_PRICES.get(region)
    return None if listed is None else f"about {_figure(segments * listed)} USD by Twilio's list price"


def _figure(amount: float) -> str:
    return f"{amount:.4f}".rstrip("0").rstrip(".")
