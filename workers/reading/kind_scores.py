"""Points by which the types of the firm's list are told apart.

===========================  ======  =============================================
a title rule on its own line      8  the line says no more; needs a strong rule, too
a title rule in the zone          6  within the first 120 characters
a title with a wrong character    6  on its own line, else 4; needs a strong rule
a title only mentioned            2  in running text, in 《》, in a list
each strong rule                  1  at most 6
each structured number            1  2 when its check digit is right, 3 when few types
                                     carry it; at most 6
each negative rule               -3  at most -6, or -3 under a title on its own line
===========================  ======  =============================================
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from intake.evidence_type import CheckDigits, EvidenceType
from intake.evidence_types import EvidenceTypes
from intake.text_normal import NormalPage
from workers.reading.kind_confidence import CLEAR_LEAD
from workers.reading.near_titles import near_titles
from workers.reading.structure import StructureHit, find_structure
from workers.reading.title_zone import Standing, TitleHit, find_title

TITLE_LINE, TITLE_ZONE_HIT, TITLE_MENTIONED, STRONG, NEGATIVE = 8, 6, 2, 1, -3
NEAR_TITLE: Final = 6  # at most, for a heading with one wrong character
STRONG_CAP, STRUCTURE_CAP, NEGATIVE_CAP = 6, 6, -6
_POINTS: Final = {
    Standing.OWN_LINE: TITLE_LINE,
    Standing.IN_LINE: TITLE_ZONE_HIT,
    Standing.MENTIONED: TITLE_MENTIONED,
}
_NEAR_POINTS: Final = {Standing.OWN_LINE: NEAR_TITLE, Standing.IN_LINE: NEAR_TITLE - 2}
_MANY: Final = 4  # strong rules that speak for a type without its title


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rule matched."""

    page: NormalPage
    offset: int


@dataclass(slots=True)
class Score:
    """The points of one type, and the best place to show for them."""

    type: EvidenceType
    title: int = 0
    strong: int = 0
    structure: int = 0
    negative: int = 0
    is_near: bool = False  # its title was read with a wrong character
    title_line: int | None = None  # of the page, when it says little else
    places: list[Place] = field(default_factory=list)

    @property
    def words(self) -> int:
        """Points by words; numbers alone or a mere mention say nothing of the type."""
        return (self.title if self.title > TITLE_MENTIONED else 0) + self.strong

    @property
    def total(self) -> int:
        """All points."""
        return self.title + self.strong + self.structure + self.negative


def rank(pages: Sequence[NormalPage], types: EvidenceTypes) -> list[Score]:
    """The types for which something speaks, the one with most points first."""
    scores = (s for s in _scores(types, pages) if s.total > 0 and s.words > 0)
    return sorted(scores, key=lambda s: -s.total)


def lead_of(ranked: Sequence[Score]) -> int:
    """Points before the next type.

    Kept below the threshold when another type has its title on another line: then
    two papers may lie on one scan. So, too, when no words go with the title, or
    when they say more for another type that it is confused with.
    """
    best = ranked[0]
    lead = best.total - (ranked[1].total if len(ranked) > 1 else 0)
    lines = {score.title_line for score in ranked[1:]} - {None}
    second = lines - {best.title_line} if best.title_line is not None else lines
    if (
        second
        or not best.strong
        or any(_contradicts(best, score) for score in ranked[1:])
    ):
        return min(lead, CLEAR_LEAD - 1)
    return lead


def _contradicts(best: Score, other: Score) -> bool:
    """Whether the words say more for a type with which `best` is often confused."""
    confused = (
        other.type.code in best.type.confused_with
        or best.type.code in other.type.confused_with
    )
    return confused and other.strong > best.strong and other.strong >= _MANY


def _scores(types: EvidenceTypes, pages: Sequence[NormalPage]) -> list[Score]:
    first = next((page for page in pages if page.text), None)
    hits = {each.code: find_title(each.titles, first) for each in types.all if first}
    whole = any(hit is not None and hit.own_line for hit in hits.values())
    near = near_titles(types, first) if first is not None and not whole else {}
    scores = []
    for each in types.all:
        score = Score(each)
        hit = hits.get(each.code)
        if each.code in near and (hit is None or hit.standing is Standing.MENTIONED):
            score.is_near = True
            _take_title(score, first, near[each.code], _NEAR_POINTS)
        elif hit is not None:
            _take_title(score, first, hit, _POINTS)
        _score_body(score, pages)
        scores.append(score)
    return scores


def _take_title(
    score: Score,
    page: NormalPage | None,
    hit: TitleHit,
    points: Mapping[Standing, int],
) -> None:
    if page is None:
        return
    score.title = points[hit.standing]
    if hit.own_line:
        score.title_line = page.line_number(hit.offset)
    score.places.append(Place(page, hit.offset))


def _score_body(score: Score, pages: Sequence[NormalPage]) -> None:
    strong = _places(score.type.strong, pages)
    score.strong = min(len(strong) * STRONG, STRONG_CAP)
    score.places.extend(strong[:1])
    numbers = [find_structure(pages, each) for each in score.type.structure]
    hits = [hit for hit in numbers if hit is not None]
    score.places.extend(Place(hit.page, hit.offset) for hit in hits)
    score.structure = min(sum(_weight(hit) for hit in hits), STRUCTURE_CAP)
    against = len(_places(score.type.negative, pages)) * NEGATIVE
    own_line = score.title == TITLE_LINE
    if own_line and not score.strong:
        score.title = TITLE_ZONE_HIT
    if score.is_near and not score.strong:
        score.title = TITLE_MENTIONED
    score.negative = max(against, NEGATIVE if own_line else NEGATIVE_CAP)


def _weight(hit: StructureHit) -> int:
    if hit.field.distinctive:
        return 3
    return 1 if hit.field.check is CheckDigits.NONE else 2


def _places(
    rules: Sequence[re.Pattern[str]], pages: Sequence[NormalPage]
) -> list[Place]:
    """The first place of each of `rules` that matches anywhere."""
    found = []
    for rule in rules:
        for page in pages:
            match = rule.search(page.text)
            if match is not None:
                found.append(Place(page, match.start()))
                break
    return found
