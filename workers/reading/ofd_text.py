"""The lines of text of an OFD page, with their places."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from workers.reading.ofd_geometry import applied, number
from workers.reading.ofd_objects import Characters, Placed, characters

DEFAULT_SIZE: Final = 3.5  # mm, about ten points
ABOVE: Final = 0.88  # of the size, over the base line; the rest is below it
WORD_GAP: Final = 0.3  # of the height: text that stands apart is another word
WIDE_STEP: Final = 2.5  # of the size, between two characters of one text code
SAME_ROW: Final = 0.5  # of the lower height that must overlap


@dataclass(frozen=True, slots=True)
class Piece:
    """Text in one go: left, top, right, bottom in millimetres of the page."""

    text: str
    box: tuple[float, float, float, float]
    is_level: bool

    @property
    def height(self) -> float:
        """From top to bottom."""
        return self.box[3] - self.box[1]


def size_of(placed: Placed) -> float:
    """The size of the font in the object's own space."""
    return abs(number(placed.element.get("Size"), DEFAULT_SIZE)) or DEFAULT_SIZE


def pieces(placed: Placed) -> Iterator[Piece]:
    """The runs of a text object; one that steps back to a new line is several."""
    size = size_of(placed)
    for code in characters(placed.element):
        xs = code.xs if len(code.xs) == len(code.text) else _natural(code, size)
        ys = code.ys if len(code.ys) == len(code.text) else code.ys * len(code.text)
        start = 0
        breaks = (*_breaks(xs, ys, size), len(code.text))
        for end in breaks:
            piece = _piece(placed, code.text[start:end], xs[start:end], ys[start:end])
            if piece is not None:
                yield piece
            start = end


def _natural(code: Characters, size: float) -> tuple[float, ...]:
    places = [code.xs[0]]
    for character in code.text[:-1]:
        places.append(places[-1] + advance(character, size))
    return tuple(places)


def advance(character: str, size: float) -> float:
    """How far a character usually reaches: Chinese ones the size, others half."""
    wide = unicodedata.east_asian_width(character) in "WFA"
    return size if wide else size / 2


def _breaks(xs: tuple[float, ...], ys: tuple[float, ...], size: float) -> Iterator[int]:
    """Where the text goes on in another row, or in another column."""
    if len(xs) < 2:  # noqa: PLR2004 (one character has no direction)
        return
    across = abs(xs[1] - xs[0]) >= abs(ys[1] - ys[0])
    along, aside = (xs, ys) if across else (ys, xs)
    steps = zip(pairwise(along), pairwise(aside), strict=True)
    for place, ((a, b), (c, d)) in enumerate(steps, start=1):
        if abs(d - c) > size / 2 or b - a < -size / 2:
            yield place


def _piece(
    placed: Placed, text: str, xs: tuple[float, ...], ys: tuple[float, ...]
) -> Piece | None:
    if not text.strip():
        return None
    size = size_of(placed)
    corners = [
        applied(placed.to_page, x, y)
        for i in (0, -1)
        for x in (xs[i], xs[i] + advance(text[i], size))
        for y in (ys[i] - ABOVE * size, ys[i] + (1 - ABOVE) * size)
    ]
    ends = [applied(placed.to_page, xs[i], ys[i]) for i in (0, -1)]
    is_level = abs(ends[1][0] - ends[0][0]) >= abs(ends[1][1] - ends[0][1])
    across, down = zip(*corners, strict=True)
    area = (min(across), min(down), max(across), max(down))
    return Piece(_spaced(text, xs, size).strip(), area, is_level)


def _spaced(text: str, xs: tuple[float, ...], size: float) -> str:
    """The text with a space where two characters stand far apart."""
    parts = [text[0]]
    for character, (a, b) in zip(text[1:], pairwise(xs), strict=True):
        if b - a > WIDE_STEP * size:
            parts.append(" ")
        parts.append(character)
    return "".join(parts)


def rows(found: list[Piece]) -> list[Piece]:
    """The lines of a page from top to bottom, each from left to right."""
    lines: list[list[Piece]] = []
    level = (each for each in found if each.is_level)
    for piece in sorted(level, key=lambda each: each.box[1] + each.box[3]):
        if lines and _same_row(lines[-1][0], piece):
            lines[-1].append(piece)
        else:
            lines.append([piece])
    joined = [_joined(line) for line in lines]
    upright = [each for each in found if not each.is_level]
    return sorted((*joined, *upright), key=lambda each: each.box[1])


def _same_row(one: Piece, two: Piece) -> bool:
    overlap = min(one.box[3], two.box[3]) - max(one.box[1], two.box[1])
    return overlap > SAME_ROW * min(one.height, two.height)


def _joined(line: list[Piece]) -> Piece:
    ordered = sorted(line, key=lambda each: each.box[0])
    text = ordered[0].text
    for one, two in pairwise(ordered):
        apart = two.box[0] - one.box[2] > WORD_GAP * two.height
        text += (" " if apart else "") + two.text
    boxes = list(zip(*(each.box for each in ordered), strict=True))
    area = (min(boxes[0]), min(boxes[1]), max(boxes[2]), max(boxes[3]))
    return Piece(text, area, is_level=True)
