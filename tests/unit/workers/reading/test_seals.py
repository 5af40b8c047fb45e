"""Seals vanish from a page; print under them and red print can still be read."""

from __future__ import annotations

import io
import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from tests.seals import (
    RED,
    company_seal,
    font,
    name_seal,
    oval_seal,
    page,
    stamped,
)
from workers.reading.seals import (
    BRIGHT,
    DARK,
    DARK_INK,
    EDGE,
    LEAST_TINT,
    SEEN_SIDE,
    Seal,
    find_seals,
    without_seals,
)
from workers.tools.ocr import open_engine

LINES = ["甲方应于二〇二四年三月十五日前支付货款人民币贰万元整。"] * 12
SEALS = {
    "round": (company_seal, (120, 100, 320, 300), 0),
    "turned": (company_seal, (500, 380, 660, 540), 130),
    "oval": (oval_seal, (400, 120, 560, 220), -12),
    "square": (name_seal, (650, 300, 740, 390), 8),
    "small": (name_seal, (100, 420, 160, 480), 0),
}
FADED = 235, 145, 148
DARK_RED = 160, 20, 30
SECONDS = 5.0  # for a page of noise; half a second on an office machine


def grey(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("L")).astype(int)


def red_channel(image: Image.Image) -> np.ndarray:
    return np.asarray(image.getchannel("R")).astype(int)


PAPERS = "white", "#f4e6c0", "#e8d0d8", "#c8c8c8"


@pytest.mark.parametrize("kind", SEALS)
@pytest.mark.parametrize(
    ("paper", "ink"),
    [*((paper, RED) for paper in PAPERS), ("white", FADED), ("white", DARK_RED)],
)
def test_seal_vanishes_and_print_under_it_stays(kind, paper, ink):
    """Round, oval or square, on any paper: nearly the page as it was before."""
    draw, box, degrees = SEALS[kind]
    before = page(LINES, paper=paper)
    sealed = stamped(before, draw, box, ink, degrees)
    after, print_ = grey(without_seals(sealed)), red_channel(before)
    assert (after[print_ == print_.max()] > print_.max() - 20).all()
    assert (after[print_ < 40] <= 45).all()
    assert len(find_seals(sealed)) == 1


def test_several_seals_vanish():
    """Also where they are near each other."""
    sealed = page(LINES)
    for draw, box, degrees in SEALS.values():
        sealed = stamped(sealed, draw, box, turned=degrees)
    after, print_ = grey(without_seals(sealed)), red_channel(page(LINES))
    assert (after[print_ == 255] > 239).all()
    assert len(find_seals(sealed)) == len(SEALS)


def test_worn_seal_vanishes():
    """With holes as of rough paper, a fifth of the ink missing."""
    sealed = stamped(page(), company_seal, (120, 100, 320, 300))
    holes = np.random.default_rng(1).random((300, 225)) < 0.2
    worn = Image.fromarray(holes).resize(sealed.size)
    sealed.paste("white", mask=worn)
    assert grey(without_seals(sealed)).min() > 239


def test_seal_of_a_photographed_page_vanishes():
    """Compression smears its edge into the paper; what is left of it is pale."""
    held = io.BytesIO()
    sealed = stamped(page(), company_seal, (120, 100, 320, 300), DARK_RED)
    sealed.save(held, "JPEG", quality=80)
    after = grey(without_seals(Image.open(held)))
    assert np.percentile(after[100:300, 120:320], 2) > 200


@pytest.mark.parametrize(
    "colour", [(140, 80, 30), (130, 30, 140), (30, 40, 160)], ids=str
)
def test_stamps_of_other_colours_stay(colour):
    """Brown, purple and blue ink is left as it is in the red channel."""
    sealed = stamped(page(LINES), company_seal, (120, 100, 320, 300), colour)
    assert find_seals(sealed) == ()
    assert without_seals(sealed).tobytes() == sealed.getchannel("R").tobytes()


@pytest.mark.parametrize("size", [28, 46, 60, 80])
def test_red_print_is_dark(size):
    """A red title or number is as dark as in the green channel, stroke for stroke."""
    sealed = stamped(page(LINES), company_seal, (120, 300, 320, 500))
    ImageDraw.Draw(sealed).text((40, 700), "国税局合同 No 04112", RED, font(size))
    band = (0, 690, 900, 830)
    after, green = without_seals(sealed).crop(band), sealed.getchannel("G").crop(band)
    assert grey(after)[grey(green) < 80].max() < 80
    assert len(find_seals(sealed)) == 1


def test_words_of_a_seal_cut_off_by_the_edge_stay_pale():
    """Of a seal across two sheets each shows a half; its words are no print."""
    sealed = stamped(page(), company_seal, (820, 300, 1000, 480))
    assert without_seals(sealed).tobytes() == sealed.getchannel("R").tobytes()


