"""The line of a page in which a term was found, with the places to mark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from intake.search_terms import BREAK, Term, Unit, count_units, units_of
from intake.tables import SearchPage
from intake.text_normal import is_cjk

BEFORE, LONGEST = 24, 100  # characters of a line that are shown
_MORE = "…"


@dataclass(frozen=True, slots=True)
class Part:
    """Some characters of a line; `marked` where they are what was looked for."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A line as it was read, in parts; page 0 is what is known of the exhibit."""

    page: int
    parts: tuple[Part, ...]

    @property
    def text(self) -> str:
        """The line without marks."""
        return "".join(part.text for part in self.parts)


def lines_of(row: SearchPage, terms: Sequence[Term]) -> Iterator[FoundLine]:
    """For each term the first line with it; a line that holds several comes once."""
    lines = row.text.splitlines()
    seen = dict.fromkeys(
        _window(lines, row.units[: place + 1], len(term.units))
        for term in terms
        if (place := row.units.find(term.needle)) >= 0
    )
    for first, last in seen:
        whole = _join(lines[first : last + 1])
        yield FoundLine(row.page, tuple(_parts(whole, terms)))


def marked(line: str, terms: Sequence[Term]) -> tuple[Part, ...]:
    """A whole line in parts, however long it is."""
    return tuple(_parts_between(line, [*_spans(line, terms)], 0, len(line)))


def _window(lines: Sequence[str], before: str, length: int) -> tuple[int, int]:
    """The first and last line of the `length` units that follow those in `before`."""
    units = before.split()
    wanted = len(units) - units.count(BREAK) + 1
    first, seen = -1, 0
    for number, line in enumerate(lines):
        seen += count_units(line)
        if seen >= wanted and first < 0:
            first = number
        if seen >= wanted + length - 1:
            return first, number
    return max(first, 0), len(lines) - 1


def _join(lines: Sequence[str]) -> str:
    """Lines as one, without a space where Chinese goes on."""
    whole = ""
    for line in filter(None, (line.strip() for line in lines)):
        apart = whole and not (is_cjk(whole[-1]) or is_cjk(line[0]))
        whole += f" {line}" if apart else line
    return whole


def _parts(line: str, terms: Sequence[Term]) -> Iterator[Part]:
    """The first mark of the line with something around it."""
    spans = list(_spans(line, terms))
    start, end = _cut(line, spans[0] if spans else (0, 0))
    if start:
        yield Part(_MORE, marked=False)
    yield from _parts_between(line, spans, start, end)
    if end < len(line):
        yield Part(_MORE, marked=False)


def _parts_between(
    line: str, spans: Sequence[tuple[int, int]], start: int, end: int
) -> Iterator[Part]:
    at = start
    for first, last in spans:
        if first >= at and first < end:
            if first > at:
                yield Part(line[at:first], marked=False)
            yield Part(line[first : min(last, end)], marked=True)
            at = min(last, end)
    if at < end:
        yield Part(line[at:end], marked=False)


def _spans(line: str, terms: Sequence[Term]) -> Iterator[tuple[int, int]]:
    """Where terms stand in the line, one after the other; none overlaps another."""
    units = list(units_of(line))
    at = 0
    while at < len(units):
        lengths = [len(t.units) for t in terms if t.starts_at(units, at)]
        if lengths:
            yield _span(units[at : at + max(lengths)])
        at += max(lengths, default=1)


def _span(units: Sequence[Unit]) -> tuple[int, int]:
    return units[0].start, units[-1].end


def _cut(line: str, span: tuple[int, int]) -> tuple[int, int]:
    """What of a long line is shown: the first mark with something around it."""
    if len(line) <= LONGEST:
        return 0, len(line)
    start = max(0, min(span[0] - BEFORE, len(line) - LONGEST))
    return start, max(start + LONGEST, min(span[1], start + 2 * LONGEST))
