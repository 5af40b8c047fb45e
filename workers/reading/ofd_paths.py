"""Path data of OFD as path data of SVG (GB/T 33190-2016, 9.1).

Both write one letter and its numbers; letters and some meanings differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from workers.reading.ofd_geometry import number, written

# The letter in SVG, and how many numbers follow.
_COMMANDS: Final[dict[str, tuple[str, int]]] = {
    "S": ("M", 2),
    "M": ("M", 2),
    "L": ("L", 2),
    "Q": ("Q", 4),
    "B": ("C", 6),
    "A": ("A", 7),
    "C": ("Z", 0),
}
_ARC_FLAGS = (3, 4)


def svg_path(data: str) -> str:
    """The same path for SVG, up to where it is wrong; empty if there is none."""
    return " ".join(_commands(data.replace(",", " ").split()))


def _commands(words: list[str]) -> Iterator[str]:
    place, begun = 0, False
    while place < len(words):
        letter, count = _COMMANDS.get(words[place], ("", 0))
        values = [
            number(word, math.nan) for word in words[place + 1 : place + 1 + count]
        ]
        if not letter or len(values) < count or any(map(math.isnan, values)):
            return
        if not begun and letter != "M":
            # SVG wants a beginning; OFD begins in the corner.
            yield "M 0 0"
        begun = True
        yield " ".join((letter, *_numbers(letter, values)))
        place += 1 + count


def _numbers(letter: str, values: list[float]) -> Iterator[str]:
    for place, value in enumerate(values):
        if letter == "A" and place in _ARC_FLAGS:
            yield "1" if value else "0"
        else:
            yield written(value)
