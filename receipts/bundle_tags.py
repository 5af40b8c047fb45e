"""Every file of a bundle but the originals: lists, proofs, report, verifiers, seals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources

from cryptography.hazmat.primitives.serialization import Encoding

from intake.zone import ZONE
from integrity.checkpoint import Checkpoint, claimed_checkpoint
from integrity.digest import digest_bytes
from integrity.errors import MalformedError, VerificationError
from integrity.keys import Signer
from integrity.policy import TrustedKeys
from integrity.sshsig import allowed_signers, sign_sshsig
from integrity.statement import Event
from receipts import bundle_layout as layout
from receipts.bundle_event_checks import founding_faults
from receipts.bundle_history import Exhibit, founding_facts
from receipts.bundle_times import Times, times_of
from receipts.checks import HISTORY
from receipts.cms_seal import seal_cms
from receipts.erasure_checks import erasures_of
from receipts.pdf_key import PdfKey
from receipts.report import ReportFacts, render_report
from receipts.report_outside import outside_of
from receipts.seal import sign_pdf
from receipts.stamp_files import StampFiles
from receipts.verify_text import verify_text


@dataclass(frozen=True, slots=True)
class Parts:
    """What goes into a bundle, opened but not yet judged as a whole.

    `events`, `envelopes` and `proofs` go by leaf number, `stamped` by that of the
    stamping event; `stamps` are over the checkpoint. `exported_at` is aware.
    """

    events: Mapping[int, Event]
    envelopes: Mapping[int, bytes]
    proofs: Mapping[int, bytes]
    stamped: Mapping[int, StampFiles]
    exhibits: tuple[Exhibit, ...]
    keys: TrustedKeys
    checkpoint: bytes
    stamps: tuple[StampFiles, ...]
    matter_number: str
    matter_title: str
    exported_at: dt.datetime
    software: str

    @property
    def head(self) -> Checkpoint:
        """The checkpoint, parsed."""
        return claimed_checkpoint(self.checkpoint)


def tag_files(parts: Parts, pdf_key: PdfKey, signer: Signer) -> dict[str, bytes]:
    """Every file but the originals, the seals last.

    Raises:
        VerificationError: leaf 0 is of another log or other keys.
        MalformedError: leaf 0 names no firm, there is no exhibit at all, or a value
            does not fit its file.
        SigningRefused: a key cannot be used.
    """
    tags = _before_sealing(parts, pdf_key)
    tags[layout.SEAL_CERTIFICATE] = pdf_key.certificate.public_bytes(Encoding.PEM)
    tags[layout.ALLOWED_SIGNERS] = allowed_signers(
        layout.SSH_PRINCIPAL, layout.SSH_NAMESPACE, signer.public_key
    )
    digests = {name: digest_bytes(data) for name, data in tags.items()}
    manifest = layout.manifest(digests)
    tags[layout.TAG_MANIFEST] = manifest
    tags[layout.CMS_SEAL] = seal_cms(
        manifest, pdf_key.certificate, pdf_key.sign, parts.exported_at
    )
    tags[layout.SSH_SEAL] = sign_sshsig(manifest, signer, layout.SSH_NAMESPACE)
    return tags


def _before_sealing(parts: Parts, pdf_key: PdfKey) -> dict[str, bytes]:
    originals = {layout.DATA + e.name: e.digests for e in parts.exhibits}
    firm, matter = _firm(parts), _matter(parts)
    tags = {
        layout.BAGIT: layout.BAGIT_TEXT,
        layout.BAG_INFO: _bag_info(parts, firm, matter).serialise(),
        layout.MANIFEST: layout.manifest(originals),
        layout.SM3_LIST: layout.sm3_list(originals),
        layout.CHECKPOINT: parts.checkpoint,
        layout.KEYS: parts.keys.serialise(),
        layout.POLICY: parts.keys.log_policy(),
        layout.BY_HAND: verify_text().encode("utf-8"),
        layout.VERIFIER: shipped(layout.VERIFIER),
        layout.PAGE: shipped(layout.PAGE),
    }
    tags |= _proof_files(parts)
    times = times_of(tags, parts.events, parts.stamped)
    report = render_report(_report_facts(parts, firm, matter, times))
    tags[layout.REPORT] = sign_pdf(report, pdf_key)
    return tags


def _proof_files(parts: Parts) -> dict[str, bytes]:
    tags = {}
    for leaf in parts.events:
        tags[layout.statement_name(leaf)] = parts.envelopes[leaf]
        tags[layout.proof_name(leaf)] = parts.proofs[leaf]
    groups = [
        *zip(layout.CHECKPOINT_STAMPS, parts.stamps, strict=False),
        *((layout.stamp_names(leaf), stamp) for leaf, stamp in parts.stamped.items()),
    ]
    for names, stamp in groups:
        tags[names.query] = stamp.query
        tags[names.response] = stamp.response
        tags[names.chain] = stamp.chain
    return tags


def _firm(parts: Parts) -> str:
    founding = founding_facts(parts.events)
    for fault in founding_faults(founding, parts.keys):
        raise VerificationError(HISTORY.number, fault.en)
    firm = founding.get("firm")
    if not isinstance(firm, str):
        raise MalformedError("event 0", "it names no firm")
    return firm


def _matter(parts: Parts) -> str:
    matters = [exhibit.matter for exhibit in parts.exhibits]
    matters += [erasure.matter for erasure in erasures_of(parts.events)]
    if not matters:
        raise VerificationError(HISTORY.number, "there is no exhibit")
    return matters[0]


def _report_facts(parts: Parts, firm: str, matter: str, times: Times) -> ReportFacts:
    covered = parts.keys.covered(parts.head)
    return ReportFacts(
        firm=firm,
        matter=matter,
        matter_number=parts.matter_number,
        matter_title=parts.matter_title,
        exported_at=parts.exported_at,
        exhibits=parts.exhibits,
        erasures=erasures_of(parts.events),
        checkpoint=parts.head,
        covered=covered,
        logs=tuple(log for log in parts.keys.origins() if log.first < covered),
        fingerprint=parts.keys.fingerprint(),
        times=times,
        outside=outside_of(parts.checkpoint, parts.keys, parts.envelopes, parts.events),
    )


def _bag_info(parts: Parts, firm: str, matter: str) -> layout.BagInfo:
    return layout.BagInfo(
        organization=firm,
        matter=matter,
        date=parts.exported_at.astimezone(ZONE).date(),
        payload_bytes=sum(exhibit.size for exhibit in parts.exhibits),
        payload_files=len(parts.exhibits),
        software=parts.software,
    )


def shipped(name: str) -> bytes:
    """The one-file verifier `verify.py` or `verify.html` as it is shipped."""
    return resources.files("receipts.standalone").joinpath(name).read_bytes()
