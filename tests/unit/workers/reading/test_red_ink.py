"""Red ink is told from brown, purple and tinted paper; letters from blots and rules."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.reading.red_ink import (
    CROSSED,
    CUT_OFF,
    DARKEST_PAPER,
    FULL,
    LETTER,
    PAPER,
    RED,
    RULE,
    SQUARE,
    STROKE,
    TOWARDS_BROWN,
    TOWARDS_PURPLE,
    Pixels,
    red_ink,
    red_letters,
    without_rules,
)

SIDE = 1000


def dot(colour: tuple[int, int, int], paper: tuple[int, int, int] = (255,) * 3) -> bool:
    """Whether a dot of that colour is red ink, and nothing about it is."""
    pixels = np.full((40, 40, 3), paper, np.uint8)
    pixels[10:14, 10:14] = colour
    inked = red_ink(pixels)
    assert not inked[20:].any()
    return bool(inked[10:14, 10:14].all())


@pytest.mark.parametrize("red", [(230, 30, 30), (170, 20, 30), (255, 150, 150)])
@pytest.mark.parametrize("paper", [(255, 255, 255), (244, 228, 190), (225, 205, 220)])
def test_red_ink_is_found_on_any_paper(red, paper):
    """Bright, dark and faded seals, on white, yellow and pink paper."""
    printed = tuple(a * b // 255 for a, b in zip(red, paper, strict=True))
    assert dot(printed, paper)
    assert not dot(tuple(value * 3 // 4 for value in paper), paper)


@pytest.mark.parametrize(
    ("colour", "found"),
    [
        ((200, 200 - RED, 200 - RED), False),
        ((200, 199 - RED, 199 - RED), True),
        ((200, 100 + round(100 * TOWARDS_BROWN), 100), False),
        ((200, 99 + round(100 * TOWARDS_BROWN), 100), True),
        ((200, 100, 100 + round(100 * TOWARDS_PURPLE)), False),
        ((200, 100, 99 + round(100 * TOWARDS_PURPLE)), True),
        ((0, 0, 0), False),
        ((30, 30, 200), False),
        ((20, 160, 40), False),
    ],
)
def test_only_red_is_red(colour, found):
    """Paler by one level, or nearer by one to brown or to purple, it is not."""
    assert dot(colour) is found


def test_shade_on_a_dark_page_is_not_red():
    """What is no brighter than the darkest paper is not made as bright as paper."""
    dark = DARKEST_PAPER // 4
    shade = dark - RED // (255 // dark) - 2  # red enough, were dark made white
    assert (dark - shade) * 255 / dark > RED
    assert not dot((dark, shade, shade), (dark,) * 3)
    paper = DARKEST_PAPER
    shade = paper - RED // (255 // paper) - 2
    assert dot((paper, shade, shade), (paper,) * 3)


@pytest.mark.parametrize(("white", "found"), [(98 - PAPER, False), (102 - PAPER, True)])
def test_paper_is_the_brightest_fifth_of_a_page(white, found):
    """Where less of a pink page is white, the pink is its paper; else it is ink."""
    pixels = np.full((100, 101, 3), (220, 170, 170), np.uint8)
    pixels[:white] = 255
    assert bool(red_ink(pixels).any()) is found


@pytest.mark.parametrize("upright", [False, True])
@pytest.mark.parametrize(("side", "rule"), [(1200, round(1200 * RULE) | 1), (60, 9)])
def test_long_straight_runs_are_rules(side, rule, upright):
    """A twelfth of the page, and at least nine pixels; a shorter run stays."""
    for length, left in ((rule, 0), (rule - 1, rule - 1)):
        mask = np.zeros((side, side), np.uint8)
        mask[20, 10 : 10 + length] = 1
        assert without_rules(mask.T if upright else mask).sum() == left


def hollow(high: int, wide: int, line: int = 1) -> Pixels:
    shape = np.ones((high, wide), np.uint8)
    shape[line:-line, line:-line] = 0
    return shape


@pytest.mark.parametrize(
    ("high", "wide", "stays"),
    [
        (150, 150, True),
        (151, 151, False),
        (100, 130, True),
        (100, 131, False),
        (130, 100, True),
        (4, 120, False),
    ],
)
def test_sides_of_a_square_are_no_rules(high, wide, stays):
    """A square seal on a small sheet has sides as long as rules; if it stands alone."""
    assert (SIDE * SQUARE[0], SQUARE[1]) == (150, 1.3)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[300 : 300 + high, 300 : 300 + wide] = hollow(high, wide)
    # Black print crosses it.
    mask[340 : 340 + CROSSED - 1] = 0
    assert bool(without_rules(mask).sum() == mask.sum()) is stays
    mask[350, :600] = 1
    assert not without_rules(mask)[300, 320:370].any()


def letters(*shapes: tuple[Pixels, int, int], seals: list[Pixels] | None = None):
    """What is kept of red shapes, each with its left and top."""
    mask = np.zeros((SIDE, SIDE), np.uint8)
    for shape, left, top in shapes:
        high, wide = shape.shape
        mask[top : top + high, left : left + wide] = shape
    kept = red_letters(mask, seals or [])
    assert not (kept & ~mask).any()
    return kept


@pytest.mark.parametrize(
    ("high", "wide", "kept"),
    [
        (round(LETTER[0] * SIDE), 9, True),
        (round(LETTER[0] * SIDE) - 1, 9, False),
        (round(LETTER[1] * SIDE), 40, True),
        (round(LETTER[1] * SIDE) + 1, 40, False),
        (40, round(LETTER[1] * SIDE), True),
        (40, round(LETTER[1] * SIDE) + 1, False),
    ],
)
def test_letters_have_a_size(high, wide, kept):
    """Lower, higher or wider parts than the bounds are no letters."""
    assert bool(letters((hollow(high, wide), 300, 300)).any()) is kept


@pytest.mark.parametrize(("part", "kept"), [(FULL - 0.01, True), (FULL, False)])
def test_blots_are_no_letters(part, kept):
    """What fills three quarters of its box is a blot."""
    shape = np.ones((20, 20), np.uint8)
    shape[1:-1, 1:-1].ravel()[:] = 1
    empty = round(400 * (1 - part))
    shape[1 : 1 + empty // 18, 1:19] = 0
    shape[1 + empty // 18, 1 : 1 + empty % 18] = 0
    assert shape.sum() == round(400 * part)
    assert bool(letters((shape, 300, 300)).any()) is kept


@pytest.mark.parametrize(
    ("thick", "way", "kept"),
    [
        (round(STROKE[0] * SIDE), round(STROKE[1] * SIDE), True),
        (round(STROKE[0] * SIDE), round(STROKE[1] * SIDE) + 1, False),
        (round(STROKE[0] * SIDE) + 1, round(STROKE[1] * SIDE), False),
    ],
)
def test_straight_strokes_belong_to_their_letter(thick, way, kept):
    """The dash over a letter, or the figure one beside it, alone looks like a blot."""
    letter, stroke = hollow(30, 30, 4), np.ones((thick, 30), np.uint8)
    found = letters((letter, 300, 300), (stroke, 300, 301 - way - thick))
    assert bool(found[:300].any()) is kept
    assert found[300:].any()
    assert not letters((stroke, 300, 250)).any()


def test_words_of_a_seal_are_no_letters():
    """Neither inside the outline nor on it; what stands apart from it is."""
    seal = np.array([[200, 200], [400, 200], [400, 400], [200, 400]])
    shape = hollow(20, 20, 4)
    assert not letters((shape, 300, 300), seals=[seal]).any()
    assert letters((shape, 420, 300), seals=[seal]).any()


def arc(reach: int, middle: tuple[int, int] = (0, 500)) -> Pixels:
    """A ring about a point of the page's edge."""
    y, x = np.mgrid[:SIDE, :SIDE]
    far = np.hypot(x - middle[0], y - middle[1])
    return ((far > reach - 1.5) & (far < reach + 1.5)).astype(np.uint8)


