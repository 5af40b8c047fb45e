"""A picture of a conversation on a telephone, known by where its lines stand.

The screen is upright with a clock at its top; one's own messages stand alone on the
right, the other's begin on the left. Lists of a bank or a shop have a label on the
left of each value on the right, so nothing stands alone there. The words of a chat
may be anything, so this says nothing surely: a person is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from intake.evidence_types import AUTO_CONFIDENCE, EvidenceTypes
from intake.reading import Candidate, Reading, TextLine
from workers.reading.classify import MOST_CANDIDATES

CHAT: Final = "chat_record"
LIKELY: Final = 0.75  # not measured on enough screens to claim more
UPRIGHT: Final = 1.5  # least height over width
TOP, HEAD, FOOT = 0.08, 0.12, 0.93  # clock above; messages between (share of height)
LEFT, RIGHT, EDGE = 0.3, 0.38, 0.72  # shares of the width
LEAST: Final = 2  # lines on each side

_CLOCK = re.compile(r"^\D{0,3}(?:[01]?\d|2[0-3])[:：][0-5]\d")


def with_chat_screen(
    kinds: tuple[Candidate, ...], reading: Reading, types: EvidenceTypes
) -> tuple[Candidate, ...]:
    """The candidates with a conversation first, unless the words say more surely."""
    listed = any(each.code == CHAT for each in types.all)
    if not listed or kinds[0].confidence >= AUTO_CONFIDENCE or not is_chat(reading):
        return kinds
    known = max((c.confidence for c in kinds if c.value == CHAT), default=0.0)
    chat = Candidate(CHAT, max(LIKELY, known), "", 1, "lines on both sides of a screen")
    room = round(1 - chat.confidence, 3)
    others = [
        replace(each, confidence=min(each.confidence, room))
        for each in kinds
        if each.value not in (CHAT, types.fallback.code)
    ]
    return (chat, *others)[:MOST_CANDIDATES]


def is_chat(reading: Reading) -> bool:
    """Whether the lines of a single picture stand as those of a conversation do."""
    pages = [each for each in reading.derivatives if each.role == "page"]
    if not reading.media_type.startswith("image/") or len(pages) != 1:
        return False
    width, height = pages[0].width or 0, pages[0].height or 0
    if not width or height < UPRIGHT * width:
        return False
    if not any(
        _CLOCK.match(line.text)
        for line in reading.lines
        if _bottom(line) < TOP * height
    ):
        return False
    said = [
        line
        for line in reading.lines
        if _top(line) > HEAD * height and _bottom(line) < FOOT * height
    ]
    left = [line for line in said if _left(line) < LEFT * width]
    mine = [line for line in said if _is_mine(line, left, width)]
    return len(left) >= LEAST and len(mine) >= LEAST


def _is_mine(line: TextLine, left: Sequence[TextLine], width: int) -> bool:
    """Whether it stands on the right, with nothing on the left of it."""
    at_edge = _left(line) > RIGHT * width and _right(line) > EDGE * width
    middle = (_top(line) + _bottom(line)) / 2
    return at_edge and not any(_top(o) < middle < _bottom(o) for o in left)


def _left(line: TextLine) -> float:
    return min(line.quad[0::2])


def _right(line: TextLine) -> float:
    return max(line.quad[0::2])


def _top(line: TextLine) -> float:
    return min(line.quad[1::2])


def _bottom(line: TextLine) -> float:
    return max(line.quad[1::2])
