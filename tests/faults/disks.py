"""A small disk, and what happens to a log when it is full."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.faults.fault_table import Promises, check, watched
from tests.faults.prepared import OpenHome

FILLER = "filler"


@contextmanager
def disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of `size` in a new folder; skips where none can be mounted."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a file system cannot be mounted here")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True, capture_output=True)


def fill_up(
    home: OpenHome,
    full: Path,
    before_each: Callable[[], object] = lambda: None,
    before_restart: Callable[[], object] = lambda: None,
) -> None:
    """Write until the disk `full` refuses, make room, start again: nothing is lost."""
    promises = Promises()
    log = watched(home, promises.heads.append).open()
    for number in range(6):
        assert promises.try_record(log, number)
    fill(full / FILLER)
    refused = 0
    for number in range(6, 40):
        before_each()
        refused += not promises.try_record(log, number)
    assert refused
    log.engine.dispose()
    (full / FILLER).unlink()
    before_restart()
    check(watched(home, promises.heads.append), promises)


def fill(path: Path) -> None:
    """Write until the disk is full."""
    with path.open("wb", buffering=0) as stream:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while True:
                    stream.write(bytes(size))
            except OSError:
                continue
