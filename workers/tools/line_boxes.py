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
    areas = [_area(box) for box in boxes]
    return [
        box
        for box, area in zip(boxes, areas, strict=True)
        if not any(
            larger > MUCH_LARGER * area and _shared(box, other) > MOST_INSIDE * area
            for other, larger in zip(boxes, areas, strict=True)
        )
    ]


def _area(box: Pixels) -> float:
    return float(cv2.contourArea(box.astype(np.float32)))


def _shared(one: Pixels, other: Pixels) -> float:
    """The area that two boxes have in common, however they are turned."""
    (left, top), (right, bottom) = one.min(axis=0), one.max(axis=0)
    (x0, y0), (x1, y1) = other.min(axis=0), other.max(axis=0)
    if x0 > right or x1 < left or y0 > bottom or y1 < top:
        return 0.0
    shared, _ = cv2.intersectConvexConvex(
        one.astype(np.float32), other.astype(np.float32)
    )
    return float(shared)


def height(box: Pixels) -> float:
    """The shorter side, whatever way the line runs."""
    sides = (np.linalg.norm(box[0] - box[1]), np.linalg.norm(box[1] - box[2]))
    return float(min(sides))
