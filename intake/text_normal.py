"""One form of text for matching, with the way back to the line it came from.

Reading engines give the same words in many shapes: full-width brackets, spaces
between the characters of a heading, ○ for 〇, traditional characters. Rules are
written for one shape only, and people are always shown the line as it was read.
Digits are never corrected: a wrong check digit is a question for a person.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Protocol

from opencc import OpenCC  # type: ignore[import-untyped]  # ships no types

LONGEST_FOLD = 4  # characters; one sign of Unicode unfolds to eighteen

_NUMERALS = "〇零一二三四五六七八九十"
_ROUND = "○◯Oo0"
_ROUND_BETWEEN = re.compile(
    rf"(?<=[{_NUMERALS}])[{_ROUND}]{{1,2}}(?=[{_NUMERALS}{_ROUND}年月日])"
)
_SPACED_NUMERALS = re.compile(rf"[{_NUMERALS}] +[○◯]|[○◯] +[{_NUMERALS}年月日]")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–―−"), "-")
_RADICALS = dict(  # PDF fonts write these for the characters; NFKC leaves them
    zip(
        map(ord, "⺠⺟⻄⻅⻆⻉⻋⻓⻔⻘⻙⻚⻛⻜⻝⻢⻣⻤⻥⻦⻧⻨⻩⻬⻮⻰⻳⻁⺒"),
        "民母西见角贝车长门青韦页风飞食马骨鬼鱼鸟卤麦黄齐齿龙龟虎巳",
        strict=True,
    )
)
_SAME = _DASHES | _RADICALS
_CJK = re.compile(
    "[\u2e80-\u303f\u3041-\u30ff\u3105-\u312f\u31a0-\u31bf\u3200-\u9fff\uf900-\ufaff"
    "\ufe30-\ufe4f！-／：-＠［-｀｛-･\U00020000-\U0003ffff]"
)


@dataclass(frozen=True, slots=True)
class PageText:
    """What was read on one page: its number from 1 and its lines from top to bottom."""

    page: int
    lines: tuple[str, ...]

    @classmethod
    def from_text(cls, page: int, text: str) -> PageText:
        """The page whose lines are those of `text`."""
        return cls(page, tuple(text.splitlines()))


@dataclass(frozen=True, slots=True)
class NormalPage:
    """A page in the form for matching.

    `text` has no line ends. `starts[i]` is the offset in `text` at which original
    line `i` begins (a line of nothing but space begins where the next one does).
    """

    page: int
    text: str
    lines: tuple[str, ...]
    starts: tuple[int, ...]

    def line_number(self, offset: int) -> int:
        """Index of the original line that holds the character at `offset`."""
        return max(bisect_right(self.starts, offset) - 1, 0)

    def line_at(self, offset: int) -> str:
        """The original line, as it was read, that holds the character at `offset`."""
        return self.lines[self.line_number(offset)].strip() if self.lines else ""

    def line_span(self, number: int) -> tuple[int, int]:
        """Offsets in `text` between which original line `number` stands."""
        last = number + 1 == len(self.starts)
        end = len(self.text) if last else self.starts[number + 1]
        return self.starts[number], end


class _Converter(Protocol):
    def convert(self, text: str) -> str: ...


@cache
def _to_simplified() -> _Converter:
    converter: _Converter = OpenCC("t2s")
    return converter


@lru_cache(maxsize=1 << 16)
def _one(char: str) -> str:
    """The matching form of a single character (may be more than one, or none)."""
    category = unicodedata.category(char)
    if category == "No":  # ① or ² beside a date must not become one of its digits
        return char
    if category in {"Cc", "Cf", "Co", "Cs", "Cn"}:
        return " " if char.isspace() else ""
    folded = unicodedata.normalize("NFKC", char).translate(_SAME)
    if len(folded) > LONGEST_FOLD:
        return char
    return _to_simplified().convert(folded) if _CJK.match(folded) else folded


def is_cjk(char: str) -> bool:
    """Whether spaces beside `char` mean nothing: an ideograph or CJK punctuation."""
    return _CJK.match(char) is not None


def normalise_page(page: PageText) -> NormalPage:
    """Bring a page into the form for matching.

    NFKC, dashes to `-`, ○ between numerals to 〇, traditional to simplified one
    character at a time, no space beside a CJK character, other white space (line
    ends too) collapsed to one space.
    """
    parts: list[str] = []
    starts: list[int] = []
    length, left, gap = 0, "", False
    for line in page.lines:
        starts.append(length)
        gap = bool(left)
        for char in line:
            if char.isspace():
                gap = True
                continue
            text = _one(char)
            if not text:
                continue
            if gap and left and not (is_cjk(left) or is_cjk(char)):
                text = " " + text
            parts.append(text)
            length += len(text)
            left, gap = char, False
    joined = _ROUND_BETWEEN.sub(_circles, "".join(parts))  # keeps every offset
    return NormalPage(page.page, joined, page.lines, tuple(starts))


def fold_line(line: str) -> tuple[str, Sequence[int]]:
    """The matching form of one line, in small letters, and where its characters stand.

    For each of them the offset in `line` of the character that it came from. White
    space is a space each; beside numerals of a date it goes, as everywhere else.
    """
    forms = [_small(char) for char in line]
    if _SPACED_NUMERALS.search("".join(forms)):
        forms = ["" if form == " " else form for form in forms]
    folded = _ROUND_BETWEEN.sub(_circles, "".join(forms))  # keeps every offset
    if all(len(form) == 1 for form in forms):
        return folded, range(len(line))
    return folded, [n for n, form in enumerate(forms) for _ in form]


@lru_cache(maxsize=1 << 16)
def _small(char: str) -> str:
    return " " if char.isspace() else _one(char).casefold()


def _circles(match: re.Match[str]) -> str:
    return "〇" * len(match[0])


def normalise_pages(pages: Sequence[PageText]) -> tuple[NormalPage, ...]:
    """`normalise_page` for each of `pages`, in their order."""
    return tuple(normalise_page(page) for page in pages)


def normalise(text: str) -> str:
    """The matching form of a short text, such as a name that a person typed."""
    return normalise_page(PageText(1, tuple(text.splitlines()))).text


def count_cjk(text: str) -> int:
    """How many CJK characters `text` has."""
    return len(_CJK.findall(text))
