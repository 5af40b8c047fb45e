"""Letters, mandates and notices of authorities, firms and employers."""
# ruff: noqa: E501 (a sentence of a paper stays on one line)

from __future__ import annotations

from datetime import timedelta

from .blocks import (
    Paper,
    line,
    paper,
    para,
    rule,
    seal,
    space,
    title,
)
from .figures import capitals, yuan
from .people import Maker
from .written_dates import arabic, numerals, padded


def mandate(m: Maker) -> Paper:
    """A client gives a lawyer power of attorney."""
    one, day = m.company(), m.day()
    other, firm = m.person(), f"{m.place}{m.pick(['正行', '明理', '衡平'])}律师事务所"
    return paper(
        "mandate",
        "power_of_attorney",
        day.isoformat(),
        [
            title(m.pick(["授权委托书", "授 权 委 托 书", "委托书"]), size=24, below=6),
            line(f"委托人：{one.name}"),
            line(f"统一社会信用代码：{one.uscc}"),
            line(f"法定代表人：{one.head}"),
            line(
                f"受托人：{m.name()}，{firm}律师，执业证号1{m.digits(16)}，电话{m.phone()}"
            ),
            para(
                f"现委托上列受托人在我单位与{other.name}{m.pick(['民间借贷', '买卖合同', '股权转让'])}纠纷一案中，作为我方参加诉讼的代理人。"
            ),
            para(
                "代理权限为特别授权：代为承认、放弃、变更诉讼请求，进行和解，提起反诉或者上诉，代为签收法律文书，代为申请执行并领取执行款。"
            ),
            para("委托期限至本案一审终结时止。"),
            space(14),
            seal(one.name, 100, -8),
            line(f"委托人（盖章）：{one.name}", align="right", right=10),
            line(f"法定代表人：{one.head}", align="right", right=10),
            line(m.pick([arabic, numerals, padded])(day), align="right", right=10),
        ],
        points=14,
    )


def head_of_firm(m: Maker) -> Paper:
    """Who heads a company."""
    one, day = m.company(), m.day()
    return paper(
        "legal_head",
        "legal_rep_cert",
        day.isoformat(),
        [
            title(
                m.pick(["法定代表人身份证明书", "法定代表人身份证明"]),
                size=22,
                below=10,
            ),
            para(
                f"{one.head}，在我单位任{m.pick(['执行董事兼总经理', '董事长', '经理'])}职务，系我单位的法定代表人。"
            ),
            para("特此证明。"),
            space(20),
            seal(one.name, 100, -10),
            line(one.name, align="right", right=10),
            line(m.pick([arabic, numerals])(day), align="right", right=10),
            space(10),
            line(f"附：法定代表人住址：{m.address()}"),
            line(f"电话：{m.phone()}"),
            line(
                "注：企业、事业单位、机关、团体的主要负责人为本单位的法定代表人。",
                size=11,
            ),
        ],
        points=15,
    )


def lawyer(m: Maker) -> Paper:
    """A lawyer demands payment."""
    one, two = m.companies()
    day = m.day()
    firm = f"{m.place}{m.pick(['正行', '明理', '衡平'])}律师事务所"
    due = m.money(20000, 2000000)
    return paper(
        "lawyer_letter",
        "lawyer_letter",
        day.isoformat(),
        [
            title(firm, size=20, fill="#1f3864", below=1),
            line(f"{m.address()}　电话：{m.phone()}", align="center", size=9.5),
            rule("#1f3864", 1.4),
            space(3),
            title(m.pick(["律师函", "催款律师函", "关于限期支付货款的函"]), size=20),
            line(
                f"（{day.year}）{firm[2:4]}律函字第{m.number(10, 399)}号", align="right"
            ),
            line(f"致：{two.name}", weight=700),
            para(
                f"本所接受{one.name}的委托，指派{m.name()}律师就贵司拖欠款项一事，郑重致函如下："
            ),
            para(
                f"根据委托人提供的材料，贵司与委托人于{arabic(day - timedelta(days=m.number(200, 600)))}建立业务关系，委托人已按约供货并开具发票。截至本函发出之日，贵司尚有{yuan(due)}元（{capitals(due)}）未付，最后一次付款为{arabic(day - timedelta(days=m.number(60, 150)))}。"
            ),
            para(
                f"请贵司在收到本函之日起{m.pick(['五', '七', '十'])}日内，将上述款项付至委托人账户（{one.bank}，{one.account}）。逾期不付，本所将依委托提起诉讼并申请财产保全，由此产生的诉讼费、保全费、律师费均由贵司承担。"
            ),
            para("顺颂商祺！"),
            space(8),
            seal(firm, 100, -6),
            line(firm, align="right", right=10),
            line(f"律师：{m.name()}", align="right", right=10),
            line(m.pick([arabic, numerals])(day), align="right", right=10),
        ],
        points=12.5,
    )
