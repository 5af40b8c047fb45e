from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from intake.date_roles import role_words
from intake.evidence_types import AUTO_CONFIDENCE, EvidenceTypes
from intake.legal_date import LegalDate
from intake.reading import Candidate
from intake.text_normal import PageText
from workers.reading.dates import MOST_CANDIDATES, find_dates

TYPES = EvidenceTypes.load()
RECEIVED = dt.date(2026, 1, 15)

# What a person finds on the samples of the domain's list.
EXPECTED = {
    "contract": "2025-03-06",
    "supplementary_agreement": "2025-02-18",
    "settlement_agreement": "2025-04-02",
    "labor_contract": "2024-07-01",
    "lease_contract": "2025-01-10",
    "guarantee": "2024-12-03",
    "iou_loan": "2025-01-05",
    "iou_debt": "2025-03-20",
    "receipt_note": "2024-11-08",
    "invoice": "2025-05-14",
    "bank_statement": "2024-12-31",
    "transfer_voucher": "2025-06-12",
    "reconciliation": "2025-05-08",
    "order": "2025-03-11",
    "delivery_note": "2025-02-27",
    "acceptance": "2024-10-22",
    "chat_record": "2025-03-01",
    "email": "2025-02-14",
    "web_page": "2025-01-20",
    "preservation_cert": "2025-06-01",
    "photo": "2025-05-02",
    "audio": "2025-04-18",
    "video": "2025-03-09",
    "household_register": "2016-05-20",
    "passport": "2020-03-01",
    "civil_status": "2018-05-20",
    "business_licence": "2021-09-15",
    "company_registry": "2025-06-03",
    "legal_rep_cert": "2025-05-06",
    "power_of_attorney": "2025-05-09",
    "firm_letter": "2025-05-10",
    "driving_licence": "2020-05-06",
    "realty_cert": "2022-08-08",
    "complaint": "2025-05-12",
    "defence": "2025-06-01",
    "application": "2025-05-12",
    "judgment": "2025-08-29",
    "ruling": "2025-05-20",
    "court_mediation": "2025-07-01",
    "court_notice": "2025-05-16",
    "court_receipt": "2025-05-19",
    "service_proof": "2025-05-22",
    "arbitration_application": "2025-04-08",
    "arbitral_award": "2025-06-10",
    "inspection_record": "2025-06-18",
    "notarial_cert": "2025-03-03",
    "appraisal": "2025-05-30",
    "traffic_report": "2025-01-13",
    "police_record": "2025-02-02",
    "official_letter": "2025-03-28",
    "payslip": "2025-03",
    "attendance": "2025-02",
    "social_security": "2025-04-01",
    "dismissal_notice": "2025-03-31",
    "medical_record": "2025-01-03",
    "medical_bill": "2025-01-04",
    "insurance": "2024-09-01",
    "lawyer_letter": "2025-04-10",
    "express_waybill": "2025-04-11",
    "meeting_minutes": "2025-03-15",
    "witness_statement": "2025-05-03",
    "party_statement": "2025-05-05",
    "legal_opinion": "2025-07-20",
    "evidence_list": "2025-05-12",
    "handover": "2025-05-06",
    "integrity_statement": "2025-06-01",
}


def _dates(code: str, *lines: str) -> tuple[Candidate, ...]:
    return find_dates([PageText(1, lines)], TYPES.by_code(code), RECEIVED)


def _best(code: str, *lines: str) -> tuple[str, bool]:
    """The best value and whether it is automatic; ("", False) for none."""
    found = _dates(code, *lines)
    if not found:
        return "", False
    return found[0].value, found[0].confidence >= AUTO_CONFIDENCE


def test_each_sample_of_the_domain(shared: Path) -> None:
    """On every type's own sample the date is found that a person would write down;
    on an identity card there is none to take."""
    text = (shared / "domain" / "evidence-types.yaml").read_text("utf-8")
    samples = {t["code"]: t["sample"] for t in yaml.safe_load(text)["types"]}
    assert set(EXPECTED) == set(samples) - {"id_card", "other"}
    for code, value in EXPECTED.items():
        assert (code, *_best(code, samples[code])) == (code, value, True)
    card = _dates("id_card", samples["id_card"])
    assert all(c.confidence <= 0.25 and c.value[:4] != "1990" for c in card)


