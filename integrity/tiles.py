"""The log as static files (c2sp.org/tlog-tiles): hash tiles and entry bundles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from integrity.errors import MalformedError
from integrity.merkle import MAX_TREE_SIZE, NodeReader

TILE_HEIGHT = 8  # tree levels a tile spans
FULL_WIDTH = 256  # hashes in a full tile, entries in a full bundle
MAX_TILE_LEVEL = 63  # the specification's bound
MAX_ENTRY_BYTES = 0xFFFF  # the length is an uint16

_LENGTH_BYTES = 2
_ENTRIES = "entries"


@dataclass(frozen=True, slots=True, order=True)
class Tile:
    """Where a tile is and how many hashes it holds (256: it is full)."""

    level: int
    index: int
    width: int


def tile_path(level: int, index: int, width: int) -> str:
    """Path of a hash tile below the log's address, e.g. `tile/0/x001/x234/067`.

    Raises:
        MalformedError: no such tile can exist.
    """
    if not 0 <= level <= MAX_TILE_LEVEL:
        raise MalformedError("tile", f"its level is not 0 to {MAX_TILE_LEVEL}")
    return _path(str(level), index, width)


def entries_path(index: int, width: int) -> str:
    """Path of an entry bundle, e.g. `tile/entries/000.p/7`.

    Raises:
        MalformedError: no such bundle can exist.
    """
    return _path(_ENTRIES, index, width)


def tiles_for(size: int) -> Iterator[Tile]:
    """Every hash tile of the tree of `size` leaves, the level 0 tiles first.

    Entry bundles are as many and as wide as the tiles of level 0.

    Raises:
        MalformedError: no tree has that size.
    """
    if not 0 <= size <= MAX_TREE_SIZE:
        raise MalformedError("tile", "no tree has that size")
    level, hashes = 0, size
    while hashes:
        full, partial = divmod(hashes, FULL_WIDTH)
        for index in range(full):
            yield Tile(level, index, FULL_WIDTH)
        if partial:
            yield Tile(level, full, partial)
        level, hashes = level + 1, full


def encode_tile(tile: Tile, read: NodeReader) -> bytes:
    """Content of a hash tile, from the complete nodes of the tree."""
    level = tile.level * TILE_HEIGHT
    first = tile.index * FULL_WIDTH
    return b"".join(read(level, first + offset) for offset in range(tile.width))


def encode_entries(entries: Sequence[bytes]) -> bytes:
    """Content of an entry bundle: length as big-endian uint16, entry, and so on.

    Raises:
        MalformedError: no or too many entries, or one over 65,535 bytes.
    """
    _check_width(len(entries))
    if any(len(entry) > MAX_ENTRY_BYTES for entry in entries):
        reason = f"an entry is longer than {MAX_ENTRY_BYTES} bytes"
        raise MalformedError("entry bundle", reason)
    return b"".join(
        len(entry).to_bytes(_LENGTH_BYTES, "big") + entry for entry in entries
    )


def _path(kind: str, index: int, width: int) -> str:
    if not 0 <= index <= MAX_TREE_SIZE // FULL_WIDTH:
        raise MalformedError("tile", "its index is out of range")
    _check_width(width)
    digits = str(index)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    groups = [digits[start : start + 3] for start in range(0, len(digits), 3)]
    path = "/".join([f"x{group}" for group in groups[:-1]] + groups[-1:])
    return f"tile/{kind}/{path}" + ("" if width == FULL_WIDTH else f".p/{width}")


def _check_width(width: int) -> None:
    if not 1 <= width <= FULL_WIDTH:
        raise MalformedError("tile", f"its width is not 1 to {FULL_WIDTH}")
