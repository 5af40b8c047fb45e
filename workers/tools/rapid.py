"""RapidOCR: PP-OCR models on onnxruntime, all inside the wheel.

The line classifier is off (it turns good lines over). `max_side_len` is the lever
for speed and memory: 1280 reads an A4 page at 200 dpi best on two cores.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

import numpy as np
from PIL import Image
from rapidocr import RapidOCR

from workers.tools.ocr import OcrLine, ToolProbe

MAX_SIDE = 1280
PARAMETERS: dict[str, Any] = {
    "Global.use_cls": False,
    "Global.max_side_len": MAX_SIDE,
    "Global.log_level": "error",
    "EngineConfig.onnxruntime.intra_op_num_threads": 2,
}


class Rapid:
    """See workers.tools.ocr.OcrEngine."""

    def __init__(self) -> None:
        self.probe = ToolProbe("rapidocr", version("rapidocr"))
        self._engine = RapidOCR(params=PARAMETERS)

    def read(self, image: Image.Image) -> list[OcrLine]:
        """See OcrEngine."""
        result: Any = self._engine(np.asarray(image), use_cls=False)
        if result.boxes is None or result.txts is None:
            return []
        rows = zip(result.boxes, result.txts, result.scores, strict=True)
        lines = [
            OcrLine(str(text), float(score), tuple(float(x) for x in box.ravel()))
            for box, text, score in rows
        ]
        return in_reading_order(lines)


def in_reading_order(lines: list[OcrLine]) -> list[OcrLine]:
    """Rows from top to bottom, cells of a row from left to right.

    Two lines are in one row when their middles differ by less than half a height.
    """
    rows: list[list[OcrLine]] = []
    for line in sorted(lines, key=_middle):
        if rows and _middle(line) - _middle(rows[-1][0]) < _height(rows[-1][0]) / 2:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda a: a.quad[0])]


def _middle(line: OcrLine) -> float:
    return sum(line.quad[1::2]) / 4


def _height(line: OcrLine) -> float:
    return max(line.quad[1::2]) - min(line.quad[1::2])
