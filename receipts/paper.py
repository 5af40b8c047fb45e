"""The paper: a receipt as an A4 PDF with what is needed to check it attached.

The PDF is PDF/A-3 with embedded fonts and tags. It depends on nothing but its inputs
and the installed fonts; the service signature is put on afterwards (`receipts.seal`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from integrity.checkpoint import claimed_checkpoint
from integrity.errors import CustodyError, MalformedError
from integrity.policy import parse_trusted_keys
from integrity.proof import parse_proof
from receipts.fonts import MONOSPACE, paper_fonts
from receipts.format import (
    CONTENT_FILE,
    ENVELOPE_FILE,
    KEYS_FILE,
    PROOF_FILE,
    ReceiptContent,
)
from receipts.paper_data import PaperFacts, paper_data, require_printable
from receipts.qr import QrText, parse_qr_text
from receipts.typeset import TypesettingError, typeset


class PaperError(CustodyError):
    """The paper could not be drawn, though its content is well formed."""

    code = "paper"


@dataclass(frozen=True, slots=True)
class ReceiptEvidence:
    """What the paper rests on, as the bytes that are attached to it.

    Attributes:
        envelope: DSSE envelope of the event `receipt.issued`.
        proof: `.tlog-proof` of that event (its `extra` is the envelope); leaf number
            and checkpoint printed on the paper are read from it.
        trust_keys: the content of `trust/keys`.
        qr_text: `<base URL>/r/<token>#<claim>`, see `receipts.qr.QrText`.
    """

    envelope: bytes
    proof: bytes
    trust_keys: bytes
    qr_text: str


def render_receipt(content: ReceiptContent, evidence: ReceiptEvidence) -> bytes:
    """Draw the paper and attach the evidence; returns the unsigned PDF.

    The evidence is parsed, not verified: verify the sealed result with
    `receipts.verify_receipt` before it leaves the house.

    Raises:
        MalformedError: evidence that does not parse or names another address.
        VerificationError: the proof is of a log that the keys do not list.
        MissingGlyphError: a name has a character that cannot be printed.
        MissingFontError: no Chinese font at all.
        PaperError: typst refused; says why.
    """
    fonts = paper_fonts()
    data = paper_data(content, _facts(content, evidence), fonts)
    data["monospace"] = [MONOSPACE, *fonts.families]
    data["attachments"] = _attachments(content, evidence)
    try:
        return typeset("receipt.typ", data, "a-3a", content.issued_at)
    except TypesettingError as error:
        raise PaperError(f"The paper could not be drawn: {error}.") from error


def check_printable(content: ReceiptContent) -> None:
    """Raise what `render_receipt` would raise for a name it cannot print.

    To be asked before the event is recorded, since afterwards it is too late.

    Raises:
        MissingGlyphError, MissingFontError: as `render_receipt`.
    """
    require_printable(content, paper_fonts())


def _facts(content: ReceiptContent, evidence: ReceiptEvidence) -> PaperFacts:
    proof = parse_proof(evidence.proof)
    trusted = parse_trusted_keys(evidence.trust_keys)
    checkpoint = claimed_checkpoint(proof.checkpoint)
    origin = trusted.origin_named(checkpoint.origin)
    return PaperFacts(
        leaf=origin.first + proof.index,
        checkpoint=checkpoint,
        covered=origin.covered(checkpoint),
        keys_fingerprint=trusted.fingerprint(),
        qr=_qr(content, evidence),
    )


def _qr(content: ReceiptContent, evidence: ReceiptEvidence) -> QrText:
    qr = parse_qr_text(evidence.qr_text)
    _check_address(qr, content)
    return qr


def _check_address(qr: QrText, content: ReceiptContent) -> None:
    if qr.base_url != content.base_url:
        raise MalformedError("QR text", "its address is not the one of the receipt")


def _attachments(
    content: ReceiptContent, evidence: ReceiptEvidence
) -> list[dict[str, Any]]:
    files = (
        (CONTENT_FILE, "application/json", content.canonical(), "Receipt content"),
        (ENVELOPE_FILE, "application/json", evidence.envelope, "Issuing statement"),
        (PROOF_FILE, "text/plain", evidence.proof, "Inclusion proof"),
        (KEYS_FILE, "text/plain", evidence.trust_keys, "Public keys"),
    )
    return [
        {"name": name, "type": kind, "text": data.decode("utf-8"), "about": about}
        for name, kind, data, about in files
    ]
