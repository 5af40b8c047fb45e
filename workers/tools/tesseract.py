"""Tesseract through pytesseract: Chinese and English, and the way up of a page."""

from __future__ import annotations

import re
from typing import Any, Final

import pytesseract  # type: ignore[import-untyped]  # ships no types
from PIL import Image

from intake.reading import Unreadable, UnreadableReason
from workers.tools.ocr import OcrLine
from workers.tools.probe import ToolProbe

LANGUAGES: Final = "chi_sim+eng"
PAGE_TIMEOUT_S: Final = 50
# Below this the answer is a guess; a page turned by a wrong guess reads as nothing.
SURE_ORIENTATION: Final = 5.0

_CJK = "\u3000-\u9fff\uff00-\uffef"
_BETWEEN_CJK = re.compile(rf"(?<=[{_CJK}]) +(?=[{_CJK}])")


class Tesseract:
    """See workers.tools.ocr.OcrEngine."""

    def __init__(self) -> None:
        self.probe = ToolProbe("tesseract", str(pytesseract.get_tesseract_version()))
        missing = set(LANGUAGES.split("+")) - set(pytesseract.get_languages())
        if missing:
            detail = f"tesseract languages {', '.join(sorted(missing))}"
            raise Unreadable(UnreadableReason.TOOL_MISSING, detail)

    def read(self, image: Image.Image) -> list[OcrLine]:
        """See OcrEngine."""
        try:
            data: dict[str, list[Any]] = pytesseract.image_to_data(
                image,
                lang=LANGUAGES,
                output_type=pytesseract.Output.DICT,
                timeout=PAGE_TIMEOUT_S,
            )
        except pytesseract.TesseractError:
            return []
        except RuntimeError as error:
            raise Unreadable(UnreadableReason.LIMIT_TIME, "tesseract") from error
        rows: dict[tuple[int, int, int], list[int]] = {}
        for i, text in enumerate(data["text"]):
            if str(text).strip():
                key = (data["block_num"][i], data["par_num"][i], data["line_num"][i])
                rows.setdefault(key, []).append(i)
        return [_line(data, words) for words in rows.values()]


def orientation(image: Image.Image) -> int | None:
    """By how many degrees clockwise the picture must be turned; None if unsure."""
    try:
        found: dict[str, Any] = pytesseract.image_to_osd(
            image, output_type=pytesseract.Output.DICT, timeout=PAGE_TIMEOUT_S
        )
    except (pytesseract.TesseractError, RuntimeError, OSError):
        return None  # too few characters, or no Tesseract
    sure = float(found["orientation_conf"]) >= SURE_ORIENTATION
    return int(found["rotate"]) % 360 if sure else None


def _line(data: dict[str, list[Any]], words: list[int]) -> OcrLine:
    text = _BETWEEN_CJK.sub("", " ".join(str(data["text"][i]) for i in words))
    left = min(data["left"][i] for i in words)
    top = min(data["top"][i] for i in words)
    right = max(data["left"][i] + data["width"][i] for i in words)
    bottom = max(data["top"][i] + data["height"][i] for i in words)
    score = sum(float(data["conf"][i]) for i in words) / len(words) / 100
    quad = (left, top, right, top, right, bottom, left, bottom)
    return OcrLine(text, min(1.0, max(0.0, score)), tuple(float(x) for x in quad))
