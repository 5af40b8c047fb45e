"""The secret part of a receipt's address: 128 random bits in Crockford base 32.

Only the digest of a token is ever kept. The alphabet is the one of Douglas Crockford's
base 32 (no i, l, o, u), written in lower case; 26 symbols hold 130 bits, so the first
symbol is at most 7.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from integrity.errors import MalformedError

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 26
TOKEN_BYTES = 16

_WHAT = "token"
_LARGEST_FIRST = 7
_VALUES = {symbol: value for value, symbol in enumerate(ALPHABET)}
_LOOKALIKES = {"o": "0", "i": "1", "l": "1"}
# A token copied by hand may carry separators; anything longer is not a token.
_MAX_TYPED = 64


def new_token() -> str:
    """A fresh token from the system's random source, 26 lower-case symbols."""
    return encode(secrets.token_bytes(TOKEN_BYTES))


def encode(value: bytes) -> str:
    """Write 16 bytes as 26 symbols, most significant first (MalformedError else)."""
    if len(value) != TOKEN_BYTES:
        raise MalformedError(_WHAT, f"it has {len(value)} bytes, not {TOKEN_BYTES}")
    number = int.from_bytes(value, "big")
    shifts = range(5 * (LENGTH - 1), -1, -5)
    return "".join(ALPHABET[number >> shift & 31] for shift in shifts)


def decode(claimed_token: str) -> str:
    """The canonical token for what a person typed or scanned.

    Case does not matter, `o` reads as 0, `i` and `l` read as 1, hyphens and spaces are
    dropped.

    Raises:
        MalformedError: any other symbol, wrong length, or more than 128 bits.
    """
    if len(claimed_token) > _MAX_TYPED or not claimed_token.isascii():
        raise MalformedError(_WHAT, "it is not 26 symbols of Crockford base 32")
    typed = "".join(claimed_token.lower().split()).replace("-", "")
    token = "".join(_LOOKALIKES.get(symbol, symbol) for symbol in typed)
    if len(token) != LENGTH or any(symbol not in _VALUES for symbol in token):
        raise MalformedError(_WHAT, "it is not 26 symbols of Crockford base 32")
    if _VALUES[token[0]] > _LARGEST_FIRST:
        raise MalformedError(_WHAT, "it holds more than 128 bits")
    return token


def token_sha256(token: str) -> str:
    """Hex SHA-256 of the canonical token's 26 ASCII symbols: all that is kept."""
    return hashlib.sha256(decode(token).encode("ascii")).hexdigest()


def same_token(claimed_token: str, kept_sha256: str) -> bool:
    """Whether the token has the kept digest, in time that tells nothing of where."""
    try:
        claimed_sha256 = token_sha256(claimed_token)
    except MalformedError:
        return False
    return hmac.compare_digest(claimed_sha256.encode(), kept_sha256.encode())
