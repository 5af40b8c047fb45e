"""A store read as all logs of a firm: verified first, then handed on leaf by leaf.

Nothing of it is held in memory but the leaves that were erased, and the tree's path.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from integrity.errors import MalformedError, VerificationError
from integrity.key_history import KEYS_CHANGED, check_history
from integrity.merkle import leaf_hash, root_of
from integrity.origins import LOG_CONTINUED, check_continued
from integrity.policy import TrustedKeys
from integrity.statement import Event, leaf_text, open_statement
from integrity.store.blobs import (
    STATEMENTS,
    frozen_name,
    leaf_of,
    read_object,
    read_optional,
    statement_name,
)
from integrity.store.erasure import ERASED, Erasures, verified_event
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
    """The logs in `source`, by the public keys `trusted` and the checkpoint `note`.

    Attributes:
        note: the newest checkpoint.
        origin: name of the first log.
        covered: number of entries, of all logs, up to the checkpoint's end.
        frozen: the last checkpoint of each closed log, by the entries up to its end.
        size: number of leaves; some may lie after the checkpoint.

    Raises:
        MalformedError, VerificationError: it is not a sound copy.
    """

    def __init__(self, source: ObjectStore, trusted: TrustedKeys, note: bytes) -> None:
        self._source = source
        self._trusted = trusted
        self.note = note
        self._checkpoint = trusted.open_checkpoint(note)
        self.covered = trusted.covered(self._checkpoint)
        self.origin = trusted.origins()[0].name
        self.size, gaps = self._survey()
        self._keys, self._erasures, links = self._learn(gaps)
        self.frozen = dict(self._verified_frozen())
        self._verify_trees(links)

    def entries(self) -> Iterator[Entry]:
        """Every leaf in order, each verified by the keys that counted for it.

        Raises:
            VerificationError: a statement is by a key that did not count for it, or
                is not signed by whom the rule wanted.
        """
        for leaf, envelope in self._statements(0, self.size):
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
        if size < self.covered:
            raise MalformedError("second copy", "a statement is missing")
        return size, gaps

    def _learn(
        self, gaps: set[int]
    ) -> tuple[KeysThen, Erasures, list[tuple[int, Event]]]:
        """The keys at every leaf, what was erased, and the first entries of logs."""
        founding, changes = self._event(0), list[tuple[int, Event]]()
        erasing, links = list[int](), list[tuple[int, Event]]()
        for leaf in range(self.size):
            if leaf in gaps:
                continue
            event = self._event(leaf)
            if event.kind == KEYS_CHANGED:
                changes.append((leaf, event))
            if event.kind == ERASED:
                erasing.append(leaf)
            if event.kind == LOG_CONTINUED:
                links.append((leaf, event))
        found = check_history(self._trusted.serialise(), founding, changes)
        history = [(stage.trust, stage.from_leaf) for stage in found]
        keys, erasures = KeysThen(self._trusted, history), Erasures()
        for leaf in erasing:
            envelope = read_object(self._source, statement_name(leaf))
            erasures.add(verified_event(envelope, keys.at(leaf), leaf), leaf)
        if any(erasures.text(leaf) is None for leaf in gaps):
            raise MalformedError("second copy", "a statement is missing")
        return keys, erasures, links

    def _event(self, leaf: int) -> Event:
        envelope = read_object(self._source, statement_name(leaf))
        return open_statement(envelope, self._trusted.statement_keys())

    def _verified_frozen(self) -> Iterator[tuple[int, bytes]]:
        """The last checkpoint of each log that another one follows, its note opened."""
        for origin in self._trusted.origins():
            if origin.end is None or origin.end >= self.covered:
                return
            note = read_optional(self._source, frozen_name(origin.end))
            if note is None:
                reason = f"the last checkpoint of {origin.name} is missing"
                raise MalformedError("second copy", reason)
            opened = self._trusted.open_checkpoint(note)
            if self._trusted.covered(opened) != origin.end:
                reason = f"it is not the last one of {origin.name}"
                raise VerificationError("checkpoint", reason)
            yield origin.end, note

    def _verify_trees(self, links: list[tuple[int, Event]]) -> None:
        """Each log's tree is that of its last checkpoint, and the next one says so."""
        trusted = self._trusted
        signed = {
            end: trusted.open_checkpoint(note).root for end, note in self.frozen.items()
        } | {self.covered: self._checkpoint.root}
        origins = trusted.origins()
        told = {
            leaf: check_continued(event, leaf, origins).root for leaf, event in links
        }
        for origin in origins[1:]:
            if origin.first < self.size and origin.first not in told:
                reason = f"event {origin.first} does not continue the log before"
                raise VerificationError("log origins", reason)
        for size in sorted({*signed, *told}):
            root = self._root_at(size)
            if signed.get(size, root) != root:
                reason = "the statements are not the ones it signs"
                raise VerificationError("checkpoint", reason)
            if told.get(size, root) != root:
                reason = f"event {size} tells of another log before"
                raise VerificationError("log origins", reason)

    def _root_at(self, size: int) -> bytes:
        """The root of the log that ends, or ended, with entry `size` of all."""
        first = self._trusted.origin_covering(size).first
        return root_of(
            leaf_hash(self._erased_text(leaf) if e is None else leaf_text(e))
            for leaf, e in self._statements(first, size)
        )

    def _statements(self, first: int, end: int) -> Iterator[tuple[int, bytes | None]]:
        """Each leaf and its statement; None when it was erased."""
        for leaf in range(first, end):
            name = statement_name(leaf)
            # An erasure that was not carried out in this copy is carried out here.
            erased = self._erasures.text(leaf) is not None
            yield leaf, None if erased else read_object(self._source, name)

    def _erased_text(self, leaf: int) -> bytes:
        text = self._erasures.text(leaf)
        if text is None:
            raise VerificationError("erasure", f"no event erases statement {leaf}")
        return text
