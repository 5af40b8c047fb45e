"""The documents of an OFD and their pages, in order (GB/T 33190-2016, 7.4 to 7.8)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element

from intake.reading import Unreadable, UnreadableReason
from workers.reading.ofd_geometry import Box, box
from workers.reading.ofd_package import OfdPackage
from workers.reading.ofd_resources import Resources
from workers.reading.zipped_xml import attribute, child, child_text, local

MOST_DOCUMENTS: Final = 100
A4: Final = Box(0, 0, 210, 297)
_BOXES = ("PhysicalBox", "ApplicationBox", "ContentBox")
_BEHIND, _BEFORE = ("Background", "Body"), ("Foreground",)


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its size, and the roots of what is drawn on it, from the back on.

    `layers` is empty when the file of the page is missing.
    """

    area: Box
    layers: tuple[Element, ...]
    appearances: tuple[Element, ...]


@dataclass(slots=True)
class Document:
    """A document: its own file, what it carries, and what it lacks."""

    name: str
    body: Element
    root: Element
    resources: Resources = field(default_factory=Resources)

    def page_count(self) -> int:
        """How many pages it lists."""
        return len(_pages(self.root))

    def pages(self, package: OfdPackage) -> Iterator[Page]:
        """The pages in order.

        Raises:
            Unreadable: a page file is there, but damaged.
        """
        common = child(self.root, "CommonData")
        area = _area(child(common, "PageArea")) if common is not None else None
        annotations = self._annotations(package)
        for page in _pages(self.root):
            yield self._page(page, area or A4, annotations, package)

    def _page(
        self,
        page: Element,
        area: Box,
        annotations: dict[str, list[Element]],
        package: OfdPackage,
    ) -> Page:
        root = self._part(page.get("BaseLoc"), package)
        if root is None:
            return Page(area, (), ())
        for resource in root.iter():
            if local(resource) == "PageRes":
                bases = (page.get("BaseLoc") or "", self.name)
                self.resources.read(package, (resource.text or "").strip(), *bases)
        layers = (
            *self._templates(root, _BEHIND, package),
            root,
            *self._templates(root, _BEFORE, package),
        )
        return Page(
            _area(child(root, "Area")) or area,
            layers,
            tuple(annotations.get(page.get("ID") or "", ())),
        )

    def _templates(
        self, page: Element, orders: tuple[str, ...], package: OfdPackage
    ) -> Iterator[Element]:
        known = {
            each.get("ID"): each for each in self.root.iter() if _is_template(each)
        }
        for each in page:
            if local(each) != "Template":
                continue
            if (each.get("ZOrder") or "Background") in orders:
                template = known.get(each.get("TemplateID"))
                place = None if template is None else template.get("BaseLoc")
                root = self._part(place, package)
                if root is not None:
                    yield root

    def _annotations(self, package: OfdPackage) -> dict[str, list[Element]]:
        """The visible appearances of annotations, by the number of their page."""
        found: dict[str, list[Element]] = {}
        place = child_text(self.root, "Annotations")
        index = self._part(place, package) if place else None
        listed = package.locate(place, self.name) or ""
        for page in () if index is None else index:
            root = self._part(child_text(page, "FileLoc"), package, listed)
            appearances = [] if root is None else list(_appearances(root))
            found.setdefault(page.get("PageID") or "", []).extend(appearances)
        return found

    def _part(
        self, place: str | None, package: OfdPackage, *bases: str
    ) -> Element | None:
        name = package.locate(place, *bases, self.name) if place else None
        if name is None:
            self.resources.missing.append(place or "?")
            return None
        return package.xml(name)


def documents(package: OfdPackage) -> list[Document]:
    """The documents of a package.

    Raises:
        Unreadable: ENCRYPTED, CORRUPT, or NO_PAGES without any document.
    """
    if package.is_encrypted:
        raise Unreadable(UnreadableReason.ENCRYPTED, "OFD encryption (GM/T 0099)")
    name = package.locate("/OFD.xml")
    if name is None:
        raise Unreadable(UnreadableReason.CORRUPT, "no OFD.xml")
    bodies = [each for each in package.xml(name) if local(each) == "DocBody"]
    if not bodies:
        raise Unreadable(UnreadableReason.NO_PAGES, "no document in OFD.xml")
    found = []
    for body in bodies[:MOST_DOCUMENTS]:
        place = child_text(body, "DocRoot")
        root_name = package.locate(place, name) if place else None
        if root_name is None:
            detail = f"the document file {place[-80:]} is missing"
            raise Unreadable(UnreadableReason.CORRUPT, detail)
        found.append(_document(package, root_name, body))
    return found


def _document(package: OfdPackage, name: str, body: Element) -> Document:
    document = Document(name, body, package.xml(name))
    for element in child(document.root, "CommonData") or ():
        if local(element) in ("PublicRes", "DocumentRes"):
            document.resources.read(package, (element.text or "").strip(), name)
    return document


def _pages(root: Element) -> list[Element]:
    listed = child(root, "Pages")
    return [] if listed is None else [e for e in listed if local(e) == "Page"]


def _is_template(element: Element) -> bool:
    return local(element) == "TemplatePage"


def _appearances(root: Element) -> Iterator[Element]:
    for annotation in root:
        if attribute(annotation, "Visible") == "false":
            continue
        found = child(annotation, "Appearance")
        if found is not None:
            yield found


def _area(area: Element | None) -> Box | None:
    if area is None:
        return None
    return next((b for b in (box(child_text(area, n)) for n in _BOXES) if b), None)
