"""Findings that are known: a team that begins with a hundred of them wants to hear of the hundred and first."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from sidecar.flows.files import MissingError

if TYPE_CHECKING:
    from pathlib import Path

    from sidecar.flows.findings import Finding
    from sidecar.flows.linting import Report

_KEYS: Final = ("file", "code", "node", "message")
"""What tells a finding; places move when a flow is edited."""


def write(path: Path, report: Report) -> None:
    """Write down what is known."""
    known = sorted(_mark(finding) for finding in report.findings)
    rows = [dict(zip(_KEYS, mark, strict=True)) for mark in known]
    path.write_text(json.dumps({"findings": rows}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def without_known(path: Path, report: Report) -> Report:
    """The report without what is known; each known one covers one finding.

    Raises:
        MissingError: The file cannot be read as a baseline.
    """
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["findings"]
        known = Counter(tuple(str(row[key]) for key in _KEYS) for row in rows)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise MissingError(f"{path} is no baseline; delete it, and the next run writes it anew") from error
    left: list[Finding] = []
    for finding in report.findings:
        mark = _mark(finding)
        if known[mark]:
            known[mark] -= 1
        else:
            left.append(finding)
    return replace(report, findings=tuple(left))


def _mark(finding: Finding) -> tuple[str, ...]:
    return (finding.file, finding.code, finding.node, finding.message)
