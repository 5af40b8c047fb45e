"""The checker's look at the signature lines of checkpoints: none of nobody, none lost.

The text of a checkpoint says what the log is; its lines say who vouches for it. What
a listed key made is brought to every place, what no listed key made is taken off.
Nothing but these lines is changed, and only while a place is as it was seen.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from functools import partial

from integrity.errors import StoreConflict
from integrity.store import sql_log
from integrity.store.blobs import CHECKPOINT
from integrity.store.checkpoint_check import LOOKS, PAUSE_S
from integrity.store.custody_log import CustodyLog
from integrity.store.db import writing
from integrity.store.finding import Finding, Mend
from integrity.store.frozen import joined
from integrity.store.judgement import Judgement
from integrity.store.note_lines import tidied
from integrity.store.walk import DATABASE, try_read

_ONE_LINE = "\n— ".encode()


def line_findings(
    judgement: Judgement, rows: Iterable[tuple[int, bytes]]
) -> Iterator[Finding]:
    """Lines that are too many or too few, by the rows that are good otherwise."""
    newest = _settled(judgement)
    if newest is not None:
        yield from newest.findings(judgement)
    for size, note in rows:
        # The one line of most is the log's; the walk has verified it.
        if note.count(_ONE_LINE) > 1 and (newest is None or size != newest.size):
            yield from _row(judgement, size, note)


def _row(judgement: Judgement, size: int, note: bytes) -> Iterator[Finding]:
    if judgement.opened(note) is None:
        return  # it is no checkpoint of ours: looked at elsewhere
    good = tidied(note, judgement.log.keys.trusted)
    if note != good:
        mend = partial(swap_row, judgement.log, size, note, good)
        found = Finding("checkpoint_lines", DATABASE, f"size {size}", mend=mend)
        yield judgement.unless_doubtful(found)


class _Copies:
    """The copies of the newest checkpoint, and what their lines should be."""

    def __init__(self, size: int, notes: Mapping[str, bytes], best: bytes) -> None:
        self.size = size
        self._bad = {place: n for place, n in notes.items() if n != best}
        self._best = best

    @property
    def alike(self) -> bool:
        """Whether every copy has the lines that it should have."""
        return not self._bad

    def findings(self, judgement: Judgement) -> Iterator[Finding]:
        """One for each copy that has others."""
        for place, note in self._bad.items():
            subject = f"size {self.size}" if place == DATABASE else CHECKPOINT
            mend = self._mend(judgement.log, place, note)
            found = Finding("checkpoint_lines", place, subject, mend=mend)
            yield judgement.unless_doubtful(found)

    def _mend(self, log: CustodyLog, place: str, note: bytes) -> Mend:
        for store in log.stores:
            if store.place == place:
                return partial(store.swap, CHECKPOINT, note, self._best)
        return partial(swap_row, log, self.size, note, self._best)


def _settled(judgement: Judgement) -> _Copies | None:
    """The newest copies; where they differ, once lines under way could be there."""
    found = _newest(judgement)
    for _ in range(LOOKS):
        if found is None or found.alike:
            break
        time.sleep(PAUSE_S)
        found = _newest(judgement)
    return found


def _newest(judgement: Judgement) -> _Copies | None:
    """The copies with the text of the second store's, which is of this history."""
    log = judgement.log
    note = try_read(log.stores.second, CHECKPOINT)
    head = judgement.opened(note)
    if note is None or head is None or not judgement.confirms(head):
        return None
    notes = {log.stores.second.place: note}
    with log.session() as session:
        kept = sql_log.checkpoint_at(session, head.size)
        if kept is not None and judgement.opened(kept.note) == head:
            notes[DATABASE] = kept.note
    first = try_read(log.stores.first, CHECKPOINT)
    if first is not None and judgement.opened(first) == head:
        notes[log.stores.first.place] = first
    return _Copies(head.size, notes, _best(judgement, head.size, list(notes.values())))


def _best(judgement: Judgement, size: int, notes: list[bytes]) -> bytes:
    trusted = judgement.log.keys.trusted
    whole = tidied(joined(notes, trusted.witness_keys(size)), trusted)
    same = judgement.opened(whole) == judgement.opened(notes[0])
    return whole if same else notes[0]


def swap_row(log: CustodyLog, size: int, before: bytes, after: bytes) -> None:
    """Replace the note of a row that is still as it was seen.

    Raises:
        StoreConflict: it changed meanwhile; look again.
    """
    with writing(log.engine) as session:
        kept = sql_log.checkpoint_at(session, size)
        if kept is None or kept.note != before:
            raise StoreConflict(f"checkpoint {size}", "it changed meanwhile")
        sql_log.keep_checkpoint(session, size, after, log.now())
