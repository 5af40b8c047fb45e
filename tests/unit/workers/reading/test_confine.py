"""Processor time is given by the page, to confined processes and to no other."""

from __future__ import annotations

import os
import resource
from collections.abc import Callable

import pytest

from workers.forks import Fork, ForkBounds
from workers.reading.confine import allow_cpu, confine
from workers.reading.limits import Limits

LIMITS = Limits(cpu=20, cpu_page=3, pages=10)
UNBOUND = resource.RLIM_INFINITY
_FORK = ForkBounds(cpu=UNBOUND, memory=1 << 30, silence=20)


def processor_time(job: Callable[[], None]) -> tuple[int, int]:
    """The soft and hard limit on processor time that `job` leaves in a process."""

    def run(_: object) -> list[int]:
        job()
        return list(resource.getrlimit(resource.RLIMIT_CPU))

    soft, hard = Fork(run, _FORK).result()
    return soft, hard


@pytest.fixture(autouse=True)
def unbound() -> None:
    """This process has no limit that would hide what is tested."""
    assert resource.getrlimit(resource.RLIMIT_CPU) == (UNBOUND, UNBOUND)


def test_confined_process_gets_time_by_the_page() -> None:
    """The soft limit grows with the pages, the hard one is that of the most pages."""

    def confined() -> None:
        confine(LIMITS, os.getppid())
        allow_cpu(LIMITS, 4)

    assert processor_time(confined) == (20 + 3 * 4, 20 + 3 * 10 + 5)


def test_time_is_never_beyond_the_hard_limit() -> None:
    """A file that announces more pages than it may is given what all may have."""

    def confined() -> None:
        confine(LIMITS, os.getppid())
        allow_cpu(LIMITS, 40)

    assert processor_time(confined) == (20 + 3 * 10 + 5, 20 + 3 * 10 + 5)


def test_other_process_is_not_bound() -> None:
    """Pages announced in a process that was never confined bound nothing."""
    assert processor_time(lambda: allow_cpu(LIMITS, 4)) == (UNBOUND, UNBOUND)
