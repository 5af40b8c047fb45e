"""Text of several lines that stands beside other text, with no ruled lines around it.

Whoever fills in a form goes on below when the line is full. Such lines are read
together, before what stands to the right of them. They are found by their edges and
by what stands beside them: where all of a row goes on in the next, it is a new row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from workers.reading.reading_order_neighbours import (
    FAR,
    beside_it,
    in_row,
    nearby,
    next_below,
    overlap,
)
from workers.reading.reading_order_places import Place

ALIKE: Final = 0.6  # of the higher line's height
STEP: Final = (0.6, FAR)  # heights of a line, from a line to what goes on below it
INDENT: Final = 2.7  # heights of a line: two characters, at the head of a paragraph
EDGE: Final = 1.0  # heights of a line, between edges that are one
FULL: Final = 2.0  # heights of a line, left of where the column ends
GUTTER: Final = 4.0  # heights of a line, at most, to what stands to the right
NARROW: Final = 3.0  # the same, where all of the row goes on below
LEAST: Final = 6  # characters in a line that is full
PROSE: Final = 10  # the same, where all of the row goes on below
CENTRED: Final = 0.4  # of a line's height
_NUMBERED = (
    r"[（(]?(?:\d{1,2}|[一二三四五六七八九十]{1,3})[.．、）)]|第.{1,4}[条章节款]"
)
_BEGINS = re.compile(rf"\s*(?:[^：:，。；]{{1,8}}[：:]|{_NUMBERED})")
_LABELLED = re.compile(r"\s*(?:[^：:，。；]{1,8}[：:]|\S{2,6}\s)\s*\S")
_WORDS = re.compile(r"[^\W\d_]")

Pair = tuple[int, int]


def wrapped(places: Sequence[Place]) -> list[list[Place]]:
    """The texts of several lines beside others; `places` from the top."""
    beside = [beside_it(places, at) for at in range(len(places))]
    pairs = _consistent(places, beside, dict(_pairs(places)))
    texts: list[list[int]] = []
    ends: dict[int, list[int]] = {}
    for above, below in sorted(pairs.items()):
        text = ends.pop(above, None)
        if text is None:
            text = [above]
            texts.append(text)
        text.append(below)
        ends[below] = text
    return [
        [places[at] for at in text]
        for text in texts
        if _is_cell([places[at] for at in text], places)
    ]


def _pairs(places: Sequence[Place]) -> Iterable[Pair]:
    """Lines that may go on in the line below."""
    for at, above in enumerate(places):
        below = next_below(places, at)
        if below is None:
            continue
        if _goes_on(above, places[below]) and _is_full(places, at):
            yield at, below


def _goes_on(above: Place, below: Place) -> bool:
    low, high = sorted((above.height, below.height))
    step = (below.middle - above.middle) / high
    text = above.line.text
    return (
        low >= ALIKE * high
        and STEP[0] <= step <= STEP[1]
        and len(text) >= LEAST
        and _is_words(text)
        and not _BEGINS.match(below.line.text)
        and below.right - above.right <= EDGE * high
        and _aligned(above, below, high)
    )


def _is_words(text: str) -> bool:
    """Whether it is letters more than digits: numbers do not go on below."""
    return len(_WORDS.findall(text)) > sum(each.isdecimal() for each in text)


def _aligned(above: Place, below: Place, height: float) -> bool:
    """At one edge, moved in at the head, below the value, or at one centre."""
    out = above.left - below.left
    if -EDGE * height <= out <= INDENT * height:
        return True
    if out < 0 and _LABELLED.match(above.line.text):
        return below.left < above.left + above.width / 2
    return abs(above.left + above.right - below.left - below.right) < EDGE * height


def _is_full(places: Sequence[Place], at: int) -> bool:
    """Whether a further word would not have found room in the line."""
    place = places[at]
    right = [n for n in nearby(places, at) if places[n].left >= place.right]
    if right:
        nearest = min(places[n].left for n in right)
        return nearest - place.right <= GUTTER * place.height
    column = [x.right for x in places if abs(x.left - place.left) < EDGE * place.height]
    return max(column) - place.right <= FULL * place.height


def _consistent(
    places: Sequence[Place], beside: Sequence[list[int]], pairs: dict[int, int]
) -> dict[int, int]:
    """Without those beside which a new row begins."""
    kept = dict(pairs)
    while True:
        wrong = [
            above
            for above, below in kept.items()
            if _new_row(places, (above, below), beside, kept)
        ]
        if not wrong:
            return kept
        for above in wrong:
            del kept[above]


def _new_row(
    places: Sequence[Place],
    pair: Pair,
    beside: Sequence[list[int]],
    pairs: dict[int, int],
) -> bool:
    """Whether what stands beside does not go on, or may be a row as well as not."""
    above, below = pair
    both = [
        (over, under)
        for over in beside[above]
        for under in beside[below]
        if over != under and overlap(places[over], places[under])
    ]
    return any(
        pairs.get(over) != under or not _is_prose(places, (over, above))
        for over, under in both
    )


def _is_prose(places: Sequence[Place], row: Iterable[int]) -> bool:
    """Whether the lines of a row are long, and none has room for a further word."""
    right = max(place.right for place in places)
    for at in row:
        place = places[at]
        ends = [places[n].left for n in nearby(places, at)]
        end = min((x for x in ends if x >= place.right), default=right)
        if len(place.line.text) < PROSE or end - place.right > NARROW * place.height:
            return False
    return True


def _is_cell(text: Sequence[Place], places: Sequence[Place]) -> bool:
    """Whether what stands beside it does so at its first line or at its middle."""
    first, last = text[0], text[-1]
    inside = {id(each) for each in text}
    middle = (first.middle + last.middle) / 2
    left, right = min(x.left for x in text), max(x.right for x in text)
    return all(
        in_row(first, each) or abs(each.middle - middle) < CENTRED * each.height
        for each in places
        if id(each) not in inside
        and first.middle <= each.middle <= last.middle
        and (
            each.right <= left + each.height / 2 or each.left >= right - each.height / 2
        )
    )
