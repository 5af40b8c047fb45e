"""The searchable PDF: each page picture with its text, unseen, line by line above it.

Typst draws it from our own pictures; the text passes as data, never as markup. The
pages are made in parts, so that memory does not grow with their number, and joined.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from importlib import resources
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import pypdfium2 as pdfium  # type: ignore[import-untyped]  # ships no types
import typst

from intake.reading import Derivative, TextLine
from receipts.fonts import MissingFontError, paper_fonts
from workers.reading.content import Content, Context
from workers.reading.page_images import DPI

NAME: Final = "searchable.pdf"
PAGES_A_PART: Final = 25
_POINTS = 72 / DPI


def write_searchable(context: Context, content: Content) -> None:
    """Write `searchable.pdf` from the page pictures and lines."""
    pages = [made for made in content.derivatives if made.role == "page"]
    rows: dict[int, list[TextLine]] = {}
    for line in content.lines:
        rows.setdefault(line.page, []).append(line)
    try:
        fonts = paper_fonts()
    except MissingFontError:
        content.find("TOOL_MISSING", "Noto CJK font")
        return
    compiler = typst.Compiler(root=str(context.work), font_paths=fonts.typst_fonts)
    parts = []
    for start in range(0, len(pages), PAGES_A_PART):
        some = pages[start : start + PAGES_A_PART]
        data = {
            "fonts": list(fonts.families),
            "pages": [_page(made, rows.get(made.page or 0, [])) for made in some],
        }
        part = context.work / f"part-{start:04}.pdf"
        part.write_bytes(_compile(compiler, data))
        parts.append(part)
        context.step()
    _join(parts, context.work / NAME)
    content.tools["typst"] = version("typst")
    content.derivatives.append(
        Derivative("searchable_pdf", None, NAME, "application/pdf")
    )


def _page(made: Derivative, lines: Iterable[TextLine]) -> dict[str, Any]:
    return {
        "image": made.path,
        "w": (made.width or 1) * _POINTS,
        "h": (made.height or 1) * _POINTS,
        "lines": [_line(line) for line in lines if line.text.strip()],
    }


def _line(line: TextLine) -> dict[str, Any]:
    left, top = min(line.quad[0::2]), min(line.quad[1::2])
    return {
        "text": line.text,
        "x": round(left * _POINTS, 2),
        "y": round(top * _POINTS, 2),
        "w": round(max(1.0, (max(line.quad[0::2]) - left) * _POINTS), 2),
        "h": round(max(1.0, (max(line.quad[1::2]) - top) * _POINTS), 2),
    }


def _compile(compiler: typst.Compiler, data: dict[str, Any]) -> bytes:
    template = resources.files("workers.reading").joinpath("searchable.typ")
    made = compiler.compile(
        template.read_bytes(),
        format="pdf",
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
        pdf_tags=False,
    )
    if not isinstance(made, bytes):
        raise TypeError("typst made no single file")
    return made


def _join(parts: list[Path], target: Path) -> None:
    if len(parts) == 1:
        parts[0].rename(target)
        return
    whole = pdfium.PdfDocument.new()
    for part in parts:
        source = pdfium.PdfDocument(part)
        whole.import_pages(source)
        source.close()
    whole.save(target)
    whole.close()
    for part in parts:
        part.unlink()
