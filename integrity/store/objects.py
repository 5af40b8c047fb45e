"""Object stores: named, write-once bytes, and one object replaced by compare-and-swap.

There are always two (双备份). A folder is one; the port is narrow enough for any
object store. Which store is trusted for what is written in docs/threat-model.md.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol
from urllib.parse import unquote, urlsplit

from integrity.digest import DigestReader, digest_file
from integrity.errors import (
    CustodyError,
    StoreConflict,
    StoreIdentityError,
    StoreUnavailable,
)
from integrity.store.durable import (
    CHUNK,
    TEMP_PREFIX,
    make_directory,
    remove_durably,
    remove_leftovers,
    sync_directory,
    sync_file,
    write_all_durably,
    write_durably,
)

MARKER = "store.json"
ASIDE = "aside"
ERASABLE = ("blobs/", "log/statements/")


class ObjectStore(Protocol):
    """One place where bytes are kept.

    On return of `put` and `swap` the bytes are durable. `put` may be called again
    with equal bytes and then does nothing; names are never given other bytes.
    `swap` may run in many processes: exactly one of two competing calls wins. The
    caller never retries a write whose outcome is unknown; start-up looks instead.
    """

    place: str
    identity: str

    def check_identity(self) -> None:
        """Raise StoreIdentityError unless this is the store that was set up."""

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """Keep `chunks` as `name`; StoreConflict when other bytes have the name."""

    def put_all(self, objects: Sequence[tuple[str, bytes]]) -> None:
        """As `put` for each of some small objects, with one wait for the disk."""

    def open(self, name: str) -> BinaryIO:
        """Open for reading; StoreUnavailable when absent."""

    def exists(self, name: str) -> bool:
        """Tell whether something is kept as `name`, whole or damaged."""

    def names(self, prefix: str) -> Iterator[str]:
        """All names that begin with the folder `prefix`, sorted."""

    def swap(self, name: str, expected: bytes | None, new: bytes) -> None:
        """Replace `expected` (None: absent) by `new`; StoreConflict otherwise."""

    def set_aside(self, name: str) -> None:
        """Move a damaged object out of the way; it is kept, never deleted."""

    def erase(self, name: str) -> None:
        """Delete a blob or a statement, copies set aside included, for good.

        Only what an erasure under the law names may be deleted; the caller has
        verified that. Nothing happens when there is none.

        Raises:
            StoreConflict: `name` is neither blob nor statement.
        """


class FolderStore:
    """A folder on a local, network or removable disk."""

    def __init__(self, root: Path, place: str, identity: str) -> None:
        self.root = root
        self.place = place
        self.identity = identity
        self._marker: bytes | None = None  # as it was when it was the right one

    @classmethod
    def create(cls, root: Path, place: str, identity: str) -> FolderStore:
        """Set up an empty folder as the store `identity`; idempotent."""
        store = cls(root, place, identity)
        if not (root / MARKER).exists():
            marker = {"place": place, "store": identity}
            write_durably(root / MARKER, [json.dumps(marker).encode()])
        store.check_identity()
        return store

    def check_identity(self) -> None:
        """Compare the marker: an unplugged disk leaves an empty mount point."""
        try:
            found = (self.root / MARKER).read_bytes()
            if found == self._marker:
                return
            marker = json.loads(found)
        except FileNotFoundError as error:
            raise StoreIdentityError(self.place, str(self.root), "absent") from error
        except (OSError, ValueError) as error:
            raise StoreIdentityError(self.place, str(self.root), "bad") from error
        if marker != {"place": self.place, "store": self.identity}:
            raise StoreIdentityError(self.place, str(self.root), "other")
        self._marker = found

    def put(self, name: str, chunks: Iterable[bytes]) -> None:
        """See ObjectStore."""
        self.check_identity()
        path = self._path(name)
        if path.exists():
            self._compare(name, path, chunks)
            sync_file(path)
            sync_directory(path.parent)
            return
        written = DigestReader(_Chunks(chunks))
        try:
            write_durably(path, iter(lambda: written.read(CHUNK), b""), replace=False)
        except FileExistsError:
            # Another process was faster; equal bytes are as good as our own.
            if digest_file(path)[0] != written.digests():
                reason = "other bytes were written meanwhile"
                raise StoreConflict(f"{self.place}:{name}", reason) from None

    def put_all(self, objects: Sequence[tuple[str, bytes]]) -> None:
        """See ObjectStore."""
        self.check_identity()
        named = {self._path(name): (name, data) for name, data in objects}
        existing = write_all_durably([(path, named[path][1]) for path in named])
        for path in existing:
            name, data = named[path]
            self._compare(name, path, [data])

    def open(self, name: str) -> BinaryIO:
        """See ObjectStore."""
        try:
            return self._path(name).open("rb")
        except OSError as error:
            reason = error.strerror or "error"
            raise StoreUnavailable(f"{self.place}:{name}", reason) from error

    def exists(self, name: str) -> bool:
        """See ObjectStore."""
        return self._path(name).is_file()

    def names(self, prefix: str) -> Iterator[str]:
        """See ObjectStore."""
        base = self._path(prefix)
        for folder, folders, files in os.walk(base):
            folders.sort()
            for file in sorted(files):
                if not file.startswith(TEMP_PREFIX):
                    yield (Path(folder) / file).relative_to(self.root).as_posix()

    def swap(self, name: str, expected: bytes | None, new: bytes) -> None:
        """See ObjectStore; a lock file makes compare and replace one step."""
        self.check_identity()
        path = self._path(name)
        with self._swap_lock():
            current = self._current(name, path)
            if current != expected:
                raise StoreConflict(f"{self.place}:{name}", "changed meanwhile")
            write_durably(path, [new])

    def set_aside(self, name: str) -> None:
        """See ObjectStore."""
        self.check_identity()
        number = sum(1 for _ in self.names(ASIDE))
        target = self._path(f"{ASIDE}/{number:06d}-{name.replace('/', '_')}")
        make_directory(target.parent)
        source = self._path(name)
        source.rename(target)
        sync_directory(target.parent)
        sync_directory(source.parent)

    def erase(self, name: str) -> None:
        """See ObjectStore."""
        if not name.startswith(ERASABLE):
            raise StoreConflict(f"{self.place}:{name}", "it is never deleted")
        self.check_identity()
        path = self._path(name)
        remove_durably(path)
        remove_leftovers(path.parent)
        flat = name.replace("/", "_")
        for aside in list(self.names(ASIDE)):
            if aside.endswith(f"-{flat}"):
                remove_durably(self._path(aside))

    def _path(self, name: str) -> Path:
        return self.root / name

    def _current(self, name: str, path: Path) -> bytes | None:
        try:
            return path.read_bytes() if path.exists() else None
        except OSError as error:
            reason = error.strerror or "error"
            raise StoreUnavailable(f"{self.place}:{name}", reason) from error

    def _compare(self, name: str, path: Path, chunks: Iterable[bytes]) -> None:
        if path.is_dir():
            raise StoreConflict(f"{self.place}:{name}", "a folder has this name")
        with self.open(name) as existing:
            same = all(existing.read(len(chunk)) == chunk for chunk in chunks)
            if not same or existing.read(1):
                raise StoreConflict(f"{self.place}:{name}", "other bytes are kept")

    @contextmanager
    def _swap_lock(self) -> Iterator[None]:
        with (self.root / ".swap.lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


class _Chunks:
    """Chunks as a stream, so that they can be hashed on their way."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)

    def read(self, _size: int = -1, /) -> bytes:
        """The next chunk that is not empty; b"" at the end."""
        return next((chunk for chunk in self._chunks if chunk), b"")


class UnsupportedStore(CustodyError):
    """The URL names a kind of store this version cannot use."""

    code = "store_url"


def folder_of(url: str) -> Path:
    """The folder a store URL names: `file:///srv/evidence` or a plain path.

    Raises:
        UnsupportedStore: any other scheme.
    """
    parts = urlsplit(url)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    if "://" in url:
        message = f"The store URL {parts.scheme}:// is not supported; use a folder."
        raise UnsupportedStore(message, facts={"url": f"{parts.scheme}://"})
    return Path(url)


def read_identity(root: Path) -> tuple[str, str]:
    """`(place, identity)` that the marker of the folder `root` names.

    Raises:
        StoreIdentityError: there is no readable marker.
    """
    try:
        marker = json.loads((root / MARKER).read_bytes())
        return str(marker["place"]), str(marker["store"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreIdentityError("store", str(root), "absent") from error
