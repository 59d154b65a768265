"""The benchmarks themselves run: tiny numbers, every figure there. How fast is not asked here."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest

from tests.benchmarks.__main__ import main
from tests.benchmarks.figures import Figure, percentile

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.alone
def test_every_figure_is_measured(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "bench.json"
    assert main(["--quick", "--folder", str(tmp_path / "work"), "--output", str(output)]) == 0
    measured = {row["name"]: row for row in json.loads(output.read_text())}
    table = capsys.readouterr().out
    for part in (
        "provider request p99",
        "webhook answer p99",
        "highest rate",
        "lateness of due steps p99",
        "ready",
        "lint of 10 w",
    ):
        (name,) = (name for name in measured if part in name)
        assert name in table
        assert measured[name]["value"] > 0
    assert {"name", "value", "unit", "floor", "ratio"} == set(measured["writes, grouped"])
    assert measured["lost, at 3 missed calls/s"]["value"] == 0
    assert measured["due steps that never started"]["value"] == 0
    assert measured["worker resident, Retell in use"]["value"] > measured["worker resident, started"]["value"] > 10


def test_a_percentile_is_a_value_that_was_measured() -> None:
    values = [float(value) for value in range(1, 101)]
    assert (percentile(values, 0.5), percentile(values, 0.99), percentile(values, 1)) == (50, 99, 100)
    assert percentile([7.0], 0.99) == 7
    assert math.isnan(percentile([], 0.5))


def test_a_promise_is_kept_below_its_target_or_a_rate_above_it() -> None:
    assert Figure("answer", 49, "ms", floor=7, target=50).holds
    assert Figure("answer", 49, "ms", floor=7, target=50).ratio == 7
    assert not Figure("answer", 50, "ms", target=50).holds
    assert Figure("rate", 50, "/s", target=50, rising=True).holds
    assert Figure("rate", 50, "/s").holds is None
