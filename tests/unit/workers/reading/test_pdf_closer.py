"""A part of a PDF page is drawn anew for a second look, twice as large."""

from __future__ import annotations

import pypdfium2 as pdfium
import pytest

from workers.reading.pdf import _closer, _draw


@pytest.mark.parametrize("turned", [0, 90])
def test_part_is_the_same_place_twice_as_large(turned):
    """What is asked for in pixels of the page is what is drawn, also when turned."""
    document = pdfium.PdfDocument.new()
    page = document.new_page(300, 400)
    path = pdfium.raw.FPDFPageObj_CreateNewRect(30, 300, 60, 20)
    pdfium.raw.FPDFPath_SetDrawMode(path, pdfium.raw.FPDF_FILLMODE_ALTERNATE, 0)
    pdfium.raw.FPDFPageObj_SetFillColor(path, 0, 0, 0, 255)
    pdfium.raw.FPDFPage_InsertObject(page, path)
    page.gen_content()
    page.set_rotation(turned)
    image = _draw(page)
    left, top, right, bottom = image.convert("L").point(lambda v: 255 - v).getbbox()
    part = _closer(page, image)((left, top, right, bottom))
    assert part.width == pytest.approx(2 * (right - left), abs=3)
    assert part.height == pytest.approx(2 * (bottom - top), abs=3)
    middle = part.crop((4, 4, part.width - 4, part.height - 4))
    assert middle.convert("L").getextrema() == (0, 0)
