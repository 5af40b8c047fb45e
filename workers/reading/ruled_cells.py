"""Cells of tables, by the lines that are ruled around them in the picture.

The ruled lines are whatever is dark, thin and far longer than a character. The parts
of the page that they enclose are the cells; where a line is broken two cells run into
one, and their text is read as if nothing were ruled there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workers.reading.reading_order_level import Level
from workers.reading.reading_order_places import Place

LOOKED_AT: Final = 20  # pixels in the height of a line, in the picture looked at
ACROSS: Final = 2.5  # heights of a line, in the shortest ruled line
DOWN: Final = 1.6
BRIDGED: Final = 0.4  # heights of a line, in a gap of a ruled line
DARKER: Final = 14  # than what is around it, of 255
MOSTLY: Final = 0.6  # of a text in a cell

Mask = NDArray[np.uint8]
Parts = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Cell:
    """A part of the level page with a ruled line all around it."""

    left: float
    top: float
    right: float
    bottom: float

    def holds(self, place: Place) -> bool:
        """Whether the middle of a line is in it."""
        centre = (place.left + place.right) / 2
        return (
            self.left <= centre <= self.right
            and self.top <= place.middle <= self.bottom
        )


def ruled_cells(
    image: Image.Image, level: Level, places: Sequence[Place]
) -> dict[Cell, list[Place]]:
    """The cells that hold lines, each with its lines in the order they came."""
    height = float(np.median([place.height for place in places]))
    scale = min(1.0, LOOKED_AT / height)
    ruled = _ruled(_looked_at(image, level, scale), height * scale)
    _, parts, stats, _ = cv2.connectedComponentsWithStats(
        255 - ruled, connectivity=4, ltype=cv2.CV_32S
    )
    labels: Parts = np.asarray(parts, np.int32)
    outside = {0, *labels[0], *labels[-1], *labels[:, 0], *labels[:, -1]}
    found: dict[int, list[Place]] = {}
    for place in places:
        label = _label(labels, place, scale)
        if label not in outside:
            found.setdefault(label, []).append(place)
    cells = {_cell(stats[label], scale): held for label, held in found.items()}
    return {
        cell: held
        for cell, held in cells.items()
        if sum(cell.holds(place) for place in places) <= len(held)
    }


def _looked_at(image: Image.Image, level: Level, scale: float) -> Mask:
    """The page level and smaller, grey; its thin dark lines are still in it."""
    grey = np.asarray(image.convert("L"))
    if scale < 1:
        grey = cv2.erode(grey, np.ones((2, 2), np.uint8))
    shift = np.array([[1, 0, -level.x], [0, 1, -level.y], [0, 0, 1]])
    tilt = np.array([[1, 0, 0], [-level.slope, 1, 0], [level.turn, 0, 1]])
    size = np.diag([scale, scale, 1.0])
    matrix = size @ np.linalg.inv(shift) @ tilt @ shift
    wide, high = (max(1, round(side * scale)) for side in image.size)
    warped = cv2.warpPerspective(
        grey, matrix, (wide, high), flags=cv2.INTER_LINEAR, borderValue=255
    )
    return np.asarray(warped, np.uint8)


def _ruled(grey: Mask, height: float) -> Mask:
    """What is ruled is 255, and all else 0."""
    around = 2 * max(3, round(height)) + 1
    dark = cv2.adaptiveThreshold(
        grey, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, around, DARKER
    )
    across, down = round(ACROSS * height), round(DOWN * height)
    bridged = max(3, round(BRIDGED * height))
    rows = cv2.dilate(dark, np.ones((3, 1), np.uint8))
    rows = cv2.morphologyEx(rows, cv2.MORPH_OPEN, np.ones((1, across), np.uint8))
    rows = cv2.dilate(rows, np.ones((1, bridged), np.uint8))
    bars = cv2.dilate(dark, np.ones((1, 3), np.uint8))
    bars = cv2.morphologyEx(bars, cv2.MORPH_OPEN, np.ones((down, 1), np.uint8))
    bars = cv2.dilate(bars, np.ones((bridged, 1), np.uint8))
    return np.asarray(cv2.bitwise_or(rows, bars), np.uint8)


def _label(labels: Parts, place: Place, scale: float) -> int:
    """In which part of the page the line stands; 0 when in none clearly."""
    half = place.height / 4
    top, bottom = (place.middle - half) * scale, (place.middle + half) * scale
    part = labels[
        max(0, round(top)) : max(1, round(bottom) + 1),
        max(0, round(place.left * scale)) : max(1, round(place.right * scale) + 1),
    ]
    counts = np.bincount(part.ravel()) if part.size else np.zeros(1, int)
    counts[0] = 0
    best = int(counts.argmax())
    return best if counts[best] >= MOSTLY * max(1, counts.sum()) else 0


def _cell(stats: NDArray[np.int32], scale: float) -> Cell:
    left, top, width, height = (float(value) / scale for value in stats[:4])
    return Cell(left, top, left + width, top + height)
