"""The first page of a receipt as a picture, to read the QR code that is printed."""

from __future__ import annotations

import threading

import numpy as np
import pypdfium2  # type: ignore[import-untyped]  # no types
from numpy.typing import NDArray

from integrity.errors import MalformedError

# Our papers are A4, 842 points high; a page of A3 is 1191. A larger one is not ours.
MAX_POINTS = 1200
# About 8 pixels a module of the code: well above what a reader needs.
_DPI = 220
_POINTS_PER_INCH = 72

# PDFium must not be entered by two threads at once.
_LOCK = threading.Lock()


def first_page(pdf: bytes) -> NDArray[np.uint8]:
    """The first page in shades of grey (rows, columns).

    Raises:
        MalformedError: the page is not there, too large, or cannot be drawn.
    """
    try:
        with _LOCK:
            return _render(pdf)
    except pypdfium2.PdfiumError as error:
        raise MalformedError("PDF", "its first page cannot be drawn") from error


def _render(pdf: bytes) -> NDArray[np.uint8]:
    document = pypdfium2.PdfDocument(pdf)
    try:
        page = document[0]  # there is one: a document without is not opened
        if max(page.get_size()) > MAX_POINTS:
            raise MalformedError("PDF", "its first page is larger than A3")
        bitmap = page.render(scale=_DPI / _POINTS_PER_INCH, grayscale=True)
        pixels: NDArray[np.uint8] = bitmap.to_numpy().copy()
        return pixels.reshape(pixels.shape[:2])
    finally:
        document.close()
