"""SM3 (GB/T 32905) that other threads can run beside, where this Python has one.

The OpenSSL of `hashlib` hashes without holding the interpreter; that of some systems
was built without SM3, and there the other library does the same, only not beside
anything else.
"""

from __future__ import annotations

import hashlib
from typing import Protocol

from cryptography.hazmat.primitives import hashes


class Hasher(Protocol):
    """A running digest."""

    def update(self, data: bytes, /) -> None:
        """Take in `data`."""
        ...

    def hexdigest(self) -> str:
        """The digest of everything so far, lower-case hex."""
        ...


def new_sm3() -> Hasher:
    """A fresh SM3."""
    try:
        return hashlib.new("sm3")
    except ValueError:
        return _OtherSm3()


class _OtherSm3:
    """The same by another library."""

    def __init__(self) -> None:
        self._hash = hashes.Hash(hashes.SM3())

    def update(self, data: bytes, /) -> None:
        self._hash.update(data)

    def hexdigest(self) -> str:
        return self._hash.copy().finalize().hex()
