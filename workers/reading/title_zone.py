"""The title zone of a page: where a paper says its own name.

A Chinese heading says last what it is (关于解除劳动合同的通知 is a notice), so a name
counts fully at the end of its heading. In running text, in a book-title mark or as
the cause of a case (租赁合同纠纷) a name is that of another paper.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from intake.text_normal import NormalPage, normalise

TITLE_ZONE: Final = 120  # normalised characters at the top of the first page
LATIN_WIDTH: Final = 3  # a heading of Latin letters has about three times as many
LONGEST_HEADING: Final = 30  # characters; a longer line is no heading

_OWN_LINE: Final = 0.6  # share of the line that its title covers
_NARROW = re.compile("[ -~]")
_SENTENCE = re.compile("[,。;!?]")
_FIELD = re.compile(r"^[\u4e00-\u9fff]{1,8}:")
_IDEOGRAPH = re.compile("[\u4e00-\u9fff]")
_TOLD = re.compile("[,。;!?]|[于与你我他您其因就将]|签订|根据|依据|收到|提交|通过")
_ITEM = re.compile(
    r"(?:\d{1,2}[.、)]|[一二三四五六七八九十]{1,3}[、.]|\([一二三四五六七八九十\d]{1,3}\)"
    "|第[一二三四五六七八九十]{1,3}条)"
)
_SEAL = re.compile("(?:专用|业务|财务|合同|发票|公)章")
_COPY = re.compile(r"\([^()]{1,8}\)$")  # (正本), (副本), (二)
_MENTION_BEFORE = re.compile("[《〈][^》〉]{0,20}$")
_MENTION_AFTER = re.compile("[^《〈]{0,12}[》〉]|(?:合同)?纠纷|一案")
_AFTER_TITLE = re.compile(
    "(?:[\u4e00-\u9fff]{0,4}(?:编号|编码|单号|代码)|签[订约署]|正本|副本|复印件|样本|样张"
    "|存根|第[一二三四五六1-9]|共|[甲乙丙买卖供需]方|日期|时间|金额单位|年|电子)"
)


class Standing(enum.IntEnum):
    """How a paper's name stands on it; more is better."""

    MENTIONED = 1
    IN_LINE = 2
    OWN_LINE = 3


@dataclass(frozen=True, slots=True)
class TitleHit:
    """Where a title rule matched, how it stands there, and how long the match is."""

    offset: int
    standing: Standing
    length: int = 0

    @property
    def own_line(self) -> bool:
        """Whether the line says little else."""
        return self.standing is Standing.OWN_LINE


@dataclass(frozen=True, slots=True)
class ZoneLine:
    """A line of the title zone in matching form; `gaps`: where spaces stood in it."""

    start: int
    text: str
    gaps: frozenset[int]

    @property
    def is_heading(self) -> bool:
        """Whether it is short and no sentence."""
        short = len(self.text) - len(_NARROW.findall(self.text)) // 2 <= LONGEST_HEADING
        return short and _SENTENCE.search(self.text) is None

    @property
    def is_item(self) -> bool:
        """Whether it is numbered: a clause, or a row of a list of other papers."""
        row = re.match(r"\d{1,2}(?=[\u4e00-\u9fff])", self.text)
        listed = row is not None and row.end() in self.gaps
        return listed or _ITEM.match(self.text) is not None

    @property
    def is_seal(self) -> bool:
        """Whether it is what is left of a seal."""
        return self.is_heading and _SEAL.search(self.text) is not None


def find_title(rules: Sequence[re.Pattern[str]], page: NormalPage) -> TitleHit | None:
    """The best match of `rules`: a line of its own, else in a line, else across lines.

    `^` and `$` in a rule are the ends of a line.
    """
    best: TitleHit | None = None
    for line in zone_lines(page):
        for hit in _hits(rules, line):
            if hit.own_line:
                return hit
            if best is None or hit.standing > best.standing:
                best = hit
    return best or _across_lines(rules, page)


