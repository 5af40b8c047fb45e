"""Dates by the place where they stand: head, closing, last row, end of a period."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from intake.evidence_type import EvidenceType, Position
from workers.reading.date_choice import MONTHLY, PERSON, Choice, day_of, is_monthly
from workers.reading.date_context import Context, Found
from workers.reading.date_patterns import LABEL_ONLY, Writing

CLOSING_REACH: Final = 60  # characters after a closing date: a clerk, a seal, a note
BLOCK_REACH: Final = 800  # characters from a signature block to the end of its page

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


def positioned(
    found: Sequence[Found], kind: EvidenceType, last_page: int
) -> Iterator[Choice]:
    """Dates at the place where papers of this type have theirs.

    `last_page` is the number of the last page with text: a closing date stands on it.
    """
    usable = [f for f in found if _is_full(f) and f.context is Context.FREE]
    position = kind.date.position
    if position is Position.LAST_ROW:
        yield from _at_the_end(found, usable)
    elif position in {Position.TAIL, Position.TABLE}:
        yield from _closing(usable, last_page)
    elif usable and (kind.date.anchors or position is not Position.FIELD):
        alone = len({f.written.value for f in usable}) == 1
        trust = 0.82 if alone and position is Position.HEAD else 0.60
        yield Choice(usable[0], trust, f"first date, {position}")
    if not usable and is_monthly(kind):
        months = [f for f in found if f.written.writing in MONTHLY]
        yield from (Choice(f, 0.82, "month of the paper") for f in months[:1])


def _is_full(found: Found) -> bool:
    writing, value = found.written.writing, found.written.value
    return (
        value is not None
        and value.day is not None
        and writing not in LABEL_ONLY
        and writing is not Writing.TWO_DIGIT_YEAR
    )


def _at_the_end(found: Sequence[Found], usable: Sequence[Found]) -> Iterator[Choice]:
    """The end of the stated period, else the last row that has a date."""
    ends = [f for f in found if f.context is Context.PERIOD_END and _is_full(f)]
    if ends:
        yield Choice(ends[0], 0.90, "end of the period")
    if usable:
        alone = len({f.written.value for f in usable}) == 1
        yield Choice(usable[-1], 0.82 if alone else PERSON, "last row")


def _closing(usable: Sequence[Found], last_page: int) -> Iterator[Choice]:
    """The date at the end of the paper; of several signatures the latest."""
    usable = [found for found in usable if not found.told]
    if not usable:
        return
    signatures = _signature_dates(usable)
    pick = max(signatures, key=day_of) if signatures else usable[-1]
    several = len({f.written.value for f in signatures}) > 1
    ends = pick.own_line or pick.closing or pick.left <= CLOSING_REACH
    if several or not ends or pick.page.page != last_page:
        trust = PERSON if signatures else 0.60
    else:
        trust = 0.92 if pick.written.writing in _FORMAL else 0.88
    yield Choice(pick, trust, "latest signature" if several else "closing date")
    yield from (Choice(f, 0.50, "another signature") for f in signatures)


def _signature_dates(usable: Sequence[Found]) -> list[Found]:
    """The dates of the signature block.

    Those that stand alone near the end, and the last one when the paper ends with
    it. Alone and in Chinese numerals is the formal form, wherever an annex puts the
    end of the pages.
    """
    formal = [f for f in usable if f.own_line and f.written.writing in _FORMAL]
    last = usable[-1]
    block = [f for f in usable if f.page.page == last.page.page and _is_near_end(f)]
    if last.left <= CLOSING_REACH and not last.own_line:
        block.append(last)
    return [*formal, *(f for f in block if f not in formal)]


def _is_near_end(found: Found) -> bool:
    return found.own_line and found.left <= BLOCK_REACH


def offered(found: Sequence[Found]) -> Iterator[Choice]:
    """Every date there is, with little trust: chips for a person to pick from."""
    for each in found:
        if each.written.writing in LABEL_ONLY:
            continue
        rule = f"{each.context} {each.role}".rstrip()
        yield Choice(each, _OFFERED[each.context], rule)
