"""The four edges of a page that lies on a desk, in a photograph of it.

An edge is a long straight line with the paper on one side and what is clearly darker
on the other, as many times in shade as in light. Print is taken away first, so frames
and tables on the page are not seen. When in doubt there is no page.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workers.reading.photo_lines import Line, Pixels, straight_lines

SEEN_SIDE: Final = 480  # edges are looked for in a picture of this length
LEAST_SIDE: Final = 200  # pixels of the shorter side of a photograph
LONGEST: Final = 2.2  # times as long as wide; what is longer is a screen
PRINT: Final = 13  # pixels of SEEN_SIDE; what is thinner is print, not desk
SEEN: Final = 0.6  # of an edge; the rest may be under a hand
MOSTLY_SEEN: Final = 0.75  # of all four
LEAST_SHARE: Final = 1 / 3  # of the picture
BEYOND: Final = 0.01  # of a side, by which a corner may be outside of the picture
WHOLE: Final = 0.03  # of a side; a page so near to the border is a scan
SHARPEST: Final = 45.0  # degrees of a corner
BLUNTEST: Final = 135.0
OPPOSITE: Final = 0.4  # of an edge, the least length of the one opposite

Corners = NDArray[np.float64]
"""Four points x, y: top left, top right, bottom right, bottom left."""


@dataclass(frozen=True, slots=True)
class _Found:
    corners: Corners
    seen: float


def page_corners(image: Image.Image) -> Corners | None:
    """The corners of the page in pixels of the picture; None when not clear.

    Args:
        image: of any size and mode; upright, or the corners begin with another one.
    """
    short, long = sorted(image.size)
    if short < LEAST_SIDE or long > LONGEST * short:
        return None
    times = -(-long // SEEN_SIDE)
    seen = np.asarray(image.convert("RGB").reduce(times))
    found = _page(_without_print(seen))
    return None if found is None else (found + 0.5) * times - 0.5


def _without_print(seen: Pixels) -> Pixels:
    closed = cv2.morphologyEx(seen, cv2.MORPH_CLOSE, np.ones((PRINT, PRINT), np.uint8))
    return np.asarray(cv2.GaussianBlur(closed, (5, 5), 0), np.uint8)


def _page(seen: Pixels) -> Corners | None:
    across, down = straight_lines(seen)
    best = max(_pages(across, down, seen.shape), key=lambda x: x.seen, default=None)
    return None if best is None else best.corners


def _pages(
    across: Sequence[Line], down: Sequence[Line], shape: tuple[int, ...]
) -> Iterator[_Found]:
    high, wide = shape[:2]
    beside = list(_pairs(down, high))
    for top, bottom in _pairs(across, wide):
        for left, right in beside:
            meet = (top, left), (top, right), (bottom, right), (bottom, left)
            corners = np.array([_crossing(*lines) for lines in meet])
            if is_page(corners, wide, high):
                seen = _seen((top, right, bottom, left), corners)
                if seen is not None:
                    yield _Found(corners, seen)


def _pairs(lines: Sequence[Line], length: int) -> Iterator[tuple[Line, Line]]:
    """Two lines, the upper (or left) one first, with paper between them."""
    middle = length / 2
    ordered = sorted(lines, key=lambda x: x.start + x.slope * middle)
    least = SEEN * length / 4
    for one, two in combinations(ordered, 2):
        if one.after[-1] >= least and two.before[-1] >= least:
            yield one, two


def _crossing(across: Line, down: Line) -> tuple[float, float]:
    """Where two lines meet; far away when they hardly do."""
    apart = max(1 - across.slope * down.slope, 1e-6)
    y = (across.start + across.slope * down.start) / apart
    return down.start + down.slope * y, y


def is_page(corners: Corners, wide: float, high: float) -> bool:
    """Whether a page of which the camera saw all could have these corners."""
    size = np.array([wide, high])
    if (np.abs(corners / size - 0.5) > 0.5 + BEYOND).any():
        return False
    frame = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
    if (np.abs(corners / size - frame) < WHOLE).all():
        return False
    edges = np.roll(corners, -1, axis=0) - corners
    lengths = np.hypot(edges[:, 0], edges[:, 1])
    if lengths.min() <= 0 or (lengths < OPPOSITE * np.roll(lengths, 2)).any():
        return False
    back = -np.roll(edges, 1, axis=0)
    cross = edges[:, 0] * back[:, 1] - edges[:, 1] * back[:, 0]
    angles = np.degrees(np.arctan2(cross, (edges * back).sum(axis=1)))
    if angles.min() < SHARPEST or angles.max() > BLUNTEST:
        return False
    area = float(cv2.contourArea(corners.astype(np.float32)))
    return area >= LEAST_SHARE * wide * high


def _seen(lines: Sequence[Line], corners: Corners) -> float | None:
    """How many pixels of the four edges are seen; None when too few."""
    seen, length = 0.0, 0.0
    for n, line in enumerate(lines):
        ends = corners[n], corners[(n + 1) % 4]
        axis = n % 2  # the top and the bottom run along x, the others along y
        counts = line.after if n in (0, 3) else line.before
        first, last = sorted(
            min(max(0, round(float(end[axis]))), len(counts) - 1) for end in ends
        )
        part = int(counts[last] - counts[first])
        if part < SEEN * (last - first):
            return None
        seen, length = seen + part, length + last - first
    return seen if seen >= MOSTLY_SEEN * length else None