def test_red_lines_of_a_form_stay_pale():
    """They run through letters; and a seal that they touch is found all the same."""
    form = page(LINES)
    draw = ImageDraw.Draw(form)
    for y in range(90, 700, 50):
        draw.line((60, y, 840, y), RED, 2)
    for x in (60, 220, 840):
        draw.line((x, 90, x, 690), RED, 2)
    sealed = stamped(form, company_seal, (120, 100, 320, 300))
    after = grey(without_seals(sealed))
    assert after[red_channel(page(LINES)) == 255].min() >= RED[0] - 5
    assert len(find_seals(sealed)) == 1


@pytest.mark.parametrize("long", [SEEN_SIDE, SEEN_SIDE + 1, 3 * SEEN_SIDE + 7])
def test_seal_is_found_on_larger_pictures(long):
    """Looked for in a smaller picture, it is cleared in the whole one."""
    scale = long / 1200
    sealed = stamped(page(), company_seal, (300, 500, 500, 700))
    larger = sealed.resize((round(900 * scale), long))
    (seal,) = find_seals(larger)
    middle = seal.outline.mean(axis=0) / scale
    assert middle == pytest.approx((400, 600), abs=5)
    assert grey(without_seals(larger)).min() > 235


def test_seal_is_cleared_from_a_part_at_any_scale():
    """What was measured on the page holds for a part that is drawn anew, larger."""
    before = page(LINES)
    sealed = stamped(before, company_seal, (120, 100, 320, 300))
    (seal,) = find_seals(sealed)
    box = (120, 150, 330, 190)
    part = seal.without(sealed.crop(box).resize((630, 120)))
    assert (part.mode, part.size) == ("RGB", (630, 120))
    print_ = grey(before.crop(box).resize((630, 120)))
    assert grey(part)[print_ == 255].min() > 215
    assert grey(part)[print_ < 20].max() < 60


def square(outline: tuple[int, int, int, int] = (10, 20, 30, 40), **values) -> Seal:
    left, top, right, bottom = outline
    corners = np.array([[left, top], [right, top], [right, bottom], [left, bottom]])
    measured = {"paler": 2.0, "paper": 200.0, "paper_tint": 1.0, "ink_tint": 0.2}
    return Seal(corners, **measured | values)


@pytest.mark.parametrize(
    ("box", "touches"),
    [
        ((0, 0, 10, 20), True),
        ((0, 0, 9, 20), False),
        ((0, 0, 10, 19), False),
        ((30, 40, 50, 60), True),
        ((31, 40, 50, 60), False),
        ((30, 41, 50, 60), False),
        ((15, 25, 16, 26), True),
        ((0, 0, 99, 99), True),
    ],
)
def test_box_touches_a_seal(box, touches):
    """Also when they have an edge in common only."""
    assert square().touches(box) is touches


@pytest.mark.parametrize(
    ("red", "green", "cleared"),
    [
        (100, 20, 200),  # ink: as bright as paper
        (100, 100, 100),  # black and grey stay
        (100, 60, 150),  # half of each
        (150, 30, 200),  # never brighter than paper
        (250, 50, 250),  # what was is not darkened
        (0, 0, 0),
    ],
)
def test_the_redder_the_paler(red, green, cleared):
    """The red channel times what brings ink to paper, by how red the place is."""
    pixels = np.array([[[red, green, green]]], np.uint8)
    assert square().cleared(pixels).tolist() == [[pytest.approx(cleared, abs=1)]]


def test_tints_hardly_apart_do_not_decide():
    """Ink nearly of the paper's tint: no place is cleared for a trace of colour."""
    pixels = np.array([[[100, 95, 95]]], np.uint8)
    near = square(ink_tint=1.0 - LEAST_TINT / 5)
    far = square(ink_tint=1.0 - LEAST_TINT)
    assert near.cleared(pixels).tolist() == far.cleared(pixels).tolist() == [[150]]


FRAME = (300, 300, 389, 389)  # of eight pixels; nothing drawn into it reaches it
INSIDE = 308, 381


def measured(*parts: tuple[tuple[int, int, int, int], tuple[int, int, int]]) -> Seal:
    """What is measured of a square seal on grey paper, with boxes drawn over it."""
    image = Image.new("RGB", (900, 1200), (200, 200, 200))
    draw = ImageDraw.Draw(image)
    draw.rectangle(FRAME, outline=(180, 30, 30), width=8)
    for box, colour in parts:
        draw.rectangle(box, colour)
    (seal,) = find_seals(image)
    return seal


@pytest.mark.parametrize(("rows", "paper"), [(10, 200), (12, 255)])
def test_a_gleam_is_not_the_paper(rows, paper):
    """What covers less than a tenth of a seal may be brighter than its paper."""
    low, high = INSIDE
    assert (rows * (high - low + 1) > (100 - BRIGHT) / 100 * 90 * 90) == (paper == 255)
    seal = measured(((low, 320, high, 319 + rows), (255, 255, 255)))
    assert seal.paper == paper


