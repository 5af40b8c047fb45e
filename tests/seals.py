"""Made-up seals, stamped over the print of a page as ink is."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from functools import cache
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFont

from tests.scans import font_file

Box = tuple[int, int, int, int]
Colour = tuple[int, int, int]
Draw = Callable[[ImageDraw.ImageDraw, Box, Colour], None]

RED: Final = (215, 35, 40)
OWNER: Final = "海州远山贸易有限公司"
_FINER: Final = 2  # drawn that much larger: the edge of ink is soft


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Chinese letters, `size` pixels high."""
    return ImageFont.truetype(font_file(), size)


def page(
    lines: Iterable[str] = (), size: tuple[int, int] = (900, 1200), paper: str = "white"
) -> Image.Image:
    """A page with lines of 28 pixels, 50 pixels apart, from (80, 60) on."""
    image = Image.new("RGB", size, paper)
    draw = ImageDraw.Draw(image)
    for row, line in enumerate(lines):
        draw.text((80, 60 + 50 * row), line, "black", font(28))
    return image


def stamped(
    image: Image.Image, kind: Draw, box: Box, colour: Colour = RED, turned: float = 0
) -> Image.Image:
    """The page with a seal of that kind in the box, turned by some degrees."""
    left, top, right, bottom = box
    wide, high = right - left, bottom - top
    margin = max(wide, high) // 4
    around = left - margin, top - margin, right + margin, bottom + margin
    drawn = tuple(_FINER * x for x in (margin, margin, margin + wide, margin + high))
    room = around[2] - around[0], around[3] - around[1]
    layer = Image.new("RGB", (room[0] * _FINER, room[1] * _FINER), "white")
    kind(ImageDraw.Draw(layer), drawn, colour)
    layer = layer.rotate(turned, Image.Resampling.BICUBIC, fillcolor="white")
    after = image.copy()
    after.paste(ImageChops.multiply(image.crop(around), layer.resize(room)), around)
    return after


def company_seal(draw: ImageDraw.ImageDraw, box: Box, colour: Colour) -> None:
    """Round: a ring, the owner's name along it, a star."""
    left, top, right, bottom = box
    wide = right - left
    draw.ellipse(box, outline=colour, width=max(2, wide // 30))
    x, y = (left + right) / 2, (top + bottom) / 2
    _around(draw, (x, y), wide * 0.37, colour)
    points = [
        (
            x + wide * part * math.sin(n * math.pi / 5),
            y - wide * part * math.cos(n * math.pi / 5),
        )
        for n, part in enumerate((0.14, 0.055) * 5)
    ]
    draw.polygon(points, fill=colour)


def _around(
    draw: ImageDraw.ImageDraw, middle: tuple[float, float], far: float, colour: Colour
) -> None:
    letters = font(max(8, round(far * 0.36)))
    for n, letter in enumerate(OWNER):
        angle = math.radians(-120 + 240 * n / (len(OWNER) - 1))
        at = middle[0] + far * math.sin(angle), middle[1] - far * math.cos(angle)
        draw.text(at, letter, colour, letters, anchor="mm")


def oval_seal(draw: ImageDraw.ImageDraw, box: Box, colour: Colour) -> None:
    """As for invoices: two lines in an oval."""
    left, top, right, bottom = box
    high = bottom - top
    draw.ellipse(box, outline=colour, width=max(2, high // 20))
    letters = font(max(8, high // 5))
    for part, words in ((0.36, "发票专用章"), (0.64, "913702000001")):
        at = (left + right) / 2, top + high * part
        draw.text(at, words, colour, letters, anchor="mm")


def name_seal(draw: ImageDraw.ImageDraw, box: Box, colour: Colour) -> None:
    """Square: the four characters of a name's seal in a frame."""
    left, top, right, bottom = box
    wide, high = right - left, bottom - top
    draw.rectangle(box, outline=colour, width=max(2, wide // 18))
    letters = font(max(8, round(min(wide, high) * 0.36)))
    for n, letter in enumerate("彭远之印"):
        at = (
            left + wide * (0.28 + 0.44 * (n % 2)),
            top + high * (0.28 + 0.44 * (n // 2)),
        )
        draw.text(at, letter, colour, letters, anchor="mm")
