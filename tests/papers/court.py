"""Papers of courts and of parties before them."""
# ruff: noqa: E501 (a sentence of a paper stays on one line)

from __future__ import annotations

from datetime import timedelta

from .blocks import (
    Paper,
    foot,
    line,
    paper,
    para,
    seal,
    space,
    title,
)
from .figures import yuan
from .people import Maker
from .written_dates import arabic, numerals


def court_of(m: Maker) -> str:
    """The court of the place of a paper."""
    return f"{m.place}市{m.district}区人民法院"


def case_number(m: Maker, year: int, kind: str = "民初") -> str:
    """A case number of that year."""
    return f"（{year}）云{m.number(1, 34):02}{m.number(10, 99)}{kind}{m.number(11, 9999)}号"


def judgment(m: Maker) -> Paper:
    """A civil judgment over two pages, dated in numerals at its end."""
    court, day = court_of(m), m.day(2019)
    one, two = m.company(), m.person()
    filed, signed = (
        day - timedelta(days=m.number(60, 170)),
        day - timedelta(days=m.number(400, 800)),
    )
    owed = m.money(30000, 900000)
    first = [
        title(court, size=20, below=1),
        title("民 事 判 决 书", size=24),
        line(case_number(m, filed.year), align="right", right=8),
        para(f"原告：{one.name}，住所地{one.address}，统一社会信用代码{one.uscc}。"),
        para(
            f"法定代表人：{one.head}，该公司{m.pick(['总经理', '执行董事', '董事长'])}。"
        ),
        para(
            f"委托诉讼代理人：{m.name()}，{m.place}{m.pick(['正行', '明理', '衡平'])}律师事务所律师。"
        ),
        para(
            f"被告：{two.name}，{two.sex}，{arabic(two.born)}出生，汉族，住{two.address}，公民身份号码{two.id_no}。"
        ),
        para(
            f"原告{one.name}与被告{two.name}{m.pick(['买卖合同', '承揽合同', '运输合同'])}纠纷一案，本院于{arabic(filed)}立案后，依法适用简易程序，公开开庭进行了审理。原告的委托诉讼代理人到庭参加诉讼，被告经传票传唤无正当理由拒不到庭。本案现已审理终结。"
        ),
        para(
            f"原告向本院提出诉讼请求：1. 判令被告支付货款{yuan(owed)}元及逾期利息；2. 本案受理费由被告负担。事实和理由：{arabic(signed)}双方口头约定由原告供货，原告依约交付后，被告仅支付部分款项，经多次催要未果。"
        ),
        para("被告未作答辩，亦未提交证据。"),
        para(
            "本院经审理认定事实如下：原告提交的送货单、微信聊天记录及对账明细相互印证，能够证明双方之间存在合同关系以及欠款数额，本院予以采信。"
        ),
        foot("1"),
    ]
    second = [
        para(
            "本院认为，依法成立的合同受法律保护。原告已履行交付义务，被告应当按照约定支付价款。被告迟延付款，原告主张逾期利息，于法有据，但起算时间应调整为催告届满之次日。"
        ),
        para(
            "依照《中华人民共和国民法典》第五百零九条、第五百七十九条、第六百二十六条，《中华人民共和国民事诉讼法》第一百四十七条之规定，判决如下："
        ),
        para(
            f"一、被告{two.name}于本判决生效之日起十日内支付原告{one.name}货款{yuan(owed)}元；"
        ),
        para(
            f"二、被告以{yuan(owed)}元为基数，自{arabic(filed)}起按一年期贷款市场报价利率计付利息至实际清偿之日止；"
        ),
        para("三、驳回原告的其他诉讼请求。"),
        para(
            "如果未按本判决指定的期间履行给付金钱义务，应当加倍支付迟延履行期间的债务利息。"
        ),
        para(f"案件受理费{m.number(500, 9000)}元，减半收取，由被告负担。"),
        para(
            f"如不服本判决，可在判决书送达之日起十五日内，向本院递交上诉状，并按对方当事人的人数提出副本，上诉于{m.place}市中级人民法院。"
        ),
        space(10),
        seal(court, 100, 4),
        line(f"审　判　员　　{m.name()}", align="right", right=12),
        line(numerals(day), align="right", right=12),
        line("本件与原本核对无异", size=11),
        line(f"书　记　员　　{m.name()}", align="right", right=12),
        foot("2"),
    ]
    return Paper(
        "judgment",
        "judgment",
        day.isoformat(),
        (tuple(first), tuple(second)),
        points=14,
        margin_mm=25,
        leading=0.8,
    )


