"""Cells of several lines are read to their end, with ruled lines and without."""

from __future__ import annotations

import pytest
from PIL import Image, ImageDraw

from workers.reading.reading_order import in_reading_order
from workers.tools.ocr import OcrLine

LONG = "日用百货零售仓储服务道路货物运输"


def line(text: str, left: float, top: float, width: float, height: float = 30):
    right, bottom = left + width, top + height
    return OcrLine(text, 0.9, (left, top, right, top, right, bottom, left, bottom))


def texts(lines, image=None) -> list[str]:
    return [each.text for each in in_reading_order(lines[::-1], image)]


@pytest.mark.parametrize(("top", "first"), [(118, True), (100, True), (136, False)])
def test_wrapped_text_is_read_to_its_end(top, first):
    """A label at its first line or its middle belongs to all of it; lower down not."""
    found = texts(
        [
            line("经营范围", 100, top, 120),
            line(LONG, 260, 100, 600),
            line("依法须经批准的项目", 260, 136, 500),
        ]
    )
    assert (found[0] == "经营范围") is first
    assert found.index("依法须经批准的项目") == 2


@pytest.mark.parametrize(("room", "together"), [(115, True), (130, False)])
def test_only_a_full_line_goes_on(room, together):
    """A line that ends more than four heights before the next column is not full."""
    found = texts(
        [
            line(LONG, 100, 100, 600),
            line("依法须经批准的项目", 100, 136, 500),
            line("住所甲市乙路", 700 + room, 118, 300),
        ]
    )
    assert (found[1] == "依法须经批准的项目") is together


def test_a_label_begins_a_row():
    """A line that begins with a label does not go on from the line above."""
    found = texts(
        [
            line("名称" + LONG, 100, 100, 600),
            line("地址：甲市乙路", 100, 136, 500),
            line("住所甲市乙路", 740, 118, 300),
        ]
    )
    assert found[1] == "住所甲市乙路"


def test_signatures_are_read_by_rows():
    """Where both texts of a row have others right below, those are a new row."""
    lines = [
        line("甲方（公章）甲有限公司", 100, 100, 560),
        line("乙方签名葛丽", 760, 100, 260),
        line("2024年10月19日", 100, 140, 300),
        line("2024年10月19日 ", 760, 140, 300),
    ]
    assert texts(lines) == [lines[n].text for n in range(4)]


CELLS = [
    line("用人单位", 120, 135, 120),
    line("甲乙丙丁有限责任公", 320, 115, 260),
    line("司", 435, 155, 30),
    line("电话", 620, 115, 60),
    line("号码", 620, 155, 60),
    line("17000001745", 740, 135, 200),
    line("劳动者", 120, 215, 120),
    line("葛丽", 320, 215, 60),
    line("住址", 620, 215, 60),
    line("甲市", 740, 215, 60),
]


def ruled(gap: int = 0) -> Image.Image:
    """Two rows of four cells; the rule between two cells is broken by `gap`."""
    image = Image.new("RGB", (1100, 700), "white")
    draw = ImageDraw.Draw(image)
    for y in (100, 200, 260):
        draw.line((100, y, 1000, y), "black", 3)
    for x in (100, 300, 600, 720, 1000):
        draw.line((x, 100, x, 260), "black", 3)
    draw.rectangle((599, 130, 602, 130 + gap), "white" if gap else "black")
    return image


def test_ruled_cells_are_read_one_after_the_other():
    """Each cell to its end, although another begins between its lines."""
    assert texts(CELLS, ruled()) == [each.text for each in CELLS]


def test_picture_without_rules_changes_nothing():
    """The order is then the one without a picture."""
    assert texts(CELLS, Image.new("RGB", (1100, 700), "white")) == texts(CELLS)


@pytest.mark.parametrize("gap", [0, 6, 60])
def test_broken_rules_lose_no_line(gap):
    """Whatever is missing of a rule, every line is read once, rows from the top."""
    found = texts(CELLS, ruled(gap))
    assert sorted(found) == sorted(each.text for each in CELLS)
    assert found[-4:] == ["劳动者", "葛丽", "住址", "甲市"]


def test_words_across_the_rows_are_read_last():
    """The slanting words of a stamp do not part a row."""
    stamp = OcrLine("有限", 0.9, (536, 89, 620, 211, 559, 252, 475, 130))
    lines = [line(f"{n}行{LONG}", 100, 100 + 50 * n, 600) for n in range(4)]
    assert texts([stamp, *lines]) == [*(each.text for each in lines), "有限"]


def photographed(x: float, y: float) -> tuple[float, float]:
    """A point of a page that was not held level before the camera."""
    part = 1 + 0.0002 * x
    return x / part, (y + 0.08 * x) / part


def test_rows_of_a_photograph_stay_together():
    """Rows that run towards each other are rows, though they cross lines of pixels."""
    lines = []
    for row in range(12):
        for column in range(6):
            x, y = 100 + 220 * column, 100 + 45 * row
            corners = ((x, y), (x + 140, y), (x + 140, y + 30), (x, y + 30))
            quad = tuple(v for corner in corners for v in photographed(*corner))
            lines.append(OcrLine(f"{row}行{column}列", 0.9, quad))
    assert texts(lines) == [each.text for each in lines]
