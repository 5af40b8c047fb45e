"""Blobs and statements by name, in one store or in both."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from integrity.errors import StoreConflict, StoreUnavailable
from integrity.store.durable import CHUNK, file_chunks
from integrity.store.objects import ObjectStore

BLOBS = "blobs"
STATEMENTS = "log/statements"
CHECKPOINT = "log/checkpoint"
FROZEN = "log/frozen"
KEYS = "log/keys"


def blob_name(sha256: str) -> str:
    """Where a blob lies: spread over folders so that none grows too long."""
    return f"{BLOBS}/{sha256[:2]}/{sha256[2:4]}/{sha256}"


def statement_name(leaf: int) -> str:
    """Where the statement of `leaf` lies, a thousand to a folder."""
    return f"{STATEMENTS}/{leaf // 1000:06d}/{leaf:09d}.dsse.json"


def frozen_name(size: int) -> str:
    """Where the last checkpoint of a closed log lies; it covers `size` entries."""
    return f"{FROZEN}/{size:08d}"


def leaf_of(name: str) -> int:
    """The leaf number in a name made by `statement_name`."""
    return int(Path(name).name.partition(".")[0])


def read_object(store: ObjectStore, name: str) -> bytes:
    """A small object whole; StoreUnavailable when it is absent."""
    with store.open(name) as stream:
        return stream.read()


def read_optional(store: ObjectStore, name: str) -> bytes | None:
    """A small object whole, or None when it was never written."""
    return read_object(store, name) if store.exists(name) else None


class TwinStores:
    """Both stores as one: nothing counts as kept until both hold it (双备份)."""

    def __init__(self, first: ObjectStore, second: ObjectStore) -> None:
        self.first = first
        self.second = second

    def __iter__(self) -> Iterator[ObjectStore]:
        return iter((self.first, self.second))

    def check_identity(self) -> None:
        """Raise StoreIdentityError unless both are the stores that were set up."""
        for store in self:
            store.check_identity()

    def keep_file(self, path: Path, sha256: str) -> None:
        """Keep the file as the blob `sha256` in both stores.

        What is written is hashed again on its way, so that a read error between
        the spool and the store cannot put other bytes under this digest.
        """
        for store in self:
            store.put(blob_name(sha256), hash_checked(file_chunks(path), sha256))

    def keep_bytes(self, data: bytes, sha256: str) -> None:
        """Keep a small blob in both stores."""
        for store in self:
            store.put(blob_name(sha256), hash_checked([data], sha256))

    def require(self, *digests: str) -> None:
        """Make sure that both still have these blobs, kept a moment ago.

        Inside the transaction that names them: an erasure of equal bytes may have
        come between, and it waits for the same lock.

        Raises:
            StoreUnavailable: one is not there; keep it again.
        """
        for sha256 in digests:
            for store in self:
                if not store.exists(blob_name(sha256)):
                    reason = "it was erased meanwhile"
                    raise StoreUnavailable(f"{store.place}:{sha256[:16]}", reason)

    def open_blob(self, sha256: str) -> BinaryIO:
        """The blob from whichever store has a whole copy, the first if it can.

        Raises:
            StoreUnavailable: neither store can give bytes with this digest.
        """
        for store in self:
            name = blob_name(sha256)
            if store.exists(name) and digest_of(store, name) == sha256:
                return store.open(name)
        raise StoreUnavailable(f"blob {sha256[:16]}", "no whole copy in either store")


def hash_checked(chunks: Iterable[bytes], sha256: str) -> Iterator[bytes]:
    """Pass `chunks` on; StoreConflict at the end if they hash to something else."""
    state = hashlib.sha256()
    for chunk in chunks:
        state.update(chunk)
        yield chunk
    if state.hexdigest() != sha256:
        raise StoreConflict(f"blob {sha256[:16]}", "the bytes changed while copying")


def digest_of(store: ObjectStore, name: str) -> str:
    """SHA-256 of an object as it can be read now."""
    state = hashlib.sha256()
    try:
        with store.open(name) as stream:
            while chunk := stream.read(CHUNK):
                state.update(chunk)
    except OSError as error:
        raise StoreUnavailable(f"{store.place}:{name}", str(error)) from error
    return state.hexdigest()
