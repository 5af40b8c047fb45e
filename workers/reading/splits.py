"""Pages of one scan on which another paper seems to begin: proposed, never done.

A new paper begins where a page carries a heading of its own with the words that
belong to it. A running head, an annex and a page that counts itself as a later one
begin nothing; a second paper of the same kind (two invoices) is known by its number.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from intake.evidence_types import AUTO_CONFIDENCE, EvidenceTypes
from intake.reading import MAX_SPLITS, Candidate
from intake.text_normal import NormalPage, PageText
from workers.reading.classify import LONGEST_LINE, bounded
from workers.reading.kind_confidence import confidence
from workers.reading.kind_scores import Score, lead_of, rank
from workers.reading.structure import find_structure
from workers.reading.title_zone import find_title, zone_lines

SCANS: Final = frozenset({"application/pdf", "image/tiff"})
MOST_PAGES: Final = 1_000  # looked at; each costs milliseconds

_ANNEX = re.compile(r"附(?:件|表|录|图)[一二三四五六七八九十\d]{0,3}(?::|$)|续[页表]")
_LATER_PAGE = re.compile(
    r"第(?:[2-9]|\d{2,3})页|(?<!\d)(?:[2-9]|[1-9]\d)/\d{1,3}(?!\d)"
)


@dataclass(frozen=True, slots=True)
class _Paper:
    """The paper to which the pages so far belong."""

    code: str
    heading: str
    numbers: frozenset[str]


def find_splits(
    pages: Sequence[PageText], types: EvidenceTypes, media_type: str
) -> tuple[Candidate, ...]:
    """Where, after the first page, another paper begins: its page and its type."""
    if media_type not in SCANS:
        return ()
    current: _Paper | None = None
    found: list[Candidate] = []
    for number, page in enumerate(pages[:MOST_PAGES]):
        shown = bounded(page)
        best = _beginning(shown, types)
        if best is None:
            continue
        paper = _paper(best[0], shown)
        if number > 0 and _is_another(paper, current):
            found.append(_split(paper, shown, best[1]))
        if number == 0 or _is_another(paper, current):
            current = paper
    return tuple(found[:MAX_SPLITS])


def _beginning(page: NormalPage, types: EvidenceTypes) -> tuple[Score, float] | None:
    """The type whose heading the page carries, if it is sure by this page alone."""
    lines = zone_lines(page)
    if any(_ANNEX.match(each.text) or _LATER_PAGE.search(each.text) for each in lines):
        return None
    hits = (find_title(each.titles, page) for each in types.all)
    if not any(hit is not None and hit.own_line for hit in hits):
        return None
    ranked = rank((page,), types)
    if not ranked or ranked[0].title_line is None:
        return None
    certainty = confidence(ranked[0].total, lead_of(ranked))
    return (ranked[0], certainty) if certainty >= AUTO_CONFIDENCE else None


def _paper(score: Score, page: NormalPage) -> _Paper:
    fields = [each for each in score.type.structure if each.distinctive]
    hits = (find_structure((page,), each) for each in fields)
    numbers = frozenset(hit.text for hit in hits if hit is not None)
    return _Paper(score.type.code, page.lines[score.title_line or 0].strip(), numbers)


def _is_another(paper: _Paper, current: _Paper | None) -> bool:
    if current is None or paper.code != current.code:
        return True
    if paper.numbers and current.numbers:
        return not paper.numbers & current.numbers
    return paper.heading != current.heading


def _split(paper: _Paper, page: NormalPage, certainty: float) -> Candidate:
    line = paper.heading[:LONGEST_LINE]
    return Candidate(paper.code, certainty, line, page.page, "heading on a later page")
