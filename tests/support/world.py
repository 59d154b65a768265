"""Two businesses that share their callers, on a real engine with a provider in this process.

Acme is British and runs `uk-three-layer`; Globex is in New York and runs the contractor's texts with a voice step
between them. Neither has a CRM.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import event

from sidecar.app import Sidecar
from sidecar.config.business import Business, Businesses, Number, Retell, Smtp, StaffMember, Twilio
from sidecar.config.playbooks import shipped_playbook
from sidecar.domain.compliance import preset
from sidecar.store import database
from sidecar.store.tables import metadata
from tests.support.house import settings
from tests.support.legality import House

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.clock import Clock
    from sidecar.domain.playbooks import Playbook
    from sidecar.store.database import Store

ACME, GLOBEX, MAPLE, STRICT = "acme", "globex", "maple", "strict"
NUMBERS: Final = {ACME: "+441174960001", GLOBEX: "+12125550199", MAPLE: "+15145550199", STRICT: "+441174960003"}
CALLERS: Final = ("+447700900123", "+447700900124", "+13055550101", "+15145550101")
HOUSES: Final = {
    ACME: House("uk", "Europe/London", "GB"),
    GLOBEX: House("us", "America/New_York", "US-NY", first_text_within=timedelta(seconds=60)),
    MAPLE: House(
        "ca", "America/Toronto", "CA-QC", closed=frozenset({date(2026, 11, 19), date(2026, 12, 24)}),
        extra={date(2026, 12, 24): ((10 * 60, 15 * 60),)}, first_text_within=timedelta(seconds=60),
    ),
    STRICT: House("uk", "Europe/London", "GB", strict=True, most_a_day=2),
}  # fmt: skip
"""The raw facts by which the machine's judge looks at them; the businesses below say the same."""
STAFF: Final = "+447700900999"


def mixed_playbook() -> Playbook:
    """The contractor's first two texts, the British callback between them, and the check-ins of later weeks."""
    texts, layers = shipped_playbook("contractor-two-text"), shipped_playbook("uk-three-layer")
    return replace(texts, steps=(*texts.steps[:2], layers.step("callback"), *texts.steps[2:]))


def businesses() -> tuple[Business, Business]:
    """Acme and Globex, with every channel and no CRM."""
    acme = Business(
        id=ACME,
        name="Acme Plumbing",
        agent_name="Sam",
        region="GB",
        zone="Europe/London",
        preset=preset("uk"),
        playbook=shipped_playbook("uk-three-layer"),
        numbers=(Number(NUMBERS[ACME], ring=(STAFF,)),),
        address="1 High Street, Bristol",
        staff=(StaffMember("Sam", phone=STAFF),),
        twilio=Twilio("AC1", "token"),
        retell=Retell("key", "agent_1", NUMBERS[ACME]),
        smtp=Smtp("localhost", 25, "sam@acme.example", "replies@acme.example"),
    )
    globex = replace(
        acme,
        id=GLOBEX,
        name="Globex Kitchens",
        region="US",
        zone="America/New_York",
        preset=preset("us"),
        playbook=mixed_playbook(),
        numbers=(Number(NUMBERS[GLOBEX]),),
        twilio=Twilio("AC2", "token"),
        retell=Retell("key", "agent_2", NUMBERS[GLOBEX]),
    )
    return acme, globex


def everybody() -> tuple[Business, ...]:
    """And two more: Maple in Quebec, closed on some days, and Strict, which asks consent to an AI voice."""
    acme, globex = businesses()
    maple = replace(
        globex,
        id=MAPLE,
        name="Maple Basements",
        region="CA",
        subdivision="QC",
        zone="America/Toronto",
        preset=preset("ca"),
        closed_days=HOUSES[MAPLE].closed,
        extra_openings=dict(HOUSES[MAPLE].extra),
        numbers=(Number(NUMBERS[MAPLE]),),
        twilio=Twilio("AC3", "token"),
        retell=Retell("key", "agent_3", NUMBERS[MAPLE]),
    )
    strict = replace(
        acme,
        id=STRICT,
        name="Strict Plumbing",
        strict_consent=True,
        max_touches_per_day=HOUSES[STRICT].most_a_day,
        numbers=(Number(NUMBERS[STRICT]),),
        twilio=Twilio("AC4", "token"),
        retell=Retell("key", "agent_4", NUMBERS[STRICT]),
    )
    return acme, globex, maple, strict


@contextlib.contextmanager
def sidecar(store_url: str, clock: Clock, served: tuple[Business, ...], **changes: Any) -> Iterator[Sidecar]:
    """A sidecar that is not started; who starts it stops it too."""
    built = Sidecar(settings(store_url, **changes), clock, Businesses(served))
    try:
        yield built
    finally:
        built.runner.stop()
        built.deliveries.stop()
        built.store.close()


@contextlib.contextmanager
def hasty_sqlite() -> Iterator[None]:
    """SQLite that does not wait for the disk: for tests in which no machine loses its power."""
    tune = database._tune_sqlite

    def tune_and_hurry(engine: Any) -> None:
        tune(engine)
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous=OFF"))

    database._tune_sqlite = tune_and_hurry
    try:
        yield
    finally:
        database._tune_sqlite = tune


def empty(store: Store) -> None:
    """Delete every row."""

    def clear(tx: database.Tx) -> None:
        for table in metadata.tables.values():
            tx.conn.execute(table.delete())

    store.write(clear)
