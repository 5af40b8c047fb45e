"""Structured numbers on a page, and the check digits by which they prove themselves.

A number that fails its check digit is not repaired and does not count: it may be
misread, and only a person can see that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from intake.evidence_type import CheckDigits, StructureField
from intake.text_normal import NormalPage

_LENGTH: Final = 18  # of both national numbers
_USCC_SIGNS: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCC_WEIGHTS: Final = (1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28)
_ID_WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ID_SIGNS: Final = "10X98765432"
_BESIDE_REACH: Final = 12  # characters before a number in which its label stands
_MOST_TRIED: Final = 50  # numbers of one kind looked at on a page


@dataclass(frozen=True, slots=True)
class StructureHit:
    """A structured number that was found and, where it can, proved itself."""

    field: StructureField
    text: str
    page: NormalPage
    offset: int


def is_uscc(text: str) -> bool:
    """Whether the 18th sign of a 统一社会信用代码 is right (GB 32100-2015, mod 31)."""
    if len(text) != _LENGTH or any(sign not in _USCC_SIGNS for sign in text):
        return False
    values = [_USCC_SIGNS.index(sign) for sign in text]
    total = sum(w * v for w, v in zip(_USCC_WEIGHTS, values, strict=False))
    return values[17] == (31 - total % 31) % 31


def is_id_no(text: str) -> bool:
    """Whether the 18th sign of a 公民身份号码 is right (GB 11643-1999, mod 11-2)."""
    digits = text[:17]
    if len(text) != _LENGTH or not (digits.isascii() and digits.isdigit()):
        return False
    total = sum(w * int(d) for w, d in zip(_ID_WEIGHTS, digits, strict=True))
    return text[17] == _ID_SIGNS[total % 11]


def is_luhn(text: str) -> bool:
    """Whether the last digit of a card number is right (ISO/IEC 7812-1 annex B)."""
    if not (text.isascii() and text.isdigit()):
        return False
    digits = [int(char) for char in reversed(text)]
    doubled = "".join(str(2 * digit) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(map(int, doubled))) % 10 == 0


_CHECKS: Final[dict[CheckDigits, Callable[[str], bool]]] = {
    CheckDigits.NONE: bool,
    CheckDigits.USCC: is_uscc,
    CheckDigits.ID_NO: is_id_no,
    CheckDigits.LUHN: is_luhn,
}


def find_structure(
    pages: Sequence[NormalPage], field: StructureField
) -> StructureHit | None:
    """The first number of this kind that proves itself, or None."""
    for page in pages:
        hit = _on_page(page, field)
        if hit is not None:
            return hit
    return None


def _on_page(page: NormalPage, field: StructureField) -> StructureHit | None:
    proves = _CHECKS[field.check]
    for tried, match in enumerate(field.pattern.finditer(page.text)):
        if tried == _MOST_TRIED:
            break
        before = page.text[max(match.start() - _BESIDE_REACH, 0) : match.start()]
        if field.beside is not None and field.beside.search(before) is None:
            continue
        if proves(match[0]):
            return StructureHit(field, match[0], page, match.start())
    return None
