"""The searchable PDF: the page images with their text laid over them, invisible."""

from __future__ import annotations

import json
from collections import defaultdict

import typst

from intake.reading import Derivative, TextLine
from workers.reading.content import Content, Context

FILE = "searchable.pdf"
# Above this the PDF would be larger than is of use; the page images remain.
MAX_PAGES = 300
TEMPLATE = b"""
#let data = json(bytes(sys.inputs.data))
#set text(font: data.fonts, fill: rgb(0, 0, 0, 0), cjk-latin-spacing: none,
  top-edge: "ascender", bottom-edge: "descender")
#for page_data in data.pages {
  page(width: page_data.width * 1pt, height: page_data.height * 1pt, margin: 0pt,
    background: image(page_data.image, width: 100%, height: 100%))[
    #for line in page_data.lines {
      place(dx: line.x * 1pt, dy: line.y * 1pt,
        box(width: line.w * 1pt, height: line.h * 1pt,
          text(size: line.size * 1pt)[#line.text]))
    }
  ]
}
"""
FONTS = ("Noto Serif CJK SC", "Noto Sans CJK SC", "Source Han Serif SC", "FreeSerif")
POINTS_A_PIXEL = 72 / 200
FIRST_CJK = 0x2E80


def make_searchable(content: Content, context: Context) -> None:
    """Add the PDF to the derivatives of a file whose pages were read from pictures."""
    images = [d for d in content.derivatives if d.role == "page"]
    if not content.used_ocr or not images or len(images) > MAX_PAGES:
        return
    by_page: dict[int, list[TextLine]] = defaultdict(list)
    for line in content.lines:
        by_page[line.page].append(line)
    pages = [_page(image, by_page[image.page or 1]) for image in images]
    data = json.dumps({"pages": pages, "fonts": FONTS}, ensure_ascii=False)
    template = context.work / "searchable.typ"
    template.write_bytes(TEMPLATE)
    pdf = typst.compile(
        template, root=context.work, format="pdf", sys_inputs={"data": data}
    )
    template.unlink()
    if isinstance(pdf, bytes):
        (context.work / FILE).write_bytes(pdf)
        made = Derivative("searchable_pdf", None, FILE, "application/pdf")
        content.derivatives.append(made)


def _page(image: Derivative, lines: list[TextLine]) -> dict[str, object]:
    return {
        "image": image.path,
        "width": (image.width or 1) * POINTS_A_PIXEL,
        "height": (image.height or 1) * POINTS_A_PIXEL,
        "lines": [_line(line) for line in lines if line.text.strip()],
    }


def _line(line: TextLine) -> dict[str, object]:
    xs, ys = line.quad[0::2], line.quad[1::2]
    width = max(xs) - min(xs)
    height = max(ys) - min(ys)
    # As wide as the picture of it: full-width characters count one em, others half.
    ems = sum(1.0 if ord(c) >= FIRST_CJK else 0.55 for c in line.text) or 1.0
    return {
        "text": line.text,
        "x": min(xs) * POINTS_A_PIXEL,
        "y": min(ys) * POINTS_A_PIXEL,
        "w": max(width, 1) * POINTS_A_PIXEL * 1.5,
        "h": max(height, 1) * POINTS_A_PIXEL,
        "size": max(1.0, width * POINTS_A_PIXEL / ems),
    }
