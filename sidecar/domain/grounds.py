"""Why a touch was allowed: what each gate that it passed rested on, as figures, and the source of each rule.

A refusal names its gate and reason; a permission would say only "allowed", and weeks later nobody could tell on
which consent, at which hour of whose clock, as the how-manieth touch. So the grounds are kept with the decision:
figures, codes and moments, never a word or a number of the person's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from sidecar.domain.consent import Consent
from sidecar.domain.gates import gates_for, ground

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sidecar.domain.gates import Facts, StepFacts

_OURS = "our own rule"
SOURCES: Mapping[str, Mapping[str, str]] = {
    "suppressed": {
        "uk": "UK GDPR art. 21; PECR reg. 22, 23",
        "ca": "CASL s. 6(2)(c), 11",
        "us": "47 CFR 64.1200(a)(10)",
    },
    "consent": {
        "uk": "UK GDPR art. 6(1)(f), as assessed; PECR reg. 19, 22",
        "ca": "CASL s. 6, 10(9), 10(10)(e); CRTC Unsolicited Telecommunications Rules, Part IV",
        "us": "47 CFR 64.1200(a)(1), (a)(2), (f)(5); FCC 24-17",
    },
    "window": {
        "uk": "usual hours; no statute sets them",
        "ca": "CRTC Unsolicited Telecommunications Rules, Part IV",
        "us": "47 CFR 64.1200(c)(1), and the state's own hours",
    },
    "frequency": {"us": "the business file; Florida, Oklahoma and Maryland: three attempts in 24 h"},
    "stale": {"": _OURS + ": a text that promises minutes is worse than none an hour later"},
    "confirmation": {"": "47 CFR 64.1200(a)(12): one confirmation, within five minutes"},
}
"""By gate and preset, as the rules are commonly read; not legal advice. A gate without a row is a rule of ours."""


def source_of(gate: str, preset: str) -> str:
    """Where the rule of a gate comes from, under a preset."""
    known = SOURCES.get(gate, {})
    return known.get(preset) or known.get("") or _OURS


def grounds(step: StepFacts, facts: Facts, now: datetime) -> dict[str, Any]:
    """What a permission rests on, ready for JSON: preset, kind of step, and for each gate passed its figures."""
    passed: dict[str, dict[str, Any]] = {
        gate.__name__: _figures(gate.__name__, step, facts, now) for gate in gates_for(step, facts, now)
    }
    return {"preset": facts.preset.name, "kind": step.kind, "purpose": step.purpose, "gates": passed}


def _figures(gate: str, step: StepFacts, facts: Facts, now: datetime) -> dict[str, Any]:
    if gate == "consent":
        return _consent(step, facts, now)
    if gate == "frequency":
        return {"touches": facts.touches_last_day, "most": facts.max_touches_per_day}
    if gate == "stale" and step.deadline_at is not None:
        return {"deadline": step.deadline_at.isoformat()}
    if gate == "window":
        return {"clocks": [_clock(zone, now) for zone in dict.fromkeys(one.zone for one in facts.windows)]}
    return {}


def _clock(zone: str, now: datetime) -> str:
    return f"{now.astimezone(ZoneInfo(zone)):%H:%M} {zone}"


def _consent(step: StepFacts, facts: Facts, now: datetime) -> dict[str, Any]:
    answer = ground(step, facts, now)
    if not isinstance(answer, Consent):
        return {}
    until = {"until": answer.expires_at.isoformat()} if answer.expires_at else {}
    return {"basis": answer.basis, "given": answer.given_at.isoformat(), **until, "sent_before": facts.follow_ups_sent}
