"""Where the lines of a page would stand if it lay level."""

from __future__ import annotations

from dataclasses import dataclass

from workers.reading.reading_order_level import Level
from workers.tools.ocr import OcrLine


@dataclass(frozen=True, slots=True)
class Place:
    """A line and its place on the level page."""

    left: float
    right: float
    middle: float
    height: float
    line: OcrLine

    @property
    def key(self) -> tuple[object, ...]:
        """What places are sorted by; nothing but equal lines have equal keys."""
        return (self.middle, self.left, self.right, self.line.text, self.line.quad)

    @property
    def width(self) -> float:
        """Extent along the row."""
        return self.right - self.left


def place_of(line: OcrLine, level: Level) -> Place:
    """The line on the level page."""
    centre = line.left + line.width / 2
    left, right = line.left, line.left + line.width
    slope = level.slope + level.turn * (line.middle - level.y)
    # A box around a slanting line is taller than the line.
    height = max(line.height - abs(slope) * line.width, line.height / 4, 1.0)
    return Place(
        level.point(left, line.middle)[0],
        level.point(right, line.middle)[0],
        level.point(centre, line.middle)[1],
        height,
        line,
    )
