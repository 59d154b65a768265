"""The benchmark that needs n8n runs: tiny numbers, every figure there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.__main__ import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.n8n
def test_missed_calls_reach_the_provider_by_all_three_ways(tmp_path: Path) -> None:
    output = tmp_path / "bench.json"
    assert main(["--quick", "--only", "n8n", "--folder", str(tmp_path / "work"), "--output", str(output)]) == 0
    measured = {row["name"]: row["value"] for row in json.loads(output.read_text())}
    for way in ("n8n without a sidecar", "n8n with the sidecar", "straight to the sidecar"):
        assert measured[f"lost at 2/s, {way}"] == 0
        assert measured[f"webhook → SMS request p99 at 2/s, {way}"] > 0
    assert measured["n8n CPU a call at 2/s, n8n with the sidecar"] > 0
