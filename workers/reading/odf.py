"""ODT, ODS and ODP as text: paragraphs, tables row by row, sheets and slides apart."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

from intake.reading import Unreadable, UnreadableReason
from workers.reading.content import Content, Context
from workers.reading.package import check_package, open_package
from workers.reading.text_json import write_text
from workers.reading.zipped_xml import attribute, child, local, parse_part

MOST_REPEATED: Final = 200  # equal cells beside each other that are written out
MOST_ROWS: Final = 200_000
_PARAGRAPHS = frozenset({"p", "h"})
_APART: Final = {"spreadsheet": "table", "presentation": "page"}
# What was taken out, and what stands beside the text: never part of its lines.
_SKIPPED = frozenset(
    {"tracked-changes", "annotation", "annotation-end", "forms", "page-number"}
)
_OUTSIDE = re.compile(r"[a-z][a-z0-9+.-]+:", re.IGNORECASE)
_HIDDEN = frozenset({"hidden-text", "hidden-paragraph"})


def read(path: Path, context: Context, content: Content) -> None:
    """See workers.reading.readers.Reader."""
    check_package(path, context, content)
    with open_package(path, context) as archive:
        root = parse_part(archive, "content.xml")
        beside = list(_headers(archive))
    body = child(root, "body")
    kind = None if body is None else next(iter(body), None)
    if kind is None:
        raise Unreadable(UnreadableReason.NO_PAGES, "no body")
    _find_styles(root, content)
    finder = _Finder(content, _hidden_styles(root))
    apart = [each for each in kind if local(each) == _APART.get(local(kind))]
    if local(kind) == "presentation":
        context.announce_pages(len(apart))
        content.pages = len(apart)
    for number, each in enumerate(apart or [kind], start=1):
        lines = [*finder.title(each, number), *finder.lines(each)]
        lines.extend(() if apart else beside)
        content.add_text("\n".join(line for line in lines if line.strip()))
        context.step()
    write_text(context, content)


def _headers(archive: zipfile.ZipFile) -> Iterator[str]:
    """The headers and footers of a text document, each once."""
    if "styles.xml" not in archive.namelist():
        return
    seen = set()
    for master in parse_part(archive, "styles.xml").iter():
        if local(master) in ("header", "footer"):
            for paragraph in (e for e in master.iter() if local(e) in _PARAGRAPHS):
                line = "".join(_words(paragraph)).strip()
                if line and line not in seen:
                    seen.add(line)
                    yield line


def _hidden_styles(root: Element) -> frozenset[str]:
    """The names of styles that hide their sheet or slide."""
    return frozenset(
        attribute(style, "name") or ""
        for style in root.iter()
        if local(style) == "style"
        for properties in style
        if attribute(properties, "display") == "false"
        or attribute(properties, "visibility") == "hidden"
    )


def _find_styles(root: Element, content: Content) -> None:
    """Text that a style hides, and pictures that stand elsewhere."""
    for element in root.iter():
        if local(element) == "text-properties":
            if attribute(element, "display") == "none":
                content.find("HIDDEN_CONTENT", "hidden text")
        elif local(element) in ("image", "object", "plugin", "floating-frame"):
            target = attribute(element, "href") or ""
            if _OUTSIDE.match(target):
                content.find("EXTERNAL_REF", target[:200])


@dataclass(slots=True)
class _Finder:
    """Takes the lines out of a body and notes what is hidden in it."""

    content: Content
    hidden_styles: frozenset[str]
    _rows: int = field(default=0)

    def title(self, part: Element, number: int) -> Iterator[str]:
        """The name of a sheet; hidden sheets and slides are noted."""
        hidden = (attribute(part, "style-name") or "?") in self.hidden_styles
        if local(part) == "table":
            yield attribute(part, "name") or ""
            if hidden:
                name = attribute(part, "name") or number
                self.content.find("HIDDEN_CONTENT", f"sheet {name}")
        elif local(part) == "page" and hidden:
            self.content.note_page("HIDDEN_CONTENT", number)

    def lines(self, element: Element) -> Iterator[str]:
        """The lines below an element; the row of a table is one line."""
        for each in element:
            name = local(each)
            if name in _SKIPPED:
                self._note_skipped(name, each)
            elif name in _PARAGRAPHS:
                yield from "".join(_words(each)).split("\n")
                yield from self._inside(each)
            elif name == "table-row":
                yield from self._row(each)
            elif name == "notes" and any("".join(_words(n)).strip() for n in each):
                self.content.find("SPEAKER_NOTES", "")
                yield from self.lines(each)
            else:
                yield from self.lines(each)

    def _inside(self, paragraph: Element) -> Iterator[str]:
        """Text boxes, notes and the like that hang on a place in a paragraph."""
        for each in paragraph:
            if local(each) in _SKIPPED:
                self._note_skipped(local(each), each)
            elif local(each) in _HIDDEN:
                self.content.find("HIDDEN_CONTENT", "hidden text")
            elif local(each) in ("frame", "note", "custom-shape", "text-box"):
                yield from self.lines(each)
            else:
                yield from self._inside(each)

    def _row(self, row: Element) -> Iterator[str]:
        self._rows += 1
        if self._rows > MOST_ROWS:
            self.content.find("TEXT_CUT")
            return
        if attribute(row, "visibility") in ("collapse", "filter"):
            self.content.find("HIDDEN_CONTENT", "hidden rows")
        yield "\t".join(self._cells(row)).rstrip()

    def _cells(self, row: Element) -> Iterator[str]:
        for cell in row:
            if local(cell) not in ("table-cell", "covered-table-cell"):
                continue
            value = " ".join(line for line in self.lines(cell) if line.strip())
            # A number of repeats is a claim: the empty rest of a row is a million.
            claimed = attribute(cell, "number-columns-repeated") or "1"
            times = int(claimed) if claimed.isdigit() and len(claimed) < 10 else 1  # noqa: PLR2004
            yield from [value] * (min(times, MOST_REPEATED) if value else 1)

    def _note_skipped(self, name: str, element: Element) -> None:
        if name == "tracked-changes":
            count = len(list(element))
            if count:
                self.content.find("HIDDEN_CONTENT", f"{count} tracked changes")
        elif name == "annotation":
            self.content.find("HIDDEN_CONTENT", "comments")


def _words(element: Element) -> Iterator[str]:
    """The text of a paragraph itself; white space as ODF 1.3 part 3, 6.1 writes it."""
    yield element.text or ""
    for each in element:
        name = local(each)
        if name == "tab":
            yield "\t"
        elif name == "line-break":
            yield "\n"
        elif name == "s":
            claimed = attribute(each, "c") or "1"
            yield " " * (min(int(claimed), 100) if claimed.isdigit() else 1)
        elif name not in _SKIPPED and name not in ("frame", "note", "custom-shape"):
            yield from _words(each)
        yield each.tail or ""
