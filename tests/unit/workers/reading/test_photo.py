"""A photographed page is read in its order; its lines stay on the photograph."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from workers.reading.photo import (
    CLEARLY,
    MOST_LIGHT,
    MOST_PIXELS,
    STEEP,
    evenly_lit,
    flat_page,
    in_page_order,
    is_on,
    tilt,
)
from workers.reading.scan import quality
from workers.tools.ocr import OcrLine

WIDE, HIGH = 600, 800
FRAME = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], float)
ASKEW = np.array([[90, 100], [510, 120], [530, 700], [70, 680]], float)
LEANING = np.array([[60, 220], [340, 60], [570, 560], [290, 730]], float)


def photograph(corners) -> Image.Image:
    """Blank paper with these corners on a dark desk."""
    picture = Image.new("RGB", (WIDE, HIGH), (60, 50, 40))
    draw = ImageDraw.Draw(picture)
    draw.polygon([tuple(x) for x in corners], fill=(235, 235, 230))
    return picture


def line(text: str, quad, score: float = 0.95) -> OcrLine:
    return OcrLine(text, score, tuple(float(x) for x in np.ravel(quad)))


def on_page(corners, text: str, left: float, top: float) -> OcrLine:
    """A line at a place of the page, given in parts of its size."""
    matrix = cv2.getPerspectiveTransform(
        FRAME.astype(np.float32), corners.astype(np.float32)
    )
    box = np.float32([left, top]) + FRAME.astype(np.float32) * np.float32([0.3, 0.03])
    return line(text, cv2.perspectiveTransform(box[None], matrix))


def never(_: Image.Image) -> list[OcrLine]:
    raise AssertionError


def seen_by(shown: list[Image.Image]):
    """A reader that reads nothing, and keeps what it was shown."""

    def read(page: Image.Image) -> list[OcrLine]:
        shown.append(page)
        return []

    return read


def texts(lines) -> list[str]:
    return [each.text for each in lines]


def test_rows_are_read_as_they_are_on_the_page():
    """On a leaning page a row goes from left to right, though its right is higher."""
    places = [(x, y) for y in (0.2, 0.26, 0.32, 0.38) for x in (0.1, 0.6)]
    rows = [on_page(LEANING, f"第{n}格文字", *at) for n, at in enumerate(places)]
    shuffled = [rows[n] for n in (5, 0, 3, 7, 1, 6, 2, 4)]
    read = in_page_order(shuffled, photograph(LEANING), lambda _: [], quality)
    assert read == rows


def test_a_page_that_is_not_steep_is_read_once():
    """What was read of the photograph stays, at its place."""
    lines = [on_page(ASKEW, "第一行文字", 0.1, 0.1)]
    assert in_page_order(lines, photograph(ASKEW), never, quality) == lines


@pytest.mark.parametrize(("more", "looks"), [(-1, 0), (1, 1)])
def test_a_steep_page_is_read_again(more, looks):
    """Beyond STEEP degrees, on either side."""
    angle = np.radians(STEEP + more)
    spin = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    for way in (spin, spin.T):
        corners = (FRAME - 0.5) * (380, 520) @ way + (WIDE / 2, HIGH / 2)
        shown: list[Image.Image] = []
        lines = [on_page(corners, "第一行文字", 0.1, 0.1)]
        read = in_page_order(lines, photograph(corners), seen_by(shown), quality)
        assert read == lines
        assert len(shown) == looks


def test_a_scan_is_read_as_it_is():
    """Where no page is seen nothing is done but put in order."""
    lines = [line("下", FRAME * 40 + 300), line("上", FRAME * 40 + 100)]
    picture = Image.new("RGB", (WIDE, HIGH), "white")
    assert texts(in_page_order(lines, picture, never, quality)) == ["上", "下"]


@pytest.mark.parametrize(("rise", "last"), [(3, "下"), (14, "上")])
def test_a_level_page_is_left_as_it_is(rise, last):
    """A light panel on a dark screen is no page: what is above it stays above it."""
    corners = np.array([[60, 90], [540, 90 + rise], [540, 740], [60, 740]])
    lines = [
        line("下" * 12, FRAME * (200, 20) + 300),
        line("上", FRAME * 20 + (80, 40)),
    ]
    read = in_page_order(lines, photograph(corners), never, quality)
    assert read[-1].text[0] == last


@pytest.mark.parametrize(("more", "kept"), [(0.01, True), (-0.01, False)])
def test_another_reading_must_be_clearly_better(more, kept):
    """A steep page is read flat too, which counts when it is CLEARLY as good."""
    lines = [on_page(LEANING, "一二三四五六七八九十", 0.1, 0.1)]
    lines = [line(each.text, each.quad, 0.5) for each in lines]
    score = 0.5 * (CLEARLY + more)
    shown = []

    def read(page: Image.Image) -> list[OcrLine]:
        shown.append(page)
        return [line("十九八七六五四三二一", FRAME * (100, 20) + 50, score)]

    read_again = in_page_order(lines, photograph(LEANING), read, quality)
    assert texts(read_again) == ["十九八七六五四三二一" if kept else lines[0].text]
    assert len(shown) == 1
    assert is_on(LEANING, read_again[0])


def test_what_is_beside_the_page_is_kept():
    """Words on the desk come after the page, also when the page is read again."""
    page = [on_page(LEANING, "纸上的文字有十几个字那么多", 0.1, 0.4)]
    desk = line("桌", FRAME * 15 + 20)
    again = line("摊平以后读出来的文字要多得多得多得多", FRAME * (200, 20) + 50)
    read = in_page_order([desk, *page], photograph(LEANING), lambda _: [again], quality)
    assert texts(read) == [again.text, desk.text]
    assert read[-1] == desk


@pytest.mark.parametrize(("beside", "used"), [(1, True), (2, False)])
def test_most_must_be_on_the_page(beside, used):
    """When more than a tenth of what was read is beside it, it is not the page."""
    page = [on_page(LEANING, "一二三四五六七八九", 0.1, 0.4)]
    desk = line("桌" * beside, FRAME * 15 + 20)
    shown: list[Image.Image] = []
    in_page_order([*page, desk], photograph(LEANING), seen_by(shown), quality)
    assert bool(shown) == used


@given(
    st.lists(st.floats(0.02, 0.25), min_size=8, max_size=8),
    st.floats(0, 1),
    st.floats(0, 1),
)
@settings(max_examples=60, deadline=None)
def test_lines_come_back(shifts, across, down):
    """A place on the photograph, taken to the page and back, moves under 2 pixels."""
    inward = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]])
    corners = (FRAME + inward * np.reshape(shifts, (4, 2))) * (WIDE, HIGH)
    page = flat_page(Image.new("RGB", (WIDE, HIGH)), corners)
    at = on_page(corners, "字", 0.6 * across, 0.9 * down)
    flat = page.flat(at)
    box = np.reshape(flat.quad, (4, 2)) / page.image.size
    assert np.allclose(box[0], (0.6 * across, 0.9 * down), atol=0.005)
    assert np.allclose(page.on_photo(flat).quad, at.quad, atol=2)


@pytest.mark.parametrize(("side", "flat"), [(3000, 3000), (3001, 3000), (4000, 3000)])
def test_size_of_the_flat_page(side, flat):
    """The page keeps its size, but has at most MOST_PIXELS pixels."""
    page = flat_page(Image.new("RGB", (40, 30)), FRAME * side)
    assert page.image.size == (flat, flat)
    assert flat**2 <= MOST_PIXELS


@pytest.mark.parametrize("degrees", [0, STEEP - 1, -STEEP + 1, 40])
def test_tilt(degrees):
    """How much a rectangle was turned, either way."""
    angle = np.radians(degrees)
    spin = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    assert tilt(FRAME * (300, 400) @ spin) == pytest.approx(abs(degrees), abs=1e-6)


@pytest.mark.parametrize(
    ("light", "even"), [(1 / MOST_LIGHT + 0.05, True), (0.15, False)]
)
def test_shade_is_made_even(light, even):
    """Paper in shade becomes as bright as elsewhere, up to MOST_LIGHT times."""
    pixels = np.full((400, 400, 3), 230, np.uint8)
    pixels[:, 200:] = 230 * light
    made = evenly_lit(pixels)
    bright, shaded = int(made[200, 80, 0]), int(made[200, 320, 0])
    assert (abs(bright - shaded) < 12) == even


def test_print_stays_dark():
    """Letters, in light and in shade, are not taken for shade."""
    pixels = np.full((400, 400, 3), 230, np.uint8)
    pixels[:, 200:] = 100
    for left in (80, 320):
        pixels[190:210, left : left + 20] = pixels[190:210, left : left + 20] // 5
    made = evenly_lit(pixels)
    assert made[200, 90].max() < 60
    assert made[200, 330].max() < 60
    assert made[200, 60].min() > 200


def test_colours_stay():
    """Red ink stays as red as it was, or seals would not be known."""
    pixels = np.full((200, 200, 3), 120, np.uint8)
    pixels[95:105, 95:105] = (100, 20, 20)
    red, green, blue = (int(x) for x in evenly_lit(pixels)[100, 100])
    assert red > 4 * green
    assert green == blue


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (7, 7)])
def test_small_pictures_and_strips(size):
    """No picture is too small to be put in order, or to be lit."""
    picture = Image.new("RGB", size, "white")
    assert in_page_order([], picture, never, quality) == []
    assert evenly_lit(np.asarray(picture)).shape == (size[1], size[0], 3)


def test_a_page_with_nothing_on_it():
    """A photographed page on which nothing was read has no lines."""
    assert in_page_order([], photograph(ASKEW), never, quality) == []
