"""fsck of a log that a running service goes on writing."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from integrity.store.blobs import CHECKPOINT, TwinStores
from integrity.store.custody_log import CustodyLog
from integrity.store.fsck import Checker
from integrity.store.objects import FolderStore
from tests.log_factory import LogHome, project_nothing, record


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


def test_an_older_checkpoint_is_found_though_a_service_is_there(tmp_path: Path) -> None:
    """A second store that went back is named, whoever has the home open."""
    home = LogHome(tmp_path / "home")
    log = home.begin()
    path = home.folder / "second" / CHECKPOINT
    before = path.read_bytes()
    record(log, n=1)
    path.write_bytes(before)
    assert examine(home, Service(log)) == [("checkpoint_older", "second", CHECKPOINT)]
