"""Which evidence type a paper is: rules with points, never a guess shown as certain.

Points, for each type of the firm's list:

===========================  ======  =============================================
a title rule on its own line      8  the line says little else, and a strong rule holds
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
from intake.text_normal import NormalPage, PageText, count_cjk, normalise_page
from workers.reading.structure import StructureHit, find_structure

MOST_CANDIDATES: Final = 3
READ_PAGES: Final = 3  # a paper says what it is at its beginning
PAGE_CHARACTERS: Final = 20_000  # of one page; a printed page has 3 000 at most
TITLE_ZONE: Final = 120  # normalised characters at the top of the first page
FEW_LETTERS: Final = 80  # of a photograph with a sign on it; a scan has more
LATIN_WIDTH: Final = 3  # a heading of Latin letters has about three times as many
LONGEST_LINE: Final = 200  # characters of the source line that is handed on

ACCEPT_SCORE: Final = 7
ACCEPT_LEAD: Final = 3
TITLE_LINE, TITLE_ZONE_HIT, STRONG, NEGATIVE = 8, 6, 1, -3
STRONG_CAP, STRUCTURE_CAP, NEGATIVE_CAP = 6, 4, -6

_OWN_LINE: Final = 0.6  # share of the line that its title covers
_LEAST_CJK, _LEAST_LATIN = 10, 20  # fewer letters: the file has no text to go by
_LATIN = re.compile("[A-Za-z]")
_NARROW = re.compile("[ -~]")
_CONTAINERS: Final = {
    "message/rfc822": ("email", 0.95),
    "application/vnd.ms-outlook": ("email", 0.95),
    "application/mbox": ("email", 0.95),
    "audio": ("audio", 0.90),
    "video": ("video", 0.90),
    "image": ("photo", 0.50),  # or a scan on which nothing could be read
}


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
    contained = _by_container(shown, types, media_type)
    if contained is not None:
        return (contained,)
    scores = [_score(each, shown) for each in types.all]
    ranked = sorted((s for s in scores if s.total > 0 and s.words > 0), key=lambda s: -s.total)
    return _candidates(ranked) if ranked else _unmatched(shown, types, media_type)


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


def _unmatched(
    pages: Sequence[NormalPage], types: EvidenceTypes, media_type: str
) -> tuple[Candidate, ...]:
    """A photograph may have a few words on it (a shop sign) that say nothing more."""
    other = Candidate(types.fallback.code, 0.0, "", None, "no rule matched")
    few = sum(_letters(pages)) < FEW_LETTERS
    if few and media_type.startswith("image/") and _has_type(types, "photo"):
        return (Candidate("photo", 0.30, "", None, "container image"), other)
    return (other,)


def _has_type(types: EvidenceTypes, code: str) -> bool:
    return any(each.code == code for each in types.all)


def _by_container(
    pages: Sequence[NormalPage], types: EvidenceTypes, media_type: str
) -> Candidate | None:
    """The type by the container alone, for mail, media and files without text."""
    bare = media_type.partition(";")[0].strip().lower()
    family = bare.partition("/")[0]
    code, certainty = _CONTAINERS.get(bare) or _CONTAINERS.get(family) or ("", 0.0)
    silent = not _has_text(pages)
    decides = certainty >= AUTO_CONFIDENCE or silent
    if decides and _has_type(types, code):
        return Candidate(code, certainty, "", None, f"container {family}")
    if silent:
        return Candidate(types.fallback.code, 0.0, "", None, "no text")
    return None


def _has_text(pages: Sequence[NormalPage]) -> bool:
    cjk, latin = _letters(pages)
    return cjk >= _LEAST_CJK or latin >= _LEAST_LATIN


def _letters(pages: Sequence[NormalPage]) -> tuple[int, int]:
    """How many CJK and how many Latin letters were read."""
    cjk = sum(count_cjk(page.text) for page in pages)
    return cjk, sum(len(_LATIN.findall(page.text)) for page in pages)


def _score(each: EvidenceType, pages: Sequence[NormalPage]) -> _Score:
    score = _Score(each)
    first = next((page for page in pages if page.text), None)
    if first is not None:
        _score_title(score, first)
    _score_body(score, pages)
    return score


def _score_title(score: _Score, page: NormalPage) -> None:
    """The best title rule: on a line of the zone, or across the lines of the zone."""
    for start, line in _zone_lines(page):
        for rule in score.type.titles:
            match = rule.search(line)
            if match is None:
                continue
            own = len(match[0]) >= _OWN_LINE * len(line)
            points = TITLE_LINE if own else TITLE_ZONE_HIT
            if points > score.title:
                score.title = points
                score.places.insert(0, _Place(page, start + match.start()))
    if not score.title:
        zone = page.text[: _zone_end(page.text)]
        hits = (rule.search(zone) for rule in score.type.titles)
        match = next((hit for hit in hits if hit is not None), None)
        if match is not None:
            score.title = TITLE_ZONE_HIT
            score.places.insert(0, _Place(page, match.start()))


def _zone_lines(page: NormalPage) -> list[tuple[int, str]]:
    """(offset, text) of each line that begins in the title zone, cut at its end."""
    found = []
    zone = _zone_end(page.text)
    for number in range(len(page.starts)):
        start, end = page.line_span(number)
        if start >= zone:
            break
        text = page.text[start : min(end, zone)]
        indent = len(text) - len(text.lstrip())
        if text.strip():
            found.append((start + indent, text.strip()))
    return found


def _zone_end(text: str) -> int:
    """Where the title zone ends: three Latin characters count as one."""
    latin = len(_NARROW.findall(text[: TITLE_ZONE * LATIN_WIDTH]))
    return TITLE_ZONE + latin * (LATIN_WIDTH - 1) // LATIN_WIDTH


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
    following = [score.total for score in ranked[1:]] + [0]
    leads = [ranked[0].total - following[0]] + [0] * len(ranked)
    return tuple(
        _candidate(score, confidence(score.total, lead))
        for score, lead in zip(ranked[:MOST_CANDIDATES], leads, strict=False)
    )


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
