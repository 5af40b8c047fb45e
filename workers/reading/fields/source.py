"""The lines that fields are looked for in, each with its way back to the page.

A line is brought into the form of `intake.text_normal`; what is found in it is shown
with the line as it was read and, where the engine placed it, its four corners.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from intake.reading import Field, Reading, TextLine
from intake.text_normal import normalise

MOST_LINES: Final = 3_000  # lines of a file in which fields are looked for
MOST_CHARACTERS: Final = 200_000  # and what they hold together; more is no paper
LONGEST_LINE: Final = 400
LONGEST_VALUE: Final = 120


@dataclass(frozen=True, slots=True)
class Source:
    """A line: as it was read, in the form for matching, and where it stands."""

    page: int
    line: str
    text: str
    placed: Sequence[TextLine]

    def field(self, name: str, value: str, check: str = "") -> Field:
        """A field that stands in this line."""
        quad = _quad(self.line, self.placed)
        return Field(name, value[:LONGEST_VALUE], self.page, self.line, quad, check)


def sources(reading: Reading) -> tuple[Source, ...]:
    """The lines of the file in reading order, as many as are looked at."""
    found: list[Source] = []
    placed, room = _by_page(reading.lines), MOST_CHARACTERS
    for page, text in enumerate(reading.page_texts, start=1):
        for line in text.splitlines():
            room -= min(len(line), LONGEST_LINE)
            if len(found) == MOST_LINES or room < 0:
                return tuple(found)
            if line.strip():
                found.append(_source(page, line.strip(), placed.get(page, ())))
    return tuple(found)


def _by_page(lines: Sequence[TextLine]) -> dict[int, list[TextLine]]:
    pages: dict[int, list[TextLine]] = {}
    for line in lines[:MOST_LINES]:
        pages.setdefault(line.page, []).append(line)
    return pages


def _source(page: int, line: str, placed: Sequence[TextLine]) -> Source:
    line = line[:LONGEST_LINE]
    return Source(page, line, normalise(line), placed)


def _quad(line: str, placed: Sequence[TextLine]) -> tuple[float, ...] | None:
    """Where the line stands: as one, or in pieces that the engine read one by one."""
    for each in placed:
        if each.text.strip() == line:
            return each.quad
    pieces = [each for each in placed if len(each.text.strip()) > 1]
    return _joined([each for each in pieces if each.text.strip() in line])


def _joined(parts: Sequence[TextLine]) -> tuple[float, ...] | None:
    """The upright box around the pieces of a row that the engine read one by one."""
    if not parts or max(p.quad[1] for p in parts) > min(p.quad[5] for p in parts):
        return None  # none, or the same words stand in several rows
    xs = [x for each in parts for x in each.quad[::2]]
    ys = [y for each in parts for y in each.quad[1::2]]
    left, right, top, bottom = min(xs), max(xs), min(ys), max(ys)
    return (left, top, right, top, right, bottom, left, bottom)
