"""Papers of trade: quotation, order, delivery, acceptance, reconciliation, mail."""
# ruff: noqa: E501 (a sentence of a paper stays on one line)

from __future__ import annotations

from datetime import timedelta

from .blocks import (
    Cell,
    Paper,
    line,
    paper,
    para,
    rule,
    seal,
    side_by_side,
    space,
    table,
    title,
)
from .figures import capitals, yuan
from .people import Maker
from .written_dates import arabic, dashed, dotted, padded


def acceptance(m: Maker) -> Paper:
    """Work that was inspected and taken over."""
    owner, builder = m.companies()
    day = m.day()
    done = day - timedelta(days=m.number(3, 20))
    rows: list[list[Cell]] = [
        [
            "项目名称",
            (
                f"{owner.name[:6]}{m.pick(['自动喷淋系统', '中央空调系统', '视频监控系统'])}安装工程",
                3,
            ),
        ],
        ["建设单位", owner.name, "施工单位", builder.name],
        [
            "开工日期",
            dashed(day - timedelta(days=m.number(60, 200))),
            "完工日期",
            dashed(done),
        ],
        [
            "合同价款",
            f"{yuan(m.money(80000, 2000000))}元",
            "验收组成员",
            "、".join(m.name() for _ in range(3)),
        ],
        [
            "检查内容",
            (
                "设备型号、数量与合同清单一致；管线敷设整齐，标识清楚；联动试运行七十二小时无故障；竣工图纸、合格证及操作手册齐全。",
                3,
            ),
        ],
        [
            "存在问题",
            (
                m.pick(
                    [
                        "二层东侧三处支架需补刷防锈漆，五日内整改完毕。",
                        "无。",
                        "机房标签缺失两处，已现场补贴。",
                    ]
                ),
                3,
            ),
        ],
        [
            "验收结论",
            (
                m.pick(
                    [
                        "符合设计及规范要求，同意通过验收。",
                        "工程质量合格，同意交付使用。",
                    ]
                ),
                3,
            ),
        ],
    ]
    return paper(
        "acceptance",
        "acceptance",
        day.isoformat(),
        [
            title(
                m.pick(["工程竣工验收单", "设备安装验收报告", "项目验收确认单"]),
                size=20,
            ),
            table(rows, [1, 1.6, 1, 1.6], size=11, inset=8),
            space(10),
            seal(owner.name, 20, -8),
            seal(builder.name, 108, -6),
            side_by_side(
                [
                    [
                        f"建设单位（章）：{owner.head}",
                        f"施工单位（章）：{builder.head}",
                    ],
                    [m.pick([arabic, padded])(day), ""],
                ],
                [1, 1],
            ),
        ],
        points=12,
    )


def reconciliation(m: Maker) -> Paper:
    """Two firms compare what is owed."""
    one, two = m.companies()
    end = m.day().replace(day=28)
    day = end + timedelta(days=m.number(4, 25))
    owed = m.money(20000, 3000000)
    rows: list[list[Cell]] = [
        ["截止日期", "贵公司欠", "欠贵公司", "备注"],
        [dashed(end), yuan(owed), "0.00", m.pick(["货款", "加工费", "含质保金"])],
    ]
    return paper(
        "account_check",
        "reconciliation",
        day.isoformat(),
        [
            title(m.pick(["往来款项对账函", "企业询证函", "应收账款对账单"]), size=20),
            line(f"编号：{m.digits(6)}", align="right"),
            line(f"{two.name}："),
            para(
                "为核对双方往来账目，现将本公司账簿记录列示如下。如与贵公司记录相符，请在本函下端“数据证明无误”处签章；如有不符，请列明不符金额及原因。本函仅为复核账目之用，并非催款结算。"
            ),
            table(rows, [1, 1.3, 1, 1.2], header=True),
            para(f"其他事项：上述款项大写为人民币{capitals(owed)}。"),
            para(f"回函地址：{one.address}　收件人：{m.name()}　电话：{m.phone()}"),
            seal(one.name, 112, -6),
            line(f"{one.name}（盖章）", align="right", right=8),
            line(arabic(day), align="right", right=8),
            rule(),
            line("结论：数据证明无误", weight=700),
            space(6),
            seal(two.name, 108, -14),
            line(f"{two.name}（盖章）　经办人：{m.name()}", align="right", right=8),
        ],
    )


