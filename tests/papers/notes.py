"""Short papers that people write to each other: loans, debts, receipts, statements."""
# ruff: noqa: E501 (a sentence of a paper stays on one line)

from __future__ import annotations

from datetime import timedelta

from .blocks import Paper, line, paper, para, seal, space, title
from .figures import capitals, plain_yuan, yuan
from .people import Maker
from .written_dates import arabic, dotted, numerals


def iou(m: Maker) -> Paper:
    """Money borrowed from a person."""
    lender, borrower, witness = m.person(), m.person(), m.person()
    day, amount = m.day(), m.money(3000, 600000)
    due = arabic(day + timedelta(days=m.number(60, 400)))
    body = m.pick(
        [
            f"今向{lender.name}（身份证号：{lender.id_no}）借到人民币{capitals(amount)}（¥{plain_yuan(amount)}），用于家中装修，定于{due}前还清，月息壹分。",
            f"兹借到{lender.name}现金人民币{capitals(amount)}，小写{yuan(amount)}元整，{due}归还。如到期不还，自愿承担一切费用。",
        ]
    )
    return paper(
        "iou",
        "iou_loan",
        day.isoformat(),
        [
            title(m.pick(["借 条", "借　据", "借条"]), size=28, below=8),
            para(body),
            para(
                f"以上款项已由{m.pick(['银行转账', '微信转账', '现金'])}交付，本人已全部收到。"
            ),
            space(14),
            line(f"借款人：{borrower.name}", align="right", right=15),
            line(f"身份证号：{borrower.id_no}", align="right", right=15),
            line(f"电话：{borrower.phone}", align="right", right=15),
            line(f"见证人：{witness.name}", align="right", right=15),
            line(m.pick([arabic, numerals, dotted])(day), align="right", right=15),
        ],
        points=16,
        size="half",
        margin_mm=18,
    )


def iou_untitled(m: Maker) -> Paper:
    """Money borrowed, on a sheet without a heading or a date."""
    lender, borrower = m.person(), m.person()
    amount = m.money(2000, 90000)
    return paper(
        "iou_undated",
        "iou_loan",
        "",
        [
            space(10),
            para(
                f"今借{lender.name}人民币{capitals(amount)}（{plain_yuan(amount)}元），{m.pick(['年底前', '三个月内', '秋收之后'])}还清，空口无凭，立此为据。"
            ),
            space(10),
            line(f"借款人：{borrower.name}", align="right", right=20),
            line(f"证件号{borrower.id_no}", align="right", right=20),
        ],
        points=17,
        size="half",
        font="sans",
        margin_mm=20,
    )


def debt(m: Maker) -> Paper:
    """A debt for goods or work; the day of the work is not the day of the paper."""
    one, debtor = m.company(), m.person()
    day, amount = m.day(), m.money(5000, 400000)
    work = m.pick(["钢材款", "工程款", "饲料款", "运费"])
    return paper(
        "debt_note",
        "iou_debt",
        day.isoformat(),
        [
            title(m.pick(["欠 条", "欠款条", "欠据"]), size=26, below=6),
            para(
                f"自{arabic(day - timedelta(days=m.number(200, 380)))}至{arabic(day - timedelta(days=m.number(8, 40)))}期间，{debtor.name}累计欠{one.name}{work}共计人民币{plain_yuan(amount)}元（大写：{capitals(amount)}），此前出具的单据全部收回作废。"
            ),
            para(
                f"承诺于{arabic(day + timedelta(days=m.number(30, 120)))}之前一次付清。"
            ),
            space(12),
            line(f"欠款人：{debtor.name}（手印）", align="right", right=14),
            line(debtor.id_no, align="right", right=14),
            line(m.pick([arabic, numerals])(day), align="right", right=14),
        ],
        points=15,
        size="half",
        margin_mm=18,
    )


