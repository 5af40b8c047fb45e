"""PPTX as text: slide by slide, tables row by row, the speaker's notes after each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pptx
from pptx.exc import PythonPptxError
from pptx.oxml.ns import qn

from intake.reading import Unreadable, UnreadableReason
from workers.reading.content import Content, Context
from workers.reading.package import check_package
from workers.reading.text_json import write_text
from workers.reading.zipped_xml import parse_xml

_A: Final = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P, _TBL, _TR, _TC = qn("a:p"), qn("a:tbl"), qn("a:tr"), qn("a:tc")
_T, _BR, _FIELD = qn("a:t"), qn("a:br"), qn("a:fld")
_DIAGRAM = "/diagramData"
# Office writes new kinds of objects twice, the second time for old programs.
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_HIDDEN = ("0", "false")


def read(path: Path, context: Context, content: Content) -> None:
    """See workers.reading.readers.Reader."""
    check_package(path, context, content)
    slides = _slides(path)
    context.announce_pages(len(slides))
    content.pages = len(slides)
    content.tools["python-pptx"] = pptx.__version__
    for number, slide in enumerate(slides, start=1):
        _read_slide(slide, number, content)
        context.step()
    write_text(context, content)


def _slides(path: Path) -> list[Any]:
    try:
        # As a stream: of a path the library would believe the extension.
        with path.open("rb") as stream:
            return list(pptx.Presentation(stream).slides)
    except (PythonPptxError, KeyError, ValueError, AttributeError) as error:
        raise Unreadable(UnreadableReason.CORRUPT, type(error).__name__) from error


def _read_slide(slide: Any, number: int, content: Content) -> None:
    element = slide.element
    lines = [*_rows(element), *_diagrams(slide.part)]
    if element.get("show") in _HIDDEN:
        content.note_page("HIDDEN_CONTENT", number)
    if slide.has_notes_slide:
        notes = [row for row in _notes(slide.notes_slide) if row.strip()]
        if notes:
            content.note_page("SPEAKER_NOTES", number)
            lines.extend(notes)
    if any(r.reltype.endswith("/comments") for r in slide.part.rels.values()):
        content.find("HIDDEN_CONTENT", "comments")
    content.add_text("\n".join(row for row in lines if row.strip()))


def _notes(notes_slide: Any) -> Iterator[str]:
    """What the speaker wrote; not the number and the date that stand beside it."""
    frame = notes_slide.notes_text_frame
    if frame is not None:
        yield from frame.text.replace("\v", "\n").split("\n")


def _rows(element: Any) -> Iterator[str]:
    """The lines of a slide or a cell; a row of a table is one line."""
    for child in element:
        if child.tag == _P:
            yield from "".join(_runs(child)).split("\n")
        elif child.tag == _TBL:
            for row in child.iter(_TR):
                yield "\t".join(" ".join(_rows(cell)) for cell in row.iter(_TC))
        elif child.tag != _FALLBACK:
            yield from _rows(child)


def _runs(paragraph: Any) -> Iterator[str]:
    for child in paragraph:
        if child.tag == _T:
            yield child.text or ""
        elif child.tag == _BR:
            yield "\n"
        else:
            yield from _runs(child)


def _diagrams(part: Any) -> Iterator[str]:
    """The words of SmartArt, which stand in parts of their own."""
    for relation in part.rels.values():
        if relation.reltype.endswith(_DIAGRAM) and not relation.is_external:
            root = parse_xml(relation.target_part.blob)
            for paragraph in root.iter(_P):
                yield "".join(each.text or "" for each in paragraph.iter(_T))
