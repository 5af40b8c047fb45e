"""A step in Python that takes too long is interrupted, whatever it catches."""

from __future__ import annotations

import contextlib
import time

import pytest

from workers.reading.budget import LateError, within


def test_in_time():
    """A step within its budget is not disturbed, nor is what follows."""
    with within(0.2):
        pass
    time.sleep(0.3)


def test_late():
    """A step over its budget ends with LateError."""
    started = time.monotonic()
    with pytest.raises(LateError), within(0.1):
        time.sleep(5)
    assert time.monotonic() - started < 2


def test_late_though_everything_is_caught():
    """Swallowing every exception does not help a parser to go on."""
    with pytest.raises(LateError), within(0.1):
        swallow_everything()


def swallow_everything() -> None:
    for _ in range(100):
        with contextlib.suppress(Exception):
            time.sleep(0.1)
