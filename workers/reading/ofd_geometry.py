"""Numbers, boxes and transformations of OFD, in millimetres (GB/T 33190-2016, 7.3).

Every number is untrusted: what is not finite or is absurdly large counts as absent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

MOST: Final = 1e6  # mm; a kilometre
MOST_NUMBERS: Final = 100_000

Matrix = tuple[float, float, float, float, float, float]
IDENTITY: Final[Matrix] = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_CORNERS = 4
_MATRIX = 6


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle: its upper left corner and its size."""

    x: float
    y: float
    width: float
    height: float


def number(text: str | None, default: float) -> float:
    """The number in `text`, or `default`."""
    try:
        value = float(text or "")
    except ValueError:
        return default
    return value if math.isfinite(value) and abs(value) <= MOST else default


def numbers(text: str | None) -> list[float]:
    """The numbers of a list, as far as they are numbers."""
    found: list[float] = []
    for word in islice((text or "").replace(",", " ").split(), MOST_NUMBERS):
        value = number(word, math.nan)
        if math.isnan(value):
            break
        found.append(value)
    return found


def box(text: str | None) -> Box | None:
    """An `ST_Box`: x, y, width, height; None unless it has an area."""
    found = numbers(text)
    if len(found) != _CORNERS or found[2] <= 0 or found[3] <= 0:
        return None
    return Box(*found)


def matrix(text: str | None) -> Matrix | None:
    """A `CTM`: six numbers."""
    found = numbers(text)
    if len(found) != _MATRIX:
        return None
    a, b, c, d, e, f = found
    return (a, b, c, d, e, f)


def combined(outer: Matrix, inner: Matrix) -> Matrix:
    """The matrix that applies `inner` first, then `outer`."""
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return (
        p * a + r * b, q * a + s * b,
        p * c + r * d, q * c + s * d,
        p * e + r * f + t, q * e + s * f + u,
    )  # fmt: skip


def moved(x: float, y: float) -> Matrix:
    """The matrix that moves by x, y."""
    return (1.0, 0.0, 0.0, 1.0, x, y)


def applied(by: Matrix, x: float, y: float) -> tuple[float, float]:
    """Where the point x, y comes to lie."""
    a, b, c, d, e, f = by
    return (a * x + c * y + e, b * x + d * y + f)


def written(value: float) -> str:
    """A number as SVG has it, to a hundred-thousandth."""
    return f"{value:.5f}".rstrip("0").rstrip(".")


def deltas(text: str | None, count: int) -> list[float] | None:
    """`count` steps between characters; None when there are none (11.3).

    `g n v` stands for n times v. A list that is too short goes on with its last
    value, as readers do; never more are made than there are characters.
    """
    if not (text or "").strip():
        return None
    steps = list(islice(_steps((text or "").split()), count))
    if not steps:
        return None
    return steps + [steps[-1]] * (count - len(steps))


def _steps(words: list[str]) -> Iterator[float]:
    place = 0
    while place < len(words):
        if words[place] == "g" and place + 2 < len(words):
            times, value = words[place + 1], number(words[place + 2], 0.0)
            for _ in range(int(times) if times.isdigit() else 0):
                yield value
            place += 3
        else:
            yield number(words[place], 0.0)
            place += 1
