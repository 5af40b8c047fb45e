"""PDF: pdfium draws the pages, pdfplumber gives the text, and the two are compared.

A page with a real text layer is not recognised; a scan, a page without text or with
a broken text layer is. The picture of a page never waits for its text.
"""

from __future__ import annotations

import time
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # ships no types
from PIL import Image

from intake.reading import TextLine, Unreadable, UnreadableReason
from workers.reading.content import Content, Context
from workers.reading.page_images import (
    DPI,
    LONG_SIDE,
    fitting_scale,
    is_blank,
    save_page,
)
from workers.reading.page_queue import PageQueue
from workers.reading.pdf_findings import find_in_bytes, find_in_objects
from workers.reading.pdf_text import PlacedText, TextLayer
from workers.reading.pdfium_text import renderer_lines
from workers.reading.searchable import write_searchable
from workers.reading.second_look import Box, Closer
from workers.reading.text_check import layer_lies
from workers.reading.text_json import write_text

POINTS: Final = 72
RENDER_SHORT_SIDE: Final = 3508  # A2 at 200 dpi; larger sheets are drawn smaller
FEW_CHARACTERS: Final = 10  # a stamp or a page number is no text layer
THIN_TEXT: Final = 200  # over a picture of the page: a header added by a system
MOST_OF_PAGE: Final = 0.5
SMALL_PICTURE: Final = 0.02
FEW_DRAWINGS: Final = 20
MOST_OBJECTS: Final = 5_000
LEAST_SIDE: Final = 8  # pixels
CLOSER: Final = 2.0  # 400 dpi, for a second look
_NEEDS_PASSWORD = 4  # FPDF_ERR_PASSWORD
_XFA_FORMS = (2, 3)  # FORMTYPE_XFA_FULL, FORMTYPE_XFA_FOREGROUND


class _ShapeError(Exception):
    """A page that is no sheet: a strip or a thing of kilometres."""


def read(path: Path, context: Context, content: Content) -> None:
    """See workers.reading.readers.Reader."""
    document = _open(path)
    content.tools["pdfium"] = str(pdfium.PDFIUM_INFO)
    context.announce_pages(len(document))
    content.pages = len(document)
    layer = _text_layer(path, context, content)
    _find(path, document, layer, content)
    with PageQueue(context, content) as queue:
        for number in range(1, len(document) + 1):
            _read_page(document, layer, number, context, queue)
        queue.finish()
    if not any(made.role == "page" for made in content.derivatives):
        raise _nothing_drawn(content)
    write_searchable(context, content)
    write_text(context, content)


def _nothing_drawn(content: Content) -> Unreadable:
    if content.noted("LIMIT_PIXELS"):
        return Unreadable(UnreadableReason.LIMIT_PIXELS, "no page has such a size")
    return Unreadable(UnreadableReason.CORRUPT, "no page could be drawn")


def _open(path: Path) -> pdfium.PdfDocument:
    try:
        document = pdfium.PdfDocument(path)
    except pdfium.PdfiumError as error:
        if error.err_code == _NEEDS_PASSWORD:
            raise Unreadable(UnreadableReason.ENCRYPTED, "password needed") from error
        raise Unreadable(_damage(path), "pdfium does not open it") from error
    document.init_forms()
    return document


def _damage(path: Path) -> UnreadableReason:
    """Whether the end is missing, or something inside is wrong."""
    data = path.read_bytes()[-2048:]
    whole = b"%%EOF" in data or b"startxref" in data
    return UnreadableReason.CORRUPT if whole else UnreadableReason.TRUNCATED


def _text_layer(path: Path, context: Context, content: Content) -> TextLayer | None:
    try:
        layer = TextLayer(path, context.limits.text_page)
    except Exception as error:  # noqa: BLE001 (pdfminer raises anything at all)
        content.find("TEXT_LAYER", f"second reader: {type(error).__name__}")
        return None
    finally:
        context.step()
    return layer


def _find(
    path: Path,
    document: pdfium.PdfDocument,
    layer: TextLayer | None,
    content: Content,
) -> None:
    find_in_bytes(path, content)
    attached = document.count_attachments()
    if attached:
        content.find("ATTACHMENTS", _attachment_names(document, attached))
    if document.get_formtype() in _XFA_FORMS:
        content.find("XFA")
    if layer is not None:
        find_in_objects(layer.document, content)
        _compare_pages(len(document), layer, content)


def _attachment_names(document: pdfium.PdfDocument, count: int) -> str:
    names = []
    for i in range(min(count, 20)):
        try:
            names.append(str(document.get_attachment(i).get_name()))
        except pdfium.PdfiumError:
            names.append("?")
    return f"{count}: {', '.join(names)}"


def _compare_pages(pages: int, layer: TextLayer, content: Content) -> None:
    declared = layer.declared_pages
    if layer.pages != pages:
        content.find("PAGE_COUNT_DISAGREES", f"pdfium {pages}, pdfminer {layer.pages}")
    elif declared is not None and declared != pages:
        content.find("PAGE_COUNT_DISAGREES", f"found {pages}, declared {declared}")


