"""Rows, and how the page lies under them: each bound, from both sides."""

from __future__ import annotations

import pytest

from tests.placed_lines import LONG, line, texts
from workers.reading.reading_order import is_vertical
from workers.reading.reading_order_level import MOST_TURN, level_of
from workers.tools.ocr import OcrLine


@pytest.mark.parametrize(("off", "found"), [(14, "左右"), (16, "右左")])
def test_a_row_is_half_a_line_high(off, found):
    """The left of two lines comes first unless it is half a line lower."""
    lines = [line("右", 400, 100, 60), line("左", 100, 100 + off, 60)]
    assert "".join(texts(lines)) == found


@pytest.mark.parametrize(("high", "found"), [(60, False), (61, True)])
def test_a_vertical_line_is_twice_as_tall_as_wide(high, found):
    """And has more than one character."""
    assert is_vertical(line("文字", 0, 0, 30, high)) is found
    assert not is_vertical(line("文", 0, 0, 30, high))


@pytest.mark.parametrize(("slope", "used"), [(0.29, True), (0.31, False)])
def test_a_page_that_lies_too_much_askew_is_no_guide(slope, used):
    """Lines that sink by more than 0.3 of their length are taken as level."""
    lines = []
    for n in range(8):
        y, down = 60 * n, 300 * slope
        quad = (0, y, 300, y + down, 300, y + down + 20, 0, y + 20)
        lines.append(OcrLine(LONG, 0.9, quad))
    assert level_of(lines).slope == pytest.approx(slope if used else 0)


@pytest.mark.parametrize(("slope", "last"), [(0.35, False), (0.37, True)])
def test_words_of_a_stamp_lie_across_the_rows(slope, last):
    """What leaves its row by more than 0.36 of its length is read at the end."""
    rows = [line(f"{n}{LONG}", 100, 100 + 70 * n, 600) for n in range(4)]
    down = 100 * slope
    y0, y1 = 115 - down / 2 - 20, 115 + down / 2 - 20  # around the middle of a row
    quad = (800, y0, 900, y1, 900, y1 + 40, 800, y0 + 40)
    found = texts([*rows, OcrLine("有限", 0.9, quad)])
    assert found.index("有限") == (4 if last else 1)


@pytest.mark.parametrize(("turn", "used"), [(0.00067, True), (0.00072, False)])
def test_rows_that_turn_too_much_are_no_guide(turn, used):
    """Lines 600 pixels apart that meet nearer than the bound are taken as level."""
    lines, lefts = [], []
    for n in range(13):
        y = 50.0 * n
        off = 50 * turn * (y - 300)
        lefts.append(y - off)
        quad = (450, y - off, 550, y + off, 550, y + off + 20, 450, y - off + 20)
        lines.append(OcrLine(LONG, 0.9, quad))
    assert (turn * (lefts[-1] - lefts[0]) <= MOST_TURN) is used
    assert level_of(lines).turn == pytest.approx(turn if used else 0, abs=1e-5)
