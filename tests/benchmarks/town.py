"""The clients that the benchmarks play: businesses, their numbers, and the people who ring them.

Only reserved numbers: +44 117 496 0xxx are the businesses', +44 7700 900xxx the callers'. A thousand of each;
who rings whom is told apart by the pair.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

AUTH_TOKEN = "benchmark-twilio-token"
SECRET = "a secret of the benchmarks, long enough"
OPEN_CALLERS = range(20)
"""Callers whose sequence is open, with steps weeks away."""
KNOWN_CALLERS = range(20, 600)
"""Callers who rang before and whose sequence is over."""
DUE_CALLERS = range(600, 700)
"""Callers whose next step comes due while we look on."""
NEW_CALLERS = range(700, 1000)
"""Callers who never rang."""

_ALL_DAY = '{daily: "0-24", holidays: "0-24"}'
_FILE = """\
id: {id}
name: {name} Plumbing
agent_name: Sam
region: GB
zone: Europe/London
preset: custom
playbook: uk-three-layer
address: 1 Quay Street, Bristol
legitimate_interest: {{document: LIA-1, reviewed_by: S. Field, reviewed_on: 2026-03-03}}
windows:
  sms: {window}
  voice: {window}
  email: {window}
numbers:
{numbers}
staff:
  - name: Sam
    email: sam@{id}.example
twilio: {{account_sid: {account}, auth_token: "${{TWILIO_TOKEN}}"}}
retell: {{api_key: "${{RETELL_KEY}}", agent_id: agent_1, from_number: "{first}"}}
hubspot: {{access_token: "${{HUBSPOT_{index}}}"}}
smtp: {{host: 127.0.0.1, port: {smtp_port}, from_address: hi@{id}.example, reply_to: re@{id}.example, security: none}}
"""
_FLOW = "flow: {platform: n8n, callback_hosts: [127.0.0.1]}\n"


def caller(index: int) -> str:
    """The caller of that index (0–999)."""
    return f"+447700900{index:03d}"


@dataclass(frozen=True, slots=True)
class Client:
    """One business of the town."""

    index: int
    numbers: tuple[str, ...]

    @property
    def id(self) -> str:
        """Its id."""
        return f"client-{self.index:03d}"

    @property
    def account(self) -> str:
        """Its own Twilio account."""
        return f"AC{self.index:032x}"

    @property
    def crm_token(self) -> str:
        """Its own HubSpot token: searches are limited by token."""
        return f"pat-benchmark-{self.index:03d}"


@dataclass(frozen=True, slots=True)
class Missed:
    """A call that nobody took."""

    call_id: str
    client: Client
    number: str
    caller: str


@dataclass(slots=True)
class Town:
    """So many businesses with so many numbers each."""

    businesses: int = 100
    numbers_each: int = 10
    _calls: int = 0
    _rang: dict[tuple[int, str], int] = field(default_factory=dict)

    @property
    def clients(self) -> list[Client]:
        """Every business."""
        return [
            Client(index, tuple(f"+44117496{index * self.numbers_each + n:04d}" for n in range(self.numbers_each)))
            for index in range(self.businesses)
        ]

    def environment(self) -> dict[str, str]:
        """What the business files read from the environment."""
        tokens = {f"HUBSPOT_{client.index}": client.crm_token for client in self.clients}
        return {"TWILIO_TOKEN": AUTH_TOKEN, "RETELL_KEY": "key_sandbox_retell", **tokens}

    def write_files(self, folder: Path, smtp_port: int, *, flow: bool = False) -> None:
        """A business file for each client, driven by an n8n of this machine if ``flow``.

        Windows never close, so that figures do not depend on the hour.
        """
        folder.mkdir(parents=True, exist_ok=True)
        for client in self.clients:
            numbers = "\n".join(f'  - {{number: "{number}", mode: status}}' for number in client.numbers)
            text = _FILE.format(
                id=client.id, name=f"Quay {client.index}", window=_ALL_DAY, numbers=numbers, account=client.account,
                first=client.numbers[0], index=client.index, smtp_port=smtp_port,
            )  # fmt: skip
            (folder / f"{client.id}.yaml").write_text(text + (_FLOW if flow else ""))

    def calls(self) -> Iterator[Missed]:
        """Missed calls without end over all numbers in turn; three of four callers are new, one rang before.

        No caller rings the same business twice, however often this is asked.
        """
        turn = [(client, number) for client in self.clients for number in client.numbers]
        random.Random(7).shuffle(turn)
        while True:
            client, number = turn[self._calls % len(turn)]
            self._calls += 1
            kind = "known" if self._calls % 4 == 0 else "new"
            callers = KNOWN_CALLERS if kind == "known" else NEW_CALLERS
            rang = self._rang.get((client.index, kind), 0)
            self._rang[client.index, kind] = rang + 1
            # Each business begins with other people: the CRM that they share must not fill up at a few of them.
            who = callers[(rang + client.index * 3) % len(callers)]
            yield Missed(f"CA{self._calls:032x}", client, number, caller(who))
