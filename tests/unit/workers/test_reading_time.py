"""Rules meet the pages of strangers: no text may stall them."""

from __future__ import annotations

import datetime as dt
import random
import time

import pytest

from intake.evidence_types import EvidenceTypes
from intake.text_normal import PageText
from workers.reading.classify import classify
from workers.reading.dates import find_dates

TYPES = EvidenceTypes.load()
PAGE = 20_000  # characters
SECONDS = 5.0  # for three such pages; about half a second on an office machine

PIECES = [
    *("a", "1", "甲", "鉴", "于", "合同", "日期", "公证", "首页", "账户余额", "年月日"),
    *("2025年", "2025-01-", "20 ", "_", "from:", "发件人:", "mar 3 ", "农历", "壹拾"),
    *("2025年1月1日至", "1990年1月1日生", "登记日期2025年1月1日", "一二〇", "(2025)京"),
    *("有效期", "签订日期", "x@", "\\", "\x00", "\u3000", "ﷺ", "𠮷"),
]


def _mixed() -> str:
    signs = "甲乙方年月日2025-.:()合同发票原告日期一二〇今借到致函 "
    return "".join(random.Random(1).choices(signs, k=PAGE))


CASES = [(piece, 40) for piece in [*PIECES, _mixed()]]
CASES += [(piece, PAGE) for piece in [*PIECES[10:15], _mixed()]]


@pytest.mark.parametrize(
    ("piece", "width"), CASES, ids=[f"{n}-{w}" for n, (_, w) in enumerate(CASES)]
)
def test_three_long_pages(piece: str, width: int) -> None:
    """Three pages of 20 000 characters, in one line or many, are read in seconds."""
    text = (piece * (PAGE // len(piece) + 1))[:PAGE]
    lines = tuple(text[at : at + width] for at in range(0, PAGE, width))
    pages = [PageText(number, lines) for number in (1, 2, 3)]
    started = time.process_time()
    classify(pages, TYPES, "application/pdf")
    find_dates(pages, TYPES.by_code("contract"), dt.date(2026, 1, 1))
    assert time.process_time() - started < SECONDS


def test_an_endless_text_file() -> None:
    """A megabyte in one page costs no more: both ends are read, the middle is not."""
    page = PageText(1, ("2025年3月6日 甲方" * 10,) * 10_000)
    started = time.process_time()
    classify([page], TYPES, "text/plain")
    found = find_dates([page], TYPES.by_code("chat_record"), dt.date(2026, 1, 1))
    assert found[0].value == "2025-03-06"
    assert time.process_time() - started < SECONDS
