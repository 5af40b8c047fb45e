"""Numbers in Chinese characters, ordinary and banking, as dates use them."""

from __future__ import annotations

_DIGITS = {c: n for n, c in enumerate("〇一二三四五六七八九")}
_DIGITS |= {c: n for n, c in enumerate("零壹贰叁肆伍陆柒捌玖")}
_DIGITS |= {"两": 2, "元": 1, "貳": 2, "參": 3, "参": 3, "陸": 6}
_TENS = {"十": 1, "拾": 1, "廿": 2, "卅": 3}


def parse_number(text: str) -> int | None:
    """The value of arabic digits, 二〇二五, 三十一, 廿九, 零捌 or 贰拾玖; else None."""
    if text.isascii():
        return int(text) if text.isdigit() else None
    ten = next((i for i, c in enumerate(text) if c in _TENS), None)
    if ten is None:
        return _digit_by_digit(text)
    return _with_ten(text[:ten], text[ten], text[ten + 1 :])


def _digit_by_digit(text: str) -> int | None:
    value = 0
    for char in text:
        if char not in _DIGITS:
            return None
        value = value * 10 + _DIGITS[char]
    return value


def _with_ten(before: str, ten: str, after: str) -> int | None:
    before = before.lstrip("零〇")
    tens, ones = _digit_by_digit(before), _digit_by_digit(after)
    if tens is None or ones is None or len(before) > 1 or len(after) > 1:
        return None
    return (tens if before else 1) * _TENS[ten] * 10 + ones
