"""``recovery flows to-api`` and ``replay``: what is done through n8n's public API."""

from __future__ import annotations

import re
import sys
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from sidecar.cli.opening import as_json, print_json
from sidecar.cli.taught import Taught

if TYPE_CHECKING:
    from sidecar.platforms.asking import Platform

_SPAN: Final = re.compile(r"(\d{1,5})([mhd])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days"}
_KEY_EPILOG: Final = "The key (n8n: Settings, API) is read from N8N_API_KEY in the environment or in .env."


class When(click.ParamType[datetime]):
    """A time: ISO 8601, or so long ago."""

    name = "when"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """The moment; one without an offset is UTC."""
        from datetime import UTC

        from sidecar.clock import SystemClock

        if isinstance(value, datetime):
            return value
        if span := _SPAN.fullmatch(str(value).strip()):
            return SystemClock().now() - timedelta(**{_UNITS[span[2]]: int(span[1])})
        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(f"{value!r} is no time; write 24h, 90m, 7d or 2026-11-26T09:00:00+00:00", param, ctx)
        return at if at.tzinfo else at.replace(tzinfo=UTC)


@click.command(
    "to-api",
    cls=Taught,
    short_help="A workflow as n8n's API takes it, or into n8n.",
    epilog=_KEY_EPILOG,
    examples=(
        "recovery flows to-api hartley/hartley-replies.json",
        "recovery flows to-api hartley/hartley-replies.json --url https://n8n.example.com --publish",
    ),
)
@click.argument("file", metavar="FILE")
@click.option("--url", metavar="URL", help="Send it to the n8n there instead of printing it.")
@click.option("--id", "workflow_id", default="", metavar="ID", help="Update this one. Default: the one of its name.")
@click.option("--publish", is_flag=True, help="Publish it, so that its webhooks answer.")
@click.option("--error-workflow", metavar="ID", help="The id that the error workflow has in that n8n.")
def to_api(file: str, url: str | None, workflow_id: str, error_workflow: str | None, *, publish: bool) -> None:
    """Print the workflow in FILE (- for standard input) as n8n's public API takes it, or put it into an n8n.

    The API refuses what an import accepts: ids, tags, meta, pinned data. With --url it is created, or updated where
    there is one of its name; nothing is ever made twice.
    """
    workflow = _workflow(file)
    if error_workflow is not None:
        workflow["settings"] = {**(workflow.get("settings") or {}), "errorWorkflow": error_workflow}
    if url is None:
        if publish or workflow_id:
            raise click.UsageError("--publish and --id need the --url of an n8n")
        from sidecar.flows.loading import text_of
        from sidecar.platforms.n8n import body_of

        click.echo(text_of(file, body_of(workflow)), nl=False)
        return
    _put(_n8n(url), workflow, workflow_id, publish=publish)


def _workflow(file: str) -> dict[str, Any]:
    from sidecar.flows.documents import Document
    from sidecar.flows.loading import one_flow, refused
    from sidecar.flows.tidying import tidy

    document = one_flow("<stdin>", sys.stdin.buffer.read()) if file == "-" else one_flow(file)
    if document.platform != "n8n":
        raise refused(file, "this is a Make blueprint", "give an n8n workflow; Make imports blueprints in its editor")
    workflow = tidy(Document(file, "n8n", document.value, ()))
    for key, kind, form in (("name", str, "a text"), ("nodes", list, "a list"), ("connections", dict, "an object")):
        if not isinstance(workflow.get(key), kind):
            raise refused(file, f"it is not {form}", "n8n's API needs it", field=key)
    return workflow


