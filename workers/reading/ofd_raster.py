"""The picture of an OFD page from its drawing. Typst turns the SVG into pixels."""

from __future__ import annotations

import io
from importlib.metadata import version
from typing import Final

import typst
from PIL import Image

from receipts.fonts import MONOSPACE, MissingFontError, PaperFonts, paper_fonts
from workers.reading.content import Content, Context
from workers.reading.ofd_drawing import Drawing, Families
from workers.reading.ofd_geometry import Box
from workers.reading.page_images import DPI, SHORT_SIDE, fitting_scale

MM_AN_INCH: Final = 25.4
SMALLEST, LARGEST = 5.0, 5_000.0  # mm, for a side of a page that is drawn
NAME: Final = "drawing.svg"


class Raster:
    """Draws pages with the fonts of this machine."""

    def __init__(self, context: Context, fonts: PaperFonts) -> None:
        serif, *others = fonts.families
        self.families = Families(serif, (others or [serif])[0], MONOSPACE)
        self._file = context.work / NAME
        self._compiler = typst.Compiler(
            root=str(context.work), font_paths=fonts.typst_fonts
        )

    @staticmethod
    def may_draw(area: Box) -> bool:
        """Whether the page is a sheet: neither a dot nor a thing of kilometres."""
        sides = (area.width, area.height)
        return min(sides) >= SMALLEST and max(sides) <= LARGEST

    def draw(self, drawing: Drawing) -> Image.Image | None:
        """The page at 200 dpi, smaller where that is too large; None if it fails."""
        width, height = drawing.area.width, drawing.area.height
        inches = (width / MM_AN_INCH, height / MM_AN_INCH)
        scale = fitting_scale(inches[0] * DPI, inches[1] * DPI, SHORT_SIDE)
        source = (
            f"#set page(width: {width}mm, height: {height}mm, margin: 0mm)\n"
            f'#image("{NAME}", width: {width}mm, height: {height}mm)'
        ).encode()
        self._file.write_bytes(drawing.svg())
        try:
            made = self._compiler.compile(source, format="png", ppi=DPI * scale)
        except typst.TypstError:
            return None
        finally:
            self._file.unlink()
        if not isinstance(made, bytes):
            return None
        return Image.open(io.BytesIO(made)).convert("RGB")


def open_raster(context: Context, content: Content) -> Raster | None:
    """What draws; None, with a finding, when there is no Chinese font."""
    try:
        raster = Raster(context, paper_fonts())
    except MissingFontError:
        content.find("TOOL_MISSING", "Noto CJK font")
        return None
    content.tools["typst"] = version("typst")
    return raster
