"""A conversation on a telephone is known by where its lines stand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from intake.evidence_types import EvidenceTypes
from intake.reading import Derivative, Reading, TextLine
from workers.reading.propose import propose
from workers.reading.screens import is_chat

TYPES = EvidenceTypes.load()
TODAY = date(2025, 9, 1)
CLOCK = (40, 10, 120, "9:41")
TALK = (
    CLOCK,
    (60, 300, 400, "你们那边天气怎样"),
    (600, 400, 960, "今天一直下雨"),
    (60, 500, 400, "我这里出太阳"),
    (700, 600, 960, "真羡慕"),
)
PAIRS = (
    CLOCK,
    (60, 300, 300, "商品"),
    (700, 300, 960, "三件"),
    (60, 400, 300, "运费"),
    (700, 400, 960, "免"),
)


LONG = (
    CLOCK,
    (190, 300, 560, "在吗"),
    (215, 400, 820, "一共是两万八千元，你写的条子还在"),
    (212, 450, 330, "我这里"),
    (192, 500, 560, "没说不还啊，数目没错"),
    (216, 600, 815, "行，那你把身份证号发我一下，我让"),
)
ARTICLE = tuple((left - 80, top, right, text) for left, top, right, text in LONG)


def screen(
    rows: tuple[tuple[int, int, int, str], ...], width: int = 1000, height: int = 2000
) -> Reading:
    lines = tuple(
        TextLine(1, text, 0.9, (left, top, right, top, right, top + 40, left, top + 40))
        for left, top, right, text in rows
    )
    page = Derivative("page", 1, "p.png", "image/png", width, height)
    return Reading(
        "image/png", 1, ("\n".join(row[3] for row in rows),), lines, "", "", {}, (), (),
        "none", (), (page,), (), 0,
    )  # fmt: skip


def test_a_conversation_is_offered_and_asks() -> None:
    """Whatever is said, the first candidate is a chat, and a person is asked."""
    best = propose(screen(TALK), TYPES, TODAY).types[0]
    assert (best.value, best.confidence) == ("chat_record", 0.75)


def test_long_messages_are_told_by_where_they_begin_and_end() -> None:
    """They cross the screen, but begin further in than the other's and end further."""
    assert is_chat(screen(LONG))


@pytest.mark.parametrize(("in_by", "known"), [(14, 0), (16, 1)])
def test_how_much_further_in_a_message_begins(in_by: int, known: int) -> None:
    """A hundredth and a half of the width; less is the same edge, read unevenly."""
    rows = [(190 + in_by if row[0] > 200 else 190, *row[1:]) for row in LONG[1:]]
    assert is_chat(screen((CLOCK, *rows))) == bool(known)


@pytest.mark.parametrize(
    "reading",
    [
        screen(ARTICLE),
        screen(PAIRS),
        screen(TALK[1:]),
        screen(TALK[:3]),
        screen(TALK[:4:2]),
        screen(TALK, height=1499),
        replace(screen(TALK), media_type="application/pdf"),
        replace(screen(TALK), derivatives=()),
        replace(screen(TALK), lines=()),
    ],
    ids=[
        "article",
        "pairs",
        "no clock",
        "one each",
        "one side",
        "broad",
        "pdf",
        "no page",
        "none",
    ],
)
def test_what_is_no_conversation(reading: Reading) -> None:
    """Labels with values, no clock, one side only, a broad picture, another file."""
    assert not is_chat(reading)


def test_sure_words_count_more() -> None:
    """A screen that says surely what it is keeps its type."""
    words = ("转账成功", "付款人：甲", "收款人：乙", "转账时间 当前状态", "交易流水号")
    rows = TALK + tuple((60, 700 + 60 * n, 500, word) for n, word in enumerate(words))
    reading = replace(screen(rows), page_texts=("\n".join(words),))
    assert is_chat(reading)
    assert propose(reading, TYPES, TODAY).types[0].value == "transfer_voucher"
