"""Who the parties of a paper are: the names after 甲方, 原告, 购买方 and the like."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from intake.reading import Field
from intake.text_normal import normalise
from workers.reading.fields.source import Source

LONGEST_NAME: Final = 40
MOST_PARTIES: Final = 40

ROLES: Final[dict[str, str]] = {
    "甲方": "party_a",
    "乙方": "party_b",
    "丙方": "party_c",
    "原告": "plaintiff",
    "被告": "defendant",
    "第三人": "third_party",
    "上诉人": "appellant",
    "被上诉人": "appellee",
    "申请人": "applicant",
    "被申请人": "respondent",
    "购买方": "buyer",
    "买方": "buyer",
    "需方": "buyer",
    "购方": "buyer",
    "销售方": "seller",
    "卖方": "seller",
    "供方": "seller",
    "出借人": "lender",
    "借款人": "borrower",
    "保证人": "guarantor",
    "担保人": "guarantor",
    "出租方": "lessor",
    "出租人": "lessor",
    "承租方": "lessee",
    "承租人": "lessee",
    "发包人": "principal",
    "承包人": "contractor",
    "委托人": "client",
    "受托人": "agent",
    "出卖人": "seller",
    "买受人": "buyer",
    "转让方": "transferor",
    "受让方": "transferee",
    "用人单位": "employer",
    "劳动者": "employee",
    "投保人": "policyholder",
    "被保险人": "insured",
    "债权人": "creditor",
    "债务人": "debtor",
    "欠款人": "debtor",
    "付款单位": "payer",
    "收款单位": "payee",
    "付款人": "payer",
    "收款人": "payee",
}
_ALL: Final = "|".join(sorted(ROLES, key=len, reverse=True))
_NAME: Final = r"(?P<name>[\u4e00-\u9fff·()A-Za-z0-9&. -]{2,60}?)"
_ENDS: Final = (
    r"(?=[,。;、:]|\((?:以下|下称|简称|身份证|手印|签|盖|公?章)|身份证|统一社会|纳税人|法定代表|联系|地址|住所|电话|签[字名章]"
    rf"|(?:{_ALL})|\(?盖章|$)"
)
_PARTY = re.compile(
    rf"(?<![\u4e00-\u9fff])(?P<role>{_ALL})"
    rf"(?:\([^()]{{1,12}}\)|(?:名称|姓名|全称|单位名称|户名)){{0,2}}:(?:名称:)?{_NAME}{_ENDS}"
)
_NEXT_LABEL = re.compile(r"\s{1,40}(?=[\u4e00-\u9fff]{2,10}[:：])")
_NO_NAME = re.compile(
    r"^[_\d. ()-]*$|^(?:\(?[盖公]?章|签[字名章]|年|地址|名称|代表|负责|法定|授权|电话)"
)
_SECTION = re.compile(r"^(购买方|销售方)(?:信息)?$")  # of an invoice: a cell of its own
_ITS_NAME = re.compile(r"^名?称:(?P<name>[\u4e00-\u9fff·()A-Za-z0-9&.-]{2,60})$")
_BELOW: Final = 4  # lines after the word for the section
_LENDER = re.compile(
    r"今(?:向|借到?)(?P<name>[\u4e00-\u9fff·]{2,20}?)(?=\(|借|人民币|现金)"
)


def find_parties(lines: Sequence[Source]) -> Iterator[Field]:
    """Each name after the word for its role, each pair of both once."""
    seen: set[tuple[str, str]] = set()
    for source, role, claimed in _matches(lines):
        name = claimed.strip(" .-")
        pair = (role, name)
        known = pair in seen or len(seen) == MOST_PARTIES
        if known or _NO_NAME.match(name) or len(name) > LONGEST_NAME:
            continue
        seen.add(pair)
        yield source.field(*pair)


def _matches(lines: Sequence[Source]) -> Iterator[tuple[Source, str, str]]:
    """In each line cell by cell: a label after a space begins the next one."""
    for source in lines:
        for cell in _NEXT_LABEL.split(source.line):
            for match in _PARTY.finditer(normalise(cell)):
                yield source, ROLES[match["role"]], match["name"]
        for match in _LENDER.finditer(source.text):
            yield source, "lender", match["name"]
    yield from _in_sections(lines)


def _in_sections(lines: Sequence[Source]) -> Iterator[tuple[Source, str, str]]:
    """Names in the box of the buyer and in that of the seller."""
    role, left = "", 0
    for source in lines:
        text = source.text.replace(" ", "")
        if begins := _SECTION.match(text):
            role, left = ROLES[begins[1]], _BELOW
            continue
        if left and (match := _ITS_NAME.match(text)):
            yield source, role, match["name"]
            left = 0
        left = max(0, left - 1)
