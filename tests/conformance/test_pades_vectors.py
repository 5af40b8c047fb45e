"""Signed PDFs that others made to fool verifiers: none is ever taken for a receipt."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrity.errors import MalformedError, VerificationError
from receipts.checks import Result
from receipts.pdf_signature import open_sealed_pdf
from receipts.verify_receipt import verify_receipt_pdf
from tests.receipt_examples import trusted_keys

FOLDER = "vectors/pades"


def test_none_is_passed(shared: Path) -> None:
    """Later changes, two signatures, no signed attributes, content inside: refused."""
    found = sorted((shared / FOLDER).rglob("*.pdf"))
    assert found
    for path in found:
        data = path.read_bytes()
        with pytest.raises((MalformedError, VerificationError)):
            open_sealed_pdf(data)
        for policy in (None, trusted_keys()):
            report = verify_receipt_pdf(data, policy)
            assert report.verdict is Result.FAILED, path.name
