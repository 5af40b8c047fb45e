"""What a stamp says in the log: its facts, its files as subjects, its readers."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
from collections.abc import Sequence
from typing import Any

from integrity.canonical import time_text
from integrity.digest import digest_bytes
from integrity.statement import Subject
from integrity.store.blobs import TwinStores
from receipts.stamp_projection import FILES
from receipts.time_authority import Obtained


def _files(one: Obtained) -> tuple[bytes, bytes, bytes]:
    return one.query, one.response, one.chain


def bytes_of(obtained: Sequence[Obtained]) -> list[bytes]:
    """Query, response and chain of each."""
    return [data for one in obtained for data in _files(one)]


def keep(stores: TwinStores, blobs: Sequence[bytes]) -> None:
    """Keep small files in both stores, before an event names them."""
    for data in blobs:
        stores.keep_bytes(data, digest_bytes(data).sha256)


def subjects_of(one: Obtained) -> tuple[Subject, ...]:
    """The files as subjects, in the order that the projection reads them."""
    return tuple(
        Subject(name, digest_bytes(data))
        for name, data in zip(FILES, _files(one), strict=True)
    )


def facts_of(one: Obtained) -> dict[str, Any]:
    """The facts that stamps of both kinds share."""
    stamp = one.stamp
    accuracy = stamp.accuracy
    return {
        "service": one.authority.service,
        "authority": stamp.authority,
        "root_sha256": stamp.root_sha256,
        "time": time_text(stamp.time),
        "accuracy_us": None
        if accuracy is None
        else accuracy // dt.timedelta.resolution,
        "serial": f"{stamp.serial:x}",
        "policy": stamp.policy,
        "good_until": time_text(stamp.good_until),
        "bytes": {
            name: len(data) for name, data in zip(FILES, _files(one), strict=True)
        },
    }


def tools_of(one: Obtained) -> dict[str, str]:
    """Which readers took the response apart; both agree, or only ours could read it."""
    return {reader: importlib.metadata.version(reader) for reader in one.stamp.readers}
