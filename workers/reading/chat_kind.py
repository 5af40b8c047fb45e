"""A conversation is known by its form: what people write about is not what it is.

An exported chat in which somebody asks for a loan note, or copies one, is no loan
note. The form alone is not enough, however: a list of who came when looks like it.
So a chat is sure only where the words go with it, and where none of them are those
of another paper; else a person is asked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from intake.evidence_types import AUTO_CONFIDENCE, EvidenceTypes
from intake.reading import Candidate, Reading
from workers.reading.classify import MOST_CANDIDATES
from workers.reading.screens import is_chat

CHAT: Final = "chat_record"
EXPORTED: Final = "CHAT"  # the finding of workers/reading/chat.py
SURE: Final = 0.9  # the form and the words
LIKELY: Final = 0.75  # the form; not measured on enough files to claim more


@dataclass(frozen=True, slots=True)
class _Form:
    """What speaks for a chat, and how sure it makes one."""

    confidence: float
    rule: str


def with_chat(
    kinds: tuple[Candidate, ...], reading: Reading, types: EvidenceTypes
) -> tuple[Candidate, ...]:
    """The candidates with a conversation first where the file has the form of one.

    A screen whose words say surely what it is keeps its type; an exported chat with
    such words is asked about.
    """
    listed = any(each.code == CHAT for each in types.all)
    form = _exported(kinds, reading) or _screen(kinds, reading) if listed else None
    if form is None:
        return kinds
    known = max((c.confidence for c in kinds if c.value == CHAT), default=0.0)
    chat = Candidate(CHAT, max(form.confidence, known), "", 1, form.rule)
    room = round(1 - chat.confidence, 3)
    others = [
        replace(each, confidence=min(each.confidence, room))
        for each in kinds
        if each.value not in (CHAT, types.fallback.code)
    ]
    return (chat, *others)[:MOST_CANDIDATES]


def _exported(kinds: tuple[Candidate, ...], reading: Reading) -> _Form | None:
    """Messages with a name and a time, one after the other, that a reader counted."""
    if all(each.code != EXPORTED for each in reading.findings):
        return None
    best = kinds[0]
    words_agree = any(each.value == CHAT for each in kinds)
    against = best.value != CHAT and best.confidence >= AUTO_CONFIDENCE
    sure = words_agree and not against
    return _Form(SURE if sure else LIKELY, "messages with names and times")


def _screen(kinds: tuple[Candidate, ...], reading: Reading) -> _Form | None:
    if kinds[0].confidence >= AUTO_CONFIDENCE or not is_chat(reading):
        return None
    return _Form(LIKELY, "lines on both sides of a screen")
