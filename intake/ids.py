"""Identifiers of rows: random, short, safe to read aloud and in a URL."""

from __future__ import annotations

import secrets

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
LENGTH = 12


def new_id(prefix: str) -> str:
    """`prefix` and 60 random bits in lower-case Crockford base 32."""
    return prefix + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
