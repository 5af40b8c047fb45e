"""Which evidence type a paper is: rules with points, never a guess shown as certain.

The points are those of kind_scores.py; the confidence that they give, with the lead
over the next type, is that of kind_confidence.py. Below `AUTO_CONFIDENCE` a person
chooses among the candidates.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from intake.evidence_types import EvidenceTypes
from intake.reading import Candidate
from intake.text_normal import NormalPage, PageText, normalise_page
from workers.reading.containers import by_container, unmatched
from workers.reading.kind_confidence import confidence
from workers.reading.kind_scores import Score, lead_of, rank

MOST_CANDIDATES: Final = 3
READ_PAGES: Final = 3  # a paper says what it is at its beginning
PAGE_CHARACTERS: Final = 20_000  # of one page; a printed page has 3 000 at most
LONGEST_LINE: Final = 200  # characters of the source line that is handed on


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
    shown = [bounded(page) for page in pages[:READ_PAGES]]
    contained = by_container(shown, types, media_type)
    if contained is not None:
        return (contained,)
    ranked = rank(shown, types)
    return _candidates(ranked) if ranked else unmatched(shown, types, media_type)


def bounded(page: PageText) -> NormalPage:
    """The page in the form for matching, cut where no printed page is as long."""
    lines: list[str] = []
    room = PAGE_CHARACTERS
    for line in page.lines:
        lines.append(line[:room])
        room -= len(line)
        if room <= 0:
            break
    return normalise_page(PageText(page.page, tuple(lines)))


def _candidates(ranked: Sequence[Score]) -> tuple[Candidate, ...]:
    """The best, and two more, none of which is surer than what the best leaves."""
    best = confidence(ranked[0].total, lead_of(ranked))
    room = min(best, round(1 - best, 3))
    found = [_candidate(ranked[0], best)]
    for score in ranked[1:MOST_CANDIDATES]:
        room = min(room, confidence(score.total, 0))
        found.append(_candidate(score, room))
    return tuple(found)


def _candidate(score: Score, certainty: float) -> Candidate:
    rule = (
        f"title {score.title}, strong {score.strong}, "
        f"structure {score.structure}, negative {score.negative}"
    )
    if not score.places:
        return Candidate(score.type.code, certainty, "", None, rule)
    place = score.places[0]
    line = place.page.line_at(place.offset)[:LONGEST_LINE]
    return Candidate(score.type.code, certainty, line, place.page.page, rule)
