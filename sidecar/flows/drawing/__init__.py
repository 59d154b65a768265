"""A flow as a picture: an SVG made from the file, which shows what it shows on the platform's canvas.

`n8n` and `make` say what stands where (a `Scene`), `svg` draws it. The picture holds its own background, fonts that
every system has, no script and no link, so that it reads the same in a README, light or dark.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sidecar.flows.loading import nested

if TYPE_CHECKING:
    from sidecar.flows.documents import Document


def drawing(flow: Document) -> str:
    """The SVG of a flow.

    Raises:
        ConfigError: Its routes are nested too deeply to follow.
    """
    from sidecar.flows.drawing.svg import svg

    if flow.platform == "n8n":
        from sidecar.flows.drawing.n8n import scene
    else:
        from sidecar.flows.drawing.make import scene
    try:
        return svg(scene(flow))
    except RecursionError as error:
        raise nested(flow.file) from error
