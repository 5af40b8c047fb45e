"""What is searched for, and what a text is made of: units that follow one another.

A unit is one Chinese character, or a word: letters and digits up to the next space
or sign. Signs and line ends stand between units and count for nothing, since reading
engines mistake them more often than characters; width, case and traditional
characters are folded as everywhere (intake/text_normal.py).

A term matches where its units follow one another in the text. Words must be the same,
whole; only a number at the end of a term may go on in the text: 2025 finds 20250829.
"""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise

from intake.text_normal import fold_line, is_cjk

MOST_CHARACTERS = 200  # of a query
MOST_TERMS = 10
BREAK = "|"  # is in no unit: no term goes across it
_PREFIX = 8  # so many leading characters of a number are in the index
_LONGEST = 40  # of a word in the index; the rest is compared in the text
_THOUSANDS = re.compile(r"(?<!\d)\d{1,3}(?:,\d{3})+(?!\d)")
_COMMA = re.compile(r"(?<=\d)[,，](?=\d)")
_QUOTED = re.compile(r'["“”「『]([^"“”「」『』]*)["“”」』]|([^\s"“”「」『』]+)')
_GAP, _SINGLE, _WORD = " sw"
_UNIT = re.compile(f"{_SINGLE}|{_WORD}+")


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit and where it stands: in which line of the text, from where to where."""

    text: str
    line: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that must be found: its units, one after the other.

    A `quoted` one may begin and end within a word or a number of the text; so may a
    `loose` one, as which a term is looked for once more where nothing was found.
    """

    units: tuple[str, ...]
    quoted: bool = False
    loose: bool = False

    @property
    def within(self) -> bool:
        """Whether its first and last units may be parts of units of the text."""
        return self.quoted or self.loose

    @property
    def goes_on(self) -> bool:
        """Whether the last unit may go on in the text."""
        return self.within or _has_digit(self.units[-1])

    @property
    def needle(self) -> str:
        """What `joined` text contains exactly where the term is found."""
        before, after = "" if self.within else " ", "" if self.goes_on else " "
        return f"{before}{' '.join(self.units)}{after}"

    def tokens(self) -> set[int]:
        """Tokens that every text has in which the term is found (none: no help)."""
        whole = self.units[self.within : len(self.units) - self.goes_on]
        found = {_token(unit) for unit in whole if not is_single(unit)}
        found |= {_token(one + two) for one, two in _neighbours(self.units)}
        last = self.units[-1]
        if self.goes_on and not self.within:
            found.add(_prefix_token(last[:_PREFIX]))
        return found or {_token(unit) for unit in self.units if is_single(unit)}

    def starts_at(self, units: Sequence[Unit], place: int) -> bool:
        """Whether the term is found in `units` at `place`."""
        if self.units[0] not in units[place].text:  # nearly everywhere
            return False
        there = [unit.text for unit in units[place : place + len(self.units)]]
        if len(there) < len(self.units):
            return False
        return self.needle in f" {' '.join(there)} "


def parse_query(words: str) -> tuple[Term, ...]:
    """The terms of what a person typed: parts between spaces, or between quotes.

    A part without letters and digits is no term; the text must hold all terms. What
    stands between quotes is looked for within words and numbers, too.
    """
    return _terms(words, _in_numbers)


def looks(words: str) -> tuple[tuple[Term, ...], ...]:
    """What to look for, one after the other, until something is found.

    A comma in a part of a number may part thousands in the text, or not.
    """
    strict, apart = parse_query(words), _terms(words, lambda quoted: quoted)
    whole = _terms(_in_numbers(words), _in_numbers)
    return tuple(dict.fromkeys((strict, apart, loosened(strict), loosened(whole))))


def loosened(terms: Iterable[Term]) -> tuple[Term, ...]:
    """The same terms, for another look where they found nothing."""
    return tuple(replace(term, loose=not term.quoted) for term in terms)


def _terms(words: str, clean: Callable[[str], str]) -> tuple[Term, ...]:
    typed = _QUOTED.findall(words[:MOST_CHARACTERS])
    parts = ((units_of(clean(q) or bare), bool(q)) for q, bare in typed)
    found = ((tuple(unit.text for unit in units), q) for units, q in parts)
    terms = dict.fromkeys(Term(units, quoted) for units, quoted in found if units)
    return tuple(terms)[:MOST_TERMS]


def _in_numbers(words: str) -> str:
    """The words without commas between digits."""
    return _COMMA.sub("", words)


def units_of(text: str) -> Iterator[Unit]:
    """The units of a text in their order."""
    for number, line in enumerate(text.splitlines()):
        folded, places, spans = _split(line)
        for first, end in spans:
            start, last = places[first], places[end - 1]
            yield Unit(_unit(folded, first, end), number, start, last + 1)


def unit_texts(line: str) -> list[str]:
    """The units of a line without their places, which is quicker."""
    folded, _, spans = _split(line)
    return [_unit(folded, first, end) for first, end in spans]


def count_units(line: str) -> int:
    """How many units a line has, which is quicker still."""
    return len(_split(line)[2])


def joined(texts: Iterable[str]) -> str:
    """The units of `texts` as one text, in which a term's `needle` can be looked for.

    No term is found across the end of one of them.
    """
    parts = (" ".join(filter(None, map(_join, t.splitlines()))) for t in texts)
    return f" {f' {BREAK} '.join(parts)} "


def tokens_of(joined_text: str) -> set[int]:
    """What the index holds of a text: numbers that stand for its parts.

    Single units, pairs of neighbouring characters, and the beginnings of numbers.
    They are checksums: different parts may have the same, so whoever finds a token
    compares the text. In return no word can be read from what an index leaves behind.
    """
    units = joined_text.split()
    distinct = set(units) - {BREAK}
    found = {_token(unit) for unit in distinct}
    found |= {_token(one + two) for one, two in set(_neighbours(units))}
    for unit in filter(_has_digit, distinct):
        found |= {
            _prefix_token(unit[:n]) for n in range(1, min(len(unit), _PREFIX) + 1)
        }
    return found


def is_single(unit: str) -> bool:
    """Whether the unit is a character and not a word."""
    return len(unit) == 1 and _kind(unit) == _SINGLE


def _join(line: str) -> str:
    return " ".join(unit_texts(line))


def _split(line: str) -> tuple[str, Sequence[int], list[tuple[int, int]]]:
    """The folded line, where its characters come from, and its units' ends in it."""
    folded, places = fold_line(line)
    kinds = "".join(map(_kind, folded))
    if "," in folded:  # 1,234,567 is found as 1234567
        for match in _THOUSANDS.finditer(folded):
            first, end = match.span()
            kinds = kinds[:first] + _WORD * (end - first) + kinds[end:]
    return folded, places, [match.span() for match in _UNIT.finditer(kinds)]


def _unit(folded: str, first: int, end: int) -> str:
    return folded[first:end].replace(",", "")


def _neighbours(units: Sequence[str]) -> Iterator[tuple[str, str]]:
    pairs = pairwise(units)
    return ((one, two) for one, two in pairs if is_single(one) and is_single(two))


@lru_cache(maxsize=1 << 16)
def _kind(char: str) -> str:
    if not char.isalnum():
        return _GAP
    alone = is_cjk(char) or unicodedata.category(char) == "No"
    return _SINGLE if alone else _WORD


def _has_digit(unit: str) -> bool:
    return not is_single(unit) and any(char.isdigit() for char in unit)


def _token(part: str) -> int:
    return zlib.crc32(part[:_LONGEST].encode()) & 0x7FFFFFFF


def _prefix_token(beginning: str) -> int:
    return _token(f"{beginning}*")
