"""What stands around a date: is it the paper's own date, or one it speaks of?

A paper is full of dates that are not its own: births, terms, validity, hearings,
statutes, the day it was printed. This module says which is which; it does not choose.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from intake.date_roles import role_before
from intake.text_normal import NormalPage
from workers.reading.date_patterns import Written, find_written
from workers.reading.date_told import told_dates

MOST_AT_AN_END: Final = 200  # dates looked at from each end of a page
LEAST_LEFT: Final = 4  # what ends with its date is dated by it, sentence or not
_LABEL_REACH: Final = 20  # characters before a date in which a label of it can stand
_BLANK = re.compile(
    r"(?<![\d〇零一二三四五六七八九_ 生])(?:(?:20)?[_ ]{0,9})年[_ ]{0,9}月[_ ]{0,9}日"
)
_SILENT: Final = re.compile(
    r"民国[〇零一二三四五六七八九十百\d]{1,5}年[\d一二三四五六七八九十]{0,3}月?"
    r"[\d一二三四五六七八九十]{0,3}日?"
    r"|(?:光绪|宣统|同治|咸丰|道光)[元一二三四五六七八九十]{1,3}年"
    r"|(?:农历|阴历|旧历|夏历)[^。;\n]{0,14}"
    r"|(?:正月|腊月|冬月)初?[一二三四五六七八九十廿]{1,3}"
    r"|[甲乙丙丁戊己庚辛壬癸][子丑寅卯辰巳午未申酉戌亥]年"
    r"|[(〔\[](?:19|20)\d{2}[)〕\]]"
    r"|[1-9]\d{5}(?:19|20)\d{6}\d{3}[\dX]"
    r"|(?:法释|法发|公通字|国发|司发通)[\[〔(](?:19|20)\d{2}[\]〕)]"
    r"|(?:19|20)\d{2}年(?:\d{1,2}月\d{1,2}日)?(?:第.{1,3}次)?(?:修订|修正|施行|起施行)"
    r"|GF-(?:19|20)\d{2}-?\d{0,4}"
)
_BIRTH_BEFORE = re.compile(
    r"(?:出生(?:日期|年月日?)?|生于|生日|(?i:date ?of ?birth|dob|born))[^\d]{0,3}$"
)
_BIRTH_AFTER = re.compile(r"^[日号]?(?:出生|生于|生[,。;、)])")
_VALIDITY = re.compile(
    r"(?:有效期[限至]?|有效日期|营业期限|保质期|授权期限|租赁期[限间]?|租期|合同期限?"
    r"|使用期限|保险期间|保证期间|代理期限|(?i:valid|expir)[a-z ]{0,12})[^。;\d]{0,12}$"
)
_PRINTED = re.compile(
    r"(?:打印|查询|导出|下载|截图|(?i:print(?:ed)?))"
    r"(?:时间|日期| on| date)?[^。;\d]{0,4}$"
)
_OTHER_LABEL = re.compile(
    r"(?:成立|受理|基准|事故|还款|归还|交货|到期|届满|开庭|应到|初次领证|开工|竣工|生产"
    r"|出厂|入职|离职|解除|生效|起始|开始|终止|截止|结束|提货|付清|有效|受伤|入院|鉴定|评估"
    r"|举证|收到|签收|登记|注册|发布|起租|交付|完工)(?:日期|时间|日|期限)[^。;\d]{0,3}$"
    r"|(?i:due(?: date)?|deliver[a-z]{1,3}|effective until)[^\d]{0,4}$"
)
_BODY_BEFORE = re.compile(r"(?:自|从|至|截[至止]|到|于|在|因|止|原|即)$")
_BODY_AFTER = re.compile(
    r"^(?:之?前|以前|之?后|以后|起|止|开始|期间|底|为止|内|签订|签署|收到|向|与|在|和|,)"
)
_PERIOD = re.compile(r"^[日起]?[ (]?(?:起?至|到|-{1,3}|~|—{1,2}|to|through)[ ]?$")
_CLOSING_WORDS = re.compile(
    r"^(?:书记员|法官助理|代书记员|[(\[]?(?:院印|盖章|公章|签[字章名])|本件与原本|附[::]|$)"
)
_LINE_LABELS = re.compile(
    r"(?:签[字署订名章]|落款|盖章|出具|填写)?(?:日期|时间)|(?i:dated?)"
    r"|[::()\s.,、。_年月日]"
)


class Context(enum.StrEnum):
    """What a date is, by the words around it."""

    FREE = "free"
    BODY = "spoken of in the text"
    LABELLED = "under another label"
    PERIOD_START = "start of a period"
    PERIOD_END = "end of a period"
    VALIDITY = "validity"
    PRINTED = "print time"
    BIRTH = "birth"


_BEFORE: Final = (
    (_PRINTED, Context.PRINTED),
    (_OTHER_LABEL, Context.LABELLED),
    (_BODY_BEFORE, Context.BODY),
)


@dataclass(frozen=True, slots=True)
class Found:
    """A date on a page. `own_line`: its line says nothing else.

    `closing`: what follows it is the end of a paper. `left` is the number of
    characters that follow on the page. `told`: a sentence or the row of a table
    speaks of it; `role` is the label that stands before it, if a known one does.
    """

    page: NormalPage
    written: Written
    context: Context
    own_line: bool
    closing: bool
    left: int
    told: bool = False
    role: str = ""

    @property
    def line(self) -> str:
        """The line as it was read."""
        return self.page.line_at(self.written.start)


def find_on_page(page: NormalPage) -> tuple[Found, ...]:
    """The dates on a page in reading order, with what they are.

    Without those that are never ours to use: 民国 and lunar dates, the years of case
    numbers, identity numbers, law citations.
    """
    silent = bytearray(len(page.text))
    for match in _SILENT.finditer(page.text):
        silent[match.start() : match.end()] = b"\1" * len(match[0])
    written = tuple(
        w for w in find_written(page.text) if not any(silent[w.start : w.end])
    )
    if len(written) > 2 * MOST_AT_AN_END:
        written = written[:MOST_AT_AN_END] + written[-MOST_AT_AN_END:]
    return tuple(_described(page, written))


def has_blank_date(text: str) -> bool:
    """Whether a form's 年 月 日 was left empty in `text`."""
    return _BLANK.search(text) is not None


