"""Two columns of running text, which are read one after the other."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final

from workers.reading.reading_order_blocks import stand_alone
from workers.reading.reading_order_places import Place

LEAST_ROWS: Final = 4  # of running text in each of two columns
RUNNING: Final = 10  # characters in half the lines of a column, at the least
FILLED: Final = 0.75  # of a column's width, by many of its lines
MANY: Final = 0.4
ALONE: Final = 0.8  # of a column's lines have none beside them in it
WIDE_GAP: Final = 2.0  # heights of a line, from one line to the next
WIDER: Final = 1.5  # than the usual way to the line below
_LABEL = re.compile(r"\s*[^：:，。]{1,8}[：:]")  # a form is read by rows
_MIDDLE = (0.3, 0.7)  # of the text's width, where a gutter may be

Columns = tuple[list[Place], list[Place]]


def columns_of(places: Sequence[Place]) -> list[Columns]:
    """Each stretch of two columns; `places` from the top."""
    gutter = _gutter(places)
    if gutter is None:
        return []
    return [
        _sides(run, gutter)
        for run in _runs(places, gutter)
        if _are_columns(run, gutter)
    ]


def _gutter(places: Sequence[Place]) -> float | None:
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


def _beside(places: Sequence[Place], x: float) -> int:
    """How many rows of running text stand on the poorer side of `x`, in one run."""
    most = 0
    for run in _runs(places, x):
        if _are_columns(run, x):
            most = max(most, min(len(side) for side in _sides(run, x)))
    return most


def _runs(places: Sequence[Place], x: float) -> list[list[Place]]:
    """Stretches of the page: cut where lines cross `x`, and at wide gaps."""
    gap = _gap([each for each in places if not _crosses(each, x)], x)
    runs: list[list[Place]] = []
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


def _gap(places: Sequence[Place], x: float) -> float:
    """What is more than the way from a line of a column to the next."""
    if not places:
        return 0.0
    steps = [
        below.middle - above.middle
        for side in _sides(places, x)
        for above, below in pairwise(side)
    ]
    height = median(each.height for each in places)
    usual = median(steps) if steps else height
    return min(WIDE_GAP * height, max(WIDER * usual, height))


def _crosses(place: Place, x: float) -> bool:
    return place.left < x < place.right


def _sides(places: Sequence[Place], x: float) -> Columns:
    left = [each for each in places if each.right <= x]
    return left, [each for each in places if each.right > x]


def _are_columns(places: Sequence[Place], x: float) -> bool:
    if len(places) < 2 * LEAST_ROWS or any(_crosses(each, x) for each in places):
        return False
    return all(_is_running(side) for side in _sides(places, x))


def _is_running(side: Sequence[Place]) -> bool:
    """Whether lines stand alone in their rows, mostly fill the column, and are long."""
    if len(side) < LEAST_ROWS:
        return False
    width = max(x.right for x in side) - min(x.left for x in side)
    full = sum(x.width > FILLED * width for x in side)
    labels = sum(bool(_LABEL.match(x.line.text)) for x in side)
    return (
        stand_alone(side) >= ALONE
        and full >= MANY * len(side)
        and labels < MANY * len(side)
        and median(len(x.line.text) for x in side) >= RUNNING
    )
