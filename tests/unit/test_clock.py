from __future__ import annotations

import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from sidecar import clock as clock_module
from sidecar.clock import Clock, FileClock, SystemClock, from_environment
from tests.support.clock import ManualClock

if TYPE_CHECKING:
    from pathlib import Path

FRIDAY = datetime(2026, 11, 20, 18, 5, tzinfo=UTC)
MONDAY = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> RealTime:
    """Real time, to be turned by hand."""
    time = RealTime()
    monkeypatch.setattr(clock_module, "_real", time)
    return time


class RealTime:
    def __init__(self) -> None:
        self.epoch = 1_795_000_000.0

    def __call__(self) -> float:
        return self.epoch


def test_system_clock_is_aware_utc_and_counts_down_to_zero() -> None:
    clock: Clock = SystemClock()
    now = clock.now()
    assert now.tzinfo is UTC
    assert 59.0 < clock.real_seconds_until(now + timedelta(minutes=1)) <= 60.0
    assert clock.real_seconds_until(now - timedelta(minutes=1)) == 0.0


def test_file_clock_runs_at_its_speed(tmp_path: Path, real: RealTime) -> None:
    clock = FileClock.create(tmp_path / "clock", FRIDAY, speed=60.0)
    assert clock.now() == FRIDAY
    assert clock.now().tzinfo is UTC
    real.epoch += 3.0
    assert clock.now() == FRIDAY + timedelta(minutes=3)


def test_file_clock_tells_real_seconds(tmp_path: Path, real: RealTime) -> None:
    clock = FileClock.create(tmp_path / "clock", FRIDAY, speed=60.0)
    due = FRIDAY + timedelta(minutes=45)
    assert clock.real_seconds_until(due) == pytest.approx(45.0)
    real.epoch += 40.0
    assert clock.real_seconds_until(due) == pytest.approx(5.0)
    real.epoch += 40.0
    assert clock.real_seconds_until(due) == 0.0


def test_a_jump_is_seen_by_other_readers_and_keeps_the_speed(tmp_path: Path, real: RealTime) -> None:
    director = FileClock.create(tmp_path / "clock", FRIDAY, speed=60.0)
    follower = FileClock(tmp_path / "clock")
    director.jump(MONDAY)
    assert follower.now() == MONDAY
    real.epoch += 1.0
    assert follower.now() == MONDAY + timedelta(minutes=1)


def test_a_new_speed_does_not_move_the_hands(tmp_path: Path, real: RealTime) -> None:
    clock = FileClock.create(tmp_path / "clock", FRIDAY, speed=60.0)
    real.epoch += 10.0
    clock.set_speed(1.0)
    assert clock.now() == FRIDAY + timedelta(minutes=10)
    real.epoch += 10.0
    assert clock.now() == FRIDAY + timedelta(minutes=10, seconds=10)


def test_any_aware_time_will_do_to_start(tmp_path: Path, real: RealTime) -> None:
    assert real.epoch
    new_york = timezone(timedelta(hours=-5))
    clock = FileClock.create(tmp_path / "clock", datetime(2026, 11, 20, 13, 5, tzinfo=new_york))
    assert clock.now() == FRIDAY
    assert clock.now().tzinfo is UTC


@pytest.mark.parametrize("rubbish", ["", "1.0 2.0", "1.0 2.0 3.0", "1 2 3 4\n", "a b c\n", "1 2 nan\n", "1 2 0\n"])
def test_a_damaged_line_leaves_the_last_good_one_standing(tmp_path: Path, real: RealTime, rubbish: str) -> None:
    clock = FileClock.create(tmp_path / "clock", FRIDAY, speed=60.0)
    (tmp_path / "clock").write_text(rubbish)
    real.epoch += 1.0
    assert clock.now() == FRIDAY + timedelta(minutes=1)


@pytest.mark.parametrize("rubbish", [None, "", "tomorrow\n", "1.0 2.0 3.0"])
def test_a_file_without_a_clock_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rubbish: str | None
) -> None:
    monkeypatch.setattr(clock_module, "_ATTEMPTS", 2)
    path = tmp_path / "clock"
    if rubbish is not None:
        path.write_text(rubbish)
    with pytest.raises(ValueError, match=rf"{path} holds no clock: expected one line of three numbers"):
        FileClock(path)


@pytest.mark.parametrize("speed", [0.0, -1.0, float("nan"), float("inf")])
def test_time_does_not_stand_still_or_run_backwards(tmp_path: Path, speed: float) -> None:
    with pytest.raises(ValueError, match="speed is a positive number"):
        FileClock.create(tmp_path / "clock", FRIDAY, speed=speed)
    clock = FileClock.create(tmp_path / "clock", FRIDAY)
    with pytest.raises(ValueError, match="speed is a positive number"):
        clock.set_speed(speed)


def test_a_naive_time_is_refused(tmp_path: Path) -> None:
    naive = FRIDAY.replace(tzinfo=None)
    with pytest.raises(ValueError, match="has no time zone"):
        FileClock.create(tmp_path / "clock", naive)
    clock = FileClock.create(tmp_path / "clock", FRIDAY)
    with pytest.raises(ValueError, match="has no time zone"):
        clock.jump(naive)
    with pytest.raises(ValueError, match="has no time zone"):
        clock.real_seconds_until(naive)


def test_readers_never_see_half_a_jump(tmp_path: Path) -> None:
    """Jumps between two days while others read: each reading lies on one of the two."""
    clock = FileClock.create(tmp_path / "clock", FRIDAY)
    days = {FRIDAY.date(), MONDAY.date()}
    done = threading.Event()
    seen: set[object] = set()

    def read() -> None:
        reader = FileClock(tmp_path / "clock")
        while not done.is_set():
            seen.add(reader.now().date())

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for number in range(200):
        clock.jump(MONDAY if number % 2 else FRIDAY)
    done.set()
    for reader in readers:
        reader.join(timeout=10)
    assert seen == days
    assert [path.name for path in tmp_path.iterdir()] == ["clock"]


def test_another_process_reads_the_same_time(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    clock = FileClock.create(path, FRIDAY, speed=60.0)
    code = "import sys; from sidecar.clock import FileClock; print(FileClock(sys.argv[1]).now().isoformat())"
    before = clock.now()
    told = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True, check=True)
    assert before <= datetime.fromisoformat(told.stdout.strip()) <= clock.now()


def test_the_environment_chooses(tmp_path: Path) -> None:
    path = tmp_path / "clock"
    FileClock.create(path, FRIDAY)
    assert isinstance(from_environment(str(path)), FileClock)
    assert isinstance(from_environment(None), SystemClock)
    assert isinstance(from_environment(""), SystemClock)


def test_manual_clock_moves_only_by_hand() -> None:
    clock = ManualClock(FRIDAY)
    times = [
        clock.now(),
        clock.now(),
        clock.advance(minutes=3),
        clock.advance(timedelta(hours=1)),
        clock.set(FRIDAY),
    ]
    assert [after - before for before, after in pairwise(times)] == [
        timedelta(),
        timedelta(minutes=3),
        timedelta(hours=1),
        timedelta(hours=-1, minutes=-3),
    ]
    assert clock.real_seconds_until(FRIDAY + timedelta(seconds=5)) == 5.0
    assert clock.real_seconds_until(FRIDAY) == 0.0
    as_protocol: Clock = clock
    assert as_protocol.longest_wait < 1.0
