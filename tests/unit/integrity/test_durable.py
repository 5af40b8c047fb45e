"""Many small files at once: the order of syncs, and nothing ever replaced."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from integrity.errors import StoreConflict, StoreUnavailable
from integrity.store import durable
from integrity.store.durable import (
    TEMP_PREFIX,
    at_once,
    remove_leftovers,
    write_all_durably,
)
from integrity.store.objects import FolderStore


def test_files_are_synced_before_they_get_their_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every file is on the disk before any has its name; then each folder, once."""
    trace = list[str]()
    sync, link = os.fsync, os.link

    def traced_sync(descriptor: int) -> None:
        sync(descriptor)
        path = Path(f"/proc/self/fd/{descriptor}").readlink()
        trace.append("file" if path.name.startswith(TEMP_PREFIX) else path.name)

    def traced_link(source: object, target: object, **more: object) -> None:
        trace.append("link")
        link(source, target, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "fsync", traced_sync)
    monkeypatch.setattr(os, "link", traced_link)
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    files = [(tmp_path / "ab"[n % 2] / f"{n}", b"%d" % n) for n in range(6)]
    assert write_all_durably(files) == []
    assert trace[:12] == ["file"] * 6 + ["link"] * 6
    assert sorted(trace[12:]) == ["a", "b"]
    assert [path.read_bytes() for path, _ in files] == [data for _, data in files]
    assert not list(tmp_path.rglob(f"{TEMP_PREFIX}*"))


def test_what_exists_is_left_and_named(tmp_path: Path) -> None:
    """A file that is there keeps its bytes; the store refuses other bytes for it."""
    (tmp_path / "x").write_bytes(b"old")
    assert write_all_durably([(tmp_path / "x", b"new"), (tmp_path / "y", b"1")]) == [
        tmp_path / "x"
    ]
    assert (tmp_path / "x").read_bytes() == b"old"
    store = FolderStore.create(tmp_path / "store", "first", "f")
    store.put_all([("log/statements/1", b"one"), ("log/statements/2", b"two")])
    store.put_all([("log/statements/2", b"two"), ("log/statements/3", b"three")])
    with pytest.raises(StoreConflict):
        store.put_all([("log/statements/4", b"four"), ("log/statements/2", b"other")])
    assert (tmp_path / "store" / "log/statements/2").read_bytes() == b"two"


def test_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    """A file where a folder should be is no stack trace, and leaves nothing behind."""
    (tmp_path / "folder").write_bytes(b"")
    with pytest.raises(StoreUnavailable):
        write_all_durably([(tmp_path / "folder" / "x", b"1")])


def test_many_at_once_raise_what_one_raised() -> None:
    """An error in one of several threads reaches the caller."""

    def step(number: int) -> None:
        if number == 3:
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        at_once(step, list(range(6)))


def test_only_old_leftovers_are_removed(tmp_path: Path) -> None:
    """A temporary file of today may belong to somebody who is writing."""
    old, new = (tmp_path / f"{TEMP_PREFIX}{name}" for name in ("old", "new"))
    other = tmp_path / "other"
    for path in (old, new, other):
        path.write_bytes(b"x")
    long_ago = time.time() - durable.LEFT_OVER_S - 60
    os.utime(old, (long_ago, long_ago))
    os.utime(other, (long_ago, long_ago))
    remove_leftovers(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [new.name, "other"]
