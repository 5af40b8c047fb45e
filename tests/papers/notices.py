"""What employers and authorities write."""
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
from .figures import yuan
from .people import Maker
from .written_dates import arabic, numerals, padded


def dismissal(m: Maker) -> Paper:
    """An employer ends a contract."""
    one, person, day = m.company(), m.person(), m.day()
    start, last = (
        day - timedelta(days=m.number(300, 2000)),
        day + timedelta(days=m.pick([0, 30])),
    )
    return paper(
        "dismissal",
        "dismissal_notice",
        day.isoformat(),
        [
            title(
                m.pick(
                    [
                        "解除劳动合同通知书",
                        "终止劳动关系通知书",
                        "关于解除劳动合同的通知",
                    ]
                ),
                size=20,
                below=5,
            ),
            line(f"{person.name}（身份证号：{person.id_no}）："),
            para(
                f"你于{arabic(start)}与我公司签订劳动合同，担任{m.pick(['仓库管理员', '客服专员', '质检员'])}一职。因{m.pick(['连续旷工三日', '客观情况发生重大变化，经协商未能就变更合同达成一致', '多次违反安全操作规程'])}，公司依据《劳动合同法》及员工手册第{m.number(12, 48)}条，决定与你解除劳动合同，最后工作日为{arabic(last)}。"
            ),
            para(
                f"请于七日内到人力资源部办理工作交接、结清费用并领取离职手续。经济补偿{yuan(m.money(3000, 60000))}元将在交接完成后一次性支付。逾期未办理的，公司将按本通知所列地址邮寄相关材料。"
            ),
            para("特此通知。"),
            space(12),
            seal(one.name, 100, -8),
            line(one.name, align="right", right=10),
            line(m.pick([arabic, padded])(day), align="right", right=10),
            rule("#666666"),
            line("签收栏：本人已收到上述通知。　签名：　　　　　　日期：　　　　　"),
        ],
        points=13.5,
    )


def employment(m: Maker) -> Paper:
    """A contract of employment, mostly a form that was filled in."""
    one, person, day = m.company(), m.person(), m.day()
    start = day + timedelta(days=m.number(0, 5))
    return paper(
        "employment",
        "labor_contract",
        day.isoformat(),
        [
            title(m.pick(["劳动合同书", "劳 动 合 同", "全日制劳动合同"]), size=22),
            table(
                [
                    ["用人单位", one.name, "统一社会信用代码", one.uscc],
                    ["法定代表人", one.head, "注册地址", one.address],
                    ["劳动者", person.name, "身份证号码", person.id_no],
                    ["联系电话", person.phone, "现住址", person.address],
                ],
                [0.9, 1.4, 1, 2],
                size=10,
            ),
            para(
                f"一、合同期限：固定期限，自{arabic(start)}起至{arabic(start + timedelta(days=1095))}止，其中试用期{m.pick(['一个月', '三个月', '六个月'])}。"
            ),
            para(
                f"二、工作岗位与地点：乙方从事{m.pick(['数控操作', '会计', '采购'])}工作，工作地点在{m.place}市。"
            ),
            para(
                "三、工时制度：标准工时制，每日工作不超过八小时，每周休息两天，延长工时按规定支付加班费。"
            ),
            para(
                f"四、劳动报酬：月基本工资{m.number(3, 12)}{m.pick(['500', '000', '800'])}元，次月{m.number(5, 20)}日前以银行转账方式支付，卡号{person.card}。"
            ),
            para("五、社会保险：双方依法参加社会保险，个人应缴部分由甲方代扣代缴。"),
            para(
                "六、劳动保护：甲方提供符合国家标准的劳动条件和防护用品，对乙方进行上岗前安全培训。"
            ),
            para(
                "七、合同的变更、解除和终止按照《中华人民共和国劳动合同法》的有关规定执行。因履行合同发生争议的，可向劳动人事争议仲裁委员会申请仲裁。"
            ),
            para("八、本合同双方各执一份，自双方签章之日起生效。"),
            space(5),
            seal(one.name, 20, -8),
            side_by_side(
                [
                    [f"甲方（公章）：{one.name}", f"乙方（签名）：{person.name}"],
                    [arabic(day), arabic(day)],
                ],
                [1, 1],
            ),
        ],
    )


