"""From blocks to pictures: typst lays out, pdfium draws."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pypdfium2
import typst
from PIL import Image

from receipts.fonts import paper_fonts

from .blocks import Paper

DPI = 200
PHONE_DPI = 304  # a screen of 1080 pixels
_TEMPLATE = Path(__file__).with_name("paper.typ").read_bytes()


def pdf_of(paper: Paper) -> bytes:
    """The paper as a PDF with a text layer; set smaller until it fits its pages.

    Raises:
        ValueError: it does not fit even then.
    """
    for smaller in range(7):
        pdf = _compiled(replace(paper, points=paper.points * 0.96**smaller))
        document = pypdfium2.PdfDocument(pdf)
        pages = len(document)
        document.close()
        if pages == len(paper.pages):
            return pdf
    raise ValueError(f"{paper.name} fills more than {len(paper.pages)} pages")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page in colour, and the same page before it was sealed."""

    sealed: Image.Image
    plain: Image.Image

    def each(self, change: Callable[[Image.Image], Image.Image]) -> Sheet:
        """The same done to both."""
        return Sheet(change(self.sealed), change(self.plain))


def sheets(paper: Paper) -> list[Sheet]:
    """Each page at 200 dpi; a screen in its own pixels."""
    plain = _drawn(replace(paper, sealed=False))
    pairs = zip(_drawn(paper), plain, strict=True)
    return [Sheet(sealed, without) for sealed, without in pairs]


def _drawn(paper: Paper) -> list[Image.Image]:
    scale = (PHONE_DPI if paper.size == "phone" else DPI) / 72
    document = pypdfium2.PdfDocument(pdf_of(paper))
    try:
        return [page.render(scale=scale).to_pil().convert("RGB") for page in document]
    finally:
        document.close()


def _compiled(paper: Paper) -> bytes:
    data = json.dumps(asdict(paper), ensure_ascii=False)
    pdf = _compiler().compile(_TEMPLATE, format="pdf", sys_inputs={"data": data})
    assert isinstance(pdf, bytes)
    return pdf


@functools.cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(font_paths=paper_fonts().typst_fonts)
