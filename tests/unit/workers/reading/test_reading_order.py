"""Lines come out as a person reads them, in whatever order they were found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.reading.reading_order import in_reading_order
from workers.tools.ocr import OcrLine

LONG = "本协议有效期内接收方不得向任何第三人披露"


def line(text: str, left: float, top: float, width: float, height: float = 30):
    right, bottom = left + width, top + height
    return OcrLine(text, 0.9, (left, top, right, top, right, bottom, left, bottom))


def slanting(text: str, left: float, top: float, width: float, slope: float):
    """A line that sinks by `slope` a pixel, on a page that does."""
    y0, y1 = top + slope * left, top + slope * (left + width)
    quad = (left, y0, left + width, y1, left + width, y1 + 30, left, y0 + 30)
    return OcrLine(text, 0.9, quad)


def texts(lines) -> list[str]:
    return [each.text for each in in_reading_order(lines)]


def table(rows: int, columns: int) -> list[OcrLine]:
    return [
        line(f"{row}行{column}", 100 + 250 * column, 100 + 50 * row, 120)
        for row in range(rows)
        for column in range(columns)
    ]


def columns(rows: int) -> list[OcrLine]:
    """A title, two columns of running text, and signatures far below them."""
    return [
        line("保密协议", 500, 20, 200),
        *(line(f"左{row}{LONG}", 100, 120 + 45 * row, 480) for row in range(rows)),
        *(line(f"右{row}{LONG}", 640, 125 + 45 * row, 470) for row in range(rows)),
        line("披露方：甲公司", 100, 400 + 45 * rows, 300),
        line("接收方：乙公司", 640, 400 + 45 * rows, 300),
        line("签署：彭远", 100, 445 + 45 * rows, 200),
        line("签署：范志华", 640, 445 + 45 * rows, 200),
    ]


def askew(rows: int) -> list[OcrLine]:
    return [
        slanting(f"{row}{LONG}", 60 * (row % 2), 50 * row, 400, 0.04)
        for row in range(rows)
    ]


PAGES = {
    "table": table(6, 4),
    "columns": columns(8),
    "slanting": askew(9),
    "vertical": [line(f"第{n}列的文字", 600 - 60 * n, 50, 30, 400) for n in range(5)],
}  # fmt: skip


@pytest.mark.parametrize("page", PAGES)
@given(data=st.data())
def test_order_of_finding_does_not_matter(page, data):
    """Every permutation of the lines is read in the same order."""
    shuffled = data.draw(st.permutations(PAGES[page]))
    assert in_reading_order(shuffled) == in_reading_order(PAGES[page])


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(0, 900),
                          st.integers(1, 500), st.integers(1, 90)), max_size=25),
       st.randoms())  # fmt: skip
def test_any_lines_keep_their_number(boxes, random):
    """No line is lost or doubled, however lines lie over each other."""
    lines = [line(f"{n}{LONG[: n % 20]}", *box) for n, box in enumerate(boxes)]
    ordered = in_reading_order(lines)
    assert sorted(each.text for each in ordered) == sorted(x.text for x in lines)
    random.shuffle(lines)
    assert in_reading_order(lines) == ordered


def test_table_is_read_by_rows():
    """Cells of a row from left to right, then the next row."""
    assert texts(table(3, 3)[::-1]) == [
        f"{row}行{column}" for row in range(3) for column in range(3)
    ]


def test_columns_are_read_one_after_the_other():
    """Two columns of running text: all of the left, then all of the right.

    What stands below them beside each other is read by rows.
    """
    found = texts(columns(8))
    assert found[0] == "保密协议"
    assert [text[:2] for text in found[1:17]] == [
        f"{side}{row}" for side in "左右" for row in range(8)
    ]
    assert found[17:] == [
        "披露方：甲公司",
        "接收方：乙公司",
        "签署：彭远",
        "签署：范志华",
    ]


def test_few_rows_are_no_columns():
    """Three rows of two long texts are rows; six are columns."""

    def two(rows: int) -> list[str]:
        lines = [
            line(f"{side}{row}{LONG}", left, 100 + 45 * row, 480)
            for row in range(rows)
            for side, left in (("左", 100), ("右", 640))
        ]
        return [text[:2] for text in texts(lines)]

    assert two(3) == ["左0", "右0", "左1", "右1", "左2", "右2"]
    assert two(6)[:6] == [f"左{row}" for row in range(6)]


def test_form_is_read_by_rows():
    """Labels with their values in two halves of the page are no running text."""
    lines = [
        line(f"{side}{row}：{LONG[:14]}", left, 100 + 45 * row, 480)
        for row in range(8)
        for side, left in (("甲方", 100), ("乙方", 640))
    ]
    assert [text[:3] for text in texts(lines)[:4]] == [
        "甲方0",
        "乙方0",
        "甲方1",
        "乙方1",
    ]


def test_slanting_rows_stay_together():
    """On a page that lies askew, the far cell of a row belongs to that row."""
    lines = [
        slanting(f"{row}{side}的一些文字", left, 60 * row, 300, 0.05)
        for row in range(4)
        for side, left in (("左", 0), ("右", 1200))
    ]
    assert [text[:2] for text in texts(lines)] == [
        f"{row}{side}" for row in range(4) for side in "左右"
    ]


def test_vertical_text_is_read_from_the_right():
    """Columns of characters: the rightmost first, each from top to bottom."""
    lines = [
        line("左列的文字", 100, 50, 30, 300),
        line("右列下半的", 400, 400, 30, 300),
        line("右列上半的", 400, 50, 30, 300),
        line("页", 250, 900, 40),
    ]
    assert texts(lines) == ["页", "右列上半的", "右列下半的", "左列的文字"]
