"""Verify a receipt PDF, offline, from nothing but its bytes and trusted keys.

The numbers are those of `receipts.checks`:

     1  the PDF is signed once, over every byte, and embeds exactly the four files
    14  the signature holds and is by the certificate that the receipt names, which the
        firm's keys list for that place in the log
     4  the keys are the caller's own, not the receipt's
     6  the issuing statement is signed by a statement key that counts for its leaf
    17  where persons signed it, or a rule wants them to: their signatures hold
     5  the checkpoint is signed by a log key valid at its size
     7  the leaf, rebuilt from the statement, is under that checkpoint
    11  the content is the subject of that statement, which says the same
    12  its items are those of that statement
    13  the QR code on page 1 is signed by a statement key and belongs to this receipt

Where 1 or the signature itself fails, nothing after it can be relied on, and it is not
done. Not checked here: 15, the digest of the whole file, for which the firm's later
event `receipt.sealed` is needed, and whether the receipt was voided since.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from integrity.errors import MalformedError, VerificationError
from integrity.policy import CertificateEntry, TrustedKeys
from integrity.proof import Proof, parse_proof
from receipts.checks import (
    CONTAINER,
    SEAL,
    TIME,
    Check,
    Report,
    Words,
    failed,
    indeterminate,
    passed,
)
from receipts.format import (
    CONTENT_FILE,
    ENVELOPE_FILE,
    KEYS_FILE,
    PROOF_FILE,
    ReceiptContent,
    parse_content,
)
from receipts.key_checks import check_keys
from receipts.log_checks import (
    Entry,
    check_checkpoint,
    check_inclusion,
    check_statement,
    claimed_entry,
    refused,
)
from receipts.pdf_signature import SealedPdf, open_sealed_pdf, read_attachments
from receipts.person_checks import check_person_of
from receipts.receipt_checks import check_claim, check_content, check_items
from receipts.witness_checks import check_witnesses

SUBJECT = "receipt.pdf"


@dataclass(frozen=True, slots=True)
class _Parts:
    """The four embedded files; parsed where only form is at stake."""

    content: ReceiptContent
    envelope: bytes
    proof_bytes: bytes
    proof: Proof
    keys: bytes


def verify_receipt_pdf(
    data: bytes, policy: TrustedKeys | None, fingerprint: str | None = None
) -> Report:
    """Check a receipt PDF; bad input is an answer, not an exception.

    Args:
        data: the whole file.
        policy: keys the caller trusts, or None to use those in the file: then check
            4 is indeterminate at best.
        fingerprint: hex SHA-256 of the key file as the caller read it on a paper of
            the firm; an independent source for check 4 in place of `policy`.
    """
    return Report.of(_verify(data, policy, fingerprint))


def _verify(
    data: bytes, policy: TrustedKeys | None, fingerprint: str | None
) -> Iterator[Check]:
    try:
        sealed = open_sealed_pdf(data)
        parts = _read_parts(sealed)
    except MalformedError as error:
        yield refused(CONTAINER, SUBJECT, error)
        return
    except VerificationError as error:
        yield refused(SEAL, SUBJECT, error)
        return
    yield _container_passed(data)
    trusted, check = check_keys(parts.keys, policy, fingerprint, KEYS_FILE)
    yield from _seal_checks(sealed, parts, trusted)
    yield check
    if trusted is not None:
        yield from _log_checks(sealed, parts, trusted)


def _read_parts(sealed: SealedPdf) -> _Parts:
    files = read_attachments(sealed)
    wanted = {CONTENT_FILE, ENVELOPE_FILE, PROOF_FILE, KEYS_FILE}
    if files.keys() != wanted:
        raise MalformedError("receipt PDF", "it does not embed exactly the four files")
    return _Parts(
        content=parse_content(files[CONTENT_FILE]),
        envelope=files[ENVELOPE_FILE],
        proof_bytes=files[PROOF_FILE],
        proof=parse_proof(files[PROOF_FILE]),
        keys=files[KEYS_FILE],
    )


def _container_passed(data: bytes) -> Check:
    reason = Words(
        f"共 {len(data)} 字节，签名一次，覆盖全部字节，四个附件齐全",
        f"{len(data)} bytes, signed once, every byte covered, all four attachments",
    )
    return passed(CONTAINER, SUBJECT, reason)


def _seal_checks(
    sealed: SealedPdf, parts: _Parts, trusted: TrustedKeys | None
) -> Iterator[Check]:
    """Check 14, and 16 where the signature carries a time stamp."""
    found = sealed.certificate_sha256
    fault = _seal_fault(sealed, parts, trusted)
    if fault is not None:
        yield failed(SEAL, SUBJECT, fault)
    else:
        reason = Words(
            f"服务签名有效，证书 SHA-256 为 {found}",
            f"the service signature holds, certificate SHA-256 {found}",
        )
        yield passed(SEAL, SUBJECT, reason)
    if sealed.has_timestamp:
        reason = Words(
            "签名所附时间戳未与时间戳机构的证书核对",
            "the authority of the time stamp on the signature was not judged",
        )
        yield indeterminate(TIME, SUBJECT, reason)


def _seal_fault(
    sealed: SealedPdf, parts: _Parts, trusted: TrustedKeys | None
) -> Words | None:
    found = sealed.certificate_sha256
    if found != parts.content.seal_certificate_sha256:
        return Words(
            f"签名证书 {found} 不是收据所列的证书",
            f"it is signed by certificate {found}, not the one the receipt names",
        )
    if not sealed.valid_at(parts.content.issued_at):
        return Words(
            "出具时签名证书不在有效期内",
            "the certificate was not valid when the receipt was issued",
        )
    if trusted is not None and not _is_listed(found, trusted, parts.proof):
        return Words(
            f"签名证书 {found} 不是公钥文件所列当时的证书",
            f"the firm's keys do not list certificate {found} for that time",
        )
    return None


def _is_listed(certificate: str, trusted: TrustedKeys, proof: Proof) -> bool:
    """Whether the keys allow it, or are older than lists of certificates.

    The certificate is chosen just before the leaf is, so that of one leaf earlier is
    as good.
    """
    leaf = claimed_entry(proof, trusted)
    listed = [e for e in trusted.entries if isinstance(e, CertificateEntry)]
    if all(leaf < entry.from_size for entry in listed):
        return True
    before = trusted.pdf_certificates(max(leaf - 1, 0))
    return certificate in before | trusted.pdf_certificates(leaf)


def _log_checks(
    sealed: SealedPdf, parts: _Parts, trusted: TrustedKeys
) -> Iterator[Check]:
    number = claimed_entry(parts.proof, trusted)
    entry = Entry(number, parts.envelope, parts.proof_bytes, ENVELOPE_FILE, PROOF_FILE)
    keys = trusted.statement_keys(entry.leaf)
    event, check = check_statement(entry, keys)
    yield check
    if event is not None:
        yield from check_person_of(entry, event, trusted)
    head, check = check_checkpoint(parts.proof.checkpoint, trusted, PROOF_FILE)
    yield check
    if head is not None:
        if trusted.witnesses_needed(head.covered):
            yield check_witnesses(head, trusted, PROOF_FILE)
        yield check_inclusion(entry, head)
    if event is not None:
        yield check_content(parts.content, event)
        yield check_items(parts.content, event)
        yield check_claim(sealed.data, parts.content, event, keys)
