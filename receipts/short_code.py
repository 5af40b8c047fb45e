"""The short code of a receipt: eight symbols a person can read out on the phone.

The code says which receipt a paper is (its day and its number within the day), and
carries two check symbols. It is a name, not a secret and not a signature.

The code, so that anyone can rebuild it:

- Alphabet: 32 symbols, `23456789ABCDEFGHJKLMNPQRSTUVWXYZ`, without 0, O, 1 and I. A
  symbol stands for its place in that line, a number of five bits.
- Data: 15 bits days since 2020-01-01, then 15 bits sequence within the day (from 1),
  most significant bit first, cut into six symbols d0 … d5.
- Check: a Reed-Solomon code of distance 3 over GF(32), the field of polynomials
  modulo x⁵ + x² + 1, with α = x. The symbols s0 … s7 are d0 … d5 and two checks, such
  that Σ sᵢ = 0 and Σ αⁱ·sᵢ = 0.
- Print: `XXXX-XXXX`.

Any two wrong symbols are noticed, hence every single wrong symbol and every exchange
of two symbols, neighbours or not.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import dataclass

from integrity.errors import MalformedError

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
LENGTH = 8
FIRST_DAY = dt.date(2020, 1, 1)
MAX_DAYS = (1 << 15) - 1
MAX_SEQUENCE = (1 << 15) - 1

_WHAT = "short code"
_MODULUS = 0b100101
_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}
_CONFUSABLE = frozenset("01OI")
# Longest text a person may type for eight symbols: separators included, no more.
_MAX_TYPED = 32


@dataclass(frozen=True, slots=True)
class ShortCode:
    """The receipt a code names: local day of issue, number within that day."""

    day: dt.date
    sequence: int

    def __post_init__(self) -> None:
        """Refuse what five-bit symbols cannot carry (MalformedError)."""
        if not 0 <= (self.day - FIRST_DAY).days <= MAX_DAYS:
            raise MalformedError(_WHAT, f"day {self.day} is outside the code")
        if not 1 <= self.sequence <= MAX_SEQUENCE:
            raise MalformedError(_WHAT, f"sequence {self.sequence} is outside the code")

    @property
    def number(self) -> str:
        """The receipt number the code stands for, `R20250829-0007`."""
        return f"R{self.day:%Y%m%d}-{self.sequence:04d}"

    def text(self) -> str:
        """The eight symbols, printed `XXXX-XXXX`."""
        bits = (self.day - FIRST_DAY).days << 15 | self.sequence
        data = [bits >> shift & 31 for shift in range(25, -1, -5)]
        symbols = "".join(ALPHABET[value] for value in data + _checks(data))
        return f"{symbols[:4]}-{symbols[4:]}"


def parse_number(claimed_number: str) -> ShortCode:
    """Read a receipt number `R20250829-0007`; MalformedError unless it re-prints."""
    day_text, _, sequence_text = claimed_number[1:].partition("-")
    try:
        day = dt.datetime.strptime(day_text, "%Y%m%d").replace(tzinfo=dt.UTC).date()
        code = ShortCode(day, int(sequence_text))
    except ValueError as error:
        raise MalformedError("receipt number", "it is not R<date>-<number>") from error
    if code.number != claimed_number:
        raise MalformedError("receipt number", "it is not R<date>-<number>")
    return code


def decode(claimed_code: str) -> ShortCode:
    """Read a code as typed: any case, with or without hyphen and spaces.

    Raises:
        MalformedError: wrong length, a symbol outside the alphabet (named), or check
            symbols that do not fit.
    """
    values = [_value(symbol) for symbol in _typed_symbols(claimed_code)]
    if len(values) != LENGTH:
        raise MalformedError(_WHAT, f"it has {len(values)} symbols, not {LENGTH}")
    if _checks(values[:6]) != values[6:]:
        raise MalformedError(_WHAT, "the check symbols do not fit: it was misread")
    bits = 0
    for value in values[:6]:
        bits = bits << 5 | value
    return ShortCode(FIRST_DAY + dt.timedelta(days=bits >> 15), bits & MAX_SEQUENCE)


def _typed_symbols(claimed_code: str) -> str:
    if len(claimed_code) > _MAX_TYPED:
        raise MalformedError(_WHAT, "it is too long")
    folded = unicodedata.normalize("NFKC", claimed_code).upper()
    return "".join(folded.split()).replace("-", "")


def _value(symbol: str) -> int:
    if symbol in _CONFUSABLE:
        raise MalformedError(_WHAT, f"{symbol} never occurs in it: look again")
    if symbol not in _VALUES:
        raise MalformedError(_WHAT, f"U+{ord(symbol):04X} is not a symbol of it")
    return _VALUES[symbol]


def _checks(data: list[int]) -> list[int]:
    """The two symbols that make both sums of the code zero, given the first six."""
    plain = weighted = 0
    for place, value in enumerate(data):
        plain ^= value
        weighted ^= _times_power(value, place)
    # s6 + s7 = plain and α⁶·s6 + α⁷·s7 = weighted, hence
    # α⁶·s7 + α⁷·s7 = weighted + α⁶·plain.
    wanted = weighted ^ _times_power(plain, 6)
    last = next(
        value
        for value in range(32)
        if _times_power(value, 6) ^ _times_power(value, 7) == wanted
    )
    return [plain ^ last, last]


def _times_power(value: int, power: int) -> int:
    """`value` · α^`power` in GF(32)."""
    for _ in range(power):
        value <<= 1
        if value & 32:
            value ^= _MODULUS
    return value
