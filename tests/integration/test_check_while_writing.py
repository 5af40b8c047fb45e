"""fsck of a log that a running service goes on writing."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import BinaryIO

from integrity.checkpoint import claimed_checkpoint
from integrity.cosignature import cosign
from integrity.note import split_note
from integrity.store.blobs import CHECKPOINT, TwinStores, read_object
from integrity.store.custody_log import CustodyLog
from integrity.store.fsck import Checker
from integrity.store.objects import FolderStore
from tests.log_factory import (
    START,
    LogHome,
    engage,
    project_nothing,
    record,
    signer,
)

WITNESS = signer(31, "w")


class WatchedStore(FolderStore):
    """A real store that says when it is about to be looked into."""

    def __init__(self, root: Path, place: str, told: Callable[[], object]) -> None:
        super().__init__(root, place, place[0])
        self._told = told

    def open(self, name: str) -> BinaryIO:
        self._told()
        return super().open(name)

    def exists(self, name: str) -> bool:
        self._told()
        return super().exists(name)

    def names(self, prefix: str) -> Iterator[str]:
        self._told()
        return super().names(prefix)


class Service:
    """Another process with the same home: publishes at look number `at`."""

    def __init__(self, log: CustodyLog, at: int = 0) -> None:
        self.looks = 0
        self._log = log
        self._at = at

    def look(self) -> None:
        """fsck is about to look into a store."""
        self.looks += 1
        if self.looks == self._at:
            record(self._log, n="meanwhile")


def examine(home: LogHome, service: Service) -> list[tuple[str, str, str]]:
    """What fsck finds in the log while the service is there."""
    stores = TwinStores(
        WatchedStore(home.folder / "first", "first", service.look),
        WatchedStore(home.folder / "second", "second", service.look),
    )
    log = home.open(stores)
    run = Checker(log, project_nothing, ()).run()
    found = [(each.finding, each.place, each.subject) for each in run]
    log.engine.dispose()
    return found


def test_an_event_published_at_any_moment_is_no_finding(tmp_path: Path) -> None:
    """Whenever a service publishes while fsck looks, the log is as sound as it is."""
    home = LogHome(tmp_path / "home")
    log = home.begin()
    quiet = Service(log)
    assert examine(home, quiet) == []
    assert quiet.looks > 10
    for at in range(1, quiet.looks + 1):
        assert examine(home, Service(log, at)) == [], at


class SlowStore(FolderStore):
    """A real store on a slow disk: it takes its time before it replaces an object."""

    def swap(self, name: str, expected: bytes | None, new: bytes) -> None:
        time.sleep(0.2)
        super().swap(name, expected, new)


def test_a_publication_that_is_half_done_is_no_finding(tmp_path: Path) -> None:
    """Second store and row have the checkpoint, the first store not yet."""
    home = LogHome(tmp_path / "home")
    log = home.begin()
    slow = SlowStore(home.folder / "first", "first", "f")
    writing = home.open(TwinStores(slow, log.stores.second))
    seen = set[int]()

    def write() -> None:
        for number in range(8):
            record(writing, n=number)

    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(write)
        while not done.done():
            assert examine(home, Service(log)) == []
            seen.add(claimed_checkpoint(log.checkpoint()).size)
        done.result()
    writing.engine.dispose()
    assert len(seen) > 2


def test_a_line_that_a_service_is_adding_is_no_finding(tmp_path: Path) -> None:
    """A witness cosigned; not every place has its line yet."""
    home = LogHome(tmp_path / "home")
    log = home.begin()
    engage(log, WITNESS)
    slow = SlowStore(home.folder / "first", "first", "f")
    writing = home.open(TwinStores(slow, log.stores.second))
    cosigned = cosign(split_note(log.checkpoint())[0], WITNESS, START)
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(writing.add_cosignatures, 2, [cosigned])
        while not done.done():
            assert examine(home, Service(log)) == []
        done.result()
    writing.engine.dispose()
    assert cosigned in read_object(log.stores.first, CHECKPOINT)


def test_an_older_checkpoint_is_found_though_a_service_is_there(tmp_path: Path) -> None:
    """A second store that went back is named, whoever has the home open."""
    home = LogHome(tmp_path / "home")
    log = home.begin()
    path = home.folder / "second" / CHECKPOINT
    before = path.read_bytes()
    record(log, n=1)
    path.write_bytes(before)
    assert examine(home, Service(log)) == [("checkpoint_older", "second", CHECKPOINT)]