@pytest.mark.parametrize(("level", "paper"), [(0.02, True), (-0.02, False)])
def test_grey_under_a_seal_is_ink_or_paper(level, paper):
    """Grey darker than the bound is print, however much of it there is."""
    shade = round(200 * (DARK + level))
    seal = measured(((312, 312, 377, 370), (shade, shade, shade)))
    assert seal.paper == (shade if paper else 200)


@pytest.mark.parametrize(("part", "dark"), [(-3, False), (3, True)])
def test_ink_is_measured_where_it_is_dark(part, dark):
    """Brought to paper is what most of the ink is no darker than."""
    inked = 90 * 90 - 74 * 74
    rows = round((DARK_INK + part) / 100 * inked / 16)  # across both upright sides
    sides = ((300, 320, 307, 319 + rows), (382, 320, 389, 319 + rows))
    seal = measured(*((side, (120, 20, 20)) for side in sides))
    assert seal.paler == pytest.approx(200 / (120 if dark else 180), abs=0.01)


def test_soft_edge_is_cleared_and_nothing_beyond():
    """Four pixels about a seal belong to it; print further off is left alone."""
    image = page()
    draw = ImageDraw.Draw(image)
    draw.rectangle((300, 300, 390, 390), outline=RED, width=5)
    sides = ((390, 350, 1, 0), (300, 350, -1, 0), (350, 390, 0, 1), (350, 300, 0, -1))
    places = [
        [(x + a * off, y + b * off) for off in (EDGE, EDGE + 1)] for x, y, a, b in sides
    ]
    for at in (at for side in places for at in side):
        image.putpixel(at, (250, 235, 235))
    after = without_seals(image)
    for near, beyond in places:
        assert after.getpixel(near) > 250
        assert after.getpixel(beyond) == 250


SHAPES = st.lists(
    st.tuples(
        st.sampled_from(["ellipse", "rectangle", "line", "point"]),
        st.tuples(*[st.integers(-40, 160)] * 4),
        st.sampled_from([RED, FADED, DARK_RED, (0, 0, 0), (255, 255, 255)]),
        st.integers(1, 12),
    ),
    max_size=8,
)  # fmt: skip


@given(st.integers(1, 120), st.integers(1, 120), SHAPES, st.sampled_from("RLP"))
def test_any_drawing_keeps_its_size(wide, high, shapes, mode):
    """Whatever is drawn, off the page too, in any mode: a grey page of that size."""
    image = Image.new("RGB", (wide, high), "white")
    draw = ImageDraw.Draw(image)
    for kind, (x0, y0, x1, y1), colour, width in shapes:
        box = (min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))
        if kind in ("ellipse", "rectangle"):
            getattr(draw, kind)(box, outline=colour, width=width)
        elif kind == "line":
            draw.line((x0, y0, x1, y1), colour, width)
        else:
            draw.point((x0, y0), colour)
    image = image if mode == "R" else image.convert(mode)
    after = without_seals(image)
    assert (after.size, after.mode) == (image.size, "L")
    for seal in find_seals(image):
        part = seal.without(image)
        assert (part.size, part.mode) == (image.size, "RGB")


@pytest.mark.parametrize(
    "size", [(1, 1), (1, 30000), (30000, 1), (3, 4001), (300, 300)]
)
@pytest.mark.parametrize("colour", ["white", "black", "red", "#300"])
def test_blank_pages_of_any_shape(size, colour):
    """All of one colour, however thin: the red channel of it."""
    image = Image.new("RGB", size, colour)
    assert without_seals(image).tobytes() == image.getchannel("R").tobytes()
    assert find_seals(image) == ()


def test_page_of_noise_takes_no_time():
    """Thousands of parts of every size, none of which is a seal."""
    noise = np.random.default_rng(1).integers(0, 256, (1200, 1200, 3), np.uint8)
    image = ImageChops.lighter(Image.fromarray(noise), Image.new("RGB", (1200, 1200)))
    started = time.process_time()
    assert without_seals(image).size == image.size
    assert time.process_time() - started < SECONDS


def test_real_print_under_seals_is_read_and_their_words_are_not():
    """Two seals over three lines: the engine reads the lines, nothing of the seals."""
    words = [
        "甲方应于二〇二四年三月十五日前支付货款",
        "乙方应于收到货款之日起七日内交付货物",
        "本合同自双方盖章之日起生效",
    ]
    sealed = stamped(page(words, (900, 600)), company_seal, (100, 40, 290, 230))
    sealed = stamped(sealed, name_seal, (400, 90, 480, 170))
    read = open_engine("rapidocr").read(without_seals(sealed).convert("RGB"))
    assert [line.text for line in sorted(read, key=lambda x: x.top)] == words
