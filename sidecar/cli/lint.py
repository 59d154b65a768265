"""``recovery lint``: flows checked like code."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from sidecar.cli.taught import Taught

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sidecar.flows.linting import Report
    from sidecar.flows.settings import Agreed

_COLOURS: Final = {"error": "red", "warning": "yellow", "code": "cyan"}


@click.command(
    cls=Taught,
    examples=(
        "recovery lint n8n-workflows/ make-blueprints/",
        "recovery lint - < workflow.json",
        "recovery lint flows/ --select recovery --format sarif > lint.sarif",
        "recovery lint flows/ --fix",
        "recovery lint --explain S203",
    ),
)
@click.argument("paths", nargs=-1, metavar="PATH…")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "sarif", "github", "junit"]),
    default="text",
    show_default=True,
    help="How the findings are printed.",
)
@click.option("--select", default="", metavar="CODES", help="Only these codes, their beginnings, or families.")
@click.option("--ignore", default="", metavar="CODES", help="All but these.")
@click.option("--max-warnings", type=click.IntRange(min=0), help="More warnings than this are a failure too.")
@click.option("--exclude", multiple=True, metavar="PATTERN", help="Leave these files out (may be repeated).")
@click.option("--fix", is_flag=True, help="Mend in the files what can be mended safely.")
@click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    help="What FILE knows is not told again; it is written where it is not there.",
)
@click.option(
    "--nodes",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The node types of your n8n (n8n export:nodes --output=FILE): every type, version and parameter is checked.",
)
@click.option(
    "--playbook",
    "named",
    multiple=True,
    metavar="NAME",
    help="The playbook that the flows drive, a file or one that ships (may be repeated): is each step run or skipped?",
)
@click.option("--explain", metavar="CODE", help="Say what a rule looks for, why, and what to do about it.")
@click.pass_context
def lint(
    context: click.Context,
    paths: tuple[str, ...],
    form: str,
    select: str,
    ignore: str,
    max_warnings: int | None,
    exclude: tuple[str, ...],
    *,
    fix: bool,
    baseline: Path | None,
    nodes: Path | None,
    named: tuple[str, ...],
    explain: str | None,
) -> None:
    """Find what is wrong with n8n workflows and Make blueprints before a client is hurt.

    PATH is a file, a folder, or - for standard input. Three families of rules: structure (what the platform refuses),
    practice (what breaks in production), recovery (what goes round the gates). Ends with 0 where all is well (warnings
    allowed), 1 where something is wrong, 2 where it was called wrongly. What a team has agreed on stands in
    .recovery-lint.toml: select, ignore, exclude, playbook (lists) and max-warnings.
    """
    from sidecar.flows.choosing import UnknownRuleError
    from sidecar.flows.files import MissingError
    from sidecar.flows.node_types import NoNodeTypesError
    from sidecar.flows.settings import agreed

    if explain is not None:
        click.echo(_explained(explain))
        return
    if not paths:
        raise click.UsageError("Name a file or a folder of flows, or - for standard input.")
    try:
        team = agreed(Path.cwd())
        team = replace(
            team, select=select or team.select, ignore=ignore or team.ignore, playbook=named or team.playbook,
            exclude=(*exclude, *team.exclude), max_warnings=team.max_warnings if max_warnings is None else max_warnings,
        )  # fmt: skip
        look = _looking(paths, team, nodes)
        report = look()
        if fix and _mended(report):
            report = look()
        if baseline is not None:
            report = _unknown(report, baseline)
    except (UnknownRuleError, MissingError, NoNodeTypesError) as error:
        raise click.UsageError(str(error)) from error
    if not report.files:
        nothing = f"There is no .json file in {', '.join(paths)}."
        if not team.exclude:  # a folder whose name is mistyped must not pass
            raise click.UsageError(nothing)
        click.echo(nothing, err=True)
    _print(report, form)
    context.exit(_status(report, team.max_warnings))


def _looking(paths: Sequence[str], agreed: Agreed, nodes: Path | None) -> Callable[[], Report]:
    """A look at the files as they then are; standard input is read once."""
    from sidecar.flows.choosing import choice
    from sidecar.flows.files import sources
    from sidecar.flows.linting import lint as lint_flows
    from sidecar.flows.node_types import exported_types
    from sidecar.flows.playbooks import playbook

    wanted = choice(agreed.select, agreed.ignore)
    types = exported_types(nodes) if nodes is not None else None
    playbooks = [playbook(name) for name in agreed.playbook]
    stdin = sys.stdin.buffer.read() if "-" in paths else None

    def look() -> Report:
        files = list(sources(paths, exclude=agreed.exclude, stdin=stdin))
        return lint_flows(files, wanted=wanted, nodes=types, playbooks=playbooks)

    return look


def _mended(report: Report) -> int:
    """Mend the files; how many changes were made. What came by standard input stays as it is."""
    from sidecar.flows.fixing import mend

    count = 0
    for file in dict.fromkeys(finding.file for finding in report.findings if finding.edits):
        if file != "<stdin>":
            made = mend(Path(file), [edit for one in report.findings if one.file == file for edit in one.edits])
            count += made
            click.echo(f"{file}: {made} mended", err=True)
    return count


def _unknown(report: Report, baseline: Path) -> Report:
    from sidecar.flows.baseline import without_known, write

    if not baseline.exists():
        write(baseline, report)
        click.echo(f"{baseline}: {len(report.findings)} findings written down", err=True)
    return without_known(baseline, report)


def _status(report: Report, max_warnings: int | None) -> int:
    errors = sum(finding.level == "error" for finding in report.findings)
    warnings = len(report.findings) - errors
    return 1 if errors or (max_warnings is not None and warnings > max_warnings) else 0


def _print(report: Report, form: str) -> None:
    if form == "text":
        from sidecar.flows.report.text import lines

        coloured = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        style = _coloured if coloured else _plain
        click.echo("\n".join(lines(report, style)))
        return
    from sidecar.flows.report.machine import FORMATS

    text = FORMATS[form](report)
    if text:
        click.echo(text)


def _plain(text: str, style: str) -> str:
    del style
    return text


def _coloured(text: str, style: str) -> str:
    if style in {"place", "node"}:
        return click.style(text, bold=True)
    if style == "quiet":
        return click.style(text, dim=True)
    return click.style(text, fg=_COLOURS[style], bold=style != "code")


def _explained(code: str) -> str:
    from sidecar.flows.rules import rules
    from sidecar.flows.rules.excerpts import EXCERPTS

    rule = rules().get(code.upper())
    if rule is None:
        raise click.BadParameter(f"there is no rule {code!r}; there are: {', '.join(rules())}", param_hint="--explain")
    bad, good = EXCERPTS[rule.code]
    return "\n".join(
        (
            f"{rule.code}: {rule.title} ({rule.level}, {rule.family})",
            "",
            rule.reason,
            "",
            f"Bad:    {bad}",
            f"Good:   {good}",
            "",
            f"Remedy: {rule.remedy}",
            f"Source: {rule.source}",
        )
    )
