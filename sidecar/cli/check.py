"""``recovery check``: will it work, and if not, what is to be done."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sidecar.cli.findings import Finding, business_findings, playbook_findings
from sidecar.cli.flow_findings import flow_findings, holds_flows
from sidecar.cli.taught import Taught
from sidecar.clock import SystemClock
from sidecar.config.documents import read_document
from sidecar.config.loader import business_files, read_files
from sidecar.config.playbooks import read_playbook
from sidecar.config.settings import Settings, environment, load_settings
from sidecar.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sidecar.config.business import Business

_LOCAL = ("http://127.0.0.1", "http://localhost")
_COLOURS = {"ok": "green", "warning": "yellow", "error": "red"}


@click.command(
    cls=Taught,
    examples=(
        "recovery check",
        "recovery check --live",
        "recovery check businesses/hartley.yaml our-playbook.yaml --format json",
    ),
)
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@click.option("--live", is_flag=True, help="Ask the vendors too: accounts, numbers, webhooks.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.pass_context
def check(context: click.Context, paths: tuple[Path, ...], form: str, *, live: bool) -> None:
    """Check business files, playbooks, credentials, texts and the database.

    PATH is a business file, a folder of them, a playbook, or flows (a .json file or a folder of them: two workflows
    on one webhook path are found); left out, what RECOVERY_BUSINESSES names. Ends with 0 where it would serve
    (warnings allowed), 1 where something is wrong, 2 where it was called wrongly.
    """
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise click.BadParameter(f"{missing[0]} does not exist", param_hint="PATH")
    found = list(findings(paths, live=live))
    if form == "json":
        _print_json(found)
    else:
        _print_lines(found)
    context.exit(1 if any(finding.level == "error" for finding in found) else 0)


def findings(paths: tuple[Path, ...], *, live: bool) -> Iterator[Finding]:
    """Everything that ``check`` has to say, the process's own settings first."""
    environ = environment()
    settings: Settings | None = None
    try:
        settings = load_settings(environ)
    except ConfigError as error:
        yield from _mistakes(error)
    playbooks = [path for path in paths if _is_playbook(path)]
    for path in playbooks:
        yield from _playbook(path)
    flows = [path for path in paths if path not in playbooks and holds_flows(path)]
    yield from flow_findings(map(str, flows))
    if paths and len(playbooks) + len(flows) == len(paths):
        return
    if settings is not None:
        yield from _address(settings)
        yield from database_findings(settings.database_url.get_secret_value())
    places = [path for path in paths if path not in {*playbooks, *flows}]
    businesses: list[Business] = []
    try:
        files = [file for place in places or [_default(settings)] for file in business_files(place)]
        businesses, mistakes = read_files(dict.fromkeys(files), environ)
        if mistakes:
            yield from _mistakes(ConfigError(mistakes))
    except ConfigError as error:
        yield from _mistakes(error)
    now = SystemClock().now()
    for business in businesses:
        yield from business_findings(business, now)
        if live:
            yield from live_findings(business, settings.public_url if settings is not None else "")


def _default(settings: Settings | None) -> Path:
    return settings.businesses if settings is not None else Path("businesses")


def _mistakes(error: ConfigError) -> Iterator[Finding]:
    for one in error.mistakes:
        yield Finding("error", one.file or "environment", one.message, one.remedy, one.field, one.file, one.line)


def _is_playbook(path: Path) -> bool:
    try:
        return path.is_file() and "steps" in (read_document(path).data or {})
    except (ConfigError, TypeError):
        return False


def _playbook(path: Path) -> Iterator[Finding]:
    try:
        playbook = read_playbook(path)
    except ConfigError as error:
        yield from _mistakes(error)
    else:
        yield Finding("ok", playbook.name, f"{len(playbook.steps)} steps: {playbook.summary}", file=str(path))
        yield from playbook_findings(playbook)


