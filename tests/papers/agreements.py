"""What persons and firms agree beside contracts of sale."""
# ruff: noqa: E501 (a sentence of a paper stays on one line)

from __future__ import annotations

from datetime import timedelta

from .blocks import (
    Paper,
    line,
    paper,
    para,
    seal,
    side_by_side,
    space,
    title,
)
from .figures import capitals, yuan
from .people import Maker
from .written_dates import arabic, numerals, padded


def loan(m: Maker) -> Paper:
    """A loan between two persons with a guarantor."""
    lender, borrower, third = m.person(), m.person(), m.person()
    day = m.day()
    amount, due = m.money(20000, 2000000), day + timedelta(days=m.pick([180, 365, 730]))
    return paper(
        "loan_agreement",
        "contract",
        day.isoformat(),
        [
            title(m.pick(["借款协议", "借款合同", "民间借贷协议书"]), size=22),
            line(
                f"出借人：{lender.name}，身份证号码：{lender.id_no}，联系电话：{lender.phone}"
            ),
            line(
                f"借款人：{borrower.name}，身份证号码：{borrower.id_no}，联系电话：{borrower.phone}"
            ),
            line(
                f"保证人：{third.name}，身份证号码：{third.id_no}，联系电话：{third.phone}"
            ),
            space(3),
            para(
                f"第一条　借款金额：人民币{capitals(amount)}（小写：{yuan(amount)}元）。"
            ),
            para(
                f"第二条　借款用途：{m.pick(['资金周转', '购买货物', '支付工程款'])}，借款人不得挪作他用。"
            ),
            para(
                f"第三条　借款期限：自{arabic(day)}至{arabic(due)}，实际放款日与约定不一致的，以转账凭证记载的日期为准。"
            ),
            para(
                f"第四条　借款利率：年利率{m.number(6, 13)}%，按月付息，每月{m.number(1, 28)}日为付息日，到期一次还本。"
            ),
            para(
                f"第五条　收款账户：户名{borrower.name}，账号{borrower.card}，开户行{m.pick(['云岭商业银行', '澜川银行'])}{m.district}支行。"
            ),
            para(
                "第六条　逾期还款的，借款人除应继续支付利息外，还应承担出借人为实现债权支出的诉讼费、保全费、公告费及律师代理费。"
            ),
            para(
                "第七条　保证人对本协议项下全部债务承担连带责任保证，保证期间为主债务履行期限届满之日起三年。"
            ),
            para(
                "第八条　各方确认首部所列地址及电话为有效送达地址，法律文书按该地址寄出即视为送达。"
            ),
            space(6),
            side_by_side(
                [
                    [
                        f"出借人：{lender.name}",
                        f"借款人：{borrower.name}",
                        f"保证人：{third.name}",
                    ]
                ],
                [1, 1, 1],
            ),
            line(m.pick([arabic, numerals])(day), align="right", right=12),
        ],
        points=12,
    )


def lease(m: Maker) -> Paper:
    """A shop that is let."""
    owner, tenant = m.person(), m.company()
    day = m.day()
    rent, start = m.money(3000, 60000), day + timedelta(days=m.number(1, 30))
    return paper(
        "shop_lease",
        "lease_contract",
        day.isoformat(),
        [
            title(m.pick(["商铺租赁合同", "房屋租赁合同", "厂房租赁合同书"])),
            line(f"出租方（甲方）：{owner.name}　　证件号码：{owner.id_no}"),
            line(f"承租方（乙方）：{tenant.name}"),
            line(f"统一社会信用代码：{tenant.uscc}"),
            para(
                f"一、甲方将坐落于{m.address()}、建筑面积{m.number(40, 900)}.{m.number(10, 99)}平方米的房屋出租给乙方作{m.pick(['经营', '仓储', '办公'])}使用，不动产权证号为云({day.year - 3}){m.place}市不动产权第{m.digits(7)}号。"
            ),
            para(
                f"二、租期{m.pick(['三', '五', '两'])}年，自{padded(start)}起算。免租装修期{m.number(10, 45)}天。"
            ),
            para(
                f"三、月租金为¥{yuan(rent)}元（人民币{capitals(rent)}），押{m.pick('一二')}付{m.pick('三六')}，乙方应在每期届满前十日内将下期租金汇入甲方账户{owner.card}。"
            ),
            para(
                f"四、水、电、物业、网络等费用由乙方自行承担。交付时水表读数{m.number(100, 9999)}，电表读数{m.number(1000, 99999)}。"
            ),
            para(
                "五、未经甲方书面同意，乙方不得转租、分租，不得改变房屋主体结构；装修添附的不可移动部分在合同终止后归甲方所有。"
            ),
            para(
                "六、乙方拖欠租金达三十日的，甲方有权收回房屋，已付押金不予退还，并按所欠租金的日千分之一计收滞纳金。"
            ),
            para(
                "七、租赁期内遇征收拆迁，地上建筑物补偿归甲方，停产停业及搬迁补偿归乙方。"
            ),
            para(
                "八、本合同经双方签字（盖章）后生效，一式三份，甲乙双方各一份，报街道备案一份。"
            ),
            space(5),
            seal(tenant.name, 118, -8),
            side_by_side(
                [
                    [f"甲方：{owner.name}", f"乙方：{tenant.name}"],
                    [f"电话：{owner.phone}", f"经办人：{tenant.head}"],
                    [f"{arabic(day)}", f"{arabic(day)}"],
                ],
                [1, 1],
            ),
        ],
    )


