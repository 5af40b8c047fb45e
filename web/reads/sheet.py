"""A page of an exhibit as text beside its picture: lines, and where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from intake.read_text import ReadPage, read_pages
from intake.search_lines import Part, marked
from intake.search_terms import Term, looks
from intake.services import Services
from web.reads.exhibit import ExhibitPage
from web.reads.words import LIMIT_BYTES, SHOWN_CHARACTERS, points_of


@dataclass(frozen=True, slots=True)
class SheetLine:
    """A line in parts, those that were searched for marked; "" has no place."""

    parts: tuple[Part, ...]
    points: str

    @property
    def found(self) -> bool:
        """Whether what was searched for is in it."""
        return any(part.marked for part in self.parts)


@dataclass(frozen=True, slots=True)
class Sheet:
    """Page `number` of `total`; `cut` when there is more than a page should carry."""

    number: int
    total: int
    lines: tuple[SheetLine, ...] = ()
    cut: bool = False

    @property
    def placed(self) -> bool:
        """Whether lines have places on the picture."""
        return any(line.points for line in self.lines)


def sheet_of(
    services: Services, page: ExhibitPage, claimed_number: int, words: str
) -> Sheet:
    """The page that is asked for, or the nearest that there is."""
    made = page.others.get("text")
    large = made is not None and made.size > LIMIT_BYTES
    if made is None or large:
        return Sheet(1, max(1, len(page.pictures)), cut=large)
    read = {each.number: each for each in read_pages(services.log.stores, made.sha256)}
    total = max(1, len(page.pictures), *read)
    number = max(1, min(claimed_number, total))
    if number not in read:
        return Sheet(number, total)
    rows, cut = _rows(read[number])
    return Sheet(number, total, tuple(_lines(rows, looks(words))), cut)


def _rows(read: ReadPage) -> tuple[list[tuple[str, str]], bool]:
    """Text and corners of each line, as much as a page should carry."""
    if read.lines:
        return [(line.text, points_of(line.quad)) for line in read.lines], False
    shown = read.text[:SHOWN_CHARACTERS]
    return [(line, "") for line in shown.splitlines()], shown != read.text


def _lines(
    rows: Sequence[tuple[str, str]], wanted: Sequence[Sequence[Term]]
) -> list[SheetLine]:
    """The lines with their marks; loose ones for want of others."""
    for terms in wanted:
        lines = _marked(rows, terms)
        if any(line.found for line in lines):
            return lines
    return _marked(rows, ())


def _marked(rows: Sequence[tuple[str, str]], terms: Sequence[Term]) -> list[SheetLine]:
    return [SheetLine(marked(text, terms), points) for text, points in rows]
