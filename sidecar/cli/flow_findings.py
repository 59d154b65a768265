"""What ``recovery check`` says of flows: which there are, and which stand in each other's way.

What is wrong within a flow is said by the lint; this is about several of them in one n8n.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.cli.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path


def holds_flows(path: Path) -> bool:
    """A file of JSON, or a folder with such files and no YAML, which would be businesses."""
    if path.is_dir():
        return any(path.rglob("*.json")) and not any(path.glob("*.y*ml"))
    return path.suffix.lower() == ".json"


def flow_findings(paths: Iterable[str]) -> Iterator[Finding]:
    """One for each file, and one for each two workflows that claim one webhook address."""
    from sidecar.errors import ConfigError
    from sidecar.flows.loading import json_files, load
    from sidecar.flows.webhooks import Webhook, clashes, webhooks

    found: list[Webhook] = []
    for name in json_files(paths):
        try:
            file = load(name)
        except ConfigError as error:
            yield Finding("error", name, error.message, error.remedy, error.field, name, error.line)
            continue
        addresses = [one for flow in file.flows if flow.platform == "n8n" for one in webhooks(flow)]
        found += addresses
        at = f", called at {', '.join(one.shown for one in addresses)}" if addresses else ""
        count = len(file.flows)
        yield Finding("ok", name, f"{count} flow{'s' * (count != 1)}{at}", file=name)
    for first, second in clashes(found):
        said = f"{second.shown} is the address of {first.node!r} in {first.file} too; n8n publishes only one of them"
        remedy = "give one another path (`recovery flows export --prefix`)"
        yield Finding("error", second.file, said, remedy, f"node {second.node!r}", second.file)
