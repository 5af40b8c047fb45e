"""Which pixels of a page are red ink, and which of those are printed letters."""

from __future__ import annotations

from typing import Any, Final

import cv2
import numpy as np

RED: Final = 36  # by which red exceeds green and blue, on white paper
TOWARDS_BROWN: Final = 0.25  # green over blue, of all the colour in it
TOWARDS_PURPLE: Final = 0.5
PAPER: Final = 80  # percent of a page that is no brighter than its paper
DARKEST_PAPER: Final = 64
RULE: Final = 1 / 12  # of the longer side: a longer straight run is a rule
SQUARE: Final = (0.15, 1.3)  # longer side, of the page's; and of its shorter side
CROSSED: Final = 9  # pixels of black print across a side of a square
LETTER: Final = (0.006, 0.08)  # height, of the longer side
FULL: Final = 0.75  # of its box: blots are not letters
STROKE: Final = (0.012, 0.01)  # thickness, and way from its letter; the same
CUT_OFF: Final = 0.5  # of the shorter side: what is larger is no seal

Pixels = np.ndarray[Any, Any]


def red_ink(pixels: Pixels) -> Pixels:
    """1 where the ink is red, not brown and not purple, whatever tint the paper has.

    Args:
        pixels: red, green, blue of 8 bits.
    """
    paper = np.percentile(pixels.reshape(-1, 3)[::7], PAPER, axis=0)
    gain = 255 / np.maximum(paper, DARKEST_PAPER)
    levels = np.minimum(np.arange(256)[:, None] * gain, 255)
    even = cv2.LUT(pixels, levels.astype(np.uint8).reshape(1, 256, 3))
    red, green, blue = cv2.split(even)
    inked = np.asarray(cv2.subtract(red, cv2.max(green, blue)) > RED)
    if inked.any():
        chroma = cv2.subtract(red, cv2.min(green, blue))
        inked &= cv2.subtract(green, blue) < TOWARDS_BROWN * chroma
        inked &= cv2.subtract(blue, green) < TOWARDS_PURPLE * chroma
    return inked.astype(np.uint8)


def without_rules(mask: Pixels) -> Pixels:
    """Without long straight runs: the lines of a form, which touch its seals.

    The sides of a square that stands alone stay: on a small sheet a seal has such.
    """
    run = max(9, round(max(mask.shape) * RULE)) | 1  # even, it would move by one
    rules = np.zeros_like(mask)
    for shape in ((run, 1), (1, run)):
        rules |= cv2.morphologyEx(mask, cv2.MORPH_OPEN, np.ones(shape, np.uint8))
    if rules.any():
        whole = cv2.morphologyEx(
            mask, cv2.MORPH_CLOSE, np.ones((CROSSED,) * 2, np.uint8)
        )
        _, labels, parts, _ = cv2.connectedComponentsWithStats(whole)
        rules[_squares(parts, max(mask.shape))[labels]] = 0
    return np.asarray(mask & ~rules, np.uint8)


def _squares(parts: Pixels, side: int) -> Pixels:
    tall, wide = parts[:, cv2.CC_STAT_HEIGHT], parts[:, cv2.CC_STAT_WIDTH]
    short, long = np.minimum(tall, wide), np.maximum(tall, wide)
    squares = (long <= SQUARE[0] * side) & (long <= SQUARE[1] * short)
    squares[0] = False
    return np.asarray(squares)


def red_letters(mask: Pixels, seals: list[Pixels]) -> Pixels:
    """1 where red ink is letters: of their size, not blots, and not of a seal."""
    letters = without_rules(mask)
    for outline in (*seals, *_cut_off(letters)):
        points = outline.astype(np.int32)
        cv2.fillConvexPoly(letters, points, 0)
        cv2.polylines(letters, [points], isClosed=True, color=0, thickness=9)
    _, labels, parts, _ = cv2.connectedComponentsWithStats(letters)
    tall, wide = parts[:, cv2.CC_STAT_HEIGHT], parts[:, cv2.CC_STAT_WIDTH]
    low, high = (side * max(mask.shape) for side in LETTER)
    small = (tall <= high) & (wide <= high)
    small[0] = False
    sure = small & (tall >= low) & (parts[:, cv2.CC_STAT_AREA] < FULL * tall * wide)
    # A straight stroke may stand apart from the rest of its letter.
    thick, reach = (round(part * max(mask.shape)) for part in STROKE)
    near = cv2.dilate(sure[labels].astype(np.uint8), np.ones((2 * reach + 1,) * 2))
    beside = np.bincount(labels[near > 0], minlength=len(parts)) > 0
    beside &= np.minimum(tall, wide) <= thick
    return np.asarray((small & (sure | beside))[labels], np.uint8)


def _cut_off(mask: Pixels) -> list[Pixels]:
    """The outlines of what may be a seal of which the page's edge cuts off a part."""
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    high, wide = mask.shape
    low, most = LETTER[1] * max(mask.shape), CUT_OFF * min(mask.shape)
    found = []
    for each in contours:
        left, top, width, height = cv2.boundingRect(each)
        at_edge = 0 in (left, top) or left + width == wide or top + height == high
        if at_edge and low < max(width, height) <= most:
            found.append(cv2.convexHull(each)[:, 0, :])
    return found
