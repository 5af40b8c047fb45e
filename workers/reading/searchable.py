"""The searchable PDF: each page picture with its text, unseen, line by line above it.

One writer for every engine. After writing the file is opened again: a page or a
picture that is not the one that was made of the original is a finding, and then there
is no searchable PDF.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Final

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # ships no types
import pypdfium2.raw as pdfium_c  # type: ignore[import-untyped]  # ships no types

from intake.reading import Derivative, TextLine
from workers.reading.content import Content, Context
from workers.reading.page_images import DPI
from workers.reading.picture_pdf import PicturePage, write_pictures

NAME: Final = "searchable.pdf"
DIFFERS: Final = "SEARCHABLE_DIFFERS"


def write_searchable(context: Context, content: Content) -> None:
    """Write `searchable.pdf` from the page pictures and lines."""
    made = [each for each in content.derivatives if each.role == "page"]
    rows: dict[int, list[TextLine]] = {}
    for line in content.lines:
        rows.setdefault(line.page, []).append(line)
    pages = [
        PicturePage(context.work / each.path, tuple(rows.get(each.page or 0, ())))
        for each in made
    ]
    target = context.work / NAME
    with target.open("wb") as file:
        for _ in write_pictures(file, pages, DPI):
            context.step()
    found = difference(target, [page.picture for page in pages], content.pages)
    if found:
        content.find(DIFFERS, found)
        target.unlink()
        return
    content.tools["pypdfium2"] = version("pypdfium2")
    content.derivatives.append(
        Derivative("searchable_pdf", None, NAME, "application/pdf")
    )


def difference(pdf: Path, pictures: Sequence[Path], pages: int | None) -> str:
    """In what the PDF is not those pictures, one a page; "" when it is.

    `pages` is how many the original has, where that is known.
    """
    document = pdfium.PdfDocument(pdf)
    try:
        if len(document) != len(pictures):
            return f"{len(document)} pages for {len(pictures)} pictures"
        if pages is not None and pages != len(pictures):
            return f"{len(pictures)} pictures of {pages} pages"
        for number, picture in enumerate(pictures, start=1):
            if sha256(picture.read_bytes()).digest() not in _pictures(document, number):
                return f"page {number}"
    finally:
        document.close()
    return ""


def _pictures(document: pdfium.PdfDocument, number: int) -> list[bytes]:
    """SHA-256 of the pictures on a page, as they lie in the file."""
    page = document[number - 1]
    shown = page.get_objects(filter=[pdfium_c.FPDF_PAGEOBJ_IMAGE])
    found = [sha256(image.get_data(decode_simple=False)).digest() for image in shown]
    page.close()
    return found
