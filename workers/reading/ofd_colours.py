"""Colours of OFD as colours of the screen (GB/T 33190-2016, 8.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from workers.reading.ofd_geometry import number, numbers
from workers.reading.zipped_xml import child, local

_GREY, _RGB, _CMYK = 1, 3, 4
_SHADINGS = frozenset({"AxialShd", "RadialShd", "GouraudShd", "LaGourandShd"})


@dataclass(frozen=True, slots=True)
class Paint:
    """A colour and how much of it covers, 0 to 1."""

    css: str
    opacity: float = 1.0


BLACK: Final = Paint("#000000")


def nearest(
    styles: Sequence[Element], name: str, default: Paint | None
) -> Paint | None:
    """The colour `name` (`FillColor`, `StrokeColor`) that counts for an object.

    None for patterns, which are not drawn.
    """
    for style in styles:
        found = child(style, name)
        if found is not None:
            return _paint(found)
    return default


def _paint(colour: Element) -> Paint | None:
    opacity = min(1.0, max(0.0, number(colour.get("Alpha"), 255.0) / 255))
    for inner in colour:
        if local(inner) in _SHADINGS:
            first = next((e for e in inner.iter() if local(e) == "Color"), None)
            return None if first is None else Paint(_css(first.get("Value")), opacity)
        if local(inner) == "Pattern":
            return None
    return Paint(_css(colour.get("Value")), opacity)


def _css(value: str | None) -> str:
    """The colour by how many values it has: grey, RGB or CMYK, each 0 to 255."""
    found = [min(255.0, max(0.0, each)) for each in numbers(_decimal(value))]
    if len(found) == _GREY:
        found *= 3
    elif len(found) == _CMYK:
        key = 1 - found[3] / 255
        found = [(255 - each) * key for each in found[:3]]
    if len(found) != _RGB:
        return BLACK.css
    return "#" + "".join(f"{round(each):02x}" for each in found)


def _decimal(value: str | None) -> str:
    """Values may also stand as `#ff`, in hexadecimal."""
    words = []
    for word in (value or "").split():
        try:
            words.append(str(int(word[1:], 16)) if word.startswith("#") else word)
        except ValueError:
            return ""
    return " ".join(words)
