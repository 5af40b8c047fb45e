"""How many are on their way: so that one publication can wait for the next few."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Crowd:
    """Counts who is inside; somebody outside may wait a moment for them to leave."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0

    @contextmanager
    def inside(self) -> Iterator[None]:
        """Be counted while the block runs."""
        with self._changed:
            self._inside += 1
        try:
            yield
        finally:
            with self._changed:
                self._inside -= 1
                if not self._inside:
                    self._changed.notify_all()

    def wait_for_all(self, seconds: float) -> None:
        """Return when nobody is inside, and at the latest after `seconds`."""
        end = time.monotonic() + seconds
        with self._changed:
            while self._inside and (left := end - time.monotonic()) > 0:
                self._changed.wait(left)
