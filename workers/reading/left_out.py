"""What the finder of lines left out: single characters far apart, ends of lines.

Ink that looks like letters where no line was found is shown to the recogniser alone,
and added only when that is sure of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import cv2
import numpy as np
from PIL import Image

from workers.reading.left_out_rows import Row, rows_left_out
from workers.tools.ocr import OcrEngine, OcrLine

SEEN_SIDE: Final = 1200  # ink is looked for in a picture no longer than this
FEWEST: Final = 5  # lines by which the size of letters is known
LETTER: Final = 0.62  # of a line's height, which has a margin
LOWEST: Final = 6  # pixels of a letter in that picture
MOST: Final = 10  # rows that are looked at
MARGIN: Final = 0.3  # letters
FEW: Final = 2  # characters, which are easily seen where there are none
SURE: Final = 0.8
VERY_SURE: Final = 0.95

Pixels = np.ndarray[Any, Any]


def left_out(
    engine: OcrEngine, page: Image.Image, lines: Sequence[OcrLine]
) -> list[OcrLine]:
    """Lines that the engine reads where it found none.

    Args:
        engine: reads a picture of one line.
        page: in which `lines` were found, without seals.
        lines: in pixels of the page.
    """
    scale = -(-max(page.size) // SEEN_SIDE)
    letter = _letter(lines) / scale
    if len(lines) < FEWEST or letter < LOWEST:
        return []
    grey = np.asarray(page.convert("L"))
    size = (max(1, page.width // scale), max(1, page.height // scale))
    smaller = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    rows = rows_left_out(smaller, [_corners(line) / scale for line in lines], letter)
    quads = ((row, _around(row, MARGIN * letter, scale, page)) for row in rows[:MOST])
    found = (_read(engine, page, row, box) for row, box in quads)
    return [line for line in found if line is not None]


def _letter(lines: Sequence[OcrLine]) -> float:
    """The usual height of a letter, in pixels."""
    quads = [_corners(line) for line in lines if len(line.text) > 1]
    heights = [float(np.linalg.norm(quad[3] - quad[0])) for quad in quads]
    return LETTER * float(np.median(heights or [0.0]))


def _corners(line: OcrLine) -> Pixels:
    return np.asarray(line.quad, np.float32).reshape(4, 2)


def _around(
    row: Row, margin: float, scale: int, page: Image.Image
) -> tuple[float, float, float, float]:
    return (
        max(0.0, row.left - margin) * scale,
        max(0.0, row.top - margin) * scale,
        min(float(page.width), (row.right + margin) * scale),
        min(float(page.height), (row.bottom + margin) * scale),
    )


def _read(
    engine: OcrEngine,
    page: Image.Image,
    row: Row,
    box: tuple[float, float, float, float],
) -> OcrLine | None:
    left, top, right, bottom = box
    part = page.crop((round(left), round(top), round(right), round(bottom)))
    text, score = engine.read_line(part.convert("RGB"))
    doubtful = len(text.strip()) <= FEW or not row.has_line
    if not text.strip() or score < (VERY_SURE if doubtful else SURE):
        return None
    quad = (left, top, right, top, right, bottom, left, bottom)
    return OcrLine(text, score, quad)
