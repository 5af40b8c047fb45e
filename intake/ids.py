"""Identifiers of rows: random, short, safe to read aloud and in a URL."""

from __future__ import annotations

import hashlib
import re
import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 12
_ID = re.compile(rf"[emr][{ALPHABET}]{{{LENGTH}}}")


def new_id(prefix: str) -> str:
    """`prefix` and 60 random bits in lower-case Crockford base 32."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def derived_id(prefix: str, secret: str) -> str:
    """The same id for the same `secret`: a form sent twice names one row."""
    value = int.from_bytes(hashlib.sha256(secret.encode()).digest())
    symbols = (ALPHABET[value >> 5 * place & 31] for place in range(LENGTH))
    return prefix + "".join(symbols)


def looks_like_id(text: str) -> bool:
    """Whether `text` could be taken for the id of a row."""
    return _ID.fullmatch(text) is not None
