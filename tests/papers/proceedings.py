"""Papers of a case beside its judgments."""
# ruff: noqa: E501 (a sentence of a paper stays on one line)

from __future__ import annotations

from datetime import timedelta

from .blocks import (
    Cell,
    Paper,
    line,
    paper,
    para,
    seal,
    side_by_side,
    space,
    table,
    title,
)
from .court import case_number, court_of
from .figures import yuan
from .people import Maker
from .written_dates import arabic, numerals, padded


def summons(m: Maker) -> Paper:
    """A summons: the hearing is later than the paper."""
    court, day = court_of(m), m.day(2019)
    hearing = day + timedelta(days=m.number(14, 40))
    rows: list[list[Cell]] = [
        ["案　　号", case_number(m, day.year)],
        ["案　　由", m.pick(["民间借贷纠纷", "劳动争议", "房屋租赁合同纠纷"])],
        ["被传唤人", m.name()],
        ["住　　所", m.address()],
        ["传唤事由", m.pick(["开庭审理", "证据交换", "庭前调解"])],
        ["应到时间", f"{arabic(hearing)}{m.pick(['上午9时00分', '下午14时30分'])}"],
        ["应到处所", f"本院第{m.number(1, 19)}法庭"],
        [
            "注意事项",
            "1. 被传唤人必须准时到达应到处所。2. 本票由被传唤人携带来院报到。3. 被传唤人收到传票后，应在送达回证上签名或盖章。",
        ],
    ]
    return paper(
        "summons",
        "court_notice",
        day.isoformat(),
        [
            title(court, size=18, below=1),
            title("传　　票", size=26, below=5),
            table(rows, [1, 4], size=13, inset=8),
            space(10),
            seal(court, 96, -4),
            line(f"审判员：{m.name()}　　书记员：{m.name()}", align="right", right=10),
            line(m.pick([arabic, numerals, padded])(day), align="right", right=10),
        ],
        points=13,
    )


def complaint(m: Maker) -> Paper:
    """A statement of claim."""
    day = m.day(2019)
    one, two = m.person(), m.company()
    start, end = (
        day - timedelta(days=m.number(700, 1500)),
        day - timedelta(days=m.number(40, 160)),
    )
    return paper(
        "complaint",
        "complaint",
        day.isoformat(),
        [
            title(m.pick(["民事起诉状", "民 事 起 诉 状", "起诉状"]), size=22),
            para(
                f"原告：{one.name}，{one.sex}，汉族，{arabic(one.born)}生，住{one.address}，身份证号{one.id_no}，电话{one.phone}。"
            ),
            para(f"被告：{two.name}，住所地{two.address}，法定代表人{two.head}。"),
            line("诉讼请求：", weight=700),
            para(f"1. 请求判令被告支付拖欠的工资{yuan(m.money(8000, 90000))}元；"),
            para(
                f"2. 请求判令被告支付违法解除劳动关系的赔偿金{yuan(m.money(20000, 180000))}元；"
            ),
            para("3. 诉讼费用由被告承担。"),
            line("事实与理由：", weight=700),
            para(
                f"原告自{arabic(start)}入职被告处任{m.pick(['车间主任', '财务主管', '销售经理'])}，约定月薪{m.number(6, 18)}000元。{arabic(end)}，被告以经营困难为由口头通知原告不必再来上班，未支付任何补偿，且尚欠三个月工资。"
            ),
            para(
                f"原告曾向{m.place}市劳动人事争议仲裁委员会申请仲裁，该委作出的裁决与事实不符，原告收到后不服。为维护自身合法权益，特向贵院提起诉讼，请依法支持原告的全部请求。"
            ),
            line("此致"),
            line(court_of(m)),
            space(8),
            line(f"具状人：{one.name}", align="right", right=15),
            line(arabic(day), align="right", right=15),
            line("附：本状副本一份，证据材料一套"),
        ],
        points=13,
    )


def evidence(m: Maker) -> Paper:
    """A list of exhibits of a party; the dates in it are those of the exhibits."""
    one = m.company()
    names = [
        ("采购合同", "双方存在合同关系"),
        ("送货单及签收记录", "原告已交付货物"),
        ("银行回单", "被告支付部分货款"),
        ("微信聊天截图", "被告承认欠款事实"),
        ("催款函及快递底单", "原告主张过权利"),
        ("增值税发票", "货款总额"),
    ]
    rows: list[list[Cell]] = [["序号", "证据名称", "形成时间", "证明目的", "页码"]]
    page = 1
    for place, (name, why) in enumerate(m.random.sample(names, 5), 1):
        last = page + m.number(0, 5)
        rows.append([str(place), name, arabic(m.day()), why, f"{page}-{last}"])
        page = last + 1
    return paper(
        "exhibit_list",
        "evidence_list",
        "",
        [
            title(m.pick(["证据清单", "证据目录", "原告证据清单"]), size=22),
            line(f"提交人：{one.name}"),
            line(f"案由：{m.pick(['买卖合同纠纷', '承揽合同纠纷'])}"),
            table(rows, [0.7, 1.8, 1.7, 2, 0.8], header=True, size=11.5, inset=7),
            line("以上证据均为复印件，原件庭审时出示。"),
            space(8),
            seal(one.name, 105, -8),
            line(f"提交人（盖章）：{one.name}", align="right", right=8),
        ],
        points=12.5,
    )


def receipt_of_service(m: Maker) -> Paper:
    """A return of service; the receiver's day counts."""
    court, sent = court_of(m), m.day(2019)
    got = sent + timedelta(days=m.number(2, 15))
    rows: list[list[Cell]] = [
        [
            "案号及案由",
            f"{case_number(m, sent.year)} {m.pick(['借款合同纠纷', '物业服务合同纠纷'])}",
        ],
        ["受送达人", m.name()],
        ["送达地址", m.address()],
        ["送达文书名称及件数", "起诉状副本、应诉通知书、举证通知书各一份"],
        ["填发人及日期", f"{m.name()}　{arabic(sent)}"],
        ["送达方式", m.pick(["直接送达", "邮寄送达", "留置送达"])],
        ["受送达人签名或者盖章", f"{m.name()}　{arabic(got)}"],
        ["代收人与受送达人关系", ""],
        ["备考", ""],
    ]
    return paper(
        "return_of_service",
        "service_proof",
        got.isoformat(),
        [
            title(court, size=18, below=1),
            title("送达回证", size=24, below=5),
            table(rows, [1.2, 3], size=12.5, inset=9),
            side_by_side([[f"送达人：{m.name()}", f"{m.name()}"]], [1, 1]),
            seal(court, 110, -40),
        ],
        points=13,
    )
