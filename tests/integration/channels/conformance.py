"""What every channel must do, whatever its vendor: one suite, run by each channel against the sandbox.

A channel's test module subclasses `Conformance` as ``TestX`` and gives a fixture ``side``: a `Side`.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from sidecar.channels.port import ChannelError, Effect, Fault, Found

if TYPE_CHECKING:
    from sidecar.channels.port import Channel, Outgoing
    from sidecar.sandbox import Sandbox


class Side(ABC):
    """A channel, and the hand that moves its vendor in the sandbox."""

    channel: Channel
    """With a read timeout of a second at most, so that a hanging vendor is given up soon."""
    sandbox: Sandbox
    vendor: str
    """The sandbox's name for it."""
    operation: str
    """The sandbox's name for its send, e.g. ``messages.create``."""
    can_find = True
    """False where nobody can be asked (SMTP): a doubt then stays one."""
    can_throttle = True
    """False where the vendor never says when to come again."""

    @abstractmethod
    def touch(self, name: str = "tch_1") -> Outgoing:
        """A touch that the vendor takes; another name makes another touch."""

    @abstractmethod
    def unreachable(self) -> Outgoing:
        """A touch whose vendor's port nobody listens on."""

    @abstractmethod
    def accepted(self) -> int:
        """How many touches the vendor has really taken."""

    def attempts(self) -> int:
        """How many sends have reached the vendor."""
        return len(self.sandbox.requests(self.vendor, self.operation))

    def refuse(self) -> None:
        """The next send is refused for good."""
        self.sandbox.fault(self.vendor, self.operation, "status", status=400)

    def throttle(self, seconds: int) -> None:
        """The next send is told to come again."""
        self.sandbox.fault(self.vendor, self.operation, "status", status=429, retry_after=seconds)

    def fail(self) -> None:
        """The vendor breaks down at the next send."""
        self.sandbox.fault(self.vendor, self.operation, "status", status=503)

    def hang(self) -> None:
        """The next send is taken, and its answer held until the sandbox is released."""
        self.sandbox.fault(self.vendor, self.operation, "hang")

    def take_and_cut(self) -> None:
        """The next send is taken, and the connection cut before the answer."""
        self.sandbox.fault(self.vendor, self.operation, "accept_then_hang", seconds=0)

    def cut(self) -> None:
        """The connection of the next send is cut before anything is taken."""
        self.sandbox.fault(self.vendor, self.operation, "reset")

    def silence_find(self) -> None:
        """The vendor breaks down for whoever asks."""
        self.sandbox.fault(self.vendor, "*", "status", times=None, status=503)


class Conformance:
    """The suite."""

    @pytest.fixture
    def side(self) -> Side:
        """The channel under test."""
        raise NotImplementedError

    def test_a_touch_is_taken_once(self, side: Side) -> None:
        accepted = side.channel.send(side.touch())
        assert accepted.provider_id
        assert accepted.state in ("accepted", "sent")
        assert side.accepted() == side.attempts() == 1

    def test_a_refusal_is_final(self, side: Side) -> None:
        side.refuse()
        error = _failure(side)
        assert error.fault is Fault.REFUSED
        assert error.code
        assert (side.accepted(), side.attempts()) == (0, 1)

    def test_a_busy_vendor_says_when_to_come_again(self, side: Side) -> None:
        if side.can_throttle:
            side.throttle(7)
            error = _failure(side)
            assert (error.fault, error.retry_after) == (Fault.NOT_SENT, timedelta(seconds=7))
            assert (side.accepted(), side.attempts()) == (0, 1)

    def test_what_never_left_may_be_sent_again(self, side: Side) -> None:
        error = _failure(side, side.unreachable())
        assert error.fault is Fault.NOT_SENT
        assert error.retry_after is not None
        assert side.attempts() == 0

    def test_a_vendor_that_breaks_down_leaves_a_doubt(self, side: Side) -> None:
        side.fail()
        assert _failure(side).fault is (Fault.DOUBTFUL if side.can_find else Fault.NOT_SENT)
        assert side.attempts() == 1

    def test_a_taken_touch_whose_answer_is_late_is_doubtful_and_found(self, side: Side) -> None:
        side.hang()
        error = _failure(side)
        side.sandbox.release()
        assert error.fault is Fault.DOUBTFUL
        _assert_found(side, Found.YES)
        assert (side.accepted(), side.attempts()) == (1, 1)

    def test_a_taken_touch_whose_answer_is_cut_off_is_doubtful_and_found(self, side: Side) -> None:
        side.take_and_cut()
        assert _failure(side).fault is Fault.DOUBTFUL
        _assert_found(side, Found.YES)
        assert (side.accepted(), side.attempts()) == (1, 1)

    def test_a_touch_that_was_cut_off_before_is_doubtful_and_not_found(self, side: Side) -> None:
        side.cut()
        assert _failure(side).fault is Fault.DOUBTFUL
        _assert_found(side, Found.NO)
        assert (side.accepted(), side.attempts()) == (0, 1)

    def test_find_tells_touches_apart(self, side: Side) -> None:
        side.channel.send(side.touch("tch_other"))
        _assert_found(side, Found.NO)
        taken = side.channel.send(side.touch())
        _assert_found(side, Found.YES, taken.provider_id)

    def test_a_vendor_that_does_not_answer_cannot_tell(self, side: Side) -> None:
        side.channel.send(side.touch())
        side.silence_find()
        assert side.channel.find(side.touch()).found is Found.CANNOT_TELL

    def test_what_is_unknown_cannot_be_stopped(self, side: Side) -> None:
        assert side.channel.stop(side.touch().business, "nothing-of-the-kind") is False

    def test_many_threads_may_send_at_once(self, side: Side) -> None:
        touches = [side.touch(f"tch_{number}") for number in range(16)]
        taken: list[str] = []
        threads = [
            threading.Thread(target=lambda touch=touch: taken.append(side.channel.send(touch).provider_id))
            for touch in touches
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout=20)
        assert len(set(taken)) == len(touches) == side.accepted()

    def test_an_error_holds_no_address(self, side: Side) -> None:
        for go_wrong in (side.refuse, side.fail, side.cut):
            go_wrong()
            error = _failure(side)
            said = f"{error} {error.remedy} {error.__cause__ or ''}"
            assert side.touch().to not in said
            assert side.touch().to.lstrip("+") not in said


def _failure(side: Side, touch: Outgoing | None = None) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        side.channel.send(touch or side.touch())
    assert isinstance(caught.value.effect, Effect)
    return caught.value


def _assert_found(side: Side, found: Found, provider_id: str | None = None) -> None:
    finding = side.channel.find(side.touch())
    if not side.can_find:
        assert finding.found is Found.CANNOT_TELL
        return
    assert finding.found is found
    assert (finding.accepted is not None) == (found is Found.YES)
    if provider_id is not None and finding.accepted is not None:
        assert finding.accepted.provider_id == provider_id