@pytest.mark.parametrize(
    ("code", "text", "value"),
    [
        ("contract", "签订日期:二〇二五年三月六日", "2025-03-06"),
        ("contract", "签订日期:贰零贰伍年零叁月零陆日", "2025-03-06"),
        ("contract", "签订日期:2025.3.6", "2025-03-06"),
        ("contract", "签订日期: 20250306", "2025-03-06"),
        ("contract", "签 订 日 期 ： ２０２５ 年 ３ 月 ６ 日", "2025-03-06"),
        (
            "invoice",
            "Invoice Date: July 3, 2019 Due Date: August 2, 2019",
            "2019-07-03",
        ),
        ("email", "Date: Thu, 13 Feb 2025 10:26:00 +0800", "2025-02-13"),
        ("transfer_voucher", "交易日期20250612103000", "2025-06-12"),
    ],
)
def test_labels_first(code: str, text: str, value: str) -> None:
    """After a label of the type every writing is taken."""
    assert _best(code, text) == (value, True)


def test_source_is_kept() -> None:
    """A candidate says where it stands and by which rule it was chosen."""
    best = _dates("contract", "甲方", "签订日期： 2025 年 3 月 6 日", "乙方")[0]
    assert (best.line, best.page) == ("签订日期： 2025 年 3 月 6 日", 1)
    assert best.rule == "label 签订日期, arabic"


@pytest.mark.parametrize(
    "text",
    [
        "民国二十五年三月六日",
        "民国25年3月6日",
        "农历二〇二五年三月初六",
        "光绪三十年三月",
        "乙巳年正月初三",
        "(2025)京0101民初12345号",
        "张某,男,1990年1月1日出生",
        "出生日期:1990-01-01",
        "Date of Birth: 1 January 1990",
        "公民身份号码999999199001011238",
        "法释〔2020〕17号",
        "民法典(2021年1月1日起施行)",
        "民事诉讼法(2023年修正)",
        "GF-2017-0201",
    ],
)
def test_never_a_date(text: str) -> None:
    """Other calendars, births, identity and case numbers and citations are no dates."""
    assert _dates("contract", "甲方与乙方", text, "乙方") == ()


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("contract", "合同期限:2025年1月1日至2025年12月31日"),
        ("contract", "有效期至2025年12月31日"),
        ("contract", "自2025年1月1日起至2025年12月31日止"),
        ("contract", "交货日期:2025年4月30日"),
        ("contract", "打印时间:2025年4月30日"),
        ("iou_loan", "于2025年12月31日前还清"),
        ("business_licence", "成立日期2015年6月1日"),
        ("contract", "签订日期:25年8月29日"),
        ("contract", "签订日期:25.8.29"),
        ("contract", "Dated 03/07/2019"),
        ("contract", "签订日期:2025年3月"),
        ("contract", "签订日期:2030年3月6日"),
        ("contract", "签订日期:1949年9月30日"),
        ("contract", "签订日期:2025年2月30日"),
        ("other", "日期:2025年3月6日"),
    ],
)
def test_offered_and_never_automatic(code: str, text: str) -> None:
    """What may be another date, or not this exact one, is shown to a person only."""
    found = _dates(code, text)
    assert found
    assert all(c.confidence < AUTO_CONFIDENCE for c in found)


def test_bounds_of_the_calendar() -> None:
    """From 1949-10-01 to the day of receipt a date may be automatic; beyond not."""
    assert _best("contract", "签订日期:1949年10月1日")[1]
    assert not _best("contract", "签订日期:1949年9月30日")[1]
    assert _best("contract", "签订日期:2026年1月15日")[1]
    late = _dates("contract", "签订日期:2026年1月16日")[0]
    assert (late.confidence <= 0.1, late.rule.endswith("out of range")) == (True, True)


