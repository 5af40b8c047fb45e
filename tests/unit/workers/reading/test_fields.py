from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.field_words import NAMES, masked
from intake.reading import (
    MAX_FIELDS,
    Reading,
    TextLine,
    fields_from_json,
)
from integrity.errors import MalformedError
from workers.reading.fields.amounts import yuan
from workers.reading.fields.find import AMOUNT_DISAGREES, add_fields
from workers.reading.fields.keep import NAME, keep_fields
from workers.reading.fields.source import (
    LONGEST_LINE,
    MOST_CHARACTERS,
    MOST_LINES,
)
from workers.reading.fields.words import parse_amount, write_amount
from workers.reading.structure import is_id_no, is_luhn, is_uscc

PERSON = "999999199001011238"
FIRM = "91999999LNNPJ9RYXP"
CARD = "6281101275322731460"
_ROW = (
    b'{"fields":[{"name":"a","value":"b","page":1,"line":"","quad":%s,"check":"%s"}]}'
)


def _reading(*pages: str, lines: tuple[TextLine, ...] = ()) -> Reading:
    return Reading(
        "application/pdf", len(pages), pages, lines, "", "", {}, (), (), "none",
        (), (), (), 0,
    )  # fmt: skip


def _found(text: str) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for each in add_fields(_reading(text)).fields:
        found.setdefault(each.name, []).append((each.value, each.check))
    return found


@given(st.integers(0, 10**18 - 1))
def test_amounts_in_words_round_trip(fen: int) -> None:
    """Every amount below 10^16 yuan, written in capitals, is read as itself."""
    assert parse_amount(write_amount(fen)) == fen


@pytest.mark.parametrize(
    ("words", "fen"),
    [
        ("壹仟贰佰叁拾肆元伍角陆分", 123456),
        ("壹仟零叁拾肆元整", 103400),
        ("壹拾万元正", 10_000_000),
        ("拾万圆整", 10_000_000),
        ("叁佰万零伍元零陆分", 300000506),
        ("壹亿零贰拾万元", 10_020_000_000),
        ("伍角元", None),
        ("壹佰贰仟元", None),
        ("壹贰元", None),
        ("万元整", None),
        ("元整", None),
        ("壹元" * 20, None),
    ],
)
def test_amounts_as_they_are_written(words: str, fen: int | None) -> None:
    """Gaps, 正 and 圆 are read; what no bank would write is no amount."""
    assert parse_amount(words) == fen


@pytest.mark.parametrize(
    ("text", "check", "findings"),
    [
        ("人民币(大写):壹仟贰佰元整 ¥1,200.00", "ok", []),
        ("人民币壹仟贰佰元整(小写:1200元)", "ok", []),
        ("合计 壹仟贰佰元整\n¥1200.00", "ok", []),
        ("人民币壹仟贰佰元整(¥2,100.00)", "bad", [(AMOUNT_DISAGREES, "page 1")]),
        ("人民币壹仟贰佰元整", "", []),
    ],
)
def test_words_against_figures(
    text: str, check: str, findings: list[tuple[str, str]]
) -> None:
    """The figures beside an amount in words agree, disagree, or are not there; the
    finding of a disagreement names a page and no amount."""
    read = add_fields(_reading(text))
    checks = [f.check for f in read.fields if f.name == "amount_words"]
    assert checks == [check]
    assert [(f.code, f.detail) for f in read.findings] == findings


def test_numbers_and_their_checks() -> None:
    """Each sort of number is told from the others, and check digits are checked."""
    found = _found(
        f"案号:(2025)京0101民初123号之一\n公民身份号码:{PERSON}\n"
        f"统一社会信用代码:{FIRM}\n卡号:{CARD}\n合同编号:HT-2025-018\n"
        "发票代码:044001900111 发票号码:12345678\n账号:1100 1234 5678 9012\n"
        "电话:010-12345678 手机13800138000"
    )
    assert found["case_no"] == [("(2025)京0101民初123号之一", "")]
    assert found["id_no"] == [(PERSON, "ok")]
    assert found["uscc"] == [(FIRM, "ok")]
    assert found["bank_card"] == [(CARD, "ok")]
    assert found["contract_no"] == [("HT-2025-018", "")]
    assert found["invoice_code"] == [("044001900111", "")]
    assert found["invoice_no"] == [("12345678", "")]
    assert found["bank_account"] == [("1100123456789012", "")]
    assert found["phone"] == [("010-12345678", ""), ("13800138000", "")]


