"""One parent, its children: started, listened to, started again, stopped together.

Nothing here knows what the children do. Three promises: a child that ends is started
again, a stop ends every descendant, and no child outlives the parent, whatever
happened to it.
"""

from __future__ import annotations

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from logging.handlers import RotatingFileHandler
from pathlib import Path

from workers.die_with_parent import wrapped

LOG_BYTES = 10 << 20
LOGS_KEPT = 3
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 30.0
# A child that lived this long was well; its next failure is a new one.
WELL_AFTER_S = 10.0
ASK_AGAIN_S = 3.0
KILL_AFTER_S = 10.0
_TICK_S = 0.05
_PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True, slots=True)
class Program:
    """A name for the logs, and the command to keep running."""

    name: str
    command: tuple[str, ...]


@dataclass(slots=True)
class _Child:
    program: Program
    log: RotatingFileHandler
    process: subprocess.Popen[bytes]
    started: float
    failures: int = 0
    due: float | None = field(default=None)


class ProcessTree:
    """The children of one `custody up`; use it from one thread."""

    def __init__(self, environment: Mapping[str, str], logs: Path) -> None:
        """Children get `environment`; what they print goes to `logs` and to stderr."""
        logs.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._environment = dict(environment)
        self._logs = logs
        self._children: dict[str, _Child] = {}
        # Orphans of our children become our own children, and so can be found.
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def start(self, program: Program) -> None:
        """Start `program` and keep it running until a stop."""
        log = RotatingFileHandler(
            self._logs / f"{program.name}.log",
            maxBytes=LOG_BYTES,
            backupCount=LOGS_KEPT,
            encoding="utf-8",
        )
        process = self._spawn(program, log)
        self._children[program.name] = _Child(program, log, process, time.monotonic())

    def names(self) -> tuple[str, ...]:
        """The children, in the order of their start."""
        return tuple(self._children)

    def pids(self) -> dict[str, int]:
        """The process id of each child that runs now."""
        living = self._children.items()
        return {name: child.process.pid for name, child in living if child.due is None}

    def failures(self, name: str) -> int:
        """How often the child ended in a row, each time soon after its start."""
        return self._children[name].failures

    def tend(self) -> None:
        """Look once after every child: notice its end, start it again when due."""
        now = time.monotonic()
        for child in self._children.values():
            if child.due is None and child.process.poll() is not None:
                self._note_end(child, now)
            elif child.due is not None and now >= child.due:
                child.process = self._spawn(child.program, child.log)
                child.started, child.due = now, None

    def stop(self, *names: str) -> None:
        """Stop the named children, or all; returns when every one has ended."""
        chosen = [self._children.pop(name) for name in names or tuple(self._children)]
        began = time.monotonic()
        for ask_at, number in (
            (0.0, signal.SIGTERM),
            (ASK_AGAIN_S, signal.SIGTERM),  # to a worker: do not finish the job
            (KILL_AFTER_S, signal.SIGKILL),
        ):
            _wait_until(chosen, began + ask_at)
            _signal(chosen, number)
        _wait_until(chosen, began + KILL_AFTER_S + ASK_AGAIN_S)
        for child in chosen:
            child.log.close()
        self._end_orphans()

    def _spawn(
        self, program: Program, log: RotatingFileHandler
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            wrapped(program.command),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=self._environment,
            # Ctrl-C at the terminal goes to the parent alone, which stops in order.
            process_group=0,
        )
        threading.Thread(
            target=_pump, args=(program.name, process, log), daemon=True
        ).start()
        return process

    def _note_end(self, child: _Child, now: float) -> None:
        lived = now - child.started
        child.failures = 1 if lived > WELL_AFTER_S else child.failures + 1
        pause = min(FIRST_PAUSE_S * 2 ** (child.failures - 1), LONGEST_PAUSE_S)
        child.due = now + pause
        code = child.process.returncode
        how = f"signal {-code}" if code < 0 else f"code {code}"
        say(f"{child.program.name} ended with {how}; starting again in {pause:.0f} s")
        self._end_orphans()

    def _end_orphans(self) -> None:
        """Kill what an ended child left behind; it would work beside its successor."""
        ours = {child.process.pid for child in self._children.values()}
        for pid in _children_of(os.getpid()) - ours:
            with contextlib.suppress(ProcessLookupError, ChildProcessError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def say(sentence: str) -> None:
    """A line of the parent itself, for the person at the terminal."""
    print(f"[custody] {sentence}", file=sys.stderr, flush=True)


def _signal(children: list[_Child], number: signal.Signals) -> None:
    for child in children:
        if child.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                # Killing takes the group; asking is for its leader to pass on.
                send = os.killpg if number == signal.SIGKILL else os.kill
                send(child.process.pid, number)


def _wait_until(children: list[_Child], moment: float) -> None:
    while time.monotonic() < moment:
        if all(child.process.poll() is not None for child in children):
            return
        time.sleep(_TICK_S)


def _children_of(pid: int) -> set[int]:
    found: set[int] = set()
    for task in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(OSError):
            found.update(map(int, (task / "children").read_text().split()))
    return found


def _pump(
    name: str, process: subprocess.Popen[bytes], log: RotatingFileHandler
) -> None:
    with process.stdout or contextlib.nullcontext(()) as lines:
        for line in lines:
            text = line.decode("utf-8", "replace").rstrip("\n")
            log.emit(logging.LogRecord(name, logging.INFO, "", 0, text, None, None))
            with contextlib.suppress(OSError):  # a closed terminal must not end us
                print(f"[{name}] {text}", file=sys.stderr, flush=True)
