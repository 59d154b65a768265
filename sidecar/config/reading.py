"""From the fields of a business file to a :class:`Business`."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any

from sidecar.config.business import Assessment, Business, Flow, Number, StaffMember
from sidecar.config.crosschecks import Parts, check_assessed, cross_check
from sidecar.config.fields import Fields, given
from sidecar.config.vendors import read_vendors
from sidecar.domain.compliance import check_region, check_windows, preset
from sidecar.domain.opt_out_rate import Limit
from sidecar.domain.playbooks import GENERAL
from sidecar.domain.retention import SHORTEST_DELIVERIES, SHORTEST_PEOPLE, Retention, usual
from sidecar.domain.windows import RuleError
from sidecar.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from sidecar.config.documents import Document, Field
    from sidecar.config.playbooks import Playbooks
    from sidecar.domain.compliance import Preset
    from sidecar.domain.playbooks import Channel, Playbook

PRESET_OF = {"GB": "uk", "CA": "ca", "US": "us"}
"""The preset of a region, for a business file that names none."""

_ALIASES = {"UK": "GB"}
"""What people write for a country, and its code."""

_CHANNELS: tuple[Channel, ...] = ("sms", "voice", "email")


def read_business(
    document: Document, path: Path, environ: Mapping[str, str], playbooks: Playbooks, *, assessed: bool = True
) -> Business:
    """Read a document whose shape the schema has accepted, or struck out where it did not.

    ``assessed``: a legitimate-interest assessment is asked for, where the GDPR holds.

    Raises:
        ConfigError: with the document's mistakes, those found before included.
    """
    return _Reading(document, path, playbooks).business(environ, assessed=assessed)


class _Reading:
    def __init__(self, document: Document, path: Path, playbooks: Playbooks) -> None:
        self._document = document
        self._path = path
        self._playbooks = playbooks
        self._fields = Fields(document, None)

    def business(self, environ: Mapping[str, str], *, assessed: bool) -> Business:
        region = self._region()
        self._fields.region = region
        own_preset = self._preset(region)
        playbook = self._playbook("playbook")
        numbers = self._numbers(playbook)
        staff = {where: self._staff_member(where) for where in self._fields.items("staff")}
        blocked, internal = self._fields.phones("blocked"), self._fields.phones("internal")
        parts = {
            **self._plain(),
            **self._hours(own_preset),
            **read_vendors(self._fields, environ),
            "region": region,
            "preset": own_preset,
            "retention": self._retention(own_preset),
            "playbook": playbook,
            "numbers": tuple(numbers.values()),
            "staff": tuple(staff.values()),
            "blocked": frozenset(blocked),
            "internal": frozenset(internal).union(_own_phones(numbers, staff)),
        }
        cross_check(self._document, Parts(numbers, staff, own_preset, playbook))
        if assessed:
            check_assessed(self._document, own_preset, region)
        self._document.close()
        return Business(**parts, source=str(self._path))

    def _plain(self) -> dict[str, Any]:
        """What needs no more than the schema has checked, and durations."""
        fields, at = self._fields, self._document.at
        texts = ("id", "name", "agent_name", "subdivision", "language", "currency", "address")
        durations = ("min_ring", "fold_within", "cool_down")
        return {
            **given(**{name: fields.text(name) for name in texts}),
            **given(**{name: fields.duration(name) for name in durations}),
            **given(**{name: at((name,)) for name in ("strict_consent", "max_touches_per_day")}),
            "zone": fields.zone("zone"),
            "event_hosts": fields.texts("event_hosts"),
            "flow": self._flow(),
            "opt_out_limit": self._opt_out_limit(),
            "legitimate_interest": self._assessment(),
        }

    def _region(self) -> str | None:
        region, subdivision = self._fields.text("region"), self._fields.text("subdivision")
        if region is None:
            return None
        region = _ALIASES.get(region.upper(), region.upper())
        problem = _region_problem(region, subdivision)
        if problem is not None:
            self._fields.broken(problem)
        return None if problem is not None and problem.field == "region" else region

    def _preset(self, region: str | None) -> Preset | None:
        name = self._fields.text("preset")
        if name is None and region is None:
            return None
        try:
            return preset(name or PRESET_OF.get(str(region), "custom"))
        except RuleError as error:
            self._fields.broken(error)
            return None

    def _playbook(self, *where: str | int) -> Playbook | None:
        name = self._fields.text(*where)
        if name is None:
            return None
        try:
            return self._playbooks.get(name, self._path.parent)
        except KeyError as error:
            self._document.complain(where, f"no playbook {name!r} ships", str(error.args[0]))
        except ConfigError as error:
            self._document.mistakes += error.mistakes
        return None

    def _hours(self, own_preset: Preset | None) -> dict[str, Any]:
        fields = self._fields
        found = {channel: fields.window("windows", channel) for channel in _CHANNELS}
        windows = {channel: window for channel, window in found.items() if window is not None}
        if own_preset is not None and not self._document.spoilt("windows"):
            try:
                check_windows(own_preset, windows)
            except RuleError as error:
                fields.broken(error)
        closed = [(where, fields.text(*where)) for where in fields.items("closed_days")]
        extra = self._document.at(("extra_openings",)) or {}
        return {
            "windows": windows,
            "staff_hours": fields.window("staff_hours"),
            "closed_days": frozenset(fields.day(raw, *where) for where, raw in closed if raw is not None),
            "extra_openings": {
                fields.day(raw, "extra_openings", raw): fields.spans("extra_openings", raw) for raw in extra
            },
        }

    def _numbers(self, playbook: Playbook | None) -> dict[Field, Number]:
        numbers: dict[Field, Number] = {}
        for where in self._fields.items("numbers"):
            number = self._number(where, playbook)
            if number is not None:
                numbers[where] = number
        return numbers

    def _number(self, where: Field, playbook: Playbook | None) -> Number | None:
        fields, at = self._fields, self._document.at
        e164 = fields.phone(*where, "number")
        text_from = fields.phone(*where, "text_from")
        own = self._playbook(*where, "playbook")
        ring = tuple(fields.phones(*where, "ring"))
        variant = fields.text(*where, "variant")
        spoken = own or playbook
        if spoken is not None and (variant or GENERAL) not in spoken.variants:
            said = f"playbook {spoken.name} has no variant {variant or GENERAL!r}"
            self._document.complain((*where, "variant"), said, "use one of " + ", ".join(spoken.variants))
        if e164 is None:
            return None
        plain = ("mode", "can_text", "ring_seconds", "press_one", "texts_per_second")
        chosen: dict[str, Any] = given(**{name: at((*where, name)) for name in plain}, variant=variant)
        return Number(e164, text_from=text_from, ring=ring, playbook=own, **chosen)

    def _staff_member(self, where: Field) -> StaffMember:
        fields = self._fields
        return StaffMember(
            name=fields.text(*where, "name") or "",
            phone=fields.phone(*where, "phone"),
            email=fields.text(*where, "email"),
            webhook=fields.text(*where, "webhook"),
        )

    def _assessment(self) -> Assessment | None:
        where = "legitimate_interest"
        document, reviewed_by, on, state = (
            self._fields.text(where, name) for name in ("document", "reviewed_by", "reviewed_on", "reviewed_state")
        )
        reviewed_on = self._fields.day(on, where, "reviewed_on") if on is not None else None
        if document is None or reviewed_by is None or reviewed_on is None:
            return None
        return Assessment(document, reviewed_by, reviewed_on, state or "")

    def _opt_out_limit(self) -> Limit:
        given_ = {name: self._document.at(("opt_outs", name)) for name in ("percent", "people", "pause")}
        return Limit(**given(**given_, within=self._fields.duration("opt_outs", "within")))

    def _retention(self, own_preset: Preset | None) -> Retention:
        period = self._fields.period
        kept = given(
            people=period("retention", "people", shortest=SHORTEST_PEOPLE),
            deliveries=period("retention", "deliveries", shortest=SHORTEST_DELIVERIES),
        )
        return replace(usual(own_preset) if own_preset is not None else Retention(), **kept)

    def _flow(self) -> Flow | None:
        fields = self._fields
        platform = self._document.at(("flow", "platform"))
        if platform is None:
            return None
        return Flow(
            platform=platform,
            callback_hosts=fields.texts("flow", "callback_hosts"),
            callback_base=fields.text("flow", "callback_base"),
            **given(
                grace_first=fields.duration("flow", "grace_first"),
                grace_later=fields.duration("flow", "grace_later"),
            ),
        )


@cache
def _region_problem(region: str, subdivision: str | None) -> RuleError | None:
    try:
        check_region(region, subdivision)
    except RuleError as error:
        return error
    return None


def _own_phones(numbers: Mapping[Field, Number], staff: Mapping[Field, StaffMember]) -> set[str]:
    """Phones of the business itself: a call from one is no lead."""
    phones = {number.e164 for number in numbers.values()}
    phones.update(ring for number in numbers.values() for ring in number.ring)
    phones.update(member.phone for member in staff.values() if member.phone is not None)
    return phones
