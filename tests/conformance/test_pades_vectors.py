"""Signed PDFs that others made to fool verifiers: none is ever taken for a receipt."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrity.errors import MalformedError, VerificationError
from receipts.checks import Result
from receipts.pdf_signature import open_sealed_pdf
from receipts.verify_receipt import verify_receipt_pdf
from tests.receipt_examples import trusted_keys

FOLDER = "vectors/pades/internal/common-test-utils/src/pyhanko_testing_commons"
NAMES = (
    "form-update-override-appearance-stream.pdf",
    "form-update-override-appearance-stream-sneaky.pdf",
    "minimal-two-fields-signed-twice.pdf",
    "pades-lta-dss-indirect-arrs-test.pdf",
    "pdf-sig-with-econtent.pdf",
    "sig-no-signed-attrs.pdf",
)


@pytest.mark.parametrize("name", NAMES)
def test_none_is_passed(shared: Path, name: str) -> None:
    """Later changes, two signatures, no signed attributes, content inside: refused."""
    data = (shared / FOLDER / "test_data/data/pdf" / name).read_bytes()
    with pytest.raises((MalformedError, VerificationError)):
        open_sealed_pdf(data)
    for policy in (None, trusted_keys()):
        assert verify_receipt_pdf(data, policy).verdict is Result.FAILED


def test_every_vector_is_judged(shared: Path) -> None:
    """No file of the set is left out."""
    found = {path.name for path in (shared / "vectors/pades").rglob("*.pdf")}
    assert found == set(NAMES)
