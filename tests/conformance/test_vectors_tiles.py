"""A log written by Tessera, and the tile examples of the specification."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from integrity.checkpoint import open_checkpoint
from integrity.merkle import NodeReader, leaf_hash, new_nodes, root_of
from integrity.note import parse_vkey
from integrity.tiles import (
    FULL_WIDTH,
    Tile,
    encode_entries,
    encode_tile,
    entries_path,
    tile_path,
    tiles_for,
)
from tests.tiles import entries_in, hashes_in

ORIGIN = "example.com/log/testdata"
VKEY = f"{ORIGIN}+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
SIZES = range(8)


@pytest.fixture
def log(shared: Path) -> Path:
    return shared / "vectors/tessera-log/testdata/log"


def test_every_file_is_expected(log: Path) -> None:
    """The log holds the files that its sizes imply, under the names we compute."""
    expected = {f"checkpoint.{size}" for size in SIZES}
    for size in SIZES[1:]:
        expected |= {tile_path(0, 0, size), entries_path(0, size)}
    found = {str(path.relative_to(log)) for path in log.rglob("*") if path.is_file()}
    assert found == expected


@pytest.mark.parametrize("size", SIZES)
def test_checkpoint_is_of_its_tile_and_its_entries(log: Path, size: int) -> None:
    """Signature, root, tile and bundle of each size agree, in both directions."""
    note = (log / f"checkpoint.{size}").read_bytes()
    checkpoint = open_checkpoint(note, [parse_vkey(VKEY)], ORIGIN)
    tiles = [(log / tile_path(*_place(tile))).read_bytes() for tile in tiles_for(size)]
    hashes = [hashed for tile in tiles for hashed in hashes_in(tile)]
    assert (checkpoint.size, checkpoint.root) == (size, root_of(hashes))
    if size:
        bundle = (log / entries_path(0, size)).read_bytes()
        entries = entries_in(bundle)
        assert list(map(leaf_hash, entries)) == hashes
        assert encode_entries(entries) == bundle
        assert encode_tile(Tile(0, 0, size), _reader(hashes)) == tiles[0]


def test_tile_path_examples(shared: Path) -> None:
    """The path example of the specification comes out of ours."""
    for example in _examples(shared)["tile_paths"]:
        path = tile_path(0, example["level_index"], FULL_WIDTH)
        assert path == f"tile/0/{example['path']}"


def test_tile_count_examples(shared: Path) -> None:
    """The counts and widths of the specification come out of ours."""
    for example in _examples(shared)["tile_counts"]:
        tiles = list(tiles_for(example["tree_size"]))
        for level in range(3):
            widths = [tile.width for tile in tiles if tile.level == level]
            full = [width for width in widths if width == FULL_WIDTH]
            partial = sum(width for width in widths if width < FULL_WIDTH)
            assert len(full) == example.get(f"full_l{level}", 0)
            assert partial == example.get(f"partial_l{level}_width", 0)


def _examples(shared: Path) -> dict[str, list[dict[str, int]]]:
    path = shared / "vectors/c2sp-spec/examples.json"
    examples: dict[str, list[dict[str, int]]] = json.loads(path.read_bytes())
    return examples


def _place(tile: Tile) -> tuple[int, int, int]:
    return tile.level, tile.index, tile.width


def _reader(hashes: list[bytes]) -> NodeReader:
    nodes: dict[tuple[int, int], bytes] = {}
    for number, hashed in enumerate(hashes):
        for level, index, value in new_nodes(number, hashed, lambda *at: nodes[at]):
            nodes[level, index] = value
    return lambda *at: nodes[at]
