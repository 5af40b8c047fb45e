"""A picture of a conversation on a telephone, known by where its lines stand.

The screen is upright with a clock at its top; one's own messages stand alone on the
right, the other's begin on the left. Lists of a bank or a shop have a label on the
left of each value on the right, so nothing stands alone there. The words of a chat
may be anything, so this says nothing surely: a person is asked.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from intake.reading import Reading, TextLine

UPRIGHT: Final = 1.5  # least height over width
TOP, HEAD, FOOT = 0.08, 0.12, 0.93  # clock above; messages between (share of height)
LEFT, RIGHT, EDGE = 0.3, 0.38, 0.72  # shares of the width
LEAST: Final = 2  # lines on each side
# What the other says begins in one line beside a picture of him; one's own longest
# message ends on the other side, and begins a little further in.
BESIDE, FURTHER = 0.12, 0.015  # shares of the width

_CLOCK = re.compile(r"^\D{0,3}(?:[01]?\d|2[0-3])[:：][0-5]\d")


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
    from_x = _mine_from(said, width)
    left = [line for line in said if _left(line) < min(from_x, LEFT * width)]
    mine = [line for line in said if _is_mine(line, from_x, left, width)]
    return len(left) >= LEAST and len(mine) >= LEAST


def _mine_from(said: Sequence[TextLine], width: int) -> float:
    """Where one's own messages may begin: further in when pictures stand at the left.

    Without pictures a paragraph's first line would be taken for one's own.
    """
    begin = min(map(_left, said), default=0.0)
    return begin + FURTHER * width if begin >= BESIDE * width else RIGHT * width


def _is_mine(
    line: TextLine, from_x: float, left: Sequence[TextLine], width: int
) -> bool:
    """Whether it stands on the right, with nothing on the left of it."""
    at_edge = _left(line) > from_x and _right(line) > EDGE * width
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
