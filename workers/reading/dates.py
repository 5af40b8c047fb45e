"""The date of a paper: what was found, how, and how far it can be trusted.

The order of trust: a date after a label of the type; the closing date (落款) or the
date at the head, in the table or at the end of a period, as the type has it; then
dates that are only offered to a person. Offered and never automatic are: a year of
two digits, 03/07/2019, a month alone where a day is usual, a date before 1949-10-01
or after the day of receipt, one in which letters were read for digits, and
everything on a paper whose 年 月 日 was left blank. A day that no calendar has is
reported with confidence 0 as its month or year.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Final

from intake.evidence_type import EvidenceType, Position, TypeClass
from intake.legal_date import LegalDate
from intake.reading import Candidate
from intake.text_normal import PageText, normalise_page
from workers.reading.date_choice import EARLIEST, MONTHLY, PERSON, Choice, is_monthly
from workers.reading.date_context import Context, Found, find_on_page, has_blank_date
from workers.reading.date_labels import doubted, labelled
from workers.reading.date_patterns import Writing
from workers.reading.date_places import offered, positioned

MOST_CANDIDATES: Final = 5
EDGE_PAGES: Final = 3  # read at each end; between them stand other people's dates
EDGE_CHARACTERS: Final = 20_000  # read at each end of a page
LONGEST_LINE: Final = 200
BLANK_REACH: Final = 300  # characters at the end in which an empty 年月日 is looked for


def find_dates(
    pages: Sequence[PageText], evidence_type: EvidenceType, received_on: date
) -> tuple[Candidate, ...]:
    """The dates that may be the paper's own, the best first; perhaps none.

    Args:
        pages: the text as read; the first and the last three pages count.
        evidence_type: whose labels and position apply.
        received_on: the day the file came in, in the firm's zone.

    Returns:
        At most five candidates with `value` YYYY-MM-DD, YYYY-MM or YYYY, each value
        once. Below `AUTO_CONFIDENCE` a person must choose.
    """
    found = _find(pages)
    placed = tuple(positioned(found, evidence_type, _last_page(pages)))
    choices = [
        *doubted(labelled(found, evidence_type), placed),
        *placed,
        *offered(found),
    ]
    candidates = [
        each
        for choice in choices
        for each in _candidates(_limited(choice, evidence_type), received_on)
    ]
    return _best(candidates)


def _last_page(pages: Sequence[PageText]) -> int:
    """The number of the last page with any text; a blank back side ends nothing."""
    numbers = [p.page for p in pages if any(line.strip() for line in p.lines)]
    return numbers[-1] if numbers else 0


def _find(pages: Sequence[PageText]) -> tuple[Found, ...]:
    edge = pages
    if len(pages) > 2 * EDGE_PAGES:
        edge = [*pages[:EDGE_PAGES], *pages[-EDGE_PAGES:]]
    return tuple(
        found
        for page in edge
        for found in find_on_page(normalise_page(_bounded(page)))
        if found.context is not Context.BIRTH
    )


def _bounded(page: PageText) -> PageText:
    """The lines at both ends of a page; an endless page is no printed page."""
    if sum(len(line) for line in page.lines) <= 2 * EDGE_CHARACTERS:
        return page
    head = _lines_within(page.lines)
    tail = _lines_within([line[::-1] for line in reversed(page.lines)])
    return PageText(page.page, (*head, *(line[::-1] for line in reversed(tail))))


def _lines_within(lines: Sequence[str]) -> tuple[str, ...]:
    kept: list[str] = []
    room = EDGE_CHARACTERS
    for line in lines:
        if room <= 0:
            break
        kept.append(line[:room])
        room -= len(line)
    return tuple(kept)


def _limited(choice: Choice, kind: EvidenceType) -> Choice:
    """Cap the trust in what must never be taken without a person."""
    found, trust = choice.found, choice.confidence
    by_label = choice.rule.startswith("label")
    if found.written.writing is Writing.TWO_DIGIT_YEAR:
        trust = min(trust, 0.15)
    if found.written.mended:
        trust = min(trust, PERSON)
    if found.written.writing in MONTHLY:
        trust = min(trust, 0.90 if is_monthly(kind) else 0.55)
    if found.written.writing is Writing.YEAR_LAST:
        trust = min(trust, 0.30 if found.written.other else 0.85)
    if kind.kind is TypeClass.FALLBACK:
        trust = min(trust, 0.50)
    if not by_label and kind.date.position is Position.TAIL and _is_undated(found):
        trust = min(trust, 0.40)
    return Choice(found, trust, choice.rule)


def _is_undated(found: Found) -> bool:
    return has_blank_date(found.page.text[-BLANK_REACH:])


def _candidates(choice: Choice, last_day: date) -> Iterator[Candidate]:
    written = choice.found.written
    rule = f"{choice.rule}, {written.writing}"
    if written.mended:
        rule += ", letters for digits"
    if written.value is None:
        if written.rest is not None:
            yield _candidate(choice, written.rest, 0.0, f"{rule}, no such day")
        return
    for value in (written.value, written.other):
        if value is None:
            continue
        if not EARLIEST <= value.first_day() <= last_day:
            trust = min(choice.confidence, 0.10)
            yield _candidate(choice, value, trust, f"{rule}, out of range")
        else:
            yield _candidate(choice, value, choice.confidence, rule)


def _candidate(
    choice: Choice, value: LegalDate, confidence: float, rule: str
) -> Candidate:
    found = choice.found
    line = found.line[:LONGEST_LINE]
    return Candidate(value.iso(), round(confidence, 3), line, found.page.page, rule)


def _best(candidates: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Each value once, with its most trusted rule."""
    kept: dict[str, Candidate] = {}
    for each in sorted(candidates, key=lambda c: -c.confidence):
        kept.setdefault(each.value, each)
    return tuple(kept.values())[:MOST_CANDIDATES]
