"""Does this database continue the log that was published? Asked before each write.

The checkpoint in the second store is the judge: a database that went back in time,
or that lives twice, finds another one there than it can have written.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy.orm import Session

from integrity.errors import IntegrityError, SigningRefused
from integrity.merkle import EMPTY_ROOT
from integrity.policy import TrustedKeys, parse_trusted_keys
from integrity.store.blobs import CHECKPOINT, KEYS, read_object, read_optional
from integrity.store.log_keys import LogKeys
from integrity.store.nodes import (
    Nodes,
    peaks,
    read_nodes,
    reading_from,
    root_at,
)
from integrity.store.objects import ObjectStore
from integrity.store.sql_log import State
from integrity.store.transaction import Standing
from integrity.trust_entry import Role

REMEMBERED = 4096  # roots of earlier sizes: far more than are ever unpublished


class LogDiverged(SigningRefused):
    """Database and second copy are not of one history; `code` says in which way."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


@dataclass(frozen=True, slots=True)
class Latest:
    """The checkpoint in the second store.

    Attributes:
        covered: number of entries, of all logs, up to its end.
        root: its root.
        note: the note itself; None when there is none yet.
    """

    covered: int
    root: bytes
    note: bytes | None


@dataclass(frozen=True, slots=True)
class Published:
    """The checkpoint in the second store, and the log of this database.

    `nodes` are the peaks of the newest log, `before` those below the checkpoint.
    """

    latest: Latest
    nodes: Nodes
    before: Nodes


class Memory:
    """What this process knows of the log, so that it need not be read each time.

    Nothing is believed from here but what the last leaf of the log confirms: it is
    the hash of a salted, signed statement, and we have appended or read all before.
    """

    def __init__(self) -> None:
        self._last: tuple[int, bytes | None] = (0, None)
        self._peaks: Nodes = {}
        self._roots: OrderedDict[int, bytes] = OrderedDict({0: EMPTY_ROOT})

    def recall(self, state: State, checkpoint: Latest) -> Nodes | None:
        """The peaks of this log, when it is known to continue `checkpoint`."""
        if self._last != (state.size, state.last):
            return None
        if self._roots.get(checkpoint.covered) != checkpoint.root:
            return None
        return self._peaks

    def learn(self, standing: Standing) -> None:
        """Take note of where the log stands after a commit."""
        self._last = (standing.size, standing.last)
        self._peaks = dict(standing.peaks)
        if standing.root is not None:
            self.confirm(standing.size, standing.root)

    def confirm(self, size: int, root: bytes) -> None:
        """Take note of the root of an earlier size of the log that is known."""
        self._roots[size] = root
        while len(self._roots) > REMEMBERED:
            self._roots.popitem(last=False)


def follow(
    session: Session, second: ObjectStore, keys: LogKeys, state: State
) -> TrustedKeys:
    """As `LogKeys.follow`; an old database is called that, whatever else is wrong.

    Raises:
        LogDiverged: the database is older than the second store
            (`log_rolled_back`); then its keys are, too.
        MalformedError, VerificationError: see `LogKeys.follow`.
    """
    with _older_first(second, keys, state):
        return keys.follow(session, state.key_change)


def published(
    session: Session, second: ObjectStore, keys: LogKeys, state: State
) -> Published:
    """The checkpoint that the log of this database continues, judged by its nodes.

    Raises:
        LogDiverged: it does not; the code is one of `log_rolled_back`,
            `log_other_history`, `second_copy_older`, `second_copy_lost`.
        MalformedError, VerificationError: what the second store holds is no
            checkpoint by a key of this log.
    """
    last = latest(second, keys, state)
    origin = keys.trusted.origin_covering(last.covered)
    below = peaks(origin, last.covered)
    above = peaks(keys.trusted.origin_covering(state.size), state.size)
    found = read_nodes(session, {*below, *above})
    read = reading_from(found)
    if root_at(origin, last.covered, read) != last.root:
        reason = "the database holds another history"
        raise LogDiverged("log_other_history", reason)
    nodes, before = ({at: read(*at) for at in places} for places in (above, below))
    return Published(last, nodes, before)


def latest(second: ObjectStore, keys: LogKeys, state: State) -> Latest:
    """The checkpoint in the second store, by its size one of this database.

    `state` was looked up first: whoever publishes meanwhile can only make the one in
    the second store newer than what we know, never older.

    Raises:
        LogDiverged, MalformedError, VerificationError: see published.
    """
    note = read_optional(second, CHECKPOINT)
    if note is None:
        # Only before the first publication; later it means that the second copy
        # was emptied, and signing anew would hide that.
        if state.published is not None:
            reason = "the second copy has lost its checkpoint"
            raise LogDiverged("second_copy_lost", reason)
        return Latest(0, EMPTY_ROOT, None)
    with _older_first(second, keys, state):
        last = keys.open_checkpoint(note)
        covered = keys.trusted.covered(last)
    if state.published is not None and covered < state.published:
        reason = "the second copy is older than the database"
        raise LogDiverged("second_copy_older", reason)
    if covered > state.size:
        raise _rolled_back()
    return Latest(covered, last.root, note)


@contextmanager
def _older_first(second: ObjectStore, keys: LogKeys, state: State) -> Iterator[None]:
    """Where keys do not fit, say first that the database is an old one, if it is."""
    try:
        yield
    except IntegrityError as error:
        if _covered_there(second, keys) > state.size:
            raise _rolled_back() from error
        raise


def _covered_there(second: ObjectStore, keys: LogKeys) -> int:
    """What the checkpoint in the second store covers, by our list or its own; else 0.

    Its own counts where it holds every key of ours. It only chooses the words: what
    is asked here was refused already.
    """
    for find in (_our_list, _longer_list):
        try:
            trusted = find(second, keys.trusted)
            note = read_object(second, CHECKPOINT)
            return trusted.covered(trusted.open_checkpoint(note))
        except IntegrityError:
            continue
    return 0


def _our_list(_second: ObjectStore, ours: TrustedKeys) -> TrustedKeys:
    return ours


def _longer_list(second: ObjectStore, ours: TrustedKeys) -> TrustedKeys:
    found = parse_trusted_keys(read_object(second, KEYS))
    theirs = {entry.key for entry in found.keys(Role.LOG, Role.STATEMENT)}
    if any(entry.key not in theirs for entry in ours.keys(Role.LOG, Role.STATEMENT)):
        return ours
    return found


def _rolled_back() -> LogDiverged:
    reason = "the database is older than the second copy"
    return LogDiverged("log_rolled_back", reason)
