"""Numbers that prove themselves."""

from __future__ import annotations

_USCC = "0123456789ABCDEFGHJKLMNPQRTUWXY"


_ORGANISATION = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def with_id_check(body: str) -> str:
    """Seventeen digits and the check character of GB 11643."""
    total = sum(int(digit) * pow(2, 17 - place, 11) for place, digit in enumerate(body))
    return body + "10X98765432"[total % 11]


def with_luhn(body: str) -> str:
    """Digits and their Luhn digit (ISO/IEC 7812)."""
    total = 0
    for place, digit in enumerate(reversed(body)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return body + str(-total % 10)


def with_organisation_check(body: str) -> str:
    """Eight characters and the check character of GB 11714."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(_ORGANISATION.index(c) * w for c, w in zip(body, weights, strict=True))
    rest = 11 - total % 11
    return body + {10: "X", 11: "0"}.get(rest, str(rest))


def with_uscc_check(body: str) -> str:
    """Seventeen characters and the check character of GB 32100."""
    total = sum(_USCC.index(c) * pow(3, place, 31) for place, c in enumerate(body))
    return body + _USCC[-total % 31]
