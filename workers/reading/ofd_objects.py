"""What stands on an OFD page, object by object, in millimetres of the page.

GB/T 33190-2016, 8 (layers, boundaries, drawing parameters) and 9 to 13 (objects).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import Element

from intake.reading import Unreadable, UnreadableReason
from workers.reading.ofd_geometry import (
    IDENTITY,
    Matrix,
    box,
    combined,
    deltas,
    matrix,
    moved,
    number,
)
from workers.reading.ofd_resources import Resources
from workers.reading.zipped_xml import child, local

MOST_OBJECTS: Final = 100_000
MOST_CHARACTERS: Final = 5_000_000  # of text and paths, on one page
DEEPEST_OBJECTS: Final = 8
_HOLDERS = frozenset({"Content", "Layer", "PageBlock", "Appearance"})
_KINDS = frozenset({"TextObject", "PathObject", "ImageObject", "CompositeObject"})
_NEWLINES = str.maketrans("", "", "\r\n")


@dataclass(frozen=True, slots=True)
class Placed:
    """An object, the matrix from its own space to the page, and what styles it.

    `styles` are the elements whose attributes and colours count, nearest first.
    """

    kind: str
    element: Element
    to_page: Matrix
    styles: tuple[Element, ...]
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Characters:
    """The characters of a `TextCode` and where each begins, in the object's space.

    `xs` and `ys` hold one place only when the steps are left to the font.
    """

    text: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]


class Walk:
    """Goes over the objects of one page, with a bound on how many there are."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._objects = self._characters = 0
        self.hidden = 0

    def objects(self, root: Element) -> Iterator[Placed]:
        """The visible objects below a page, template or appearance.

        Raises:
            Unreadable: LIMIT_OUTPUT, objects without end.
        """
        start = IDENTITY
        if local(root) == "Appearance":
            place = box(root.get("Boundary"))
            start = moved(place.x, place.y) if place else IDENTITY
        yield from self._below(root, start, (), 0)

    def _below(
        self, holder: Element, outer: Matrix, styles: tuple[Element, ...], depth: int
    ) -> Iterator[Placed]:
        for element in holder:
            kind = local(element)
            if kind in _HOLDERS:
                named = self._resources.parameters(element.get("DrawParam"))
                yield from self._below(element, outer, (*named, *styles), depth)
            elif kind in _KINDS:
                yield from self._object(element, outer, styles, depth)

    def _object(
        self, element: Element, outer: Matrix, styles: tuple[Element, ...], depth: int
    ) -> Iterator[Placed]:
        self._count(element)
        if element.get("Visible") == "false":
            self.hidden += 1
            return
        area = box(element.get("Boundary"))
        x, y, width, height = (
            (area.x, area.y, area.width, area.height) if area else _corner(element)
        )
        own = matrix(element.get("CTM")) or IDENTITY
        to_page = combined(outer, combined(moved(x, y), own))
        named = self._resources.parameters(element.get("DrawParam"))
        nearest = (element, *named, *styles)
        if local(element) == "CompositeObject":
            yield from self._composed(element, to_page, nearest, depth)
        else:
            yield Placed(local(element), element, to_page, nearest, width, height)

    def _count(self, element: Element) -> None:
        """Composed objects may repeat what they hold: it counts each time."""
        self._objects += 1
        self._characters += sum(len(each.text or "") for each in element.iter())
        if self._objects > MOST_OBJECTS or self._characters > MOST_CHARACTERS:
            raise Unreadable(UnreadableReason.LIMIT_OUTPUT, "objects on one page")

    def _composed(
        self, element: Element, to_page: Matrix, styles: tuple[Element, ...], depth: int
    ) -> Iterator[Placed]:
        unit = self._resources.composed.get(element.get("ResourceID") or "")
        content = None if unit is None else child(unit, "Content")
        if content is not None and depth < DEEPEST_OBJECTS:
            yield from self._below(content, to_page, styles, depth + 1)


def _corner(element: Element) -> tuple[float, float, float, float]:
    """A boundary without area still says where its object begins (a thin line)."""
    words = (element.get("Boundary") or "").split()
    x, y, width, height = (number(word, 0.0) for word in (*words, *"0000")[:4])
    return x, y, max(0.0, width), max(0.0, height)


def characters(element: Element) -> Iterator[Characters]:
    """The text codes of a text object (11.3); a place left out is that before it."""
    x = y = 0.0
    for code in element:
        if local(code) != "TextCode":
            continue
        x, y = number(code.get("X"), x), number(code.get("Y"), y)
        text = (code.text or "").translate(_NEWLINES)
        if not text:
            continue
        across = deltas(code.get("DeltaX"), len(text) - 1)
        down = deltas(code.get("DeltaY"), len(text) - 1)
        if across is None and down is None:
            yield Characters(text, (x,), (y,))
        else:
            yield Characters(text, _summed(x, across, text), _summed(y, down, text))


def _summed(start: float, steps: list[float] | None, text: str) -> tuple[float, ...]:
    if steps is None:
        return (start,) * len(text)
    places = [start]
    for step in steps:
        places.append(places[-1] + step)
    return tuple(places)
