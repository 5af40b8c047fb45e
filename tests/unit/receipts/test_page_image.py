"""receipts.page_image: the first page of a PDF, within bounds, or a refusal."""

from __future__ import annotations

import io

import pypdfium2
import pytest

from integrity.errors import MalformedError
from receipts.page_image import MAX_POINTS, first_page


def _pdf(*pages: tuple[float, float]) -> bytes:
    document = pypdfium2.PdfDocument.new()
    for size in pages:
        document.new_page(*size)
    out = io.BytesIO()
    document.save(out)
    document.close()
    return out.getvalue()


def test_a_page_comes_in_shades_of_grey() -> None:
    """Rows and columns; A4 is about 2570 by 1820 pixels."""
    pixels = first_page(_pdf((595, 842), (MAX_POINTS + 1, 10)))
    assert pixels.shape == (2573, 1819)
    assert (pixels == 255).all()


def test_the_size_of_the_page_is_bounded() -> None:
    """A page of MAX_POINTS is drawn, one point more is not."""
    assert first_page(_pdf((10, MAX_POINTS))).size
    for size in ((10, MAX_POINTS + 1), (MAX_POINTS + 1, 10)):
        with pytest.raises(MalformedError, match="larger than A3"):
            first_page(_pdf(size))


@pytest.mark.parametrize("data", [b"", b"%PDF-1.7\n%%EOF\n", b"PK", _pdf()])
def test_what_has_no_page_is_refused(data: bytes) -> None:
    """Neither other bytes nor a PDF without pages is a crash."""
    with pytest.raises(MalformedError):
        first_page(data)
