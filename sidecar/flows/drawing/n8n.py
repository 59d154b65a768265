"""An n8n workflow as it lies on the canvas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sidecar.flows.drawing.scene import HEIGHT, WIDTH, Box, Note, Scene, Tone, Wire
from sidecar.flows.n8n import Workflow

if TYPE_CHECKING:
    from sidecar.flows.documents import Document
    from sidecar.flows.n8n import Edge, Node

_NODE: Final = 96.0
"""Side of a node on n8n's canvas; its position is the upper left corner."""
_LABEL: Final = 16.0
"""From one output's name to the next."""
_FARTHEST: Final = 1e6
_NOTE_WIDTH, _NOTE_HEIGHT = 240.0, 160.0
"""n8n's defaults."""
_TONES: Final[dict[str, Tone]] = {
    "if": "choice", "switch": "choice", "filter": "choice", "wait": "wait", "httpRequest": "request",
    "stopAndError": "error", "errorTrigger": "error", "webhook": "start",
}  # fmt: skip


def scene(document: Document) -> Scene:
    """The nodes where they are, their wires with the outputs' names, and the sticky notes."""
    workflow = Workflow(document)
    drawn = Scene(workflow.name)
    boxes: dict[str, Box] = {}
    for index, node in enumerate(workflow.nodes):
        x, y = _position(node, index)
        if node.short == "stickyNote":
            drawn.notes.append(_note(node, x, y))
        else:
            boxes[node.name] = _box(node, x, y)
    drawn.boxes = list(boxes.values())
    for source, edges in workflow.outgoing.items():
        for edge in edges:
            if source in boxes and edge.target in boxes:
                drawn.wires.append(_wire(workflow.by_name[source], edge, boxes))
    return drawn


def _position(node: Node, index: int) -> tuple[float, float]:
    """Where it is; a node without a place stands in a row of its own."""
    place = node.raw.get("position")
    if isinstance(place, list) and len(place) > 1 and all(_is_near(number) for number in place[:2]):
        return float(place[0]), float(place[1])
    return 220.0 * index, -400.0


def _is_near(number: Any) -> bool:
    return isinstance(number, (int, float)) and not isinstance(number, bool) and abs(number) < _FARTHEST


def _box(node: Node, x: float, y: float) -> Box:
    tone: Tone = "start" if node.short.endswith("Trigger") else "plain"
    tone = "off" if node.disabled else _TONES.get(node.short, tone)
    badge = "on error: goes on" if node.swallows_errors else ""
    height = max(HEIGHT, _LABEL * (len(_outputs(node)) + 1))
    return Box(x + (_NODE - WIDTH) / 2, y + (_NODE - height) / 2, node.name, node.short, tone, badge, height)


def _note(node: Node, x: float, y: float) -> Note:
    given = node.parameters
    width, height = (
        float(given[key]) if _is_near(given.get(key)) and given[key] > 0 else default
        for key, default in (("width", _NOTE_WIDTH), ("height", _NOTE_HEIGHT))
    )
    content = given.get("content")
    head, _, rest = (content if isinstance(content, str) else "").strip().partition("\n")
    colour = given.get("color")
    return Note(x, y, width, height, head.lstrip("# "), rest, colour if isinstance(colour, int) else 1)


def _wire(source: Node, edge: Edge, boxes: dict[str, Box]) -> Wire:
    if edge.kind != "main":
        return Wire(boxes[edge.source], boxes[edge.target], edge.kind.removeprefix("ai_"), "part")
    names = _outputs(source)
    if source.has_error_output:
        names = [*(names or [""]), "error"]
    label = names[edge.output] if edge.output < len(names) else ""
    failed = source.has_error_output and edge.output == len(names) - 1
    count = max(len(names), edge.output + 1)
    return Wire(boxes[edge.source], boxes[edge.target], label, "error" if failed else "main", edge.output, count)


def _outputs(node: Node) -> list[str]:
    """The names of a choice's outputs."""
    if node.short == "if":
        return ["true", "false"]
    if node.short != "switch":
        return []
    rules = node.parameters.get("rules")
    values = rules.get("values") if isinstance(rules, dict) else None
    names = [
        str(rule.get("outputKey") or number) if isinstance(rule, dict) else str(number)
        for number, rule in enumerate(values if isinstance(values, list) else ())
    ]
    if node.options.get("fallbackOutput") == "extra":
        names.append(str(node.options.get("renameFallbackOutput") or "otherwise"))
    return names
