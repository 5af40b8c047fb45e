"""Titles read with one wrong character: 民事判央书 is taken for 民事判决书.

Only names of four characters or more, only at the end of a heading, and only where
no heading was read without a fault. A name with two near neighbours decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from intake.evidence_type import EvidenceType
from intake.evidence_types import EvidenceTypes
from intake.text_normal import NormalPage
from workers.reading.title_zone import Standing, TitleHit, zone_lines

SHORTEST, LONGEST = 4, 12  # characters of a name that may hold one fault
MOST_SPELLINGS: Final = 400  # of one rule

_HAN = re.compile("[\u4e00-\u9fff]{4,12}")
_TAIL = re.compile(r"[\(\[<:].{0,30}$|\d{0,20}$")
_ANY: Final = "\0"


def near_titles(types: EvidenceTypes, page: NormalPage) -> dict[str, TitleHit]:
    """By type code: the heading that is one character away from a name of the type."""
    table = _table(types)
    found: dict[str, TitleHit] = {}
    for line in zone_lines(page):
        if not line.is_heading:
            continue
        text = _TAIL.sub("", line.text)
        codes = _codes(text, table)
        if len(codes) == 1:
            (code, length), *_ = codes.items()
            own = length >= 0.6 * len(text)
            hit = TitleHit(
                line.start + len(text) - length,
                Standing.OWN_LINE if own else Standing.IN_LINE,
                length,
            )
            found.setdefault(code, hit)
    return found


def spellings(rule: str) -> frozenset[str]:
    """What a simple rule of Chinese characters, `(?:a|b)` and `?` can match."""
    body = re.sub(r"\((?:\?!)[^()]*\)|^\^|\$$", "", rule)
    try:
        return frozenset(_Spelling(body).run())
    except ValueError:
        return frozenset()


def _codes(text: str, table: dict[str, str]) -> dict[str, int]:
    """Types of the longest names that end the heading with one fault."""
    for length in range(min(LONGEST, len(text)), SHORTEST - 1, -1):
        end = text[-length:]
        masked = (end[:n] + _ANY + end[n + 1 :] for n in range(length))
        codes = {table[each]: length for each in masked if each in table}
        if codes:
            return codes if "" not in codes else {}
    return {}


_TABLES: dict[int, tuple[EvidenceTypes, dict[str, str]]] = {}


def _table(types: EvidenceTypes) -> dict[str, str]:
    """Every name with one character masked; `""` for a mask that two types share."""
    kept = _TABLES.get(id(types))
    if kept is None or kept[0] is not types:
        kept = (types, _masked(types.all))
        _TABLES.clear()  # a process has one list
        _TABLES[id(types)] = kept
    return kept[1]


def _masked(types: Sequence[EvidenceType]) -> dict[str, str]:
    table: dict[str, str] = {}
    for each in types:
        for name in _names(each):
            for n in range(len(name)):
                mask = name[:n] + _ANY + name[n + 1 :]
                table[mask] = (
                    each.code if table.get(mask, each.code) == each.code else ""
                )
    return table


def _names(each: EvidenceType) -> Iterator[str]:
    whole = {each.zh, *each.aliases}
    for rule in each.titles:
        whole |= spellings(rule.pattern)
    return (name for name in whole if _HAN.fullmatch(name))


class _Spelling:
    """Reads a rule from left to right; anything not simple is a ValueError."""

    def __init__(self, rule: str) -> None:
        self._rule, self._at = rule, 0

    def run(self) -> set[str]:
        found = self._choice()
        if self._at != len(self._rule):
            raise ValueError("a bracket too many")
        return found

    def _choice(self) -> set[str]:
        found = self._row()
        while self._peek() == "|":
            self._at += 1
            found |= self._row()
        return found

    def _row(self) -> set[str]:
        found = {""}
        while self._peek() not in ("", "|", ")"):
            part = self._part()
            if self._peek() == "?":
                self._at += 1
                part |= {""}
            found = {a + b for a in found for b in part}
            if len(found) > MOST_SPELLINGS:
                raise ValueError("too many spellings")
        return found

    def _part(self) -> set[str]:
        if self._rule.startswith("(?:", self._at):
            self._at += 3
            found = self._choice()
            if self._peek() != ")":
                raise ValueError("a bracket too few")
            self._at += 1
            return found
        char = self._peek()
        if not "\u4e00" <= char <= "\u9fff":
            raise ValueError("not simple")
        self._at += 1
        return {char}

    def _peek(self) -> str:
        return self._rule[self._at : self._at + 1]
