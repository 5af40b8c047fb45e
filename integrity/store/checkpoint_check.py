"""The checker's look at the newest checkpoint: both stores have it, and it is ours.

It is written to the second store first, then into its row, then to the first store.
It is read the other way round: so whoever publishes meanwhile can only make what is
read later newer than what was read before.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from integrity.store import sql_log
from integrity.store.blobs import CHECKPOINT
from integrity.store.custody_log import CustodyLog
from integrity.store.finding import Finding, blocked
from integrity.store.judgement import Judgement
from integrity.store.walk import DATABASE, Head, try_read

# How long a publication may be between its row and the first store.
LOOKS, PAUSE_S = 20, 0.1


@dataclass(frozen=True, slots=True)
class Newest:
    """What each place had for the newest checkpoint; None where there was none."""

    first: bytes | None
    row: bytes | None
    second: bytes | None


def read_newest(log: CustodyLog) -> Newest:
    """Look at every place, in the order that this module explains."""
    first = try_read(log.stores.first, CHECKPOINT)
    with log.session() as session:
        kept = sql_log.latest_checkpoint(session)
        row = None if kept is None else kept.note
    return Newest(first, row, try_read(log.stores.second, CHECKPOINT))


class NewestCheck:
    """What is wrong with the newest checkpoint in the stores.

    Args:
        judgement: what the log is.
        seen: what `read_newest` found before the log was walked.
    """

    def __init__(self, judgement: Judgement, seen: Newest) -> None:
        self._judgement = judgement
        self._stores = judgement.log.stores
        self._seen = seen
        notes = (seen.first, seen.row, seen.second)
        self._first, self._row, self._second = map(judgement.opened, notes)

    def run(self) -> Iterator[Finding]:
        """All findings."""
        yield from self._in_second()
        yield from self._in_first()

    def _in_second(self) -> Iterator[Finding]:
        known = [(self._row, self._seen.row), (self._first, self._seen.first)]
        told = [(head, note) for head, note in known if head and note]
        best = max(told, key=lambda each: each[0].size, default=None)
        last = self._second
        if self._seen.second is None and self._seen.row is None and best is None:
            return  # nothing was published yet
        if last is None:
            absent = self._seen.second is None
            kind = "checkpoint_missing" if absent else "checkpoint_altered"
        elif best is not None and last.size < best[0].size:
            kind = "checkpoint_older"
        else:
            yield from self._history(last, DATABASE)
            return
        mend = None
        if best is not None and self._may_bring(best[0]):
            mend = partial(self._bring_second, best[1])
        yield Finding(kind, self._stores.second.place, CHECKPOINT, mend=mend)

    def _history(self, head: Head, place: str) -> Iterator[Finding]:
        """Whether a checkpoint that we signed is one of this history."""
        subject = f"checkpoint size {head.size}"
        if head.size > self._judgement.leaves:
            yield Finding("log_shorter", DATABASE, subject)
        elif not self._judgement.confirms(head):
            yield Finding("other_history", place, subject)

    def _may_bring(self, head: Head | None) -> bool:
        return self._judgement.confirms(head) and not self._judgement.doubtful

    def _bring_second(self, good: bytes) -> None:
        store, note = self._stores.second, self._seen.second
        if note is None and blocked(store, CHECKPOINT):
            store.set_aside(CHECKPOINT)
        store.swap(CHECKPOINT, note, good)

    # the first store's -------------------------------------------------------
    def _in_first(self) -> Iterator[Finding]:
        wanted = self._row or self._second
        if wanted is None:
            return  # nothing was published yet, or nobody can tell what
        note = self._settled(wanted)
        head = self._judgement.opened(note)
        if head is not None and head.size >= wanted.size:
            if note == self._seen.first and head != self._second:
                yield from self._history(head, self._stores.first.place)
            return
        if head is not None:
            kind = "checkpoint_older"
        else:
            kind = "checkpoint_missing" if note is None else "checkpoint_altered"
        known = [(self._second, self._seen.second), (self._row, self._seen.row)]
        good = [note for head, note in known if self._may_bring(head)]
        mend = partial(self._bring_first, good[0]) if good and good[0] else None
        yield Finding(kind, self._stores.first.place, CHECKPOINT, mend=mend)

    def _settled(self, wanted: Head) -> bytes | None:
        """What the first store has, once a publication under way could be over."""
        note = self._seen.first
        for _ in range(LOOKS):
            head = self._judgement.opened(note)
            if head is not None and head.size >= wanted.size:
                break
            time.sleep(PAUSE_S)
            note = try_read(self._stores.first, CHECKPOINT)
        return note

    def _bring_first(self, good: bytes) -> None:
        """Put `good` there, unless a publication has brought a newer one meanwhile."""
        store = self._stores.first
        note = try_read(store, CHECKPOINT)
        head, wanted = map(self._judgement.opened, (note, good))
        if head is None and (note is not None or blocked(store, CHECKPOINT)):
            store.set_aside(CHECKPOINT)
            note = None
        if head is None or wanted is None or head.size < wanted.size:
            store.swap(CHECKPOINT, note, good)