def _address(settings: Settings) -> Iterator[Finding]:
    if settings.public_url.startswith(_LOCAL):
        said = f"{settings.public_url} is this machine's own address: no vendor can reach it"
        remedy = "set it to the address that the outside sees, https://…"
        yield Finding("warning", "environment", said, remedy, "RECOVERY_PUBLIC_URL")


# ---------------------------------------------------------------- database


def database_findings(url: str) -> list[Finding]:
    """Whether the database answers, and whether its tables are those of this version. Nothing is created."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import SQLAlchemyError

    from sidecar.store import migrate

    address = make_url(url)
    if address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file():
        said = f"there is no database {address.database} yet"
        return [Finding("error", "database", said, "run `recovery db upgrade`")]
    if address.get_backend_name() == "postgresql":  # a host that swallows packets would keep us for minutes
        address = address.update_query_dict({"connect_timeout": "5"})
    try:
        missing = migrate.pending(address.render_as_string(hide_password=False))
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or type(error).__name__).strip().splitlines()[0]
        remedy = "see that it runs and that RECOVERY_DATABASE_URL is right"
        return [Finding("error", "database", f"does not answer: {reason}", remedy)]
    if missing:
        said = f"its tables are not those of this version: {', '.join(missing)} is still to be applied"
        return [Finding("error", "database", said, "run `recovery db upgrade`")]
    return [Finding("ok", "database", "answers, and its tables are those of this version")]


# ---------------------------------------------------------------- vendors


def live_findings(business: Business, public_url: str) -> list[Finding]:
    """What the vendors themselves say; they are asked to read, never to change or send anything."""
    from stamina.instrumentation import set_on_retry_hooks

    set_on_retry_hooks([])  # a retry is no finding, and its log line would stand in the midst of the JSON
    found: list[Finding] = []
    if business.twilio is not None:
        from sidecar.channels.twilio.client import TwilioClients
        from sidecar.channels.twilio.probe import probe

        clients = TwilioClients()
        try:
            found += [_answer(business, *answer) for answer in probe(clients, business, public_url)]
        finally:
            clients.close()
    if business.hubspot is not None:
        from sidecar.crm import Crms
        from sidecar.crm.port import CrmError

        crms = Crms(time.monotonic)
        try:
            found.append(_answer(business, ok=True, sentence=crms.probe(business)))
        except CrmError as error:
            remedy = "try again in a minute" if error.temporary else "look at the token and its scopes"
            found.append(_answer(business, ok=False, sentence=str(error), remedy=remedy))
        finally:
            crms.close()
    return found


def _answer(business: Business, ok: bool, sentence: str, remedy: str = "") -> Finding:  # noqa: FBT001 - a tuple's
    return Finding("ok" if ok else "error", business.id, sentence, remedy, file=business.source)


# ---------------------------------------------------------------- printing


def _print_json(found: list[Finding]) -> None:
    ok = not any(finding.level == "error" for finding in found)
    click.echo(json.dumps({"ok": ok, "findings": [asdict(finding) for finding in found]}, indent=2))


def _print_lines(found: list[Finding]) -> None:
    """One line for each finding, coloured on a terminal and plain in a pipe."""
    from rich.text import Text

    from sidecar.cli.terminal import console

    out = console()
    for finding in found:
        line = Text(f"{finding.level:<7} ", style=_COLOURS[finding.level])
        line.append(_sentence(finding), style="default")
        out.print(line)
    out.print(Text(_tally(found)))


def _sentence(finding: Finding) -> str:
    place = f"{finding.file}:{finding.line}" if finding.file and finding.line else finding.subject
    head = f"{place}: {finding.field}: " if finding.field else f"{place}: "
    return head + finding.message + (f"; {finding.remedy}" if finding.remedy else "")


def _tally(found: Iterable[Finding]) -> str:
    levels = [finding.level for finding in found]
    errors, warnings = levels.count("error"), levels.count("warning")
    if not errors and not warnings:
        return "all well"
    parts = [f"{count} {word}{'s' if count != 1 else ''}" for count, word in ((errors, "error"), (warnings, "warning"))]
    return ", ".join(parts)
