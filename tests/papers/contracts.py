"""Contracts and what is agreed beside them."""
# ruff: noqa: E501 (a sentence of a paper stays on one line)

from __future__ import annotations

from datetime import timedelta

from .blocks import (
    Block,
    Paper,
    columns,
    foot,
    line,
    paper,
    para,
    seal,
    side_by_side,
    space,
    table,
    title,
)
from .figures import capitals, yuan
from .people import Company, Maker
from .written_dates import arabic, dashed, numerals, padded


def _signed(
    first: tuple[str, Company], second: tuple[str, Company], day: str
) -> list[Block]:
    """The end of a contract: two parties beside each other, with their seals."""
    (a, one), (b, two) = first, second
    rows = [
        [f"{a}（盖章）：{one.name}", f"{b}（盖章）：{two.name}"],
        [f"地址：{one.address}", f"地址：{two.address}"],
        [f"代表人（签字）：{one.head}", f"代表人（签字）：{two.head}"],
        [f"开户行：{one.bank}", f"开户行：{two.bank}"],
        [f"账号：{one.account}", f"账号：{two.account}"],
        [f"日期：{day}", f"日期：{day}"],
    ]
    return [
        seal(one.name, 25, 2),
        seal(two.name, 110, 6),
        side_by_side(rows, [1, 1], inset=3.2),
    ]


def sale(m: Maker) -> Paper:
    """A sale of goods over two pages."""
    one, two = m.companies()
    day = m.day()
    goods = m.pick(
        [
            [
                ("离心式水泵", "ISW100-160", "台"),
                ("镀锌钢管", "DN80 6m", "根"),
                ("闸阀", "Z41H-16C", "只"),
            ],
            [
                ("办公桌", "1400×700", "张"),
                ("人体工学椅", "HY-208", "把"),
                ("文件柜", "四门", "组"),
            ],
            [
                ("不锈钢板", "304 2.0mm", "吨"),
                ("铝型材", "6063-T5", "米"),
                ("密封胶", "中性硅酮", "箱"),
            ],
        ]
    )
    rows: list[list[str | tuple[str, int]]] = [
        ["序号", "品名", "规格型号", "单位", "数量", "单价（元）", "金额（元）"]
    ]
    total = 0
    for place, (name, model, unit) in enumerate(goods, 1):
        count, price = m.number(4, 240), m.money(60, 4800)
        total += count * price
        rows.append(
            [
                str(place),
                name,
                model,
                unit,
                str(count),
                yuan(price),
                yuan(count * price),
            ]
        )
    rows.append([("合计", 6), yuan(total)])
    first = [
        title(m.pick(["产品购销合同", "货物买卖合同", "设备采购合同书"])),
        side_by_side(
            [
                [
                    f"需方：{one.name}",
                    f"合同编号：{m.pick(['HT', 'CG', 'XS'])}{day:%Y%m}{m.digits(4)}",
                ],
                [f"供方：{two.name}", f"签订地点：{m.place}市{m.district}区"],
            ],
            [1.3, 1],
            inset=2,
        ),
        para(
            "根据有关法律规定，供需双方本着平等互利的原则，就下列货物的供应事宜达成一致，订立本合同，共同遵照执行。"
        ),
        line("一、货物的名称、规格、数量及价款", weight=700),
        table(rows, [0.7, 2, 2, 0.8, 0.9, 1.5, 1.7], header=True, size=10),
        para(
            f"货款总额（大写）人民币{capitals(total)}（¥{yuan(total)}），上述价格含13%增值税、包装及运至需方仓库的运费。"
        ),
        line("二、质量标准", weight=700),
        para(
            f"按国家现行标准执行；无国家标准的按行业标准。自到货之日起{m.number(10, 30)}日内，需方对外观及数量提出书面异议，逾期视为合格。"
        ),
        line("三、交货时间与方式", weight=700),
        para(
            f"供方应于{arabic(day + timedelta(days=m.number(15, 60)))}前将货物一次性送至{one.address}，由需方指定的{m.name()}（电话{m.phone()}）签收。"
        ),
        line("四、结算方式", weight=700),
        para(
            f"合同生效后{m.number(3, 10)}个工作日内预付货款的{m.pick(['30%', '20%', '40%'])}；货到验收合格后支付至95%；余款作为质保金，质保期{m.pick(['十二个月', '一年', '二十四个月'])}届满后无息付清。供方应先开具等额增值税专用发票。"
        ),
        foot("第 1 页 共 2 页"),
    ]
    second = [
        line("五、违约责任", weight=700),
        para(
            f"供方迟延交货的，每迟延一日按迟延部分货款的千分之{m.pick('一二三')}支付违约金；迟延超过{m.number(15, 30)}日，需方有权解除合同。需方逾期付款的，按未付金额的万分之五逐日支付违约金。"
        ),
        line("六、不可抗力", weight=700),
        para(
            "任何一方因不可抗力不能履行合同的，应当及时通知对方，并在合理期限内提供有关机构出具的证明，可以部分或者全部免除责任。"
        ),
        line("七、争议的处理", weight=700),
        para(
            f"因履行本合同发生的争议，双方应协商解决；协商不成的，任何一方均可向{m.pick(['需方', '供方', '合同签订地'])}所在地有管辖权的人民法院起诉。"
        ),
        line("八、其他", weight=700),
        para(
            "本合同一式肆份，双方各执贰份，自双方盖章之日起生效。附件与本合同具有同等效力；涂改处未经双方盖章确认无效。"
        ),
        space(6),
        *_signed(("需方", one), ("供方", two), m.pick([arabic, padded, numerals])(day)),
        foot("第 2 页 共 2 页"),
    ]
    return Paper(
        "sale_contract", "contract", day.isoformat(), (tuple(first), tuple(second))
    )