def test_an_impossible_day_is_reported() -> None:
    """2月30日 is shown with confidence 0, and the next date is taken instead."""
    found = _dates("contract", "签订日期:2025年2月30日", "签约日期:2025年3月6日")
    assert (found[0].value, found[0].confidence >= AUTO_CONFIDENCE) == (
        "2025-03-06",
        True,
    )
    assert found[-1].confidence == 0
    assert (found[-1].value, found[-1].rule) == (
        "2025-02",
        "label 签订日期, arabic, no such day",
    )


def test_both_meanings_are_offered() -> None:
    """03/07/2019 is offered as 7 March and as 3 July."""
    found = _dates("invoice", "Invoice Date: 03/07/2019")
    assert {c.value for c in found} == {"2019-03-07", "2019-07-03"}


def test_compact_only_after_a_label() -> None:
    """Eight digits anywhere else are a number."""
    assert _dates("contract", "合同编号20250306", "甲方") == ()


def test_a_blank_form_is_undated() -> None:
    """年 月 日 left empty at the end: dates of the text are suggestions."""
    found = _dates(
        "complaint", "2024年5月1日双方订立合同", "具状人:某某", "    年    月    日"
    )
    assert [c.value for c in found] == ["2024-05-01"]
    assert found[0].confidence <= 0.4


def test_the_latest_signature() -> None:
    """Parties signed on different days: the latest, all listed, and a person asked."""
    found = _dates(
        "contract",
        "本合同一式两份",
        "甲方(盖章):        乙方(盖章):",
        "日期:2025年3月5日   日期:2025年3月1日",
    )
    assert found[0].value == "2025-03-05"
    assert found[0].confidence < AUTO_CONFIDENCE
    assert "2025-03-01" in {c.value for c in found}


def test_the_formal_date_of_a_court_beats_an_annex() -> None:
    """The date in Chinese numerals is the judgment's; a statute after it is not."""
    found = _dates(
        "judgment",
        "原告某某于2025年3月3日起诉。",
        "审 判 员  王某",
        "二○二五年八月二十九日",
        "书 记 员  赵某",
        "附:相关法律条文",
        "《中华人民共和国民法典》(2021年1月1日起施行)",
    )
    assert (found[0].value, found[0].confidence) == ("2025-08-29", 0.92)


def test_only_the_last_page_closes() -> None:
    """A date at the foot of an earlier page is not the closing date."""
    pages = [PageText(1, ("甲方", "2025年3月6日")), PageText(2, ("附件一", "清单"))]
    found = find_dates(pages, TYPES.by_code("contract"), RECEIVED)
    assert found[0].confidence < AUTO_CONFIDENCE


def test_the_end_of_the_period() -> None:
    """A statement is dated by the end of its period, not by a row or the print."""
    found = _dates(
        "bank_statement",
        "起止日期:2024-01-01 至 2024-12-31  打印时间:2025-02-03",
        "2024-01-05 转账 100.00",
        "2024-12-20 转账 100.00",
    )
    assert found[0].value == "2024-12-31"
    assert {c.value for c in found} >= {"2024-12-20", "2025-02-03"}


@pytest.mark.parametrize(
    "text",
    [
        "签订日期：2 0 2 5 年 3 月 6 日",
        "签订日期：20 25年0 3月0 6日",
        "签订日期:二〇二五年3月6日",
        "签订日期:二O二五年三月六日",
        "签订日期:贰零贰伍年參月陸日",
    ],
)
def test_spaces_and_mixed_numerals(text: str) -> None:
    """Spaces between digits and numerals of two sorts change no date."""
    assert _best("contract", text) == ("2025-03-06", True)


@pytest.mark.parametrize("text", ["2O25年3月l6日", "2025-O3-l6", "20Z5年3月16日"])
def test_letters_for_digits_ask_a_person(text: str) -> None:
    """O and l in a date are matched as 0 and 1, and never without a person; what is
    like no digit is not guessed at."""
    found = _dates("contract", f"签订日期:{text}")
    if "Z" in text:
        assert found == ()
        return
    assert (found[0].value, found[0].rule[-18:]) == ("2025-03-16", "letters for digits")
    assert 0.5 <= found[0].confidence < AUTO_CONFIDENCE


