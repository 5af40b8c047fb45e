"""The form of an exported chat says what the paper is, not what is written in it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from intake.evidence_types import AUTO_CONFIDENCE, EvidenceTypes
from intake.reading import Reading
from workers.reading.chat import note_chat
from workers.reading.content import Content
from workers.reading.propose import propose

TYPES = EvidenceTypes.load()
TODAY = date(2025, 9, 1)
LOAN = ("借条", "今借到李四人民币五万元整", "借款人张三，月利率1.5%，还款日期8月1日")
TALK = ("租金什么时候付？", "明天付", "[图片]", "收到")
NEUTRAL = ("明日见", "去不去", "去", "九点")


def exported(*said: str, messages: int = 9) -> str:
    """What an exporter writes: the first `messages` have a name and a time above."""
    heads = (f"{'张李'[n % 2]}某 2025-01-02 12:{n:02}:00\n" for n in range(messages))
    return "\n".join(f"{next(heads, '')}{words}" for words in said)


def read(text: str) -> Reading:
    """The reading of a text file with its proposals, as the reader and service do."""
    content = Content("text/plain", pages=1)
    note_chat(text, content)
    reading = Reading(
        "text/plain", 1, (text,), (), "", "", {}, (), tuple(content.dates), "none",
        tuple(content.findings), (), (), 0,
    )  # fmt: skip
    return propose(reading, TYPES, TODAY)


def kinds(text: str) -> list[tuple[str, bool]]:
    """Each candidate with whether it needs no person."""
    found = read(text).types
    return [(each.value, each.confidence >= AUTO_CONFIDENCE) for each in found]


def test_the_form_with_words_is_surely_a_chat() -> None:
    """Messages in the words of a chat; its rule says why. It is dated by the last."""
    assert kinds(exported(*TALK))[0] == ("chat_record", True)
    reading = read(exported(*TALK))
    assert reading.types[0].rule == "messages with names and times"
    assert (reading.dates[0].value, reading.date_basis) == ("2025-01-02", "document")


@pytest.mark.parametrize("messages", [0, 2])
def test_words_without_the_form_are_not(messages: int) -> None:
    """The same words, with fewer than three names and times: nothing is sure."""
    assert all(not sure for _, sure in kinds(exported(*TALK, messages=messages)))


def test_a_paper_within_a_chat_is_asked_about() -> None:
    """A loan note that was sent as messages is no loan note, nor surely a chat."""
    assert kinds("\n".join(LOAN))[0] == ("iou_loan", True)
    found = kinds(exported(*LOAN))
    assert found[:2] == [("chat_record", False), ("iou_loan", False)]


def test_the_form_alone_is_asked_about() -> None:
    """Whoever came when, line by line, has the form of a chat, too."""
    assert kinds(exported(*NEUTRAL))[0] == ("chat_record", False)
    assert kinds(exported(*NEUTRAL, messages=2))[0][0] != "chat_record"


def test_a_list_without_chats_has_none() -> None:
    """A firm that took the type out of its list is not offered it."""
    listed = tuple(each for each in TYPES.all if each.code != "chat_record")
    own = replace(TYPES, all=listed)
    reading = propose(read(exported(*NEUTRAL)), own, TODAY)
    assert "chat_record" not in {each.value for each in reading.types}
