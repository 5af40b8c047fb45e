"""Takes the static files of a log apart, as c2sp.org/tlog-tiles says."""

from __future__ import annotations

HASH_BYTES = 32


def hashes_in(tile: bytes) -> list[bytes]:
    """The hashes of a hash tile."""
    assert len(tile) % HASH_BYTES == 0
    return [tile[at : at + HASH_BYTES] for at in range(0, len(tile), HASH_BYTES)]


def entries_in(bundle: bytes) -> list[bytes]:
    """The entries of an entry bundle, each behind its length."""
    entries, at = list[bytes](), 0
    while at < len(bundle):
        start = at + 2
        at = start + int.from_bytes(bundle[at:start], "big")
        entries.append(bundle[start:at])
    assert at == len(bundle)
    return entries
