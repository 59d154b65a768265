"""The audit as one HTML file: nothing from elsewhere, everything escaped, readable on paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sidecar.cli.story import Line
    from sidecar.config.business import Business

_PAGE = Path(__file__).parent / "audit.html"


def page(business: Business, seen: Mapping[str, Any], lines: list[Line], now: datetime) -> str:
    """The page of one person."""
    zone = ZoneInfo(business.zone)
    days: list[tuple[str, list[tuple[str, str, Line]]]] = []
    for line in lines:
        local = line.at.astimezone(zone)
        day = f"{local:%A} {local.day} {local:%B %Y}, UTC{local.isoformat()[-6:]}"
        if not days or days[-1][0] != day:
            days.append((day, []))
        days[-1][1].append((f"{local:%H:%M:%S}", local.isoformat(), line))
    name = " ".join(part for part in (seen["first_name"], seen["last_name"]) if part)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(_PAGE.read_text(encoding="utf-8"))
    return template.render(
        business=business, person=seen, name=name or "name unknown", days=days,
        written=f"{now.astimezone(zone):%Y-%m-%d %H:%M}", zone=business.zone,
    )  # fmt: skip
