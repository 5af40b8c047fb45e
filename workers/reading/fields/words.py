"""Amounts of money in Chinese capitals, such as 壹仟贰佰叁拾肆元伍角陆分.

The writing is that of the rules for payment papers (支付结算办法, annex 1): capitals,
整 or 正 after 元 or 角, 零 for a gap. Amounts are whole 分 (1/100 yuan).
"""

from __future__ import annotations

import re
from typing import Final

MOST_FEN: Final = 10**18  # 分; ten quadrillion yuan is no amount of a paper

DIGITS: Final = "零壹贰叁肆伍陆柒捌玖"
_VALUES: Final = (
    {sign: value for value, sign in enumerate(DIGITS)}
    | {sign: value for value, sign in enumerate("〇一二三四五六七八九")}
    | {"参": 3, "两": 2, "貳": 2, "參": 3, "陸": 6}
)
_SMALL: Final = {"拾": 10, "十": 10, "佰": 100, "百": 100, "仟": 1000, "千": 1000}
_LARGE: Final = (("亿", 10**8), ("万", 10**4))
_SIGNS: Final = "".join(_VALUES) + "".join(_SMALL) + "亿万"
AMOUNT_WORDS: Final = re.compile(
    rf"[{_SIGNS}]{{1,40}}[元圆](?:[{_SIGNS}]角)?零?(?:[{_SIGNS}]分)?[整正]?"
)
_PARTS = re.compile(
    rf"(?P<yuan>[{_SIGNS}]{{1,40}})[元圆](?:(?P<jiao>[{_SIGNS}])角)?"
    rf"零?(?:(?P<fen>[{_SIGNS}])分)?[整正]?"
)


def parse_amount(text: str) -> int | None:
    """The 分 that an amount in words means; None for what is no such amount."""
    match = _PARTS.fullmatch(text.strip())
    if match is None:
        return None
    yuan = _whole(match["yuan"])
    cents = [_VALUES.get(match[part] or "零") for part in ("jiao", "fen")]
    if yuan is None or None in cents:
        return None
    fen = yuan * 100 + (cents[0] or 0) * 10 + (cents[1] or 0)
    return fen if fen < MOST_FEN else None


def write_amount(fen: int) -> str:
    """An amount of less than 10^16 yuan in capitals, as a bank would write it."""
    yuan, cents = divmod(fen, 100)
    jiao, last = divmod(cents, 10)
    words = (_write_whole(yuan) or "零") + "元"
    if not cents:
        return words + "整"
    if jiao:
        words += f"{DIGITS[jiao]}角"
    elif yuan:
        words += "零"
    return words + (f"{DIGITS[last]}分" if last else "整")


def _whole(text: str) -> int | None:
    """壹亿零贰拾万叁仟: a number below 10^16, by 亿, then 万, then the rest."""
    for sign, size in _LARGE:
        head, found, tail = text.rpartition(sign)
        if found:
            upper = _whole(head)
            lower = _whole(tail) if tail else 0
            if not upper or lower is None or lower >= size:
                return None
            return upper * size + lower
    return _below_myriad(text)


def _below_myriad(text: str) -> int | None:
    """壹仟零叁拾肆: units fall from left to right, each digit before its unit."""
    value, digit, unit = 0, None, 10**4
    for sign in text:
        if sign in _SMALL:
            if _SMALL[sign] >= unit:
                return None
            unit = _SMALL[sign]
            value += (1 if digit is None else digit) * unit
            digit = None
        elif digit:
            return None
        else:
            digit = _VALUES.get(sign)
            if digit is None:
                return None
    return value + (digit or 0)


def _write_whole(number: int) -> str:
    for sign, size in _LARGE:
        if number >= size:
            upper, lower = divmod(number, size)
            gap = "零" if lower and lower < size // 10 else ""
            return _write_whole(upper) + sign + gap + _write_whole(lower)
    return _write_small(number)


def _write_small(number: int) -> str:
    words, gap = "", False
    for unit, sign in ((1000, "仟"), (100, "佰"), (10, "拾"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            words += ("零" if gap else "") + DIGITS[digit] + sign
            gap = False
        else:
            gap = bool(words)
    return words
