"""A time budget for one step of the child, enforced from inside.

Pure Python parsers can be interrupted by a signal; then the rest of the file still
gets read. Native code cannot: there the parent's clock ends the whole child.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class _Alarm(BaseException):
    """No `Exception`: parsers that swallow every exception must not swallow this."""


class LateError(Exception):
    """A step did not end within its budget."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Run the block for at most `seconds`; main thread only, not nested.

    Raises:
        LateError: it took longer and was interrupted.
    """
    previous = signal.signal(signal.SIGALRM, _ring)
    # Again and again: a `finally` or a bare `except` may have caught the first one.
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.25)
    try:
        yield
    except _Alarm as alarm:
        raise LateError from alarm
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)


def _ring(_number: int, _frame: FrameType | None) -> None:
    raise _Alarm
