"""The parts of the OFD reader that are values in, values out."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.reading.ofd_geometry import (
    applied,
    box,
    combined,
    deltas,
    matrix,
    moved,
    number,
)
from workers.reading.ofd_paths import svg_path


@pytest.mark.parametrize(
    ("said", "count", "steps"),
    [
        ("3 4 5", 3, [3, 4, 5]),
        ("g 4 1.59 3.17 g 2 1.59", 7, [1.59] * 4 + [3.17] + [1.59] * 2),
        ("1.59", 4, [1.59] * 4),
        ("1 2", 4, [1, 2, 2, 2]),
        ("g 3 2", 2, [2, 2]),
        ("g x 2 7", 1, [7]),
        ("", 3, None),
        (None, 3, None),
        ("5", 0, None),
    ],
)
def test_deltas(said, count, steps):
    """Repetition, lists too short and too long, nonsense (11.3)."""
    assert deltas(said, count) == steps


def test_deltas_bomb():
    """A claim of billions of repeats makes no more steps than there are characters."""
    assert deltas("g 99999999999 1 " * 1000, 5) == [1] * 5


@given(st.text(max_size=40), st.integers(0, 20))
def test_deltas_take_anything(said, count):
    """Whatever stands there, there are as many finite steps as asked for, or none."""
    steps = deltas(said, count)
    assert steps is None or len(steps) == count
    assert all(math.isfinite(step) for step in steps or ())


@pytest.mark.parametrize("said", ["inf", "nan", "1e400", "-1e7", "x", "", None])
def test_numbers_out_of_this_world(said):
    """What is not finite or larger than a kilometre counts as absent."""
    assert number(said, 7.0) == 7.0


@pytest.mark.parametrize("said", ["0 0 0 5", "0 0 5", "0 0 5 -1", "a b c d", None])
def test_no_box(said):
    """A box has four numbers and an area."""
    assert box(said) is None


def test_matrices():
    """The inner matrix counts first; the order of OFD is that of PDF and SVG."""
    turn = matrix("0 1 -1 0 0 0")
    assert turn is not None
    both = combined(moved(10, 0), turn)
    assert applied(both, 2, 0) == (10, 2)


@pytest.mark.parametrize(
    ("ofd", "svg"),
    [
        ("M 1 2 L 3.5 4 C", "M 1 2 L 3.5 4 Z"),
        ("S 1 2 B 1 2 3 4 5 6", "M 1 2 C 1 2 3 4 5 6"),
        ("M 0 0 A 5 5 0 1 0 9 9", "M 0 0 A 5 5 0 1 0 9 9"),
        ("L 3 4", "M 0 0 L 3 4"),
        ("M 1 2 X 3 4", "M 1 2"),
        ("M 1 nan", ""),
        ('"/><script>', ""),
    ],
)
def test_paths(ofd, svg):
    """Letters are put into those of SVG; what is wrong ends the path."""
    assert svg_path(ofd) == svg


@given(st.text(alphabet="MLQBACSg 0123456789.-e\"<>/'", max_size=80))
def test_paths_hold_no_markup(data):
    """Nothing but letters of commands and numbers comes out."""
    assert not set(svg_path(data)) - set("MLQCAZ 0123456789.-")
