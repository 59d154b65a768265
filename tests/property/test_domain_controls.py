"""That the domain's machine can fail: one gate, or one rule, is switched off at a time, and the judge must object."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from sidecar.domain import compliance, consent, gates
from sidecar.domain.windows import first_open, no_holidays
from tests.property.test_domain_machine import DomainMachine
from tests.support import memory as memory_room

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

OFF: Any = lambda *args, **kwargs: None  # noqa: E731
ALL = bool(os.environ.get("RECOVERY_ALL_CONTROLS"))
"""`make controls`: those too that only a rare history catches, which takes minutes and some luck."""
TRIES = 20_000 if ALL else 3_000
"""Histories within which the judge must have caught a rule that is switched off; most take a few."""


def asking_of(function: Any, **instead: Any) -> Any:
    """The same question, with some of what it asks about replaced."""
    return lambda *args, **kwargs: function(*args, **{**kwargs, **instead})


def of_first_zone(*args: Any, zones: tuple[str, ...], **kwargs: Any) -> Any:
    return compliance.windows_for(*args, zones=zones[:1], **kwargs)


def permits_any_purpose(preset: Any, consents: Any, channel: Any, _purpose: Any, **kwargs: Any) -> Any:
    return consent.permits(preset, consents, channel, "service", **kwargs)


def a_minute_late(windows: Any, now: datetime) -> datetime | None:
    opens = first_open(windows, now)
    return opens if opens in (None, now) else opens + timedelta(minutes=1)


RULES: dict[str, tuple[Any, str, Any]] = {
    "strict mode": (gates, "permits", asking_of(consent.permits, strict=False)),
    "the end of a consent": (consent, "ends_at", OFF),
    "a consent taken back": (consent, "_taken_back", OFF),
    "the count of follow-ups": (gates, "permits", asking_of(consent.permits, follow_ups_sent=0)),
    "consent to check-ins": (gates, "permits", asking_of(consent.permits, nurture=False)),
    "consent to marketing": (gates, "permits", permits_any_purpose),
    "holidays": (compliance, "holiday_check", lambda _places: no_holidays),
    "closed days": (memory_room, "windows_for", asking_of(compliance.windows_for, closed_days=frozenset())),
    "extra openings": (memory_room, "windows_for", asking_of(compliance.windows_for, extra={})),
    "hours by state": (memory_room, "windows_for", asking_of(compliance.windows_for, states=())),
    "attempts by state": (memory_room, "attempts_allowed", OFF),
    "every candidate zone": (memory_room, "windows_for", of_first_zone),
    "the first legal minute": (gates, "first_open", a_minute_late),
    "a plain yes": (memory_room, "plain_answer", lambda _body: "yes"),
    "a question three days old": (memory_room, "is_answerable", lambda *_: True),
}


def caught() -> str:
    """What the judge says about a domain that lacks a rule; the same histories at each run."""
    with pytest.raises(AssertionError) as objection:
        run_state_machine_as_test(
            DomainMachine,
            settings=settings(
                max_examples=TRIES, stateful_step_count=30, derandomize=True, database=None, phases=[Phase.generate],
                deadline=None, suppress_health_check=list(HealthCheck), report_multiple_bugs=False,
            ),
        )  # fmt: skip
    return str(objection.value)


AT_THE_DESK = (
    "consent", "reachable", "window", "strict mode", "a consent taken back", "consent to check-ins", "holidays",
    "hours by state", "every candidate zone", "the first legal minute",
)  # fmt: skip
"""The controls that are caught within a second, whatever histories are drawn; `make test` runs these."""


def tried(names: Iterable[str]) -> list[str]:
    return [name for name in names if ALL or name in AT_THE_DESK]


@pytest.mark.parametrize("gate", tried(gate.__name__ for gate in gates.GATES))
def test_a_gate_that_is_switched_off_is_caught(gate: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GATES", "ANSWER_GATES", "CONFIRMATION_GATES"):
        monkeypatch.setattr(gates, name, tuple(one for one in getattr(gates, name) if one.__name__ != gate))
    assert caught()


@pytest.mark.parametrize("rule_off", tried(RULES))
def test_a_rule_that_is_switched_off_is_caught(rule_off: str, monkeypatch: pytest.MonkeyPatch) -> None:
    room, name, instead = RULES[rule_off]
    monkeypatch.setattr(room, name, instead)
    assert caught()
