"""Rows of letters where no line was found: each bound from both sides.

Letters are squares of 20 pixels, on a page of 1000 by 400.
"""

from __future__ import annotations

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.reading.left_out_rows import (
    APART,
    ASKEW,
    BETWEEN,
    DARKER,
    HIGH,
    LEVEL,
    LONG,
    NARROW,
    PALE,
    PART,
    RULE,
    TEXTURE,
    Pixels,
    Row,
    rows_left_out,
)

LETTER = 20
WIDE, TALL = 1000, 400
SECONDS = 3.0  # for a page of noise; a tenth of it on an office machine

Box = tuple[int, int, int, int]


def page(*boxes: Box, ink: int = 0, paper: int = 255) -> Pixels:
    grey = np.full((TALL, WIDE), paper, np.uint8)
    for left, top, right, bottom in boxes:
        grey[top:bottom, left:right] = ink
    return grey


def quad(left: float, top: float, right: float, bottom: float, sink: float = 0):
    corners = [left, top], [right, top + sink], [right, bottom + sink], [left, bottom]
    return np.array(corners, np.float32)


def letter(left: int, top: int, wide: int = LETTER, high: int = LETTER) -> Box:
    return left, top, left + wide, top + high


def row_of(number: int, left: int, top: int, step: int = 28) -> list[Box]:
    return [letter(left + step * n, top) for n in range(number)]


LINE = quad(100, 96, 300, 124)  # its middle is at 110
PRINT = row_of(7, 104, 100)


def found(*boxes: Box, known=(LINE,), **levels: int) -> list[Row]:
    """What is left out of a page with one line that was found."""
    return rows_left_out(page(*PRINT, *boxes, **levels), known, LETTER)


def spans(rows: list[Row]) -> list[tuple[int, int]]:
    """Left and right, less the pixel by which joined parts may be longer."""
    return sorted((row.left, row.right - row.right % 2) for row in rows)


def test_single_characters_beside_a_line_are_found():
    """Far apart in its row, each where it stands; the line itself is not."""
    rows = found(letter(500, 100), letter(700, 100))
    assert spans(rows) == [(500, 520), (700, 720)]
    assert all((row.top, row.bottom, row.has_line) == (100, 120, True) for row in rows)


@pytest.mark.parametrize(("lower", "found_"), [(-1, True), (1, False)])
@pytest.mark.parametrize("way", [-1, 1])
def test_a_character_is_level_with_a_line(lower, found_, way):
    """A third of a letter above or below its middle; further off it is dust."""
    off = way * (round(LEVEL * LETTER) + lower)
    assert bool(found(letter(500, 100 + off))) is found_


@pytest.mark.parametrize(("wide", "number"), [(1, 1), (0, 0)])
def test_a_row_of_its_own_is_long(wide, number):
    """Four letters where there is no line; less of it counts only beside one."""
    right = 500 + LONG * LETTER + wide
    boxes = [(x, 300, min(x + 12, right), 320) for x in range(500, right, 20)]
    boxes[-1] = (boxes[-1][0], 300, right, 320)
    rows = found(*boxes)
    assert len(rows) == number
    assert not any(row.has_line for row in rows)


def test_a_slanting_row_is_known_by_the_slope_of_the_lines():
    """On a crooked page the row of a line rises or sinks as the lines do."""
    slanting = quad(100, 96, 300, 124, sink=10)
    assert found(letter(700, 125), known=(slanting,))
    assert not found(letter(700, 100), known=(slanting,))


