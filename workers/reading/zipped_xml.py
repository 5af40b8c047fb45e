"""XML parts of a ZIP document, parsed under bounds: no entities, no DTD, no giants."""

from __future__ import annotations

import zipfile
import zlib
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from intake.reading import Unreadable, UnreadableReason

LARGEST_PART: Final = 64 << 20
DEEPEST: Final = 200  # levels of elements; real documents have some twenty

_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)


def parse_part(archive: zipfile.ZipFile, part: str) -> Element:
    """The root element of a part.

    Raises:
        Unreadable: LIMIT_MEM, XML_ENTITIES or CORRUPT.
    """
    try:
        with archive.open(part) as stream:
            data = stream.read(LARGEST_PART + 1)
    except (KeyError, *_DAMAGE) as error:
        raise Unreadable(UnreadableReason.CORRUPT, f"part {part[-80:]}") from error
    return parse_xml(data)


def parse_xml(data: bytes | str) -> Element:
    """The root element of an XML text; raises as `parse_part`."""
    if len(data) > LARGEST_PART:
        raise Unreadable(UnreadableReason.LIMIT_MEM, "one part is too large")
    try:
        root: Element = ElementTree.fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        detail = type(error).__name__
        raise Unreadable(UnreadableReason.XML_ENTITIES, detail) from error
    except (ParseError, ValueError) as error:
        raise Unreadable(UnreadableReason.CORRUPT, type(error).__name__) from error
    _require_shallow(root)
    return root


def _require_shallow(root: Element) -> None:
    """Readers follow the tree by recursion: its depth is bounded here, once."""
    level, depth = [root], 0
    while level:
        depth += 1
        if depth > DEEPEST:
            raise Unreadable(UnreadableReason.NESTING_LIMIT, "elements of XML")
        level = [child for element in level for child in element]


def local(element: Element) -> str:
    """The name of an element without its name space."""
    return str(element.tag).rpartition("}")[2]


def attribute(element: Element, name: str) -> str | None:
    """The value of an attribute by its local name, whatever its name space."""
    found = element.get(name)
    if found is not None:
        return found
    ending = "}" + name
    return next((v for k, v in element.attrib.items() if k.endswith(ending)), None)


def child(element: Element, name: str) -> Element | None:
    """The first child of that local name."""
    return next((each for each in element if local(each) == name), None)


def child_text(element: Element, name: str) -> str:
    """The text of that child, without white space around it; empty without one."""
    found = child(element, name)
    return "" if found is None else (found.text or "").strip()
