"""Exported chats are known by the form of their lines; other papers are not chats."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.reading.chat import find_messages, note_chat
from workers.reading.content import Content

NAME_FIRST = """张三 2025-01-02 12:34:56
租金什么时候付？

李四 2025-01-02 12:35:10
明天付
[图片]

张三 2025-01-03 09:00:00
收到
"""
NAME_AND_NUMBER = """消息记录

2025-01-02 12:34:56 张三(10001)
租金什么时候付？
2025-01-02 12:35:10 李四<li@qq.com>
明天付
2025-01-03 9:00:00 张三(10001)
收到
"""
ONE_LINE = """2025-01-02 12:34 张三: 租金什么时候付？
2025-01-02 12:35 李四: 明天 12:00 付
2025/1/3 09:00 张三：收到
"""
BRACKETS = """[2025/1/2 下午12:34:56] 张三: 租金什么时候付？
[2025/1/2 下午1:35:10] 李四: 明天付
[2025/1/3 上午9:00:00] 张三: 收到
"""
TIME_BELOW = """张三
2025-01-02 12:34:56
租金什么时候付？
李四
2025-01-02 12:35:10
明天付
张三
2025-01-03 09:00:00
收到
"""
TABLE = """localId,Type,IsSender,CreateTime,StrContent,StrTime,NickName
1,1,0,1735792496,租金什么时候付？,2025-01-02 12:34:56,张三
2,1,1,1735792510,"明天付,
一定",2025-01-02 12:35:10,李四
3,1,0,1735866000,收到,2025-01-03 09:00:00,张三
"""
UNIX_TABLE = """CreateTime,Sender,StrContent
1735792496,张三,租金什么时候付？
1735792510,李四,明天付
1735866000000,张三,收到
"""


@pytest.mark.parametrize(
    "text",
    [NAME_FIRST, NAME_AND_NUMBER, ONE_LINE, BRACKETS, TIME_BELOW, TABLE, UNIX_TABLE],
    ids=["name first", "number", "one line", "brackets", "below", "table", "unix"],
)
def test_forms(text):
    """Each usual form gives the messages, the speakers and the days at both ends."""
    content = Content("text/plain")
    note_chat(text, content)
    assert [(each.code, each.detail) for each in content.findings] == [
        ("CHAT", "3 messages, 2 speakers, 2025-01-02 – 2025-01-03")
    ]
    dates = [(each.value, each.rule) for each in content.dates]
    assert dates == [
        ("2025-01-03", "chat last message"), ("2025-01-02", "chat first message"),
    ]  # fmt: skip


def test_three_messages_are_the_least():
    """Two messages are not taken for a chat."""
    assert len(find_messages(NAME_FIRST)) == 3
    assert find_messages(NAME_FIRST.rpartition("张三")[0]) == []


def test_one_day():
    """A chat of one day offers that day once."""
    content = Content("text/plain")
    note_chat(NAME_FIRST.replace("01-03", "01-02").replace("09:00", "19:00"), content)
    assert [each.value for each in content.dates] == ["2025-01-02"]


@pytest.mark.parametrize(
    "text",
    [
        "2025-01-02 12:34:56 INFO: a\n2025-01-02 12:34:57 ERROR: b\n" * 3,
        "交易时间,对方户名,金额\n2025-01-02 12:34:56,张三,5\n" * 4,
        "开庭时间：2025年1月2日 9:30\n甲方：张三\n签订日期：2025年8月29日\n" * 2,
        "2025-01-02 12:34:56\n" * 5,
        "a 2025-13-02 12:34:56\n" * 5,
        "".join(f"张三 20{20 - i}-01-02 12:34:56\n付\n" for i in range(9)),
        "",
    ],
    ids=["log", "bank", "contract", "times", "no date", "backwards", "empty"],
)
def test_no_chat(text):
    """Logs, statements, papers with dates and lists of times are not chats."""
    assert find_messages(text) == []


@given(st.text())
def test_any_text(text):
    """No text makes it fail."""
    find_messages(text)
    find_messages("时间,昵称,内容\n" + text)
