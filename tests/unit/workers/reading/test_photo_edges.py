"""The edges of a page on a desk are found; nothing else is taken for them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from workers.reading.photo_edges import (
    LEAST_SHARE,
    LEAST_SIDE,
    LONGEST,
    WHOLE,
    is_page,
    page_corners,
)

WIDE, HIGH = 600, 800
FRAME = np.array([[0, 0], [1, 0], [1, 1], [0, 1]])
CORNERS = np.array([[90, 100], [510, 120], [530, 700], [70, 680]])
DESK, PAPER = (96, 74, 50), (238, 236, 228)


def photograph(corners, size=(WIDE, HIGH), desk=DESK, paper=PAPER):
    """A printed page with these corners on a desk, as a camera sees it: with noise."""
    sheet = Image.new("RGB", (420, 594), paper)
    draw = ImageDraw.Draw(sheet)
    for row in range(60, 540, 24):
        for left in range(50, 360, 14):
            draw.rectangle((left, row, left + 9, row + 10), fill=(30, 30, 30))
    frame = (FRAME * sheet.size).astype(np.float32)
    matrix = cv2.getPerspectiveTransform(frame, np.asarray(corners, np.float32))
    scene = np.full((size[1], size[0], 3), desk, np.uint8)
    cv2.warpPerspective(
        np.asarray(sheet), matrix, size, scene, borderMode=cv2.BORDER_TRANSPARENT
    )
    noise = np.random.default_rng(1).normal(0, 4, scene.shape)
    return Image.fromarray(np.clip(scene + noise, 0, 255).astype(np.uint8))


def is_at(found, corners, size=(WIDE, HIGH)) -> bool:
    """Whether each corner is where it should be, within 1 % of the diagonal."""
    apart = np.hypot(*(found - corners).T).max()
    return apart <= 0.01 * np.hypot(*size)


@given(
    st.lists(st.floats(0.03, 0.2), min_size=8, max_size=8),
    st.integers(-8, 8),
)
@settings(max_examples=30, deadline=None)
def test_a_page_is_found(shifts, turn):
    """Wherever its corners are, they are found within 1 % of the diagonal."""
    inward = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    corners = FRAME + inward * np.reshape(shifts, (4, 2))
    middle = np.array([WIDE, HIGH]) / 2
    angle = np.radians(turn)
    spin = [[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]]
    corners = (corners * (WIDE, HIGH) - middle) * 0.85 @ spin + middle
    found = page_corners(photograph(corners))
    assert found is not None
    assert is_at(found, corners)


def test_a_page_is_found_in_shade():
    """The hard shadow of a hand across an edge hides neither edge nor corner."""
    pixels = np.array(photograph(CORNERS)).astype(float)
    pixels[350:, 300:] *= 0.35
    found = page_corners(Image.fromarray(pixels.astype(np.uint8)))
    assert found is not None
    assert is_at(found, CORNERS)


@pytest.mark.parametrize(("covered", "seen"), [(0.3, True), (0.5, False)])
def test_a_hand_on_an_edge(covered, seen):
    """An edge may be hidden in part; when more of it is, there is no page."""
    picture = photograph(CORNERS)
    top, bottom = 250, 250 + covered * 580
    ImageDraw.Draw(picture).rectangle((0, top, 200, bottom), fill=DESK)
    assert (page_corners(picture) is not None) == seen


@pytest.mark.parametrize(("desk", "seen"), [((185,) * 3, True), ((222,) * 3, False)])
def test_a_light_desk(desk, seen):
    """Paper on a desk nearly as light as itself is not guessed at."""
    picture = photograph(CORNERS, desk=desk)
    assert (page_corners(picture) is not None) == seen


def scan():
    return Image.new("RGB", (WIDE, HIGH), PAPER)


def test_a_scan_has_no_edges():
    """Paper that reaches the border is a scan."""
    picture = photograph(FRAME * (WIDE, HIGH))
    assert page_corners(picture) is None


def test_a_scan_on_a_dark_lid_has_no_edges():
    """Nor has a scan with a dark rim at each side, which already is flat."""
    rim = np.array([8, 12])
    corners = FRAME * ((WIDE, HIGH) - 2 * rim) + rim
    assert page_corners(photograph(corners)) is None


def test_a_dark_photo_is_no_page():
    """A dark picture printed on a page is darker than what is about it."""
    picture = scan()
    ImageDraw.Draw(picture).polygon([tuple(x) for x in CORNERS], fill=(40, 50, 60))
    assert page_corners(picture) is None


@pytest.mark.parametrize("width", [2, 5, 9])
def test_a_frame_is_no_page(width):
    """A table has the same paper on both sides of its frame."""
    picture = scan()
    draw = ImageDraw.Draw(picture)
    for down in range(100, 701, 150):
        draw.rectangle((70, down, 530, min(down + 150, 700)), outline=0, width=width)
    assert page_corners(picture) is None


def test_a_dark_desk_alone_is_no_page():
    """A picture of noise or of one colour has no edges."""
    noise = np.random.default_rng(3).integers(0, 256, (HIGH, WIDE, 3), np.uint8)
    assert page_corners(Image.fromarray(noise)) is None
    assert page_corners(Image.new("L", (WIDE, HIGH), 0)) is None


@pytest.mark.parametrize("turn", [0, 1])
def test_lines_that_never_meet(turn):
    """Stripes of one slope, all across or all down, are no page."""
    y, x = np.mgrid[0:HIGH, 0:WIDE]
    stripes = ((x + y * (1 - 2 * turn)) // 90 % 2 * 200).astype(np.uint8)
    assert page_corners(Image.fromarray(stripes)) is None


@pytest.mark.parametrize("size", [(1, 1), (1, 5000), (5000, 1), (3, 2), (199, 199)])
@pytest.mark.parametrize("mode", ["1", "L", "RGB"])
def test_small_pictures_and_strips(size, mode):
    """No picture is too small or too long to be looked at."""
    assert page_corners(Image.new(mode, size, 1)) is None


@pytest.mark.parametrize(("less", "seen"), [(0, True), (1, False)])
def test_the_smallest_photograph(less, seen):
    """A photograph has a shorter side of LEAST_SIDE pixels."""
    size = (LEAST_SIDE - less, 280)
    corners = CORNERS / (WIDE, HIGH) * size
    assert (page_corners(photograph(corners, size)) is not None) == seen


@pytest.mark.parametrize(("more", "seen"), [(0, True), (4, False)])
def test_the_longest_photograph(more, seen):
    """What is longer than LONGEST times its width is a screen."""
    size = (400, int(400 * LONGEST) + more)
    corners = CORNERS / (WIDE, HIGH) * size
    assert (page_corners(photograph(corners, size)) is not None) == seen


@pytest.mark.parametrize(("more", "is_one"), [(0.01, True), (-0.01, False)])
def test_share_of_the_picture(more, is_one):
    """A page is at least LEAST_SHARE of the picture."""
    side = np.sqrt(LEAST_SHARE + more)
    tilted = np.array([[0, 0], [0, 2], [0, 2], [0, 0]])
    corners = (0.5 + (FRAME - 0.5) * side) * 1000 + tilted
    assert is_page(corners, 1000, 1000) == is_one


@pytest.mark.parametrize(("more", "is_one"), [(0.005, True), (-0.005, False)])
def test_corners_near_the_border(more, is_one):
    """A page with each corner nearer than WHOLE to the picture's is a scan."""
    rim = WHOLE + more
    corners = (rim + FRAME * (1 - 2 * rim)) * 1000
    assert is_page(corners, 1000, 1000) == is_one


