"""Flows for tests: small ones, written in a line, and the exports that CI has beside the checkout."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from sidecar.flows.linting import Report, Source, lint

ROOT = Path(__file__).parents[2]


def corpora() -> Path | None:
    """The folder of genuine exports, where it is there: it is not ours to publish.

    RECOVERY_CORPORA names it; else it is looked for beside the checkout.
    """
    place = Path(os.environ.get("RECOVERY_CORPORA", ROOT.parent / "shared" / "corpora"))
    return place if place.is_dir() else None


def exports(kind: str) -> list[Path]:
    """The samples of a kind (``n8n/valid``); in CI they must be there, in a newcomer's clone there are none."""
    place = corpora()
    if place is None:
        assert not os.environ.get("CI"), (
            "CI has the genuine exports beside the checkout, or where RECOVERY_CORPORA says"
        )
        return []
    found = sorted((place / kind).glob("*.json"))
    assert found, f"no samples of {kind} in {place}"
    return found


def node(name: str, kind: str, parameters: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A node of n8n; a short type is one of n8n's own."""
    full = kind if "." in kind else f"n8n-nodes-base.{kind}"
    return {
        "name": name,
        "type": full,
        "typeVersion": more.pop("version", 1),
        "position": [0, 0],
        "parameters": parameters or {},
        **more,
    }


def workflow(nodes: list[dict[str, Any]], *wires: str, **more: Any) -> dict[str, Any]:
    """A workflow; a wire is ``A > B``, ``A >1 B`` from output 1, ``A > B:1`` to input 1, ``Tool ai_tool> Agent``."""
    connections: dict[str, Any] = {}
    for wire in wires:
        source, _, target = wire.partition(">")
        words = source.rstrip().rsplit(" ", 1)
        kind = "main"
        if len(words) == 2 and words[1].startswith("ai_"):
            source, kind = words
        digits = target[: len(target) - len(target.lstrip("0123456789"))]
        output = int(digits or 0)
        outputs = connections.setdefault(source.strip(), {}).setdefault(kind, [])
        while len(outputs) <= output:
            outputs.append([])
        name, _, index = target[len(digits) :].strip().partition(":")
        outputs[output].append({"node": name, "type": kind, "index": int(index or 0)})
    return {"name": "A flow", "nodes": nodes, "connections": connections, "settings": {"errorWorkflow": "1"}, **more}


def module(number: int, kind: str, mapper: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A module of Make."""
    return {
        "id": number,
        "module": kind,
        "version": more.pop("version", 1),
        "parameters": more.pop("parameters", {}),
        "mapper": mapper or {},
        "metadata": {"designer": {"x": 0, "y": 0}},
        **more,
    }


def blueprint(*modules: dict[str, Any], scenario: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A blueprint."""
    settings = {"roundtrips": 1, "maxErrors": 3, "sequential": False, "dlq": True, "dataloss": True, **(scenario or {})}
    return {"name": "A scenario", "flow": list(modules), "metadata": {"version": 1, "scenario": settings, **more}}


def linted(*flows: Any, **options: Any) -> Report:
    """What the lint says about flows, a file each."""
    return lint([Source(f"{n}.json", json.dumps(flow).encode()) for n, flow in enumerate(flows)], **options)


def codes(*flows: Any, **options: Any) -> set[str]:
    """The codes of what the lint says."""
    return {finding.code for finding in linted(*flows, **options).findings}