def email(m: Maker) -> Paper:
    """A message as a mail program prints it, with an older one below."""
    one = m.company()
    day = m.day()
    earlier = day - timedelta(days=m.number(1, 9))
    sender, receiver = m.name(), m.name()
    time = f"{m.number(8, 19):02}:{m.number(0, 59):02}"
    return paper(
        "printed_mail",
        "email",
        day.isoformat(),
        [
            line(
                f"回复：关于{m.pick(['九月份货款', '样机延期交付', '质量异议处理'])}的事",
                size=15,
                weight=700,
            ),
            rule("#999999"),
            line(f"发件人：{sender} <sales{m.number(10, 99)}@example.com>"),
            line(f"收件人：{receiver} <buyer@example.org>"),
            line(
                f"时　间：{arabic(day)}（星期{'一二三四五六日'[day.weekday()]}）{time}"
            ),
            line(f"附　件：{m.number(1, 3)}个（对账明细.xlsx）"),
            rule("#999999"),
            line(f"{receiver}总，您好："),
            para(
                f"贵司所述情况已向领导汇报。{one.name}同意将尾款{yuan(m.money(8000, 500000))}元延至下月{m.number(5, 25)}日支付，但请于本周五之前把盖章的确认函扫描发回，原件快递至我处。"
            ),
            para(
                f"上批货的质检报告编号为QC{m.digits(8)}，如需第三方复检，费用先由贵司垫付，以结果确定承担方。"
            ),
            line("顺祝商祺！"),
            line(f"{sender}"),
            line(f"{one.name}　{m.phone()}"),
            space(4),
            rule("#cccccc"),
            line(
                f"在 {dashed(earlier)} 17:{m.number(10, 59)}，{receiver} 写道：",
                fill="#555555",
            ),
            para(
                "收到。货已停在码头三天，仓储费每日都在增加，请尽快给出书面答复，否则我方只能另行采购并主张差价损失。",
                fill="#555555",
            ),
        ],
        font="sans",
        points=11,
    )


def waybill(m: Maker) -> Paper:
    """An express waybill."""
    sender, receiver = m.company(), m.person()
    day = m.day()
    number = f"10{m.digits(11)}"
    rows: list[list[Cell]] = [
        ["寄件人", f"{sender.head}　{sender.phone}", "单位", sender.name],
        ["寄件地址", (sender.address, 3)],
        ["收件人", f"{receiver.name}　{receiver.phone}", "单位", "个人"],
        ["收件地址", (receiver.address, 3)],
        [
            "内件品名",
            m.pick(["解除通知书一份", "律师函（原件）", "合同两份"]),
            "重量",
            f"0.{m.number(1, 9)}千克",
        ],
        ["资费", f"{m.number(12, 28)}.00元", "收寄人员", m.name()],
    ]
    return paper(
        "waybill",
        "express_waybill",
        day.isoformat(),
        [
            title(m.pick(["特快专递邮件详情单", "国内快递运单"]), size=17, font="sans"),
            line(f"邮件号码：{number}", align="center", size=15, weight=700),
            table(rows, [0.9, 1.8, 0.8, 2.2], size=10.5, align="left"),
            side_by_side(
                [
                    [
                        f"收寄日期：{m.pick([padded, dashed])(day)}",
                        f"寄件人签名：{sender.head}",
                        f"备注：{m.pick(['挂号', '保价200元', '短信通知'])}",
                    ]
                ],
                [1.2, 1, 1],
                size=10.5,
            ),
            seal(f"{m.place}邮政", 140, -28, below=dotted(day), size_mm=26),
        ],
        size="half",
        font="sans",
        margin_mm=15,
    )
