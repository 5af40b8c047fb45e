"""Fill and outline of OFD objects as attributes of SVG (GB/T 33190-2016, 8)."""

from __future__ import annotations

from typing import Final
from xml.etree.ElementTree import Element

from workers.reading.ofd_colours import BLACK, Paint, nearest
from workers.reading.ofd_geometry import number, numbers, written
from workers.reading.ofd_objects import Placed

THIN: Final = 0.353  # mm, the line width of the standard
LEAST_LINE: Final = 0.1
_CAPS = {"Round": "round", "Square": "square"}
_JOINS = {"Round": "round", "Bevel": "bevel"}


def text_paints(placed: Placed) -> str:
    """Text is filled, in black unless something else is said, and has no outline."""
    inside = nearest(placed.styles, "FillColor", BLACK)
    line = nearest(placed.styles, "StrokeColor", BLACK)
    return _paints(
        placed,
        inside if _said(placed, "Fill", default=True) else None,
        line if _said(placed, "Stroke", default=False) else None,
    )


def path_paints(placed: Placed) -> str:
    """Paths have an outline, in black unless something else is said, and no filling."""
    inside = nearest(placed.styles, "FillColor", None)
    line = nearest(placed.styles, "StrokeColor", BLACK)
    return _paints(
        placed,
        inside if _said(placed, "Fill", default=False) else None,
        line if _said(placed, "Stroke", default=True) else None,
    )


def _paints(placed: Placed, inside: Paint | None, line: Paint | None) -> str:
    return (
        f"{_paint('fill', inside)} {_paint('stroke', line)} "
        f'{_line(placed) if line else ""} opacity="{written(opacity(placed.element))}"'
    )


def _said(placed: Placed, name: str, *, default: bool) -> bool:
    said = placed.element.get(name)
    return default if said is None else said == "true"


def _paint(name: str, paint: Paint | None) -> str:
    if paint is None:
        return f'{name}="none"'
    return f'{name}="{paint.css}" {name}-opacity="{written(paint.opacity)}"'


def _line(placed: Placed) -> str:
    def said(name: str) -> str | None:
        return next((e.get(name) for e in placed.styles if e.get(name)), None)

    width = max(LEAST_LINE, number(said("LineWidth"), THIN))
    dashes = " ".join(
        written(max(0.0, value)) for value in numbers(said("DashPattern"))
    )
    parts = [f'stroke-width="{written(width)}"']
    if dashes:
        parts.append(f'stroke-dasharray="{dashes}"')
    parts.append(f'stroke-linecap="{_CAPS.get(said("Cap") or "", "butt")}"')
    parts.append(f'stroke-linejoin="{_JOINS.get(said("Join") or "", "miter")}"')
    return " ".join(parts)


def opacity(element: Element) -> float:
    """How much an object covers, 0 to 1."""
    return min(1.0, max(0.0, number(element.get("Alpha"), 255.0) / 255))
