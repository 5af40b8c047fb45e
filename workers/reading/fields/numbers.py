"""Numbers by which people, firms, papers and accounts are known, and their checks.

Check digits: 统一社会信用代码 by GB 32100-2015, 公民身份号码 by GB 11643-1999, cards by
ISO/IEC 7812-1. A number that fails is kept and marked, since only a person can see
whether it was misread; what is no such number without its check digit needs a label.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from intake.reading import Field
from workers.reading.fields.source import Source
from workers.reading.structure import is_id_no, is_luhn, is_uscc

_LABEL_REACH: Final = 24
_USCC = re.compile(r"(?<![0-9A-Z])[0-9A-Z]{2}\d{6}[0-9A-Z]{10}(?![0-9A-Z])")
_ID = re.compile(r"(?<![0-9A-Z])[1-9]\d{16}[\dXx](?![0-9A-Za-z])")
_ACCOUNT = re.compile(r"(?<![\d-])\d(?:[ ]?\d){9,24}(?![\d-])")
_PHONE = re.compile(
    r"(?<![\d-])(?:1[3-9]\d[ -]?\d{4}[ -]?\d{4}|0\d{2,3}-\d{7,8}|400-?\d{3}-?\d{4})"
    r"(?![\d-])"
)
_CODE = re.compile(r"(?<!\d)(?:\d{12}|\d{10})(?!\d)")
_INVOICE = re.compile(r"(?<!\d)(?:\d{20}|\d{8})(?!\d)")
_HEAD_CODE = re.compile(  # of a printed invoice: code, title, № and number in a row
    r"(?<!\d)(?P<v>\d{12}|\d{10})(?!\d)[^\d]{0,30}发票[^\d]{0,6}(?:(?i:no)|№)"
)
_HEAD_NUMBER = re.compile(r"发票[^\d]{0,6}(?:(?i:no)|№)[.: ]{0,3}(?P<v>\d{8})(?!\d)")
_NUMBER_ALONE = re.compile(r"^(?:(?i:no)|№)[.: ]{0,3}(?P<v>\d{8})$")
_CODE_ALONE = re.compile(r"^(?P<v>\d{12}|\d{10})$")
_CASE = re.compile(
    r"[(〔\[](?:19|20)\d{2}[)〕\]][\u4e00-\u9fff]{1,3}?\d{0,4}"
    r"[民刑行执财知破赔司协认强清商][\u4e00-\u9fff]{0,4}(?<!字第)\d{1,6}号"
    r"(?:之[一二三四五六七八九十]{1,3})?"
    r"|[\u4e00-\u9fff]{1,6}(?:仲案字|仲裁字|仲字|仲案)[(〔\[](?:19|20)\d{2}[)〕\]]第?\d{1,6}号"
)
_CONTRACT = re.compile(
    r"(?:合同|协议)书?(?:编号|号码?)[:：]?\s?"
    r"(?P<v>(?:[\u4e00-\u9fff]{1,8}(?=[A-Za-z0-9\[(〔]))?"
    r"[A-Za-z0-9\[\]()〔〕/_-]{0,30}\d[A-Za-z0-9\[\]()〔〕/_-]{0,20}(?:字?第\d{1,8})?号?)"
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A sort of number: its form, the label it wants before it, and its check."""

    name: str
    pattern: re.Pattern[str]
    label: re.Pattern[str] | None = None
    check: Callable[[str], bool] | None = None
    alone: bool = False
    """Without its label it counts when its check digit is right."""


def _is_person(text: str) -> bool:
    try:
        date(int(text[6:10]), int(text[10:12]), int(text[12:14]))
    except ValueError:
        return False
    return is_id_no(text.upper())


KINDS: Final = (
    Kind("case_no", _CASE),
    Kind("contract_no", _CONTRACT),
    Kind(
        "uscc",
        _USCC,
        re.compile("信用代码|识别号|税号|(?i:tax ?id)"),
        is_uscc,
        alone=True,
    ),
    Kind("id_no", _ID, re.compile("身份|证件号|公民"), _is_person, alone=True),
    Kind("invoice_code", _CODE, re.compile("发票代码")),
    Kind("invoice_code", _HEAD_CODE),
    Kind("invoice_no", _INVOICE, re.compile("发票号码|票据号码")),
    Kind("invoice_no", _HEAD_NUMBER),
    Kind("bank_card", _ACCOUNT, re.compile("卡号"), is_luhn, alone=True),
    Kind("bank_account", _ACCOUNT, re.compile(r"账号|帐号|账户|帐户|(?i:account)")),
    Kind("phone", _PHONE),
)
ON_INVOICES: Final = (  # cells of their own beside the title
    Kind("invoice_no", _NUMBER_ALONE),
    Kind("invoice_code", _CODE_ALONE),
)
_CARD_LENGTHS: Final = (16, 19)


def find_numbers(lines: Sequence[Source]) -> Iterator[Field]:
    """The numbers of each line; a run of signs is one number only."""
    is_invoice = any("发票" in source.text for source in lines)
    kinds = KINDS + ON_INVOICES if is_invoice else KINDS
    for source in lines:
        taken: list[tuple[int, int]] = []
        for kind in kinds:
            for match in kind.pattern.finditer(source.text):
                span = match.span("v") if "v" in match.groupdict() else match.span()
                if any(span[0] < end and start < span[1] for start, end in taken):
                    continue
                check = _check(kind, source.text, *span)
                if check is not None:
                    taken.append(span)
                    value = source.text[slice(*span)]
                    yield source.field(kind.name, _plain(kind, value), check)


def _plain(kind: Kind, value: str) -> str:
    return value.replace(" ", "") if kind.pattern is _ACCOUNT else value


def _check(kind: Kind, text: str, start: int, end: int) -> str | None:
    """Empty, ok or bad; None when it is no number of this kind."""
    value = _plain(kind, text[start:end])
    before = text[max(start - _LABEL_REACH, 0) : start]
    labelled = kind.label is None or _last_label(kind.label, before)
    if kind.check is None:
        return "" if labelled else None
    right = kind.check(value)
    if labelled:
        return "ok" if right else "bad"
    if kind.name == "bank_card" and len(value) not in _CARD_LENGTHS:
        return None
    if kind.name == "bank_card" and re.search("[账帐][号户]", before):
        return None
    return "ok" if right and kind.alone else None


def _last_label(label: re.Pattern[str], before: str) -> bool:
    """Whether the label stands before the number with no other number between."""
    found = list(label.finditer(before))
    return bool(found) and not re.search(r"\d", before[found[-1].end() :])
