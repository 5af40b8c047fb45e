"""What OFD pages refer to by number (GB/T 33190-2016, 7.9).

Fonts, pictures, drawing parameters and composed objects.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element

from intake.reading import Unreadable
from workers.reading.ofd_package import OfdPackage
from workers.reading.zipped_xml import child_text, local

MOST_RESOURCES: Final = 50_000
DEEPEST_PARAMETERS: Final = 10


@dataclass(frozen=True, slots=True)
class Font:
    """What a font calls itself; ours are drawn in its place."""

    name: str
    bold: bool
    italic: bool


@dataclass(slots=True)
class Resources:
    """Resources by their number, which is unique in a document."""

    fonts: dict[str, Font] = field(default_factory=dict)
    pictures: dict[str, str] = field(default_factory=dict)
    composed: dict[str, Element] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    _parameters: dict[str, Element] = field(default_factory=dict)

    def parameters(self, number: str | None) -> list[Element]:
        """The drawing parameters of that number and those they build on, in turn."""
        chain: list[Element] = []
        while number in self._parameters and len(chain) < DEEPEST_PARAMETERS:
            chain.append(self._parameters[number])
            number = chain[-1].get("Relative")
        return chain

    def read(self, package: OfdPackage, place: str, *bases: str) -> None:
        """Add what the resource file at `place` defines."""
        name = package.locate(place, *bases)
        if name is None:
            self.missing.append(place)
            return
        try:
            root = package.xml(name)
        except Unreadable:
            self.missing.append(place)
            return
        for element in root.iter():
            if len(self.pictures) + len(self.composed) < MOST_RESOURCES:
                self._add(element, package, root.get("BaseLoc") or "", (name, *bases))

    def _add(
        self, element: Element, package: OfdPackage, folder: str, bases: tuple[str, ...]
    ) -> None:
        number, kind = element.get("ID"), local(element)
        if number is None:
            return
        if kind == "Font":
            self.fonts[number] = _font(element)
        elif kind == "DrawParam":
            self._parameters[number] = element
        elif kind == "CompositeGraphicUnit":
            self.composed[number] = element
        elif kind == "MultiMedia":
            place = child_text(element, "MediaFile")
            inside = posixpath.join(folder, place)
            name = package.locate(inside, *bases) or package.locate(place, *bases)
            if name is None:
                self.missing.append(place)
            else:
                self.pictures[number] = name


def _font(element: Element) -> Font:
    name = element.get("FontName") or element.get("FamilyName") or ""
    return Font(name, element.get("Bold") == "true", element.get("Italic") == "true")
