"""The text layer of a PDF, by pdfplumber: a second reader beside the renderer.

It must never hold up or bring down the reading: a page that takes too long or fails
has no text layer, and its picture is read instead.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import pdfplumber
from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdftypes import resolve1
from pdfminer.utils import decode_text

from workers.reading.budget import LateError, within

OPEN_S: Final = 15.0
HEADER_WITHIN: Final = 1024
MOST_COPIED: Final = 256 << 20
STRIKES: Final = 3  # pages that failed or were late, after which we stop trying


@dataclass(frozen=True, slots=True)
class PlacedText:
    """A line of the text layer; left, top, right, bottom as parts of the page."""

    text: str
    box: tuple[float, float, float, float]


class TextLayer:
    """The text of an opened PDF, page by page."""

    def __init__(self, path: Path, page_seconds: float) -> None:
        """Open `path`.

        Raises:
            Exception: pdfminer raises nearly anything; the caller reports it.
            LateError: it took too long.
        """
        self._page_seconds = page_seconds
        self._strikes = 0
        with within(OPEN_S):
            self._pdf = pdfplumber.open(_from_header(path))
            self._pages = self._pdf.pages
        self.document: PDFDocument = self._pdf.doc

    @property
    def pages(self) -> int:
        """How many pages this reader finds."""
        return len(self._pages)

    @property
    def declared_pages(self) -> int | None:
        """What the page tree claims in `/Count`."""
        root = resolve1(self.document.catalog.get("Pages"))
        count = resolve1(root.get("Count")) if isinstance(root, dict) else None
        return count if isinstance(count, int) else None

    def may_have_content(self, number: int) -> bool:
        """False only when page `number` certainly has nothing to draw."""
        if number > len(self._pages):
            return True
        streams = self._pages[number - 1].page_obj.contents
        return any(
            len(getattr(resolve1(s), "rawdata", b"") or b"") > 0 for s in streams
        )

    def lines(self, number: int) -> list[PlacedText] | None:
        """The lines of page `number` (from 1); None when they cannot be had."""
        if self._strikes >= STRIKES or number > len(self._pages):
            return None
        page = self._pages[number - 1]
        try:
            with within(self._page_seconds):
                found = page.dedupe_chars().extract_text_lines(return_chars=False)
                return [_placed(line, page) for line in (*found, *_filled_in(page))]
        except (LateError, Exception):  # noqa: BLE001 (see the class)
            self._strikes += 1
            return None
        finally:
            page.close()


def _from_header(path: Path) -> Path | BytesIO:
    """The file from its PDF header on: places in it count from there."""
    with path.open("rb") as stream:
        ahead = stream.read(HEADER_WITHIN).find(b"%PDF-")
        if ahead <= 0 or path.stat().st_size > MOST_COPIED:
            return path
        stream.seek(ahead)
        return BytesIO(stream.read())


def _filled_in(page: Any) -> Iterator[dict[str, Any]]:
    """What people wrote into form fields; it is no part of the page's own text."""
    for field in page.annots:
        data = field.get("data") or {}
        value = resolve1(data.get("V"))
        if isinstance(value, bytes) and value:
            yield {**field, "text": " ".join(decode_text(value).split())}


def _placed(line: dict[str, Any], page: Any) -> PlacedText:
    left, top, right, bottom = page.cropbox
    width, height = max(1.0, right - left), max(1.0, bottom - top)
    # The crop box counts from the bottom of the sheet, lines from its top.
    above = page.height - bottom if page.height >= bottom else 0.0
    box = (
        (line["x0"] - left) / width,
        (line["top"] - above) / height,
        (line["x1"] - left) / width,
        (line["bottom"] - above) / height,
    )
    return PlacedText(str(line["text"]), box)
