"""The order in which a person reads the lines of a page.

Rows from top to bottom and the cells of a row from left to right, as tables are read;
two columns of running text one after the other; vertical text from right to left. The
order in which the engine found the lines does not matter.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from workers.tools.ocr import OcrLine

SAME_ROW: Final = 0.5  # of the lower line's height between the middles
MOST_SKEW: Final = 0.3  # slope of a line beyond which it is no guide
LEAST_ROWS: Final = 4  # of running text in each of two columns
RUNNING: Final = 10  # characters in half the lines of a column, at the least
FILLED: Final = 0.75  # of a column's width, by many of its lines
MANY: Final = 0.4
WIDE_GAP: Final = 2.0  # heights of a line, from one line to the next
TALL: Final = 2.0  # a vertical line is this many times as tall as wide
_LABEL = re.compile(r"\s*[^：:，。]{1,8}[：:]")  # a form is read by rows
_MIDDLE = (0.3, 0.7)  # of the text's width, where a gutter may be


@dataclass(frozen=True, slots=True)
class _Place:
    """A line and its place once the page is straightened."""

    left: float
    right: float
    middle: float
    height: float
    line: OcrLine

    @property
    def key(self) -> tuple[object, ...]:
        return (self.middle, self.left, self.right, self.line.text, self.line.quad)


def in_reading_order(lines: Sequence[OcrLine]) -> list[OcrLine]:
    """The lines as they are read; the same for every order they come in."""
    vertical = [line for line in lines if is_vertical(line)]
    if 2 * sum(len(line.text) for line in vertical) > sum(len(x.text) for x in lines):
        others = [line for line in lines if not is_vertical(line)]
        return [*_horizontal(others), *_right_to_left(vertical)]
    return _horizontal(lines)


def is_vertical(line: OcrLine) -> bool:
    """Whether its characters stand one below the other."""
    return len(line.text) > 1 and line.height > TALL * line.width


def _right_to_left(lines: Sequence[OcrLine]) -> list[OcrLine]:
    """Columns that stand beside each other, each from top to bottom."""
    columns: list[list[OcrLine]] = []
    for line in sorted(lines, key=lambda x: (-x.left - x.width / 2, x.top, x.text)):
        centre = line.left + line.width / 2
        if columns and columns[-1][0].left < centre:
            columns[-1].append(line)
        else:
            columns.append([line])
    return [
        line
        for column in columns
        for line in sorted(column, key=lambda x: (x.top, x.left, x.text))
    ]


def _horizontal(lines: Sequence[OcrLine]) -> list[OcrLine]:
    slope = _slope(lines)
    places = sorted((_place(line, slope) for line in lines), key=lambda x: x.key)
    gutter = _gutter(places)
    if gutter is None:
        return [each.line for each in _by_rows(places)]
    ordered: list[_Place] = []
    for run in _runs(places, gutter):
        ordered.extend(_by_columns(run, gutter))
    return [each.line for each in ordered]


def _slope(lines: Sequence[OcrLine]) -> float:
    """How much lines sink by the pixel, from those that are long."""
    slopes = []
    for line in lines:
        run = line.quad[2] - line.quad[0]
        if run > 4 * line.height / 2 and line.width > line.height:
            slopes.append((line.quad[3] - line.quad[1]) / run)
    found = median(slopes) if slopes else 0.0
    return found if abs(found) < MOST_SKEW else 0.0


def _place(line: OcrLine, slope: float) -> _Place:
    centre = line.left + line.width / 2
    # A box around a slanting line is taller than the line.
    height = max(line.height - abs(slope) * line.width, line.height / 4, 1.0)
    middle = (line.middle - slope * centre) / math.hypot(1, slope)
    return _Place(line.left, line.left + line.width, middle, height, line)


def _by_rows(places: Sequence[_Place]) -> list[_Place]:
    rows: list[list[_Place]] = []
    for place in places:
        if rows and _same_row(rows[-1][-1], place) and _same_row(rows[-1][0], place):
            rows[-1].append(place)
        else:
            rows.append([place])
    return [
        place for row in rows for place in sorted(row, key=lambda x: (x.left, *x.key))
    ]


def _same_row(one: _Place, other: _Place) -> bool:
    return other.middle - one.middle < SAME_ROW * min(one.height, other.height)


def _gutter(places: Sequence[_Place]) -> float | None:
    """The x between two columns of running text; None when there is none."""
    if len(places) < 2 * LEAST_ROWS:
        return None
    left, right = min(x.left for x in places), max(x.right for x in places)
    low, high = (left + part * (right - left) for part in _MIDDLE)
    edges = sorted({x.right for x in places if low <= x.right <= high})
    candidates = [edge + 1 for edge in edges]
    best = max(candidates, key=lambda x: (_beside(places, x), x), default=None)
    if best is None or _beside(places, best) < LEAST_ROWS:
        return None
    return best


def _beside(places: Sequence[_Place], x: float) -> int:
    """How many rows of running text stand on the poorer side of `x`, in one run."""
    most = 0
    for run in _runs(places, x):
        if _are_columns(run, x):
            most = max(most, min(len(side) for side in _sides(run, x)))
    return most


def _runs(places: Sequence[_Place], x: float) -> list[list[_Place]]:
    """Stretches of the page: cut where lines cross `x`, and at wide gaps."""
    gap = WIDE_GAP * median(each.height for each in places)
    runs: list[list[_Place]] = []
    for place in places:
        before = runs[-1][-1] if runs else None
        if (
            before is None
            or _crosses(before, x) != _crosses(place, x)
            or place.middle - before.middle > gap
        ):
            runs.append([])
        runs[-1].append(place)
    return runs


def _crosses(place: _Place, x: float) -> bool:
    return place.left < x < place.right


def _sides(places: Sequence[_Place], x: float) -> tuple[list[_Place], list[_Place]]:
    left = [each for each in places if each.right <= x]
    return left, [each for each in places if each.right > x]


def _are_columns(places: Sequence[_Place], x: float) -> bool:
    if any(_crosses(each, x) for each in places):
        return False
    return all(_is_running(side) for side in _sides(places, x))


def _is_running(side: Sequence[_Place]) -> bool:
    """Whether lines stand alone in their rows, mostly fill the column, and are long."""
    if len(side) < LEAST_ROWS:
        return False
    width = max(x.right for x in side) - min(x.left for x in side)
    full = sum(x.right - x.left > FILLED * width for x in side)
    labels = sum(bool(_LABEL.match(x.line.text)) for x in side)
    alone = sum(not _same_row(a, b) for a, b in pairwise(side))
    return (
        alone >= 0.8 * (len(side) - 1)
        and full >= MANY * len(side)
        and labels < MANY * len(side)
        and median(len(x.line.text) for x in side) >= RUNNING
    )


def _by_columns(places: Sequence[_Place], x: float) -> list[_Place]:
    if not _are_columns(places, x):
        return _by_rows(places)
    left, right = _sides(places, x)
    return [*_by_rows(left), *_by_rows(right)]
