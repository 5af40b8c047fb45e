"""The tree against a literal reading of RFC 6962, and proofs that cannot bend."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.errors import MalformedError, VerificationError
from integrity.merkle import (
    EMPTY_ROOT,
    HASH_BYTES,
    MAX_PROOF_HASHES,
    MAX_TREE_SIZE,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    new_nodes,
    node_hash,
    root_at,
    root_of,
    verify_consistency,
    verify_inclusion,
)

SIZES = range(1, 34)  # passes 32, so every shape of the right edge occurs
Nodes = dict[tuple[int, int], bytes]


def leaves(size: int) -> list[bytes]:
    return [b"leaf %d" % number for number in range(size)]


def mth(data: list[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if not data:
        return hashlib.sha256().digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return hashlib.sha256(b"\x01" + mth(data[:k]) + mth(data[k:])).digest()


def grown(size: int) -> Nodes:
    """The stored nodes of a log after `size` appends."""
    nodes: Nodes = {}
    for number, data in enumerate(leaves(size)):
        added = new_nodes(number, leaf_hash(data), lambda *at: nodes[at])
        for level, index, value in added:
            assert (level, index) not in nodes
            nodes[level, index] = value
    return nodes


NODES = grown(SIZES.stop)


def read(level: int, index: int) -> bytes:
    return NODES[level, index]


@pytest.mark.parametrize("size", range(SIZES.stop))
def test_root_is_the_rfc_tree_hash(size: int) -> None:
    """Stored nodes and a list of leaf hashes give the root of the RFC."""
    expected = mth(leaves(size))
    assert root_at(size, read) == expected
    assert root_of(map(leaf_hash, leaves(size))) == expected


def test_empty_root() -> None:
    """The empty tree hashes to SHA-256 of nothing."""
    assert EMPTY_ROOT == root_of([]) == root_at(0, read) == mth([])


def test_append_adds_complete_nodes_from_the_leaf_up() -> None:
    """The eighth leaf completes one node on each level; the ninth only itself."""
    assert [node[:2] for node in new_nodes(7, b"h", read)] == [
        (0, 7),
        (1, 3),
        (2, 1),
        (3, 0),
    ]
    assert new_nodes(8, b"h", read) == [(0, 8, b"h")]


def test_node_hash_is_the_rfc_node() -> None:
    """An inner node has its own prefix, so it is never taken for a leaf."""
    assert node_hash(b"l", b"r") == hashlib.sha256(b"\x01lr").digest()
    assert leaf_hash(b"\x01lr") != node_hash(b"l", b"r")


@pytest.mark.parametrize("size", SIZES)
def test_every_inclusion_proof_verifies(size: int) -> None:
    """The proof of each leaf in each tree leads to the root."""
    for index in range(size):
        proof = inclusion_proof(index, size, read)
        hashed = leaf_hash(leaves(size)[index])
        verify_inclusion(index, size, hashed, proof, root_at(size, read))


@pytest.mark.parametrize("new", SIZES)
def test_every_consistency_proof_verifies(new: int) -> None:
    """The proof between each two trees leads to both roots."""
    for old in range(1, new + 1):
        proof = consistency_proof(old, new, read)
        verify_consistency(old, new, root_at(old, read), root_at(new, read), proof)


@st.composite
def inclusions(draw: st.DrawFn) -> tuple[int, int, list[bytes]]:
    size = draw(st.integers(2, SIZES.stop - 1))
    index = draw(st.integers(0, size - 1))
    return index, size, inclusion_proof(index, size, read)


@given(inclusions(), st.data())
def test_changed_inclusion_proof_is_refused(
    proved: tuple[int, int, list[bytes]], data: st.DataObject
) -> None:
    """No proof verifies with a bit flipped or one hash more or fewer."""
    index, size, proof = proved
    hashed, root = leaf_hash(leaves(size)[index]), root_at(size, read)
    for other in _bent(proof, data):
        with pytest.raises(VerificationError, match="inclusion proof"):
            verify_inclusion(index, size, hashed, other, root)
    with pytest.raises(VerificationError, match="does not lead to the root"):
        verify_inclusion(index, size, leaf_hash(b"other"), proof, root)
    with pytest.raises(VerificationError, match="does not lead to the root"):
        verify_inclusion(index, size, hashed, proof, EMPTY_ROOT)


@given(st.integers(2, SIZES.stop - 1), st.data())
def test_changed_consistency_proof_is_refused(new: int, data: st.DataObject) -> None:
    """No proof verifies with a bit flipped, a hash too many or few, another root."""
    old = data.draw(st.integers(1, new - 1))
    proof = consistency_proof(old, new, read)
    old_root, new_root = root_at(old, read), root_at(new, read)
    for other in _bent(proof, data):
        with pytest.raises(VerificationError, match="consistency proof"):
            verify_consistency(old, new, old_root, new_root, other)
    with pytest.raises(VerificationError, match="does not lead to the"):
        verify_consistency(old, new, EMPTY_ROOT, new_root, proof)
    with pytest.raises(VerificationError, match="lead to the new root"):
        verify_consistency(old, new, old_root, EMPTY_ROOT, proof)


def test_old_root_that_the_path_does_not_reach() -> None:
    """The old root is named as the one that is wrong."""
    proof = consistency_proof(3, 7, read)
    with pytest.raises(VerificationError, match="lead to the old root"):
        verify_consistency(3, 7, EMPTY_ROOT, root_at(7, read), proof)


@pytest.mark.parametrize(
    ("index", "size"), [(-1, 2), (2, 2), (0, 0), (0, -1), (0, MAX_TREE_SIZE + 1)]
)
def test_leaf_outside_the_tree(index: int, size: int) -> None:
    """A leaf number outside the tree is refused on both sides."""
    with pytest.raises(VerificationError, match="no leaf of that number"):
        verify_inclusion(index, size, EMPTY_ROOT, [], EMPTY_ROOT)
    with pytest.raises(MalformedError, match="has no such leaf"):
        inclusion_proof(index, size, read)


@pytest.mark.parametrize(("old", "new"), [(-1, 2), (3, 2), (1, MAX_TREE_SIZE + 1)])
def test_sizes_that_do_not_grow(old: int, new: int) -> None:
    """A log cannot shrink, and sizes have a range."""
    with pytest.raises(VerificationError, match="do not grow"):
        verify_consistency(old, new, EMPTY_ROOT, EMPTY_ROOT, [])
    with pytest.raises(MalformedError, match="no proof joins"):
        consistency_proof(old, new, read)


def test_empty_tree_proves_nothing() -> None:
    """RFC 6962 defines no proof from the empty tree, so none is made or taken."""
    with pytest.raises(VerificationError, match="empty tree"):
        verify_consistency(0, 1, EMPTY_ROOT, root_at(1, read), [])
    with pytest.raises(MalformedError, match="no proof joins"):
        consistency_proof(0, 1, read)


def test_equal_sizes_need_equal_roots_and_no_proof() -> None:
    """One size with two roots is a split view; a proof of nothing is too long."""
    root = root_at(3, read)
    verify_consistency(3, 3, root, root, [])
    verify_consistency(0, 0, EMPTY_ROOT, EMPTY_ROOT, [])
    with pytest.raises(VerificationError, match="one size has two roots"):
        verify_consistency(3, 3, root, root_at(2, read), [])
    with pytest.raises(VerificationError, match="too long"):
        verify_consistency(3, 3, root, root, [root])


def test_empty_consistency_proof_of_an_incomplete_tree() -> None:
    """Between different sizes something must be shown."""
    with pytest.raises(VerificationError, match="too short"):
        verify_consistency(3, 7, EMPTY_ROOT, EMPTY_ROOT, [])


@pytest.mark.parametrize("size", [-1, MAX_TREE_SIZE + 1])
def test_root_of_an_impossible_size(size: int) -> None:
    """Sizes outside the range have no root."""
    with pytest.raises(MalformedError, match="no tree has that size"):
        root_at(size, read)


def test_largest_tree() -> None:
    """The proofs of the largest tree are made, are within the bound, and hold."""
    levels = [EMPTY_ROOT]  # a tree of equal leaves has one hash a level
    for _ in range(MAX_PROOF_HASHES):
        levels.append(node_hash(levels[-1], levels[-1]))
    proof = inclusion_proof(0, MAX_TREE_SIZE, lambda level, _: levels[level])
    root = root_at(MAX_TREE_SIZE, lambda level, _: levels[level])
    assert len(proof) == MAX_PROOF_HASHES - 1
    verify_inclusion(0, MAX_TREE_SIZE, EMPTY_ROOT, proof, root)
    longer = consistency_proof(1, MAX_TREE_SIZE, lambda level, _: levels[level])
    verify_consistency(1, MAX_TREE_SIZE, EMPTY_ROOT, root, longer)


def test_proof_bound() -> None:
    """A path of the bound's length is walked, a longer one is not looked at."""
    most = [EMPTY_ROOT] * MAX_PROOF_HASHES
    with pytest.raises(VerificationError, match="lead to the root"):
        verify_inclusion(2**62, 2**63 - 1, EMPTY_ROOT, most[:63], EMPTY_ROOT)
    with pytest.raises(VerificationError, match="proof is too long"):
        verify_inclusion(0, 2, EMPTY_ROOT, [*most, b""], EMPTY_ROOT)
    with pytest.raises(VerificationError, match="not 32 bytes"):
        verify_inclusion(0, 2, EMPTY_ROOT, [*most[1:], b""], EMPTY_ROOT)


@pytest.mark.parametrize("length", [0, HASH_BYTES - 1, HASH_BYTES + 1])
def test_hash_of_another_length(length: int) -> None:
    """Whatever is not 32 bytes is no hash, wherever it stands."""
    good, bad = bytes(HASH_BYTES), bytes(length)
    places = [(bad, [good], good), (good, [bad], good), (good, [good], bad)]
    for start, proof, end in places:
        with pytest.raises(VerificationError, match="not 32 bytes"):
            verify_inclusion(0, 2, start, proof, end)
        with pytest.raises(VerificationError, match="not 32 bytes"):
            verify_consistency(1, 2, start, end, proof)


def _bent(proof: list[bytes], data: st.DataObject) -> list[list[bytes]]:
    place = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, 8 * HASH_BYTES - 1))
    flipped = int.from_bytes(proof[place], "big") ^ (1 << bit)
    changed = flipped.to_bytes(HASH_BYTES, "big")
    return [
        [*proof[:place], changed, *proof[place + 1 :]],
        [*proof[:place], *proof[place + 1 :]],
        [*proof[:place], proof[place], *proof[place:]],
        [*proof, EMPTY_ROOT],
        [EMPTY_ROOT, *proof],
    ]
