"""The order in which a person reads the lines of a page.

Rows from top to bottom and the cells of a row from left to right, as tables are read,
each cell to its end; two columns of running text one after the other; vertical text
from right to left; what lies across the rows, as the words of a stamp do, at the end.
The order in which the engine found the lines does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from PIL import Image

from workers.reading.reading_order_blocks import Block, block_of, by_rows, read_blocks
from workers.reading.reading_order_columns import columns_of
from workers.reading.reading_order_level import Level, is_aslant, level_of
from workers.reading.reading_order_places import Place, place_of
from workers.reading.reading_order_tables import run_together, tables_of
from workers.reading.reading_order_wrapped import wrapped
from workers.tools.ocr import OcrLine

TALL: Final = 2.0  # a vertical line is this many times as tall as wide
LEAST_RULED: Final = 3  # lines, before it is worth while to look for a table


def in_reading_order(
    lines: Sequence[OcrLine], image: Image.Image | None = None
) -> list[OcrLine]:
    """The lines as they are read; the same for every order they come in.

    Args:
        lines: of one page.
        image: the page, in whose pixels the lines are; shows where tables are ruled.
    """
    vertical = [line for line in lines if is_vertical(line)]
    if 2 * sum(len(line.text) for line in vertical) > sum(len(x.text) for x in lines):
        others = [line for line in lines if not is_vertical(line)]
        return [*_horizontal(others, None), *_right_to_left(vertical)]
    return _horizontal(lines, image)


def is_vertical(line: OcrLine) -> bool:
    """Whether its characters stand one below the other."""
    return len(line.text) > 1 and line.height > TALL * line.width


def _right_to_left(lines: Sequence[OcrLine]) -> list[OcrLine]:
    """Columns that stand beside each other, each from top to bottom."""
    columns: list[list[OcrLine]] = []
    for line in sorted(lines, key=lambda x: (-x.left - x.width / 2, x.top, x.text)):
        centre = line.left + line.width / 2
        if columns and columns[-1][0].left < centre:
            columns[-1].append(line)
        else:
            columns.append([line])
    return [
        line
        for column in columns
        for line in sorted(column, key=lambda x: (x.top, x.left, x.text))
    ]


def _horizontal(lines: Sequence[OcrLine], image: Image.Image | None) -> list[OcrLine]:
    level = level_of(lines)
    places = sorted((place_of(line, level) for line in lines), key=lambda x: x.key)
    aslant = [place for place in places if is_aslant(place.line, level)]
    if 2 * len(aslant) > len(places):
        aslant = []
    apart = {id(place) for place in aslant}
    places = [place for place in places if id(place) not in apart]
    cells = [] if image is None else _cells(image, level, places)
    held = {id(place) for cell in cells for place in cell.places}
    loose = [place for place in places if id(place) not in held]
    read = read_blocks(tables_of(cells, _blocks(loose)))
    return [place.line for place in (*read, *aslant)]


def _cells(image: Image.Image, level: Level, places: Sequence[Place]) -> list[Block]:
    if len(places) < LEAST_RULED:
        return []
    # A reader of text alone need not load what looks at pictures.
    from workers.reading.ruled_cells import ruled_cells  # noqa: PLC0415 (as above)

    cells = [
        Block(
            cell.left,
            cell.right,
            cell.top,
            cell.bottom,
            tuple(read_blocks(_blocks(held))),
            ruled=True,
        )
        for cell, held in ruled_cells(image, level, places).items()
    ]
    return [cell for cell in cells if not run_together(cell, cells)]


def _blocks(places: Sequence[Place]) -> list[Block]:
    """Columns, cells that are not ruled, and single lines; `places` from the top."""
    blocks = [block_of(by_rows(side)) for sides in columns_of(places) for side in sides]
    held = {id(place) for block in blocks for place in block.places}
    rest = [place for place in places if id(place) not in held]
    texts = wrapped(rest)
    held = {id(place) for text in texts for place in text}
    return [
        *blocks,
        *(block_of(text) for text in texts),
        *(block_of([place]) for place in rest if id(place) not in held),
    ]
