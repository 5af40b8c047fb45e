"""DOCX as text: paragraphs and tables in their order, notes, headers, text boxes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import docx
from docx.opc.exceptions import PackageNotFoundError
from docx.oxml.ns import qn

from intake.reading import Unreadable, UnreadableReason
from workers.reading.content import Content, Context
from workers.reading.package import check_package
from workers.reading.text_json import write_text

_NOTES: Final = ("/footnotes", "/endnotes")
_P, _TBL, _TR, _TC = qn("w:p"), qn("w:tbl"), qn("w:tr"), qn("w:tc")
_T, _TAB, _BR, _CR = qn("w:t"), qn("w:tab"), qn("w:br"), qn("w:cr")
# Word writes what a text box holds twice, the second time for old programs.
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_PROPERTIES = frozenset({qn("w:pPr"), qn("w:rPr"), qn("w:tblPr"), qn("w:sectPr")})
_SKIPPED = _PROPERTIES | {_FALLBACK, qn("w:del"), qn("w:moveFrom")}


def read(path: Path, context: Context, content: Content) -> None:
    """See workers.reading.readers.Reader."""
    check_package(path, context, content)
    try:
        document = docx.Document(str(path))
    except (PackageNotFoundError, KeyError, ValueError) as error:
        raise Unreadable(UnreadableReason.CORRUPT, type(error).__name__) from error
    rows = list(_rows(document.element.body))
    rows.extend(_beside(document))
    _find_hidden(document, content)
    content.tools["python-docx"] = docx.__version__
    content.add_text("\n".join(row for row in rows if row.strip()))
    write_text(context, content)


def _rows(element: Any) -> Iterator[str]:
    """The lines of a body, a cell or a box; a row of a table is one line."""
    for child in element:
        if child.tag == _P:
            yield from _paragraph(child)
        elif child.tag == _TBL:
            for row in child.iter(_TR):
                yield "\t".join(" ".join(_rows(cell)) for cell in row.iter(_TC))
        elif child.tag not in _SKIPPED:
            yield from _rows(child)


def _paragraph(paragraph: Any) -> Iterator[str]:
    boxes: list[Any] = []
    text = "".join(_runs(paragraph, boxes))
    yield from text.split("\n")
    for box in boxes:
        yield from _rows(box)


def _runs(element: Any, boxes: list[Any]) -> Iterator[str]:
    for child in element:
        if child.tag == _T:
            yield child.text or ""
        elif child.tag == _TAB:
            yield "\t"
        elif child.tag in (_BR, _CR):
            yield "\n"
        elif child.tag == qn("w:txbxContent"):
            boxes.append(child)
        elif child.tag not in _SKIPPED:
            yield from _runs(child, boxes)


def _beside(document: Any) -> Iterator[str]:
    """Headers, footers and notes, each once."""
    seen = set()
    for section in document.sections:
        for place in (section.header, section.footer):
            part = place.part
            if part not in seen and not place.is_linked_to_previous:
                seen.add(part)
                yield from _rows(part.element)
    for relation in document.part.rels.values():
        if relation.reltype.endswith(_NOTES) and not relation.is_external:
            element = getattr(relation.target_part, "element", None)
            if element is not None:
                yield from _rows(element)


def _find_hidden(document: Any, content: Content) -> None:
    body = document.element.body
    if next(body.iter(qn("w:vanish")), None) is not None:
        content.find("HIDDEN_CONTENT", "hidden text")
    changes = sum(1 for _ in body.iter(qn("w:ins"), qn("w:del")))
    if changes:
        content.find("HIDDEN_CONTENT", f"{changes} tracked changes")
    if any(r.reltype.endswith("/comments") for r in document.part.rels.values()):
        content.find("HIDDEN_CONTENT", "comments")
