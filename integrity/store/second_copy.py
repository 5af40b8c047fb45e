"""A store read as a whole log: verified first, then handed on leaf by leaf.

Nothing of it is held in memory but the leaves that were erased, and the tree's path.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from integrity.checkpoint import Checkpoint
from integrity.errors import MalformedError, VerificationError
from integrity.key_history import KEYS_CHANGED, check_history
from integrity.merkle import leaf_hash, root_of
from integrity.policy import TrustedKeys
from integrity.statement import Event, leaf_text, open_statement
from integrity.store.blobs import STATEMENTS, leaf_of, read_object, statement_name
from integrity.store.erasure import ERASED, Erasures, verified_event
from integrity.store.log_keys import LogKeys
from integrity.store.objects import ObjectStore
from integrity.store.walk import KeysThen

# A copy with more gaps than this was not erased by law, it was lost.
MAX_ERASED = 1_000_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One leaf: its statement and event, or the leaf text that is left of it."""

    leaf: int
    text: bytes
    envelope: bytes | None
    event: Event | None


class SecondCopy:
    """The log in `source`, by the public keys `trusted` and its checkpoint `note`.

    Raises:
        MalformedError, VerificationError: it is not a sound copy.
    """

    def __init__(self, source: ObjectStore, trusted: TrustedKeys, note: bytes) -> None:
        self._source = source
        self._trusted = trusted
        self.note = note
        self.origin = origin_of(trusted)
        keys = LogKeys(self.origin, trusted, None, None)
        self.checkpoint: Checkpoint = keys.open_checkpoint(note)
        self.size, gaps = self._survey()
        self._keys, self._erasures = self._learn(gaps)
        self._verify_tree()

    def entries(self) -> Iterator[Entry]:
        """Every leaf in order, each verified by the keys that counted for it.

        Raises:
            VerificationError: a statement is by a key that did not count for it, or
                is not signed by whom the rule wanted.
        """
        for leaf, envelope in self._statements():
            if envelope is None:
                yield Entry(leaf, self._erased_text(leaf), None, None)
                continue
            event = verified_event(envelope, self._keys.at(leaf), leaf)
            yield Entry(leaf, leaf_text(envelope), envelope, event)

    def _survey(self) -> tuple[int, set[int]]:
        """Number of leaves, and those of which the copy has no statement."""
        size, gaps = 0, set[int]()
        for name in self._source.names(STATEMENTS):
            leaf = leaf_of(name)
            if name != statement_name(leaf) or leaf < size:
                raise MalformedError("second copy", "a statement is misnamed")
            if len(gaps) + leaf - size > MAX_ERASED:
                raise MalformedError("second copy", "a statement is missing")
            gaps.update(range(size, leaf))
            size = leaf + 1
        if size < self.checkpoint.size:
            raise MalformedError("second copy", "a statement is missing")
        return size, gaps

    def _learn(self, gaps: set[int]) -> tuple[KeysThen, Erasures]:
        """The keys at every leaf, and what was erased; both are events of the log."""
        founding, changes = self._event(0), list[tuple[int, Event]]()
        erasing = list[int]()
        for leaf in range(self.size):
            if leaf in gaps:
                continue
            event = self._event(leaf)
            if event.kind == KEYS_CHANGED:
                changes.append((leaf, event))
            if event.kind == ERASED:
                erasing.append(leaf)
        found = check_history(self._trusted.serialise(), founding, changes)
        history = [(stage.trust, stage.from_leaf) for stage in found]
        keys, erasures = KeysThen(self._trusted, history), Erasures()
        for leaf in erasing:
            envelope = read_object(self._source, statement_name(leaf))
            erasures.add(verified_event(envelope, keys.at(leaf), leaf), leaf)
        if any(erasures.text(leaf) is None for leaf in gaps):
            raise MalformedError("second copy", "a statement is missing")
        return keys, erasures

    def _event(self, leaf: int) -> Event:
        envelope = read_object(self._source, statement_name(leaf))
        return open_statement(envelope, self._trusted.statement_keys())

    def _verify_tree(self) -> None:
        hashes = (
            leaf_hash(self._erased_text(leaf) if e is None else leaf_text(e))
            for leaf, e in self._statements(self.checkpoint.size)
        )
        if root_of(hashes) != self.checkpoint.root:
            reason = "the statements are not the ones it signs"
            raise VerificationError("checkpoint", reason)

    def _statements(self, end: int | None = None) -> Iterator[tuple[int, bytes | None]]:
        """Each leaf and its statement; None when it was erased."""
        for leaf in range(self.size if end is None else end):
            name = statement_name(leaf)
            # An erasure that was not carried out in this copy is carried out here.
            erased = self._erasures.text(leaf) is not None
            yield leaf, None if erased else read_object(self._source, name)

    def _erased_text(self, leaf: int) -> bytes:
        text = self._erasures.text(leaf)
        if text is None:
            raise VerificationError("erasure", f"no event erases statement {leaf}")
        return text


def origin_of(trusted: TrustedKeys) -> str:
    """The name of the log whose keys these are."""
    return trusted.entries[0].what().partition("+")[0]
