"""Papers about persons and firms: identity, licence, health."""
# ruff: noqa: E501 (a sentence of a paper stays on one line)

from __future__ import annotations

from datetime import date, timedelta

from .blocks import (
    Cell,
    Paper,
    boxed,
    line,
    paper,
    para,
    seal,
    side_by_side,
    space,
    table,
    title,
)
from .people import Maker
from .written_dates import arabic, dashed, dotted, padded


def card(m: Maker) -> Paper:
    """Both sides of an identity card on one sheet: it has no date of its own."""
    person, start = m.person(), m.day(2012, 2023)
    end = start.replace(year=start.year + 20, day=min(start.day, 28))
    office = f"{m.place}市公安局{m.district}分局"
    front = [
        space(2),
        line(f"姓　名　{person.name}"),
        line(f"性　别　{person.sex}　民　族　{m.pick(['汉', '彝', '白', '回'])}"),
        line(f"出　生　{person.born.year}年{person.born.month}月{person.born.day}日"),
        line(f"住　址　{person.address}"),
        space(3),
        line(f"公民身份号码　{person.id_no}", size=13),
    ]
    back = [
        space(4),
        line("中华人民共和国", align="center", size=15),
        line("居民身份证", align="center", size=18, weight=700),
        space(6),
        line(f"签发机关　{office}"),
        line(f"有效期限　{dotted_padded(start)}-{dotted_padded(end)}"),
    ]
    return paper(
        "identity_card",
        "id_card",
        "",
        [
            space(18),
            boxed(front, 96, 60),
            space(14),
            boxed(back, 96, 60),
            space(14),
            line("本复印件与原件一致，仅供办理委托手续使用。", align="center"),
        ],
        font="sans",
        points=11,
    )


def dotted_padded(day: date) -> str:
    """2025.08.09."""
    return f"{day:%Y.%m.%d}"


def licence(m: Maker) -> Paper:
    """A business licence, landscape."""
    one, day = m.company(), m.day()
    founded = day - timedelta(days=m.number(0, 3000))
    office = f"{m.place}市{m.district}区市场监督管理局"
    rows: list[list[Cell]] = [
        [
            f"名　　称　{one.name}",
            f"注册资本　{m.pick(['壹佰', '伍佰', '壹仟', '贰仟'])}万元整",
        ],
        [
            f"类　　型　{m.pick(['有限责任公司（自然人投资或控股）', '其他股份有限公司（非上市）'])}",
            f"成立日期　{padded(founded)}",
        ],
        [f"法定代表人　{one.head}", f"营业期限　{padded(founded)}至长期"],
        [
            f"经营范围　{m.pick(['机械设备销售；五金产品批发；技术服务、技术开发；货物进出口。', '预包装食品销售；日用百货零售；仓储服务；道路货物运输。', '软件开发；信息系统集成；计算机及办公设备维修；广告设计。'])}（依法须经批准的项目，经相关部门批准后方可开展经营活动）",
            f"住　　所　{one.address}",
        ],
    ]
    return paper(
        "licence",
        "business_licence",
        day.isoformat(),
        [
            space(6),
            title("营 业 执 照", size=36, tracking=0.15, below=1),
            line(m.pick(["（副　本）", "（正　本）"]), align="center", size=14),
            line(f"统一社会信用代码　{one.uscc}", size=13),
            space(6),
            side_by_side(rows, [1.25, 1], size=12.5, inset=7),
            space(8),
            seal(office, 190, -22, size_mm=44),
            line(f"登记机关　{office}", align="right", right=10),
            line(
                f"{day.year} 年 {day.month:02} 月 {day.day:02} 日",
                align="right",
                right=22,
            ),
            line(
                "国家企业信用信息公示系统网址：http://www.gsxt.gov.cn　　市场主体应当于每年1月1日至6月30日通过公示系统报送年度报告",
                size=9.5,
            ),
        ],
        size="a4-landscape",
        points=12.5,
    )


def discharge(m: Maker) -> Paper:
    """A hospital sends a patient home."""
    person, out = m.person(), m.day()
    into = out - timedelta(days=m.number(4, 30))
    hospital = f"{m.place}市{m.pick(['第一人民医院', '中心医院', '骨科医院'])}"
    age = out.year - person.born.year
    part = m.pick(["左侧胫骨平台", "右侧桡骨远端", "腰1椎体"])
    return paper(
        "discharge",
        "medical_record",
        out.isoformat(),
        [
            title(hospital, size=18, font="sans", below=1),
            title(m.pick(["出院记录", "出 院 小 结"]), size=16, font="sans"),
            table(
                [
                    ["姓名", person.name, "性别", person.sex, "年龄", f"{age}岁"],
                    [
                        "科室",
                        m.pick(["骨一科", "创伤外科"]),
                        "床号",
                        str(m.number(1, 60)),
                        "住院号",
                        m.digits(8),
                    ],
                    [
                        "入院日期",
                        dashed(into),
                        "出院日期",
                        dashed(out),
                        "住院天数",
                        f"{(out - into).days}天",
                    ],
                ],
                [0.9, 1.3, 0.9, 1.3, 0.9, 1.2],
                size=10.5,
            ),
            para(
                f"入院情况：患者因“外伤致肢体肿痛、活动受限{m.number(1, 9)}小时”入院。查体：T36.{m.number(2, 8)}℃，P{m.number(68, 98)}次/分，R20次/分，BP{m.number(110, 145)}/{m.number(65, 92)}mmHg，局部压痛明显，可触及骨擦感，末梢血运可。"
            ),
            para(
                f"入院诊断：1. {part}骨折；2. 多处软组织挫伤；3. {m.pick(['高血压病2级', '2型糖尿病', '轻度贫血'])}。"
            ),
            para(
                f"诊疗经过：完善相关检查后，于{arabic(into + timedelta(days=2))}在{m.pick(['硬膜外麻醉', '全身麻醉'])}下行切开复位钢板内固定术，手术顺利，术后予抗感染、消肿、补液治疗，切口甲级愈合。"
            ),
            para("出院诊断：同入院诊断。"),
            para(
                f"出院医嘱：1. 继续休息{m.number(1, 3)}个月，加强营养，陪护一人；2. 每月门诊复查X线片，骨折愈合后取出内固定物；3. 不适随诊。"
            ),
            space(5),
            seal(hospital, 108, -14, below="诊断专用章", size_mm=36),
            line(f"主治医师：{m.name()}　住院医师：{m.name()}", align="right", right=8),
            line(dotted(out), align="right", right=8),
        ],
        points=12,
    )
