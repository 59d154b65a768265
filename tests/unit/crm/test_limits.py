from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from sidecar.crm.hubspot.limits import Deadline, SearchRate, TtlCache


class Seconds:
    def __init__(self) -> None:
        self.passed = 100.0

    def __call__(self) -> float:
        return self.passed


def test_a_deadline_counts_down_to_nought() -> None:
    seconds = Seconds()
    deadline = Deadline(2.0, seconds)
    seconds.passed += 1.5
    assert deadline.remaining() == 0.5
    seconds.passed += 5
    assert deadline.remaining() == 0.0


def test_searches_are_spaced_and_the_impatient_refused() -> None:
    rate = SearchRate(4.0, burst=2, timer=Seconds())
    assert [rate.reserve(1.0) for _ in range(4)] == [0.0, 0.0, 0.25, 0.5]
    assert rate.reserve(0.5) is None
    assert rate.reserve(0.75) == 0.75


def test_a_refused_caller_takes_nobodys_turn() -> None:
    seconds = Seconds()
    rate = SearchRate(4.0, burst=1, timer=seconds)
    rate.reserve(0)
    assert [rate.reserve(0.1) for _ in range(50)] == [None] * 50
    seconds.passed += 0.25
    assert rate.reserve(0) == 0.0


def test_a_pause_holds_everybody() -> None:
    seconds = Seconds()
    rate = SearchRate(4.0, burst=2, timer=seconds)
    rate.pause(10)
    assert rate.reserve(2) is None
    seconds.passed += 9
    assert rate.reserve(2) == 1.0


def test_never_more_than_five_in_a_second() -> None:
    seconds = Seconds()
    rate = SearchRate(4.0, burst=2, timer=seconds)
    starts: list[float] = []
    for _ in range(400):
        wait = rate.reserve(1.0)
        if wait is not None:
            starts.append(seconds.passed + wait)
        seconds.passed += 0.05
    assert len(starts) > 60
    for first in starts:
        assert sum(first <= start < first + 1.0 for start in starts) <= 5


def test_a_cache_forgets_by_time_and_by_size() -> None:
    seconds = Seconds()
    cache: TtlCache[str, int | None] = TtlCache(2, seconds)
    cache.put("a", 1, 10)
    cache.put("b", None, 10)
    assert cache.get("a") == (1,)
    assert cache.get("b") == (None,), "an unknown caller is an answer too"
    cache.put("c", 3, 10)
    assert cache.get("a") is None, "the oldest makes room"
    seconds.passed += 10
    assert cache.get("b") is None
    assert len(cache) == 1


def test_a_cache_drops_what_it_is_told() -> None:
    cache: TtlCache[str, int] = TtlCache(10, Seconds())
    for number, key in enumerate("abc"):
        cache.put(key, number, 10)
    cache.drop(lambda key, value: key == "a" or value == 2)
    assert [cache.get(key) for key in "abc"] == [None, (1,), None]


def test_a_cache_is_safe_for_threads() -> None:
    cache: TtlCache[int, int] = TtlCache(50, Seconds())

    def work(seed: int) -> None:
        for n in range(2000):
            cache.put((seed * n) % 97, n, 10)
            cache.get(n % 97)
            cache.drop(lambda key, _: key % 13 == seed)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert len(cache) <= 50