@pytest.mark.parametrize(("out", "is_one"), [(9, True), (11, False)])
def test_corners_outside(out, is_one):
    """A corner may be outside of the picture by a hundredth of its side."""
    corners = np.array([[-out, 100], [900, 80], [920, 900], [60, 880]])
    assert is_page(corners, 1000, 1000) == is_one


@pytest.mark.parametrize(("left", "is_one"), [(480, True), (520, False)])
def test_shape_of_a_page(left, is_one):
    """Opposite edges are not of too different lengths."""
    corners = np.array([[left, 50], [860, 50], [950, 950], [50, 950]])
    assert is_page(corners, 1000, 1000) == is_one


@pytest.mark.parametrize(("degrees", "is_one"), [(46, True), (44, False)])
@pytest.mark.parametrize("way", [1, -1])
def test_corners_of_a_page(degrees, is_one, way):
    """No corner is sharper than 45 degrees, or blunter than 135."""
    lean = 450 / np.tan(np.radians(degrees)) * way
    middle = np.array([[750, 50], [1650, 50], [1650, 950], [750, 950]])
    corners = middle + np.array([[-lean, 0], [-lean, 0], [lean, 0], [lean, 0]])
    assert is_page(corners, 2400, 1000) == is_one


def test_a_folded_figure_is_no_page():
    """Corners whose edges cross are no page."""
    corners = np.array([[50, 50], [950, 60], [60, 950], [950, 940]])
    assert not is_page(corners, 1000, 1000)
