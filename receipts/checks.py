"""The numbered checks of every verifier, their words, and the three answers.

One list serves the bundle, the receipt, the single proof and the one-file
verifier: a lawyer, a reviewer and a test read the same number. A number is never
reused for something else; a check that goes away leaves its number.
"""

from __future__ import annotations

import enum
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

Language = Literal["zh", "en"]


class Result(enum.Enum):
    """The answer of one check. "Could not check" is neither of the other two."""

    PASSED = "passed"
    FAILED = "failed"
    INDETERMINATE = "indeterminate"


@dataclass(frozen=True, slots=True)
class Words:
    """One sentence in the two languages we print."""

    zh: str
    en: str

    def in_language(self, lang: Language) -> str:
        """The sentence in `lang`."""
        return self.zh if lang == "zh" else self.en


@dataclass(frozen=True, slots=True)
class CheckKind:
    """A line of the list: stable number and name, what it is called and shows."""

    number: int
    name: str
    title: Words
    shows: Words


def _kind(number: int, name: str, title: Words, shows: Words) -> CheckKind:
    return CheckKind(number, name, title, shows)


CONTAINER = _kind(
    1,
    "container",
    Words("容器格式", "container"),
    Words(
        "文件包（或收据、证明文件）的格式完整且唯一，没有夹带多余字节",
        "the bundle, receipt or proof is well formed and hides no extra byte",
    ),
)
NAMES = _kind(
    2,
    "names",
    Words("文件清单", "names"),
    Words(
        "应有的文件都在，没有未列明、重复或危险的文件名",
        "every expected file is there; no unlisted, duplicate or unsafe name",
    ),
)
CHECKSUMS = _kind(
    3,
    "checksums",
    Words("校验值清单", "checksums"),
    Words(
        "每个文件的 SHA-256 与 SM3 同清单所列一致",
        "the SHA-256 and SM3 of every file are those of the lists",
    ),
)
KEYS = _kind(
    4,
    "keys",
    Words("公钥来源", "keys"),
    Words(
        "写明所用公钥及其指纹；核验人另给公钥文件或指纹的，与之一致",
        "the public keys used are stated with their fingerprint, and are those the"
        " verifying person gave, if any were given",
    ),
)
CHECKPOINT = _kind(
    5,
    "checkpoint",
    Words("检查点签名", "checkpoint"),
    Words(
        "日志检查点由当时有效的日志密钥签名",
        "the log checkpoint is signed by a log key valid at that size",
    ),
)
STATEMENT = _kind(
    6,
    "statement",
    Words("事件声明签名", "statement"),
    Words(
        "每条保管事件声明由声明密钥签名，内容未变",
        "each custody event statement is signed by a statement key",
    ),
)
INCLUSION = _kind(
    7,
    "inclusion",
    Words("收录证明", "inclusion"),
    Words(
        "由声明重新算出的叶子确实收录在检查点所指的日志中",
        "the leaf, rebuilt from the statement, is in the log of the checkpoint",
    ),
)
ORIGINAL = _kind(
    8,
    "original",
    Words("原始文件", "original"),
    Words(
        "文件的字节与入库时登记的 SHA-256 和 SM3 相同",
        "the bytes of the file are those recorded when it was received",
    ),
)
LEGAL_NAME = _kind(
    9,
    "legal-name",
    Words("规范文件名", "legal name"),
    Words(
        "文件名是最近一次命名事件所给的规范文件名",
        "the file carries the name given by the newest naming event",
    ),
)
HISTORY = _kind(
    10,
    "history",
    Words("事件衔接", "history"),
    Words(
        "事件属于同一日志、同一案件和所列证据，自入库开始，次序无误",
        "the events belong to this log, matter and exhibits, and start with receipt",
    ),
)
RECEIPT_CONTENT = _kind(
    11,
    "receipt-content",
    Words("收据内容", "receipt content"),
    Words(
        "收据的规范内容与出具事件登记的摘要相同",
        "the canonical content of the receipt is that of its issuing event",
    ),
)
RECEIPT_ITEMS = _kind(
    12,
    "receipt-items",
    Words("收据所列证据", "receipt items"),
    Words(
        "收据逐项所列的证据与出具事件一致",
        "the items of the receipt are those of its issuing event",
    ),
)
CLAIM = _kind(
    13,
    "claim",
    Words("二维码签名", "QR claim"),
    Words(
        "二维码所带的签名与本收据相符",
        "the signed claim in the QR code belongs to this receipt",
    ),
)
SEAL = _kind(
    14,
    "seal",
    Words("文件签名", "seal"),
    Words(
        "PDF（或文件包）的服务签名有效，签名后没有改动",
        "the service signature on the PDF or bundle holds; nothing changed after it",
    ),
)
WHOLE_FILE = _kind(
    15,
    "whole-file",
    Words("整个文件", "whole file"),
    Words(
        "整个文件的摘要与封存事件所登记的相同",
        "the digest of the whole file is that of its sealing event",
    ),
)
TIME = _kind(
    16,
    "time",
    Words("时间证明", "time"),
    Words(
        "时间戳机构对检查点（或文件）出具的时间戳有效",
        "the time-stamp authority's token over the checkpoint or file holds",
    ),
)
TWO_PERSONS = _kind(
    17,
    "two-persons",
    Words("双人签名", "two persons"),
    Words(
        "规则要求两人的事项，各有两人以其本人密钥签名；没有这种规则的，写明姓名仅来自登录",
        "acts that the rule gives to two persons are signed with the keys of two;"
        " where there is no such rule, that names come from sign-in only",
    ),
)
WITNESSES = _kind(
    18,
    "witnesses",
    Words("见证", "witnesses"),
    Words(
        "检查点带有规则所要求的外部见证人共同签名；没有见证人的，写明另有一套历史也不会由此显现",
        "the checkpoint carries the cosignatures of as many outside witnesses as the"
        " rule asks for; where none was asked for, that a second history would not"
        " show here",
    ),
)
KEY_HISTORY = _kind(
    19,
    "key-history",
    Words("密钥沿革", "key history"),
    Words(
        "从 0 号事件起，经每次密钥变更事件，依规则逐次得出的正是所附公钥文件",
        "event 0 and every change of keys, each under the rules, lead to exactly the"
        " public keys that came along",
    ),
)
ERASURE = _kind(
    20,
    "erasure",
    Words("依法删除", "erasure"),
    Words(
        "被删除的证据由删除事件列明，包内没有它的任何内容",
        "what was erased is named by the event that erased it, and nothing of it is"
        " here",
    ),
)

