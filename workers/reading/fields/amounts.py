"""Amounts in figures and in words, and whether the two say the same.

Only an amount in words is compared, with the figures beside it: in its own line, else
in the next or the one before. Without figures beside it nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from intake.reading import Field
from workers.reading.fields.source import Source
from workers.reading.fields.words import AMOUNT_WORDS, parse_amount

LEAST_SIGNS: Final = 3  # 壹元整; 一元 in running text is no amount in words
BAD: Final = "bad"

_MARKED = r"(?:¥|￥|RMB|CNY|人民币|小写[):]{0,2})[: ]?"
_NUMBER = r"(?:\d{1,3}(?:,\d{3}){1,5}|\d{1,13})(?:\.\d{1,2})?"
_FIGURES = re.compile(
    rf"(?i){_MARKED}(?P<a>{_NUMBER})(?![\d万亿])|(?<![\d.,])(?P<b>{_NUMBER})元"
)
_CAPITALS = re.compile("[壹贰叁参肆伍陆柒捌玖拾佰仟]")


def find_amounts(lines: Sequence[Source]) -> Iterator[Field]:
    """Fields `amount_words` (value in yuan, compared) and `amount` in figures."""
    for number, source in enumerate(lines):
        words = list(_in_words(source.text))
        beside = [figures(each.text) for each in _near(lines, number)]
        for text, fen in words:
            yield source.field("amount_words", text, _agreement(fen, beside))
        for fen in dict.fromkeys(figures(source.text)):
            yield source.field("amount", yuan(fen))


def figures(text: str) -> list[int]:
    """The amounts in figures in a line, in 分."""
    found = []
    for match in _FIGURES.finditer(text):
        whole, _, cents = (match["a"] or match["b"]).replace(",", "").partition(".")
        found.append(int(whole) * 100 + int(cents.ljust(2, "0")))
    return found


def yuan(fen: int) -> str:
    """An amount as people write it: `1,234.56`."""
    return f"{fen // 100:,}.{fen % 100:02}"


def _in_words(text: str) -> Iterator[tuple[str, int]]:
    for match in AMOUNT_WORDS.finditer(text):
        fen = parse_amount(match[0])
        if fen and len(match[0]) >= LEAST_SIGNS and _CAPITALS.search(match[0]):
            yield match[0], fen


def _near(lines: Sequence[Source], number: int) -> Iterator[Source]:
    """The line itself, the next and the one before, on the same page."""
    for near in (number, number + 1, number - 1):
        if 0 <= near < len(lines) and lines[near].page == lines[number].page:
            yield lines[near]


def _agreement(fen: int, beside: Sequence[Sequence[int]]) -> str:
    """`ok` when a figure near it is the same; bad when its own line has only others."""
    if any(fen in amounts for amounts in beside):
        return "ok"
    return BAD if len(beside[0]) == 1 else ""
