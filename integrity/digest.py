"""SHA-256 and SM3 of the same bytes, always both and always in one read.

SHA-256: FIPS 180-4. SM3: GB/T 32905-2016.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives import hashes

from integrity.errors import MalformedError

CHUNK_BYTES = 1 << 20  # large enough that hashing, not system calls, takes the time

_HEX_DIGEST = re.compile(r"[0-9a-f]{64}")


class ByteStream(Protocol):
    """Anything that is read like a binary file."""

    def read(self, size: int = -1, /) -> bytes:
        """At most `size` bytes, all that is left when negative, b"" at the end."""
        ...


@dataclass(frozen=True, slots=True)
class Digests:
    """Both digests of one byte string, 64 lower-case hex digits each.

    Raises:
        MalformedError: one of them is anything else.
    """

    sha256: str
    sm3: str

    def __post_init__(self) -> None:
        for name, value in self.as_dict().items():
            if not _HEX_DIGEST.fullmatch(value):
                raise MalformedError(f"{name} digest", "not 64 lower-case hex digits")

    def as_dict(self) -> dict[str, str]:
        """The in-toto DigestSet: `{"sha256": …, "sm3": …}`."""
        return {"sha256": self.sha256, "sm3": self.sm3}


class DigestReader:
    """Hands on the bytes of `stream` and hashes each of them once as it passes."""

    def __init__(self, stream: ByteStream) -> None:
        self._stream = stream
        self._sha256 = hashlib.sha256()
        self._sm3 = hashes.Hash(hashes.SM3())
        self.size = 0

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes of the stream, as the stream gives them."""
        data = self._stream.read(size)
        self._sha256.update(data)
        self._sm3.update(data)
        self.size += len(data)
        return data

    def digests(self) -> Digests:
        """Digests of everything read so far; reading may go on afterwards."""
        return Digests(self._sha256.hexdigest(), self._sm3.copy().finalize().hex())


def digest_bytes(data: bytes) -> Digests:
    """Both digests of `data`."""
    sm3 = hashes.Hash(hashes.SM3())
    sm3.update(data)
    return Digests(hashlib.sha256(data).hexdigest(), sm3.finalize().hex())


def digest_file(path: Path) -> tuple[Digests, int]:
    """Both digests of a file, and its size in bytes; memory stays bounded.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as stream:
        reader = DigestReader(stream)
        while reader.read(CHUNK_BYTES):
            pass
    return reader.digests(), reader.size
