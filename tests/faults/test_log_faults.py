"""The fault table of the log: every operation fails once, in every way it can.

One event and its checkpoint are written, then another; the k-th operation on the way
fails. Then the process is started again. Whatever failed: no two signed heads of one
size, no answered event lost, no wrong leaf signed, and the log goes on.
"""

from __future__ import annotations

import itertools
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from integrity.checkpoint import claimed_checkpoint
from integrity.store.blobs import CHECKPOINT, FROZEN
from integrity.store.custody_log import LogKeys
from tests.faults.fault_table import (
    AFTER,
    BEFORE,
    HALF,
    Fault,
    Promises,
    WatchedSigner,
    check,
    count_writes,
    fail_commits,
    faulty,
)
from tests.log_factory import ORIGIN, STATEMENT, TRUSTED, LogHome, record
from tests.rolling import LOG_2, NAMES, keys_of_three, roll_over

EVENTS = 3  # written while something fails
KILLED = 9
NEXT_LOG = 41  # the number of the key of tests/rolling.py
# Where a log ends: between the two events of the first transaction, or after them.
WITHIN, BETWEEN = 5, 6


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A log of three published events, to be copied for each case."""
    home = LogHome(tmp_path_factory.mktemp("template") / "home")
    log = home.begin()
    record(log, n=1)
    record(log, n=2)
    log.engine.dispose()
    return home.folder


@pytest.fixture(scope="module", params=[WITHIN, BETWEEN], ids=["within", "between"])
def ending(
    template: Path,
    tmp_path_factory: pytest.TempPathFactory,
    request: pytest.FixtureRequest,
) -> Path:
    """The same log, whose end is announced for one of the next events."""
    home = fresh(template, tmp_path_factory.mktemp("ending"))
    home.keys = keys_of_three()
    log = home.open()
    roll_over(log, request.param, NAMES[1], LOG_2.public_key)
    log.engine.dispose()
    return home.folder


def fresh(template: Path, folder: Path) -> LogHome:
    """A copy of the template."""
    shutil.copytree(template, folder / "home", dirs_exist_ok=True)
    return LogHome(folder / "home")


def watched(home: LogHome, told: Callable[[bytes], object]) -> LogHome:
    """The same home, whose signer tells what it signs."""
    signers = [WatchedSigner(told, number) for number in (1, NEXT_LOG)]
    home.keys = LogKeys(ORIGIN, TRUSTED, signers[0], STATEMENT, signers)
    return home


def run_with(home: LogHome, fault: Fault) -> Promises:
    """Write events over failing parts, in one process that goes on trying.

    The first transaction is of two events, so that a store can keep one of the two.
    """
    promises = Promises()
    log = watched(home, promises.heads.append).open(faulty(home.stores(), fault))
    fail_commits(log.engine, fault)
    promises.try_record(log, 0, 1)
    promises.try_record(log, 2)
    log.engine.dispose()
    return promises


def test_every_operation_fails_in_every_way(template: Path, tmp_path: Path) -> None:
    """Stores and database fail before, half-way and after; all of it is survived."""
    assert fail_everywhere(template, tmp_path) == 4


def test_every_operation_fails_where_a_log_ends(ending: Path, tmp_path: Path) -> None:
    """So it is where the last checkpoint of a log and the next one's first are made."""
    assert fail_everywhere(ending, tmp_path) >= 4
    assert_rolled(tmp_path / "count" / "home")


def test_every_operation_is_killed(template: Path, tmp_path: Path) -> None:
    """`kill -9` before every write, link, rename, fsync and commit is survived."""
    kill_everywhere(template, tmp_path, [(0,), (1,), (2,)])


def test_every_operation_is_killed_where_a_log_ends(
    ending: Path, tmp_path: Path
) -> None:
    """So it is across the end of a log, within a transaction and between two."""
    kill_everywhere(ending, tmp_path, [(0, 1), (2,)])
    assert_rolled(tmp_path / "count" / "home")


def assert_rolled(folder: Path) -> None:
    """The case that counts the operations went into the next log."""
    for store in ("first", "second"):
        assert len(list((folder / store / FROZEN).iterdir())) == 1
        note = (folder / store / CHECKPOINT).read_bytes()
        assert claimed_checkpoint(note).origin == NAMES[1]


