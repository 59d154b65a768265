"""A scene as SVG, in one file that needs nothing else."""

from __future__ import annotations

import re
import textwrap
from typing import TYPE_CHECKING, Final
from xml.sax.saxutils import escape

from sidecar.flows.drawing.scene import WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sidecar.flows.drawing.scene import Box, Note, Scene, Wire

_MARGIN, _TITLE = 32.0, 44.0
_LINE = 15.0
_CONTROL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML document may hold (XML 1.0, section 2.2)."""
_MARKUP: Final = re.compile(r"\*+|`|__|^#+ ", re.MULTILINE)
_NOTES: Final = {1: "#fff6d6", 2: "#ffe9d9", 3: "#fde2e2", 4: "#e2f5e4", 5: "#e1eefb", 6: "#ece6fb", 7: "#eef0f3"}
"""n8n's colours of sticky notes, paler, so that the boxes stand out."""
_TONES: Final = {
    "plain": ("#ffffff", "#8a94a6"), "start": ("#e3f6ec", "#1f8a55"), "choice": ("#fff2cf", "#b07a00"),
    "wait": ("#efe8fd", "#6d4bc3"), "request": ("#e4effc", "#2467b3"), "error": ("#fde7e7", "#b83232"),
    "off": ("#f1f2f4", "#b6bcc6"),
}  # fmt: skip
_WIRES: Final = {"main": "#5b6576", "error": "#b83232", "part": "#8a94a6"}
_STYLE: Final = (
    "text{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif;fill:#1d2530}"
    ".t{font-size:12px;font-weight:600}.k,.b{font-size:10px;fill:#5b6576}.b,.e{fill:#b83232}"
    ".w{font-size:10.5px;paint-order:stroke;stroke:#f7f8fa;stroke-width:4px;stroke-linejoin:round}"
    ".h{font-size:15px;font-weight:700}.n{font-size:11px;fill:#3c4553}"
)


def svg(scene: Scene) -> str:
    """The drawing."""
    left, top, right, bottom = _bounds(scene)
    width, height = right - left + 2 * _MARGIN, bottom - top + 2 * _MARGIN + _TITLE
    title = _text(scene.title or "A flow")
    size = f'width="{width:.0f}" height="{height:.0f}"'
    inner = f'width="{width - 1:.0f}" height="{height - 1:.0f}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="0 0 {width:.0f} {height:.0f}" role="img">',
        f"<title>{title}</title><style>{_STYLE}</style>",
        "<defs>" + "".join(_arrow(kind, colour) for kind, colour in _WIRES.items()) + "</defs>",
        f'<rect x=".5" y=".5" {inner} rx="12" fill="#f7f8fa" stroke="#d5dae1"/>',
        f'<text class="h" x="{_MARGIN:.0f}" y="36">{title}</text>',
        f'<g transform="translate({_MARGIN - left:.1f} {_MARGIN + _TITLE - top:.1f})">',
        *(part for note in scene.notes for part in _note(note, scene.boxes)),
        *(_path(wire) for wire in scene.wires),
        *(part for box in scene.boxes for part in _box(box)),
        *_labels(scene.wires),
        "</g></svg>",
    ]
    return "\n".join(parts) + "\n"


def _bounds(scene: Scene) -> tuple[float, float, float, float]:
    lefts = [box.x for box in scene.boxes] + [note.x for note in scene.notes]
    tops = [box.y for box in scene.boxes] + [note.y for note in scene.notes]
    rights = [box.x + WIDTH for box in scene.boxes] + [note.x + note.width for note in scene.notes]
    bottoms = [box.bottom for box in scene.boxes] + [note.y + note.height for note in scene.notes]
    bottoms += [_under(wire) for wire in scene.wires if _is_back(wire)]
    if not lefts:
        return 0.0, 0.0, 240.0, 40.0
    return min(lefts), min(tops), max(rights), max(bottoms)


def _text(text: str) -> str:
    return escape(_CONTROL.sub("\ufffd", text), {'"': "&quot;"})


def _arrow(kind: str, colour: str) -> str:
    return (
        f'<marker id="{kind}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
        f'<path d="M0 0.8 7.4 4 0 7.2z" fill="{colour}"/></marker>'
    )


# ---------------------------------------------------------------- boxes and notes


def _box(box: Box) -> Iterator[str]:
    fill, stroke = _TONES[box.tone]
    dash = ' stroke-dasharray="4 3"' if box.tone == "off" else ""
    yield f"<g><title>{_text(box.title)} ({_text(box.kind)})</title>"
    yield (
        f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{WIDTH:.0f}" height="{box.height:.0f}" rx="9" fill="{fill}" '
        f'stroke="{stroke}" stroke-width="1.4"{dash}/>'
    )
    lines = _wrapped(box.title, 21, 2)
    first = box.y + box.height / 2 - (8 if len(lines) == 2 else 2)  # noqa: PLR2004 - the name has one line or two
    middle = box.x + WIDTH / 2
    for number, line in enumerate(lines):
        yield _said("t", middle, first + number * 14, line, "middle")
    yield _said("k", middle, first + len(lines) * 14, _short(box.kind, 27), "middle")
    if box.badge:
        yield _said("b", middle, box.y + box.height + 14, _short(box.badge, 30), "middle")
    yield "</g>"


