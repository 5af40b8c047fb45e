"""A page that was photographed on a desk, read as if it lay flat in an even light.

Only a picture that nobody sees is made flat and even: rows and ruled cells are looked
for on it. What was read of the photograph is kept, unless the page lies so steep that
lines were lost and clearly more is read when it is flat. Lines are always placed on
the photograph.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from workers.reading.photo_edges import Corners, page_corners
from workers.reading.reading_order import in_reading_order
from workers.tools.ocr import OcrLine

ON_PAGE: Final = 0.9  # of the characters; where there are fewer it is not the page
LEVEL: Final = 1.0  # degrees by which an edge is aslant, before it is worth while
STEEP: Final = 20.0  # degrees by which an edge is aslant, before lines are lost
CLEARLY: Final = 1.02  # times as good, before another reading is kept
MOST_PIXELS: Final = 9_000_000  # of the flat page, which is held three times over
SHADE: Final = 8  # pixels of the page, in one of the picture of its shade
LETTER: Final = 7  # pixels of the shade, among which one is paper
SMOOTH: Final = 5  # the same, over which the shade hardly changes
PAPER: Final = 235.0  # how bright paper becomes
MOST_LIGHT: Final = 4.0  # times as bright as it was
_NEAREST: Final = 0.05  # of the depth; a line beyond the page may go to the horizon

Pixels = NDArray[np.uint8]
Matrix = NDArray[np.float64]
Reader = Callable[[Image.Image], list[OcrLine]]
Quality = Callable[[list[OcrLine]], float]


@dataclass(frozen=True, slots=True)
class FlatPage:
    """The page alone, flat and in an even light.

    Attributes:
        image: of the page.
        matrix: takes a point of the photograph to a point of the page.
    """

    image: Image.Image
    matrix: Matrix

    def flat(self, line: OcrLine) -> OcrLine:
        """A line of the photograph, in pixels of the page."""
        return _moved(line, self.matrix)

    def on_photo(self, line: OcrLine) -> OcrLine:
        """A line of the page, in pixels of the photograph."""
        return _moved(line, np.asarray(np.linalg.inv(self.matrix), np.float64))

    def in_order(self, lines: Sequence[OcrLine]) -> list[OcrLine]:
        """Lines of the photograph, as they are read on the page."""
        flat = [self.flat(line) for line in lines]
        lines_of = {id(each): line for each, line in zip(flat, lines, strict=True)}
        return [lines_of[id(each)] for each in in_reading_order(flat, self.image)]


def in_page_order(
    lines: list[OcrLine], image: Image.Image, read: Reader, quality: Quality
) -> list[OcrLine]:
    """The lines in reading order, in pixels of the picture.

    What stands beside the page comes after it.

    Args:
        lines: that were read in the picture.
        image: upright; perhaps the photograph of a page.
        read: reads another picture.
        quality: the higher, the better lines are read.
    """
    corners = page_corners(image)
    if corners is None or tilt(corners) < LEVEL:
        return in_reading_order(lines, image)
    placed = [(line, is_on(corners, line)) for line in lines]
    on = [line for line, inside in placed if inside]
    if _characters(on) / max(1, _characters(lines)) < ON_PAGE:
        return in_reading_order(lines, image)
    page = flat_page(image, corners)
    beside = in_reading_order([line for line, inside in placed if not inside])
    if tilt(corners) > STEEP:
        again = read(page.image)
        if quality(again) > CLEARLY * quality(on):
            on = [page.on_photo(line) for line in again]
    return [*page.in_order(on), *beside]


def flat_page(image: Image.Image, corners: Corners) -> FlatPage:
    """The page with these corners in the picture (see photo_edges.Corners)."""
    edges = np.roll(corners, -1, axis=0) - corners
    top, right, bottom, left = np.hypot(edges[:, 0], edges[:, 1])
    wide, high = max(top, bottom), max(left, right)
    scale = min(1.0, math.sqrt(MOST_PIXELS / (wide * high)))
    size = max(1, round(wide * scale)), max(1, round(high * scale))
    frame = np.array([[0, 0], [1, 0], [1, 1], [0, 1]]) * size
    matrix = cv2.getPerspectiveTransform(
        corners.astype(np.float32), frame.astype(np.float32)
    )
    pixels = cv2.warpPerspective(
        np.asarray(image.convert("RGB")), matrix, size, flags=cv2.INTER_CUBIC
    )
    even = evenly_lit(np.asarray(pixels, np.uint8))
    return FlatPage(Image.fromarray(even), np.asarray(matrix, np.float64))


def evenly_lit(pixels: Pixels) -> Pixels:
    """The same with its paper as bright everywhere; never darker, colours as they are.

    What is dark and no wider than a letter is print; what is wider is shade.
    """
    high, wide = pixels.shape[:2]
    small = max(1, wide // SHADE), max(1, high // SHADE)
    seen = cv2.resize(pixels, small, interpolation=cv2.INTER_AREA).max(axis=2)
    letter = np.ones((LETTER, LETTER), np.uint8)
    paper = cv2.morphologyEx(seen, cv2.MORPH_CLOSE, letter)
    paper = cv2.medianBlur(paper, SMOOTH)
    light = np.clip(PAPER / np.maximum(paper, 1), 1.0, MOST_LIGHT).astype(np.float32)
    light = np.asarray(cv2.resize(light, (wide, high)), np.float32)
    channels = [
        cv2.multiply(channel, light, dtype=cv2.CV_8U) for channel in cv2.split(pixels)
    ]
    return np.asarray(cv2.merge(channels), np.uint8)


def tilt(corners: Corners) -> float:
    """By how many degrees, up to 45, the most slanting edge is aslant."""
    edges = np.roll(corners, -1, axis=0) - corners
    angles = np.degrees(np.arctan2(edges[:, 1], edges[:, 0]))
    return float(np.abs((angles + 45) % 90 - 45).max())


def is_on(corners: Corners, line: OcrLine) -> bool:
    """Whether the middle of a line lies within the corners."""
    x, y = np.asarray(line.quad).reshape(-1, 2).mean(axis=0)
    outline = corners.astype(np.float32)
    return cv2.pointPolygonTest(outline, (float(x), float(y)), measureDist=False) >= 0


def _characters(lines: Sequence[OcrLine]) -> int:
    return sum(len(line.text) for line in lines)


def _moved(line: OcrLine, matrix: Matrix) -> OcrLine:
    x, y, depth = matrix @ np.vstack([np.reshape(line.quad, (-1, 2)).T, np.ones(4)])
    near = np.maximum(depth, _NEAREST)
    quad = np.column_stack([x / near, y / near]).ravel()
    return OcrLine(line.text, line.score, tuple(float(value) for value in quad))
