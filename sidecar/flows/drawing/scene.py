"""What stands where on a drawing; pixels, y grows downwards."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Tone = Literal["plain", "start", "choice", "wait", "request", "error", "off"]

WIDTH, HEIGHT = 152.0, 54.0
"""Of a box; one with many outputs is higher."""


@dataclass(frozen=True, slots=True)
class Box:
    """One node or module."""

    x: float
    y: float
    title: str
    kind: str
    tone: Tone = "plain"
    badge: str = ""
    """Below it, small: what happens when it fails."""
    height: float = HEIGHT

    @property
    def bottom(self) -> float:
        """Below box and badge."""
        return self.y + self.height + (20 if self.badge else 0)


@dataclass(frozen=True, slots=True)
class Wire:
    """From the right side of one box to the left side of another; `part`: from a part up to what uses it."""

    source: Box
    target: Box
    label: str = ""
    kind: Literal["main", "error", "part"] = "main"
    output: int = 0
    outputs: int = 1


@dataclass(frozen=True, slots=True)
class Note:
    """A coloured field with a heading, behind the boxes."""

    x: float
    y: float
    width: float
    height: float
    title: str
    text: str = ""
    colour: int = 1


@dataclass(slots=True)
class Scene:
    """Everything on the drawing."""

    title: str
    boxes: list[Box] = field(default_factory=list)
    wires: list[Wire] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
