"""The paper: a receipt as an A4 PDF with what is needed to check it attached.

The PDF is PDF/A-3 with embedded fonts and tags. It depends on nothing but its inputs
and the installed fonts; the service signature is put on afterwards (`receipts.seal`).
"""

from __future__ import annotations

import functools
import json
import threading
from dataclasses import dataclass
from importlib import resources
from typing import Any

import typst

from integrity.checkpoint import Checkpoint, parse_checkpoint
from integrity.errors import CustodyError, MalformedError
from integrity.policy import parse_trusted_keys
from integrity.proof import Proof, parse_proof
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

# A typst compiler is not to be used by two threads at once.
_LOCK = threading.Lock()


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
        MissingGlyphError: a name has a character that cannot be printed.
        MissingFontError: no Chinese font at all.
        PaperError: typst refused; says why.
    """
    fonts = paper_fonts()
    data = paper_data(content, _facts(content, evidence), fonts)
    data["monospace"] = [MONOSPACE, *fonts.families]
    data["attachments"] = _attachments(content, evidence)
    try:
        with _LOCK:
            pdf = _compiler().compile(
                template_source(),
                format="pdf",
                sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
                pdf_standards="a-3a",
                timestamp=content.issued_at,
            )
    except typst.TypstError as error:
        raise PaperError(f"The paper could not be drawn: {error.message}.") from error
    if not isinstance(pdf, bytes):
        raise PaperError("The paper could not be drawn: there was no single file.")
    return pdf


def check_printable(content: ReceiptContent) -> None:
    """Raise what `render_receipt` would raise for a name it cannot print.

    To be asked before the event is recorded, since afterwards it is too late.

    Raises:
        MissingGlyphError, MissingFontError: as `render_receipt`.
    """
    require_printable(content, paper_fonts())


def template_source() -> bytes:
    """The layout of the paper, in typst."""
    name = resources.files("receipts").joinpath("templates", "receipt.typ")
    return name.read_bytes()


@functools.cache
def _compiler() -> typst.Compiler:
    return typst.Compiler(font_paths=paper_fonts().typst_fonts)


def _facts(content: ReceiptContent, evidence: ReceiptEvidence) -> PaperFacts:
    proof = parse_proof(evidence.proof)
    return PaperFacts(
        leaf=proof.index,
        checkpoint=_checkpoint(proof),
        keys_fingerprint=parse_trusted_keys(evidence.trust_keys).fingerprint(),
        qr=_qr(content, evidence),
    )


def _checkpoint(proof: Proof) -> Checkpoint:
    """The checkpoint a proof carries, signature not checked."""
    text, _, _ = proof.checkpoint.partition(b"\n\n")
    try:
        return parse_checkpoint(text.decode("utf-8") + "\n")
    except UnicodeDecodeError as error:
        raise MalformedError("checkpoint", "it is not UTF-8") from error


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
