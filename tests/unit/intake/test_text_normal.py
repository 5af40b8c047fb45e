from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.text_normal import PageText, normalise, normalise_page

_SIGNS = "合同 甲方（乙）：aB1２〇○O0二五年\t收據①-–。,"
_TEXT = st.text(st.sampled_from(_SIGNS), max_size=60)


@pytest.mark.parametrize(
    ("read", "form"),
    [
        ("授 权 委 托 书", "授权委托书"),
        ("（２０２５）京０１０１民初１２号", "(2025)京0101民初12号"),
        ("二○二五年", "二〇二五年"),
        ("二 O 二 五 年", "二〇二五年"),
        ("二OO五年", "二〇〇五年"),
        ("二〇二O年", "二〇二〇年"),
        ("Order No. 10", "Order No. 10"),
        ("收據 買賣合同", "收据买卖合同"),
        ("⼈⺠法院", "人民法院"),
        ("①2025年3月", "①2025年3月"),
        ("2025–03–06", "2025-03-06"),
        ("日期：  2025 年 3 月", "日期:2025年3月"),
        ("a\u200bb\x00c", "abc"),
    ],
)
def test_forms(read: str, form: str) -> None:
    """Every shape an engine gives comes to the one shape that rules are written for."""
    assert normalise(read) == form


def test_lines_join_as_words_do() -> None:
    """A line end between ideographs is nothing, between Latin words a space."""
    page = PageText(1, ("民事", "判决书", "Amount 12", "2025", "年"))
    assert normalise_page(page).text == "民事判决书Amount 12 2025年"


def test_way_back_to_the_line() -> None:
    """Each character knows the line it came from, as that line was read."""
    page = normalise_page(PageText(3, ("收 據", "", "㎡ 金额：１０元")))
    assert page.text == "收据m2金额:10元"
    assert page.line_at(0) == "收 據"
    assert page.line_at(page.text.index("金")) == "㎡ 金额：１０元"
    assert page.line_span(0) == (0, 2)
    assert page.line_span(1) == (2, 2)
    assert page.page == 3


def test_nothing_read() -> None:
    """A page without lines has a form too, and no line to show."""
    page = normalise_page(PageText(1, ()))
    assert (page.text, page.line_at(0)) == ("", "")


@given(_TEXT)
def test_stable(text: str) -> None:
    """What is in the form stays as it is."""
    once = normalise(text)
    assert normalise(once) == once


@given(st.lists(st.text(max_size=20), max_size=6))
def test_every_offset_has_a_line(lines: list[str]) -> None:
    """Line spans cover the text in order without gap, whatever was read."""
    page = normalise_page(PageText(1, tuple(lines)))
    spans = [page.line_span(number) for number in range(len(lines))]
    assert all(start <= end for start, end in spans)
    assert "".join(page.text[start:end] for start, end in spans) == page.text
