"""A pool says itself when it has room again: who listens to due times alone would look without end."""

from __future__ import annotations

from sidecar.engine.room import Room


def _room(threads: int) -> tuple[Room, list[str]]:
    room, rung = Room(threads), list[str]()
    room.on_room = lambda: rung.append("room")
    return room, rung


def test_there_is_room_for_as_many_waiting_as_there_are_threads() -> None:
    room, _ = _room(4)
    assert room.take() == 8
    assert room.take() == 0


def test_what_was_not_needed_is_room_again_and_nobody_is_told() -> None:
    room, rung = _room(4)
    room.give_back(room.take() - 3)
    room.free()
    assert room.take() == 6
    assert rung == []


def test_a_full_pool_tells_once_when_half_its_threads_would_find_work() -> None:
    room, rung = _room(4)
    room.take()
    room.give_back(0)
    room.free()
    assert rung == []
    room.free()
    assert rung == ["room"]
    room.free()
    assert rung == ["room"]


def test_room_that_came_while_one_looked_is_told_at_once() -> None:
    room, rung = _room(4)
    taken = room.take()
    room.free()
    room.free()
    room.give_back(taken - 8)
    assert rung == ["room"]


def test_one_thread_tells_too() -> None:
    room, rung = _room(1)
    room.take()
    room.give_back(0)
    room.free()
    assert rung == ["room"]