def _put(n8n: Platform, workflow: dict[str, Any], workflow_id: str, *, publish: bool) -> None:
    from sidecar.platforms.asking import AskedInVainError
    from sidecar.platforms.n8n import put

    try:
        done = put(n8n, workflow, workflow_id=workflow_id, publish=publish)
    except AskedInVainError as error:
        raise click.ClickException(str(error)) from error
    if done.error_workflow_missing:
        said = f"This n8n has no workflow {done.error_workflow_missing}, the error workflow that is named"
        click.echo(f"{said}: put that one first, then this with --error-workflow.", err=True)
    click.echo(f"{'created' if done.created else 'updated'}{' and published' if done.published else ''}", err=True)
    click.echo(done.id)


@click.command(
    cls=Taught,
    short_help="Executions that failed or crashed, tried again.",
    epilog=_KEY_EPILOG + " With --sidecar, the sidecar's key is read from RECOVERY_API_KEY.",
    examples=(
        "recovery flows replay --url https://n8n.example.com --since 24h --dry-run",
        "recovery flows replay --url https://n8n.example.com --since 24h --sidecar https://recovery.example.com",
    ),
)
@click.option("--url", required=True, metavar="URL", help="Where n8n is.")
@click.option("--workflow", "workflow_id", default="", metavar="ID", help="Only this workflow's.")
@click.option("--since", type=When(), metavar="WHEN", help="Started since then: 24h, 7d, or ISO 8601.")
@click.option("--until", type=When(), metavar="WHEN", help="Started until then.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True, help="So many at most.")
@click.option("--sidecar", "sidecar_url", metavar="URL", help="Leave out those whose sequences are closed there.")
@click.option("--dry-run", is_flag=True, help="Only say which.")
@as_json
@click.pass_context
def replay(
    context: click.Context,
    url: str,
    workflow_id: str,
    since: datetime | None,
    until: datetime | None,
    limit: int,
    sidecar_url: str | None,
    *,
    dry_run: bool,
    in_json: bool,
) -> None:
    """Try n8n's failed and crashed executions again, and say what became of each.

    Nobody is texted twice by that: where the sidecar sends, each step goes out at most once and a step that is asked
    for again is told what became of it; a workflow with a sending node of its own (Twilio, email) is never replayed,
    but shown, and so is what a node stopped on purpose. Ends with 1 where one was not tried again.
    """
    from sidecar.platforms.asking import AskedInVainError
    from sidecar.platforms.replaying import Which
    from sidecar.platforms.replaying import replay as replay_executions

    which = Which(workflow_id, since, until, limit)
    sidecar = _sidecar(sidecar_url) if sidecar_url else None
    try:
        done = list(replay_executions(_n8n(url), which, sidecar=sidecar, dry_run=dry_run))
    except AskedInVainError as error:
        raise click.ClickException(str(error)) from error
    if in_json:
        print_json([asdict(one) for one in done])
    elif not done:
        click.echo("No execution failed or crashed that was not taken up again.", err=True)
    else:
        from sidecar.cli.terminal import print_columns

        rows = [(one.execution_id, one.workflow_id, one.started_at, one.status, one.became, one.why) for one in done]
        print_columns(rows, head=("execution", "workflow", "started", "status", "became", ""))
    context.exit(1 if any(one.became == "not replayed" for one in done) else 0)


def _n8n(url: str) -> Platform:
    from sidecar.platforms.n8n import KEY_VARIABLE, n8n_at

    return n8n_at(url, key_of(KEY_VARIABLE, "make one in n8n under Settings, n8n API"))


def _sidecar(url: str) -> Platform:
    from sidecar.platforms.asking import Platform

    key = key_of("RECOVERY_API_KEY", "make one with `recovery keys create`")
    return Platform("the sidecar", url, "Authorization", f"Bearer {key}", "RECOVERY_API_KEY")


def key_of(variable: str, remedy: str) -> str:
    """A platform's key, from the environment or .env: on a command line others could read it."""
    from sidecar.config.settings import environment

    key = environment().get(variable, "").strip()
    if not key:
        raise click.ClickException(f"{variable} is not set; {remedy}, and put it into the environment or .env")
    return key
