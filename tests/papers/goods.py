"""Papers that go with goods: quotation, order, delivery."""
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
from .figures import yuan
from .people import Maker
from .written_dates import dashed, padded, slashed

_GOODS = [
    ("控制电缆", "KVVP 4×1.5", "米"),
    ("变频器", "VFD-15kW", "台"),
    ("接触器", "CJX2-3210", "只"),
    ("配电箱", "PZ30-20", "台"),
    ("桥架", "200×100", "米"),
    ("断路器", "DZ47-63", "只"),
    ("热继电器", "JR36-20", "只"),
]


def _goods(m: Maker, count: int) -> tuple[list[list[str]], int]:
    total, rows = 0, []
    for place, (name, model, unit) in enumerate(m.random.sample(_GOODS, count), 1):
        pieces, price = m.number(2, 300), m.money(15, 2600)
        total += pieces * price
        rows.append(
            [
                str(place),
                name,
                model,
                unit,
                str(pieces),
                yuan(price),
                yuan(pieces * price),
            ]
        )
    return rows, total


def quotation(m: Maker) -> Paper:
    """Prices offered."""
    seller, buyer = m.companies()
    day = m.day()
    rows, total = _goods(m, 5)
    table_rows: list[list[Cell]] = [
        ["序号", "产品名称", "型号规格", "单位", "数量", "含税单价", "小计"],
        *rows,
        [("总计（元）", 6), yuan(total)],
    ]
    return paper(
        "quotation",
        "order",
        day.isoformat(),
        [
            title(seller.name, size=18, font="sans", below=1),
            title(m.pick(["产 品 报 价 单", "报价单", "报价函"]), size=16, font="sans"),
            side_by_side(
                [
                    [f"致：{buyer.name}", f"报价编号：BJ{day:%y%m%d}{m.digits(3)}"],
                    [
                        f"联系人：{buyer.head}",
                        f"报价日期：{m.pick([dashed, slashed, padded])(day)}",
                    ],
                    [f"电话：{buyer.phone}", f"有效期：{m.number(7, 30)}天"],
                ],
                [1.2, 1],
                size=10.5,
                inset=2.5,
            ),
            table(
                table_rows, [0.7, 1.4, 1.6, 0.7, 0.8, 1.2, 1.5], size=10, header=True
            ),
            line("说明：", weight=700),
            para(
                "1. 以上价格含13%增值税，不含卸车费；2. 款到发货，常规型号现货供应，定制型号十五个工作日；3. 自发货之日起质保一年，人为损坏除外。"
            ),
            space(6),
            seal(seller.name, 112, -8),
            line(f"业务员：{m.name()}　手机：{m.phone()}", align="right", right=10),
            line(f"公司账户：{seller.bank} {seller.account}", align="right", right=10),
        ],
        font="sans",
        points=11,
    )


def order(m: Maker) -> Paper:
    """A purchase order in English and Chinese."""
    buyer, seller = m.companies()
    day = m.day()
    rows, total = _goods(m, 4)
    number = f"PO{day:%Y%m%d}{m.digits(3)}"
    body: list[list[Cell]] = [
        [
            "Item",
            "Description 品名",
            "Spec 规格",
            "Unit",
            "Qty",
            "Unit Price",
            "Amount",
        ],
        *rows,
        [("TOTAL RMB", 6), yuan(total)],
    ]
    return paper(
        "purchase_order",
        "order",
        day.isoformat(),
        [
            title("PURCHASE ORDER 采购订单", size=18, font="sans"),
            side_by_side(
                [
                    [f"PO No.: {number}", f"Date: {m.pick([dashed, slashed])(day)}"],
                    [f"Buyer: {buyer.name}", f"Vendor: {seller.name}"],
                    [f"Tax ID: {buyer.uscc}", f"Tax ID: {seller.uscc}"],
                ],
                [1, 1],
                size=10,
                inset=2.5,
            ),
            table(body, [0.7, 1.9, 1.5, 0.7, 0.7, 1.2, 1.4], size=10, header=True),
            line(
                f"Delivery date: {dashed(day + timedelta(days=m.number(10, 45)))}. Deliver to: {buyer.address}",
                size=10,
            ),
            line(
                "Payment terms: 30 days net after receipt of goods and VAT invoice. 月结30天。",
                size=10,
            ),
            line(
                "Goods not conforming to the specification may be rejected at the vendor's cost. 不符合规格的货物，买方有权拒收。",
                size=10,
            ),
            space(8),
            seal(buyer.name, 16, -10),
            side_by_side(
                [
                    [
                        f"Approved by 批准：{buyer.head}",
                        f"Accepted by 供方确认：{seller.head}",
                    ]
                ],
                [1, 1],
            ),
        ],
        font="sans",
        points=11,
    )


def delivery(m: Maker) -> Paper:
    """Goods that left a store and were signed for."""
    seller, buyer = m.companies()
    day = m.day()
    rows, _ = _goods(m, 4)
    body: list[list[Cell]] = [
        ["序号", "货物名称", "规格", "单位", "数量", "备注"],
        *[[*row[:5], m.pick(["", "整箱", "散装"])] for row in rows],
    ]
    return paper(
        "delivery_note",
        "delivery_note",
        day.isoformat(),
        [
            title(
                f"{seller.name}{m.pick(['送货单', '发货单', '销售出库单'])}", size=18
            ),
            side_by_side(
                [
                    [
                        f"客户：{buyer.name}",
                        f"单号：{m.pick(['XSCK', 'SH', 'CK'])}{day:%Y%m%d}{m.digits(3)}",
                    ],
                    [
                        f"地址：{buyer.address}",
                        f"{day.year} 年 {day.month} 月 {day.day} 日",
                    ],
                ],
                [1.5, 1],
                size=10,
                inset=2,
            ),
            table(body, [0.7, 1.6, 1.7, 0.8, 0.9, 1.3], size=10.5),
            line(
                "白联存根　红联客户　黄联财务　　收货后如有短少、破损请于三日内提出，逾期视为无误。",
                size=9.5,
            ),
            space(2),
            seal(buyer.name, 112, -12, below="收货专用章", size_mm=34),
            side_by_side(
                [
                    [
                        f"制单：{m.name()}",
                        f"送货人：{m.name()}",
                        f"收货人（签字）：{m.name()}",
                    ]
                ],
                [1, 1, 1.2],
                size=10.5,
            ),
        ],
        size="half",
        margin_mm=14,
    )
