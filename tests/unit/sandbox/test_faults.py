from __future__ import annotations

import threading

from sidecar.sandbox.faults import Fault, Faults


def test_faults_come_in_the_order_they_were_queued_and_run_out() -> None:
    faults = Faults()
    faults.add("twilio", "messages.create", Fault("status", status=500, times=2))
    faults.add("twilio", "messages.create", Fault("reset"))

    kinds = [fault.kind if (fault := faults.take("twilio", "messages.create")) else None for _ in range(4)]
    assert kinds == ["status", "status", "reset", None]


def test_an_operations_own_faults_come_before_the_vendors() -> None:
    faults = Faults()
    faults.add("twilio", "*", Fault("reset", times=None))
    faults.add("twilio", "messages.create", Fault("hang"))

    taken = [faults.take("twilio", name) for name in ("messages.create", "messages.create", "calls.list")]
    assert [fault.kind for fault in taken if fault] == ["hang", "reset", "reset"]
    assert faults.take("retell", "calls.create") is None
    faults.clear("twilio", "*")
    assert faults.take("twilio", "calls.list") is None


def test_what_is_held_goes_on_when_released_and_later_faults_hold_again() -> None:
    faults = Faults()
    faults.add("twilio", "messages.create", Fault("hang"))
    over = threading.Event()

    def hold() -> None:
        faults.hold(None)
        over.set()

    held = threading.Thread(target=hold)
    held.start()
    assert not over.is_set()
    faults.release()
    assert over.wait(5)
    held.join()
    faults.add("twilio", "messages.create", Fault("hang"))
    faults.hold(0.001)
    faults.hold(0)


def test_latency_is_the_operations_own_or_the_vendors() -> None:
    faults = Faults()
    faults.add("hubspot", "*", Fault("latency", seconds=0.05))
    faults.add("hubspot", "contacts.search", Fault("latency", seconds=0.2))

    assert faults.delay("hubspot", "contacts.search") == 0.2
    assert faults.delay("hubspot", "deals.search") == 0.05
    assert faults.delay("twilio", "messages.create") == 0
