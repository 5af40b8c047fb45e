"""Which evidence type a paper is: rules with points, never a guess shown as certain.

Points, for each type of the firm's list:

===========================  ======  =============================================
a title rule on its own line      8  the line says no more; needs a strong rule, too
a title rule in the zone          6  within the first 120 characters
each strong rule                  1  at most 6
each structured number            1  2 when few types carry it; at most 4
each negative rule               -3  at most -6, or -3 under a title on its own line
===========================  ======  =============================================

The confidence of a candidate grows with its points and with its lead over the next
one. It reaches `AUTO_CONFIDENCE` exactly when the points are 7 or more and the lead
is 3 or more; below it a person chooses among the candidates.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from intake.evidence_type import EvidenceType
from intake.evidence_types import AUTO_CONFIDENCE, EvidenceTypes
from intake.reading import Candidate
from intake.text_normal import NormalPage, PageText, normalise_page
from workers.reading.containers import by_container, unmatched
from workers.reading.structure import StructureHit, find_structure
from workers.reading.title_zone import find_title

MOST_CANDIDATES: Final = 3
READ_PAGES: Final = 3  # a paper says what it is at its beginning
PAGE_CHARACTERS: Final = 20_000  # of one page; a printed page has 3 000 at most
LONGEST_LINE: Final = 200  # characters of the source line that is handed on

ACCEPT_SCORE: Final = 7
ACCEPT_LEAD: Final = 3
TITLE_LINE, TITLE_ZONE_HIT, STRONG, NEGATIVE = 8, 6, 1, -3
STRONG_CAP, STRUCTURE_CAP, NEGATIVE_CAP = 6, 4, -6


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a rule matched."""

    page: NormalPage
    offset: int


@dataclass(slots=True)
class _Score:
    """The points of one type, and the best place to show for them."""

    type: EvidenceType
    title: int = 0
    strong: int = 0
    structure: int = 0
    negative: int = 0
    title_line: int | None = None  # of the page, when it says little else
    places: list[_Place] = field(default_factory=list)

    @property
    def words(self) -> int:
        """Points by words; numbers alone say nothing of the type."""
        return self.title + self.strong

    @property
    def total(self) -> int:
        return self.title + self.strong + self.structure + self.negative


def classify(
    pages: Sequence[PageText], types: EvidenceTypes, media_type: str
) -> tuple[Candidate, ...]:
    """The best three types for a paper, the best first; never empty.

    Args:
        pages: the text as read; the first three pages count.
        types: the firm's list.
        media_type: of the file; decides alone when there is no text, and for mail,
            audio and video.

    Returns:
        Candidates whose `value` is a type code and whose `rule` is the points by
        kind of rule. A confidence below `AUTO_CONFIDENCE` needs a person.
    """
    shown = [_bounded(page) for page in pages[:READ_PAGES]]
    contained = by_container(shown, types, media_type)
    if contained is not None:
        return (contained,)
    scores = [_score(each, shown) for each in types.all]
    ranked = sorted(
        (s for s in scores if s.total > 0 and s.words > 0), key=lambda s: -s.total
    )
    return _candidates(ranked) if ranked else unmatched(shown, types, media_type)


def confidence(score: int, lead: int) -> float:
    """0 to 0.99, rising with both; `AUTO_CONFIDENCE` or more from 7 points and 3 lead.

    Half of it is earned by the points and half by the lead, each up to what is
    needed; above that it nears 0.99 and does not reach it.
    """
    points = min(max(score, 0) / ACCEPT_SCORE, 1.0)
    distance = min(max(lead, 0) / ACCEPT_LEAD, 1.0)
    if points < 1 or distance < 1:
        return round(AUTO_CONFIDENCE * (points + distance) / 2, 3)
    surplus = (score - ACCEPT_SCORE) / ACCEPT_SCORE + (lead - ACCEPT_LEAD) / ACCEPT_LEAD
    return round(0.99 - (0.99 - AUTO_CONFIDENCE) * math.exp(-surplus / 2), 3)


def _bounded(page: PageText) -> NormalPage:
    lines: list[str] = []
    room = PAGE_CHARACTERS
    for line in page.lines:
        lines.append(line[:room])
        room -= len(line)
        if room <= 0:
            break
    return normalise_page(PageText(page.page, tuple(lines)))


def _score(each: EvidenceType, pages: Sequence[NormalPage]) -> _Score:
    score = _Score(each)
    first = next((page for page in pages if page.text), None)
    hit = find_title(each.titles, first) if first is not None else None
    if first is not None and hit is not None:
        score.title = TITLE_LINE if hit.own_line else TITLE_ZONE_HIT
        if hit.own_line:
            score.title_line = first.line_number(hit.offset)
        score.places.append(_Place(first, hit.offset))
    _score_body(score, pages)
    return score


def _score_body(score: _Score, pages: Sequence[NormalPage]) -> None:
    strong = _places(score.type.strong, pages)
    score.strong = min(len(strong) * STRONG, STRONG_CAP)
    score.places.extend(strong[:1])
    numbers = [find_structure(pages, each) for each in score.type.structure]
    hits = [hit for hit in numbers if hit is not None]
    score.places.extend(_Place(hit.page, hit.offset) for hit in hits)
    score.structure = min(sum(_weight(hit) for hit in hits), STRUCTURE_CAP)
    against = len(_places(score.type.negative, pages)) * NEGATIVE
    own_line = score.title == TITLE_LINE
    if own_line and not score.strong:
        score.title = TITLE_ZONE_HIT
    score.negative = max(against, NEGATIVE if own_line else NEGATIVE_CAP)


def _weight(hit: StructureHit) -> int:
    return 2 if hit.field.distinctive else 1


def _places(
    rules: Sequence[re.Pattern[str]], pages: Sequence[NormalPage]
) -> list[_Place]:
    """The first place of each of `rules` that matches anywhere."""
    found = []
    for rule in rules:
        for page in pages:
            match = rule.search(page.text)
            if match is not None:
                found.append(_Place(page, match.start()))
                break
    return found


def _candidates(ranked: Sequence[_Score]) -> tuple[Candidate, ...]:
    leads = [_lead(ranked)] + [0] * len(ranked)
    return tuple(
        _candidate(score, confidence(score.total, lead))
        for score, lead in zip(ranked[:MOST_CANDIDATES], leads, strict=False)
    )


def _lead(ranked: Sequence[_Score]) -> int:
    """Points before the next type.

    Kept below the threshold when another type has its title on another line: then
    two papers may lie on one scan.
    """
    best = ranked[0]
    lead = best.total - (ranked[1].total if len(ranked) > 1 else 0)
    lines = {score.title_line for score in ranked[1:]} - {None}
    second = lines - {best.title_line} if best.title_line is not None else lines
    return min(lead, ACCEPT_LEAD - 1) if second else lead


def _candidate(score: _Score, certainty: float) -> Candidate:
    rule = (
        f"title {score.title}, strong {score.strong}, "
        f"structure {score.structure}, negative {score.negative}"
    )
    if not score.places:
        return Candidate(score.type.code, certainty, "", None, rule)
    place = score.places[0]
    line = place.page.line_at(place.offset)[:LONGEST_LINE]
    return Candidate(score.type.code, certainty, line, place.page.page, rule)
