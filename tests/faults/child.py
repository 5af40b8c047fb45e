"""A child process that writes to a log and is killed on its way, as by `kill -9`.

It tells the parent over a pipe what it promised, before it goes on.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from tests.faults.fault_table import Promises, around_commits, watched
from tests.faults.prepared import OpenHome

KILLED = 9


def in_child(
    home: OpenHome,
    killed_at: int,
    groups: Sequence[Sequence[int]],
    prepare: Callable[[], None] = lambda: None,
) -> tuple[Promises, int]:
    """Write groups of events in a child that dies before change number `killed_at`.

    Returns:
        What it had promised when it died, and how many changes it had begun.
    """
    home.close()  # a child must not use a connection of its parent's
    reader, writer = os.pipe()
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        os.close(reader)
        _child(home, writer, killed_at, prepare, groups)
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        told = stream.read()
    _, status = os.waitpid(child, 0)
    code = os.waitstatus_to_exitcode(status)
    assert code == (KILLED if killed_at else 0), f"the child ended with {code}"
    return _promises(told)


def _child(
    home: OpenHome,
    writer: int,
    killed_at: int,
    prepare: Callable[[], None],
    groups: Sequence[Sequence[int]],
) -> None:
    """Never returns."""
    code = 1
    try:
        reached, turn = itertools.count(1), threading.Lock()

        def tell(kind: str, what: str) -> None:
            os.write(writer, f"{kind} {what}\n".encode())

        def step() -> None:
            with turn:  # two threads may come at once; each is told of before the end
                number = next(reached)
                tell("step", "")
                if number == killed_at:
                    os._exit(KILLED)

        promises = Promises()
        log = watched(home, lambda head: tell("head", head.hex())).open()

        def counted(commit: Callable[[], None]) -> None:
            step()
            commit()
            step()

        prepare()
        _count_writes(home.folder, step)
        with around_commits(log.engine, counted):
            for group in groups:
                before = dict(promises.answered)
                promises.try_record(log, *group)
                for leaf in promises.answered.keys() - before.keys():
                    tell("answered", f"{leaf} {promises.answered[leaf]}")
        code = 0
    finally:
        os._exit(code)


def _promises(told: bytes) -> tuple[Promises, int]:
    promises, steps = Promises(), 0
    for line in told.decode().splitlines():
        match line.split(" "):
            case ["step", _]:
                steps += 1
            case ["head", head]:
                promises.heads.append(bytes.fromhex(head))
            case ["answered", leaf, number]:
                promises.answered[int(leaf)] = int(number)
            case _:
                pytest.fail(f"the child said {line[:80]!r}")
    return promises, steps


def _count_writes(home: Path, reached: Callable[[], object]) -> None:
    """Call `reached` before every change to a file below `home`, in this process.

    Cannot be undone: for child processes.
    """
    root = str(home)

    def hook(name: str, arguments: tuple[object, ...]) -> None:
        if name == "open":
            path, _, flags = arguments
            writes = isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR)
            if isinstance(path, str) and path.startswith(root) and writes:
                reached()
        elif name in {"os.rename", "os.link", "os.remove", "os.mkdir"}:
            reached()

    sys.addaudithook(hook)
