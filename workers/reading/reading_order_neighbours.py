"""What stands beside a line and below it, as places in a list from the top."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from workers.reading.reading_order_places import Place

FAR: Final = 2.0  # heights of a line, beyond which another has nothing to do with it
BESIDE: Final = 0.5  # of a line's height, between middles in one row


def next_below(places: Sequence[Place], at: int) -> int | None:
    """The only line right below this one, which is the only one right above it."""
    above = places[at]
    under = [
        n
        for n in range(at + 1, _until(places, at, 1))
        if overlap(above, places[n]) and not in_row(above, places[n])
    ]
    if not under:
        return None
    first = under[0]
    if len(under) > 1 and in_row(places[first], places[under[1]]):
        return None
    over = [
        n
        for n in range(first - 1, _until(places, first, -1), -1)
        if overlap(places[n], places[first])
    ]
    if len(over) > 1 and in_row(places[over[0]], places[over[1]]):
        return None
    return first if over and over[0] == at else None


def _until(places: Sequence[Place], at: int, step: int) -> int:
    """Where lines begin that are too far below, or above, to belong together."""
    far = FAR * places[at].height
    n = at + step
    while 0 <= n < len(places) and abs(places[n].middle - places[at].middle) <= far:
        n += step
    return n


def nearby(places: Sequence[Place], at: int) -> list[int]:
    """Lines that stand beside this one, or half a line above or below."""
    place = places[at]
    return [
        n
        for n in range(_until(places, at, -1) + 1, _until(places, at, 1))
        if abs(places[n].middle - place.middle) < place.height and n != at
    ]


def beside_it(places: Sequence[Place], at: int) -> list[int]:
    """Lines in the row of this one."""
    return [n for n in nearby(places, at) if in_row(places[at], places[n])]


def in_row(one: Place, other: Place) -> bool:
    """Whether two lines stand beside each other."""
    return abs(one.middle - other.middle) < BESIDE * min(one.height, other.height)


def overlap(one: Place, other: Place) -> bool:
    """Whether one line stands below the other, at least in part."""
    return min(one.right, other.right) - max(one.left, other.left) > 0.5 * min(
        one.height, other.height
    )
