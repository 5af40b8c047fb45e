"""Lines that the finder of lines left out are read, if the recogniser is sure."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from tests.seals import font
from workers.reading.left_out import (
    FEW,
    FEWEST,
    LETTER,
    LOWEST,
    MARGIN,
    MOST,
    SEEN_SIDE,
    SURE,
    VERY_SURE,
    left_out,
)
from workers.tools.ocr import OcrEngine, OcrLine, open_engine

SIZE = 900, 1200
HIGH = 40  # pixels of a line; its letters are 25 high
SIDE = round(LETTER * HIGH)


class Recogniser:
    """Reads what the test says in every picture; remembers their sizes."""

    def __init__(self, text: str = "甲乙丙", score: float = 1.0) -> None:
        self.answer = text, score
        self.seen: list[tuple[int, int]] = []

    def read_line(self, image: Image.Image) -> tuple[str, float]:
        assert image.mode == "RGB"
        self.seen.append(image.size)
        return self.answer


def line(row: int, text: str = "一行文字", high: float = HIGH) -> OcrLine:
    left, top, right, bottom = 100, 100 + 100 * row, 300, 100 + 100 * row + high
    return OcrLine(text, 0.9, (left, top, right, top, right, bottom, left, bottom))


LINES = [line(row) for row in range(FEWEST)]


def page(*squares: tuple[int, int], scale: int = 1, side: int = SIDE) -> Image.Image:
    """With a letter at each of these places, and at its end in each line."""
    image = Image.new("RGB", (SIZE[0] * scale, SIZE[1] * scale), "white")
    draw = ImageDraw.Draw(image)
    inside = [(110, 108 + 100 * row) for row in range(FEWEST)]
    for left, top in (*inside, *squares):
        box = (left * scale, top * scale, (left + side) * scale, (top + side) * scale)
        draw.rectangle(box, "black")
    return image


BESIDE = 600, 108  # in the row of the first line
APART = [(600 + 36 * n, 555) for n in range(5)]  # long enough for a row of its own


def texts(engine: Recogniser, image: Image.Image, lines=LINES) -> list[str]:
    return [each.text for each in left_out(engine, image, lines)]


def test_place_is_where_the_letters_are():
    """The quad is around the row, with a third of a letter to each side."""
    engine = Recogniser(score=0.97)
    (found,) = left_out(engine, page(BESIDE), LINES)
    assert (found.text, found.score) == ("甲乙丙", 0.97)
    margin = MARGIN * LETTER * HIGH
    left, top, right, bottom = 600 - margin, 108 - margin, 626 + margin, 134 + margin
    corners = (left, top, right, top, right, bottom, left, bottom)
    assert found.quad == pytest.approx(corners, abs=1.5)
    (seen,) = engine.seen
    assert seen == pytest.approx((right - left, bottom - top), abs=1.5)


@pytest.mark.parametrize("place", [(0, 108), (SIZE[0] - SIDE - 1, 108)])
def test_nothing_beyond_the_page_is_read(place):
    """At the edge of the page there is no margin."""
    (found,) = left_out(Recogniser(), page(place), LINES)
    assert 0 <= found.left < found.left + found.width <= SIZE[0]


@pytest.mark.parametrize("scale", [1, 2, 3])
def test_large_pages_are_searched_in_a_smaller_picture(scale):
    """Places are in pixels of the page, and the page itself is read."""
    assert SIZE[1] == SEEN_SIDE
    lines = [
        OcrLine(each.text, each.score, tuple(scale * value for value in each.quad))
        for each in LINES
    ]
    (found,) = left_out(Recogniser(), page(BESIDE, scale=scale), lines)
    assert found.left / scale == pytest.approx(600 - MARGIN * LETTER * HIGH, abs=2)
    assert found.width / scale == pytest.approx(SIDE * 1.6, abs=4)


@pytest.mark.parametrize(
    ("place", "text", "score", "found"),
    [
        ([BESIDE], "甲乙丙", SURE, True),
        ([BESIDE], "甲乙丙", SURE - 0.01, False),
        ([BESIDE], "甲" * FEW, VERY_SURE, True),
        ([BESIDE], "甲" * FEW, VERY_SURE - 0.01, False),
        ([BESIDE], " 甲乙 ", VERY_SURE - 0.01, False),
        (APART, "甲乙丙", VERY_SURE, True),
        (APART, "甲乙丙", VERY_SURE - 0.01, False),
        ([BESIDE], " ", 1.0, False),
        ([BESIDE], "", 1.0, False),
    ],
)
def test_only_what_is_surely_read_is_added(place, text, score, found):
    """Surer for one or two characters, and where no line is in the row."""
    assert texts(Recogniser(text, score), page(*place)) == ([text] if found else [])


def test_few_lines_do_not_show_the_size_of_letters():
    """Five lines do, four do not."""
    assert texts(Recogniser(), page(BESIDE), LINES)
    assert not texts(Recogniser(), page(BESIDE), LINES[1:] + LINES[5:])
    assert not texts(Recogniser(), page(BESIDE), [])


@pytest.mark.parametrize(("pixels", "found"), [(0.5, True), (-0.1, False)])
def test_very_low_letters_are_not_looked_for(pixels, found):
    """Letters of six pixels are; lower ones cannot be told from dust."""
    high = (LOWEST + pixels) / LETTER
    lines = [line(row, high=high) for row in range(FEWEST)]
    place = (600, 102)
    assert bool(texts(Recogniser(), page(place, side=6), lines)) is found


def test_single_characters_do_not_show_the_size_of_letters():
    """The box of one character is any size; those of lines are asked."""
    lines = [line(row, "口", 4 * HIGH) for row in range(FEWEST)]
    assert texts(Recogniser(), page(BESIDE), lines + LINES) == ["甲乙丙"]
    assert texts(Recogniser(), page(BESIDE), lines) == []


@pytest.mark.parametrize("number", [MOST, MOST + 1])
def test_at_most_ten_rows_are_read(number):
    """More of them are a picture, and time."""
    engine = Recogniser()
    places = [(350 + 100 * (n // 5), 108 + 100 * (n % 5)) for n in range(number)]
    assert len(texts(engine, page(*places))) == len(engine.seen) == min(number, MOST)


@pytest.mark.parametrize("size", [(1, 1), (1, 3000), (3000, 1), (7, 5)])
def test_lines_on_a_page_of_any_shape(size):
    """Lines that are larger than the page: nothing raises, nothing is read."""
    engine = Recogniser()
    assert texts(engine, Image.new("L", size)) == engine.seen == []


def test_real_characters_that_were_left_out_are_read():
    """Figures far apart at the ends of rows, as in a table, where none were found."""
    engine: OcrEngine = open_engine("rapidocr")
    image = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    lines = []
    for row, word in enumerate(
        ["货物名称", "规格型号", "计量单位", "含税单价", "备注事项"]
    ):
        box = (100, 100 + 100 * row, 100 + 28 * len(word), 140 + 100 * row)
        draw.text((100, 103 + 100 * row), word, "black", font(28))
        left, top, right, bottom = box
        quad = (left, top, right, top, right, bottom, left, bottom)
        lines.append(OcrLine(word, 0.99, quad))
    draw.text((500, 203), "8", "black", font(28))
    draw.text((500, 303), "吨", "black", font(28))
    draw.text((500, 403), "1350.00", "black", font(28))
    found = left_out(engine, image, lines)
    assert sorted(each.text for each in found) == ["1350.00", "8", "吨"]
    assert all(each.left == pytest.approx(495, abs=8) for each in found)