@pytest.mark.parametrize(
    ("reach", "at", "kept"),
    [
        (100, (0, 500), False),
        (100, (SIDE - 1, 500), False),
        (100, (500, 0), False),
        (100, (500, SIDE - 1), False),
        (100, (200, 500), True),  # not at the edge
        (round(LETTER[1] * SIDE / 2) - 4, (0, 500), True),  # a letter itself
        (round(CUT_OFF * SIDE / 2) - 4, (0, 500), False),
        (round(CUT_OFF * SIDE / 2) + 4, (0, 500), True),
    ],
)
def test_words_of_a_seal_cut_off_are_no_letters(reach, at, kept):
    """A seal across two sheets: the half on each is no seal, its words no print."""
    mask = arc(reach, at)
    x, y = (min(max(value, 30), SIDE - 45) for value in at)
    mask[y : y + 12, x : x + 12] = hollow(12, 12, 2)
    found = red_letters(mask, [])[y : y + 12, x : x + 12]
    assert bool(found.any()) is kept


@given(st.integers(1, 40), st.integers(1, 40), st.data())
def test_any_picture_has_letters_only_where_it_has_ink(high, wide, data):
    """Nothing raises; letters are ink, and have the size of the picture."""
    raw = data.draw(st.binary(min_size=3 * high * wide, max_size=3 * high * wide))
    pixels = np.frombuffer(raw, np.uint8).reshape(high, wide, 3)
    mask = red_ink(pixels)
    found = red_letters(mask, [])
    assert found.shape == mask.shape == (high, wide)
    assert not (found & ~mask).any()
