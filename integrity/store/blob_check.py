"""The checker's look at blobs: both copies of one re-hash to its digest."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from integrity.errors import StoreUnavailable
from integrity.store.blobs import TwinStores, blob_name, digest_of
from integrity.store.finding import Finding
from integrity.store.objects import ObjectStore


def blob_findings(stores: TwinStores, sha256: str) -> Iterator[Finding]:
    """What is wrong with the copies of one blob, each re-hashed now."""
    name = blob_name(sha256)
    state = {store.place: _state(store, name, sha256) for store in stores}
    sources = [store for store in stores if state[store.place] == "whole"]
    for store in stores:
        if state[store.place] != "whole":
            mend = partial(_copy, sources[0], store, name) if sources else None
            yield Finding(f"blob_{state[store.place]}", store.place, sha256, mend=mend)


def _state(store: ObjectStore, name: str, sha256: str) -> str:
    try:
        if not store.exists(name):
            return "missing"
        return "whole" if digest_of(store, name) == sha256 else "altered"
    except (StoreUnavailable, OSError):
        return "unreadable"


def _copy(source: ObjectStore, target: ObjectStore, name: str) -> None:
    if target.exists(name):
        target.set_aside(name)
    with source.open(name) as stream:
        target.put(name, iter(lambda: stream.read(1 << 20), b""))
