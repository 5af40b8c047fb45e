"""One OFD page: its lines with places, its picture, or the words in its picture."""

from __future__ import annotations

from typing import Final

from PIL import Image

from intake.reading import TextLine
from workers.reading.content import Content, Context
from workers.reading.ofd_document import Document, Page
from workers.reading.ofd_drawing import Drawing
from workers.reading.ofd_objects import Placed, Walk
from workers.reading.ofd_package import OfdPackage
from workers.reading.ofd_pictures import MOST_DRAWN, Pictures
from workers.reading.ofd_raster import MM_AN_INCH, Raster, open_raster
from workers.reading.ofd_text import Piece, pieces, rows
from workers.reading.page_images import DPI, is_blank, save_page
from workers.reading.scan import read_scan

FEW_CHARACTERS: Final = 10  # a stamp or a page number beside a picture of the page
SMALL_PICTURE: Final = 0.02


class PageReader:
    """Reads the pages of a file one after the other, numbered through."""

    def __init__(self, package: OfdPackage, context: Context, content: Content) -> None:
        self._context, self._content = context, content
        self._pictures = Pictures(package, context.limits.pixels)
        self._raster: Raster | None = open_raster(context, content)
        self._number = 0

    def read(self, document: Document, page: Page) -> None:
        """Add the text of a page, and its picture if it can be drawn.

        Raises:
            Unreadable: LIMIT_OUTPUT, objects without end.
        """
        self._number += 1
        if not page.layers:
            self._content.note_page("PAGE_UNREADABLE", self._number)
            self._content.add_text("")
            return
        placed = self._objects(document, page)
        texts = [each for each in placed if each.kind == "TextObject"]
        lines = rows([piece for each in texts for piece in pieces(each)])
        image = self._draw(document, page, placed)
        self._context.step()
        self._add(lines, image, page, placed)

    def _objects(self, document: Document, page: Page) -> list[Placed]:
        walk = Walk(document.resources)
        roots = (*page.layers, *page.appearances)
        placed = [each for root in roots for each in walk.objects(root)]
        if walk.hidden:
            self._content.find("HIDDEN_CONTENT", f"{walk.hidden} invisible objects")
        return placed

    def _add(
        self,
        lines: list[Piece],
        image: Image.Image | None,
        page: Page,
        placed: list[Placed],
    ) -> None:
        blank = image is not None and is_blank(image)
        if blank and placed:
            self._content.note_page("BLANK_RENDER", self._number)
        if image is not None and not blank and _is_scan(lines, page, placed):
            image = read_scan(self._context, self._content, self._number, image)
        else:
            scale = DPI / MM_AN_INCH if image is None else image.width / page.area.width
            found = [_line(each, self._number, page, scale) for each in lines]
            self._content.add_lines(found)
            self._content.add_text("\n".join(each.text for each in lines))
        if image is not None:
            save_page(self._context, self._content, self._number, image)

    def _draw(
        self, document: Document, page: Page, placed: list[Placed]
    ) -> Image.Image | None:
        if self._raster is None:
            return None
        if not self._raster.may_draw(page.area):
            self._content.note_page("LIMIT_PIXELS", self._number)
            return None
        fonts = document.resources.fonts
        drawing = Drawing(page.area, self._raster.families, fonts)
        self._fill(drawing, document, placed)
        image = self._raster.draw(drawing)
        code = "DRAWN_HERE" if image is not None else "PAGE_UNREADABLE"
        self._content.note_page(code, self._number)
        return image

    def _fill(self, drawing: Drawing, document: Document, placed: list[Placed]) -> None:
        pictures = 0
        for each in placed:
            if each.kind == "TextObject":
                drawing.add_text(each)
            elif each.kind == "PathObject":
                drawing.add_path(each)
            elif pictures < MOST_DRAWN:
                pictures += 1
                number = each.element.get("ResourceID") or ""
                name = document.resources.pictures.get(number)
                ready = self._pictures.get(name, self._content) if name else None
                if ready is not None:
                    drawing.add_picture(each, *ready)


def _is_scan(lines: list[Piece], page: Page, placed: list[Placed]) -> bool:
    """Whether the words of the page are in a picture, not in the page."""
    characters = sum(len(each.text) for each in lines)
    pictures = [each for each in placed if each.kind == "ImageObject"]
    covered = sum(each.width * each.height for each in pictures)
    if characters == 0:
        return bool(pictures)
    small = SMALL_PICTURE * page.area.width * page.area.height
    return characters < FEW_CHARACTERS and covered > small


def _line(each: Piece, number: int, page: Page, scale: float) -> TextLine:
    """The line in pixels; places far off the page are brought near."""
    area = page.area

    def at(value: float, start: float, size: float) -> float:
        part = (value - start) / size
        return round(min(2.0, max(-1.0, part)) * size * scale, 1)

    left, top, right, bottom = each.box
    x0, x1 = at(left, area.x, area.width), at(right, area.x, area.width)
    y0, y1 = at(top, area.y, area.height), at(bottom, area.y, area.height)
    return TextLine(number, each.text, 1.0, (x0, y0, x1, y0, x1, y1, x0, y1))
