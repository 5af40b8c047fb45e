"""Office files: their text in order, tables as rows. No macro, link or field runs."""

from __future__ import annotations

import zipfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import docx
import openpyxl
from defusedxml import DefusedXmlException, ElementTree

from intake.reading import Unreadable, UnreadableReason
from workers.reading.content import Content, Context
from workers.reading.formats.archive import require_modest

_MACROS = ("vbaProject.bin", "activeX", "embeddings/oleObject")
_PART_LIMIT = 64 << 20


def read_docx(path: Path, content: Content, context: Context) -> None:
    """Paragraphs and tables of a Word document."""
    _look_inside(path, content, context)
    document = _opened(docx.Document, str(path))
    content.tools["python-docx"] = version("python-docx")
    rows: list[str] = []
    for block in document.iter_inner_content():
        if hasattr(block, "rows"):
            rows += ["\t".join(cell.text for cell in row.cells) for row in block.rows]
        else:
            rows.append(block.text)
    _one_page(rows, content, context)


def read_xlsx(path: Path, content: Content, context: Context) -> None:
    """Cells of every sheet, values as last calculated; hidden sheets are a finding."""
    _look_inside(path, content, context)
    book = _opened(openpyxl.load_workbook, path, read_only=True, data_only=True)
    content.tools["openpyxl"] = version("openpyxl")
    for sheet in book.worksheets:
        if sheet.sheet_state != "visible":
            content.find("HIDDEN_CONTENT", sheet.title)
        rows = _sheet_rows(sheet, context)
        content.add_text_page("\n".join([sheet.title, *rows]))
    book.close()
    content.pages = len(content.page_texts) or None


def read_other(path: Path, content: Content, context: Context) -> None:
    """Text of a presentation or OpenDocument file: one page a slide or part."""
    _look_inside(path, content, context)
    with zipfile.ZipFile(path) as archive:
        names = sorted(n for n in archive.namelist() if _is_text_part(n))
        for name in names[: context.limits.pages]:
            content.add_text_page(_xml_text(archive, name))
    content.pages = len(content.page_texts) or None


def _opened(opener: Any, *args: Any, **options: Any) -> Any:
    try:
        return opener(*args, **options)
    except (KeyError, ValueError, zipfile.BadZipFile, OSError, TypeError,
            SyntaxError, AttributeError, IndexError) as error:  # fmt: skip
        raise Unreadable(UnreadableReason.CORRUPT, type(error).__name__) from error


def _look_inside(path: Path, content: Content, context: Context) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            require_modest(archive.infolist(), context.limits)
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise Unreadable(UnreadableReason.CORRUPT, "damaged container") from error
    if "EncryptedPackage" in names:
        raise Unreadable(UnreadableReason.ENCRYPTED, "a password is needed")
    if any(mark in name for name in names for mark in _MACROS):
        content.find("ACTIVE_CONTENT")


def _sheet_rows(sheet: Any, context: Context) -> list[str]:
    rows: list[str] = []
    kept = 0
    for row in sheet.iter_rows(values_only=True):
        text = "\t".join("" if value is None else str(value) for value in row).rstrip()
        kept += len(text)
        if kept > context.limits.text:
            break
        if text:
            rows.append(text)
    return rows


def _is_text_part(name: str) -> bool:
    slide = name.startswith("ppt/slides/slide") and name.endswith(".xml")
    return slide or name == "content.xml"


def _xml_text(archive: zipfile.ZipFile, name: str) -> str:
    if archive.getinfo(name).file_size > _PART_LIMIT:
        raise Unreadable(UnreadableReason.LIMIT_MEM, name)
    try:
        root = ElementTree.fromstring(archive.read(name))
    except (DefusedXmlException, SyntaxError, ValueError) as error:
        raise Unreadable(UnreadableReason.CORRUPT, type(error).__name__) from error
    return "\n".join(text.strip() for text in root.itertext() if text.strip())


def _one_page(rows: list[str], content: Content, context: Context) -> None:
    text = "\n".join(row for row in rows if row.strip())
    if len(text) > context.limits.text:
        content.find("LIMIT_TEXT", f"{context.limits.text} characters kept")
    content.pages = None  # the number of printed pages depends on the program
    content.add_text_page(text[: context.limits.text])
