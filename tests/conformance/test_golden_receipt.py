"""A receipt once given verifies in every later version."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrity.policy import parse_trusted_keys
from receipts.checks import Result
from receipts.format import parse_content
from receipts.pdf_signature import open_sealed_pdf, read_attachments
from receipts.verify_receipt import verify_receipt_pdf

GOLDEN = Path(__file__).parents[1] / "vectors"


@pytest.mark.parametrize("version", ["receipt-v1"])
def test_an_old_receipt_verifies(version: str) -> None:
    """Passed with its firm's keys, and by its own, whose fingerprint it states."""
    data = (GOLDEN / version / "receipt.pdf").read_bytes()
    keys = parse_trusted_keys((GOLDEN / version / "trust-keys").read_bytes())
    assert verify_receipt_pdf(data, keys).verdict is Result.PASSED
    assert verify_receipt_pdf(data, None).verdict is Result.PASSED


@pytest.mark.parametrize("version", ["receipt-v1"])
def test_its_content_reads_as_then(version: str) -> None:
    """The attachment is the canonical content and parses back to the same bytes."""
    folder = GOLDEN / version
    sealed = open_sealed_pdf((folder / "receipt.pdf").read_bytes())
    content = read_attachments(sealed)["receipt.json"]
    assert content == (folder / "receipt.json").read_bytes()
    assert parse_content(content).canonical() == content
