"""Reads a log as its tiles publish it, with nothing of ours: hashlib and Ed25519.

Written from c2sp.org/tlog-tiles, tlog-checkpoint and signed-note, and RFC 6962.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from tests.tiles import entries_in

WIDTH = 256
ED25519 = 0x01


@dataclass(frozen=True, slots=True)
class PublishedLog:
    """A log whose checkpoint, entries and hashes agree."""

    origin: str
    text: str
    entries: tuple[bytes, ...]


def read_log(folder: Path, vkey: str) -> PublishedLog:
    """The log in `folder`, checked against the key; AssertionError if it is not so."""
    text, _, signatures = (folder / "checkpoint").read_text("utf-8").partition("\n\n")
    text += "\n"
    origin, size, root = text.split("\n")[:3]
    _check_signature(text, signatures, vkey)
    assert vkey.startswith(f"{origin}+")
    entries = tuple(_entries(folder / "tile" / "entries", int(size)))
    hashes = [hashlib.sha256(b"\0" + entry).digest() for entry in entries]
    _check_tiles(folder / "tile" / "0", hashes)
    assert _root(hashes) == base64.b64decode(root)
    return PublishedLog(origin, text, entries)


def _check_signature(text: str, signatures: str, vkey: str) -> None:
    name, key_id, key = vkey.split("+", 2)
    algorithm, public = base64.b64decode(key)[0], base64.b64decode(key)[1:]
    assert algorithm == ED25519
    for line in signatures.splitlines():
        dash, signer, encoded = line.split(" ")
        signed = base64.b64decode(encoded)
        if (dash, signer, signed[:4].hex()) == ("—", name, key_id):
            verifier = Ed25519PublicKey.from_public_bytes(public)
            verifier.verify(signed[4:], text.encode("utf-8"))
            return
    raise AssertionError(f"no signature by {name}")


def _parts(size: int) -> Iterator[tuple[str, int]]:
    """Name and width of every tile of the lowest level."""
    for index in range(-(-size // WIDTH)):
        width = min(WIDTH, size - index * WIDTH)
        yield f"{index:03d}" + ("" if width == WIDTH else f".p/{width}"), width


def _entries(folder: Path, size: int) -> Iterator[bytes]:
    for name, width in _parts(size):
        found = entries_in((folder / name).read_bytes())
        assert len(found) == width
        yield from found


def _check_tiles(folder: Path, hashes: Sequence[bytes]) -> None:
    data = b"".join((folder / name).read_bytes() for name, _ in _parts(len(hashes)))
    assert data == b"".join(hashes)


def _root(hashes: Sequence[bytes]) -> bytes:
    """RFC 6962, section 2.1."""
    if len(hashes) == 1:
        return hashes[0]
    split = 1 << ((len(hashes) - 1).bit_length() - 1)
    left, right = _root(hashes[:split]), _root(hashes[split:])
    return hashlib.sha256(b"\1" + left + right).digest()
