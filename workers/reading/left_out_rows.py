"""Rows of ink that look like letters where no line was found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import cv2
import numpy as np

DARKER: Final = 25  # than the paper about it, by levels of 256
BLOCK: Final = 3  # letters: how much of the paper is looked at for that
RULE: Final = 4  # letters: longer straight runs are rules
PART: Final = (0.12, 1.5)  # size of a part of a letter, in letters
HIGH: Final = (0.55, 1.5)  # height of a row, in letters
ASKEW: Final = 0.05  # by which a row may be higher, of its width
NARROW: Final = 0.5  # letters: less may be a piece of a rule
APART: Final = 0.7  # letters between characters of one row
BETWEEN: Final = 2.5  # letters with nothing in them that end a row
LEVEL: Final = 0.35  # letters by which a character may be off its row
LONG: Final = 4  # letters: a row of its own
PALE: Final = 60  # levels by which print may be paler than the page's
TEXTURE: Final = 60  # parts; a page with more shows a picture

Pixels = np.ndarray[Any, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """Where letters stand, in pixels; whether a line of the page is in the same row."""

    left: int
    top: int
    right: int
    bottom: int
    has_line: bool = False

    @property
    def width(self) -> int:
        """In pixels."""
        return self.right - self.left

    @property
    def middle(self) -> tuple[float, float]:
        """Its x and y."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True, eq=False)
class _Lines:
    """The middles of lines, and their slope: down, for each step to the right."""

    middles: Pixels
    slope: float

    @classmethod
    def of(cls, quads: Sequence[Pixels]) -> _Lines:
        middles = np.asarray([quad.mean(axis=0) for quad in quads])
        return cls(middles.reshape(-1, 2), _slope(quads))

    def beside(self, row: Row, letter: float) -> bool:
        """Whether one of them stands in the same row."""
        x, y = row.middle
        off = y - self.middles[:, 1] - self.slope * (x - self.middles[:, 0])
        return bool((abs(off) < LEVEL * letter).any())


def rows_left_out(page: Pixels, quads: Sequence[Pixels], letter: float) -> list[Row]:
    """Rows in a line's row or long enough for one of their own; the longest first.

    Args:
        page: levels of grey.
        quads: the four corners of each line that was found.
        letter: the usual height of a letter, in pixels.
    """
    ink, upright = _ink(page, letter)
    covered = np.zeros_like(ink)
    for quad in quads:
        cv2.fillConvexPoly(covered, quad.round().astype(np.int32), 1)
    free = np.asarray(ink & ~covered & 1, np.uint8)
    letters = _letters(free, letter)
    parts = list(_joined(letters, letter))
    if len(parts) > TEXTURE:
        return []
    palest = _darkness(page, ink & covered) + PALE
    dark = (row for row in parts if _is_dark(page, letters, row, palest))
    lines = _Lines.of(quads)
    rows = (replace(row, has_line=lines.beside(row, letter)) for row in dark)
    whole = [
        _whole(row, free, upright | covered, letter)
        for row in rows
        if row.has_line or row.width > LONG * letter
    ]
    return _apart(sorted(whole, key=lambda row: -row.width))


def _ink(page: Pixels, letter: float) -> tuple[Pixels, Pixels]:
    """1 where a pixel is darker than the paper: not in a rule, in an upright rule."""
    block = 2 * max(1, round(BLOCK * letter / 2)) + 1
    ink: Pixels = cv2.adaptiveThreshold(
        page, 1, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, block, DARKER
    )
    run = max(9, round(RULE * letter))
    level, upright = _runs(ink, (1, run)), _runs(ink, (run, 1))
    return np.asarray(ink & ~(level | upright), np.uint8), upright


def _runs(ink: Pixels, shape: tuple[int, int]) -> Pixels:
    """Straight runs of at least that size, with the edge of the ink."""
    runs = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones(shape, np.uint8))
    return np.asarray(cv2.dilate(runs, np.ones((3, 3), np.uint8)), np.uint8)


def _letters(ink: Pixels, letter: float) -> Pixels:
    """Without what is too small or too large for a part of a letter."""
    _, labels, parts, _ = cv2.connectedComponentsWithStats(ink)
    tall, wide = parts[:, cv2.CC_STAT_HEIGHT], parts[:, cv2.CC_STAT_WIDTH]
    low, high = (each * letter for each in PART)
    kept = (np.maximum(tall, wide) >= low) & (tall <= high) & (wide <= high)
    kept[0] = False
    return np.asarray(kept[labels], np.uint8)


def _joined(letters: Pixels, letter: float) -> Iterator[Row]:
    kernel = np.ones(
        (max(1, round(letter / 4)), max(3, round(APART * letter))), np.uint8
    )
    joined = cv2.morphologyEx(letters, cv2.MORPH_CLOSE, kernel)
    _, _, parts, _ = cv2.connectedComponentsWithStats(joined)
    low, high = (each * letter for each in HIGH)
    for left, top, wide, tall, _ in parts[1:].tolist():
        if low <= tall <= high + ASKEW * wide and wide >= NARROW * letter:
            yield Row(left, top, left + wide, top + tall)


def _is_dark(page: Pixels, letters: Pixels, row: Row, palest: float) -> bool:
    place = (slice(row.top, row.bottom), slice(row.left, row.right))
    return _darkness(page[place], letters[place]) < palest


def _darkness(page: Pixels, mask: Pixels) -> float:
    """The median level of what the mask shows."""
    inked = page[mask > 0]
    return float(np.median(inked)) if inked.size else 0.0


def _slope(quads: Sequence[Pixels]) -> float:
    """Of the lines that are long: down, for each step to the right."""
    slopes = [
        (quad[1][1] - quad[0][1]) / (quad[1][0] - quad[0][0])
        for quad in quads
        if quad[1][0] - quad[0][0] > LONG * abs(quad[3][1] - quad[0][1])
    ]
    return float(np.median(slopes or [0.0]))


def _whole(row: Row, free: Pixels, barred: Pixels, letter: float) -> Row:
    """The row with what goes on to its left and right, up to a gap or a known line."""
    band = slice(row.top, row.bottom)
    inked, stop = (np.asarray(each[band].any(axis=0)) for each in (free, barred))
    gap = round(BETWEEN * letter)
    left = row.left - _reach(inked[: row.left][::-1], stop[: row.left][::-1], gap)
    right = row.right + _reach(inked[row.right :], stop[row.right :], gap)
    return replace(row, left=left, right=right)


def _reach(inked: Pixels, stop: Pixels, gap: int) -> int:
    """How far ink goes on, in columns, without a gap and without a stop."""
    reached = 0
    for n in range(len(inked)):
        if stop[n] or n - reached > gap:
            break
        if inked[n]:
            reached = n + 1
    return reached


def _apart(rows: list[Row]) -> list[Row]:
    """Without those whose middle lies in a longer one."""
    kept: list[Row] = []
    for row in rows:
        x, y = row.middle
        if not any(
            each.left <= x <= each.right and each.top <= y <= each.bottom
            for each in kept
        ):
            kept.append(row)
    return kept
