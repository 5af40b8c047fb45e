"""How a page is laid level, from the lines on it.

Lines of print that are parallel on paper meet in one point on a photograph, and are
all aslant on a crooked scan. Both are undone by one map of the page: rows become level.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from workers.tools.ocr import OcrLine

MOST_SKEW: Final = 0.3  # slope of a page beyond which its lines are no guide
LONG: Final = 2.0  # a line this many times as long as high shows its slope
SURE: Final = 10.0  # the same, where rows of several texts show it as well
LEAST: Final = 6  # lines or parts of rows, before they show where rows meet
TEXTS: Final = 3  # in a row, before it shows a slope: two columns need not be level
NEIGHBOUR: Final = 0.5  # of a line's height, between the middles of texts in a row
MOST_TURN: Final = 0.4  # of slope, from one end of the lines to the other
ASLANT: Final = 0.36  # of its length, by which a line leaves its row
ROUNDS: Final = 6  # of fitting


@dataclass(frozen=True, slots=True)
class Level:
    """Rows sink by `slope` at the centre, and by `turn` more for each pixel below."""

    x: float = 0.0
    y: float = 0.0
    slope: float = 0.0
    turn: float = 0.0

    def point(self, x: float, y: float) -> tuple[float, float]:
        """Where a point of the picture stands on the level page."""
        across, down = x - self.x, y - self.y
        part = max(1 + self.turn * across, 0.1)
        return self.x + across / part, self.y + (down - self.slope * across) / part


@dataclass(frozen=True, slots=True)
class _Base:
    """Two points of one row, from left to right."""

    x0: float
    y0: float
    x1: float
    y1: float

    @property
    def run(self) -> float:
        return self.x1 - self.x0


def level_of(lines: Sequence[OcrLine]) -> Level:
    """The map that makes the rows of these lines level; does nothing when unsure."""
    long = sorted(_long(lines, LONG), key=_key)
    if not long:
        return Level()
    level = _fitted(long, _centre(long))
    for _ in range(2):
        rows = sorted(_rows(lines, level), key=_key)
        if len(rows) >= LEAST:
            sure = [*_long(lines, SURE), *rows]
            level = _fitted(sorted(sure, key=_key), level)
    return level


def is_aslant(line: OcrLine, level: Level) -> bool:
    """Whether a line of several characters goes neither along the rows nor down."""
    q = line.quad
    along, aside = (q[2] - q[0], q[3] - q[1]), (q[6] - q[0], q[7] - q[1])
    across, down = max(along, aside, key=lambda edge: math.hypot(*edge))
    slope = level.slope + level.turn * (line.middle - level.y)
    off = sorted((abs(across + slope * down), abs(down - slope * across)))
    return len(line.text) > 1 and off[0] > ASLANT * off[1]


def _key(base: _Base) -> tuple[float, ...]:
    return (base.y0, base.x0, base.y1, base.x1)


def _long(lines: Iterable[OcrLine], least: float) -> Iterable[_Base]:
    """The middles of the left edge and of the right edge of each long line."""
    for line in lines:
        q = line.quad
        base = _Base(
            (q[0] + q[6]) / 2, (q[1] + q[7]) / 2, (q[2] + q[4]) / 2, (q[3] + q[5]) / 2
        )
        if line.width > line.height and base.run > least * line.height:
            yield base


def _rows(lines: Iterable[OcrLine], level: Level) -> Iterable[_Base]:
    """From the first text of each row to each of its others."""
    rows: list[list[OcrLine]] = []
    ends: list[tuple[float, float, float]] = []
    for line in sorted(lines, key=lambda x: (x.left, x.top, x.text, x.quad)):
        centre, height = line.left + line.width / 2, line.height
        left = level.point(centre, line.middle)
        near = [
            (abs(y - left[1]), n)
            for n, (right, y, high) in enumerate(ends)
            if right <= centre and abs(y - left[1]) < NEIGHBOUR * min(high, height)
        ]
        row = min(near)[1] if near else len(rows)
        if not near:
            rows.append([])
            ends.append((0.0, 0.0, 0.0))
        rows[row].append(line)
        ends[row] = (centre, left[1], height)
    for first, *others in (row for row in rows if len(row) >= TEXTS):
        for other in others:
            yield _Base(
                first.left + first.width / 2,
                first.middle,
                other.left + other.width / 2,
                other.middle,
            )


def _centre(bases: Sequence[_Base]) -> Level:
    x = sum(b.x0 + b.x1 for b in bases) / (2 * len(bases))
    y = sum(b.y0 + b.y1 for b in bases) / (2 * len(bases))
    return Level(x, y, median((b.y1 - b.y0) / b.run for b in bases))


def _fitted(bases: Sequence[_Base], start: Level) -> Level:
    level = start
    if len(bases) >= LEAST:
        for _ in range(ROUNDS):
            level = _closer(level, bases)
    tall = max(b.y0 for b in bases) - min(b.y0 for b in bases)
    if abs(level.turn) * tall > MOST_TURN:
        level = start
    return level if abs(level.slope) < MOST_SKEW else Level()


def _closer(level: Level, bases: Sequence[_Base]) -> Level:
    """Least squares over the lines, the less for those that stand apart.

    Both ends of a line are at one height: with a, b the slope and the turn,
    y0 - y1 = a (x0 - x1) + b (x0 y1 - x1 y0), counted from the centre.
    """
    far = [abs(_apart(level, base)) for base in bases]
    usual = max(median(far), 0.5)
    aa = ab = bb = ay = by = 0.0
    for base, off in zip(bases, far, strict=True):
        weight = 1 / (1 + (off / (2 * usual)) ** 2)
        p, r = base.x0 - level.x, base.x1 - level.x
        q, s = base.y0 - level.y, base.y1 - level.y
        a, b, sought = p - r, p * s - r * q, q - s
        aa, ab, bb = aa + weight * a * a, ab + weight * a * b, bb + weight * b * b
        ay, by = ay + weight * a * sought, by + weight * b * sought
    whole = aa * bb - ab * ab
    if whole <= 1e-9 * aa * bb:
        return level
    return Level(
        level.x, level.y, (ay * bb - by * ab) / whole, (by * aa - ay * ab) / whole
    )


def _apart(level: Level, base: _Base) -> float:
    """How much lower the right end is than the left one, on the level page."""
    return level.point(base.x1, base.y1)[1] - level.point(base.x0, base.y0)[1]
