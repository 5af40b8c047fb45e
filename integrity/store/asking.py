"""Ask witnesses for their lines while a checkpoint is being published.

A witness must never hold up a firm: what is not there in time is left out, and
after a failure nobody is asked for a while. Who was left out is asked again later,
apart from publishing.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence

from integrity.errors import CustodyError
from integrity.note import add_signature_lines

Cosign = Callable[[bytes, int, Sequence[bytes]], Sequence[bytes]]
"""Lines (each with its newline) for a note, given the size of the checkpoint before
it and the consistency proof from there. May raise anything; may take its time."""

TIMEOUT_S = 2.0
PAUSE_S = 30.0


class WitnessDesk:
    """Where witnesses are asked, one note at a time."""

    def __init__(self, timeout: float = TIMEOUT_S, pause: float = PAUSE_S) -> None:
        self._timeout = timeout
        self._pause = pause
        self._quiet_until = 0.0

    def ask(
        self, cosign: Cosign, note: bytes, old_size: int, proof: Sequence[bytes]
    ) -> bytes:
        """`note` with the lines that came in time; as it is when something failed."""
        if time.monotonic() < self._quiet_until:
            return note
        answers: queue.SimpleQueue[Sequence[bytes] | None] = queue.SimpleQueue()

        def run() -> None:
            try:
                answers.put(cosign(note, old_size, proof))
            except Exception:  # noqa: BLE001  (a stranger's code; it blocks nothing)
                answers.put(None)

        threading.Thread(target=run, daemon=True, name="cosign").start()
        lines = _within(answers, self._timeout)
        try:
            if lines is not None:
                return add_signature_lines(note, list(lines))
        except CustodyError:
            pass  # not signature lines: as good as no answer
        self._quiet_until = time.monotonic() + self._pause
        return note


def _within(
    answers: queue.SimpleQueue[Sequence[bytes] | None], timeout: float
) -> Sequence[bytes] | None:
    try:
        return answers.get(timeout=timeout)
    except queue.Empty:
        return None
