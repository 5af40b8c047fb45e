"""One walk over the whole log, leaf by leaf, for the checker.

Everything that needs the statements happens while each is at hand: the copies are
compared, the tree of each log is computed again, kept checkpoints are compared with
its roots, the events are replayed. So a log of any length takes the same memory; what
is remembered is what is wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field

from sqlalchemy import select, text, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from integrity import merkle
from integrity.errors import CustodyError, IntegrityError, VerificationError
from integrity.key_history import KEYS_CHANGED
from integrity.origins import LOG_CONTINUED, check_continued
from integrity.policy import TrustedKeys
from integrity.statement import Event, open_statement
from integrity.store import sql_log
from integrity.store.blobs import TwinStores, read_optional, statement_name
from integrity.store.copies import LeafCopies, Preference, leaf_hash_of
from integrity.store.erasure import Erasures, verified_event
from integrity.store.nodes import Node, new_nodes, peaks, read_nodes, root_at
from integrity.store.objects import ObjectStore
from integrity.store.replay import Replay, ReplayError
from integrity.store.tables import LogCheckpoint


@dataclass(frozen=True, slots=True)
class Head:
    """Root of the log that ends, or ended, with entry `size` of all logs."""

    size: int
    root: bytes


Opener = Callable[[object], Head | None]
"""The head in a note, when it is a checkpoint that a key of its log signed."""

BATCH = 256
DATABASE = "database"
_NODES = text(
    'SELECT level, "index", hash FROM log_nodes'
    ' WHERE level = :level AND "index" >= :first AND "index" < :end'
)


@dataclass(frozen=True, slots=True)
class BadCopy:
    """A copy that is not the statement; `source` is a place that has it, if any."""

    leaf: int
    place: str
    altered: bool
    source: str | None
    leaf_hash: bytes | None


@dataclass(slots=True)
class Walked:
    """What one walk found.

    Attributes:
        copies: statements that are missing or altered somewhere.
        erased: leaves of which only the leaf text is left, and that text.
        nodes: stored nodes that are not those of the statements, and what is.
        checkpoints: sizes of kept checkpoints that are not of this history.
        roots: roots at the sizes that were asked for and reached.
        rules: what is wrong with a statement's keys or persons, by leaf.
        links: what is wrong with the first entry of a log, or says it is one.
        founding: the event of leaf 0, when it was found.
        key_changes: events that changed the log's keys, by leaf.
        replay: leaf of the first event that does not fit; None when all do.
        broken: leaf from which on the tree is unknown; None when it is complete.
    """

    copies: list[BadCopy] = field(default_factory=list)
    erased: dict[int, bytes] = field(default_factory=dict)
    nodes: list[tuple[Node, bytes]] = field(default_factory=list)
    checkpoints: list[int] = field(default_factory=list)
    roots: dict[int, bytes] = field(default_factory=dict)
    rules: list[tuple[int, str]] = field(default_factory=list)
    links: list[tuple[int, str]] = field(default_factory=list)
    founding: Event | None = None
    key_changes: dict[int, Event] = field(default_factory=dict)
    replay: int | None = None
    broken: int | None = None


class KeysThen:
    """The keys as they were when each leaf was recorded."""

    def __init__(
        self, now: TrustedKeys, history: list[tuple[TrustedKeys, int]]
    ) -> None:
        self.now = now
        self._history = history

    def at(self, leaf: int) -> TrustedKeys:
        """The content of the public keys that was in force at `leaf`."""
        then = [trusted for trusted, first in self._history if first <= leaf]
        return then[-1] if then else self.now


class Walk:
    """One walk with one preference where copies differ."""

    def __init__(
        self,
        session: Session,
        stores: TwinStores,
        keys: KeysThen,
        prefer: Preference,
        erasures: Erasures,
        opened: Opener,
    ) -> None:
        self.found = Walked()
        self._opened_note = opened
        self._session = session
        self._stores = stores
        self._keys = keys
        self._prefer = prefer
        self._erasures = erasures
        self._nodes: dict[Node, bytes] = {}

    def run(self, size: int, wanted: Collection[int], replay: Replay) -> Walked:
        """Look at every leaf below `size`; roots are noted at the `wanted` sizes."""
        for first in range(0, size, BATCH):
            end = min(first + BATCH, size)
            computed: dict[Node, bytes] = {}
            notes = self._checkpoints(first, end)
            for copies in self._read(first, end):
                self._leaf(copies, computed, replay)
                reached = copies.leaf + 1
                if self.found.broken is None and (
                    reached in notes or reached in wanted
                ):
                    self._root(reached, notes, keep=reached in wanted)
            self._compare_nodes(computed)
            if self.found.broken is None:
                keep = peaks(self._keys.now.origin_covering(end), end)
                self._nodes = {place: self._nodes[place] for place in keep}
        return self.found

    def _checkpoints(self, first: int, end: int) -> dict[int, object]:
        """The kept notes of the sizes that the leaves from `first` to `end` reach."""
        query = select(LogCheckpoint.size, type_coerce(LogCheckpoint.note, NullType()))
        rows = query.where(LogCheckpoint.size > first, LogCheckpoint.size <= end)
        return dict(iter(self._session.execute(rows)))

    def _root(self, size: int, notes: dict[int, object], *, keep: bool) -> None:
        head = Head(size, self._root_at(size))
        if keep:
            self.found.roots[size] = head.root
        if size in notes and self._opened_note(notes[size]) != head:
            self.found.checkpoints.append(size)

    def _root_at(self, size: int) -> bytes:
        return root_at(self._keys.now.origin_covering(size), size, self._node)

    def _read(self, first: int, end: int) -> Iterator[LeafCopies]:
        rows = sql_log.statements(self._session, first, end)
        places = [(0, leaf) for leaf in range(first, end)]
        nodes = read_nodes(self._session, places)
        for leaf in range(first, end):
            envelope, kept_text = rows.get(leaf, (None, None))
            copies = LeafCopies(leaf, nodes.get((0, leaf)), kept_text)
            copies.add(DATABASE, envelope)
            for store in self._stores:
                copies.add(store.place, try_read(store, statement_name(leaf)))
            yield copies

    def _leaf(
        self, copies: LeafCopies, computed: dict[Node, bytes], replay: Replay
    ) -> None:
        leaf = copies.leaf
        good = copies.choose(self._prefer, self._keys.now)
        if good is None:
            self._without_statement(copies, computed)
            return
        hashed = leaf_hash_of(good)
        source = copies.source(good)
        self.found.copies += [
            BadCopy(leaf, place, altered, source, hashed)
            for place, altered in copies.differing(good)
        ]
        # Before the leaf is added: the first of a log tells of the one before.
        event = self._event(leaf, good)
        self._grow(leaf, hashed, computed)
        self._replay(leaf, event, replay)

    def _without_statement(
        self, copies: LeafCopies, computed: dict[Node, bytes]
    ) -> None:
        """Erased, and its leaf text is kept; or lost."""
        leaf = copies.leaf
        kept = copies.text if isinstance(copies.text, bytes) else None
        entry = self._erasures.text(leaf) or kept
        if entry is None or any(altered for _, altered in copies.differing(None)):
            self.found.copies += [
                BadCopy(leaf, place, altered, None, None)
                for place, altered in copies.differing(None)
            ]
        if entry is None:
            self.found.broken = leaf if self.found.broken is None else self.found.broken
            return
        self.found.erased[leaf] = entry
        self._grow(leaf, merkle.leaf_hash(entry), computed)

    def _grow(self, leaf: int, hashed: bytes, computed: dict[Node, bytes]) -> None:
        if self.found.broken is not None:
            return
        origin = self._keys.now.origin_at(leaf)
        for level, index, value in new_nodes(origin, leaf, hashed, self._node):
            self._nodes[level, index] = computed[level, index] = value

    def _event(self, leaf: int, envelope: bytes) -> Event:
        event = self._opened(leaf, envelope)
        if leaf == 0:
            self.found.founding = event
        if event.kind == KEYS_CHANGED:
            self.found.key_changes[leaf] = event
        begins = leaf > 0 and self._keys.now.origin_at(leaf).first == leaf
        if begins or event.kind == LOG_CONTINUED:
            self._check_link(leaf, event)
        return event

    def _check_link(self, leaf: int, event: Event) -> None:
        try:
            frozen = check_continued(event, leaf, self._keys.now.origins())
            if self.found.broken is None and frozen.root != self._root_at(leaf):
                reason = "the log before had another root"
                raise VerificationError("log origins", reason)
        except IntegrityError as error:
            self.found.links.append((leaf, str(error)))

    def _replay(self, leaf: int, event: Event, replay: Replay) -> None:
        if self.found.replay is None:
            try:
                replay.add(leaf, event)
            except ReplayError as error:
                self.found.replay = error.leaf

    def _opened(self, leaf: int, envelope: bytes) -> Event:
        """The event; what its keys or persons lack is noted, and it erases nothing."""
        try:
            event = verified_event(envelope, self._keys.at(leaf), leaf)
            self._erasures.add(event, leaf)
        except IntegrityError as error:
            self.found.rules.append((leaf, str(error)))
            return open_statement(envelope, self._keys.now.statement_keys())
        return event

    def _compare_nodes(self, computed: dict[Node, bytes]) -> None:
        """The stored nodes that these leaves completed are those just computed."""
        stored: dict[Node, object] = {}
        by_level: dict[int, list[int]] = {}
        for level, index in computed:
            by_level.setdefault(level, []).append(index)
        for level, indices in by_level.items():
            values = {"level": level, "first": min(indices), "end": max(indices) + 1}
            rows = self._session.connection().execute(_NODES, values)
            stored.update({(at, index): value for at, index, value in rows})
        self.found.nodes += [
            (place, value)
            for place, value in computed.items()
            if stored.get(place) != value
        ]

    def _node(self, level: int, index: int) -> bytes:
        return self._nodes[level, index]


def try_read(store: ObjectStore, name: str) -> bytes | None:
    """A small object whole; None when it is absent or cannot be read."""
    try:
        return read_optional(store, name)
    except (CustodyError, OSError):
        return None
