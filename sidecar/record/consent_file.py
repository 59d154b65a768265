"""Consents as a CSV file: read with every mistake named, written so that reading it again gives the same.

A cell that a spreadsheet would take for a formula (``=``, ``+``, ``-``, ``@`` first, or a tab) is written with an
apostrophe before it, and read without (OWASP, "CSV injection"). Phones are E.164, digits after a plus, and stand as
they are.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final, get_args
from zoneinfo import ZoneInfo

from sidecar.channels.smtp.addresses import AddressError, checked
from sidecar.domain import phones
from sidecar.domain.compliance import Basis, Purpose
from sidecar.domain.consent import Consent
from sidecar.engine.consents import Given

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import RowMapping

    from sidecar.config.business import Business

COLUMNS: Final = (
    "phone", "email", "basis", "channels", "purpose", "given_at", "expires_at", "withdrawn_at", "evidence",
)  # fmt: skip
_NEEDED: Final = ("basis", "channels", "given_at")
_CHANNELS: Final = ("sms", "voice", "email")
_LONGEST: Final = 2000
"""Characters of evidence, as in the API."""

_FORMULA: Final = re.compile(r"[=+\-@\t\r']")
_PARTED: Final = re.compile(r"[\s,;|/]+")


class UnreadableFileError(ValueError):
    """The file as a whole cannot be read; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class BadLine:
    """What is wrong with one line, and what to do about it. No whole phone number stands in it."""

    line: int
    field: str
    message: str
    remedy: str


class _FieldError(Exception):
    def __init__(self, field: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.field, self.remedy = field, remedy


def read(lines: Iterable[str], business: Business, *, name: str, now: datetime) -> Iterator[Given | BadLine]:
    """Read consents, one a line, under a head that names the columns.

    Args:
        lines: the file, opened with ``newline=""``; commas or semicolons between the cells.
        business: whose people they are: phones without a country are its region's, times without a zone its own.
        name: of the file, for evidence that a line does not give itself.
        now: UTC; nothing can have been given later.

    Raises:
        UnreadableFileError: no head, an unknown column, or not text in UTF-8.
    """
    rows = _rows(lines)
    _, first = next(rows, (1, []))
    head = _head(first)
    for line, cells in rows:
        if not any(cell.strip() for cell in cells):
            continue
        try:
            yield _given(_by_column(head, cells), business, f"{name} line {line}", now)
        except _FieldError as error:
            yield BadLine(line, error.field, str(error), error.remedy)


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, list[str]]]:
    """Each row with the number of the line on which it begins."""
    source, begins = iter(lines), 1
    try:
        first = next(source, "").removeprefix("\ufeff")
        between = ";" if first.count(";") > first.count(",") else ","
        reader = csv.reader(_chained(first, source), delimiter=between, strict=True)
        for cells in reader:
            yield begins, cells
            begins = reader.line_num + 1
    except UnicodeDecodeError:
        raise UnreadableFileError("the file is not text in UTF-8: save it as “CSV UTF-8”") from None
    except csv.Error as error:
        raise UnreadableFileError(f"line {begins}: {error}: look for a quote that is not closed") from None


def _chained(first: str, rest: Iterator[str]) -> Iterator[str]:
    yield first
    yield from rest


def _head(cells: Sequence[str]) -> list[str]:
    head = [cell.strip().lower() for cell in cells]
    for column in head:
        if column not in COLUMNS:
            near = get_close_matches(column, COLUMNS, n=1)
            remedy = f"did you mean {near[0]!r}?" if near else f"there are: {', '.join(COLUMNS)}"
            raise UnreadableFileError(f"the first line names an unknown column {column[:40]!r}; {remedy}")
    missing = [column for column in _NEEDED if column not in head]
    if not {"phone", "email"} & set(head):
        missing.insert(0, "phone")
    if missing:
        raise UnreadableFileError(
            f"the first line does not name {', '.join(missing)}; add it with a value on each line"
        )
    if len(set(head)) != len(head):
        raise UnreadableFileError("the first line names a column twice; keep one of the two")
    return head


