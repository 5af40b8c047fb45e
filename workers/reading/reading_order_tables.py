"""Tables with ruled lines: which cells are to be trusted, and in which order they go.

Cells are read by the rows in which they begin, as they are written down in HTML. A
text whose cell was not found, because a line of it is broken, goes with the row that
it stands in.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import Final

from workers.reading.reading_order_blocks import Block, read_cells
from workers.reading.reading_order_places import Place

APART: Final = 1.0  # heights of a line, between two tables


def tables_of(cells: Sequence[Block], loose: Sequence[Block]) -> list[Block]:
    """The tables, and those of the loose blocks that stand in none."""
    left = list(loose)
    found = []
    for cells_of_one in _tables(cells):
        box = _box(cells_of_one)
        inside = [each for each in left if _holds(box, each)]
        left = [each for each in left if not _holds(box, each)]
        moved = [_in_its_row(each, cells_of_one) for each in inside]
        places = read_cells([*cells_of_one, *moved])
        found.append(Block(box.left, box.right, box.top, box.bottom, tuple(places)))
    return [*found, *left]


def run_together(cell: Block, cells: Sequence[Block]) -> bool:
    """Whether several cells look like one, because a line between them is broken.

    Their texts stand in rows that other cells keep apart, and not below each other.
    """
    scattered = any(
        one.right <= other.left or other.right <= one.left
        for one, other in pairwise(cell.places)
    )
    return scattered and any(
        cell.top < line < cell.bottom and not cell.left < each.left < cell.right
        for each in cells
        if each is not cell
        for line in (each.top,)
        if line - cell.top > _height(cell) / 2
    )


def _height(block: Block) -> float:
    return median(place.height for place in block.places)


def _tables(cells: Sequence[Block]) -> list[list[Block]]:
    tables: list[list[Block]] = []
    bottom = 0.0
    for cell in sorted(cells, key=lambda x: x.key):
        if not tables or cell.top - bottom > APART * _height(cell):
            tables.append([])
            bottom = cell.bottom
        tables[-1].append(cell)
        bottom = max(bottom, cell.bottom)
    return tables


def _box(cells: Sequence[Block]) -> Block:
    return Block(
        min(each.left for each in cells),
        max(each.right for each in cells),
        min(each.top for each in cells),
        max(each.bottom for each in cells),
        (),
    )


def _holds(box: Block, block: Block) -> bool:
    across, down = (block.left + block.right) / 2, _middle(block.places)
    return box.left < across < box.right and box.top < down < box.bottom


def _middle(places: Sequence[Place]) -> float:
    return (places[0].middle + places[-1].middle) / 2


def _in_its_row(block: Block, cells: Sequence[Block]) -> Block:
    """With the top of the nearest cell beside it, or of its own."""
    first = block.places[0]
    row = [each for each in cells if each.top < first.middle < each.bottom]
    near = min(
        row,
        key=lambda x: (max(x.left - block.right, block.left - x.right), x.key),
        default=None,
    )
    top = first.middle - 0.75 * first.height if near is None else near.top
    return Block(block.left, block.right, top, block.bottom, block.places, ruled=True)