def authority(m: Maker) -> Paper:
    """An order of an authority under a red head."""
    one, day = m.company(), m.day()
    office = f"{m.place}市{m.pick(['市场监督管理局', '生态环境局', '应急管理局'])}"
    seen = day - timedelta(days=m.number(2, 20))
    return paper(
        "red_head",
        "official_letter",
        day.isoformat(),
        [
            title(office, size=30, fill="#d01010", tracking=0.1, above=4, below=4),
            line(
                f"{m.place[0]}监责改〔{day.year}〕{m.number(3, 480)}号", align="center"
            ),
            rule("#d01010", 1.6),
            space(4),
            title(m.pick(["责令改正通知书", "责令限期整改通知书"]), size=20),
            line(f"{one.name}（{one.uscc}）："),
            para(
                f"经查，你单位于{arabic(seen)}{m.pick(['未按规定公示有关信息', '未在醒目位置设置安全警示标志', '擅自停运污染治理设施'])}，违反了有关法律、法规的规定。现责令你单位自收到本通知之日起{m.pick(['十', '十五', '三十'])}日内改正，并将改正情况书面报告本机关。"
            ),
            para(
                "逾期不改正的，本机关将依法予以处罚。如对本通知不服，可以在收到之日起六十日内申请行政复议，或者在六个月内向人民法院提起行政诉讼。"
            ),
            space(14),
            seal(office, 100, -10),
            line(office, align="right", right=12),
            line(m.pick([arabic, padded])(day), align="right", right=12),
            line(f"联系人：{m.name()}、{m.name()}　联系电话：{m.phone()}", size=11),
        ],
        points=14,
        margin_mm=26,
    )


def traffic(m: Maker) -> Paper:
    """The police find who is responsible for an accident."""
    one, two = m.person(), m.person()
    crash = m.day()
    day = crash + timedelta(days=m.number(3, 20))
    office = f"{m.place}市公安局交通警察支队{m.district}大队"
    rows: list[list[Cell]] = [
        [
            "事故时间",
            f"{arabic(crash)}{m.number(6, 22)}时{m.number(1, 59):02}分",
            "天气",
            m.pick(["晴", "小雨", "阴"]),
        ],
        [
            "事故地点",
            (
                f"{m.district}区{m.pick(['国道214线', '环城北路', '迎宾大道'])}{m.number(3, 88)}公里处",
                3,
            ),
        ],
        ["当事人", one.name, "证件号", one.id_no],
        ["车辆", f"云A{m.digits(5)}小型轿车", "电话", one.phone],
        ["当事人", two.name, "证件号", two.id_no],
        ["车辆", "无号牌电动自行车", "电话", two.phone],
    ]
    return paper(
        "traffic_finding",
        "traffic_report",
        day.isoformat(),
        [
            title(office, size=15, below=1),
            title("道路交通事故认定书", size=20),
            line(f"第5{m.digits(14)}号", align="right"),
            table(rows, [0.8, 1.8, 0.7, 2], size=11, inset=6),
            para(
                f"事实及成因：{one.name}驾车由南向北行驶，在路口{m.pick(['右转弯时未让直行车辆先行', '未按交通信号灯通行', '未保持安全距离'])}，与由西向东行驶的{two.name}所骑车辆相撞，造成{two.name}受伤、两车损坏。"
            ),
            para(
                f"责任：依据《中华人民共和国道路交通安全法实施条例》有关规定，{one.name}承担{m.pick(['全部', '主要'])}责任，{two.name}承担{m.pick(['无', '次要'])}责任。"
            ),
            para(
                "当事人对本认定有异议的，可自送达之日起三日内向上一级公安机关交通管理部门提出书面复核申请。"
            ),
            space(8),
            seal(office, 104, -6),
            line(f"交通警察：{m.name()}　{m.name()}", align="right", right=8),
            line(m.pick([arabic, numerals])(day), align="right", right=8),
        ],
        points=12.5,
    )