def _note(note: Note, boxes: list[Box]) -> Iterator[str]:
    fill = _NOTES.get(note.colour, _NOTES[1])
    yield (
        f'<rect x="{note.x:.1f}" y="{note.y:.1f}" width="{note.width:.1f}" height="{note.height:.1f}" rx="8" '
        f'fill="{fill}" stroke="#00000014"/>'
    )
    across = max(8, int(note.width / 6.4) - 4)
    yield _said("t", note.x + 14, note.y + 24, _short(_MARKUP.sub("", note.title), across))
    inside = [
        box.y for box in boxes if note.x - WIDTH < box.x < note.x + note.width and note.y < box.y < note.y + note.height
    ]
    room = min([note.y + note.height, *inside]) - note.y - 40
    text = _MARKUP.sub("", note.text)
    lines = _wrapped(" ".join(text.split()), across, max(0, int(room / _LINE))) if room > _LINE else []
    for number, line in enumerate(lines):
        yield _said("n", note.x + 14, note.y + 44 + number * _LINE, line)


def _said(style: str, x: float, y: float, text: str, anchor: str = "") -> str:
    placed = f' text-anchor="{anchor}"' if anchor else ""
    return f'<text class="{style}" x="{x:.1f}" y="{y:.1f}"{placed}>{_text(text)}</text>'


def _wrapped(text: str, across: int, most: int) -> list[str]:
    if most < 1:
        return []
    return textwrap.wrap(" ".join(text.split()), across, max_lines=most, placeholder="…") or [""]


def _short(text: str, longest: int) -> str:
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


# ---------------------------------------------------------------- wires


def _ends(wire: Wire) -> tuple[float, float, float, float]:
    source, target = wire.source, wire.target
    step = source.height / (wire.outputs + 1)
    return source.x + WIDTH, source.y + step * (wire.output + 1), target.x, target.y + target.height / 2


def _is_back(wire: Wire) -> bool:
    """It leads to the left: round below, not through the boxes."""
    return wire.kind != "part" and wire.target.x < wire.source.x + WIDTH + 8


def _under(wire: Wire) -> float:
    return max(wire.source.bottom, wire.target.bottom) + 16 + 7 * wire.output


def _path(wire: Wire) -> str:
    if wire.kind == "part":
        x1, y1 = wire.source.x + WIDTH / 2, wire.source.y
        x2, y2 = wire.target.x + WIDTH / 2, wire.target.bottom
        path = f"M{x1:.1f} {y1:.1f}C{x1:.1f} {(y1 + y2) / 2:.1f} {x2:.1f} {(y1 + y2) / 2:.1f} {x2:.1f} {y2 + 2:.1f}"
    else:
        x1, y1, x2, y2 = _ends(wire)
        if _is_back(wire):
            below, out = _under(wire), 12 + 5 * wire.output
            path = f"M{x1:.1f} {y1:.1f}h{out}V{below:.1f}H{x2 - 14:.1f}V{y2:.1f}H{x2 - 1:.1f}"
        elif wire.outputs == 1 and y1 != y2:
            path = _elbow(x1, y1, x2, y2)
        else:
            bend = max(28.0, (x2 - x1) / 2)
            path = f"M{x1:.1f} {y1:.1f}C{x1 + bend:.1f} {y1:.1f} {x2 - bend:.1f} {y2:.1f} {x2 - 1:.1f} {y2:.1f}"
    dash = "" if wire.kind == "main" else ' stroke-dasharray="5 4"'
    return (
        f'<path d="{path}" fill="none" stroke="{_WIRES[wire.kind]}" stroke-width="1.5" stroke-linejoin="round"{dash} '
        f'marker-end="url(#{wire.kind})"/>'
    )


def _elbow(x1: float, y1: float, x2: float, y2: float) -> str:
    """One of several routes from one point: down a line that all share, so that its label stands on it alone."""
    turn, corner = x1 + 28, 10 if y2 > y1 else -10
    return f"M{x1:.1f} {y1:.1f}H{turn - 10:.1f}q10 0 10 {corner}V{y2 - corner:.1f}q0 {corner} 10 {corner}H{x2 - 1:.1f}"


def _labels(wires: list[Wire]) -> Iterator[str]:
    """At the end that tells most: beside the box where a choice's wires leave it, else in the middle of the wire."""
    for wire in wires:
        if not wire.label:
            continue
        style = "w e" if wire.kind == "error" else "w"
        x1, y1, x2, y2 = _ends(wire)
        if wire.kind == "part":
            yield _said(style, wire.source.x + WIDTH / 2 + 6, wire.source.y - 8, _short(wire.label, 18))
        elif wire.outputs > 1 or _is_back(wire):
            yield _said(style, x1 + 5, y1 - 3, _short(wire.label, 22))
        else:
            lines = _wrapped(wire.label, max(10, int((x2 - x1 - 28) / 5.6)), 2)
            for number, line in enumerate(lines, 1 - len(lines)):
                yield _said(style, x2 - 10, y2 - 6 + 12 * number, line, "end")
