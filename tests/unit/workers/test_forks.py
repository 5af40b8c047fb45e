"""A fork answers or has a reason, and nothing of it stays."""

from __future__ import annotations

import ctypes
import os
import signal
import time
from pathlib import Path

import pytest

from intake.reading import Unreadable, UnreadableReason
from workers.forks import Fork, ForkBounds

BOUNDS = ForkBounds(cpu=10, memory=256 << 20, silence=10)


def reason(job, bounds: ForkBounds = BOUNDS) -> UnreadableReason:
    with pytest.raises(Unreadable) as caught:
        Fork(job, bounds).result()
    return caught.value.reason


def test_answer_comes_back():
    """What the job returns arrives, also when it is more than a pipe holds."""
    long = "卷宗\n" * 100_000
    assert Fork(lambda _: {"text": long}, BOUNDS).result() == {"text": long}


def test_two_at_once():
    """Each of two forks answers for itself."""
    forks = [Fork(lambda _, n=n: [n, os.getpid()], BOUNDS) for n in range(2)]
    answers = [fork.result() for fork in forks]
    assert [number for number, _ in answers] == [0, 1]
    assert len({os.getpid(), *(pid for _, pid in answers)}) == 3


def refuse(_):
    raise Unreadable(UnreadableReason.LIMIT_PIXELS, "too wide")


def burn(_):
    while True:
        pass


def hoard(_):
    kept = []
    while True:
        kept.append(bytearray(16 << 20))


@pytest.mark.parametrize(
    ("job", "expected"),
    [
        (refuse, UnreadableReason.LIMIT_PIXELS),
        (hoard, UnreadableReason.LIMIT_MEM),
        (lambda _: 1 / 0, UnreadableReason.CORRUPT),
        (lambda _: ctypes.string_at(0), UnreadableReason.KILLED_READER),
        (lambda _: os._exit(0), UnreadableReason.KILLED_READER),
    ],
    ids=["refusal", "memory", "exception", "crash", "exit"],
)
def test_each_end_has_a_reason(job, expected):
    """Refusal, memory, exception, crash and silent exit are told apart."""
    assert reason(job) is expected


def test_processor_time():
    """A fork that only burns processor time is ended."""
    bounds = ForkBounds(cpu=1, memory=256 << 20, silence=30)
    assert reason(burn, bounds) is UnreadableReason.LIMIT_TIME


def test_silence():
    """A fork that says nothing for too long is ended; one that tells goes on."""
    bounds = ForkBounds(cpu=10, memory=256 << 20, silence=0.6)
    assert reason(lambda _: time.sleep(60), bounds) is UnreadableReason.LIMIT_TIME

    def slow(tell) -> str:
        for _ in range(8):
            time.sleep(0.15)
            tell()
        return "done"

    assert Fork(slow, bounds).result() == "done"


def test_end_leaves_no_process():
    """A fork that is no longer wanted is gone at once."""
    fork = Fork(lambda _: time.sleep(60), BOUNDS)
    pid = fork._pid
    fork.end()
    fork.end()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_dies_with_its_parent(tmp_path):
    """When the process that forked it is killed, the fork does not go on alone."""

    def outer(_):
        def inner(_):
            (tmp_path / "pid").write_text(str(os.getpid()))
            time.sleep(60)

        return Fork(inner, BOUNDS).result()

    fork = Fork(outer, BOUNDS)
    deadline = time.monotonic() + 20
    while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    pid = int((tmp_path / "pid").read_text())
    assert is_running(pid)
    os.kill(fork._pid, signal.SIGKILL)
    while is_running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    fork.end()


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")
