"""RapidOCR: PP-OCR models on onnxruntime, all inside the wheel.

The line classifier is off (it turns good lines over). `max_side_len` is the lever
for speed and memory: 1280 reads an A4 page at 200 dpi best on two cores.
"""

from __future__ import annotations

from importlib.metadata import version
from typing import Any, Final

import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # ships no types
from PIL import Image
from rapidocr import RapidOCR

from workers.tools.ocr import OcrLine
from workers.tools.probe import ToolProbe

MAX_SIDE: Final = 1280
PARAMETERS: Final[dict[str, Any]] = {
    "Global.use_cls": False,
    "Global.max_side_len": MAX_SIDE,
    "Global.log_level": "error",
    "EngineConfig.onnxruntime.intra_op_num_threads": 2,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


class Rapid:
    """See workers.tools.ocr.OcrEngine."""

    def __init__(self) -> None:
        # The sandbox also says so in the environment; here for every other caller.
        onnxruntime.disable_telemetry_events()
        self.probe = ToolProbe("rapidocr", version("rapidocr"))
        self._engine = RapidOCR(params=PARAMETERS)

    def read(self, image: Image.Image) -> list[OcrLine]:
        """See OcrEngine."""
        # The engine expects the channel order of OpenCV.
        pixels = np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])
        result: Any = self._engine(pixels, use_cls=False)
        if result.boxes is None or result.txts is None:
            return []
        rows = zip(result.boxes, result.txts, result.scores, strict=True)
        return in_reading_order(
            [
                OcrLine(str(text), _score(score), tuple(float(x) for x in box.ravel()))
                for box, text, score in rows
                if str(text).strip()
            ]
        )


def _score(value: Any) -> float:
    return round(min(1.0, max(0.0, float(value))), 4)


def in_reading_order(lines: list[OcrLine]) -> list[OcrLine]:
    """Rows from top to bottom, cells of a row from left to right.

    Two lines are in one row when their middles differ by less than half a height.
    """
    rows: list[list[OcrLine]] = []
    for line in sorted(lines, key=lambda each: each.middle):
        if rows and line.middle - rows[-1][0].middle < rows[-1][0].height / 2:
            rows[-1].append(line)
        else:
            rows.append([line])
    return [line for row in rows for line in sorted(row, key=lambda each: each.left)]
