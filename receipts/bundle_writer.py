"""Write an evidence bundle: BagIt 1.0 in a canonical ZIP, originals streamed.

Everything that goes in is verified first by the same checks the receiving side will
do, and every original again while it streams: a bundle that would not verify is not
left behind. The same input gives the same bytes.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import BinaryIO

from intake.zone import ZONE
from integrity.checkpoint import Checkpoint
from integrity.digest import DigestReader, Digests, digest_bytes, digest_file
from integrity.errors import MalformedError, VerificationError
from integrity.policy import TrustedKeys
from integrity.statement import Event
from receipts import bundle_layout as layout
from receipts.bundle_event_checks import founding_faults
from receipts.bundle_history import Exhibit, exhibits_of, founding_facts
from receipts.canonical_zip import CHUNK, BytesSource, Source, write_canonical
from receipts.checks import HISTORY, LEGAL_NAME, ORIGINAL, Check, Result
from receipts.log_checks import (
    Entry,
    check_checkpoint,
    check_inclusion,
    check_statement,
)
from receipts.report import ReportFacts, render_report
from receipts.verify_text import verify_text


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

    The proof carries the envelope in `extra`, and the checkpoint of the bundle.
    """

    leaf: int
    envelope: bytes
    proof: bytes


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
) -> WrittenBundle:
    """Write the bundle of `items` to `out`, replacing it whole or not at all.

    Args:
        out: the ZIP to write; its folder exists.
        items: the exhibits, at least one, all of one matter.
        events: leaf 0 and every event of the exhibits.
        keys: the firm's public keys, `trust/keys`.
        checkpoint: the signed checkpoint that all proofs of `events` carry.
        details: for REPORT.pdf and bag-info.txt.

    Raises:
        VerificationError: something would not verify (`check` is the number), or an
            original is not the bytes that were received.
        MalformedError: a name or value that a bundle cannot hold.
        OSError: reading an original or writing the file failed.
    """
    verified, head = _verify_events(events, keys, checkpoint)
    exhibits = _match(items, exhibits_of(verified))
    facts = ReportFacts(
        firm=_founding_firm(verified, head, keys),
        matter_number=details.matter_number,
        matter_title=details.matter_title,
        exported_at=details.exported_at,
        exhibits=exhibits,
        checkpoint=head,
        fingerprint=keys.fingerprint(),
    )
    tags = _tag_files(facts, events, keys, checkpoint, details)
    sources: list[Source] = [_Original(item) for item in items]
    sources += [BytesSource(name, data) for name, data in tags.items()]
    _write_whole(out, sources)
    digests, size = digest_file(out)
    return WrittenBundle(out, digests, size)


def _verify_events(
    events: Sequence[BundleEvent], keys: TrustedKeys, checkpoint: bytes
) -> tuple[dict[int, Event], Checkpoint]:
    head, check = check_checkpoint(checkpoint, keys, layout.CHECKPOINT)
    _require(check)
    verified: dict[int, Event] = {}
    for given in events:
        entry = _entry(given)
        event, check = check_statement(entry, keys.statement_keys())
        _require(check)
        if head is not None and event is not None:
            _require(check_inclusion(entry, head))
            verified[given.leaf] = event
    if head is None or len(verified) != len(events):
        raise VerificationError(HISTORY.number, "an event is given twice")
    return verified, head.checkpoint


def _entry(event: BundleEvent) -> Entry:
    statement, proof = layout.statement_name(event.leaf), layout.proof_name(event.leaf)
    return Entry(event.leaf, event.envelope, event.proof, statement, proof)


def _require(check: Check) -> None:
    if check.result is not Result.PASSED:
        raise VerificationError(check.number, f"{check.subject}: {check.reason}")


def _match(
    items: Sequence[BundleItem], exhibits: tuple[Exhibit, ...]
) -> tuple[Exhibit, ...]:
    """The exhibits, if they are exactly the items."""
    if not exhibits or len({exhibit.matter for exhibit in exhibits}) != 1:
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


def _founding_firm(
    events: Mapping[int, Event], checkpoint: Checkpoint, keys: TrustedKeys
) -> str:
    founding = founding_facts(events)
    for fault in founding_faults(founding, checkpoint, keys):
        raise VerificationError(HISTORY.number, fault.en)
    firm = founding.get("firm")
    if not isinstance(firm, str):
        raise MalformedError("event 0", "it names no firm")
    return firm


def _tag_files(
    facts: ReportFacts,
    events: Sequence[BundleEvent],
    keys: TrustedKeys,
    checkpoint: bytes,
    details: BundleDetails,
) -> dict[str, bytes]:
    """Every file but the originals; the tag manifest last, over all others."""
    originals = {layout.DATA + e.name: e.digests for e in facts.exhibits}
    tags = {
        layout.BAGIT: layout.BAGIT_TEXT,
        layout.BAG_INFO: _bag_info(facts, details).serialise(),
        layout.MANIFEST: layout.manifest(originals),
        layout.SM3_LIST: layout.sm3_list(originals),
        layout.CHECKPOINT: checkpoint,
        layout.KEYS: keys.serialise(),
        layout.POLICY: keys.log_policy(),
        layout.REPORT: render_report(facts),
        layout.BY_HAND: verify_text().encode("utf-8"),
        layout.VERIFIER: standalone_verifier(),
    }
    for event in events:
        tags[layout.statement_name(event.leaf)] = event.envelope
        tags[layout.proof_name(event.leaf)] = event.proof
    digests = {name: digest_bytes(data) for name, data in tags.items()}
    tags[layout.TAG_MANIFEST] = layout.manifest(digests)
    return tags


def _bag_info(facts: ReportFacts, details: BundleDetails) -> layout.BagInfo:
    return layout.BagInfo(
        organization=facts.firm,
        matter=facts.exhibits[0].matter,
        date=details.exported_at.astimezone(ZONE).date(),
        payload_bytes=sum(exhibit.size for exhibit in facts.exhibits),
        payload_files=len(facts.exhibits),
        software=details.software,
    )


def standalone_verifier() -> bytes:
    """The one-file verifier as it is shipped."""
    return resources.files("receipts.standalone").joinpath("verify.py").read_bytes()


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
