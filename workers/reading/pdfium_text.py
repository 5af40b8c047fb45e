"""The text of a PDF page as the renderer sees it: used where pdfplumber has none."""

from __future__ import annotations

from typing import Any, Final

from workers.reading.pdf_text import PlacedText

MOST_RUNS: Final = 5_000
_SAME_LINE = 0.6  # of the lower run's height that must overlap


def renderer_lines(page: Any) -> list[PlacedText]:
    """The lines of a pdfium page, from runs of one font that stand side by side."""
    text_page = page.get_textpage()
    rows: list[list[PlacedText]] = []
    for number in range(min(text_page.count_rects(), MOST_RUNS)):
        left, bottom, right, top = text_page.get_rect(number)
        text = text_page.get_text_bounded(left, bottom, right, top).strip()
        if not text:
            continue
        run = PlacedText(
            " ".join(text.split()), _on_page(page, left, bottom, right, top)
        )
        if rows and _side_by_side(rows[-1][-1], run):
            rows[-1].append(run)
        else:
            rows.append([run])
    text_page.close()
    return [_joined(row) for row in rows]


def _on_page(
    page: Any, left: float, bottom: float, right: float, top: float
) -> tuple[float, float, float, float]:
    """Corners as parts of the page as it is shown, from its upper left corner."""
    x0, y0, x1, y1 = page.get_cropbox()
    width, height = max(1.0, x1 - x0), max(1.0, y1 - y0)
    l, r = (left - x0) / width, (right - x0) / width  # noqa: E741 (corners)
    b, t = (bottom - y0) / height, (top - y0) / height
    return {
        90: (b, l, t, r),
        180: (1 - r, b, 1 - l, t),
        270: (1 - t, 1 - r, 1 - b, 1 - l),
    }.get(page.get_rotation(), (l, 1 - t, r, 1 - b))


def _side_by_side(one: PlacedText, two: PlacedText) -> bool:
    overlap = min(one.box[3], two.box[3]) - max(one.box[1], two.box[1])
    lower = min(one.box[3] - one.box[1], two.box[3] - two.box[1])
    return two.box[0] >= one.box[0] and overlap > _SAME_LINE * lower


def _joined(row: list[PlacedText]) -> PlacedText:
    boxes = [each.box for each in row]
    box = (
        min(each[0] for each in boxes),
        min(each[1] for each in boxes),
        max(each[2] for each in boxes),
        max(each[3] for each in boxes),
    )
    return PlacedText(" ".join(each.text for each in row), box)
