"""PDF: text where it is real text, pictures of every page, OCR for scans."""

from __future__ import annotations

import logging
import unicodedata
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pdfplumber
import pypdfium2 as pdfium
from pdfminer.pdfparser import PDFSyntaxError
from PIL import Image

from intake.reading import TextLine, Unreadable, UnreadableReason
from workers.reading.content import Content, Context
from workers.reading.page import LONG_SIDE, fit, is_blank, keep_page, read_page

DPI = 200
POINTS = 72
# A page with a stamp or a header line of text is still a scan.
REAL_TEXT = 20
GOOD_SHARE = 0.9
SAMPLE_PIXELS = 100_000_000

logging.getLogger("pdfminer").setLevel(logging.CRITICAL)


def read(path: Path, content: Content, context: Context) -> None:
    """Read every page of the PDF."""
    document = _open(path)
    pages = len(document)
    _require_pages(pages, context)
    content.pages = pages
    context.announce_pages(pages)
    content.tools |= {
        "pypdfium2": version("pypdfium2"),
        "pdfplumber": version("pdfplumber"),
    }
    _look_around(document, path, content)
    plumber = _open_text(path, pages, content)
    for index in range(pages):
        _read_page(document, plumber, index, content, context)
    if plumber is not None:
        plumber.close()


def _open(path: Path) -> Any:
    try:
        return pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            raise Unreadable(
                UnreadableReason.ENCRYPTED, "a password is needed"
            ) from error
        raise Unreadable(UnreadableReason.CORRUPT, str(error)) from error


def _require_pages(pages: int, context: Context) -> None:
    if pages == 0:
        raise Unreadable(UnreadableReason.NO_PAGES, "")
    if pages > context.limits.pages:
        raise Unreadable(UnreadableReason.LIMIT_PAGES, str(pages))


def _look_around(document: Any, path: Path, content: Content) -> None:
    """Findings that need no page: attachments, forms, revisions, scripts."""
    if document.count_attachments() > 0:
        content.find("ATTACHMENTS", str(document.count_attachments()))
    if document.get_formtype() in (2, 3):
        content.find("XFA")
    raw = path.read_bytes()
    if raw.count(b"%%EOF") > 1:
        content.find("INCREMENTAL_UPDATES", str(raw.count(b"%%EOF")))
    if b"/JavaScript" in raw or b"/JS" in raw or b"/Launch" in raw:
        content.find("ACTIVE_CONTENT")


def _open_text(path: Path, pages: int, content: Content) -> Any:
    """The second reader; None when only the first can open the file."""
    try:
        plumber = pdfplumber.open(path)
        seen = len(plumber.pages)
    except Exception as error:  # noqa: BLE001 (a parser of hostile bytes: any error is its answer)
        content.find("PAGE_COUNT_DISAGREES", f"{pages} / {type(error).__name__}")
        return None
    if seen != pages:
        content.find("PAGE_COUNT_DISAGREES", f"{pages} / {seen}")
    return plumber


def _read_page(
    document: Any, plumber: Any, index: int, content: Content, context: Context
) -> None:
    image = _render(document, index, content)
    if image is None:
        content.page_texts.append("")
        return
    number = index + 1
    keep_page(image, number, content, context)
    lines = _text_lines(plumber, index, fit(image).size)
    if _is_real_text(lines):
        content.lines += lines
        content.page_texts.append("\n".join(line.text for line in lines))
    elif is_blank(image):
        content.page_texts.append("")
        if lines or _has_objects(document, index):
            content.find("BLANK_RENDER", f"page {number}")
    else:
        read_page(image, number, content, context)


def _render(document: Any, index: int, content: Content) -> Image.Image | None:
    try:
        page = document[index]
        width, height = page.get_size()
        longest = max(width, height, 1.0)
        scale = min(DPI / POINTS, LONG_SIDE * 1.25 / longest)
        image: Image.Image = page.render(scale=scale).to_pil()
    except (pdfium.PdfiumError, ValueError) as error:
        content.find("CORRUPT", f"page {index + 1}: {error}")
        return None
    return image


def _has_objects(document: Any, index: int) -> bool:
    try:
        return next(iter(document[index].get_objects(max_depth=1)), None) is not None
    except pdfium.PdfiumError:
        return False


def _text_lines(plumber: Any, index: int, size: tuple[int, int]) -> list[TextLine]:
    if plumber is None or index >= len(plumber.pages):
        return []
    try:
        page = plumber.pages[index]
        rows = page.extract_text_lines(return_chars=False)
        scale_x, scale_y = size[0] / float(page.width), size[1] / float(page.height)
        page.close()
    except (PDFSyntaxError, ValueError, TypeError, KeyError, AttributeError,
            RecursionError, ZeroDivisionError, IndexError, AssertionError):  # fmt: skip
        return []  # the picture is read instead
    return [_line(row, index + 1, scale_x, scale_y) for row in rows]


def _line(row: dict[str, Any], page: int, scale_x: float, scale_y: float) -> TextLine:
    left, right = row["x0"] * scale_x, row["x1"] * scale_x
    top, bottom = row["top"] * scale_y, row["bottom"] * scale_y
    quad = (left, top, right, top, right, bottom, left, bottom)
    bounded = tuple(max(-1e5, min(1e5, float(value))) for value in quad)
    return TextLine(page, row["text"][:5000], 1.0, bounded)


def _is_real_text(lines: list[TextLine]) -> bool:
    """Enough characters, and they are letters rather than glyph numbers."""
    text = "".join(line.text for line in lines)
    visible = [c for c in text if not c.isspace()]
    if len(visible) < REAL_TEXT or "(cid:" in text:
        return False
    good = sum(
        unicodedata.category(c) not in ("Co", "Cn", "Cc") and c != "\ufffd"
        for c in visible
    )
    return good >= GOOD_SHARE * len(visible)
