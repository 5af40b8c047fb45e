"""The Merkle tree of RFC 6962, section 2.1, with SHA-256: both sides of it.

The log side computes roots and proofs from stored nodes; the verifier side checks
them from nothing but the proof. A *complete* node (level, index) is the root over
the 2**level leaves from index * 2**level on; it never changes once all of them
exist, so only complete nodes are stored. Hashes are 32 raw bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias

from integrity.errors import MalformedError, VerificationError

LEAF_HASH_PREFIX = b"\x00"
NODE_HASH_PREFIX = b"\x01"
HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
# Sizes are signed 64-bit numbers in every other implementation.
MAX_TREE_SIZE = 2**63 - 1
# A path is never longer than the tree is high, plus one in a consistency proof.
MAX_PROOF_HASHES = 64

_INCLUSION = "inclusion proof"
_CONSISTENCY = "consistency proof"

NodeReader: TypeAlias = Callable[[int, int], bytes]
"""Reads a complete node by level and index."""


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf: SHA-256(0x00 || data)."""
    return hashlib.sha256(LEAF_HASH_PREFIX + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(NODE_HASH_PREFIX + left + right).digest()


def new_nodes(
    size: int, leaf_hash: bytes, read: NodeReader
) -> list[tuple[int, int, bytes]]:
    """Complete nodes that appending leaf number `size` adds, level 0 first.

    Returns:
        (level, index, hash) of the leaf and of each node it completes.
    """
    level, index, value = 0, size, leaf_hash
    nodes = [(level, index, value)]
    while index % 2:
        value = node_hash(read(level, index - 1), value)
        level, index = level + 1, index // 2
        nodes.append((level, index, value))
    return nodes


def root_at(size: int, read: NodeReader) -> bytes:
    """Root of the tree of the first `size` leaves."""
    if not 0 <= size <= MAX_TREE_SIZE:
        raise MalformedError("tree request", "no tree has that size")
    return _range_hash(0, size, read) if size else EMPTY_ROOT


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Root over all of `leaf_hashes`; keeps one hash a level in memory."""
    peaks: list[tuple[int, bytes]] = []
    for leaf in leaf_hashes:
        level, value = 0, leaf
        while peaks and peaks[-1][0] == level:
            value = node_hash(peaks.pop()[1], value)
            level += 1
        peaks.append((level, value))
    if not peaks:
        return EMPTY_ROOT
    root = peaks.pop()[1]
    while peaks:
        root = node_hash(peaks.pop()[1], root)
    return root


def inclusion_proof(index: int, size: int, read: NodeReader) -> list[bytes]:
    """PATH(index, D[size]) of RFC 6962, section 2.1.1: the leaf's sibling first."""
    if not 0 <= index < size <= MAX_TREE_SIZE:
        raise MalformedError("tree request", "that tree has no such leaf")
    start, end, path = 0, size, list[bytes]()
    while end - start > 1:
        middle = _middle(start, end)
        if index < middle:
            path.append(_range_hash(middle, end, read))
            end = middle
        else:
            path.append(_range_hash(start, middle, read))
            start = middle
    return path[::-1]


def consistency_proof(old: int, new: int, read: NodeReader) -> list[bytes]:
    """PROOF(old, D[new]) of RFC 6962, section 2.1.2; empty when the sizes are equal.

    From the empty tree the RFC defines none, as it would prove nothing.
    """
    if not 0 < old <= new <= MAX_TREE_SIZE:
        raise MalformedError("tree request", "no proof joins these sizes")
    start, end, path = 0, new, list[bytes]()
    while end != old:
        middle = _middle(start, end)
        if old <= middle:
            path.append(_range_hash(middle, end, read))
            end = middle
        else:
            path.append(_range_hash(start, middle, read))
            start = middle
    if start:  # the verifier knows the old root, unless this is only a part of it
        path.append(_range_hash(start, end, read))
    return path[::-1]


def verify_inclusion(
    index: int, size: int, leaf_hash: bytes, proof: Sequence[bytes], root: bytes
) -> None:
    """Check that the leaf is number `index` of the tree (size, root).

    The algorithm is RFC 9162, section 2.1.3.2, which reads the same proofs.

    Raises:
        VerificationError: it is not, or the proof has another length or form.
    """
    if not 0 <= index < size <= MAX_TREE_SIZE:
        raise VerificationError(_INCLUSION, "the tree has no leaf of that number")
    _check_hashes(_INCLUSION, [leaf_hash, root], proof)
    node, last, value = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise VerificationError(_INCLUSION, "the proof is too long")
        if node % 2 or node == last:
            value = node_hash(sibling, value)
            node, last = _skip_missing_siblings(node, last)
        else:
            value = node_hash(value, sibling)
        node, last = node // 2, last // 2
    if last != 0:
        raise VerificationError(_INCLUSION, "the proof is too short")
    if value != root:
        raise VerificationError(_INCLUSION, "the path does not lead to the root")


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Check that the tree (new, new_root) only appends to (old, old_root).

    The algorithm is RFC 9162, section 2.1.4.2, which reads the same proofs.

    Raises:
        VerificationError: it does not, or the proof has another length or form.
    """
    if not 0 <= old <= new <= MAX_TREE_SIZE:
        raise VerificationError(_CONSISTENCY, "the sizes do not grow")
    _check_hashes(_CONSISTENCY, [old_root, new_root], proof)
    if old == new:
        if proof:
            raise VerificationError(_CONSISTENCY, "the proof is too long")
        if old_root != new_root:
            raise VerificationError(_CONSISTENCY, "one size has two roots")
        return
    if old == 0:
        raise VerificationError(
            _CONSISTENCY, "from the empty tree nothing can be proved"
        )
    from_old, from_new = _roots_from_consistency(old, new, old_root, proof)
    if from_old != old_root:
        raise VerificationError(_CONSISTENCY, "the path does not lead to the old root")
    if from_new != new_root:
        raise VerificationError(_CONSISTENCY, "the path does not lead to the new root")


def _roots_from_consistency(
    old: int, new: int, old_root: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Old and new root as the path gives them, for 0 < old < new."""
    path = list(proof)
    if old & (old - 1) == 0:  # a complete old tree is itself the first node
        path.insert(0, old_root)
    if not path:
        raise VerificationError(_CONSISTENCY, "the proof is too short")
    node, last = old - 1, new - 1
    while node % 2:
        node, last = node // 2, last // 2
    from_old = from_new = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise VerificationError(_CONSISTENCY, "the proof is too long")
        if node % 2 or node == last:
            from_old = node_hash(sibling, from_old)
            from_new = node_hash(sibling, from_new)
            node, last = _skip_missing_siblings(node, last)
        else:
            from_new = node_hash(from_new, sibling)
        node, last = node // 2, last // 2
    if last != 0:
        raise VerificationError(_CONSISTENCY, "the proof is too short")
    return from_old, from_new


def _skip_missing_siblings(node: int, last: int) -> tuple[int, int]:
    """Climb while the node is the last of its level and has no right sibling."""
    while node and node % 2 == 0:
        node, last = node // 2, last // 2
    return node, last


def _range_hash(start: int, end: int, read: NodeReader) -> bytes:
    """Root over leaves start to end; start is a multiple of the enclosing subtree."""
    width = end - start
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return read(level, start >> level)
    middle = _middle(start, end)
    return node_hash(_range_hash(start, middle, read), _range_hash(middle, end, read))


def _middle(start: int, end: int) -> int:
    """Where RFC 6962 splits: the largest power of two below the width."""
    return start + (1 << (end - start - 1).bit_length() - 1)


def _check_hashes(check: str, ends: Sequence[bytes], proof: Sequence[bytes]) -> None:
    if len(proof) > MAX_PROOF_HASHES:
        raise VerificationError(check, "the proof is too long")
    if any(len(value) != HASH_BYTES for value in [*ends, *proof]):
        raise VerificationError(check, f"a hash is not {HASH_BYTES} bytes")