def receipt(m: Maker) -> Paper:
    """Money received."""
    payer, one = m.person(), m.company()
    day, amount = m.day(), m.money(800, 300000)
    return paper(
        "money_received",
        "receipt_note",
        day.isoformat(),
        [
            title(m.pick(["收 条", "收款收据", "收　据"]), size=26, below=6),
            line(f"No {m.digits(8)}", align="right", fill="#b01818"),
            para(
                f"今收到{payer.name}交来{m.pick(['购房定金', '加盟保证金', '设备款', '租房押金'])}人民币（大写）{capitals(amount)}，￥{yuan(amount)}。"
            ),
            para(f"付款方式：{m.pick(['转账', '现金', '刷卡'])}　　经手人：{m.name()}"),
            space(10),
            seal(one.name, 100, -14, below="财务专用章", size_mm=38),
            line(f"收款单位：{one.name}", align="right", right=12),
            line(m.pick([arabic, dotted])(day), align="right", right=12),
        ],
        points=15,
        size="half",
        margin_mm=18,
    )


def witness(m: Maker) -> Paper:
    """What a neighbour saw; events have dates, the paper has none."""
    person, one = m.person(), m.person()
    seen = m.day()
    return paper(
        "witness_undated",
        "witness_statement",
        "",
        [
            title(m.pick(["证人证言", "证 明", "情况证明"]), size=22, below=6),
            para(
                f"本人{person.name}，{person.sex}，身份证号码{person.id_no}，住{person.address}，与{one.name}系{m.pick(['邻居', '同事', '生意伙伴'])}关系。"
            ),
            para(
                f"{arabic(seen)}{m.pick(['上午', '傍晚'])}，我在{m.district}区{m.pick(['菜市场', '工地门口', '茶楼'])}亲眼看见{one.name}把一个装有现金的袋子交给对方，当时清点为{m.pick(['五万', '八万', '十二万'])}元，对方写了条子。在场的还有{m.name()}和{m.name()}。"
            ),
            para("以上内容是我亲身经历，愿意出庭作证，如有虚假，愿承担法律责任。"),
            space(14),
            line(f"证人：{person.name}", align="right", right=20),
            line(f"联系电话：{person.phone}", align="right", right=20),
        ],
        points=14,
    )


def resolution(m: Maker) -> Paper:
    """Shareholders decide."""
    one = m.company()
    day = m.day()
    names = [m.name() for _ in range(3)]
    return paper(
        "shareholders",
        "meeting_minutes",
        day.isoformat(),
        [
            title(f"{one.name}", size=16, below=1),
            title(
                m.pick(["股东会决议", "临时股东会会议纪要", "股东会会议记录"]), size=18
            ),
            line(f"时间：{arabic(day)}{m.pick(['上午九时', '下午两点三十分'])}"),
            line(f"地点：{one.address}"),
            line(f"出席：{'、'.join(names)}，代表公司百分之百表决权"),
            line(f"主持人：{one.head}　　记录人：{m.name()}"),
            para(
                f"会议于{m.number(15, 20)}日前通知全体股东，召集程序符合公司章程。经审议形成以下决议："
            ),
            para(
                f"一、同意{names[0]}将其持有的{m.number(5, 49)}%股权以{yuan(m.money(100000, 5000000))}元转让给{names[1]}，其他股东放弃优先购买权。"
            ),
            para(f"二、免去{names[2]}执行董事职务，选举{names[1]}担任，任期三年。"),
            para(
                f"三、公司注册资本由{m.number(1, 9)}00万元增至{m.number(10, 50)}00万元，于{day.year + 3}年底前缴足，并相应修改章程第{m.number(5, 9)}条。"
            ),
            para("表决结果：同意的占出席会议股东所持表决权的100%，反对0票，弃权0票。"),
            space(10),
            seal(one.name, 105, -8),
            line(f"全体股东签字：{'　'.join(names)}"),
        ],
        points=12.5,
    )
