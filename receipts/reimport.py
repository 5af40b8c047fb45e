"""Take a bundle into an empty home as a reading copy, and prove it is the same.

A bundle holds originals, statements and proofs, but no private key and not the other
events of its log: so the copy can be read, compared and written out again, and can
never continue the log. What it holds:

    reading-copy.json   the report: verdict, members and exhibits, equal or not
    copy/blobs/…        each member of the bundle under its SHA-256
    copy/log/…          statements, checkpoints and keys under the names of a store
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from intake.errors import Refused
from integrity.canonical import canonical_json
from integrity.digest import DigestReader, Digests, digest_file
from integrity.envelope import parse_envelope
from integrity.errors import MalformedError, VerificationError
from integrity.origins import LOG_CONTINUED
from integrity.policy import TrustedKeys
from integrity.proof import parse_proof
from integrity.statement import Event, event_of
from integrity.store.blobs import (
    CHECKPOINT,
    KEYS,
    blob_name,
    frozen_name,
    hash_checked,
    statement_name,
)
from integrity.store.durable import write_durably
from integrity.store.objects import FolderStore
from receipts import bundle_layout as layout
from receipts.bundle_history import exhibits_of
from receipts.canonical_zip import (
    CHUNK,
    CanonicalZip,
    Source,
    open_canonical,
    write_canonical,
)
from receipts.checks import Report, Result
from receipts.opening import READING_COPY
from receipts.verify_bundle import verify_bundle

COPY = "copy"
STORE = "reading-copy"


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the bundle, and whether what was stored is the same bytes."""

    name: str
    size: int
    digests: Digests
    equal: bool


