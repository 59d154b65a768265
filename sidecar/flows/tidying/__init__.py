"""A flow without what belongs to one account or one sitting: two exports of the same flow are the same file.

Taken away: instance and version ids, credential and connection ids, pinned and static data, and the pixels by which a
node was nudged. Keys stand in one order. Nothing that a flow does is changed, and what is not known is kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sidecar.flows.loading import nested, text_of, with_flow

if TYPE_CHECKING:
    from sidecar.flows.documents import Document
    from sidecar.flows.loading import FlowFile


def tidy(flow: Document) -> dict[str, Any]:
    """The flow, tidied; what was read is not changed."""
    if flow.platform == "n8n":
        from sidecar.flows.tidying.n8n import tidied
    else:
        from sidecar.flows.tidying.make import tidied
    try:
        return tidied(flow.value)
    except RecursionError as error:
        raise nested(flow.file) from error


def tidy_file(file: FlowFile) -> bytes:
    """The file with each of its flows tidied.

    Raises:
        ConfigError: It cannot be written as JSON.
    """
    value = file.value
    for flow in file.flows:
        value = with_flow(value, flow.place, tidy(flow))
    return text_of(file.path, value)
