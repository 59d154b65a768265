"""Practice on either platform: secrets do not stand in flows."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sidecar.flows.findings import Found
from sidecar.flows.rules import rule
from sidecar.flows.strings import strings

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sidecar.flows.findings import Place
    from sidecar.flows.linting import Flows

_SECRET: Final = re.compile(
    r"""(?<![\w-])(?:
      sk-(?:proj-|ant-)?[A-Za-z0-9_-]{20,}         # OpenAI, Anthropic
    | SK[0-9a-f]{32}                               # Twilio API key
    | key_[0-9a-f]{24,}                            # Retell
    | rcv_[A-Za-z0-9]{20,}                         # ours
    | pat-(?:na|eu)\d-[0-9a-f-]{30,}               # HubSpot
    | SG\.[\w-]{16,}\.[\w-]{16,}                   # SendGrid
    | xox[abprs]-[A-Za-z0-9-]{20,}                 # Slack
    | gh[pousr]_[A-Za-z0-9]{30,}                   # GitHub
    | AIza[\w-]{35}                                # Google
    | EAA[A-Za-z0-9]{60,}                          # Meta
    | \d{8,10}:AA[\w-]{33}                         # Telegram
    | Bearer\s+(?!YOUR|\{|\$)[A-Za-z0-9_.~+/-]{24,} # any
    )(?![\w-])""",
    re.VERBOSE,
)


@rule(
    "P101",
    "a secret stands in the flow",
    on="flows",
    reason="An export is mailed, copied and committed; whoever reads it can send in the client's name.",
    remedy="keep it in a credential (n8n) or a keychain (Make), and revoke this one: it has been read",
    source="https://docs.n8n.io/credentials/; https://help.make.com/keys-and-certificates",
)
def secrets(flows: Flows) -> Iterator[Found]:
    """Each text that looks like a vendor's key; it is never printed whole."""
    for workflow in flows.workflows:
        for node in workflow.nodes:
            yield from _in(node.texts, node.name, workflow.file)
    for blueprint in flows.blueprints:
        for module in blueprint.modules:
            for key in ("parameters", "mapper"):
                yield from _in(strings(module.raw.get(key), (*module.place, key)), module.name, blueprint.file)


def _in(texts: Iterable[tuple[Place, str]], node: str, file: str) -> Iterator[Found]:
    for at, text in texts:
        found = _SECRET.search(text) if len(text) > 20 else None  # noqa: PLR2004 - no key is shorter
        if found is not None:
            yield Found(at, f"this looks like a secret: {found[0][:7]}… ({len(found[0])} signs)", node, file=file)
