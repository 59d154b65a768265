"""Exceptions that are written where they hold: in the notes of a node, or on the canvas.

    recovery-lint: ignore P204 the supplier's page takes minutes, and nobody waits for it

One on a node holds for that node, one on a sticky note (n8n) or on a note of the whole scenario (Make) for the flow. A
reason belongs to it: without one nothing is suppressed, and P004 says so. What the platform refuses cannot be
suppressed away.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sidecar.flows.n8n import Workflow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sidecar.flows.findings import Finding, Place
    from sidecar.flows.make import Blueprint

_MARK: Final = re.compile(
    r"recovery-lint:\s*ignore\s+(?P<codes>[A-Z]\d{3}(?:\s*,\s*[A-Z]\d{3})*)\b[ \t:,–—-]*(?P<reason>[^\n<]*)",
    re.IGNORECASE,
)
_MARKED: Final = re.compile(r"recovery-lint:\s*ignore", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Suppression:
    """One exception."""

    codes: frozenset[str]
    reason: str
    node: str
    """The node's name; empty where it holds for the whole flow."""
    place: Place


def written(flow: Workflow | Blueprint) -> Iterator[Suppression]:
    """Every exception that a flow's notes hold, with or without a reason; codes are empty where none is named."""
    for node, place, text in _notes(flow):
        if _MARKED.search(text) is None:
            continue
        found = list(_MARK.finditer(text))
        if not found:
            yield Suppression(frozenset(), "", node, place)
        for one in found:
            codes = frozenset(code.strip().upper() for code in one["codes"].split(","))
            yield Suppression(codes, one["reason"].strip(" \t.*_"), node, place)


def cover(exceptions: Iterable[Suppression], finding: Finding) -> bool:
    """Whether one of a flow's exceptions holds for the finding."""
    return finding.family != "structure" and any(
        finding.code in one.codes and one.reason and one.node in {"", finding.node} for one in exceptions
    )


def _notes(flow: Workflow | Blueprint) -> Iterator[tuple[str, Place, str]]:
    if isinstance(flow, Workflow):
        for node in flow.nodes:
            if node.short == "stickyNote":
                content = node.parameters.get("content")
                if isinstance(content, str):
                    yield "", (*node.place, "parameters", "content"), content
            elif node.notes:
                yield node.name, (*node.place, "notes"), node.notes
        return
    place = (*flow.place, "metadata", "notes")
    for number, texts in flow.notes.items():
        module = flow.by_id.get(number)
        for text in texts:
            yield module.name if module is not None else "", place, text