CHECKS: tuple[CheckKind, ...] = (
    CONTAINER,
    NAMES,
    CHECKSUMS,
    KEYS,
    CHECKPOINT,
    STATEMENT,
    INCLUSION,
    ORIGINAL,
    LEGAL_NAME,
    HISTORY,
    RECEIPT_CONTENT,
    RECEIPT_ITEMS,
    CLAIM,
    SEAL,
    WHOLE_FILE,
    TIME,
    TWO_PERSONS,
    WITNESSES,
    KEY_HISTORY,
    ERASURE,
)
BY_NUMBER: Mapping[int, CheckKind] = MappingProxyType({c.number: c for c in CHECKS})

RESULT_WORDS: Mapping[Result, Words] = MappingProxyType(
    {
        Result.PASSED: Words("通过", "passed"),
        Result.FAILED: Words("未通过", "failed"),
        Result.INDETERMINATE: Words("无法判断", "indeterminate"),
    }
)


@dataclass(frozen=True, slots=True)
class Check:
    """One answer: which check, of what, with which result and why.

    `reason` is a plain English sentence, `reason_zh` the same in Chinese; where the
    latter is empty the English one is shown.
    """

    number: int
    name: str
    result: Result
    reason: str
    subject: str
    reason_zh: str = ""

    def reason_in(self, lang: Language) -> str:
        """The reason in `lang`, English where no Chinese sentence was given."""
        return (self.reason_zh or self.reason) if lang == "zh" else self.reason

    def as_dict(self, lang: Language = "en") -> dict[str, object]:
        """The JSON fields of the outside contract."""
        return {
            "number": self.number,
            "name": self.name,
            "result": self.result.value,
            "reason": self.reason_in(lang),
            "subject": self.subject,
        }


def passed(kind: CheckKind, subject: str, reason: Words) -> Check:
    """The check was done and holds."""
    return _answer(kind, Result.PASSED, subject, reason)


def failed(kind: CheckKind, subject: str, reason: Words) -> Check:
    """The check was done and does not hold."""
    return _answer(kind, Result.FAILED, subject, reason)


def indeterminate(kind: CheckKind, subject: str, reason: Words) -> Check:
    """The check could not be done; nothing follows from it."""
    return _answer(kind, Result.INDETERMINATE, subject, reason)


def _answer(kind: CheckKind, result: Result, subject: str, reason: Words) -> Check:
    return Check(kind.number, kind.name, result, reason.en, subject, reason.zh)


@dataclass(frozen=True, slots=True)
class Report:
    """All answers of one verification, in the order they were reached."""

    checks: tuple[Check, ...]

    @classmethod
    def of(cls, checks: Iterable[Check]) -> Report:
        """The report over `checks`."""
        return cls(tuple(checks))

    @property
    def verdict(self) -> Result:
        """Failed if any failed, else indeterminate if any is, else passed.

        A report without a single check has shown nothing: indeterminate.
        """
        results = {check.result for check in self.checks}
        if Result.FAILED in results:
            return Result.FAILED
        if Result.INDETERMINATE in results or not results:
            return Result.INDETERMINATE
        return Result.PASSED

    def to_json_lines(self, lang: Language = "en") -> str:
        """One JSON object on one line: verdict and checks[]."""
        fields = {
            "verdict": self.verdict.value,
            "checks": [check.as_dict(lang) for check in self.checks],
        }
        return json.dumps(fields, ensure_ascii=False) + "\n"
