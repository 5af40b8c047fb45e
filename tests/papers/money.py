"""Invoices, bank papers, payslips: figures in tables."""
# ruff: noqa: E501 (a sentence of a paper stays on one line)

from __future__ import annotations

from datetime import timedelta

from .blocks import (
    Cell,
    Paper,
    line,
    paper,
    seal,
    side_by_side,
    space,
    table,
    title,
)
from .figures import capitals, yuan
from .people import Maker
from .written_dates import dashed, padded, slashed


def statement(m: Maker) -> Paper:
    """A month or two of one account; it counts as dated by its last day."""
    person = m.person()
    start = m.day(2019).replace(day=1)
    end = start + timedelta(days=m.number(40, 75))
    balance, at = m.money(3000, 90000), start
    rows: list[list[Cell]] = [
        ["交易日期", "摘要", "收入金额", "支出金额", "账户余额", "对方户名"]
    ]
    for _ in range(18):
        at = min(end, at + timedelta(days=m.number(0, 3)))
        amount, income = m.money(10, 6000), m.number(0, 2) == 0 or balance < 800000
        balance += amount if income else -amount
        what = m.pick(
            ["工资", "转账收入", "退款"]
            if income
            else ["消费", "网上支付", "水电费", "还款"]
        )
        rows.append(
            [
                dashed(at),
                what,
                yuan(amount) if income else "",
                "" if income else yuan(amount),
                yuan(balance),
                m.pick([m.name(), m.company().name[:6]]),
            ]
        )
    bank = m.company().bank.removesuffix("支行")
    return paper(
        "bank_statement",
        "bank_statement",
        end.isoformat(),
        [
            title(
                f"{bank}{m.pick(['个人活期账户交易明细', '账户历史交易明细表', '借记卡流水'])}",
                size=16,
                font="sans",
            ),
            side_by_side(
                [
                    [f"户名：{person.name}", f"卡号：{person.card}"],
                    [f"起止日期：{dashed(start)} 至 {dashed(end)}", "币种：人民币"],
                ],
                [1, 1],
                size=10,
                inset=2,
            ),
            table(rows, [1.3, 1, 1.2, 1.2, 1.3, 1.3], size=9.5, header=True, inset=4.4),
            seal(bank, 118, -26, below="业务专用章", size_mm=38),
            line(
                f"本页共{len(rows) - 1}笔　柜员号：{m.digits(6)}　流水号：{m.digits(14)}",
                size=9,
            ),
        ],
        font="sans",
        points=10.5,
        margin_mm=18,
    )


def transfer(m: Maker) -> Paper:
    """The bank's paper for one payment."""
    payer, payee = m.companies()
    day, amount = m.day(), m.money(1000, 3000000)
    bank = payer.bank.removesuffix("支行")
    rows: list[list[Cell]] = [
        ["付款人", "户名", payer.name, "收款人", "户名", payee.name],
        ["", "账号", payer.account, "", "账号", payee.account],
        ["", "开户行", payer.bank, "", "开户行", payee.bank],
        [
            ("金额（大写）", 2),
            (f"人民币{capitals(amount)}", 2),
            "小写",
            f"CNY {yuan(amount)}",
        ],
        [
            ("用途", 2),
            (m.pick(["货款", "往来款", "工程进度款", "借款"]), 2),
            "交易渠道",
            m.pick(["企业网银", "柜面", "手机银行"]),
        ],
        [("流水号", 2), (m.digits(16), 2), "记账柜员", m.digits(6)],
    ]
    return paper(
        "bank_transfer",
        "transfer_voucher",
        day.isoformat(),
        [
            title(
                f"{bank}{m.pick(['客户专用回单', '电子回单', '业务回单（付款）'])}",
                size=16,
                font="sans",
            ),
            side_by_side(
                [
                    [
                        f"{m.pick(['记账日期', '交易日期', '日期'])}：{m.pick([padded, dashed])(day)}",
                        f"回单编号：{m.digits(12)}",
                    ]
                ],
                [1, 1],
                size=10,
            ),
            table(rows, [0.8, 0.8, 2.5, 0.9, 0.9, 2.5], size=9.5),
            seal(bank, 150, -24, below="回单专用章", size_mm=34),
            line(
                f"验证码：{m.digits(4)}-{m.digits(4)}　打印次数：1　打印时间：{slashed(day + timedelta(days=m.number(1, 90)))} {m.number(9, 16)}:{m.number(10, 59)}",
                size=9,
            ),
        ],
        size="slip",
        font="sans",
        margin_mm=14,
    )


def payslip(m: Maker) -> Paper:
    """Wages of a department for a month: the date is a month."""
    one = m.company()
    day = m.day()
    rows: list[list[Cell]] = [
        [
            "工号",
            "姓名",
            "岗位工资",
            "绩效",
            "加班费",
            "应发合计",
            "社保公积金",
            "个税",
            "实发金额",
        ]
    ]
    for _ in range(9):
        base, more, extra = m.money(3000, 9000), m.money(200, 4000), m.money(0, 1500)
        kept, tax = m.money(400, 1500), m.money(0, 300)
        whole = base + more + extra
        rows.append(
            [
                m.digits(5),
                m.name(),
                yuan(base),
                yuan(more),
                yuan(extra),
                yuan(whole),
                yuan(kept),
                yuan(tax),
                yuan(whole - kept - tax),
            ]
        )
    return paper(
        "payslips",
        "payslip",
        f"{day:%Y-%m}",
        [
            title(
                f"{one.name}{day.year}年{day.month}月{m.pick(['工资表', '员工工资发放表', '职工薪酬明细'])}",
                size=16,
                font="sans",
            ),
            line(
                f"部门：{m.pick(['生产一部', '销售中心', '行政部'])}　　单位：元",
                size=10,
            ),
            table(
                rows, [0.9, 1, 1.2, 1.2, 1.2, 1.3, 1.3, 1, 1.3], size=10, header=True
            ),
            space(4),
            seal(one.name, 190, -18, below="财务专用章"),
            side_by_side(
                [[f"制表：{m.name()}", f"审核：{m.name()}", f"批准：{one.head}"]],
                [1, 1, 1],
                size=10.5,
            ),
        ],
        size="a4-landscape",
        font="sans",
        points=11,
    )
