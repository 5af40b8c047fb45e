"""The checker's look at statements: each copy is that of its leaf, none too many."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sqlalchemy import delete
from sqlalchemy.orm import Session

from integrity.errors import StoreConflict
from integrity.store import sql_log
from integrity.store.blobs import (
    CHECKPOINT,
    FROZEN,
    KEYS,
    STATEMENTS,
    TwinStores,
    leaf_of,
    read_object,
    statement_name,
)
from integrity.store.copies import is_sound, leaf_hash_of
from integrity.store.db import writing
from integrity.store.finding import Finding, replace_object
from integrity.store.judgement import Judgement
from integrity.store.objects import ObjectStore
from integrity.store.tables import LogStatement
from integrity.store.walk import DATABASE, BadCopy, try_read

LOG = "log"  # the folder of all that is no blob
Listed = list[tuple[ObjectStore, str]]


class StatementCheck:
    """What is wrong with the copies of statements in the database and both stores."""

    def __init__(self, judgement: Judgement) -> None:
        self._log = judgement.log
        self._judgement = judgement
        self._walked = judgement.walked
        self._erasures = judgement.erasures
        self._places = (DATABASE, *(store.place for store in self._log.stores))

    def run(self, session: Session, listed: Listed) -> Iterator[Finding]:
        """All findings.

        Args:
            session: the one that the walk read.
            listed: what `names_beyond` found before that.
        """
        yield from self._copies()
        yield from self._unnamed_erasures()
        yield from self._open_erasures(session)
        for leaf, reason in self._walked.rules:
            yield Finding("statement_rule", DATABASE, f"leaf {leaf}: {reason}")
        yield from self._strangers(listed)

    def _copies(self) -> Iterator[Finding]:
        for copy in self._walked.copies:
            if self._erasures.text(copy.leaf) is not None:
                continue  # named below, as an erasure that is not complete
            # A leaf committed a moment ago is still on its way to the stores.
            absent = not copy.altered
            on_its_way = absent and copy.leaf >= self._judgement.published
            if on_its_way and copy.place != DATABASE:
                continue
            kind = "statement_missing" if absent else "statement_altered"
            mend = partial(self._rewrite, copy) if self._can_mend(copy) else None
            yield Finding(kind, copy.place, f"leaf {copy.leaf}", mend=mend)

    def _can_mend(self, copy: BadCopy) -> bool:
        if not self._judgement.proven or copy.source is None:
            return False
        if not self._judgement.doubtful:
            return True
        # The keys follow from these; no store is touched for it.
        leads = copy.leaf == 0 or copy.leaf in self._walked.key_changes
        return leads and copy.place == DATABASE

    def _rewrite(self, copy: BadCopy) -> None:
        good = self._good(copy)
        for store in self._log.stores:
            if store.place == copy.place:
                replace_object(store, statement_name(copy.leaf), good)
        if copy.place == DATABASE:
            self._rewrite_row(LogStatement(leaf=copy.leaf, envelope=good))

    def _rewrite_row(self, row: LogStatement) -> None:
        with writing(self._log.engine) as session:
            session.execute(delete(LogStatement).where(LogStatement.leaf == row.leaf))
            session.add(row)

    def _good(self, copy: BadCopy) -> bytes:
        """The good copy, read once more from where it was seen."""
        if copy.source == DATABASE:
            found = self._log.statement(copy.leaf)
        else:
            (store,) = (s for s in self._log.stores if s.place == copy.source)
            found = read_object(store, statement_name(copy.leaf))
        if leaf_hash_of(found) != copy.leaf_hash:
            raise StoreConflict(f"statement {copy.leaf}", "it changed meanwhile")
        return found

    def _unnamed_erasures(self) -> Iterator[Finding]:
        """Statements of which only the leaf text is left, and no event says why."""
        for leaf, entry in self._walked.erased.items():
            if self._erasures.text(leaf) != entry:
                for place in self._places:
                    yield Finding("statement_missing", place, f"leaf {leaf}")

    def _open_erasures(self, session: Session) -> Iterator[Finding]:
        """Statements that an event erased and that are still somewhere."""
        sure = self._judgement.sure
        for leaf in self._erasures.leaves():
            erase = partial(self._log.erase_statements, [leaf]) if sure else None
            envelope, entry = sql_log.statements(session, leaf, leaf + 1).get(
                leaf, (None, None)
            )
            if envelope is not None:
                yield Finding("erasure_open", DATABASE, f"leaf {leaf}", mend=erase)
            elif entry != self._erasures.text(leaf):
                row = LogStatement(leaf=leaf, leaf_text=self._erasures.text(leaf))
                mend = partial(self._rewrite_row, row) if sure else None
                yield Finding("statement_altered", DATABASE, f"leaf {leaf}", mend=mend)
            for store in self._log.stores:
                if store.exists(statement_name(leaf)):
                    subject = f"leaf {leaf}"
                    yield Finding("erasure_open", store.place, subject, mend=erase)

    def _strangers(self, listed: Listed) -> Iterator[Finding]:
        """Objects of the log in a store that the database knows nothing of."""
        for store, name in listed:
            leaf = _leaf_in(name)
            if leaf is not None and leaf < self._judgement.leaves:
                continue
            sound = is_sound(try_read(store, name), self._log.keys.trusted)
            if leaf is not None and sound:
                yield Finding("log_shorter", DATABASE, f"leaf {leaf}")
            else:
                inside = name.startswith(f"{STATEMENTS}/")
                kind = "statement_foreign" if inside else "log_foreign"
                mend = partial(store.set_aside, name)
                foreign = Finding(kind, store.place, name, mend=mend)
                yield self._judgement.unless_doubtful(foreign)


def names_beyond(stores: TwinStores, known: int) -> Listed:
    """Names among those of the log, in the stores, that are of nothing known.

    Known are the statements below `known`, the newest checkpoint, the keys, and what
    lies among the last checkpoints, of which frozen_check.py judges.

    Each statement was committed before it came there: whoever asks for `known` first
    takes none that is published meanwhile for a stranger.
    """
    return [
        (store, name)
        for store in stores
        for name in store.names(LOG)
        if name not in (CHECKPOINT, KEYS)
        and not name.startswith(f"{FROZEN}/")
        and ((leaf := _leaf_in(name)) is None or leaf >= known)
    ]


def _leaf_in(name: str) -> int | None:
    """The leaf whose statement has this name; None when no statement has."""
    try:
        leaf = leaf_of(name)
    except ValueError:
        return None
    return leaf if statement_name(leaf) == name else None