def ruling(m: Maker) -> Paper:
    """A preservation order."""
    court, day = court_of(m), m.day(2019)
    one, two = m.companies()
    return paper(
        "ruling",
        "ruling",
        day.isoformat(),
        [
            title(court, size=20, below=1),
            title("民 事 裁 定 书", size=24),
            line(case_number(m, day.year, "财保"), align="right", right=8),
            para(f"申请人：{one.name}，住所地{one.address}。"),
            para(f"法定代表人：{one.head}。"),
            para(f"被申请人：{two.name}，住所地{two.address}。"),
            para(f"法定代表人：{two.head}。"),
            para(
                f"申请人于{arabic(day - timedelta(days=m.number(1, 4)))}向本院申请诉前财产保全，请求冻结被申请人名下价值{yuan(m.money(50000, 2000000))}元的财产，{m.place}财产保险股份有限公司以保单保函提供担保，保单号{m.digits(16)}。"
            ),
            para(
                "本院经审查认为，申请人的申请符合法律规定。依照《中华人民共和国民事诉讼法》第一百零四条、第一百零五条、第一百零六条规定，裁定如下："
            ),
            para(
                f"冻结被申请人在{two.bank}账户{two.account}内的存款，或者查封、扣押其相应价值的其他财产，期限为一年。"
            ),
            para(
                "案件申请费由申请人预交。本裁定立即开始执行。如不服本裁定，可以自收到之日起五日内向本院申请复议一次，复议期间不停止裁定的执行。"
            ),
            space(8),
            seal(court, 98, 2),
            line(f"审　判　员　　{m.name()}", align="right", right=12),
            line(numerals(day), align="right", right=12),
            line(f"书　记　员　　{m.name()}", align="right", right=12),
        ],
        points=14,
        margin_mm=25,
    )


def notarial(m: Maker) -> Paper:
    """A notary keeps evidence."""
    day = m.day()
    person = m.person()
    done = day - timedelta(days=m.number(2, 12))
    office = f"{m.place}市{m.pick(['信诚', '正源', '东方'])}公证处"
    return paper(
        "notarial",
        "notarial_cert",
        day.isoformat(),
        [
            title("公　证　书", size=26, below=5),
            line(
                f"（{day.year}）云{m.place}证{m.pick(['民', '经', ''])}字第{m.digits(5)}号",
                align="right",
                right=8,
            ),
            para(
                f"申请人：{person.name}，{person.sex}，{arabic(person.born)}出生，公民身份号码：{person.id_no}。"
            ),
            para("公证事项：保全证据（网页浏览及下载过程）"),
            para(
                f"申请人因维权需要，向本处申请对有关网页内容进行保全。{arabic(done)}，在本处公证员{m.name()}与工作人员{m.name()}的监督下，申请人使用本处已作清洁性检查的计算机，接入互联网后进行了如下操作：打开浏览器，在地址栏输入www.example.com，按回车键进入相应页面，逐页浏览并截屏保存，共得图片{m.number(6, 60)}张，刻录光盘壹张。"
            ),
            para(
                "兹证明与本公证书相粘连的打印件内容与上述操作所得一致，光盘由本处封存后交申请人保管，封条编号为"
                + m.digits(10)
                + "。"
            ),
            space(12),
            seal(office, 98, -2),
            line(f"中华人民共和国{office}", align="right", right=8),
            line(f"公证员　{m.name()}", align="right", right=8),
            line(numerals(day), align="right", right=8),
        ],
        points=14,
        margin_mm=25,
    )