def fail_everywhere(template: Path, tmp_path: Path) -> int:
    """Let each operation fail in each way; returns how many can end half-way."""
    counting = Fault()
    told = run_with(fresh(template, tmp_path / "count"), counting)
    assert len(told.answered) == EVENTS
    assert counting.count > 30
    failed = 0
    every = range(1, counting.count + 1)
    table = [(at, how) for how in (BEFORE, AFTER) for at in every]
    table += [(at, HALF) for at in counting.parted]
    for at, how in table:
        home = fresh(template, tmp_path / f"{how}-{at}")
        promises = run_with(home, Fault(at, how))
        failed += len(promises.answered) < EVENTS
        check(watched(home, promises.heads.append), promises)
        shutil.rmtree(home.folder)
    # The table would prove nothing if what fails did not reach anybody.
    assert failed > len(table) * 0.9
    return len(counting.parted)


def kill_everywhere(
    template: Path, tmp_path: Path, groups: Sequence[Sequence[int]]
) -> None:
    """Kill a child that writes `groups` of events before each change of a file."""
    counted = fresh(template, tmp_path / "count")
    total = in_child(counted, killed_at=0, groups=groups)[1]
    assert total > 60
    for at in range(1, total + 1):
        home = fresh(template, tmp_path / f"kill-{at}")
        promises, reached = in_child(home, killed_at=at, groups=groups)
        assert reached >= at
        check(watched(home, promises.heads.append), promises)
        shutil.rmtree(home.folder)


@pytest.mark.parametrize("limit", [0, 700, 3000, 20_000, 50_000, 100_000, 200_000])
def test_files_that_may_not_grow(template: Path, tmp_path: Path, limit: int) -> None:
    """Where a disk takes no more, events are refused and no answered one is lost."""

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    home = fresh(template, tmp_path)
    groups = [(number,) for number in range(40)]
    promises, _ = in_child(home, killed_at=0, prepare=limited, groups=groups)
    assert len(promises.answered) < 40
    check(watched(home, promises.heads.append), promises)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("a file system cannot be mounted here")
    yield folder
    subprocess.run(["umount", str(folder)], check=True, capture_output=True)


@pytest.mark.parametrize("full", ["second", "first", "database"])
def test_full_disk(template: Path, small_disk: Path, tmp_path: Path, full: str) -> None:
    """A store or the database on a disk that fills up: refused, then goes on."""
    home = fresh(template, tmp_path)
    promises = Promises()
    if full == "database":
        shutil.copytree(home.folder, small_disk / "home")
        home = LogHome(small_disk / "home")
    else:
        shutil.copytree(home.folder / full, small_disk / full)
        shutil.rmtree(home.folder / full)
        (home.folder / full).symlink_to(small_disk / full)
    filler = small_disk / "filler"
    log = watched(home, promises.heads.append).open()
    for number in range(6):
        promises.try_record(log, number)
    assert len(promises.answered) == 6
    fill(filler)
    refused = [n for n in range(6, 40) if not promises.try_record(log, n)]
    assert refused
    log.engine.dispose()
    filler.unlink()
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


def in_child(
    home: LogHome,
    killed_at: int,
    groups: Sequence[Sequence[int]],
    prepare: Callable[[], None] = lambda: None,
) -> tuple[Promises, int]:
    """Write groups of events in a child that dies before change number `killed_at`.

    Returns:
        What it had promised when it died, and how many changes it had begun.
    """
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
    home: LogHome,
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
        commit = log.engine.dialect.do_commit

        def counted_commit(connection: object) -> None:
            step()
            commit(connection)  # type: ignore[arg-type]
            step()

        log.engine.dialect.do_commit = counted_commit  # type: ignore[method-assign, assignment]
        prepare()
        count_writes(home.folder, step)
        for group in groups:
            before = dict(promises.answered)
            promises.try_record(log, *group)
            for leaf in promises.answered.keys() - before.keys():
                tell("answered", f"{leaf} {promises.answered[leaf].hex()}")
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
            case ["answered", leaf, envelope]:
                promises.answered[int(leaf)] = bytes.fromhex(envelope)
            case _:
                pytest.fail(f"the child said {line[:80]!r}")
    return promises, steps
