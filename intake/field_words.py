"""What the fields of a reading are called, and how personal ones are shown in lists."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import replace
from typing import Final

from intake.reading import Field

NAMES: Final[dict[str, tuple[str, str]]] = {
    "party_a": ("甲方", "Party A"),
    "party_b": ("乙方", "Party B"),
    "party_c": ("丙方", "Party C"),
    "plaintiff": ("原告", "Plaintiff"),
    "defendant": ("被告", "Defendant"),
    "third_party": ("第三人", "Third party"),
    "appellant": ("上诉人", "Appellant"),
    "appellee": ("被上诉人", "Appellee"),
    "applicant": ("申请人", "Applicant"),
    "respondent": ("被申请人", "Respondent"),
    "buyer": ("购买方", "Buyer"),
    "seller": ("销售方", "Seller"),
    "lender": ("出借人", "Lender"),
    "borrower": ("借款人", "Borrower"),
    "guarantor": ("保证人", "Guarantor"),
    "lessor": ("出租人", "Lessor"),
    "lessee": ("承租人", "Lessee"),
    "principal": ("发包人", "Principal (works)"),
    "contractor": ("承包人", "Contractor"),
    "client": ("委托人", "Client"),
    "agent": ("受托人", "Agent"),
    "transferor": ("转让方", "Transferor"),
    "transferee": ("受让方", "Transferee"),
    "employer": ("用人单位", "Employer"),
    "employee": ("劳动者", "Employee"),
    "policyholder": ("投保人", "Policyholder"),
    "insured": ("被保险人", "Insured"),
    "creditor": ("债权人", "Creditor"),
    "debtor": ("债务人", "Debtor"),
    "payer": ("付款人", "Payer"),
    "payee": ("收款人", "Payee"),
    "case_no": ("案号", "Case number"),
    "contract_no": ("合同编号", "Contract number"),
    "uscc": ("统一社会信用代码", "Unified social credit code"),
    "id_no": ("公民身份号码", "Identity number"),
    "invoice_code": ("发票代码", "Invoice code"),
    "invoice_no": ("发票号码", "Invoice number"),
    "bank_card": ("银行卡号", "Bank card"),
    "bank_account": ("银行账号", "Bank account"),
    "phone": ("电话", "Telephone"),
    "amount_words": ("大写金额", "Amount in words"),
    "amount": ("金额", "Amount"),
}
PERSONAL: Final = frozenset({"id_no", "bank_card", "bank_account", "phone"})
"""Numbers of people; a firm's account cannot be told from a person's."""

_SHOWN_ENDS: Final = {"id_no": (3, 4), "phone": (3, 4)}
_LONG = re.compile(r"\d(?:[ -]?\d){8,80}[Xx]?")


def field_name(name: str, language: str) -> str:
    """What a field is called; a name that is not known is shown as it is."""
    zh, en = NAMES.get(name, (name, name))
    return zh if language.startswith("zh") else en


def masked(fields: Collection[Field]) -> tuple[Field, ...]:
    """The fields with personal numbers masked, in their values and in all lines."""
    open_values = {_signs(f.value) for f in fields if f.name not in PERSONAL}
    return tuple(
        replace(
            each,
            value=mask(each.name, each.value),
            line=_masked_line(each.line, open_values),
        )
        for each in fields
    )


def mask(name: str, value: str) -> str:
    """`999***********1234`: personal numbers keep their ends, others all."""
    if name not in PERSONAL:
        return value
    first, last = _SHOWN_ENDS.get(name, (0, 4))
    hidden = max(len(value) - first - last, 1)
    return value[:first] + "*" * hidden + value[len(value) - last :]


def _masked_line(line: str, open_values: Collection[str]) -> str:
    """A line in which every long number is masked but those of `open_values`."""

    def hide(match: re.Match[str]) -> str:
        if any(_signs(match[0]) in value for value in open_values):
            return match[0]
        return mask("bank_account", match[0])

    return _LONG.sub(hide, unicodedata.normalize("NFKC", line))


def _signs(text: str) -> str:
    return text.replace(" ", "").replace("-", "")
