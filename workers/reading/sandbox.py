"""One child process for one file: limited, watched, disposable.

Hostile bytes are decoded only there. The child gets a replaced environment, its own
session and an empty folder; it answers with one bounded JSON file. However it ends,
the parent turns the end into an answer or a reason; nothing of the child's memory,
objects or messages crosses over.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from intake.reading import MAX_JSON_BYTES, Unreadable, UnreadableReason
from workers.reading.child_environment import ROOT, child_environment
from workers.reading.limits import Limits
from workers.reading.warm import WarmChild, start_warm

ANSWER: Final = "answer.json"
PROGRESS: Final = "progress"
ERRORS: Final = "errors"
CHILD: Final = ("-m", "workers.reading.child")

_POLL_S = 0.02
_SIGNS_OF_MEMORY = (b"bad_alloc", b"memory allocation of", b"MemoryError", b"ENOMEM")
_ERRORS_READ = 16 << 10


@dataclass(frozen=True, slots=True)
class Task:
    """What a child is asked to do; everything in it becomes JSON."""

    original: Path
    work: Path
    fields: dict[str, Any]


@dataclass(slots=True)
class _Watch:
    """How far the child says it is, and since when nothing moved."""

    started: float
    moved: float
    claimed: bytes = b""

    def late(self, limits: Limits) -> str | None:
        now = time.monotonic()
        if now - self.moved > limits.stall:
            return "no progress"
        allowed = limits.wall + limits.wall_page * _pages(self.claimed, limits)
        return "wall clock" if now - self.started > allowed else None


def run_child(task: Task, limits: Limits, program: Sequence[str] = CHILD) -> bytes:
    """Run our interpreter with `program` and return its raw, untrusted answer.

    Raises:
        Unreadable: the child ran into a limit, died, or gave no answer.
    """
    request = _request(task, limits)
    warm = start_warm(request) if program == CHILD else None
    process: _Cold | WarmChild = warm or _Cold(task.work, request, program)
    late = _watch(process, task.work, limits)
    if warm is not None and warm.lost:
        # That says nothing about this file, which gets a child of its own.
        process = _Cold(task.work, request, program)
        late = _watch(process, task.work, limits)
    if late is not None:
        raise Unreadable(UnreadableReason.LIMIT_TIME, late)
    if process.returncode != 0:
        raise _death(process.returncode or 0, task.work)
    _require_bounded(task.work, limits)
    return _answer(task.work)


def _request(task: Task, limits: Limits) -> dict[str, Any]:
    return {
        "original": str(task.original.absolute()),
        "work": str(task.work.absolute()),
        "limits": limits.as_dict(),
        "parent": os.getpid(),
        **task.fields,
    }


class _Cold:
    """A child that starts from nothing."""

    def __init__(
        self, work: Path, request: dict[str, Any], program: Sequence[str]
    ) -> None:
        with (work / ERRORS).open("wb") as errors:
            self._process = subprocess.Popen(
                [sys.executable, *program],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                cwd=ROOT,
                env=child_environment(work),
                start_new_session=True,
            )
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError), self._process.stdin as pipe:
                pipe.write(json.dumps(request).encode())

    @property
    def returncode(self) -> int | None:
        """How it ended, negative for a signal; None while it runs."""
        return self._process.returncode

    def poll(self) -> int | None:
        """The return code as it is now."""
        return self._process.poll()

    def end(self) -> None:
        """Kill the child and whatever it started, until nobody is left."""
        for _ in range(100):
            try:
                os.killpg(self._process.pid, signal.SIGKILL)
            except (ProcessLookupError, PermissionError):
                break
            self._process.poll()
            time.sleep(0.001)
        self._process.wait()


def _watch(process: _Cold | WarmChild, work: Path, limits: Limits) -> str | None:
    """Wait for the end, or bring it about; which limit it ran into, if any."""
    try:
        return _wait(process, work, limits)
    finally:
        process.end()


def _wait(process: _Cold | WarmChild, work: Path, limits: Limits) -> str | None:
    """None when the child ended in time, else which limit it ran into."""
    start = time.monotonic()
    watch = _Watch(start, start)
    while process.poll() is None:
        claimed = _claimed_progress(work)
        if claimed != watch.claimed:
            watch.claimed, watch.moved = claimed, time.monotonic()
        late = watch.late(limits)
        if late is not None:
            return late
        time.sleep(_POLL_S)
    return None


def _claimed_progress(work: Path) -> bytes:
    try:
        with (work / PROGRESS).open("rb") as stream:
            return stream.read(40)
    except OSError:
        return b""


def _pages(claimed: bytes, limits: Limits) -> int:
    """The number of pages the child says there are; bounded, since it may lie."""
    first = claimed.split(b" ")[0]
    return min(int(first), limits.pages) if first.isdigit() else 0


def _death(returncode: int, work: Path) -> Unreadable:
    if _says_memory(work):
        return Unreadable(UnreadableReason.LIMIT_MEM, "allocation refused")
    if returncode == -signal.SIGXCPU:
        return Unreadable(UnreadableReason.LIMIT_TIME, "processor time")
    if returncode == -signal.SIGXFSZ:
        return Unreadable(UnreadableReason.LIMIT_OUTPUT, "file size")
    if returncode < 0:
        name = signal.Signals(-returncode).name
        return Unreadable(UnreadableReason.KILLED_READER, name)
    return Unreadable(UnreadableReason.KILLED_READER, f"exit {returncode}")


def _says_memory(work: Path) -> bool:
    """Whether the last words of the child were that it got no memory."""
    try:
        with (work / ERRORS).open("rb") as stream:
            stream.seek(max(0, stream.seek(0, os.SEEK_END) - _ERRORS_READ))
            last = stream.read(_ERRORS_READ)
    except OSError:
        return False
    return any(sign in last for sign in _SIGNS_OF_MEMORY)


def _require_bounded(work: Path, limits: Limits) -> None:
    total = sum(entry.lstat().st_size for entry in work.rglob("*"))
    if total > limits.output:
        raise Unreadable(UnreadableReason.LIMIT_OUTPUT, f"{total} bytes")


def _answer(work: Path) -> bytes:
    path = work / ANSWER
    if path.is_symlink() or not path.is_file():
        raise Unreadable(UnreadableReason.KILLED_READER, "no answer")
    with path.open("rb") as stream:
        return stream.read(MAX_JSON_BYTES + 1)
