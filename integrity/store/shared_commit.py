"""One database transaction for the units of work that threads bring at one moment.

Beginning and committing are journeys to the database that cost more than what is
written between them. So whoever comes first begins; whoever waits meanwhile goes on in
the same transaction, behind a savepoint; the last one commits, and all are told how
that ended. A unit that fails is undone alone. A single writer notices nothing of this.
"""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Generic, TypeVar

from sqlalchemy.orm import Session

from integrity.errors import StoreUnavailable
from integrity.store.db import joined, translated
from integrity.store.direct import CONNECTION, go_back, mark, settle

MOST_UNITS: Final = 32  # how many wait for each other at the most
LONGEST_S: Final = 0.1  # after which nobody is let in any more
WAIT_S: Final = 10.0
OUTCOME_S: Final = 30.0  # the units that may still be under way, and the commit

T = TypeVar("T")


class SharedCommit(Generic[T]):
    """Units of work of this process, one after the other, committed together."""

    def __init__(
        self,
        begin: Callable[[], AbstractContextManager[Session]],
        committed: Callable[[T], None],
    ) -> None:
        """Begin with `begin`, which commits on leaving; `committed` is told what is."""
        self._begin = begin
        self._committed = committed
        self._changed = threading.Condition()
        self._busy = False
        self._waiting = 0
        self._round: _Round[T] | None = None

    @contextmanager
    def unit(self) -> Iterator[Unit[T]]:
        """A unit of work; on leaving it is committed, or the error says otherwise.

        Raises:
            StoreUnavailable: the database cannot be reached or is full, another
                writer does not come to an end, or the outcome is not known.
        """
        self._take_turn()
        running: _Round[T] | None = None
        try:
            if self._round is None:
                self._round = _Round(self._begin())
            running = self._round
            with running.part(lambda: self._waiting > 0) as unit:
                yield unit
        finally:
            self._pass_turn(running)
        running.wait()

    def _take_turn(self) -> None:
        with self._changed:
            self._waiting += 1
            free = self._changed.wait_for(lambda: not self._busy, WAIT_S)
            self._waiting -= 1
            if not free:
                why = "another writer does not come to an end"
                raise StoreUnavailable("database", why)
            self._busy = True

    def _pass_turn(self, running: _Round[T] | None) -> None:
        """Let the next one in; without one that may go on, commit before."""
        with self._changed:
            goes_on = running is not None and running.goes_on and self._waiting > 0
            if goes_on:
                self._free()
                return
        try:
            self._round = None
            if running is not None:
                running.end(self._committed)
        finally:
            with self._changed:
                self._free()

    def _free(self) -> None:
        self._busy = False
        self._changed.notify()


class Unit(Generic[T]):
    """What a unit of work sees of the transaction that it shares.

    Attributes:
        session: for this unit alone.
        found: what the units before it left in this transaction; None for the first.
    """

    def __init__(self, session: Session, found: T | None) -> None:
        self.session = session
        self.found = found
        self.left = found
        self.is_last = False

    def leave(self, left: T, *, is_last: bool) -> None:
        """Say what the next unit finds; nobody follows one that `is_last`."""
        self.left, self.is_last = left, is_last


class _Round(Generic[T]):
    """A transaction that was begun and not committed yet."""

    def __init__(self, begun: AbstractContextManager[Session]) -> None:
        self._begun = begun
        self._session = begun.__enter__()
        self._since = time.monotonic()
        self._units = 0
        self._left: T | None = None
        self._over = threading.Event()
        self._failure: BaseException | None = None
        self.goes_on = False

    @contextmanager
    def part(self, somebody_waits: Callable[[], bool]) -> Iterator[Unit[T]]:
        """The next unit; what it does is kept unless it fails."""
        self.goes_on = False
        doing = self._following if self._units else self._first
        with doing() as session:
            unit = Unit(session, self._left)
            yield unit
            if somebody_waits() and self._has_room() and not unit.is_last:
                if session.in_transaction():
                    session.flush()
                settle(session)
                self.goes_on = True
        self._units += 1
        self._left = unit.left

    def end(self, committed: Callable[[T], None]) -> None:
        """Commit for all, unless it is over already; never raises."""
        if self._over.is_set():
            return
        try:
            self._begun.__exit__(None, None, None)
            if self._left is not None:
                committed(self._left)
        except BaseException as error:  # noqa: BLE001 (raised by each unit's `wait`)
            self._failure = error
        finally:
            self._over.set()

    def wait(self) -> None:
        """Return when it is committed.

        Raises:
            StoreUnavailable: it is not, or that cannot be told.
        """
        if not self._over.wait(OUTCOME_S):
            raise StoreUnavailable("database", "a commit does not come to an end")
        failure = self._failure
        if failure is not None:
            reason = type(failure).__name__
            if isinstance(failure, StoreUnavailable):
                reason = failure.reason
            raise StoreUnavailable("database", reason) from failure

    def _has_room(self) -> bool:
        young = time.monotonic() - self._since < LONGEST_S
        return young and self._units + 1 < MOST_UNITS

    @contextmanager
    def _first(self) -> Iterator[Session]:
        """Nobody else is in it, so a failure is the end of the whole transaction."""
        try:
            yield self._session
        except BaseException:
            self._over.set()
            if not self._begun.__exit__(*sys.exc_info()):
                raise

    @contextmanager
    def _following(self) -> Iterator[Session]:
        with translated(), joined(self._session.info[CONNECTION]) as session:
            mark(session)
            try:
                yield session
                if session.in_transaction():
                    session.commit()  # of the unit of work only
            except BaseException:
                self._undo(session)
                raise

    def _undo(self, session: Session) -> None:
        """Undo one unit; where that fails, nothing of the transaction may be kept."""
        try:
            go_back(session)
        except BaseException as error:  # noqa: BLE001 (told to whoever is in it)
            self._fail(error)

    def _fail(self, error: BaseException) -> None:
        self._failure = error
        try:
            self._begun.__exit__(type(error), error, error.__traceback__)
        except BaseException as other:  # noqa: BLE001 (the same, in our words)
            self._failure = other
        finally:
            self._over.set()
