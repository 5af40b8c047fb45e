"""What a date in a paper is for, in words: the role that a candidate is shown with.

A reading keeps a rule with each date: the label before it (`label 签订日期, arabic`) or
the place where it stands (`closing date, hanzi`). The labels are a closed list, so that
no words of the paper itself come along. A date of birth is no candidate at all.
"""

from __future__ import annotations

import re
from typing import Final

LABELS: Final[dict[str, str]] = {
    "签订日期": "signed on",
    "签订时间": "signed on",
    "签署日期": "signed on",
    "签约日期": "signed on",
    "签字日期": "signed on",
    "落款日期": "closing date",
    "开票日期": "invoice date",
    "开具日期": "issued on",
    "出具日期": "issued on",
    "填发日期": "made out on",
    "签发日期": "issued on",
    "发证日期": "issued on",
    "发照日期": "issued on",
    "核准日期": "approved on",
    "判决日期": "judgment date",
    "裁定日期": "ruling date",
    "送达日期": "served on",
    "送达时间": "served on",
    "受送达人签收": "served on",
    "受送达人签名": "served on",
    "签收日期": "received on",
    "签收时间": "received on",
    "收到日期": "received on",
    "收到时间": "received on",
    "收货日期": "goods received on",
    "交易日期": "transaction date",
    "交易时间": "transaction date",
    "转账时间": "transfer date",
    "支付时间": "payment date",
    "付款日期": "payment date",
    "记账日期": "posting date",
    "借款日期": "loan date",
    "还款日期": "repayment date",
    "到期日期": "due date",
    "交货日期": "delivery date",
    "送货日期": "delivery date",
    "发货日期": "dispatch date",
    "验收日期": "acceptance date",
    "开工日期": "start of works",
    "竣工日期": "completion of works",
    "完工日期": "completion of works",
    "成立日期": "founded on",
    "登记日期": "registered on",
    "注册日期": "registered on",
    "受理日期": "accepted by the court on",
    "立案日期": "case filed on",
    "开庭日期": "hearing date",
    "开庭时间": "hearing date",
    "应到时间": "summoned for",
    "事故时间": "time of the accident",
    "入院日期": "admitted on",
    "出院日期": "discharged on",
    "就诊日期": "treated on",
    "入职日期": "employed from",
    "解除日期": "terminated on",
    "签单日期": "policy issued on",
    "订单日期": "order date",
    "报价日期": "quotation date",
    "会议时间": "meeting date",
    "拍摄时间": "taken on",
    "发送时间": "sent on",
    "发布时间": "published on",
    "打印日期": "printed on",
    "打印时间": "printed on",
    "查询日期": "queried on",
    "截止日期": "closing day",
    "生效日期": "in force from",
    "有效期至": "valid until",
    "有效期限": "validity",
}

_RULES: Final[tuple[tuple[str, str, str], ...]] = (
    ("closing date", "落款日期", "closing date"),
    ("latest signature", "最后签署日期", "latest signature"),
    ("another signature", "另一签署日期", "another signature"),
    ("end of the period", "期间终止日", "end of the period"),
    ("last row", "最后一行日期", "last row"),
    ("month of the paper", "所属月份", "month of the paper"),
    ("first date", "文首日期", "first date"),
    ("spoken of in the text", "正文提到", "spoken of in the text"),
    ("under another label", "其他栏目", "under another label"),
    ("start of a period", "期间起始日", "start of a period"),
    ("end of a period", "期间终止日", "end of a period"),
    ("validity", "有效期", "validity"),
    ("print time", "打印时间", "print time"),
    ("free", "文中日期", "elsewhere in the text"),
)
_DOUBTS: Final[tuple[tuple[str, str, str], ...]] = (
    ("no such day", "历法上无此日", "no such day"),
    ("out of range", "不可能的日期", "impossible date"),
    ("letters for digits", "数字可能误读", "digits perhaps misread"),
)
_BEFORE: Final = re.compile(
    f"({'|'.join(sorted(LABELS, key=len, reverse=True))})" r"[^\d。,;]{0,8}$"
)
_LABEL: Final = re.compile(r"label (.{1,40}?),")


def role_before(text: str) -> str:
    """The known label with which `text`, all that precedes a date, ends; else ""."""
    match = _BEFORE.search(text)
    return match[1] if match else ""


def role_words(rule: str, language: str) -> str:
    """The role that a candidate's `rule` gives it, with what is doubtful about it."""
    english = not language.startswith("zh")
    parts = [_role(rule, english=english)]
    for sign, zh, en in _DOUBTS:
        if sign in rule:
            parts.append(en if english else zh)
    joint = ", " if english else "，"
    return joint.join(part for part in parts if part)


def _role(rule: str, *, english: bool) -> str:
    labelled = _LABEL.match(rule)
    if labelled:
        label = labelled[1]
        return LABELS.get(label, label) if english else label
    for label, meaning in LABELS.items():
        if f" {label}," in rule:
            return meaning if english else label
    for begin, zh, en in _RULES:
        if rule.startswith(begin):
            return en if english else zh
    return ""
