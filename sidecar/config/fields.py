"""Fields of a business file as values: phones, hours, dates, durations.

What is wrong with a field is noted, not raised: each reader gives ``None`` (or
leaves an item out) where the schema or the reader itself has complained, so
that one pass over a file finds everything.
"""

from __future__ import annotations

from datetime import date, timedelta
from difflib import get_close_matches
from functools import cache
from typing import TYPE_CHECKING, TypeVar
from zoneinfo import ZoneInfo, available_timezones

from sidecar.domain.phones import BadPhone, parse
from sidecar.domain.playbooks import duration
from sidecar.domain.retention import period
from sidecar.domain.windows import RuleError, Span, Window, parse_window

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sidecar.config.documents import Document, Field

T = TypeVar("T")


class Fields:
    """The fields of one document, read in the business's region."""

    def __init__(self, document: Document, region: str | None) -> None:
        self.document = document
        self.region = region

    def text(self, *where: str | int) -> str | None:
        """Text as it stands."""
        value = self.document.at(where)
        return value if isinstance(value, str) else None

    def texts(self, *where: str | int) -> tuple[str, ...]:
        """A list of texts."""
        value = self.document.at(where)
        return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()

    def zone(self, *where: str | int) -> str | None:
        """An IANA time zone."""
        name = self.text(*where)
        if name is None or _is_zone(name):
            return name
        near = get_close_matches(name, available_timezones(), n=1)
        remedy = f"did you mean `{near[0]}`?" if near else "use an IANA name, like Europe/London or America/Toronto"
        self.document.complain(where, f"{name!r} is not a time zone", remedy)
        return None

    def items(self, *where: str | int) -> Iterator[Field]:
        """Where each sound item of a list stands."""
        value = self.document.at(where)
        for index, item in enumerate(value if isinstance(value, list) else ()):
            if item is not None:
                yield (*where, index)

    def phone(self, *where: str | int) -> str | None:
        """A phone number in any form, as E.164."""
        raw = self.text(*where)
        if raw is None or (self.region is None and not raw.strip().startswith("+")):
            return None  # without a sound region nothing can be said about a national number
        try:
            return parse(raw, self.region)
        except BadPhone as error:
            message, _, remedy = str(error).partition(": ")
            self.document.complain(where, message, remedy)
            return None

    def phones(self, *where: str | int) -> dict[str, Field]:
        """A list of phone numbers: E.164 to where each stands."""
        read = ((self.phone(*item), item) for item in self.items(*where))
        return {number: item for number, item in read if number is not None}

    def duration(self, *where: str | int) -> timedelta | None:
        """A duration such as ``30m``."""
        return self._read(duration, *where)

    def period(self, *where: str | int, shortest: timedelta) -> timedelta | None:
        """A period of days or more, such as ``24mo``, and not less than the shortest that is sound."""
        found = self._read(period, *where)
        if found is None or found >= shortest:
            return found
        said = f"{self.text(*where)!r} is too short: what a law asks about must still be on record"
        self.document.complain(where, said, f"write {shortest.days}d or more")
        return None

    def _read(self, read: Callable[[str], T], *where: str | int) -> T | None:
        raw = self.text(*where)
        try:
            return read(raw) if raw is not None else None
        except ValueError as error:
            message, _, remedy = str(error).partition("; ")
            self.document.complain(where, message, remedy)
            return None

    def day(self, raw: str, *where: str | int) -> date | None:
        """A date such as ``2026-12-24``."""
        try:
            return date.fromisoformat(raw)
        except ValueError:
            self.document.complain(where, f"{raw!r} is not a day of the calendar", "write it like 2026-12-24")
            return None

    def window(self, *where: str | int) -> Window | None:
        """Hours by day."""
        value = self.document.at(where)
        if not isinstance(value, dict) or self.document.spoilt(*where):
            return None
        try:
            return parse_window(value, ".".join(map(str, where)))
        except RuleError as error:
            self.broken(error)
            return None

    def spans(self, *where: str | int) -> tuple[Span, ...] | None:
        """Hours of one day."""
        value = self.document.at(where)
        if value is None:
            return None
        try:
            return parse_window({"mon": value}).weekdays[0]
        except RuleError as error:
            never = "is never open" in error.message
            remedy = "a date without hours belongs in closed_days" if never else error.remedy
            self.document.complain(where, error.message, remedy)
            return None

    def broken(self, error: RuleError) -> None:
        """Note a rule that cannot hold at the field that it names."""
        self.document.complain(tuple(error.field.split(".")), error.message, error.remedy)


@cache
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, not a relative path, a folder such as "Europe"
        return False
    return True


def given(**values: T | None) -> dict[str, T]:
    """Those that are there: what a file leaves out takes the default of its value."""
    return {name: value for name, value in values.items() if value is not None}
