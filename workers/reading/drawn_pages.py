"""Pictures of pages from a PDF that LibreOffice made: for the eye, not for the text."""

from __future__ import annotations

from pathlib import Path

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # ships no types

from workers.reading.content import Content, Context
from workers.reading.page_images import DPI, SHORT_SIDE, fitting_scale, save_page

_POINTS = 72


def draw_pages(made: Path, context: Context, content: Content) -> None:
    """Draw each page of `made` as a page picture, and say whose drawing it is.

    Raises:
        Unreadable: NO_PAGES or LIMIT_PAGES.
    """
    note_producer(made, content)
    with pdfium.PdfDocument(made) as document:
        context.announce_pages(len(document))
        content.pages = len(document)
        for number in range(1, len(document) + 1):
            page = document[number - 1]
            width, height = page.get_size()
            pixels = (width * DPI / _POINTS, height * DPI / _POINTS)
            scale = fitting_scale(*pixels, SHORT_SIDE) * DPI / _POINTS
            bitmap = page.render(scale=scale, rev_byteorder=True)
            save_page(context, content, number, bitmap.to_pil().convert("RGB"))
            bitmap.close()
            page.close()


def note_producer(made: Path, content: Content) -> None:
    """Note which LibreOffice drew the pages: it says so in the PDF."""
    with pdfium.PdfDocument(made) as document:
        said = str(document.get_metadata_value("Producer") or "LibreOffice")[:60]
    content.tools["libreoffice"] = said
    content.find("DRAWN_HERE", said)
