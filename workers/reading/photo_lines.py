"""Straight lines in a photograph, and where light paper meets a darker desk on them.

Lines that go across are told by their height y at each x, those that go down by their
x at each y.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

FAINT: Final = 14  # gradient where an edge goes on
CLEAR: Final = 36  # gradient where it begins
VOTES: Final = 0.15  # of the shorter side, in one straight line
MOST_LOOKED_AT: Final = 400  # lines, the straightest first
MOST_LINES: Final = 10  # that go across, and as many that go down
APART: Final = 8.0  # pixels between two lines that are not one
NEAR: Final = 3.0  # pixels from a line to a point of the edge that it is
BESIDE: Final = 4.0  # pixels from an edge to where the paper and the desk are seen
DARKER: Final = 0.12  # of log brightness, by which the desk differs from the paper
_DARKEST: Final = 8.0  # noise of a camera, which would be large in the logarithm

Pixels = NDArray[np.uint8]
Light = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Line:
    """A line across (y by x) or down (x by y), and where it could be an edge.

    Attributes:
        start: where it is at 0 of the other axis.
        slope: how much it moves for each pixel of that axis.
        after: how many points up to each have the paper below or to the right.
        before: the same with the paper above or to the left.
    """

    start: float
    slope: float
    after: NDArray[np.int64]
    before: NDArray[np.int64]


def straight_lines(seen: Pixels) -> tuple[list[Line], list[Line]]:
    """The straightest lines across a colour picture, and those down.

    In the logarithm half the light is as much less everywhere, in shade or not.
    """
    light = np.log(seen.astype(np.float32) + _DARKEST)
    scaled = (light - math.log(_DARKEST)) * (255 / math.log(255 / _DARKEST + 1))
    edges = cv2.Canny(scaled.astype(np.uint8), FAINT, CLEAR, L2gradient=True)
    grey = np.asarray(light.mean(axis=2), np.float32)
    return _lines(np.asarray(edges, np.uint8), grey)


def _lines(edges: Pixels, grey: Light) -> tuple[list[Line], list[Line]]:
    votes = max(10, round(VOTES * min(edges.shape)))
    found: Any = cv2.HoughLines(edges, 1, math.pi / 180, votes)
    if found is None:
        return [], []
    places = np.argwhere(edges.T)
    across: list[Line] = []
    down: list[Line] = []
    for rho, theta in found.reshape(-1, 2)[:MOST_LOOKED_AT]:
        sine, cosine = math.sin(theta), math.cos(theta)
        if abs(sine) > abs(cosine):
            _add(across, (rho / sine, -cosine / sine), places, grey)
        else:
            _add(down, (rho / cosine, -sine / cosine), places[:, ::-1], grey.T)
    return across, down


def _add(
    lines: list[Line],
    line: tuple[float, float],
    places: NDArray[np.int64],
    grey: Light,
) -> None:
    """Add a line across a picture, unless it is there or there are enough."""
    length = grey.shape[1]
    if len(lines) == MOST_LINES or any(_alike(line, each, length) for each in lines):
        return
    fitted = _fitted(line, places)
    if not any(_alike(fitted, each, length) for each in lines):
        after, before = _sides(fitted, grey)
        lines.append(Line(*fitted, after, before))


def _alike(line: tuple[float, float], other: Line, length: int) -> bool:
    start, slope = line[0] - other.start, line[1] - other.slope
    return all(abs(start + slope * length * part) < APART for part in (0.25, 0.75))


def _fitted(
    line: tuple[float, float], places: NDArray[np.int64]
) -> tuple[float, float]:
    """The line through the points of an edge that are near to it."""
    start, slope = line
    for near in (NEAR, NEAR / 2):
        off = places[:, 1] - start - slope * places[:, 0]
        close = places[np.abs(off) < near * math.hypot(1, slope)]
        if len(close) < 2 or np.ptp(close[:, 0]) == 0:  # noqa: PLR2004 (no line)
            return line
        slope, start = (float(x) for x in np.polyfit(close[:, 0], close[:, 1], 1))
    return start, slope


def _sides(
    line: tuple[float, float], grey: Light
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """See Line: at each x, whether what is below or above is paper on a desk."""
    start, slope = line
    x = np.arange(grey.shape[1])
    y = start + slope * x
    inside = (y >= 0) & (y <= grey.shape[0] - 1)
    step = BESIDE * math.hypot(1, slope)
    above, below = (
        grey[np.clip(np.rint(y + side), 0, grey.shape[0] - 1).astype(int), x]
        for side in (-step, step)
    )
    brighter = np.where(inside, below - above, 0.0)
    after = np.cumsum(np.append(0, brighter > DARKER))
    return after, np.cumsum(np.append(0, -brighter > DARKER))
