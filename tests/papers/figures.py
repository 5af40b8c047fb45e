"""Amounts in figures and in the words of cashiers."""

from __future__ import annotations

_CAPITALS = "零壹贰叁肆伍陆柒捌玖"


def yuan(fen: int) -> str:
    """12,345.60."""
    return f"{fen // 100:,}.{fen % 100:02}"


def plain_yuan(fen: int) -> str:
    """12345.60."""
    return f"{fen // 100}.{fen % 100:02}"


def capitals(fen: int) -> str:
    """An amount below 10^12 yuan in words, as on cheques: 壹万贰仟叁佰元整."""
    whole, part = divmod(fen, 100)
    text = _whole(whole) + "元"
    jiao, cent = divmod(part, 10)
    if part == 0:
        return text + "整"
    if jiao:
        text += _CAPITALS[jiao] + "角"
    elif whole:
        text += "零"
    return text + (_CAPITALS[cent] + "分" if cent else "整")


def _whole(number: int) -> str:
    if number == 0:
        return "零"
    text, gap = "", False
    for unit, name in ((10**8, "亿"), (10**4, "万"), (1, "")):
        part, number = divmod(number, unit)
        if part == 0:
            gap = bool(text)
            continue
        if text and (gap or part < 1000):
            text += "零"
        text += _thousands(part) + name
        gap = False
    return text


def _thousands(number: int) -> str:
    text, gap = "", False
    for unit, name in ((1000, "仟"), (100, "佰"), (10, "拾"), (1, "")):
        digit, number = divmod(number, unit)
        if digit == 0:
            gap = bool(text)
            continue
        text += ("零" if gap else "") + _CAPITALS[digit] + name
        gap = False
    return text
