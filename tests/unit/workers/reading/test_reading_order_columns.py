"""What is read as two columns: each bound, from both sides."""

from __future__ import annotations

import pytest

from tests.placed_lines import LONG, line, texts
from workers.tools.ocr import OcrLine


def in_columns(tops: list[float], text: str = LONG) -> list[str]:
    """Side and number of the lines of two columns, as they are read."""
    found = texts(
        [
            line(f"{side}{row}{text}", left, top, 480)
            for row, top in enumerate(tops)
            for side, left in (("左", 100), ("右", 640))
        ]
    )
    return [each[:2] for each in found]


def one_after_the_other(rows: range) -> list[str]:
    return [f"{side}{row}" for side in "左右" for row in rows]


def test_a_column_has_four_lines():
    """Three are rows."""
    tops = [100.0 + 45 * row for row in range(4)]
    assert in_columns(tops) == one_after_the_other(range(4))
    assert in_columns(tops[:3]) == [
        f"{side}{row}" for row in range(3) for side in "左右"
    ]


@pytest.mark.parametrize(("long", "columns"), [(7, False), (8, True)])
def test_running_text_has_ten_characters(long, columns):
    """With two for side and number; shorter ones are the cells of a table."""
    found = in_columns([100.0 + 45 * row for row in range(5)], LONG[:long])
    assert (found == one_after_the_other(range(5))) is columns


@pytest.mark.parametrize(
    ("usual", "gap", "whole"),
    [(36, 53, True), (36, 55, False), (50, 59, True), (50, 61, False)],
)
def test_a_wide_gap_ends_the_columns(usual, gap, whole):
    """One and a half times the usual way down ends them, and two heights always do."""
    above = [100.0 + usual * row for row in range(4)]
    below = [above[-1] + gap + usual * row for row in range(4)]
    stretches = [range(8)] if whole else [range(4), range(4, 8)]
    assert in_columns([*above, *below]) == [
        each for rows in stretches for each in one_after_the_other(rows)
    ]


def left_is_read_first(left: list[OcrLine], rows: int) -> bool:
    """Whether all of this is read before a column of running text beside it."""
    right = [line(f"右{n}{LONG}", 640, 100 + 45 * n, 480) for n in range(rows)]
    found = [text[0] for text in texts([*left, *right])]
    return found == ["左"] * len(left) + ["右"] * rows


def column(widths: list[float], word: str = "") -> list[OcrLine]:
    return [
        line(f"左{n}{word}{LONG}", 100, 100 + 45 * n, width)
        for n, width in enumerate(widths)
    ]


@pytest.mark.parametrize(("full", "columns"), [(3, False), (4, True)])
def test_many_lines_fill_a_column(full, columns):
    """Four of ten."""
    left = column([480] * full + [300] * (10 - full))
    assert left_is_read_first(left, 10) is columns


@pytest.mark.parametrize(("part", "columns"), [(0.73, False), (0.77, True)])
def test_three_quarters_fill_a_column(part, columns):
    """Lines of that width count as full."""
    left = column([300, 480, 300, 480 * part])
    assert left_is_read_first(left, 4) is columns


@pytest.mark.parametrize(("labels", "columns"), [(3, True), (4, False)])
def test_a_form_has_many_labels(labels, columns):
    """Four lines of ten that begin with a label are read by rows."""
    left = column([480] * labels, "名称：") + column([480] * 10)[labels:]
    assert left_is_read_first(left, 10) is columns


@pytest.mark.parametrize(("pairs", "columns"), [(2, True), (3, False)])
def test_lines_of_a_column_stand_alone(pairs, columns):
    """Of eleven, two may have another beside them in the column, not three."""
    rows = 11 - pairs
    left = column([220] * pairs + [480] * (rows - pairs))
    left += [line(f"左边{LONG}", 360, 100 + 45 * n, 220) for n in range(pairs)]
    assert left_is_read_first(left, rows) is columns
