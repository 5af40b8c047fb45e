"""All copies of every statement, and the choice of the one the log commits to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal

from integrity import merkle
from integrity.errors import CustodyError
from integrity.statement import leaf_text, open_statement

Preference = Literal["majority", "node"]


class Copies:
    """Envelopes by leaf and place; `good` holds the chosen ones."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self.good: dict[int, bytes] = {}
        self._keys = keys
        self._places: dict[int, dict[str, bytes | None]] = {}
        self._nodes: dict[int, bytes | None] = {}
        self._sound: dict[bytes, bool] = {}

    def add(self, leaf: int, place: str, envelope: object) -> None:
        """Note what a place has for `leaf`; None when it has nothing.

        A database column holds whatever somebody wrote into it, so anything but
        bytes counts as altered bytes.
        """
        known = envelope if isinstance(envelope, bytes) or envelope is None else b"?"
        places = self._places.setdefault(leaf, {})
        # Equal copies share one object: a log is large, its three copies are not.
        same = (kept for kept in places.values() if kept == known)
        places[place] = next(same, known)

    def note_node(self, leaf: int, leaf_hash: bytes | None) -> None:
        """Note the leaf hash that the database keeps."""
        self._nodes[leaf] = leaf_hash

    def of(self, leaf: int) -> dict[str, bytes | None]:
        """What each place has for `leaf`."""
        return self._places[leaf]

    def choose(self, prefer: Preference) -> None:
        """Choose a sound envelope for each leaf, where there is one."""
        self.good = {}
        for leaf, places in self._places.items():
            sound = [e for e in places.values() if e is not None and self.is_sound(e)]
            if sound:
                self.good[leaf] = self._best(leaf, sound, prefer)

    def is_sound(self, envelope: bytes | None) -> bool:
        """Whether a statement key of ours signed it, in its one form."""
        if envelope is None:
            return False
        if envelope not in self._sound:
            try:
                open_statement(envelope, self._keys)
                self._sound[envelope] = True
            except CustodyError:
                self._sound[envelope] = False
        return self._sound[envelope]

    def nodes(self) -> Iterator[tuple[tuple[int, int], bytes]]:
        """The complete nodes of the tree over the chosen envelopes."""
        nodes: dict[tuple[int, int], bytes] = {}
        for leaf in range(len(self.good)):
            if leaf not in self.good:
                return
            value = leaf_hash_of(self.good[leaf])
            for level, index, node in merkle.new_nodes(leaf, value, _reader(nodes)):
                nodes[level, index] = node
                yield (level, index), node

    def _best(self, leaf: int, sound: list[bytes], prefer: Preference) -> bytes:
        votes = Counter(sound)
        node = self._nodes.get(leaf)
        by_node = [envelope for envelope in votes if leaf_hash_of(envelope) == node]
        (majority, count), *_ = votes.most_common(1)
        if prefer == "node" and by_node:
            return by_node[0]
        return majority if count > 1 or not by_node else by_node[0]


def leaf_hash_of(envelope: bytes) -> bytes:
    """The RFC 6962 leaf hash of a statement."""
    return merkle.leaf_hash(leaf_text(envelope))


def roots_of(copies: Copies) -> dict[int, bytes]:
    """The root at every size that the chosen envelopes reach without a gap."""
    nodes: dict[tuple[int, int], bytes] = {}
    roots: dict[int, bytes] = {}
    for (level, index), value in copies.nodes():
        if level == 0 and index:
            roots[index] = merkle.root_at(index, _reader(nodes))
        nodes[level, index] = value
    size = len(roots) + 1
    if nodes:
        roots[size] = merkle.root_at(size, _reader(nodes))
    return roots


def _reader(nodes: dict[tuple[int, int], bytes]) -> merkle.NodeReader:
    return lambda level, index: nodes[level, index]
