"""Tesseract through pytesseract: Chinese and English, and the way up of a page."""

from __future__ import annotations

import re
from typing import Any

import pytesseract
from PIL import Image

from workers.tools.ocr import OcrLine, ToolProbe

LANGUAGES = "chi_sim+eng"
PAGE_TIMEOUT_S = 60
# Below this OSD guesses; a page turned by a wrong guess reads as nothing.
SURE_ORIENTATION = 5.0
_BETWEEN_CJK = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef]) (?=[\u3000-\u9fff\uff00-\uffef])")


class Tesseract:
    """See workers.tools.ocr.OcrEngine."""

    def __init__(self) -> None:
        found = str(pytesseract.get_tesseract_version())
        self.probe = ToolProbe("tesseract", found)

    def read(self, image: Image.Image) -> list[OcrLine]:
        """See OcrEngine."""
        data: dict[str, list[Any]] = pytesseract.image_to_data(
            image,
            lang=LANGUAGES,
            output_type=pytesseract.Output.DICT,
            timeout=PAGE_TIMEOUT_S,
        )
        rows: dict[tuple[int, int, int], list[int]] = {}
        for i, text in enumerate(data["text"]):
            if str(text).strip():
                key = (data["block_num"][i], data["par_num"][i], data["line_num"][i])
                rows.setdefault(key, []).append(i)
        return [_line(data, words) for words in rows.values()]


def turn_upright(image: Image.Image) -> tuple[Image.Image, int]:
    """The picture upright, and by how many degrees clockwise it was turned."""
    try:
        found: dict[str, Any] = pytesseract.image_to_osd(
            image, output_type=pytesseract.Output.DICT, timeout=PAGE_TIMEOUT_S
        )
    except (pytesseract.TesseractError, RuntimeError, OSError):
        return image, 0  # too few characters, or no Tesseract: left as it is
    angle = int(found["rotate"])
    if angle == 0 or float(found["orientation_conf"]) < SURE_ORIENTATION:
        return image, 0
    return image.rotate(-angle, expand=True), angle


def _line(data: dict[str, list[Any]], words: list[int]) -> OcrLine:
    text = _BETWEEN_CJK.sub("", " ".join(str(data["text"][i]) for i in words))
    left = min(data["left"][i] for i in words)
    top = min(data["top"][i] for i in words)
    right = max(data["left"][i] + data["width"][i] for i in words)
    bottom = max(data["top"][i] + data["height"][i] for i in words)
    score = sum(float(data["conf"][i]) for i in words) / len(words) / 100
    quad = (left, top, right, top, right, bottom, left, bottom)
    return OcrLine(text, min(1.0, max(0.0, score)), tuple(float(x) for x in quad))
