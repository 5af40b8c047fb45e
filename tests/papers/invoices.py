"""Invoices, digital and on paper."""
# ruff: noqa: E501 (a sentence of a paper stays on one line)

from __future__ import annotations

from .blocks import (
    Cell,
    Paper,
    line,
    paper,
    seal,
    side_by_side,
    table,
    title,
)
from .figures import capitals, yuan
from .people import Maker
from .written_dates import padded

_BROWN = "#8a4a2a"


def invoice(m: Maker) -> Paper:
    """A fully digital invoice of the new form, twenty digits."""
    buyer, seller = m.companies()
    day = m.day(2022)
    goods = m.pick(
        [
            ("*信息技术服务*软件维护费", "6%", 6),
            ("*金属制品*高强螺栓", "13%", 13),
            ("*餐饮服务*餐费", "6%", 6),
            ("*经营租赁*设备租金", "13%", 13),
        ]
    )
    net = m.money(300, 90000)
    tax = net * goods[2] // 100
    head = [("项目名称", 2), "规格型号", "单位", "数量", "金额", "税率", "税额"]
    rows: list[list[Cell]] = [
        head,
        [
            (goods[0], 2),
            "",
            m.pick(["次", "件", "批"]),
            "1",
            yuan(net),
            goods[1],
            yuan(tax),
        ],
        [("合计", 5), f"¥{yuan(net)}", "", f"¥{yuan(tax)}"],
        [
            ("价税合计（大写）", 2),
            (capitals(net + tax), 3),
            (f"（小写）¥{yuan(net + tax)}", 3),
        ],
    ]
    parties: list[list[Cell]] = [
        [f"购买方名称：{buyer.name}", f"销售方名称：{seller.name}"],
        [
            f"统一社会信用代码/纳税人识别号：{buyer.uscc}",
            f"统一社会信用代码/纳税人识别号：{seller.uscc}",
        ],
    ]
    return paper(
        "e_invoice",
        "invoice",
        day.isoformat(),
        [
            title(
                m.pick(["电子发票（普通发票）", "电子发票（增值税专用发票）"]),
                size=18,
                fill=_BROWN,
            ),
            seal(f"{m.place}省税务局", 78, -18, size_mm=26),
            line(
                f"发票号码：{str(day.year)[2:]}{m.digits(18)}", align="right", size=10
            ),
            line(f"开票日期：{padded(day)}", align="right", size=10),
            table(parties, [1, 1], align="left", size=9, ink=_BROWN),
            table(
                rows,
                [1.2, 1.2, 1.1, 0.7, 0.7, 1.4, 0.8, 1.2],
                size=9,
                ink=_BROWN,
                inked=[cell if isinstance(cell, str) else cell[0] for cell in head],
            ),
            line(
                f"备注：{m.pick(['销售方开户行：', '收款账号：'])}{seller.bank} {seller.account}",
                size=9,
            ),
            line(f"开票人：{m.name()}", size=10),
        ],
        size="slip",
        margin_mm=14,
    )


def old_invoice(m: Maker) -> Paper:
    """A special VAT invoice on paper: code and number, and a ciphered field."""
    buyer, seller = m.companies()
    day = m.day(2018, 2022)
    count, price = m.number(2, 60), m.money(20, 3000)
    net = count * price
    tax = net * 13 // 100
    item = m.pick(["*通用设备*轴承", "*纸制品*复印纸", "*化工产品*环氧树脂"])
    number = m.digits(8)
    rows: list[list[Cell]] = [
        [
            "货物或应税劳务、服务名称",
            "规格型号",
            "单位",
            "数量",
            "单价",
            "金额",
            "税率",
            "税额",
        ],
        [
            item,
            m.pick(["6205-2RS", "A4 70g", "E-44"]),
            m.pick(["套", "箱", "桶"]),
            str(count),
            yuan(price),
            yuan(net),
            "13%",
            yuan(tax),
        ],
        ["合　　计", "", "", "", "", f"￥{yuan(net)}", "", f"￥{yuan(tax)}"],
        [
            "价税合计（大写）",
            (f"{capitals(net + tax)}", 4),
            (f"（小写）￥{yuan(net + tax)}", 3),
        ],
    ]
    return paper(
        "vat_invoice",
        "invoice",
        day.isoformat(),
        [
            side_by_side(
                [[m.digits(10), f"{m.place}增值税专用发票", f"No {number}"]],
                [1, 1.6, 1],
                size=15,
                inset=1,
            ),
            line("发　票　联", align="center", fill=_BROWN),
            seal("全国统一发票监制章", 92, -27, size_mm=26),
            line(f"开票日期：{padded(day)}", align="right", size=10),
            table(
                [
                    ["购买方", f"名　　称：{buyer.name}"],
                    ["", f"纳税人识别号：{buyer.uscc}"],
                    ["", f"地址、电话：{buyer.address} {buyer.phone}"],
                    ["", f"开户行及账号：{buyer.bank} {buyer.account}"],
                ],
                [1, 9],
                align="left",
                size=9,
                ink=_BROWN,
            ),
            table(rows, [2.2, 1.1, 0.6, 0.7, 1.1, 1.3, 0.7, 1.2], size=9, ink=_BROWN),
            table(
                [
                    ["销售方", f"名　　称：{seller.name}"],
                    ["", f"纳税人识别号：{seller.uscc}"],
                    ["", f"地址、电话：{seller.address} {seller.phone}"],
                    ["", f"开户行及账号：{seller.bank} {seller.account}"],
                ],
                [1, 9],
                align="left",
                size=9,
                ink=_BROWN,
            ),
            seal(seller.name, 150, -22, below="发票专用章", size_mm=34),
            side_by_side(
                [
                    [
                        f"收款人：{m.name()}",
                        f"复核：{m.name()}",
                        f"开票人：{m.name()}",
                        "销售方：（章）",
                    ]
                ],
                [1, 1, 1, 1],
                size=10,
            ),
        ],
        size="slip",
        margin_mm=11,
    )
