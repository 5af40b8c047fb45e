"""The recogniser of RapidOCR: short lines are filled up only when that is needed."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from tests.scans import font_file
from workers.tools import rapidocr
from workers.tools.rapidocr import (
    GREY,
    LINE_HIGH,
    SURE,
    USUAL_WIDE,
    Pixels,
    Rapid,
    filled_up,
)


@cache
def engine() -> Rapid:
    return Rapid()


class Counting(Rapid):
    """Says of every line that it is as sure as it is told."""

    def __init__(self, score: float) -> None:
        self.score = score
        self.seen: list[int] = []

    def _recognise_as_is(self, crops: Sequence[Pixels]) -> list[tuple[str, float]]:
        self.seen += [crop.shape[1] for crop in crops]
        return [("甲方", self.score) for _ in crops]


def blank(wide: int, high: int = LINE_HIGH) -> Pixels:
    return np.full((high, wide, 3), 255, np.uint8)


@pytest.mark.parametrize(
    ("score", "wide", "seen"),
    [
        (SURE, 100, [100]),
        (SURE - 0.001, 100, [100, USUAL_WIDE]),
        (SURE - 0.001, USUAL_WIDE - 1, [USUAL_WIDE - 1, USUAL_WIDE]),
        (SURE - 0.001, USUAL_WIDE, [USUAL_WIDE]),
    ],
)
def test_a_short_line_is_read_again_when_it_is_not_sure(
    score: float, wide: int, seen: list[int]
) -> None:
    """Filled up as the recogniser was trained; long lines and sure ones are not."""
    counting = Counting(score)
    assert counting._recognise([blank(wide)]) == [("甲方", score)]
    assert counting.seen == seen


@pytest.mark.parametrize("high", [1, 2, 17, 48, 113])
def test_a_line_is_filled_up_to_the_usual_shape(high: int) -> None:
    """What is there stays as it is, to the left; to the right comes grey."""
    filled = filled_up(blank(3, high))
    assert filled.shape == (high, -(-high * USUAL_WIDE // LINE_HIGH), 3)
    assert (filled[:, :3] == 255).all()
    assert (filled[:, 3:] == GREY).all()
    assert filled_up(filled).shape == filled.shape


def test_order_of_lines_is_kept() -> None:
    """Each answer belongs to its line, whichever of them were read again."""
    words = ["金额", "二〇二四年三月十五日星期五晴", "甲", "贰万元整"]
    font = ImageFont.truetype(font_file(), 40)
    lines = [_line(word, font) for word in words]
    assert [text for text, _ in engine()._recognise(lines)] == words


def _line(word: str, font: ImageFont.FreeTypeFont) -> Pixels:
    picture = Image.new("RGB", (round(font.getlength(word)) + 16, 56), "white")
    ImageDraw.Draw(picture).text((8, 6), word, "black", font)
    return rapidocr._pixels(picture)
