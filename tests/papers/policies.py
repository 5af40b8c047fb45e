"""Insurance, its clauses in two columns."""
# ruff: noqa: E501 (a sentence of a paper stays on one line)

from __future__ import annotations

from datetime import timedelta

from .blocks import (
    Paper,
    columns,
    line,
    paper,
    para,
    seal,
    side_by_side,
    space,
    table,
    title,
)
from .figures import yuan
from .people import Maker
from .written_dates import arabic, padded


def insurance(m: Maker) -> Paper:
    """A policy, its clauses in two columns."""
    person = m.person()
    day = m.day()
    start = day + timedelta(days=1)
    insurer = f"{m.place}财产保险股份有限公司"
    plate = f"云{m.pick('ABCD')}{m.digits(5)}"
    frame = "L" + "".join(
        m.pick("ABCDEFGHJKLMNPRSTUVWXYZ0123456789") for _ in range(16)
    )
    left = [
        line("特别约定", weight=700),
        para(
            "1. 保险车辆在转让、改装、加装或者改变使用性质时，投保人应当及时书面通知本公司办理批改手续，否则因危险程度显著增加发生的事故，本公司不承担赔偿责任。"
        ),
        para(
            "2. 发生事故后，被保险人应当在四十八小时内报案，并保留现场或者留存影像，未及时通知致使损失程度难以确定的部分不予赔付。"
        ),
    ]
    right = [
        line("责任免除", weight=700),
        para(
            "1. 驾驶人无有效证件、饮酒、服用管制药品，或者事故发生后逃离现场的，不论任何原因造成的损失，本公司均不赔偿。"
        ),
        para(
            "2. 自然磨损、朽蚀、故障，以及轮胎单独损坏，不属于保险责任。停驶、贬值等间接损失由被保险人自行承担。"
        ),
    ]
    return paper(
        "car_policy",
        "insurance",
        day.isoformat(),
        [
            title(
                m.pick(["机动车商业保险保险单（正本）", "机动车综合商业保险单"]),
                size=17,
            ),
            line(
                f"保险单号：{m.pick(['PDAA', 'AYUN', 'PBJY'])}{m.digits(18)}",
                align="right",
                size=10,
            ),
            table(
                [
                    ["被保险人", person.name, "证件号码", person.id_no],
                    ["号牌号码", plate, "车辆识别代号", frame],
                    [
                        "使用性质",
                        m.pick(["家庭自用", "非营业企业客车"]),
                        "核定载客",
                        "5人",
                    ],
                ],
                [1, 1.4, 1.1, 2.3],
                size=10,
            ),
            table(
                [
                    ["承保险种", "保险金额（元）", "保险费（元）"],
                    [
                        "机动车损失保险",
                        yuan(m.money(60000, 300000)),
                        yuan(m.money(900, 3000)),
                    ],
                    [
                        "第三者责任保险",
                        yuan(m.number(1, 3) * 100000000),
                        yuan(m.money(600, 1800)),
                    ],
                ],
                [1.4, 1, 1],
                size=10,
            ),
            line(
                f"保险期间：自{arabic(start)}0时起至{arabic(start + timedelta(days=364))}24时止",
                size=10.5,
            ),
            columns(left, right),
            space(3),
            seal(insurer, 118, -12, below="承保专用章"),
            side_by_side(
                [
                    [f"保险人：{insurer}", f"签单日期：{padded(day)}"],
                    [f"地址：{m.address()}", f"经办：{m.name()}　核保：{m.name()}"],
                ],
                [1.4, 1],
                size=10,
            ),
        ],
        points=10.5,
        margin_mm=20,
    )
