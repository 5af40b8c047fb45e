"""Seals are told from letters and frames by their outlines: each bound from both sides.

A page is 1200 pixels long and 900 wide; what is drawn is red.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import cv2
import numpy as np
import pytest
from PIL import Image, ImageDraw

from workers.reading.seal_shapes import (
    ALIKE,
    JOINED,
    LARGE,
    LEAST,
    LEVEL,
    MOST,
    MOST_OBLONG,
    MOST_OVAL,
    NEAR,
    NEXT,
    OFF,
    ROUND,
    SQUARE,
    Pixels,
    box_of,
    seal_outlines,
)

LONG, SHORT = 1200, 900
STROKE = 3
SECONDS = 3.0  # a tenth of it on an office machine; compared, more than half a minute


def mask(*draw: Callable[[ImageDraw.ImageDraw], object]) -> Pixels:
    image = Image.new("L", (SHORT, LONG))
    for each in draw:
        each(ImageDraw.Draw(image))
    return np.array(image)


def ring(wide: float, high: float = 0, x: float = 450, y: float = 600):
    high = high or wide
    box = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
    return lambda draw: draw.ellipse(box, outline=1, width=STROKE)


def frame(wide: float, high: float, x: float = 450, y: float = 600):
    box = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
    return lambda draw: draw.rectangle(box, outline=1, width=STROKE)


def turned(image: Pixels, degrees: float) -> Pixels:
    return np.array(Image.fromarray(image).rotate(degrees))


def dashes(gap: float, dash: float, wide: float = 300):
    """A ring of equal pieces with gaps of about that many pixels."""

    def draw(on: ImageDraw.ImageDraw) -> None:
        box = (450 - wide / 2, 600 - wide / 2, 450 + wide / 2, 600 + wide / 2)
        number = round(math.pi * (wide - STROKE) / (gap + dash))
        for n in range(number):
            start = 360 * n / number
            end = start + 360 / number * dash / (gap + dash)
            on.arc(box, start, end, 1, STROKE)

    return draw


def spoked(part: float, wide: float = 300):
    """That part of a ring, in eight pieces about the ends of eight spokes."""

    def draw(on: ImageDraw.ImageDraw) -> None:
        box = (450 - wide / 2, 600 - wide / 2, 450 + wide / 2, 600 + wide / 2)
        for angle in range(0, 360, 45):
            turn, half = math.radians(angle), 22.5 * part
            end = wide / 2 * math.cos(turn), wide / 2 * math.sin(turn)
            on.line((450, 600, 450 + end[0], 600 + end[1]), 1, STROKE)
            on.arc(box, angle - half, angle + half, 1, STROKE)

    return draw


def cornered(part: float, side: float = 240):
    """That part of a square frame, from its corners on, and its diagonals."""

    def draw(on: ImageDraw.ImageDraw) -> None:
        half, length = side / 2, side / 2 * part
        for a in (-1, 1):
            for b in (-1, 1):
                x, y = 450 + a * half, 600 + b * half
                on.line((450, 600, x, y), 1, STROKE)
                on.line((x, y, x - a * length, y), 1, 3)
                on.line((x, y, x, y - b * length), 1, 3)

    return draw


def cross(high: float, left: float, y: float = 600):
    """A character beside the frame: as wide as it is high."""

    def draw(on: ImageDraw.ImageDraw) -> None:
        top, bottom, right = y - high / 2, y + high / 2, left + high
        on.line((left, top, right, bottom), 1, 3)
        on.line((left, bottom, right, top), 1, 3)

    return draw


def hexagon(reach: float):
    turns = [n * math.pi / 3 for n in range(7)]
    points = [(450 + reach * math.cos(t), 600 + reach * math.sin(t)) for t in turns]
    return lambda draw: draw.line(points, 1, STROKE)


def diamond(x: float, reach: float = 150):
    points = [(x - reach, 600), (x, 600 - reach), (x + reach, 600), (x, 600 + reach)]
    return lambda draw: draw.line([*points, *points[:2]], 1, STROKE)


def found(*draw: Callable[[ImageDraw.ImageDraw], object]) -> int:
    return len(seal_outlines(mask(*draw)))


@pytest.mark.parametrize("wide", [60, 130, 300])
def test_outline_of_a_ring_is_the_ring(wide):
    """A ring is one seal, in its place; what is in it is not another."""
    outlines = seal_outlines(mask(ring(wide, wide), ring(wide / 2, wide / 2)))
    half = wide / 2
    (box,) = map(box_of, outlines)
    assert box == pytest.approx((450 - half, 600 - half, 450 + half, 600 + half), abs=2)


BOUNDS = {
    "least": (ring, LEAST * LONG + 2, LEAST * LONG - 2),
    "most": (ring, MOST * SHORT - 2, MOST * SHORT + 3),
    "oval": (lambda wide: ring(wide, 150), 150 * MOST_OVAL - 3, 150 * MOST_OVAL + 3),
    "oblong": (
        lambda wide: frame(wide, 200), 200 * MOST_OBLONG - 4, 200 * MOST_OBLONG + 4
    ),
    # A piece counts some pixels beyond its ends.
    "round": (spoked, ROUND, ROUND - 0.15),
    "square": (cornered, SQUARE, SQUARE - 0.05),
    # The corners of the smaller are hardly off the oval.
    "off": (hexagon, 8 * OFF, 12 * OFF),
}  # fmt: skip


@pytest.mark.parametrize("bound", BOUNDS)
def test_seals_have_a_size_and_a_shape(bound):
    """Ten millimetres to half a page; round, oval or nearly square; mostly there."""
    drawn, seal, none = BOUNDS[bound]
    assert found(drawn(seal)) == 1
    assert found(drawn(none)) == 0


@pytest.mark.parametrize("degrees", [0, 5, 20, 45, 70])
@pytest.mark.parametrize(
    "drawn", [frame(160, 140), ring(220, 140)], ids=["square", "oval"]
)
def test_seals_may_be_turned(drawn, degrees):
    """By any angle; the outline turns with them."""
    (outline,) = seal_outlines(turned(mask(drawn), degrees))
    sides = sorted(cv2.minAreaRect(outline)[1])
    assert sides[0] == pytest.approx(140, abs=5)


@pytest.mark.parametrize(("gap", "number"), [(3, 1), (6, 1), (10, 0), (18, 0)])
def test_worn_rings_are_joined(gap, number):
    """Small gaps of a ring are closed, wide ones are not."""
    assert found(dashes(gap, 30)) == number


@pytest.mark.parametrize(("apart", "number"), [(JOINED[0] + 5, 2), (JOINED[0] - 2, 0)])
def test_seals_near_each_other_are_two(apart, number):
    """Not joined as the pieces of a worn seal are; nearly touching they are neither."""
    assert found(ring(200, 200, 300), ring(200, 200, 500 + apart)) == number


ROW = 200  # height of the frame


@pytest.mark.parametrize(
    ("high", "away", "lower", "number"),
    [
        (ROW, NEAR - 0.05, 0, 0),
        (ROW, NEAR + 0.05, 0, 1),
        (ROW, 0.2, LEVEL - 0.03, 0),
        (ROW, 0.2, LEVEL + 0.03, 1),
        (ROW, 0.2, 0.03 - LEVEL, 0),
        (ROW, 0.2, -0.03 - LEVEL, 1),
        (ROW * (ALIKE[0] + 0.03), 0.2, 0, 0),
        (ROW * (ALIKE[0] - 0.03), 0.2, 0, 1),
        (ROW * (ALIKE[1] - 0.03), 0.2, 0, 0),
        (ROW * (ALIKE[1] + 0.03), 0.2, 0, 1),
    ],
)
def test_frame_beside_a_character_is_one_too(high, away, lower, number):
    """As 国 in a title: near to what is as high and level. A ring stays a seal."""
    right, y = 350 + away * ROW, 600 + lower * ROW
    assert found(frame(ROW, ROW, 250), cross(high, right, y)) == number
    mirrored = cross(high, 550 - away * ROW - high, y)
    assert found(frame(ROW, ROW, 650), mirrored) == number
    assert found(ring(ROW, ROW, 250), cross(high, right, y)) == 1


@pytest.mark.parametrize(
    ("high", "away", "others", "number"),
    [
        (0.08, 0.2, 2, 0),
        (LARGE - 0.004, 0.2, 2, 0),
        (LARGE + 0.006, 0.2, 2, 1),
        (0.08, 0.2, NEXT[0] - 1, 1),
        (0.08, (NEXT[1] - 1) / 2 - 0.05, 2, 0),
        (0.08, (NEXT[1] - 1) / 2 + 0.05, 2, 1),
    ],
)
def test_small_seal_in_a_row_is_a_letter(high, away, others, number):
    """A round letter of a large red title: several as high stand near it."""
    side = high * LONG
    row = [cross(side, 150 + side + n * side * (1 + away), 600) for n in range(others)]
    drawn = ring(side, side, 150 + side / 2 - away * side)
    assert found(drawn, *row) == number


@pytest.mark.parametrize(("wide", "number"), [(140, 0), (120, 1)])
def test_letters_run_together_count_one_by_one(wide, number):
    """A part one and a half times as wide as high is two letters, one less is one."""
    drawn = ring(90, 90, 250)
    assert found(drawn, frame(wide, 90, 310 + wide / 2)) == number


@pytest.mark.parametrize(("x", "number"), [(150, 1), (82, 1), (62, 0)])
def test_nothing_beyond_the_page_counts_as_inked(x, number):
    """A square seal cut by the page's edge: three quarters of it must be there."""
    assert found(diamond(x), frame(19, 19, 880, 20)) == number


@pytest.mark.parametrize("shape", [(1, 1), (1, 3000), (3000, 1), (2, 7), (40, 40)])
@pytest.mark.parametrize("ink", [0, 1])
def test_pages_of_any_shape(shape, ink):
    """Empty or all red, however thin: no seal, and no fault."""
    assert seal_outlines(np.full(shape, ink, np.uint8)) == []


def test_page_full_of_dots_and_rings_takes_no_time():
    """Each of many thousand parts is not compared with each seal."""
    page = np.zeros((SHORT, LONG), np.uint8)
    page[:450:7, ::7] = 1
    image = Image.fromarray(page)
    draw = ImageDraw.Draw(image)
    for y in range(460, 840, 58):
        for x in range(3, 1140, 58):
            draw.ellipse((x, y, x + 50, y + 50), outline=1, width=2)
    started = time.process_time()
    seal_outlines(np.array(image))
    assert time.process_time() - started < SECONDS
