"""The checker's look at the public keys: whose signatures all else is judged by.

The home's list counts when the events lead to it: leaf 0, and every change of keys.
A list from before a change, in a home that was put back or was killed before it wrote
the new one, takes the entries of a new log for those of the old one, and the
checkpoint that a new key signed for nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from integrity.errors import IntegrityError
from integrity.key_history import check_history
from integrity.store import sql_log
from integrity.store.blobs import KEYS
from integrity.store.custody_log import CustodyLog
from integrity.store.db import writing
from integrity.store.finding import Finding, replace_object
from integrity.store.tables import LogKeyChange
from integrity.store.walk import DATABASE, Walked, try_read


class KeyCheck:
    """Which list of public keys is in force, and what the places have.

    Args:
        log: the log.
        walked: what the walk found, by the keys of the home.
        published: number of entries that the newest signed checkpoint covers.

    Attributes:
        doubtful: the home's list is not the one to which the events lead, or both
            stores have a list that is none of those on the way. What was judged by
            it is not to be acted upon.
    """

    def __init__(self, log: CustodyLog, walked: Walked, published: int) -> None:
        self._log = log
        self._walked = walked
        self._published = published
        self._wanted = log.keys.trusted.serialise()
        self._copies = {store.place: try_read(store, KEYS) for store in log.stores}
        self._lists = self._lists_so_far()
        copies = self._copies.values()
        behind = all(copy in self._lists for copy in copies)
        self._agreed = self._wanted in copies or behind
        self.doubtful = not (self._lists and self._agreed)

    def run(self, session: Session, *, proven: bool) -> Iterator[Finding]:
        """All findings.

        Args:
            session: the one that the walk read.
            proven: whether a signed checkpoint confirms the statements.
        """
        if not self.doubtful:
            yield from self._stores()
        elif self._walked.founding is not None or not self._agreed:
            # Two agreeing stores outvote this home: its own file may be the forged one.
            yield Finding("public_keys", "home", "keys/trust")
        yield from self._rows(session, proven=proven)

    def _lists_so_far(self) -> frozenset[bytes]:
        """Every content of the list on the way to the home's; none if they lead off."""
        founding, changes = self._walked.founding, self._walked.key_changes
        if founding is None:
            return frozenset()
        try:
            found = check_history(self._wanted, founding, list(changes.items()))
        except IntegrityError:
            return frozenset()
        return frozenset(stage.trust.serialise() for stage in found)

    def _stores(self) -> Iterator[Finding]:
        """Lists that are altered, or that nobody brought up to the newest change."""
        told = all(leaf < self._published for leaf in self._walked.key_changes)
        for store in self._log.stores:
            copy = self._copies[store.place]
            if copy != self._wanted:
                # Of a change that is not published nobody is told yet.
                due = told or copy not in self._lists
                mend = partial(replace_object, store, KEYS, self._wanted)
                yield Finding(
                    "public_keys", store.place, KEYS, mend=mend if due else None
                )

    def _rows(self, session: Session, *, proven: bool) -> Iterator[Finding]:
        """Rows that say which events are changes of keys."""
        kept = set(session.scalars(select(LogKeyChange.leaf)))
        changes = self._walked.key_changes.keys()
        for leaf in sorted(kept ^ changes):
            # A row may be all that is left of a change whose statement is damaged.
            certain = not self.doubtful and self._walked.broken is None
            may = proven and (leaf in changes or certain)
            mend = partial(self._mend_row, leaf) if may else None
            yield Finding("key_change_row", DATABASE, f"leaf {leaf}", mend=mend)

    def _mend_row(self, leaf: int) -> None:
        with writing(self._log.engine) as session:
            if leaf in self._walked.key_changes:
                sql_log.note_key_change(session, leaf)
            else:
                session.execute(delete(LogKeyChange).where(LogKeyChange.leaf == leaf))
