"""``recovery init``: a first business file to edit, with a comment at every choice."""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import click

from sidecar.cli.taught import Taught
from sidecar.config.playbooks import shipped_playbooks

_STARTER = Path(__file__).parent.parent / "config" / "starter.yaml"

_GB_LAW = """\
# Answering a missed call rests on legitimate interest (UK GDPR, PECR), which a person weighs first: `recovery lia`
# writes the draft, and its last lines are what to write here. Until then the service does not start.
# legitimate_interest: {document: assessment.md, reviewed_by: S. Field, reviewed_on: 2026-03-03}"""
_OTHER_LAW = "# legitimate_interest: is asked for in the UK and the EEA only"

_ENVIRONMENT = """\
# Copy this file to .env, fill it in, and keep .env out of version control.
# NAME_FILE=/run/secrets/name may stand instead of NAME=value, for every credential.

# Signs links and keys hashes. Make one: python3 -c "import secrets; print(secrets.token_urlsafe(32))"
RECOVERY_SECRET=

# How Twilio and your flows reach this machine, https://…; signatures are checked against it.
RECOVERY_PUBLIC_URL=

# RECOVERY_DATABASE_URL=sqlite:///recovery.db
# RECOVERY_BUSINESSES=businesses

# console.twilio.com, on the first page
TWILIO_ACCOUNT_SID=
TWILIO_AUTH_TOKEN=

# Those that your business file names:
# RETELL_API_KEY=
# RETELL_AGENT_ID=
# HUBSPOT_ACCESS_TOKEN=
# HUBSPOT_CLIENT_SECRET=
# HUBSPOT_PORTAL_ID=
# SMTP_PASSWORD=
"""

_NEXT = """\
Next:
  1. Edit {business}: the numbers, the staff, who signs.
  2. Copy {environment} to .env and fill it in.
  3. recovery db upgrade   makes the database
  4. recovery check        says what is still missing (with --live it asks the vendors too){assess}
  5. recovery serve"""

_ASSESS = """
     In the UK that is a reviewed legitimate-interest assessment: recovery lia {business} writes its draft"""


@dataclass(frozen=True, slots=True)
class _Region:
    """What a starter file of a country begins with; the numbers belong to nobody."""

    preset: str
    zone: str
    currency: str
    language: str
    subdivision: str
    playbook: str
    number: str
    landline: str
    mobile: str
    blocked: str
    law: str = _OTHER_LAW


_REGIONS = {
    "GB": _Region(
        "uk", "Europe/London", "GBP", "en-GB", "GB-ENG", "uk-three-layer",
        "+44 117 496 0123", "+44 117 496 0124", "+44 7700 900111", "+44 7700 900222", _GB_LAW,
    ),
    "CA": _Region(
        "ca", "America/Toronto", "CAD", "en-CA", "CA-ON", "contractor-two-text",
        "+1 416 555 0123", "+1 416 555 0124", "+1 416 555 0111", "+1 416 555 0122",
    ),
    "US": _Region(
        "us", "America/New_York", "USD", "en-US", "US-NY", "contractor-two-text",
        "+1 212 555 0123", "+1 212 555 0124", "+1 212 555 0111", "+1 212 555 0122",
    ),
}  # fmt: skip


@click.command(cls=Taught, examples=('recovery init --name "Hartley Plumbing" --region GB',))
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path(),
    help="Where to write.",
)
@click.option(
    "--region",
    type=click.Choice(list(_REGIONS), case_sensitive=False),
    default="GB",
    show_default=True,
    help="Country of the business.",
)
@click.option("--name", default="Example Plumbing", show_default=True, help="Name that callers know.")
def init(folder: Path, region: str, name: str) -> None:
    """Write a commented business file and a .env.example. Nothing is overwritten."""
    name = " ".join("".join(char for char in name if char.isprintable()).split())
    if not name:
        raise click.BadParameter("is empty; give the name that callers know", param_hint="--name")
    business_id = slug(name)
    business = folder / "businesses" / f"{business_id}.yaml"
    environment = folder / ".env.example"
    if business.exists():
        raise click.ClickException(f"{business} exists already; choose another --name, or edit that file")
    business.parent.mkdir(parents=True, exist_ok=True)
    business.write_text(starter(business_id, name, region.upper()), encoding="utf-8")
    click.echo(f"wrote {business}")
    if environment.exists():
        click.echo(f"kept  {environment}, which exists already")
    else:
        environment.write_text(_ENVIRONMENT, encoding="utf-8")
        click.echo(f"wrote {environment}")
    assess = _ASSESS.format(business=business) if region.upper() == "GB" else ""
    click.echo(_NEXT.format(business=business, environment=environment, assess=assess))


def slug(name: str) -> str:
    """An id from a name: ``Müller & Söhne`` gives ``muller-sohne``.

    >>> slug("24/7 Plumbing")
    'b-24-7-plumbing'
    """
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    joined = re.sub(r"[^a-z0-9]+", "-", plain)[:50].strip("-")
    if not joined:
        return "business"
    return joined if joined[0].isalpha() else f"b-{joined}"


def starter(business_id: str, name: str, region: str) -> str:
    """The text of a starter file; ``region`` is one of GB, CA, US."""
    of = _REGIONS[region]
    values = {
        "id": business_id,
        "name": json.dumps(name, ensure_ascii=False),  # a JSON string is a YAML string, whatever is in it
        "region": region,
        "playbooks": ", ".join(shipped_playbooks()),
        **{field: getattr(of, field) for field in of.__slots__},
    }
    return re.sub("@@([a-z]+)@@", lambda found: values[found[1]], _STARTER.read_text(encoding="utf-8"))
