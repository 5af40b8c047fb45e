"""Cells are found by the lines ruled around them, and by nothing less."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from workers.reading.reading_order_level import Level
from workers.reading.reading_order_places import Place, place_of
from workers.reading.ruled_cells import ruled_cells
from workers.tools.ocr import OcrLine

HIGH = 30  # pixels of every line; the bounds are in these


def text(left: float, top: float, width: float, height: float = HIGH) -> Place:
    right, bottom = left + width, top + height
    quad = (left, top, right, top, right, bottom, left, bottom)
    return place_of(OcrLine("字", 0.9, quad), Level())


def boxed(*boxes: tuple[int, int, int, int], level: int = 0) -> Image.Image:
    """A page with rules of three pixels around the boxes."""
    image = Image.new("RGB", (600, 300), "white")
    draw = ImageDraw.Draw(image)
    for box in boxes:
        draw.rectangle(box, outline=(level,) * 3, width=3)
    return image


def held(image: Image.Image, *places: Place) -> list[list[Place]]:
    return list(ruled_cells(image, Level(), places).values())


def test_a_cell_holds_its_text():
    """And ends at the rules around it; what stands outside of them is in no cell."""
    inside, outside = text(120, 110, 100), text(420, 110, 100)
    found = ruled_cells(boxed((100, 90, 300, 160)), Level(), [inside, outside])
    assert list(found.values()) == [[inside]]
    (cell,) = found
    edges = (cell.left, cell.top, cell.right, cell.bottom)
    assert edges == pytest.approx((100, 90, 300, 160), abs=8)


@pytest.mark.parametrize(("part", "found"), [(0.57, False), (0.64, True)])
def test_most_of_a_text_lies_in_its_cell(part, found):
    """A text that goes on into the next cell by two fifths is in neither."""
    image = boxed((100, 90, 300, 160), (300, 90, 500, 160))
    place = text(300 - 150 * part, 110, 150)
    assert held(image, place) == ([[place]] if found else [])


@pytest.mark.parametrize(("wide", "found"), [(66, False), (84, True)])
def test_a_rule_is_longer_than_two_characters(wide, found):
    """Level rules of less than 2.5 heights are strokes."""
    assert bool(held(boxed((100, 90, 100 + wide, 160)), text(118, 110, 25))) is found


@pytest.mark.parametrize(("tall", "found"), [(42, False), (56, True)])
def test_an_upright_rule_is_higher_than_a_character(tall, found):
    """Upright rules of less than 1.6 heights are strokes."""
    place = text(120, 90 + (tall - HIGH) / 2, 100)
    assert bool(held(boxed((100, 90, 300, 90 + tall)), place)) is found


@pytest.mark.parametrize(("gap", "found"), [(6, True), (20, False)])
def test_small_gaps_of_a_rule_are_bridged(gap, found):
    """A rule that is broken by less than 0.4 heights still closes its cell."""
    image = boxed((100, 90, 400, 160))
    ImageDraw.Draw(image).rectangle((250, 86, 250 + gap, 96), "white")
    assert bool(held(image, text(120, 110, 100))) is found


@pytest.mark.parametrize(("level", "found"), [(246, False), (225, True)])
def test_pale_rules_are_seen(level, found):
    """What is hardly darker than the paper is no rule."""
    image = boxed((100, 90, 300, 160), level=level)
    assert bool(held(image, text(120, 110, 100))) is found


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 60), st.integers(1, 60), st.integers(0, 2**32 - 1),
    st.lists(st.tuples(st.floats(-90, 90), st.floats(-90, 90), st.floats(0, 90),
                       st.floats(0, 90)), min_size=1, max_size=6),
    st.floats(-0.3, 0.3), st.floats(-0.02, 0.02),
)  # fmt: skip
def test_any_picture_and_any_lines(wide, high, seed, boxes, slope, turn):
    """Noise, one pixel, lines outside of the page: no text is held by two cells."""
    pixels = np.random.default_rng(seed).integers(0, 256, (high, wide, 3), np.uint8)
    places = [text(*box) for box in boxes]
    found = ruled_cells(Image.fromarray(pixels), Level(9, 9, slope, turn), places)
    every = [id(place) for some in found.values() for place in some]
    assert len(every) == len(set(every))
