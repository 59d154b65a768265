"""How long a STOP takes to be on record while calls come in: from the text to our answer, which is its commit."""

from __future__ import annotations

import itertools
import threading
from typing import TYPE_CHECKING

from tests.benchmarks import calls, client
from tests.benchmarks.figures import Figure, milliseconds
from tests.benchmarks.town import OPEN_CALLERS, caller

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.benchmarks.processes import House
    from tests.benchmarks.town import Town

PROMISE_SECONDS = 2.02


def measure(house: House, town: Town, rate: float, seconds: float) -> list[float]:
    """Texts saying STOP from people with an open sequence, among missed calls at ``rate``; seconds to the answer."""
    load = threading.Thread(target=lambda: calls.run(house, town, rate, seconds))
    load.start()
    moments = list(client.moments(2, seconds))
    people = itertools.cycle((one, index) for index in OPEN_CALLERS for one in town.clients)
    posts = [
        client.text(one.numbers[0], one.account, caller(index), "STOP", f"SM{number:032x}", house.service.url)
        for number, (one, index) in enumerate(itertools.islice(people, len(moments)))
    ]
    sent = client.play(house.service.url, list(zip(moments, posts, strict=True)))
    load.join()
    return [one.ended - one.began for one in sent if one.status < 300]


def figures(took: Sequence[float], floor: Sequence[float], rate: float) -> list[Figure]:
    """The figure beside a bare commit."""
    return [
        Figure(
            f"STOP on record p99, at {rate:g} missed calls/s", milliseconds(took, 0.99), "ms",
            milliseconds(floor, 0.99), PROMISE_SECONDS * 1000,
        )
    ]  # fmt: skip