def supplement(m: Maker) -> Paper:
    """A later agreement that names the date of the first one."""
    one, two = m.companies()
    day = m.day(2019)
    earlier = day - timedelta(days=m.number(60, 500))
    return paper(
        "supplement",
        "supplementary_agreement",
        day.isoformat(),
        [
            title(
                m.pick(
                    ["补充协议", "补充协议（二）", "关于延长工期及调整价款的补充协议"]
                ),
                size=18,
            ),
            line(f"发包人：{one.name}"),
            line(f"承包人：{two.name}"),
            para(
                f"发包人与承包人于{arabic(earlier)}签订了《{m.pick(['厂房钢结构工程施工合同', '室外管网改造工程施工合同', '综合楼装饰工程施工合同'])}》（编号{m.digits(9)}，以下简称原合同）。现因{m.pick(['设计变更', '材料价格上涨', '施工场地移交迟延'])}，双方就原合同有关内容变更如下："
            ),
            para(
                f"一、原合同约定的竣工时间由{arabic(day - timedelta(days=20))}延至{arabic(day + timedelta(days=m.number(40, 200)))}，承包人不承担此前的工期延误责任。"
            ),
            para(
                f"二、合同总价增加人民币{yuan(m.money(10000, 600000))}元，随最后一期进度款支付。"
            ),
            para(
                "三、增加的工程量以双方项目负责人签认的工程联系单为准，单价参照原合同附件二执行；没有相同项目的，由双方另行商定。"
            ),
            para(
                "四、除本协议明确变更的条款外，原合同其余部分继续有效；两者不一致的，以本协议为准。"
            ),
            para("五、本协议一式四份，双方各执两份，盖章后生效。"),
            space(10),
            seal(one.name, 30, -4),
            seal(two.name, 108, -2),
            side_by_side(
                [
                    [f"发包人（章）：{one.name}", f"承包人（章）：{two.name}"],
                    [f"签字：{one.head}", f"签字：{two.head}"],
                ],
                [1, 1],
            ),
            line(numerals(day), align="right", right=15),
        ],
        points=12.5,
    )


def settlement(m: Maker) -> Paper:
    """Debtor and creditor agree on instalments."""
    one, two = m.company(), m.person()
    day = m.day()
    total, part = m.money(60000, 800000), m.number(5, 40) * 100000
    first, second = day + timedelta(days=30), day + timedelta(days=92)
    return paper(
        "settlement",
        "settlement_agreement",
        day.isoformat(),
        [
            title(m.pick(["还款协议书", "和解协议", "债务清偿协议"]), size=20),
            line(f"债权人：{one.name}（下称甲方）"),
            line(f"债务人：{two.name}，公民身份号码{two.id_no}（下称乙方）"),
            para(
                f"经双方对账，截至{arabic(day - timedelta(days=9))}，乙方尚欠甲方货款{yuan(total)}元。为妥善化解纠纷，双方自愿达成如下协议："
            ),
            para(
                f"（一）乙方于{arabic(first)}前支付{yuan(part)}元，于{arabic(second)}前付清余款；"
            ),
            para("（二）乙方按期足额付清后，甲方放弃利息及违约金，双方再无其他争议；"),
            para(
                "（三）任何一期逾期的，甲方有权就全部未付款项一并申请强制执行，并自逾期之日起按全国银行间同业拆借中心公布的一年期贷款市场报价利率的四倍计付利息；"
            ),
            para(f"（四）款项汇入：{one.bank}，户名{one.name}，账号{one.account}。"),
            para("（五）本协议自双方签字或盖章之日起生效，双方各执一份。"),
            space(12),
            seal(one.name, 22, -10),
            side_by_side(
                [
                    [f"甲方：{one.name}", f"乙方：{two.name}"],
                    [arabic(day), arabic(day)],
                ],
                [1, 1],
            ),
        ],
        points=13,
    )
