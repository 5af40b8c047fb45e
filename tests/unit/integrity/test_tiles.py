"""The log as static files: paths, tiles, bundles."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.errors import MalformedError
from integrity.merkle import MAX_TREE_SIZE, leaf_hash, new_nodes, root_of
from integrity.tiles import (
    FULL_WIDTH,
    MAX_ENTRY_BYTES,
    MAX_TILE_LEVEL,
    Tile,
    encode_entries,
    encode_tile,
    entries_path,
    tile_path,
    tiles_for,
)
from tests.tiles import entries_in


@pytest.mark.parametrize(
    ("level", "index", "width", "path"),
    [
        (0, 0, FULL_WIDTH, "tile/0/000"),
        (0, 999, FULL_WIDTH, "tile/0/999"),
        (1, 1000, 1, "tile/1/x001/000.p/1"),
        (2, 1234067, 255, "tile/2/x001/x234/067.p/255"),
        (MAX_TILE_LEVEL, 0, 1, f"tile/{MAX_TILE_LEVEL}/000.p/1"),
        (0, MAX_TREE_SIZE // FULL_WIDTH, 255,
         "tile/0/x036/x028/x797/x018/x963/967.p/255"),
    ],
)  # fmt: skip
def test_tile_path(level: int, index: int, width: int, path: str) -> None:
    """Indices are groups of three digits; only partial tiles name their width."""
    assert tile_path(level, index, width) == path


def test_entries_path() -> None:
    """Bundles lie beside the tiles."""
    assert entries_path(1000, FULL_WIDTH) == "tile/entries/x001/000"
    assert entries_path(0, 7) == "tile/entries/000.p/7"


@pytest.mark.parametrize(
    ("level", "index", "width", "reason"),
    [
        (-1, 0, 1, "level is not"),
        (MAX_TILE_LEVEL + 1, 0, 1, "level is not"),
        (0, -1, 1, "index is out of range"),
        (0, MAX_TREE_SIZE // FULL_WIDTH + 1, 1, "index is out of range"),
        (0, 0, 0, "width is not"),
        (0, 0, FULL_WIDTH + 1, "width is not"),
    ],
)
def test_tile_that_cannot_exist(
    level: int, index: int, width: int, reason: str
) -> None:
    """No path is made for a tile that no tree has."""
    with pytest.raises(MalformedError, match=reason):
        tile_path(level, index, width)


def test_largest_tree() -> None:
    """A tree of the largest size has tiles as any other."""
    assert next(tiles_for(MAX_TREE_SIZE)) == Tile(0, 0, FULL_WIDTH)


@pytest.mark.parametrize("size", [-1, MAX_TREE_SIZE + 1])
def test_tree_that_cannot_exist(size: int) -> None:
    """No tiles are listed for a size that no tree has."""
    with pytest.raises(MalformedError, match="no tree has that size"):
        list(tiles_for(size))


@given(st.integers(0, 300_000))
def test_tiles_are_those_of_the_specification(size: int) -> None:
    """Level l has floor(s / 256**l) hashes in its tiles, and no tile is empty."""
    tiles = list(tiles_for(size))
    for level, group in itertools.groupby(tiles, lambda tile: tile.level):
        widths = [tile.width for tile in group]
        assert sum(widths) == size // 256**level
        assert set(widths[:-1]) <= {FULL_WIDTH}
        assert 1 <= widths[-1] <= FULL_WIDTH
    assert tiles == sorted(tiles)
    assert [tile.level for tile in tiles[-1:]] == (
        [] if not size else [tiles[-1].level]
    )


def test_tile_hashes_are_complete_nodes() -> None:
    """A tile of level 1 holds the roots of the full tiles below it."""
    hashes = [leaf_hash(b"%d" % number) for number in range(600)]
    nodes: dict[tuple[int, int], bytes] = {}
    for number, hashed in enumerate(hashes):
        for level, index, value in new_nodes(number, hashed, lambda *at: nodes[at]):
            nodes[level, index] = value
    tiles = {t: encode_tile(t, lambda *at: nodes[at]) for t in tiles_for(600)}
    assert list(tiles) == [
        Tile(0, 0, 256),
        Tile(0, 1, 256),
        Tile(0, 2, 88),
        Tile(1, 0, 2),
    ]
    assert tiles[Tile(0, 1, 256)] == b"".join(hashes[256:512])
    assert tiles[Tile(0, 2, 88)] == b"".join(hashes[512:])
    roots = root_of(hashes[:256]), root_of(hashes[256:512])
    assert tiles[Tile(1, 0, 2)] == b"".join(roots)


@pytest.mark.parametrize("width", [0, FULL_WIDTH + 1])
def test_bundle_has_1_to_256_entries(width: int) -> None:
    """A bundle of no entries, or of more than a full one has, is not made."""
    with pytest.raises(MalformedError, match="width is not"):
        encode_entries([b""] * width)


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=FULL_WIDTH))
def test_bundle_round_trip(entries: list[bytes]) -> None:
    """Entries are read back from their bundle."""
    assert entries_in(encode_entries(entries)) == entries


def test_entry_bound() -> None:
    """An entry of 65,535 bytes is the longest."""
    longest = bytes(MAX_ENTRY_BYTES)
    assert encode_entries([longest]) == b"\xff\xff" + longest
    assert len(encode_entries([longest] * 256)) == 256 * (2 + MAX_ENTRY_BYTES)
    with pytest.raises(MalformedError, match="an entry is longer"):
        encode_entries([longest + b"\0"])