def zone_lines(page: NormalPage) -> list[ZoneLine]:
    """The lines that begin in the title zone, cut at its end, without seals."""
    zone, found = _zone_end(page.text), []
    for number in range(len(page.starts)):
        start, end = page.line_span(number)
        if start >= zone:
            break
        text = page.text[start : min(end, zone)]
        indent = len(text) - len(text.lstrip())
        if text.strip():
            gaps = _gaps(page.lines[number])
            line = ZoneLine(start + indent, text.strip(), gaps)
            found.extend([] if line.is_seal else [line])
    return found


def _hits(rules: Sequence[re.Pattern[str]], line: ZoneLine) -> Iterator[TitleHit]:
    for rule in rules:
        match = rule.search(line.text)
        if match is not None:
            standing = _standing(line, match)
            yield TitleHit(line.start + match.start(), standing, len(match[0]))


def _standing(line: ZoneLine, match: re.Match[str]) -> Standing:
    before, after = line.text[: match.start()], line.text[match.end() :]
    if line.is_item or _is_mention(before, after):
        return Standing.MENTIONED
    if not line.is_heading:
        told = _TOLD.search(before) or _SENTENCE.search(match[0])
        return Standing.MENTIONED if told else Standing.IN_LINE
    if not _ends_heading(line, match.end()):
        return Standing.MENTIONED
    kept = len(_COPY.sub("", line.text))
    covered = len(match[0]) >= _OWN_LINE * kept
    whole = covered or (not after and _FIELD.match(line.text) is None)
    return Standing.OWN_LINE if whole else Standing.IN_LINE


def _is_mention(before: str, after: str) -> bool:
    cited = _MENTION_BEFORE.search(before) and _MENTION_AFTER.match(after)
    return bool(cited) or re.match("(?:合同)?纠纷|一案", after) is not None


def _ends_heading(line: ZoneLine, end: int) -> bool:
    """Whether the heading ends at `end`: nothing, a mark, a gap or a field follows."""
    after = line.text[end:]
    if line.text[end - 1] == ":" or end in line.gaps or _IDEOGRAPH.match(after) is None:
        return True
    return _AFTER_TITLE.match(after) is not None


def _gaps(original: str) -> frozenset[int]:
    """Offsets in the matching form of a line before which white space stood."""
    found, length = set(), 0
    for piece in original.split():
        found.add(length)
        length += len(normalise(piece))
    return frozenset(found)


def _across_lines(
    rules: Sequence[re.Pattern[str]], page: NormalPage
) -> TitleHit | None:
    """A heading that the reading engine broke into two lines."""
    zone = page.text[: _zone_end(page.text)]
    begins = [line.start for line in zone_lines(page)]
    for rule in rules:
        match = rule.search(zone)
        if match is not None and _stands_in(page, match.start(), begins):
            told = re.search("[。;!?]", match[0]) or _is_told(page, match)
            standing = Standing.MENTIONED if told else Standing.IN_LINE
            return TitleHit(match.start(), standing, len(match[0]))
    return None


def _stands_in(page: NormalPage, offset: int, begins: Sequence[int]) -> bool:
    """Whether the line at `offset` is one of those that begin there: no seal."""
    start, end = page.line_span(page.line_number(offset))
    return any(start <= begin < end for begin in begins)


def _is_told(page: NormalPage, match: re.Match[str]) -> bool:
    """Whether the line in which the match begins is running text."""
    start, _ = page.line_span(page.line_number(match.start()))
    return _SENTENCE.search(page.text[start : match.start()]) is not None


def _zone_end(text: str) -> int:
    """Where the title zone ends: three Latin characters count as one."""
    latin = len(_NARROW.findall(text[: TITLE_ZONE * LATIN_WIDTH]))
    return TITLE_ZONE + latin * (LATIN_WIDTH - 1) // LATIN_WIDTH