@dataclass(frozen=True, slots=True)
class ImportedExhibit:
    """An exhibit: `equal` means stored bytes, receipt and bundle agree."""

    exhibit: str
    name: str
    size: int
    digests: Digests
    equal: bool


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What came of an import. `sha256` is that of the whole bundle."""

    sha256: str
    report: Report
    members: tuple[Member, ...]
    exhibits: tuple[ImportedExhibit, ...]

    @property
    def equal(self) -> bool:
        """Whether every member and every exhibit is equal."""
        return all(m.equal for m in self.members) and all(
            e.equal for e in self.exhibits
        )

    def as_dict(self) -> dict[str, Any]:
        """The JSON fields of `reading-copy.json`."""
        return {
            "bundle": self.sha256,
            "verdict": self.report.verdict.value,
            "checks": [check.as_dict() for check in self.report.checks],
            "equal": self.equal,
            "members": [_row(one) for one in self.members],
            "exhibits": [
                {"exhibit": one.exhibit, **_row(one)} for one in self.exhibits
            ],
        }


def import_bundle(
    bundle: Path,
    home: Path,
    policy: TrustedKeys | None = None,
    fingerprint: str | None = None,
) -> ImportReport:
    """Verify `bundle` and keep it in `home`, reading every stored byte back.

    Args:
        bundle: the ZIP.
        home: a folder that is empty or not there yet.
        policy: keys of the firm from elsewhere, if at hand.
        fingerprint: or their fingerprint from a paper.

    Raises:
        Refused: the home is not empty.
        VerificationError: the bundle does not verify; nothing was kept.
        OSError, StoreUnavailable: reading or writing failed.
    """
    if home.exists() and any(home.iterdir()):
        raise Refused("out_exists", path=str(home))
    report = verify_bundle(bundle, policy, fingerprint)
    for check in report.checks:
        if check.result is Result.FAILED:
            raise VerificationError(check.number, f"{check.subject}: {check.reason}")
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    store = FolderStore.create(home / COPY, STORE, STORE)
    digests, _ = digest_file(bundle)
    with open_canonical(bundle) as archive:
        measured = {
            entry.name: _measure(archive, entry.name) for entry in archive.entries
        }
        members = tuple(_keep(store, archive, n, *measured[n]) for n in measured)
        events = _keep_log(store, archive)
    done = ImportReport(digests.sha256, report, members, _exhibits(events, members))
    write_durably(home / READING_COPY, [canonical_json(done.as_dict())])
    return done


def write_again(home: Path, out: Path) -> Digests:
    """Write the bundle again from a reading copy; the same bytes, or an error.

    Raises:
        MalformedError: the home holds no reading copy.
        VerificationError: what is stored is no longer what was imported.
        OSError: reading or writing failed.
    """
    stated = _stated(home)
    store = FolderStore(home / COPY, STORE, STORE)
    sources: list[Source] = [_Stored(store, **row) for row in stated["members"]]
    with out.open("xb") as stream:
        write_canonical(stream, sources)
    digests, _ = digest_file(out)
    if digests.sha256 != stated["bundle"]:
        raise VerificationError("reading copy", "it is not the bundle imported")
    return digests


@dataclass(frozen=True, slots=True)
class _Stored:
    """A member as it lies in the copy."""

    store: FolderStore
    name: str
    size: int
    sha256: str
    sm3: str
    equal: bool

    def chunks(self) -> Iterator[bytes]:
        with self.store.open(blob_name(self.sha256)) as stream:
            yield from iter(lambda: stream.read(CHUNK), b"")


def _measure(archive: CanonicalZip, name: str) -> tuple[int, Digests]:
    reader = DigestReader(_Chunks(archive.chunks(name)))
    while reader.read(CHUNK):
        pass
    return reader.size, reader.digests()


def _keep(
    store: FolderStore, archive: CanonicalZip, name: str, size: int, digests: Digests
) -> Member:
    """Store a member, and read what was stored."""
    kept = blob_name(digests.sha256)
    store.put(kept, hash_checked(archive.chunks(name), digests.sha256))
    stored, stored_size = digest_file(store.root / kept)
    equal = (stored, stored_size) == (digests, size)
    return Member(name, size, digests, equal)


def _keep_log(store: FolderStore, archive: CanonicalZip) -> dict[int, Event]:
    """Statements, checkpoints and keys where a store has them; the events."""
    contents, _ = layout.sort_out([e.name for e in archive.entries], layout.SECOND)
    events = {}
    for leaf in contents.leaves:
        envelope = _bytes(archive, layout.statement_name(leaf))
        store.put(statement_name(leaf), [envelope])
        events[leaf] = event_of(parse_envelope(envelope).payload)
    for before, leaf in pairwise(contents.leaves):
        if events[leaf].kind == LOG_CONTINUED:
            proof = parse_proof(_bytes(archive, layout.proof_name(before)))
            store.put(frozen_name(leaf), [proof.checkpoint])
    store.put(CHECKPOINT, [_bytes(archive, layout.CHECKPOINT)])
    store.put(KEYS, [_bytes(archive, layout.KEYS)])
    return events


def _exhibits(
    events: Mapping[int, Event], members: tuple[Member, ...]
) -> tuple[ImportedExhibit, ...]:
    by_name = {member.name: member for member in members}
    found = []
    for exhibit in exhibits_of(events):
        member = by_name.get(layout.DATA + exhibit.name)
        equal = (
            member is not None
            and member.equal
            and (member.digests, member.size) == (exhibit.digests, exhibit.size)
        )
        found.append(
            ImportedExhibit(
                exhibit.exhibit, exhibit.name, exhibit.size, exhibit.digests, equal
            )
        )
    return tuple(found)


def _stated(home: Path) -> dict[str, Any]:
    try:
        stated = json.loads((home / READING_COPY).read_bytes())
    except (OSError, ValueError) as error:
        raise MalformedError("reading copy", "there is none in this home") from error
    if not isinstance(stated, dict) or not isinstance(stated.get("members"), list):
        raise MalformedError("reading copy", "its report has another form")
    return stated


def _row(one: Member | ImportedExhibit) -> dict[str, Any]:
    return {
        "name": one.name,
        "size": one.size,
        **one.digests.as_dict(),
        "equal": one.equal,
    }


def _bytes(archive: CanonicalZip, name: str) -> bytes:
    return b"".join(archive.chunks(name))


class _Chunks:
    """Chunks as a stream; each read gives one whole chunk."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks

    def read(self, _size: int = -1, /) -> bytes:
        return next(self._chunks, b"")
