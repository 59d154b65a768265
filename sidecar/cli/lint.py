"""``recovery lint``: flows checked like code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Final

import click

from sidecar.cli.taught import Taught

if TYPE_CHECKING:
    from sidecar.flows.linting import Report

_COLOURS: Final = {"error": "red", "warning": "yellow", "code": "cyan"}


@click.command(
    cls=Taught,
    examples=(
        "recovery lint n8n-workflows/ make-blueprints/",
        "recovery lint - < workflow.json",
        "recovery lint flows/ --select recovery --format sarif > lint.sarif",
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
    explain: str | None,
) -> None:
    """Find what is wrong with n8n workflows and Make blueprints before a client is hurt.

    PATH is a file, a folder, or - for standard input. Three families of rules: structure (what the platform refuses),
    practice (what breaks in production), recovery (what goes round the gates). Ends with 0 where all is well (warnings
    allowed), 1 where something is wrong, 2 where it was called wrongly.
    """
    from sidecar.flows.choosing import UnknownRuleError, choice
    from sidecar.flows.files import MissingError, sources
    from sidecar.flows.linting import lint as lint_flows

    if explain is not None:
        click.echo(_explained(explain))
        return
    if not paths:
        raise click.UsageError("Name a file or a folder of flows, or - for standard input.")
    try:
        wanted = choice(select, ignore)
        stdin = sys.stdin.buffer.read() if "-" in paths else None
        report = lint_flows(sources(paths, exclude=exclude, stdin=stdin), wanted=wanted)
    except (UnknownRuleError, MissingError) as error:
        raise click.UsageError(str(error)) from error
    if not report.files:
        raise click.UsageError(f"There is no .json file in {', '.join(paths)}.")
    _print(report, form)
    context.exit(_status(report, max_warnings))


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

    rule = rules().get(code.upper())
    if rule is None:
        raise click.BadParameter(f"there is no rule {code!r}; there are: {', '.join(rules())}", param_hint="--explain")
    return "\n".join(
        (
            f"{rule.code}: {rule.title} ({rule.level}, {rule.family})",
            "",
            rule.reason,
            "",
            f"Remedy: {rule.remedy}",
            f"Source: {rule.source}",
        )
    )
