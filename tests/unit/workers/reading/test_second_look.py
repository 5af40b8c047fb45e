"""Only lines in doubt are looked at again, and only a clear gain is taken."""

from __future__ import annotations

import pytest
from PIL import Image, ImageChops, ImageDraw

from tests.seals import company_seal, stamped
from workers.reading.second_look import CLEARLY, LOW_LINE, MOST_LINES, look_again
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


def test_only_the_worst_lines_are_looked_at():
    """Twenty of a page, the least sure; the others keep what was read."""
    engine = Recogniser(1.0)
    lines = [line(0.1 + 0.01 * n, 2 * n) for n in range(MOST_LINES + 1)]
    found = look_again(engine, lines[::-1], PAGE, None)
    assert [each.text for each in found] == ["旧"] + ["新"] * MOST_LINES


def sealed() -> Image.Image:
    """A page of 1000 pixels with a seal in its upper half, and print in both."""
    page = Image.new("RGB", (700, 1000), "white")
    draw = ImageDraw.Draw(page)
    for top in (246, 846):
        draw.rectangle((100, top, 600, top + 7), "black")
    return stamped(page, company_seal, (250, 150, 450, 350))


def reddest(image: Image.Image) -> int:
    red, green, _ = image.split()
    return ImageChops.subtract(red, green).getextrema()[1]


def darkest(image: Image.Image) -> int:
    return image.convert("L").getextrema()[0]


@pytest.mark.parametrize("closely", [False, True])
def test_under_a_seal_a_line_is_seen_without_it(closely):
    """Once, in grey; the print is as dark as before. Elsewhere it keeps its colours."""
    page = sealed()

    def closer(box):
        return page.crop(tuple(round(x) for x in box)).resize((900, 90))

    engine = Recogniser(0.9)
    under, apart = (
        OcrLine("旧", 0.5, (260, top, 440, top, 440, top + 40, 260, top + 40))
        for top in (230, 830)
    )
    look_again(engine, [under, apart], page, closer if closely else None)
    assert len(engine.seen) == (3 if closely else 2)
    assert reddest(page.crop((260, 230, 440, 270))) > 100
    assert [reddest(each) for each in engine.seen] == [0] * len(engine.seen)
    assert darkest(engine.seen[0]) < 20
    # What is left where there was nothing but the seal is paper.
    assert engine.seen[0].resize((18, 4)).convert("L").getpixel((0, 0)) > 235


def test_line_at_the_edge_of_a_page_is_seen():
    """What lies partly outside of the page is looked at as far as it is on it."""
    engine = Recogniser(1.0)
    quad = (-30.0, -5.0, 500.0, -5.0, 500.0, 30.0, -30.0, 30.0)
    (found,) = look_again(engine, [OcrLine("旧", 0.5, quad)], PAGE, None)
    assert found.text == "新"
    assert [each.size for each in engine.seen] == [(400, 34)]


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (300, 5)])
def test_pages_of_any_shape_can_be_looked_at_again(size):
    """A page one pixel wide or high has no seal, and no fault."""
    page = Image.new("RGB", size, (220, 30, 30))
    quad = (0.0, 0.0, 9.0, 0.0, 9.0, 4.0, 0.0, 4.0)
    engine = Recogniser(1.0)
    look_again(engine, [OcrLine("旧", 0.5, quad)], page, None)
    assert len(engine.seen) == 1


def test_page_without_doubt_is_not_looked_at():
    """Neither for seals nor for lines: a closed picture will do."""
    closed = Image.new("RGB", (1, 1))
    closed.close()
    lines = [line(1.0)]
    assert look_again(Recogniser(1.0), lines, closed, None) == lines
