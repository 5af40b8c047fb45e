"""Only lines in doubt are looked at again, and only a clear gain is taken."""

from __future__ import annotations

import pytest
from PIL import Image

from workers.reading.second_look import CLEARLY, LOW_LINE, look_again
from workers.tools.ocr import OcrLine

PAGE = Image.new("RGB", (400, 200), "white")


def line(score: float, top: int = 50) -> OcrLine:
    return OcrLine("旧", score, (40, top, 240, top, 240, top + 20, 40, top + 20))


class Recogniser:
    """Reads every line as `新`, as surely as it is told; remembers what it saw."""

    def __init__(self, score: float) -> None:
        self.score = score
        self.seen: list[Image.Image] = []

    def read_line(self, image: Image.Image) -> tuple[str, float]:
        self.seen.append(image)
        return "新", self.score


def test_good_lines_are_left_alone():
    """A line at the bound is not looked at; one below it is."""
    engine = Recogniser(1.0)
    lines = [line(LOW_LINE), line(LOW_LINE - 0.01, 100)]
    assert [each.text for each in look_again(engine, lines, PAGE, None)] == ["旧", "新"]
    assert len(engine.seen) == 1


@pytest.mark.parametrize(("gain", "text"), [(-0.01, "旧"), (0.01, "新")])
def test_only_a_clear_gain_counts(gain, text):
    """A second look that is hardly surer changes nothing."""
    found = look_again(Recogniser(0.5 + CLEARLY + gain), [line(0.5)], PAGE, None)
    assert found[0].text == text
    assert found[0].quad == line(0.5).quad


def test_closer_picture_is_asked_for_the_line():
    """What is drawn larger is the line with a little around it, within the page."""
    asked = []

    def closer(box):
        asked.append(box)
        return Image.new("RGB", (800, 80), "red")

    engine = Recogniser(0.9)
    look_again(engine, [line(0.5)], PAGE, closer)
    assert asked == [(38.0, 48.0, 242.0, 72.0)]
    # In its colours, and then without what is red.
    assert [each.getpixel((0, 0)) for each in engine.seen] == [(255, 0, 0), (255,) * 3]
