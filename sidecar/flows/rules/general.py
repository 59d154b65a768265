"""Practice on either platform: the file itself, and exceptions that are written in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sidecar.flows import suppressions
from sidecar.flows.findings import Found, shown
from sidecar.flows.rules import rule, rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sidecar.flows.linting import Flows


def _found_while_reading(_: Any) -> Iterable[Found]:
    return ()


rule(
    "P001",
    "a key is there twice in one object",
    on="file",
    reason="JSON.parse keeps the last one and says nothing: what a reader sees first is not what runs.",
    remedy="take one of them away",
    source="RFC 8259, section 4; https://tc39.es/ecma262/#sec-json.parse",
)(_found_while_reading)

rule(
    "P002",
    "the file is not plain UTF-8",
    on="file",
    reason="n8n's command line reads files as UTF-8 and JSON.parse stumbles over a byte order mark.",
    remedy="save it as UTF-8 without a byte order mark",
    source="RFC 8259, section 8.1; https://docs.n8n.io/hosting/cli-commands/#import-workflows-and-credentials",
)(_found_while_reading)


@rule(
    "P004",
    "an exception without a code, without a reason, or for a code that there is not",
    on="flows",
    reason="Nobody can tell later whether it still holds; so it suppresses nothing.",
    remedy="write it as: recovery-lint: ignore P204 why it is right here",
    source="CONTRIBUTING.md, Evidence: an exception to a lint rule carries its reason in the same line",
)
def bad_exceptions(flows: Flows) -> Iterator[Found]:
    """Each exception that cannot be taken."""
    for flow in flows:
        for one in suppressions.written(flow):
            unknown = sorted(one.codes - rules().keys())
            if not one.codes:
                said = "an exception that names no code suppresses nothing"
            elif unknown:
                said = f"there is no rule {', '.join(unknown)}"
            elif not one.reason:
                said = f"the exception for {', '.join(sorted(one.codes))} gives no reason, and suppresses nothing"
            elif any(rules()[code].family == "structure" for code in one.codes):
                said = "what the platform refuses cannot be suppressed"
            else:
                continue
            yield Found(one.place, said, one.node or shown(flow.name), file=flow.file)
