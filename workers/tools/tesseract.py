"""Tesseract through pytesseract: Chinese and English, and the way up of a page."""

from __future__ import annotations

import re
from typing import Any, Final

import pytesseract  # type: ignore[import-untyped]  # ships no types
from PIL import Image

from intake.reading import Unreadable, UnreadableReason
from workers.tools.ocr import OcrLine
from workers.tools.probe import ToolProbe

# English is looked for only on pages that hold hardly any Chinese: with both at once
# Tesseract takes strokes for letters.
CHINESE: Final = "chi_sim"
ENGLISH: Final = "eng"
HARDLY_CHINESE: Final = 0.1
PAGE_TIMEOUT_S: Final = 50
# Below this the answer is a guess; a page turned by a wrong guess reads as nothing.
SURE_ORIENTATION: Final = 5.0

_CJK = "\u3000-\u9fff\uff00-\uffef"
_CJK_CHARACTER = re.compile(f"[{_CJK}]")
_BETWEEN_CJK = re.compile(rf"(?<=[{_CJK}]) +(?=[{_CJK}])")


class Tesseract:
    """See workers.tools.ocr.OcrEngine."""

    def __init__(self) -> None:
        self.probe = ToolProbe("tesseract", str(pytesseract.get_tesseract_version()))
        self.options = {"languages": f"{CHINESE}, {ENGLISH}"}
        self._languages = CHINESE
        self.processes = 1
        missing = {CHINESE, ENGLISH} - set(pytesseract.get_languages())
        if missing:
            detail = f"tesseract languages {', '.join(sorted(missing))}"
            raise Unreadable(UnreadableReason.TOOL_MISSING, detail)

    def read(self, image: Image.Image) -> list[OcrLine]:
        """See OcrEngine."""
        self._languages = CHINESE
        data = self._data(image)
        if _share_of_cjk(data) < HARDLY_CHINESE:
            self._languages = ENGLISH
            again = self._data(image)
            if _mean_score(again) >= _mean_score(data):
                data = again
        return _lines(data)

    def read_line(self, image: Image.Image) -> tuple[str, float]:
        """See OcrEngine."""
        lines = _lines(self._data(image, "--psm 7"))
        text = " ".join(line.text for line in lines)
        return text, max((line.score for line in lines), default=0.0)

    def _data(self, image: Image.Image, options: str = "") -> dict[str, list[Any]]:
        try:
            data: dict[str, list[Any]] = pytesseract.image_to_data(
                image,
                lang=self._languages,
                config=options,
                output_type=pytesseract.Output.DICT,
                timeout=PAGE_TIMEOUT_S,
            )
        except pytesseract.TesseractError:
            return {"text": []}
        except RuntimeError as error:
            raise Unreadable(UnreadableReason.LIMIT_TIME, "tesseract") from error
        return data


def _lines(data: dict[str, list[Any]]) -> list[OcrLine]:
    rows: dict[tuple[int, int, int], list[int]] = {}
    for i, text in enumerate(data["text"]):
        if str(text).strip():
            key = (data["block_num"][i], data["par_num"][i], data["line_num"][i])
            rows.setdefault(key, []).append(i)
    return [_line(data, words) for words in rows.values()]


def _share_of_cjk(data: dict[str, list[Any]]) -> float:
    text = "".join(str(each) for each in data["text"]).replace(" ", "")
    return len(_CJK_CHARACTER.findall(text)) / max(1, len(text))


def _mean_score(data: dict[str, list[Any]]) -> float:
    """Of a character, 0 to 1."""
    lines = _lines(data)
    characters = sum(len(line.text) for line in lines)
    return sum(line.score * len(line.text) for line in lines) / max(1, characters)


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