def _by_column(head: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    if len(cells) != len(head):
        message = f"has {len(cells)} cells, and the first line {len(head)}"
        raise _FieldError("", message, "put quotes round a cell that holds a comma")
    return {column: _bare(cell.strip()) for column, cell in zip(head, cells, strict=True)}


def _given(row: dict[str, str], business: Business, line: str, now: datetime) -> Given:
    phone, email = _phone(row.get("phone", ""), business), _email(row.get("email", ""))
    if phone is None and email is None:
        raise _FieldError("phone", "names nobody", "give a phone or an email")
    zone = ZoneInfo(business.zone)
    given_at = _moment("given_at", row["given_at"], zone)
    if given_at is None:
        raise _FieldError("given_at", "is empty", "say when it was given, like 2026-05-03 or 2026-05-03 14:30")
    withdrawn_at = _moment("withdrawn_at", row.get("withdrawn_at", ""), zone)
    for field, moment in (("given_at", given_at), ("withdrawn_at", withdrawn_at)):
        if moment is not None and moment > now:
            raise _FieldError(field, "lies in the future", "give the day on which it happened")
    evidence = row.get("evidence", "") or line
    if len(evidence) > _LONGEST:
        raise _FieldError("evidence", f"has more than {_LONGEST} characters", "name the document that holds it")
    try:
        consent = Consent(
            basis=_one_of("basis", row["basis"], get_args(Basis)),
            channels=frozenset(_one_of("channels", word, _CHANNELS) for word in _words(row["channels"])),
            purpose=_one_of("purpose", row.get("purpose", "") or "service", get_args(Purpose)),
            given_at=given_at,
            expires_at=_moment("expires_at", row.get("expires_at", ""), zone),
            evidence=evidence.replace("\0", ""),
            withdrawn_at=withdrawn_at,
        )
    except ValueError as error:
        field, _, said = str(error).partition(": ")
        message, _, remedy = said.partition("; ")
        raise _FieldError(field, message, remedy) from None
    return Given(consent, phone, email)


def _phone(cell: str, business: Business) -> str | None:
    if not cell:
        return None
    try:
        return phones.parse(cell, business.region)
    except phones.BadPhone as error:
        message, _, remedy = str(error).partition(": ")
        raise _FieldError("phone", message, remedy or "write it with its country, like +44 7700 900123") from None


def _email(cell: str) -> str | None:
    if not cell:
        return None
    try:
        return checked(cell).lower()
    except AddressError as error:
        raise _FieldError("email", str(error), "write it like name@example.org") from None


def _moment(field: str, cell: str, zone: ZoneInfo) -> datetime | None:
    """A day is its first instant on the business's clock."""
    if not cell:
        return None
    try:
        moment = datetime.fromisoformat(cell)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        remedy = "write it like 2026-05-03 or 2026-05-03 14:30 (in the business's time)"
        raise _FieldError(field, f"{cell[:40]!r} is no date", remedy) from None


def _words(cell: str) -> list[str]:
    return [word for word in _PARTED.split(cell) if word]


def _one_of(field: str, cell: str, known: Sequence[str]) -> Any:
    word = cell.strip().lower().replace(" ", "_").replace("-", "_")
    if word not in known:
        said = f"{cell[:40]!r} is not known" if cell else "is empty"
        raise _FieldError(field, said, f"write {', '.join(known[:-1])} or {known[-1]}")
    return word


# --- writing ------------------------------------------------------------------------------------------------------


def row_of(consent: Consent, addresses: Sequence[RowMapping]) -> list[str]:
    """A consent as cells, in the order of :data:`COLUMNS`; with the newest phone and the first email of its person."""
    numbers = [row["address"] for row in addresses if row["kind"] == "phone"]
    emails = [row["address"] for row in addresses if row["kind"] == "email"]
    cells = [
        emails[0] if emails else "",
        consent.basis,
        " ".join(sorted(consent.channels)),
        consent.purpose,
        *map(_written, (consent.given_at, consent.expires_at, consent.withdrawn_at)),
        consent.evidence,
    ]
    return [numbers[-1] if numbers else "", *map(_guarded, cells)]


def _written(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _guarded(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) else cell


def _bare(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell[1:]) else cell
