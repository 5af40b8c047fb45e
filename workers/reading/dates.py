"""The date of a paper: what was found, how, and how far it can be trusted.

The order of trust: a date after a label of the type; the closing date (落款) or the
date at the head, in the table or at the end of a period, as the type has it; then
dates that are only offered to a person. Offered and never automatic are: a year of
two digits, 03/07/2019, a month alone where a day is usual, a date before 1949-10-01
or more than a day after receipt, and everything on a paper whose 年 月 日 was left
blank. A day that no calendar has is reported with confidence 0 as its month or year.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from intake.evidence_type import EvidenceType, Position, TypeClass
from intake.evidence_types import AUTO_CONFIDENCE
from intake.legal_date import LegalDate
from intake.reading import Candidate
from intake.text_normal import PageText, normalise_page
from workers.reading.date_context import (
    Context,
    Found,
    find_on_page,
    has_blank_date,
)
from workers.reading.date_patterns import (
    GENERIC_LABELS,
    LABEL_ONLY,
    Writing,
    iter_labelled,
)

MOST_CANDIDATES: Final = 5
EDGE_PAGES: Final = 3  # read at each end; between them stand other people's dates
EDGE_CHARACTERS: Final = 20_000  # read at each end of a page
LONGEST_LINE: Final = 200
EARLIEST: Final = date(1949, 10, 1)
CLOSING_REACH: Final = 60  # characters after a closing date: a clerk, a seal, a note
BLOCK_REACH: Final = 800  # characters from a signature block to the end of its page
BLANK_REACH: Final = 300  # characters at the end in which an empty 年月日 is looked for

_PERSON = AUTO_CONFIDENCE - 0.05  # the highest confidence that asks a person
_GAP = re.compile(r"[^。;\d]{0,16}")
_LATIN_GAP = re.compile(r"[ :.-]{0,4}(?:[A-Za-z]{3,9},? )?")
_NEAR_GAP = re.compile(r"[: ()]{0,4}")
_LABEL_WORD = re.compile("日期|时间")
_MONTHLY: Final = frozenset(
    {Writing.ARABIC_MONTH, Writing.HANZI_MONTH, Writing.ENGLISH_MONTH}
    | {Writing.BARE_MONTH, Writing.BLANK_MONTH}
)
_FORMAL: Final = frozenset({Writing.HANZI, Writing.BANKING})
_OFFERED: Final[dict[Context, float]] = {
    Context.FREE: 0.40,
    Context.PERIOD_END: 0.30,
    Context.PERIOD_START: 0.20,
    Context.VALIDITY: 0.25,
    Context.PRINTED: 0.25,
    Context.LABELLED: 0.25,
    Context.BODY: 0.20,
}


@dataclass(frozen=True, slots=True)
class _Choice:
    """A found date, the trust a rule puts in it, and the words for that rule."""

    found: Found
    confidence: float
    rule: str


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
    positioned = tuple(_positioned(found, evidence_type, _last_page(pages)))
    choices = [
        *_doubted(_labelled(found, evidence_type), positioned),
        *positioned,
        *_offered(found),
    ]
    last_day = received_on + timedelta(days=1)
    candidates = [
        each
        for choice in choices
        for each in _candidates(_limited(choice, evidence_type), last_day)
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


# ---- a date after a label of the type


def _labelled(found: Sequence[Found], kind: EvidenceType) -> Iterator[_Choice]:
    """Dates after labels; the first label that has one decides, later ones follow."""
    decided = False
    for anchor in kind.date.anchors:
        hits = [each for each in found if _follows(each, anchor)]
        if not hits:
            continue
        pick = _of_several(hits, kind.date.position)
        several = len({hit.written.value for hit in hits}) > 1
        trust = 0.50 if decided else _PERSON if several else 0.95
        yield _Choice(pick, trust, f"label {anchor}")
        yield from (_Choice(hit, 0.50, f"label {anchor}, another") for hit in hits)
        decided = decided or pick.written.value is not None


def _doubted(
    labelled: Iterable[_Choice], positioned: Sequence[_Choice]
) -> Iterator[_Choice]:
    """A label that says only 日期 against another date at the place for it: ask."""
    rivals = {choice.found.written.value for choice in positioned[:1]}
    for choice in labelled:
        generic = choice.rule.removeprefix("label ") in GENERIC_LABELS
        if generic and rivals - {choice.found.written.value}:
            yield _Choice(choice.found, min(choice.confidence, 0.70), choice.rule)
        else:
            yield choice


def _follows(found: Found, anchor: str) -> bool:
    """Whether the label stands directly before the date, with nothing that matters."""
    text, start = found.page.text, found.written.start
    left = max(start - len(anchor) - 24, 0)
    for end in iter_labelled(text[left:start], anchor):
        gap = text[left + end : start]
        if found.written.writing in LABEL_ONLY:
            allowed = _NEAR_GAP
        else:
            allowed = _LATIN_GAP if anchor.isascii() else _GAP
        if allowed.fullmatch(gap) and not _LABEL_WORD.search(gap):
            return True
    return False


def _of_several(hits: Sequence[Found], position: Position) -> Found:
    """Of dates after the same label: the latest signature, else the first; of a
    period the end where the type is dated by it."""
    valid = [hit for hit in hits if hit.written.value is not None] or list(hits)
    if position is Position.TAIL:
        return max(valid, key=_day)
    return valid[0]


def _day(found: Found) -> date:
    value = found.written.value or found.written.rest
    return value.first_day() if value else EARLIEST


# ---- a date at the place where the type has it


def _positioned(
    found: Sequence[Found], kind: EvidenceType, last_page: int
) -> Iterator[_Choice]:
    usable = [f for f in found if _is_full(f) and f.context is Context.FREE]
    position = kind.date.position
    if position is Position.LAST_ROW:
        yield from _at_the_end(found, usable)
    elif position in {Position.TAIL, Position.TABLE}:
        yield from _closing(usable, last_page)
    elif usable and (kind.date.anchors or position is not Position.FIELD):
        alone = len({f.written.value for f in usable}) == 1
        trust = 0.82 if alone and position is Position.HEAD else 0.60
        yield _Choice(usable[0], trust, f"first date, {position}")
    if not usable and _is_monthly(kind):
        months = [f for f in found if f.written.writing in _MONTHLY]
        yield from (_Choice(f, 0.82, "month of the paper") for f in months[:1])


def _is_monthly(kind: EvidenceType) -> bool:
    """Whether papers of this type are dated by the month: they have a label for it."""
    return any("月份" in anchor for anchor in kind.date.anchors)


def _is_full(found: Found) -> bool:
    writing, value = found.written.writing, found.written.value
    return (
        value is not None
        and value.day is not None
        and writing not in LABEL_ONLY
        and writing is not Writing.TWO_DIGIT_YEAR
    )


def _at_the_end(found: Sequence[Found], usable: Sequence[Found]) -> Iterator[_Choice]:
    """The end of the stated period, else the last row that has a date."""
    ends = [f for f in found if f.context is Context.PERIOD_END and _is_full(f)]
    if ends:
        yield _Choice(ends[0], 0.90, "end of the period")
    if usable:
        alone = len({f.written.value for f in usable}) == 1
        yield _Choice(usable[-1], 0.82 if alone else _PERSON, "last row")


def _closing(usable: Sequence[Found], last_page: int) -> Iterator[_Choice]:
    """The date at the end of the paper; of several signatures the latest."""
    if not usable:
        return
    signatures = _signature_dates(usable)
    pick = max(signatures, key=_day) if signatures else usable[-1]
    several = len({f.written.value for f in signatures}) > 1
    ends = pick.own_line or pick.closing or pick.left <= CLOSING_REACH
    if several or not ends or pick.page.page != last_page:
        trust = _PERSON if signatures else 0.60
    else:
        trust = 0.92 if pick.written.writing in _FORMAL else 0.88
    yield _Choice(pick, trust, "latest signature" if several else "closing date")
    yield from (_Choice(f, 0.50, "another signature") for f in signatures)


def _signature_dates(usable: Sequence[Found]) -> list[Found]:
    """The dates of the signature block: those that stand alone near the end, and the
    last one when the paper ends with it. Alone and in Chinese numerals is the formal
    form, wherever an annex puts the end of the pages.
    """
    formal = [f for f in usable if f.own_line and f.written.writing in _FORMAL]
    last = usable[-1]
    block = [f for f in usable if f.page.page == last.page.page and _is_near_end(f)]
    if last.left <= CLOSING_REACH and not last.own_line:
        block.append(last)
    return [*formal, *(f for f in block if f not in formal)]


def _is_near_end(found: Found) -> bool:
    return found.own_line and found.left <= BLOCK_REACH


# ---- everything else is offered


def _offered(found: Sequence[Found]) -> Iterator[_Choice]:
    for each in found:
        if each.written.writing in LABEL_ONLY:
            continue
        yield _Choice(each, _OFFERED[each.context], str(each.context))


def _limited(choice: _Choice, kind: EvidenceType) -> _Choice:
    """Cap the trust in what must never be taken without a person."""
    found, trust = choice.found, choice.confidence
    labelled = choice.rule.startswith("label")
    if found.written.writing is Writing.TWO_DIGIT_YEAR:
        trust = min(trust, 0.15)
    if found.written.writing in _MONTHLY:
        trust = min(trust, 0.90 if _is_monthly(kind) else 0.55)
    if found.written.writing is Writing.YEAR_LAST:
        trust = min(trust, 0.30 if found.written.other else 0.85)
    if kind.kind is TypeClass.FALLBACK:
        trust = min(trust, 0.50)
    if not labelled and kind.date.position is Position.TAIL and _is_undated(found):
        trust = min(trust, 0.40)
    return _Choice(found, trust, choice.rule)


def _is_undated(found: Found) -> bool:
    return has_blank_date(found.page.text[-BLANK_REACH:])


def _candidates(choice: _Choice, last_day: date) -> Iterator[Candidate]:
    written, rule = choice.found.written, f"{choice.rule}, {choice.found.written.writing}"
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
    choice: _Choice, value: LegalDate, confidence: float, rule: str
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
