"""A found date with the trust that a rule puts in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from intake.evidence_type import EvidenceType
from intake.evidence_types import AUTO_CONFIDENCE
from workers.reading.date_context import Found
from workers.reading.date_patterns import Writing

EARLIEST: Final = date(1949, 10, 1)
"""Before it no date is automatic: other calendars and copies of older deeds."""

PERSON: Final = AUTO_CONFIDENCE - 0.05
"""The highest confidence that asks a person."""

MONTHLY: Final = frozenset(
    {Writing.ARABIC_MONTH, Writing.HANZI_MONTH, Writing.ENGLISH_MONTH}
    | {Writing.BARE_MONTH, Writing.BLANK_MONTH}
)
"""Writings that say no day."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A found date, the trust a rule puts in it, and the words for that rule."""

    found: Found
    confidence: float
    rule: str


def day_of(found: Found) -> date:
    """The first day the date may mean; for comparing signatures."""
    value = found.written.value or found.written.rest
    return value.first_day() if value else EARLIEST


def is_monthly(kind: EvidenceType) -> bool:
    """Whether papers of this type are dated by the month: they have a label for it."""
    return any("月份" in anchor for anchor in kind.date.anchors)
