"""One child process for one file: limited, watched, disposable.

Hostile bytes are decoded only there. The child gets a replaced environment, its own
process group and an empty folder; it answers with one bounded JSON file. However it
ends, the parent turns the end into an answer or a reason; nothing of the child's
memory, objects or messages crosses over.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intake.reading import MAX_JSON_BYTES, Unreadable, UnreadableReason
from workers.reading.limits import Limits

ANSWER = "answer.json"
PAGES = "pages"
POLL_S = 0.05
PROJECT = Path(__file__).resolve().parents[2]
CHILD = "workers.reading.child"


@dataclass(frozen=True, slots=True)
class Task:
    """What a child is asked to do; everything in it becomes JSON."""

    original: Path
    work: Path
    fields: dict[str, Any]


def run_child(task: Task, limits: Limits, module: str = CHILD) -> bytes:
    """Run `module` on the task and return its raw, untrusted answer.

    Raises:
        Unreadable: the child ran into a limit, died, or gave no answer.
    """
    process = _start(task, limits, module)
    try:
        ended = _wait(process, task.work, limits)
    finally:
        _kill_group(process)
    if not ended:
        raise Unreadable(UnreadableReason.LIMIT_TIME, "wall clock")
    if process.returncode != 0:
        raise _death(process.returncode)
    _require_bounded(task.work, limits)
    return _answer(task.work)


def _start(task: Task, limits: Limits, module: str) -> subprocess.Popen[bytes]:
    request = {
        "original": str(task.original),
        "work": str(task.work),
        "limits": limits.as_dict(),
        "parent": os.getpid(),
        **task.fields,
    }
    process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=PROJECT,
        env=_environment(task.work),
        start_new_session=True,
    )
    with contextlib.suppress(BrokenPipeError):
        assert process.stdin is not None  # noqa: S101 (PIPE was asked for)
        process.stdin.write(json.dumps(request).encode())
        process.stdin.close()
    return process


def _environment(work: Path) -> dict[str, str]:
    """Nothing of the service's own environment: it may hold secrets."""
    return {
        "PATH": "/usr/local/bin:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(work),
        "TMPDIR": str(work),
        "OMP_THREAD_LIMIT": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _wait(process: subprocess.Popen[bytes], work: Path, limits: Limits) -> bool:
    """True when the child ended in time; it says how many pages it has to do."""
    started = time.monotonic()
    while process.poll() is None:
        pages = _claimed_pages(work, limits)
        if time.monotonic() - started > limits.wall + limits.wall_page * pages:
            return False
        time.sleep(POLL_S)
    return True


def _claimed_pages(work: Path, limits: Limits) -> int:
    try:
        claimed = (work / PAGES).read_bytes()[:8]
        return min(int(claimed), limits.pages)
    except (OSError, ValueError):
        return 0


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _death(returncode: int) -> Unreadable:
    if returncode in (-signal.SIGXCPU,):
        return Unreadable(UnreadableReason.LIMIT_TIME, "processor time")
    if returncode == -signal.SIGXFSZ:
        return Unreadable(UnreadableReason.LIMIT_OUTPUT, "file size")
    number = -returncode
    name = signal.Signals(number).name if number > 0 else f"exit {returncode}"
    return Unreadable(UnreadableReason.KILLED_READER, name)


def _require_bounded(work: Path, limits: Limits) -> None:
    total = sum(p.stat().st_size for p in work.rglob("*") if p.is_file())
    if total > limits.output:
        raise Unreadable(UnreadableReason.LIMIT_OUTPUT, f"{total} bytes")


def _answer(work: Path) -> bytes:
    try:
        with (work / ANSWER).open("rb") as stream:
            return stream.read(MAX_JSON_BYTES + 1)
    except OSError as error:
        raise Unreadable(UnreadableReason.KILLED_READER, "no answer") from error
