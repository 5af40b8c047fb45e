"""Boxes of lines: a part of a line that was found twice goes, neighbours stay."""

from __future__ import annotations

import numpy as np
import pytest

from workers.tools.line_boxes import Pixels, height, without_inner


def box(left: float, top: float, wide: float, high: float, slope: float = 0) -> Pixels:
    """Corners from the upper left on, rising by `slope` pixels over its width."""
    right, bottom = left + wide, top + high
    corners = [left, top], [right, top - slope], [right, bottom - slope], [left, bottom]
    return np.array(corners, np.float32)


LINE = box(0, 0, 200, 20)


@pytest.mark.parametrize(
    ("part", "left"),
    [
        (box(50, 0, 99, 20), 1),  # less than half as large
        (box(50, 0, 101, 20), 2),
        (box(149, 0, 70, 20), 1),  # 51 of 70 inside
        (box(152, 0, 70, 20), 2),
        (box(50, 5, 60, 20), 1),  # 15 of 20 inside
        (box(50, 7, 60, 20), 2),
        (box(300, 0, 60, 20), 2),
    ],
)
def test_a_part_of_a_line_goes(part: Pixels, left: int) -> None:
    """What lies mostly inside a line of twice its area was found twice."""
    found = without_inner([LINE, part])
    assert [each is part for each in found] == [False, True][:left]


def test_slanting_neighbours_stay() -> None:
    """Upright frames about two slanting lines overlap; the lines do not."""
    long = box(0, 100, 400, 20, slope=80)
    short = box(250, 75, 100, 20, slope=20)
    assert len(without_inner([long, short])) == 2


def test_the_height_of_an_upright_line_is_its_shorter_side() -> None:
    """A line from top to bottom is as high as its letters are wide."""
    assert height(box(0, 0, 200, 20)) == height(box(0, 0, 20, 200)) == 20