def test_the_head_of_a_printed_invoice() -> None:
    """Code and number in the row of the title are known without labels; the number of
    a receipt is no invoice's."""
    found = _found("3100201130 上海增值税专用发票 No 79915744")
    assert found["invoice_code"] == [("3100201130", "")]
    assert found["invoice_no"] == [("79915744", "")]
    assert "invoice_no" not in _found("收条\nNo 35937541")


def test_the_head_of_an_invoice_in_cells_of_its_own() -> None:
    """What stands alone left and right of the title is known on an invoice only."""
    head = "7645118661\n云岭增值税专用发票\nNo 49262033"
    found = _found(head)
    assert found["invoice_code"] == [("7645118661", "")]
    assert found["invoice_no"] == [("49262033", "")]
    other = _found(head.replace("发票", "送货单"))
    assert not {"invoice_code", "invoice_no"} & set(other)


def test_the_boxes_of_buyer_and_seller() -> None:
    """A name in a row of its own is whose box it stands in, near the box's word."""
    box = "{}\n名\n称：{}\n纳税人识别号：1\n"
    buyer, seller = box.format("购买方", "甲公司"), box.format("销售方", "乙公司")
    found = _found(f"{buyer}规格型号\n{seller}名称：别的公司")
    assert found["buyer"] == [("甲公司", "")]
    assert found["seller"] == [("乙公司", "")]


@pytest.mark.parametrize(("between", "seen"), [(2, 1), (3, 1), (4, 0)])
def test_a_box_ends_four_lines_below_its_word(between: int, seen: int) -> None:
    """A name further down belongs to something else."""
    found = _found("销售方\n" + "空\n" * between + "名称：乙公司")
    assert len(found.get("seller", ())) == seen


def test_a_wrong_check_digit_is_kept_and_marked() -> None:
    """After its label a number that fails is shown as bad; without one it is none."""
    wrong = PERSON[:-1] + "1"
    assert not is_id_no(wrong)
    assert _found(f"身份证号:{wrong}")["id_no"] == [(wrong, "bad")]
    assert "id_no" not in _found(f"编号{wrong}")


@given(
    st.sampled_from([(is_id_no, PERSON), (is_luhn, CARD), (is_uscc, FIRM)]), st.data()
)
def test_check_digits_notice_each_single_digit(
    case: tuple, data: st.DataObject
) -> None:
    """One digit misread anywhere is noticed by each of the three check digits."""
    check, right = case
    at = data.draw(st.sampled_from([n for n, c in enumerate(right) if c.isdigit()]))
    other = data.draw(st.sampled_from([d for d in "0123456789" if d != right[at]]))
    assert check(right)
    assert not check(right[:at] + other + right[at + 1 :])


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("甲方(买方):某某商贸有限公司 合同编号:A1", "party_a", "某某商贸有限公司"),
        ("原告:张三,女,1990年1月1日出生", "plaintiff", "张三"),
        ("购买方名称:某某有限公司", "buyer", "某某有限公司"),
        ("出借人:李四(身份证号码略)", "lender", "李四"),
        ("今向王五借到人民币壹万元整", "lender", "王五"),
        ("借款人：赵六", "borrower", "赵六"),
        ("欠款人：赵六（手印）", "debtor", "赵六"),
        ("甲 方 ： 某某公司", "party_a", "某某公司"),
    ],
)
def test_parties(text: str, name: str, value: str) -> None:
    """The name after the word for a role is that party, without what follows it."""
    assert _found(text)[name] == [(value, "")]


@pytest.mark.parametrize("text", ["甲方(盖章):", "乙方:______", "原告认为被告违约", ""])
def test_no_party(text: str) -> None:
    """Empty lines to sign on, and sentences, name nobody."""
    assert not set(_found(text)) & {"party_a", "party_b", "plaintiff", "defendant"}


