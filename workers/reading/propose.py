"""From what was read to what is proposed: the type, the date, and its basis.

Everything here is a proposal that a person confirms. A date of the text comes before
a date of the camera; a date that the rules only offer for choice names nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from intake.evidence_type import EvidenceType, Position
from intake.evidence_types import AUTO_CONFIDENCE, EvidenceTypes
from intake.legal_date import LegalDate
from intake.reading import Candidate, Reading
from intake.text_normal import PageText
from workers.reading.chat_kind import with_chat
from workers.reading.classify import classify
from workers.reading.date_choice import EARLIEST
from workers.reading.dates import find_dates
from workers.reading.splits import find_splits

LIKELY: Final = 0.5
"""From here a type's own rules are used to find the date, and a full date is proposed
for confirmation. A month or a year alone is proposed from `AUTO_CONFIDENCE` on."""

FULL_DATE: Final = len("2025-08-29")
MOST_DATES: Final = 10
ARCHIVES: Final = frozenset(
    {
        "application/zip",
        "application/x-7z-compressed",
        "application/vnd.rar",
        "application/x-tar",
        "application/gzip",
    }
)
MAIL: Final = frozenset({"message/rfc822", "application/vnd.ms-outlook"})


def propose(reading: Reading, types: EvidenceTypes, received_on: date) -> Reading:
    """The reading with types, dates and the basis of the first date filled in.

    `reading.dates` comes in with the dates that stand in metadata only.
    """
    pages = [
        PageText.from_text(number, text)
        for number, text in enumerate(reading.page_texts, start=1)
    ]
    if reading.media_type in ARCHIVES:
        return replace(reading, types=(_none_of(types),), date_basis="none")
    by_words = classify(pages, types, reading.media_type)
    kinds = with_chat(by_words, reading, types)
    kind = best_kind(kinds, types, LIKELY)
    written = find_dates(pages, kind, received_on)
    stored = _in_range(reading.dates, received_on)
    dates, basis = _ordered(reading.media_type, kind, written, stored)
    splits = find_splits(pages, types, reading.media_type)
    return replace(reading, types=kinds, dates=dates, date_basis=basis, splits=splits)


def _none_of(types: EvidenceTypes) -> Candidate:
    """An archive is no paper: the names in it say nothing about what it is."""
    return Candidate(types.fallback.code, 0.0, "", None, "archive")


def best_kind(
    kinds: Sequence[Candidate], types: EvidenceTypes, least: float = AUTO_CONFIDENCE
) -> EvidenceType:
    """The first candidate's type if it is sure enough, else the fallback."""
    if kinds and kinds[0].confidence >= least:
        return types.by_code(kinds[0].value)
    return types.fallback


def _may_be_proposed(each: Candidate) -> bool:
    least = LIKELY if len(each.value) == FULL_DATE else AUTO_CONFIDENCE
    return each.confidence >= least


def _in_range(stored: Sequence[Candidate], received_on: date) -> tuple[Candidate, ...]:
    """Metadata dates, with no trust in clocks that were never set or run ahead."""
    last = received_on + timedelta(days=1)
    checked = []
    for each in stored:
        try:
            day = LegalDate.from_iso(each.value).first_day()
        except ValueError:
            continue
        if not EARLIEST <= day <= last:
            rule = f"{each.rule}, out of range"
            checked.append(replace(each, confidence=0.0, rule=rule))
        else:
            checked.append(each)
    return tuple(checked)


def _basis(media_type: str) -> str:
    """What a date of the file itself rests on: a header or message, or a camera."""
    is_words = media_type in MAIL or media_type.startswith("text/")
    return "document" if is_words else "exif"


def _ordered(
    media_type: str,
    kind: EvidenceType,
    written: tuple[Candidate, ...],
    stored: tuple[Candidate, ...],
) -> tuple[tuple[Candidate, ...], str]:
    """All candidates, the proposed one first, and its basis (`none` if there is none).

    A message is dated by its header; a photograph, recording or the like by its
    camera; every other paper by its text, and by the camera only without one.
    """
    by_text = [each for each in written if _may_be_proposed(each)][:1]
    by_file = [each for each in stored if _may_be_proposed(each)][:1]
    file_basis = _basis(media_type)
    ranked = [(each, "document") for each in by_text]
    file_first = file_basis == "document" or kind.date.position is Position.EXIF
    place = 0 if file_first else len(ranked)
    ranked[place:place] = [(each, file_basis) for each in by_file]
    if not ranked:
        return (*written, *stored)[:MOST_DATES], "none"
    first, basis = ranked[0]
    others = tuple(each for each in (*written, *stored) if each is not first)
    return (first, *others)[:MOST_DATES], basis
