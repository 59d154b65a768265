"""Findings for a person: the sentence, the line of JSON with a caret, the way there, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sidecar.flows.findings import Finding
    from sidecar.flows.linting import Report

_WIDEST: Final = 96
"""Columns of JSON that are shown: an export may be one line of a megabyte."""

_SECRET: Final = frozenset({"P101"})
"""Findings whose line is not shown: it holds what must not be printed."""


def plain(text: str, style: str) -> str:
    """No colours."""
    del style
    return text


def lines(report: Report, style: Callable[[str, str], str] = plain) -> Iterator[str]:
    """Every finding, and a tally at the end."""
    for finding in report.findings:
        yield from _finding(finding, report.lines, style)
    yield tally(report)


def tally(report: Report) -> str:
    """``2 errors, 1 warning in 3 files (4 flows)``."""
    errors = sum(finding.level == "error" for finding in report.findings)
    warnings = len(report.findings) - errors
    where = f"{_count(report.files, 'file')} ({_count(report.flows, 'flow')})"
    if not report.findings:
        return f"all well in {where}"
    return ", ".join(_count(n, word) for n, word in ((errors, "error"), (warnings, "warning")) if n) + f" in {where}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def _finding(
    finding: Finding, source: Mapping[tuple[str, int], str], style: Callable[[str, str], str]
) -> Iterator[str]:
    place = style(f"{finding.file}:{finding.line}:{finding.column}", "place")
    head = f"{place}: {style(finding.level, finding.level)} {style(finding.code, 'code')} "
    yield head + (f"{style(finding.node, 'node')}: " if finding.node else "") + finding.message
    line = source.get((finding.file, finding.line))
    if line is not None and line.strip() and finding.code not in _SECRET:
        shown, column = window(line, finding.column)
        yield style("    | ", "quiet") + shown
        yield style("    | ", "quiet") + " " * (column - 1) + style("^", finding.level)
    if finding.path:
        yield style("    path: ", "quiet") + " → ".join(finding.path)
    yield style("    remedy: ", "quiet") + finding.remedy
    yield ""


def window(line: str, column: int) -> tuple[str, int]:
    """The part of a line round a column, and the column within it; tabs and other controls take one column."""
    line = "".join(sign if sign.isprintable() else " " for sign in line[: column + _WIDEST * 4])
    start = 0
    if column > _WIDEST * 2 // 3:
        start = column - 1 - _WIDEST // 3
    cut = len(line) > start + _WIDEST
    shown = line[start : start + _WIDEST] + ("…" if cut else "")
    if start:
        return "…" + shown, column - start + 1
    indent = len(shown) - len(shown.lstrip())
    indent = min(indent, column - 1)
    return shown[indent:], column - indent