def test_source_and_place() -> None:
    """A field says on which page and line it stands, and where on the picture."""
    quad = (1.0, 2.0, 30.0, 2.0, 30.0, 9.0, 1.0, 9.0)
    line = TextLine(2, "合同编号： HT-1", 0.9, quad)
    field = add_fields(_reading("封面", "合同编号： HT-1", lines=(line,))).fields[0]
    assert (field.name, field.page, field.line) == ("contract_no", 2, "合同编号： HT-1")
    assert field.quad == quad


def test_personal_numbers_are_masked_in_value_and_line() -> None:
    """Masked, neither value nor any line tells a personal number; others stay."""
    read = add_fields(_reading(f"合同编号:HT2025049816 张三 {PERSON} 13800138000"))
    shown = masked(read.fields)
    text = json.dumps([(f.value, f.line) for f in shown], ensure_ascii=False)
    assert PERSON[6:14] not in text
    assert "13800138000" not in text
    assert "HT2025049816" in text
    assert {f.value for f in shown} >= {"999***********1238", "138****8000"}


def test_kept_beside_the_reading_and_read_back(tmp_path: Path) -> None:
    """What is kept in fields.json is read back; every name in it has words."""
    read = keep_fields(_reading(f"甲方:某某公司\n身份证号:{PERSON}\n¥12.50"), tmp_path)
    assert [(d.role, d.path) for d in read.derivatives] == [("fields", NAME)]
    again = fields_from_json((tmp_path / NAME).read_bytes())
    assert again == read.fields
    assert {f.name for f in again} <= set(NAMES)
    assert Reading.from_json(replace(read, derivatives=()).to_json()).fields == again


def test_nothing_is_kept_of_a_paper_without_fields(tmp_path: Path) -> None:
    """No fields, no file."""
    assert keep_fields(_reading("春眠不觉晓"), tmp_path).derivatives == ()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "untrusted",
    [
        b"",
        b"[]",
        b'{"fields": 1}',
        b'{"fields": [{"name": "a"}]}',
        _ROW % (b"[1]", b""),
        _ROW % (b"null", b"?"),
        _ROW % (b"null", b"ok") + b"x",
    ],
)
def test_a_foreign_file_is_refused(untrusted: bytes) -> None:
    """A fields.json that is not as agreed gives no field."""
    with pytest.raises(MalformedError):
        fields_from_json(untrusted)


def test_bounds() -> None:
    """A page of a thousand amounts gives as many fields as a reading may hold."""
    text = "\n".join(
        f"¥{n}.00 账号:{10**11 + n} 甲方:某某{chr(0x4E00 + n)}" for n in range(900)
    )
    read = add_fields(_reading(text))
    assert 0 < len(read.fields) <= MAX_FIELDS
    assert yuan(123456) == "1,234.56"


@pytest.mark.parametrize(
    ("filler", "seen"), [(MOST_LINES - 1, True), (MOST_LINES, False)]
)
def test_the_last_line_that_is_looked_at(filler: int, seen: bool) -> None:  # noqa: FBT001
    """A number in the last of the lines that are looked at is found, behind it not."""
    found = _found("一行\n" * filler + "合同编号:A-1")
    assert ("contract_no" in found) is seen


@pytest.mark.parametrize(("over", "seen"), [(0, True), (1, False)])
def test_the_last_character_that_is_looked_at(over: int, seen: bool) -> None:  # noqa: FBT001
    """Endless text is looked at up to its bound."""
    last = "合同编号:A-1"
    room = MOST_CHARACTERS - len(last) + over
    full, rest = divmod(room, LONGEST_LINE)
    lines = ["字" * LONGEST_LINE] * full + ["字" * rest, last]
    assert ("contract_no" in _found("\n".join(lines))) is seen


@given(st.lists(st.text(max_size=60), max_size=5))
def test_any_text_is_survived(lines: list[str]) -> None:
    """Whatever stands in a file, the fields are ones that the service may keep."""
    read = add_fields(_reading("\n".join(lines)))
    data = json.dumps({"fields": [
        {k: getattr(f, k) for k in f.__slots__} for f in read.fields
    ]})  # fmt: skip
    assert fields_from_json(data.encode("utf-8", "replace")) == read.fields
