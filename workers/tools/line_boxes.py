"""The boxes in which lines of print were found: four corners, turned in any way."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np

MOST_INSIDE: Final = 0.7
MUCH_LARGER: Final = 2.0

Pixels = np.ndarray[Any, Any]


def without_inner(boxes: list[Pixels]) -> list[Pixels]:
    """Without boxes that lie inside a larger one: a part of a line found twice."""
    if not boxes:
        return []
    corners = np.asarray(boxes, np.float32)
    areas = np.asarray([cv2.contourArea(box) for box in corners])
    low, high = corners.min(axis=1), corners.max(axis=1)
    kept = []
    for n, box in enumerate(boxes):
        # A page may have a thousand boxes: only frames that meet are worth a look.
        common = np.minimum(high, high[n]) - np.maximum(low, low[n])
        meets = (common > 0).all(axis=1) & (areas > MUCH_LARGER * areas[n])
        least = MOST_INSIDE * areas[n]
        if not any(
            _shared(corners[n], corners[other]) > least
            for other in np.flatnonzero(meets & (common.prod(axis=1) > least / 2))
        ):
            kept.append(box)
    return kept


def _shared(one: Pixels, other: Pixels) -> float:
    """The area that two boxes have in common, however they are turned."""
    shared, _ = cv2.intersectConvexConvex(one, other)
    return float(shared)


def height(box: Pixels) -> float:
    """The shorter side, whatever way the line runs."""
    sides = (np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[1] - box[2]))
    return float(min(sides))