def test_letters_in_a_number_are_no_date() -> None:
    """An article number with letters in it is not mended into a date."""
    assert _dates("contract", "型号 lO-OI-Il", "甲方") == ()


@pytest.mark.parametrize(
    "text",
    [
        "2024年1月30日傍晚,我在市场看见他把一个袋子交给对方,清点为十二万元。",
        "我于当天回到家中,2024年1月30日再次见到对方并作了交谈",
    ],
)
def test_a_date_that_is_told_closes_nothing(text: str) -> None:
    """A statement without a date of its own does not get the day of what it tells."""
    found = _dates("witness_statement", "证人证言", text, "证人:某某")
    assert [c.value for c in found] == ["2024-01-30"]
    assert found[0].confidence < 0.5


def test_rows_close_nothing() -> None:
    """The days of listed exhibits are not the day of the list; its own date is."""
    rows = (
        "证据目录",
        "1 银行回单 2024年12月18日 被告付款 1-5",
        "2 收货单 2024年2月24日 货款总额 6-9",
    )
    assert all(
        c.confidence < 0.5 for c in _dates("evidence_list", *rows, "提交人:某某")
    )
    own = _dates("evidence_list", *rows, "提交人:某某", "2025年1月8日")
    assert (own[0].value, own[0].confidence >= AUTO_CONFIDENCE) == ("2025-01-08", True)


def test_signatures_of_one_line_are_no_rows() -> None:
    """Two parties who sign beside each other, line by line, still date the paper."""
    found = _dates(
        "contract",
        "甲方代表签字:某甲 2025年3月6日 乙方代表签字:某乙 2025年3月6日",
        "甲方见证人签字:某丙 2025年3月6日 乙方见证人签字:某丁 2025年3月6日",
    )
    assert found[0].value == "2025-03-06"
    assert found[0].confidence >= 0.5


def test_the_role_is_kept_with_the_date() -> None:
    """Dates that are only offered say under which label they stand."""
    found = _dates("business_licence", "成立日期2015年6月1日", "发照日期2021年9月15日")
    roles = {c.value: (role_words(c.rule, "zh-CN"), role_words(c.rule, "en"))
             for c in found}  # fmt: skip
    assert roles == {
        "2021-09-15": ("发照日期", "issued on"),
        "2015-06-01": ("成立日期", "founded on"),
    }


@pytest.mark.parametrize(
    ("rule", "zh", "en"),
    [
        ("closing date, hanzi", "落款日期", "closing date"),
        ("label 签订日期, another, arabic", "签订日期", "signed on"),
        (
            "label 签订日期, arabic, no such day",
            "签订日期，历法上无此日",
            "signed on, no such day",
        ),
        ("a rule of later days", "", ""),
    ],
)
def test_roles_in_words(rule: str, zh: str, en: str) -> None:
    """Each rule is told in both languages with its doubts; an unknown one says none."""
    assert (role_words(rule, "zh-CN"), role_words(rule, "en")) == (zh, en)


_LINES = st.lists(
    st.text(
        st.sampled_from("签订日期:0123456789年月日.-/ 一二〇十至起止前出生May,"),
        max_size=40,
    ),
    max_size=8,
)


@given(_LINES, st.sampled_from(TYPES.all))
def test_bounds_of_the_answer(lines: list[str], kind: object) -> None:
    """At most five values, each once, in falling confidence, each a possible date."""
    assert kind in TYPES.all
    code = getattr(kind, "code", "")
    found = _dates(code, *lines)
    assert len(found) <= MOST_CANDIDATES
    assert len({c.value for c in found}) == len(found)
    confidences = [c.confidence for c in found]
    assert confidences == sorted(confidences, reverse=True)
    for candidate in found:
        day = LegalDate.from_iso(candidate.value).first_day()
        late = day > RECEIVED + dt.timedelta(days=1)
        assert 0 <= candidate.confidence <= (0.1 if late else 0.95)
