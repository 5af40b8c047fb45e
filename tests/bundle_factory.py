"""A small log in memory, and bundles made from it, for the tests of receipts."""

from __future__ import annotations

import datetime as dt
import functools
import io
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from integrity.checkpoint import Checkpoint, sign_checkpoint
from integrity.digest import digest_bytes
from integrity.keys import Ed25519Signer
from integrity.merkle import inclusion_proof, leaf_hash, new_nodes, root_at
from integrity.note import VerifierKey
from integrity.policy import Role, TrustedKey, TrustedKeys
from integrity.proof import Proof
from integrity.sshsig import sign_sshsig
from integrity.statement import Actor, Event, Subject, leaf_text, seal
from receipts import bundle_layout as layout
from receipts.bundle_writer import (
    BundleDetails,
    BundleEvent,
    BundleItem,
    BundleSeals,
    WrittenBundle,
    write_bundle,
)
from receipts.canonical_zip import BytesSource, open_canonical, write_canonical
from receipts.checks import Report, Result
from receipts.cms_seal import seal_cms
from receipts.pdf_key import PdfKey, certificate_sha256, create_pdf_key

ORIGIN = "custody.example/log"
FIRM = "示例律师事务所"
MATTER = "m0123456789ab"
START = dt.datetime(2025, 8, 29, 6, 3, 22, tzinfo=dt.UTC)
CLERK = Actor("li", "李助理", "paralegal")
DETAILS = BundleDetails("(2025)沪01民终1号", "买卖合同纠纷", START, "Custody 0.1.0")


def signer(name: str, seed: int) -> Ed25519Signer:
    """A signer whose key is the same in every run."""
    key = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
    return Ed25519Signer(name, key)


@functools.cache
def service_key() -> PdfKey:
    """The key that seals bundles here; one for a run."""
    with tempfile.TemporaryDirectory() as folder:
        return create_pdf_key(Path(folder), FIRM, START)


def verifier_key(key: Ed25519Signer) -> VerifierKey:
    """The verifier key of a signer."""
    return VerifierKey.ed25519(key.name, key.public_key)


