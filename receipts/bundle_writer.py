"""Write an evidence bundle: BagIt 1.0 in a canonical ZIP, originals streamed.

Everything that goes in is verified first by the very checks the receiving side will
do, and every original again while it streams: a bundle that would not verify is not
left behind. The same input gives the same bytes, but for the seals, which are signed
anew each time, and what lists them.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from integrity.digest import DigestReader, Digests, digest_bytes, digest_file
from integrity.errors import MalformedError, VerificationError
from integrity.keys import Signer
from integrity.policy import TrustedKeys
from integrity.statement import Event
from receipts import bundle_layout as layout
from receipts.bundle_files import Measured
from receipts.bundle_history import Exhibit, exhibits_of
from receipts.bundle_second_format import Given, second_format
from receipts.bundle_tags import Parts, tag_files
from receipts.canonical_zip import CHUNK, BytesSource, Source, write_canonical
from receipts.checks import (
    HISTORY,
    LEGAL_NAME,
    ORIGINAL,
    WITNESSES,
    Check,
    Result,
)
from receipts.log_checks import Entry, check_checkpoint, check_statement
from receipts.pdf_key import PdfKey
from receipts.stamp_files import StampFiles


@dataclass(frozen=True, slots=True)
class BundleItem:
    """An original to hand over.

    Attributes:
        exhibit: its id.
        name: its legal name now; the id where no event has named it yet.
        size: bytes.
        digests: as recorded when it was received.
        open: gives a fresh stream of its bytes; called once, closed by us.
    """

    exhibit: str
    name: str
    size: int
    digests: Digests
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class BundleEvent:
    """An event of the log: leaf number, envelope, `.tlog-proof` file.

    The proof carries the envelope in `extra`, and the checkpoint of the bundle, or the
    last one of its log where that was closed before. An event that records a time
    stamp comes with its files.
    """

    leaf: int
    envelope: bytes
    proof: bytes
    stamp: StampFiles | None = None


@dataclass(frozen=True, slots=True)
class BundleDetails:
    """What the log does not tell: how the matter is called, when and by what.

    `exported_at` is aware; `software` is a name and version on one line.
    """

    matter_number: str
    matter_title: str
    exported_at: dt.datetime
    software: str


@dataclass(frozen=True, slots=True)
class BundleSeals:
    """What seals a bundle: the PDF key, and a statement key valid at the checkpoint."""

    pdf_key: PdfKey
    statement: Signer


@dataclass(frozen=True, slots=True)
class WrittenBundle:
    """The finished file: digests and size in bytes."""

    path: Path
    digests: Digests
    size: int


def write_bundle(
    out: Path,
    *,
    items: Sequence[BundleItem],
    events: Sequence[BundleEvent],
    keys: TrustedKeys,
    checkpoint: bytes,
    details: BundleDetails,
    seals: BundleSeals,
    stamps: Sequence[StampFiles] = (),
) -> WrittenBundle:
    """Write the bundle of `items` to `out`, replacing it whole or not at all.

    Args:
        out: the ZIP to write; its folder exists.
        items: the exhibits that have bytes, all of one matter; there may be none
            where `events` tell of erased ones.
        events: leaf 0; below the checkpoint's size every change of keys and the first
            event of every log; every event of the exhibits, the erasures, and at most
            one stamp from before them.
        keys: the firm's public keys, `trust/keys`, as they are at the checkpoint.
        checkpoint: the signed checkpoint that the proofs of `events` carry, those of
            the same log.
        details: for REPORT.pdf and bag-info.txt.
        seals: keys that count at the size of the checkpoint.
        stamps: time stamps over `checkpoint`, by two authorities at most.

    Raises:
        VerificationError: something would not verify (`check` is the number), or an
            original is not the bytes that were received.
        MalformedError: a name or value that a bundle cannot hold.
        OSError: reading an original or writing the file failed.
    """
    opened = _open_events(events, keys, checkpoint)
    exhibits = _match(items, exhibits_of(opened))
    parts = Parts(
        events={event.leaf: opened[event.leaf] for event in events},
        envelopes={event.leaf: event.envelope for event in events},
        proofs={event.leaf: event.proof for event in events},
        stamped={e.leaf: e.stamp for e in events if e.stamp is not None},
        exhibits=exhibits,
        keys=keys,
        checkpoint=checkpoint,
        stamps=tuple(stamps),
        matter_number=details.matter_number,
        matter_title=details.matter_title,
        exported_at=details.exported_at,
        software=details.software,
    )
    tags = tag_files(parts, seals.pdf_key, seals.statement)
    _require_all_checks(_Tags(tags), items)
    sources: list[Source] = [_Original(item) for item in items]
    sources += [BytesSource(name, data) for name, data in tags.items()]
    _write_whole(out, sources)
    digests, size = digest_file(out)
    return WrittenBundle(out, digests, size)


def _open_events(
    events: Sequence[BundleEvent], keys: TrustedKeys, checkpoint: bytes
) -> dict[int, Event]:
    """Leaf number to event; statements and checkpoint are signed as they must be."""
    _, check = check_checkpoint(checkpoint, keys, layout.CHECKPOINT)
    _require(check)
    opened: dict[int, Event] = {}
    for given in events:
        entry = _entry(given)
        event, check = check_statement(entry, keys.statement_keys(given.leaf))
        _require(check)
        if event is not None:
            opened[given.leaf] = event
    if len(opened) != len(events):
        raise VerificationError(HISTORY.number, "an event is given twice")
    return opened


def _entry(event: BundleEvent) -> Entry:
    statement, proof = layout.statement_name(event.leaf), layout.proof_name(event.leaf)
    return Entry(event.leaf, event.envelope, event.proof, statement, proof)


def _require(check: Check) -> None:
    """Refuse what would not pass.

    Too few cosignatures are no reason to refuse: a witness that is down blocks
    nothing, and the reader is told that they are missing.
    """
    if check.result is Result.PASSED:
        return
    if check.number == WITNESSES.number and check.result is Result.INDETERMINATE:
        return
    raise VerificationError(check.number, f"{check.subject}: {check.reason}")


@dataclass(frozen=True, slots=True)
class _Tags:
    """The files of the bundle that are not originals, before they are written."""

    contents: Mapping[str, bytes]

    def tag(self, name: str) -> bytes:
        return self.contents[name]


def _require_all_checks(tags: _Tags, items: Sequence[BundleItem]) -> None:
    """Every check from 4 on, on the files as they will be written."""
    measured = {
        layout.DATA + item.name: Measured(item.size, item.digests, whole=True)
        for item in items
    }
    measured |= {
        name: Measured(len(data), digest_bytes(data), whole=True)
        for name, data in tags.contents.items()
    }
    contents, faults = layout.sort_out(measured, layout.SECOND)
    for name, fault in faults:
        raise MalformedError(name, f"{fault} in the bundle to be written")
    for check in second_format(Given(tags, contents, measured, None, None)):
        _require(check)


def _match(
    items: Sequence[BundleItem], exhibits: tuple[Exhibit, ...]
) -> tuple[Exhibit, ...]:
    """The exhibits, if they are exactly the items."""
    if len({exhibit.matter for exhibit in exhibits}) > 1:
        raise VerificationError(HISTORY.number, "not the exhibits of one matter")
    if sorted(i.exhibit for i in items) != sorted(e.exhibit for e in exhibits):
        reason = "items and events are not of the same exhibits"
        raise VerificationError(HISTORY.number, reason)
    by_id = {exhibit.exhibit: exhibit for exhibit in exhibits}
    for item in items:
        exhibit = by_id[item.exhibit]
        layout.check_legal_name(item.name)
        if item.name != exhibit.name:
            reason = f"{item.exhibit} is called {exhibit.name}, not {item.name}"
            raise VerificationError(LEGAL_NAME.number, reason)
        if (item.digests, item.size) != (exhibit.digests, exhibit.size):
            reason = f"{item.name}: not the bytes that were received"
            raise VerificationError(ORIGINAL.number, reason)
    return exhibits


@dataclass(frozen=True, slots=True)
class _Original:
    """An item as a source that refuses to end on other bytes than were received."""

    item: BundleItem

    @property
    def name(self) -> str:
        return layout.DATA + self.item.name

    @property
    def size(self) -> int:
        return self.item.size

    def chunks(self) -> Iterator[bytes]:
        with self.item.open() as stream:
            reader = DigestReader(stream)
            while chunk := reader.read(CHUNK):
                yield chunk
        if reader.digests() != self.item.digests:
            reason = f"{self.item.name}: not the bytes that were received"
            raise VerificationError(ORIGINAL.number, reason)


def _write_whole(out: Path, sources: Sequence[Source]) -> None:
    """Write beside `out`, make durable, then rename: never half a bundle."""
    temp = out.with_name(f".{out.name[:200]}.{secrets.token_hex(8)}")
    try:
        with temp.open("xb") as stream:
            write_canonical(stream, sources)
            stream.flush()
            os.fsync(stream.fileno())
        temp.replace(out)
    finally:
        with contextlib.suppress(FileNotFoundError):
            temp.unlink()
