"""Blocks of a page - lines, cells, columns - and the order in which they are read.

A page is cut into strips that stand one below the other. The blocks of a strip are
read by rows; where one of them is higher than a line, from left to right.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Final

from workers.reading.reading_order_places import Place

SAME_ROW: Final = 0.5  # of the lower line's height, between the middles
CORE: Final = 0.25  # of a line's height above and below its middle is surely its row
SIDE: Final = 0.25  # of a line's height by which lines beside each other may overlap
SAME_TOP: Final = 0.5  # of a line's height, between cells of a row


@dataclass(frozen=True, slots=True)
class Block:
    """Lines that are read together, in their order, and the room they take.

    Attributes:
        top: where no line above it is beside it.
        bottom: where no line below it is beside it.
        ruled: whether the room is that of a cell between ruled lines.
    """

    left: float
    right: float
    top: float
    bottom: float
    places: tuple[Place, ...]
    ruled: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """What blocks are sorted by."""
        return (self.top, self.left, self.right, self.places[0].key)

    @property
    def is_line(self) -> bool:
        """Whether it is a line outside of all cells."""
        return len(self.places) == 1 and not self.ruled


def block_of(places: Sequence[Place]) -> Block:
    """The block of lines that are read in this order."""
    return Block(
        min(each.left for each in places),
        max(each.right for each in places),
        min(each.middle - CORE * each.height for each in places),
        max(each.middle + CORE * each.height for each in places),
        tuple(places),
    )


def read_blocks(blocks: Sequence[Block]) -> list[Place]:
    """The lines of the blocks in their order."""
    ordered: list[Place] = []
    # No recursion: a page may have a thousand blocks, each left of the next.
    waiting = [list(blocks)]
    while waiting:
        strips = _cut(sorted(waiting.pop(), key=lambda x: x.key))
        if len(strips) > 1:
            waiting.extend(reversed(strips))
            continue
        for strip in strips:
            places, parts = _read_strip(strip)
            ordered.extend(places)
            waiting.extend(reversed(parts))
    return ordered


def _cut(blocks: Sequence[Block]) -> list[list[Block]]:
    """Strips with nothing beside each other; `blocks` from the top."""
    strips: list[list[Block]] = []
    bottom = float("-inf")
    for block in blocks:
        if block.top >= bottom:
            strips.append([])
        strips[-1].append(block)
        bottom = max(bottom, block.bottom)
    return strips


def _read_strip(strip: list[Block]) -> tuple[list[Place], list[list[Block]]]:
    """The lines of a strip; or else its parts, to be read from left to right."""
    if len(strip) == 1:
        return list(strip[0].places), []
    if all(block.is_line for block in strip):
        lines = sorted((x.places[0] for x in strip), key=lambda x: x.key)
        return by_rows(lines), []
    first, rest = _leftmost(strip)
    if not rest:
        return read_cells(strip), []
    return [], [first, rest]


def read_cells(strip: Sequence[Block]) -> list[Place]:
    """The lines of cells, which are read by the rows in which they begin."""
    rows: list[list[Block]] = []
    near = SAME_TOP * median(x.height for block in strip for x in block.places)
    for block in sorted(strip, key=lambda x: x.key):
        if rows and block.top - rows[-1][0].top < near:
            rows[-1].append(block)
        else:
            rows.append([block])
    cells = (
        cell for row in rows for cell in sorted(row, key=lambda x: (x.left, *x.key))
    )
    return [place for cell in cells for place in cell.places]


def _leftmost(strip: Sequence[Block]) -> tuple[list[Block], list[Block]]:
    """The blocks left of the first gap that goes down through all of them."""
    overlap = SIDE * median(x.height for block in strip for x in block.places)
    ordered = sorted(strip, key=lambda x: (x.left, *x.key))
    right = ordered[0].right
    for place, block in enumerate(ordered):
        if block.left >= right - overlap and place:
            return ordered[:place], ordered[place:]
        right = max(right, block.right)
    return ordered, []


def by_rows(places: Sequence[Place]) -> list[Place]:
    """Lines by rows; `places` from the top."""
    rows: list[list[Place]] = []
    for place in places:
        if rows and same_row(rows[-1][-1], place) and same_row(rows[-1][0], place):
            rows[-1].append(place)
        else:
            rows.append([place])
    return [
        place for row in rows for place in sorted(row, key=lambda x: (x.left, *x.key))
    ]


def same_row(one: Place, other: Place) -> bool:
    """Whether the second, which is not above the first, stands beside it."""
    return other.middle - one.middle < SAME_ROW * min(one.height, other.height)


def stand_alone(places: Sequence[Place]) -> float:
    """The part of the lines that have none beside them; `places` from the top."""
    alone = sum(not same_row(a, b) for a, b in pairwise(places))
    return alone / max(1, len(places) - 1)