def _read_page(
    document: pdfium.PdfDocument,
    layer: TextLayer | None,
    number: int,
    context: Context,
    queue: PageQueue,
) -> None:
    part = queue.new_part()
    started = time.monotonic()
    try:
        page = document[number - 1]
        image = _draw(page)
    except (pdfium.PdfiumError, _ShapeError) as error:
        bad_shape = isinstance(error, _ShapeError)
        part.note_page("LIMIT_PIXELS" if bad_shape else "PAGE_UNREADABLE", number)
        part.add_text("")
        queue.add(number, part)
        return
    placed = layer.lines(number) if layer is not None else None
    if placed is None:
        placed = renderer_lines(page)
    context.step()
    blank = is_blank(image)
    if not blank and _is_scan(page, placed):
        queue.read(number, image, _closer(page, image))
    elif not blank and _is_false(page, placed, image, number, context):
        queue.read(number, image, _closer(page, image), "TEXT_LAYER_LIES")
    else:
        if blank:
            _note_blank(page, layer, number, part)
        _add_layer(placed, image, number, part)
        save_page(context, part, number, image)
        part.page_seconds.append(round(time.monotonic() - started, 3))
        queue.add(number, part)
    page.close()


def _draw(page: pdfium.PdfPage) -> Image.Image:
    """The page at 200 dpi, smaller where it would be too large."""
    width, height = page.get_size()
    pixels = (width * DPI / POINTS, height * DPI / POINTS)
    scale = fitting_scale(*pixels, RENDER_SHORT_SIDE)
    if min(pixels) * scale < LEAST_SIDE or max(pixels) > LONG_SIDE**2:
        raise _ShapeError
    bitmap = page.render(scale=scale * DPI / POINTS, rev_byteorder=True)
    image: Image.Image = bitmap.to_pil().convert("RGB")
    bitmap.close()
    return image


def _is_false(
    page: pdfium.PdfPage,
    placed: list[PlacedText],
    image: Image.Image,
    number: int,
    context: Context,
) -> bool:
    """Whether the text layer says something else than the page shows.

    Every page under a picture of itself is checked: its layer was added by a program.
    Of others, whose letters are the text, three pages.
    """
    pages = context.pages
    sample = number in (1, (pages + 1) // 2, pages)
    if not sample and _on_page(page)[0] <= MOST_OF_PAGE:
        return False
    return layer_lies(context, placed, image)


def _closer(page: pdfium.PdfPage, image: Image.Image) -> Closer:
    """Draws parts of the page larger than in `image`, which is all of it."""
    width, height = page.get_size()
    scale = image.width / max(1.0, width)

    def draw(box: Box) -> Image.Image:
        left, top, right, bottom = (value / scale for value in box)
        bitmap = page.render(
            scale=CLOSER * scale,
            crop=(left, height - bottom, width - right, top),
            rev_byteorder=True,
        )
        drawn: Image.Image = bitmap.to_pil().convert("RGB")
        return drawn

    return draw


def _is_scan(page: pdfium.PdfPage, placed: list[PlacedText]) -> bool:
    characters = sum(len(line.text.replace(" ", "")) for line in placed)
    if _is_garbled(placed):
        return True
    if characters >= THIN_TEXT:
        return False
    if characters == 0:
        return True
    pictures, drawings = _on_page(page)
    if characters >= FEW_CHARACTERS:
        return pictures > MOST_OF_PAGE
    return pictures > SMALL_PICTURE or drawings > FEW_DRAWINGS


def _is_garbled(placed: list[PlacedText]) -> bool:
    """Whether the layer holds glyph numbers or private characters, not text."""
    text = "".join(line.text for line in placed)
    strange = 5 * text.count("(cid:")
    strange += sum(c == "\ufffd" or "\ue000" <= c <= "\uf8ff" for c in text)
    return strange > len(text) / 5


def _on_page(page: pdfium.PdfPage) -> tuple[float, int]:
    """How much of the page pictures cover (0 to 1), and how many shapes are on it.

    Letters that were turned into shapes are hundreds of them.
    """
    width, height = page.get_size()
    covered, shapes = 0.0, 0
    for each in islice(page.get_objects(max_depth=3), MOST_OBJECTS):
        if each.type == pdfium.raw.FPDF_PAGEOBJ_IMAGE:
            left, bottom, right, top = each.get_bounds()
            covered += max(0.0, right - left) * max(0.0, top - bottom)
        elif each.type != pdfium.raw.FPDF_PAGEOBJ_TEXT:
            shapes += 1
    return float(min(1.0, covered / max(1.0, width * height))), shapes


def _note_blank(
    page: pdfium.PdfPage, layer: TextLayer | None, number: int, content: Content
) -> None:
    """Say so when a white sheet is not what the page holds."""
    objects: Any = next(iter(page.get_objects(max_depth=1)), None)
    if objects is not None or layer is None or layer.may_have_content(number):
        content.note_page("BLANK_RENDER", number)


def _add_layer(
    placed: list[PlacedText], image: Image.Image, number: int, content: Content
) -> None:
    content.add_lines([_line(each, image, number) for each in placed])
    content.add_text("\n".join(each.text for each in placed))


def _line(each: PlacedText, image: Image.Image, number: int) -> TextLine:
    def at(value: float, size: int) -> float:
        return round(min(2.0, max(-1.0, value)) * size, 1)

    left, top, right, bottom = each.box
    x0, x1 = at(left, image.width), at(right, image.width)
    y0, y1 = at(top, image.height), at(bottom, image.height)
    return TextLine(number, each.text, 1.0, (x0, y0, x1, y0, x1, y1, x0, y1))