def _described(page: NormalPage, written: tuple[Written, ...]) -> Iterator[Found]:
    lines = _line_dates(page, written)
    told = told_dates(page, written)
    for number, date in enumerate(written):
        before = written[number - 1] if number else None
        after = written[number + 1] if number + 1 < len(written) else None
        alone = lines.get(page.line_number(date.start), False)
        rest = page.text[date.end : date.end + 12].lstrip()
        yield Found(
            page,
            date,
            _context(page.text, date, before, after),
            alone,
            _CLOSING_WORDS.match(rest) is not None,
            len(page.text) - date.end,
            number in told and not alone and len(rest) > LEAST_LEFT,
            role_before(page.text[max(date.start - _LABEL_REACH, 0) : date.start]),
        )


def _line_dates(page: NormalPage, written: tuple[Written, ...]) -> dict[int, bool]:
    """For each line with dates: does it hold nothing but dates and their labels?"""
    found = {}
    for number in {page.line_number(date.start) for date in written}:
        start, end = page.line_span(number)
        line = list(page.text[start:end])
        for date in written:
            if start <= date.start < end:
                line[date.start - start : date.end - start] = " " * (
                    date.end - date.start
                )
        found[number] = not _LINE_LABELS.sub("", "".join(line))
    return found


def _context(
    text: str, date: Written, before: Written | None, after: Written | None
) -> Context:
    left = text[max(date.start - _LABEL_REACH, 0) : date.start]
    right = text[date.end : date.end + 6]
    if _BIRTH_BEFORE.search(left) or _BIRTH_AFTER.match(right):
        return Context.BIRTH
    if _VALIDITY.search(left) or (before and _ends_validity(text, before, date)):
        return Context.VALIDITY
    return (
        _of_period(text, date, before, after)
        or _by_label(left)
        or (_BODY_AFTER.match(right) and Context.BODY)
        or Context.FREE
    )


def _of_period(
    text: str, date: Written, before: Written | None, after: Written | None
) -> Context | None:
    if after and _PERIOD.match(text[date.end : after.start]):
        return Context.PERIOD_START
    if before and _PERIOD.match(text[before.end : date.start]):
        return Context.PERIOD_END
    return None


def _by_label(left: str) -> Context | None:
    """What the words directly before a date make of it."""
    for pattern, context in _BEFORE:
        if pattern.search(left):
            return context
    return None


def _ends_validity(text: str, before: Written, date: Written) -> bool:
    start = text[max(before.start - _LABEL_REACH, 0) : before.start]
    joined = _PERIOD.match(text[before.end : date.start]) is not None
    return joined and _VALIDITY.search(start) is not None
