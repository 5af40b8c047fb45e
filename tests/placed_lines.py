"""Lines of print in their places, as an engine finds them, and the order in reading."""

from __future__ import annotations

from collections.abc import Sequence

from workers.reading.reading_order import in_reading_order
from workers.tools.ocr import OcrLine

HIGH = 30  # pixels of every line
LONG = "日用百货零售仓储服务道路货物运输"


def line(
    text: str, left: float, top: float, width: float, height: float = HIGH
) -> OcrLine:
    """A level line."""
    right, bottom = left + width, top + height
    return OcrLine(text, 0.9, (left, top, right, top, right, bottom, left, bottom))


def texts(lines: Sequence[OcrLine]) -> list[str]:
    """What is read, of lines that are found from the end."""
    return [each.text for each in in_reading_order(lines[::-1])]
