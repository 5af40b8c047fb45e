"""PPTX, ODF and OFD as text, by the elements that hold it.

OFD (GB/T 33190-2016) is the format of Chinese electronic invoices: its text stands in
`TextCode` elements of the page files.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import ElementTree
from defusedxml.common import DefusedXmlException

from intake.reading import Unreadable, UnreadableReason
from workers.reading.content import Content, Context
from workers.reading.package import check_package, open_package
from workers.reading.text_json import write_text

LARGEST_PART: Final = 64 << 20
_SLIDE = re.compile(r"ppt/slides/slide(\d+)\.xml")
_OFD_PAGE = re.compile(r".*/Pages/Page_(\d+)/Content\.xml", re.IGNORECASE)
_ODF = re.compile(r"(content)\.xml")
# Elements that are a line of their own, by local name; and breaks inside a line.
_LINES = frozenset({"p", "h", "TextObject"})
_BREAKS: Final = {"tab": "\t", "br": "\n", "line-break": "\n", "s": " "}


def read(path: Path, context: Context, content: Content) -> None:
    """See workers.reading.readers.Reader."""
    check_package(path, context, content)
    with open_package(path, context) as archive:
        parts = _parts(archive, content.media_type)
        if not parts:
            raise Unreadable(UnreadableReason.NO_PAGES, "no page part")
        context.announce_pages(len(parts))
        content.pages = None if parts == ["content.xml"] else len(parts)
        for part in parts:
            content.add_text("\n".join(_lines(_parse(archive, part))))
            context.step()
    write_text(context, content)


def _parts(archive: zipfile.ZipFile, media_type: str) -> list[str]:
    pattern = _ODF
    if media_type.endswith("presentationml.presentation"):
        pattern = _SLIDE
    elif media_type == "application/ofd":
        pattern = _OFD_PAGE
    found = {}
    for name in archive.namelist():
        match = pattern.fullmatch(name)
        if match:
            number = int(match[1]) if match[1].isdigit() else 0
            found[name] = (len(name.split("/")), number)
    return sorted(found, key=lambda name: (found[name], name))


def _parse(archive: zipfile.ZipFile, part: str) -> Element:
    with archive.open(part) as stream:
        data = stream.read(LARGEST_PART + 1)
    if len(data) > LARGEST_PART:
        raise Unreadable(UnreadableReason.LIMIT_MEM, "one part is too large")
    try:
        root: Element = ElementTree.fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException) as error:
        raise Unreadable(UnreadableReason.CORRUPT, type(error).__name__) from error
    return root


def _lines(root: Element) -> Iterator[str]:
    for element in root.iter():
        if _local(element) in _LINES:
            line = "".join(_texts(element)).strip()
            if line:
                yield line


def _texts(element: Element) -> Iterator[str]:
    """The text of a line, without lines that stand inside it on their own."""
    yield element.text or ""
    for child in element:
        if _local(child) not in _LINES:
            yield _BREAKS.get(_local(child), "")
            yield from _texts(child)
        yield child.tail or ""


def _local(element: Element) -> str:
    return str(element.tag).rpartition("}")[2]
