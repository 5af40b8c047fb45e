"""An OFD page as a drawing of ours: SVG, made of numbers and text that we checked.

It is drawn with our fonts in place of the file's own, without the seals that
signatures carry, without patterns, and shadings in one colour. What matters is where
things stand; the maker's own reader shows more.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from workers.reading.content import plain
from workers.reading.ofd_geometry import (
    Box,
    Matrix,
    combined,
    matrix,
    moved,
    number,
    written,
)
from workers.reading.ofd_objects import Characters, Placed, characters
from workers.reading.ofd_paths import svg_path
from workers.reading.ofd_resources import Font
from workers.reading.ofd_style import opacity, path_paints, text_paints
from workers.reading.ofd_text import size_of
from workers.reading.zipped_xml import child_text

_SANS = ("黑", "hei", "sans", "arial", "gothic", "yahei", "helvetica", "雅黑", "等线")
_MONO = ("courier", "mono", "consolas")


@dataclass(frozen=True, slots=True)
class Families:
    """The font families that stand in for others."""

    serif: str
    sans: str
    mono: str

    def instead_of(self, font: Font | None) -> str:
        """Ours that looks most like it."""
        name = "" if font is None else font.name.lower()
        if any(mark in name for mark in _MONO):
            return self.mono
        return self.sans if any(mark in name for mark in _SANS) else self.serif


@dataclass(slots=True)
class Drawing:
    """Collects the drawing of one page."""

    area: Box
    families: Families
    fonts: dict[str, Font]
    _parts: list[str] = field(default_factory=list)

    def svg(self) -> bytes:
        """The page on white paper."""
        a = self.area
        view = " ".join(written(value) for value in (a.x, a.y, a.width, a.height))
        paper = (
            f'<rect x="{written(a.x)}" y="{written(a.y)}" width="{written(a.width)}" '
            f'height="{written(a.height)}" fill="white"/>'
        )
        head = (
            '<svg xmlns="http://www.w3.org/2000/svg" '
            'xmlns:xlink="http://www.w3.org/1999/xlink" '
            f'viewBox="{view}" '
            f'width="{written(a.width)}mm" height="{written(a.height)}mm">'
        )
        return "".join((head, paper, *self._parts, "</svg>")).encode()

    def add_text(self, placed: Placed) -> None:
        """Draw the characters of a text object."""
        font = self.fonts.get(placed.element.get("Font") or "")
        size = size_of(placed)
        style = (
            f'font-family="{escape(self.families.instead_of(font))}" '
            f'font-size="{written(size)}" {_weight(placed.element, font)}'
            f"{text_paints(placed)}"
        )
        for code in characters(placed.element):
            self._parts.extend(_texts(placed, code, style))

    def add_path(self, placed: Placed) -> None:
        """Draw a path object."""
        path = svg_path(child_text(placed.element, "AbbreviatedData"))
        if path:
            rule = "evenodd" if placed.element.get("Rule") == "Even-Odd" else "nonzero"
            self._parts.append(
                f'<path d="{path}" fill-rule="{rule}" {_transform(placed.to_page)} '
                f"{path_paints(placed)}/>"
            )

    def add_picture(self, placed: Placed, picture: bytes, media_type: str) -> None:
        """Draw a picture into the unit square of its object (10)."""
        to_page = placed.to_page
        if matrix(placed.element.get("CTM")) is None:
            scale = (placed.width, 0.0, 0.0, placed.height, 0.0, 0.0)
            to_page = combined(to_page, scale)
        data = base64.b64encode(picture).decode()
        self._parts.append(
            '<image x="0" y="0" width="1" height="1" preserveAspectRatio="none" '
            f'{_transform(to_page)} opacity="{written(opacity(placed.element))}" '
            f'xlink:href="data:{media_type};base64,{data}"/>'
        )


def _texts(placed: Placed, code: Characters, style: str) -> Iterator[str]:
    stretch = number(placed.element.get("HScale"), 1.0)
    turned = number(placed.element.get("CharDirection"), 0.0)
    if stretch == 1 and turned == 0:
        yield _text(code.text, code.xs, code.ys, placed.to_page, style)
        return
    for character, x, y in zip(code.text, code.xs, code.ys, strict=False):
        own = combined(moved(x, y), _glyph(stretch, turned))
        yield _text(character, (0.0,), (0.0,), combined(placed.to_page, own), style)


def _glyph(stretch: float, turned: float) -> Matrix:
    """How each character is stretched, and turned with the clock."""
    turn: dict[float, Matrix] = {
        90: (0, 1, -1, 0, 0, 0), 180: (-1, 0, 0, -1, 0, 0), 270: (0, -1, 1, 0, 0, 0),
    }  # fmt: skip
    scale: Matrix = (stretch, 0, 0, 1, 0, 0)
    return combined(turn.get(turned % 360, (1, 0, 0, 1, 0, 0)), scale)


def _text(
    text: str, xs: Iterable[float], ys: Iterable[float], to_page: Matrix, style: str
) -> str:
    # A character that is taken out would move all places after it: a space instead.
    shown = "".join(plain(character) or " " for character in text)
    return (
        f'<text xml:space="preserve" x="{_list(xs)}" y="{_list(ys)}" '
        f"{_transform(to_page)} {style}>{escape(shown)}</text>"
    )


def _weight(element: Element, font: Font | None) -> str:
    heavy = number(element.get("Weight"), 400) > 500  # noqa: PLR2004 (CSS: 400 is plain)
    bold = heavy or (font is not None and font.bold)
    slanted = element.get("Italic") == "true" or (font is not None and font.italic)
    return ('font-weight="bold" ' if bold else "") + (
        'font-style="italic" ' if slanted else ""
    )


def _transform(by: Matrix) -> str:
    return f'transform="matrix({" ".join(written(value) for value in by)})"'


def _list(values: Iterable[float]) -> str:
    return " ".join(written(value) for value in values)
