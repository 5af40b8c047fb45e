"""RapidOCR: PP-OCR models on onnxruntime, all inside the wheel.

Lines are found in a small picture of the page and read from the whole one, one by one:
neither costs more than it must, and a line reads the same whatever stands beside it.
The line classifier is off (it turns good lines over).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any, Final

import cv2
import numpy as np
import onnxruntime  # type: ignore[import-untyped]  # ships no types
from PIL import Image
from rapidocr import RapidOCR

from workers.forks import Fork, ForkBounds
from workers.tools.line_boxes import height, without_inner
from workers.tools.ocr import OcrLine
from workers.tools.probe import ToolProbe

MAX_SIDE: Final = 960
CLOSER_SIDE: Final = 1600
LOW_LINE: Final = 12.0  # pixels, with its margins; letters of eight
MOST_ENLARGED: Final = 2.0
LEAST_SIDE: Final = 32
LEAST_SCORE: Final = 0.5
LINE_HIGH: Final = 48  # pixels to which the recogniser brings every line
LEAST_WIDE: Final = 64
USUAL_WIDE: Final = 320  # the recogniser was trained on lines filled up to this
SURE: Final = 0.97
GREY: Final = 127
FEW_LINES: Final = 8  # not worth another process
# One thread: several pages are read at once, and threads do not survive a fork.
PARAMETERS: Final[dict[str, Any]] = {
    "Global.use_cls": False,
    "Global.max_side_len": MAX_SIDE,
    "Global.log_level": "error",
    "Det.limit_side_len": LEAST_SIDE,
    "Rec.rec_batch_num": 1,
    "Rec.rec_img_shape": [3, LINE_HIGH, LEAST_WIDE],
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}
_BOUNDS: Final = ForkBounds(cpu=120, memory=1 << 30, silence=80)

Pixels = np.ndarray[Any, Any]


class Rapid:
    """See workers.tools.ocr.OcrEngine."""

    def __init__(self) -> None:
        # The sandbox also says so in the environment; here for every other caller.
        onnxruntime.disable_telemetry_events()
        cv2.setNumThreads(1)
        self.probe = ToolProbe("rapidocr", version("rapidocr"))
        self.options = {
            "max_side": str(MAX_SIDE),
            "runtime": f"onnxruntime {onnxruntime.__version__}",
        }
        self.processes = 1
        self._engine = RapidOCR(params=PARAMETERS)
        self._load()

    def _load(self) -> None:
        """Models are loaded when first used; here, so that forks share them."""
        self._engine(np.full((LEAST_SIDE, LEAST_SIDE, 3), 255, np.uint8), use_rec=False)
        self._recognise([np.full((48, 48, 3), 255, np.uint8)])

    def read(self, image: Image.Image) -> list[OcrLine]:
        """See OcrEngine."""
        pixels = _pixels(image)
        boxes = without_inner(self._find(pixels))
        crops = self._engine.crop_text_regions(pixels, np.asarray(boxes))
        read = self._recognise_all(crops)
        return [
            OcrLine(text, score, tuple(float(x) for x in box.ravel()))
            for box, (text, score) in zip(boxes, read, strict=True)
            if text.strip() and score >= LEAST_SCORE
        ]

    def read_line(self, image: Image.Image) -> tuple[str, float]:
        """See OcrEngine."""
        return self._recognise([_pixels(image)])[0]

    def _find(self, pixels: Pixels) -> list[Pixels]:
        """The corners of each line; looked at more closely when lines are very low."""
        size = max(pixels.shape[:2])
        boxes = self._find_at(pixels, MAX_SIDE)
        heights = sorted(height(box) for box in boxes)
        low = heights and heights[len(heights) // 2] * MAX_SIDE / size < LOW_LINE
        return self._find_at(pixels, CLOSER_SIDE) if low and size > MAX_SIDE else boxes

    def _find_at(self, pixels: Pixels, side: int) -> list[Pixels]:
        size = max(pixels.shape[:2])
        scale = min(MOST_ENLARGED, max(1.0, MAX_SIDE / size))
        if scale > 1:
            cubic = cv2.INTER_CUBIC
            looked_at = cv2.resize(
                pixels, None, fx=scale, fy=scale, interpolation=cubic
            )
        else:
            looked_at = pixels
        self._engine.max_side_len = side
        found: Any = self._engine(looked_at, use_rec=False, use_cls=False)
        boxes = [] if found.boxes is None else found.boxes
        return [np.asarray(box, np.float32) / scale for box in boxes]

    def _recognise_all(self, crops: Sequence[Pixels]) -> list[tuple[str, float]]:
        """Text and score of each crop, with the help of other processes if allowed."""
        shares = min(self.processes, len(crops) // FEW_LINES)
        if shares < 2:  # noqa: PLR2004 (nothing to share)
            return self._recognise(crops)
        # Dealt out by width, which is what a line costs.
        order = sorted(range(len(crops)), key=lambda i: -_proportion(crops[i]))
        dealt = [order[n::shares] for n in range(shares)]
        forks = [self._fork([crops[i] for i in some]) for some in dealt[1:]]
        try:
            answers = [self._recognise([crops[i] for i in dealt[0]])]
            answers.extend(fork.result() for fork in forks)
        finally:
            for fork in forks:
                fork.end()
        read: dict[int, tuple[str, float]] = {}
        for some, answer in zip(dealt, answers, strict=True):
            read.update(zip(some, map(_pair, answer), strict=True))
        return [read[i] for i in range(len(crops))]

    def _fork(self, crops: Sequence[Pixels]) -> Fork:
        return Fork(lambda _: self._recognise(crops), _BOUNDS)

    def _recognise(self, crops: Sequence[Pixels]) -> list[tuple[str, float]]:
        """Short lines as they are; filled up, which costs more, if that is not sure."""
        read = self._recognise_as_is(crops)
        unsure = [
            n
            for n, (crop, (_, score)) in enumerate(zip(crops, read, strict=True))
            if score < SURE and LINE_HIGH * _proportion(crop) < USUAL_WIDE
        ]
        filled = [filled_up(crops[n]) for n in unsure]
        for n, again in zip(unsure, self._recognise_as_is(filled), strict=True):
            read[n] = again
        return read

    def _recognise_as_is(self, crops: Sequence[Pixels]) -> list[tuple[str, float]]:
        if not crops:
            return []
        result: Any = self._engine.recognize_txt(list(crops))
        rows = zip(result.txts, result.scores, strict=True)
        return [(str(text), _score(score)) for text, score in rows]


def _pixels(image: Image.Image) -> Pixels:
    """In the channel order of OpenCV, which the engine expects."""
    return np.ascontiguousarray(np.asarray(image.convert("RGB"))[:, :, ::-1])


def filled_up(crop: Pixels) -> Pixels:
    """The picture of a short line with grey to its right, as wide as is usual."""
    high, wide = crop.shape[:2]
    missing = max(0, -(-high * USUAL_WIDE // LINE_HIGH) - wide)
    grey = (GREY, GREY, GREY)
    constant = cv2.BORDER_CONSTANT
    return cv2.copyMakeBorder(crop, 0, 0, 0, missing, constant, value=grey)


def _pair(row: Sequence[Any]) -> tuple[str, float]:
    return str(row[0]), float(row[1])


def _proportion(crop: Pixels) -> float:
    return float(crop.shape[1] / max(1, crop.shape[0]))


def _score(value: Any) -> float:
    return round(min(1.0, max(0.0, float(value))), 4)