@pytest.mark.parametrize(
    ("wide", "high", "found_"),
    [
        (20, round(HIGH[0] * LETTER), True),
        (20, round(HIGH[0] * LETTER) - 1, False),
        (round(NARROW * LETTER), 20, True),
        (round(NARROW * LETTER) - 1, 20, False),
        (20, round(PART[1] * LETTER), True),
        (20, round(PART[1] * LETTER) + 1, False),
        (round(PART[1] * LETTER), 20, True),
        (round(PART[1] * LETTER) + 1, 20, False),
    ],
)
def test_letters_have_a_size(wide, high, found_):
    """Half a letter to one and a half; what is larger is a picture or a frame."""
    assert bool(found(letter(500, 110 - high // 2, wide, high))) is found_


@pytest.mark.parametrize(("more", "found_"), [(0, True), (1, False)])
def test_a_long_row_may_be_higher(more, found_):
    """By a twentieth of its width: it may be askew."""
    wide = 200
    high = round(HIGH[1] * LETTER + ASKEW * wide) + more
    upper = [letter(500 + 30 * n, 300, 20, 18) for n in range(7)]
    lower = [letter(500 + 30 * n, 300 + 20, 20, high - 20) for n in range(7)]
    assert bool(found(*upper, *lower)) is found_


@pytest.mark.parametrize(("side", "found_"), [(3, True), (2, False)])
def test_dust_is_no_part_of_a_letter(side, found_):
    """Dots of an eighth of a letter may be; smaller ones are dust."""
    assert (side >= PART[0] * LETTER) is found_
    dots = [
        (x, y, x + side, y + side)
        for x in range(500, 520, 6)
        for y in (100, 105, 110, 115)
    ]
    assert bool(found(*dots)) is found_


@pytest.mark.parametrize(
    ("gap", "number"),
    [
        (round(APART * LETTER) - 2, 1),
        (round(BETWEEN * LETTER) - 2, 1),
        (round(BETWEEN * LETTER) + 2, 2),
    ],
)
def test_characters_near_each_other_are_one_row(gap, number):
    """Joined, or gone on to over a gap; a wider gap ends the row."""
    first, second = (500, 520), (520 + gap, 540 + gap)
    rows = found(letter(500, 100), letter(520 + gap, 100))
    one = [(500, 540 + gap)]
    assert spans(rows) == (one if number == 1 else [first, second])


def test_low_signs_go_with_their_row():
    """A dash beside a character, too low to be one, is in its row; both ways."""
    dash = 400, 108, 424, 111
    assert spans(found(dash, letter(450, 100))) == [(400, 470)]
    assert spans(found(letter(350, 100), dash)) == [(350, 424)]
    assert not found(dash)


@pytest.mark.parametrize("bar", [(435, 60, 437, 200), (435, 90, 438, 180)])
def test_a_row_ends_at_an_upright_rule(bar):
    """What stands in the next cell of a table is not read into the row."""
    dash = 400, 108, 424, 111
    assert spans(found(dash, bar, letter(450, 100))) == [(450, 470)]


def test_a_row_ends_at_a_known_line():
    """What was found already is not read twice."""
    assert spans(found(letter(320, 100))) == [(320, 340)]


@pytest.mark.parametrize(("length", "number"), [(1, 1), (-1, 0)])
def test_a_rule_is_taken_from_the_letters_on_it(length, number):
    """A straight run of four letters; what is shorter makes one large blot of them."""
    rule = 500, 118, 500 + RULE * LETTER + length, 121
    assert len(found(*row_of(3, 500, 100), rule)) == number


@pytest.mark.parametrize(("level", "found_"), [(-1, True), (0, False)])
def test_pale_print_is_from_the_back(level, found_):
    """Paler than the page's print by sixty levels: it shines through the paper."""
    grey = page(*PRINT, ink=40)
    grey[100:120, 500:520] = 40 + PALE + level
    assert bool(rows_left_out(grey, [LINE], LETTER)) is found_


@pytest.mark.parametrize(("level", "found_"), [(1, True), (-2, False)])
def test_ink_is_darker_than_the_paper_about_it(level, found_):
    """By twenty-five levels, less what the ink itself takes from the mean."""
    grey = page(*PRINT, ink=190, paper=240)
    around = (3 * LETTER + 1) ** 2
    ink = 240 - round((DARKER + level) / (1 - LETTER**2 / around))
    grey[100:120, 500:520] = ink
    assert bool(rows_left_out(grey, [LINE], LETTER)) is found_


@pytest.mark.parametrize(("number", "rows"), [(TEXTURE, TEXTURE), (TEXTURE + 1, 0)])
def test_a_page_with_very_many_rows_shows_a_picture(number, rows):
    """Sixty rows may be print; more of them are the pattern of a cloth."""
    boxes = [letter(20 + 74 * (n % 13), 10 + 74 * (n // 13)) for n in range(number)]
    known = [quad(-50, 6 + 74 * n, -10, 34 + 74 * n) for n in range(5)]
    assert len(rows_left_out(page(*boxes), known, LETTER)) == rows


def test_longest_rows_come_first_and_none_lies_in_another():
    """Two parts of one row, each gone on to the other, are one."""
    rows = found(*row_of(2, 400, 100), *row_of(6, 480, 100), *row_of(5, 500, 300))
    widths = [row.width for row in rows]
    assert widths == sorted(widths, reverse=True)
    assert [(row.left, row.top) for row in rows] == [(400, 100), (500, 300)]


@given(
    st.integers(1, 60),
    st.integers(1, 60),
    st.floats(0.1, 40),
    st.lists(st.tuples(*[st.integers(-30, 90)] * 4), max_size=4),
    st.data(),
)
def test_any_picture_gives_rows_within_it(high, wide, letter_, boxes, data):
    """However small, with lines off the page or without any: nothing raises."""
    raw = data.draw(st.binary(min_size=high * wide, max_size=high * wide))
    grey = np.frombuffer(raw, np.uint8).reshape(high, wide)
    for row in rows_left_out(grey, [quad(*box) for box in boxes], letter_):
        assert 0 <= row.left < row.right <= wide
        assert 0 <= row.top < row.bottom <= high


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (300, 300)])
@pytest.mark.parametrize("level", [0, 255])
def test_blank_pages_of_any_shape(shape, level):
    """All white or all black: nothing was left out."""
    assert rows_left_out(np.full(shape, level, np.uint8), [], LETTER) == []


def test_page_of_noise_takes_no_time():
    """Ten thousand parts, and as many lines as a page can have."""
    noise = np.random.default_rng(1).random((1200, 1200)) < 0.03
    grey = np.where(noise, 0, 255).astype(np.uint8)
    lines = [quad(10 * n % 1200, n, 10 * n % 1200 + 5, n + 3) for n in range(1000)]
    started = time.process_time()
    rows_left_out(grey, lines, 12)
    assert time.process_time() - started < SECONDS
