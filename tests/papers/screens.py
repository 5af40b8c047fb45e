"""What stands on the screen of a phone."""
# ruff: noqa: E501 (a sentence of a paper stays on one line)

from __future__ import annotations

from .blocks import (
    Paper,
    bar,
    bubble,
    line,
    paper,
)
from .people import Maker
from .written_dates import arabic


def chat(m: Maker) -> Paper:
    """A screen of a messenger; the day stands between the messages."""
    name, day = m.name(), m.day()
    owed = m.number(2, 60) * 1000
    return paper(
        "chat_screen",
        "chat_record",
        day.isoformat(),
        [
            bar(f"{m.number(8, 22)}:{m.number(10, 59)}", "", f"{m.number(21, 99)}%"),
            bar("<", name, "…"),
            line(
                f"{arabic(day)} {m.pick(['上午', '下午'])}{m.number(1, 11)}:{m.number(10, 59)}",
                align="center",
                size=7.5,
                fill="#888888",
            ),
            bubble(
                m.pick(["在吗？上次那笔钱什么时候能还", "老板，货款该结一下了吧"]),
                mine=True,
            ),
            bubble("在的，最近手头确实紧", mine=False),
            bubble(f"一共是{owed}块，你写的条子还在我这里", mine=True),
            bubble(m.pick(["我知道，我认这个账", "没说不还啊，数目没错"]), mine=False),
            bubble(
                f"月底先给你转{owed // 2}，剩下的过完年一次结清，行不行", mine=False
            ),
            line(
                f"{m.pick(['晚上', '下午'])}{m.number(1, 9)}:{m.number(10, 59)}",
                align="center",
                size=7.5,
                fill="#888888",
            ),
            bubble("行，那你把身份证号发我一下，我让律师写个协议", mine=True),
            bubble(m.person().id_no, mine=False),
            bubble(f"收款卡号{m.card()}", mine=True),
            bubble("好的收到", mine=False),
        ],
        size="phone",
        font="sans",
        points=9.5,
        margin_mm=4,
    )
