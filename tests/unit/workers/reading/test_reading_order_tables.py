"""Which cells are of one table, and which are to be trusted."""

from __future__ import annotations

import pytest

from tests.placed_lines import HIGH, line
from workers.reading.reading_order_blocks import Block, read_blocks
from workers.reading.reading_order_level import Level
from workers.reading.reading_order_places import Place, place_of
from workers.reading.reading_order_tables import run_together, tables_of


def places(*boxes: tuple[float, float, float]) -> tuple[Place, ...]:
    return tuple(place_of(line("字句", *box), Level()) for box in boxes)


def cell(left: float, right: float, top: float, bottom: float, *held: Place) -> Block:
    inside = held or places((left + 5, top + 5, right - left - 10))
    return Block(left, right, top, bottom, inside, ruled=True)


@pytest.mark.parametrize(("gap", "tables"), [(HIGH, 1), (HIGH + 1, 2)])
def test_a_height_lies_between_two_tables(gap, tables):
    """Cells that stand one line's height below others are of the same table."""
    above, below = cell(100, 300, 100, 140), cell(100, 300, 140 + gap, 180 + gap)
    assert len(tables_of([above, below], [])) == tables


APART = places((10, 110, 90), (210, 160, 90))  # the second right of the first


@pytest.mark.parametrize(("top", "found"), [(100, False), (115, False), (116, True)])
def test_cells_run_together_where_another_begins(top, found):
    """A cell to the right that begins half a line below the top shows two rows."""
    whole = cell(0, 400, 100, 200, *APART)
    assert run_together(whole, [whole, cell(400, 600, top, 200)]) is found


def test_lines_below_each_other_are_one_cell():
    """Two lines of one text stand in the rows of another cell, and run not together."""
    text = places((10, 110, 290), (10, 160, 190))
    whole = cell(0, 400, 100, 200, *text)
    assert not run_together(whole, [whole, cell(400, 600, 150, 200)])


def test_only_cells_beside_it_keep_rows_apart():
    """What begins within its own width says nothing of its rows; nor does it itself."""
    whole = cell(0, 400, 100, 200, *APART)
    assert not run_together(whole, [whole, cell(200, 400, 150, 200)])
    assert not run_together(whole, [whole])


def test_a_thousand_blocks_beside_each_other():
    """However many blocks stand beside a high one, each left of the next, all are read.

    Whoever takes them one out of the other comes to the end of the stack.
    """
    tall = cell(9000, 9100, 0, 9000, *places((9010, 10, 50), (9010, 8900, 50)))
    stairs = [cell(8 * n, 8 * n + 7, 8 * n, 8 * n + 20) for n in range(1100)]
    found = read_blocks([*stairs, tall])
    assert [each.left for each in found] == sorted(each.left for each in found)
    assert len(found) == 1102