@dataclass
class SmallLog:
    """A log in memory: events are sealed, hashed into a tree, and can be proved."""

    log_signer: Ed25519Signer = field(default_factory=lambda: signer(ORIGIN, 1))
    statement_signer: Ed25519Signer = field(
        default_factory=lambda: signer("custody.example/statements", 2)
    )
    envelopes: list[bytes] = field(default_factory=list)
    nodes: dict[tuple[int, int], bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        keys = {
            "log": verifier_key(self.log_signer).text(),
            "statement": verifier_key(self.statement_signer).text(),
            "pdf_certificate_sha256": certificate_sha256(service_key()),
        }
        self.record("firm.initialised", firm=FIRM, origin=ORIGIN, keys=keys)

    @property
    def keys(self) -> TrustedKeys:
        """The public keys of the log."""
        pairs = [(Role.LOG, self.log_signer), (Role.STATEMENT, self.statement_signer)]
        return TrustedKeys(
            tuple(
                TrustedKey(role, verifier_key(key), 0, None, START, None)
                for role, key in pairs
            )
        )

    def record(self, kind: str, *subjects: Subject, **facts: Any) -> int:
        """Append an event; its leaf number."""
        leaf = len(self.envelopes)
        time = START + dt.timedelta(minutes=leaf)
        salt = f"{leaf:064x}"
        event = Event(kind, CLERK, time, facts, subjects, {"custody": "0.1.0"}, salt)
        envelope = seal(event, self.statement_signer)
        return self.append(envelope)

    def append(self, envelope: bytes) -> int:
        """Append an envelope as it is; its leaf number."""
        leaf = len(self.envelopes)
        hashed = leaf_hash(leaf_text(envelope))
        for level, index, value in new_nodes(leaf, hashed, self._read):
            self.nodes[level, index] = value
        self.envelopes.append(envelope)
        return leaf

    def checkpoint(self) -> bytes:
        """The signed checkpoint over all events so far."""
        size = len(self.envelopes)
        root = root_at(size, self._read)
        return sign_checkpoint(Checkpoint(ORIGIN, size, root), self.log_signer)

    def prove(self, leaf: int) -> bytes:
        """The `.tlog-proof` of a leaf under the newest checkpoint."""
        path = inclusion_proof(leaf, len(self.envelopes), self._read)
        envelope = self.envelopes[leaf]
        return Proof(leaf, tuple(path), self.checkpoint(), envelope).serialise()

    def event(self, leaf: int) -> BundleEvent:
        """A leaf as it goes into a bundle."""
        return BundleEvent(leaf, self.envelopes[leaf], self.prove(leaf))

    def _read(self, level: int, index: int) -> bytes:
        return self.nodes[level, index]


@dataclass
class Matter:
    """A matter with exhibits, recorded in a log."""

    log: SmallLog = field(default_factory=SmallLog)
    contents: dict[str, bytes] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    leaves: list[int] = field(default_factory=lambda: [0])

    def receive(self, exhibit: str, data: bytes, **changed: Any) -> int:
        """Record `exhibit.received`."""
        facts = {
            "exhibit": exhibit,
            "matter": MATTER,
            "original_name": f"扫描 {exhibit}.pdf",
            "size": len(data),
            "media_type": "application/pdf",
            "via": "web",
            "parent": None,
            "duplicate_of": None,
            "claimed_sha256": None,
        }
        self.contents[exhibit] = data
        self.names.setdefault(exhibit, exhibit)
        subject = Subject(exhibit, digest_bytes(data))
        facts.update(changed)
        return self._note(self.log.record("exhibit.received", subject, **facts))

    def name(self, exhibit: str, name: str, kind: str = "exhibit.read") -> int:
        """Record an event that gives a legal name."""
        self.names[exhibit] = name
        subject = Subject(exhibit, digest_bytes(self.contents[exhibit]))
        facts = {"exhibit": exhibit, "matter": MATTER, "name": name, "type": "contract"}
        return self._note(self.log.record(kind, subject, **facts))

    def happen(self, kind: str, **facts: Any) -> int:
        """Record any other event."""
        return self._note(self.log.record(kind, **facts))

    def _note(self, leaf: int) -> int:
        self.leaves.append(leaf)
        return leaf

    def items(self) -> list[BundleItem]:
        """All exhibits as items of a bundle."""
        return [
            BundleItem(
                exhibit,
                self.names[exhibit],
                len(data),
                digest_bytes(data),
                lambda data=data: io.BytesIO(data),  # type: ignore[misc]  # bound now
            )
            for exhibit, data in self.contents.items()
        ]

    def export(self, out: Path, **changed: Any) -> WrittenBundle:
        """Write the bundle of everything."""
        arguments: dict[str, Any] = {
            "items": self.items(),
            "events": [self.log.event(leaf) for leaf in self.leaves],
            "keys": self.log.keys,
            "checkpoint": self.log.checkpoint(),
            "details": DETAILS,
            "seals": BundleSeals(service_key(), self.log.statement_signer),
        }
        arguments.update(changed)
        return write_bundle(out, **arguments)


def small_matter() -> Matter:
    """Three exhibits: read and reviewed; unreadable; only received so far."""
    matter = Matter()
    matter.log.record("user.added", login="li", name="李助理", role="paralegal")
    matter.receive("e0000000000aa", b"%PDF-1.7 first original\n" * 9)
    matter.receive("e0000000000bb", bytes(range(256)))
    matter.name("e0000000000aa", "20250829_其他_001.pdf")
    matter.name("e0000000000bb", "00000000_其他_002.bin", "exhibit.unreadable")
    matter.log.record("matter.opened", matter="m000", number="another")
    matter.name("e0000000000aa", "20250829_合同_001.pdf", "exhibit.reviewed")
    matter.happen("exhibit.checked", exhibit="e0000000000aa", pages=2)
    matter.receive("e0000000000cc", b"")
    return matter


def unpack(path: Path) -> dict[str, bytes]:
    """Every file of a bundle."""
    with open_canonical(path) as archive:
        names = [entry.name for entry in archive.entries]
        return {name: b"".join(archive.chunks(name)) for name in names}


def pack(files: dict[str, bytes], out: Path) -> Path:
    """A canonical ZIP of `files` as they are."""
    with out.open("wb") as stream:
        write_canonical(stream, [BytesSource(*pair) for pair in files.items()])
    return out


def relist(files: dict[str, bytes]) -> dict[str, bytes]:
    """What a careful forger does: all lists and sizes made to fit the files."""
    data = {n: digest_bytes(d) for n, d in files.items() if n.startswith("data/")}
    size = sum(len(files[name]) for name in data)
    info = files["bag-info.txt"].decode().splitlines()
    info[3] = f"Payload-Oxum: {size}.{len(data)}"
    changed = {
        "bag-info.txt": "".join(f"{line}\n" for line in info).encode(),
        "manifest-sha256.txt": layout.manifest(data),
        "checksums-sm3.txt": layout.sm3_list(data),
    }
    files = {**files, **changed}
    tags = {
        name: digest_bytes(content)
        for name, content in files.items()
        if not name.startswith("data/") and name not in layout.UNLISTED
    }
    return {**files, "tagmanifest-sha256.txt": layout.manifest(tags)}


def reseal(files: dict[str, bytes], log: SmallLog) -> dict[str, bytes]:
    """Both seals made anew by the firm's own keys, whatever the files are."""
    manifest, key = files["tagmanifest-sha256.txt"], service_key()
    at = DETAILS.exported_at
    return {
        **files,
        layout.CMS_SEAL: seal_cms(manifest, key.certificate, key.sign, at),
        layout.SSH_SEAL: sign_sshsig(
            manifest, log.statement_signer, layout.SSH_NAMESPACE
        ),
    }


def results(report: Report) -> set[tuple[int, str, str]]:
    """(number, result, subject) of everything that did not pass."""
    return {
        (check.number, check.result.value, check.subject)
        for check in report.checks
        if check.result is not Result.PASSED
    }