def service(m: Maker) -> Paper:
    """A contract for services, set in a sans face; its dates are on its first page."""
    one, two = m.companies()
    day = m.day()
    start, fee = day + timedelta(days=m.number(3, 20)), m.money(30000, 900000)
    subject = m.pick(
        ["办公网络与服务器运行维护", "企业微信商城系统开发", "厂区保洁及绿化养护"]
    )
    return paper(
        "service_agreement",
        "contract",
        day.isoformat(),
        [
            title(f"{subject}服务协议", size=17, font="sans"),
            line(f"协议编号：{m.digits(10)}", align="right"),
            line(f"甲方（委托方）：{one.name}"),
            line(f"统一社会信用代码：{one.uscc}"),
            line(f"乙方（受托方）：{two.name}"),
            line(f"统一社会信用代码：{two.uscc}"),
            line(f"签约时间：{dashed(day)}"),
            para(f"甲方委托乙方提供{subject}服务，经友好协商，双方约定如下："),
            para(
                f"1. 服务期限：自{arabic(start)}起至{arabic(start + timedelta(days=364))}止。期满前三十日双方未提出异议的，协议自动顺延一年。"
            ),
            para(
                f"2. 服务费用：全年人民币{yuan(fee)}元（大写：{capitals(fee)}），按季支付，甲方应于每季度首月{m.number(5, 15)}日前付款。"
            ),
            para(
                "3. 乙方应指派不少于两名具备相应资质的人员到场服务，重大故障两小时内响应，二十四小时内恢复；每月提交服务报告，由甲方指定人员签字确认。"
            ),
            para(
                "4. 乙方及其人员对在服务过程中知悉的甲方经营信息、客户资料负有保密义务，该义务不因本协议终止而消灭。"
            ),
            para(
                f"5. 任何一方违反约定，经书面催告后{m.number(7, 15)}日内仍未改正的，守约方可以单方解除本协议，并要求对方按年服务费的百分之{m.pick(['十', '二十', '十五'])}支付违约金。"
            ),
            para(
                f"6. 本协议未尽事宜由双方另行约定。发生争议时提交{m.place}仲裁委员会按其现行规则裁决。"
            ),
            space(5),
            *_signed(("甲方", one), ("乙方", two), dashed(day)),
        ],
        font="sans",
        points=11,
    )


def bilingual(m: Maker) -> Paper:
    """Chinese and English beside each other, column by column."""
    one, two = m.companies()
    day = m.day()
    months, fee = m.number(12, 36), m.number(20, 90) * 1000
    english = f"{day:%B} {day.day}, {day.year}"
    left = [
        line("保密协议", align="center", size=15, weight=700),
        para(f"披露方：{one.name}"),
        para(f"接收方：{two.name}"),
        para(f"生效日期：{arabic(day)}"),
        para(
            "1. 保密信息指披露方以书面、口头或电子形式向接收方提供的一切技术资料、客户名单、报价、图纸和源代码。"
        ),
        para(
            "2. 接收方仅可为评估双方合作之目的使用保密信息，不得向任何第三人披露，并应采取不低于保护自身信息的措施。"
        ),
        para(
            "3. 已为公众所知，或者接收方能够证明在收到之前已经掌握的信息，不受本协议约束。"
        ),
        para(
            f"4. 本协议有效期为{months}个月。合作终止后十日内，接收方应返还或销毁全部载体。"
        ),
        para(
            f"5. 接收方违约的，每次应支付违约金人民币{fee}元，不足以弥补损失的还应赔偿。"
        ),
    ]
    right = [
        line("NON-DISCLOSURE AGREEMENT", align="center", size=11, weight=700),
        line("Discloser: the first party named in the Chinese text."),
        line("Recipient: the second party named in the Chinese text."),
        line(f"Effective as of {english}"),
        line(
            "1. Confidential Information means all technical data, customer lists, quotations, drawings and source code provided in writing, orally or electronically."
        ),
        line(
            "2. The Recipient shall use it only to evaluate the cooperation between the parties and shall not disclose it to any third person."
        ),
        line(
            "3. Information that is publicly known, or that the Recipient can prove it held before, is not covered."
        ),
        line(
            f"4. This Agreement stays in force for {months} months. All copies shall be returned or destroyed within ten days after the cooperation ends."
        ),
        line(
            f"5. For each breach the Recipient shall pay RMB {fee}, without prejudice to further damages."
        ),
    ]
    return paper(
        "bilingual_nda",
        "contract",
        day.isoformat(),
        [
            columns(left, right),
            space(8),
            seal(one.name, 18, -4),
            seal(two.name, 105, -3),
            side_by_side(
                [
                    [f"披露方：{one.name}", f"接收方：{two.name}"],
                    [f"签署：{one.head}", f"签署：{two.head}"],
                ],
                [1, 1],
            ),
        ],
        points=10.5,
    )
