"""One writer at a time of this process; the database does it between processes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from integrity.errors import StoreUnavailable

WAIT_S = 10.0


class Door:
    """Lets one writer in at a time; of those who queue, one stands at the door."""

    def __init__(self) -> None:
        self._queue = threading.Lock()
        self._inside = threading.Lock()

    @contextmanager
    def passed(self, *, ahead: bool) -> Iterator[None]:
        """Be the one inside while the block runs.

        Raises:
            StoreUnavailable: another writer does not come to an end.
        """
        if ahead:
            _take(self._inside)
        else:
            _take(self._queue)
            try:
                _take(self._inside)
            finally:
                self._queue.release()
        try:
            yield
        finally:
            self._inside.release()


def _take(lock: threading.Lock) -> None:
    if not lock.acquire(timeout=WAIT_S):
        raise StoreUnavailable("database", "another writer does not come to an end")
