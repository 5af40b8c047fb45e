"""receipts.seal: the PDF key and the signature it makes."""

from __future__ import annotations

import datetime as dt
import stat
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from integrity.errors import MalformedError, SigningRefused, StoreUnavailable
from receipts.pdf_key import (
    FILE_NAME,
    certificate_sha256,
    create_pdf_key,
)
from receipts.pdf_signature import open_sealed_pdf
from receipts.seal import sign_pdf
from tests.receipt_examples import AT, FIRM, content, evidence, render_receipt

NOW = dt.datetime.now(dt.UTC)


def test_the_key_is_made_once_and_stays(tmp_path: Path) -> None:
    """The second opening gives the same certificate, whatever the firm's name."""
    first = create_pdf_key(tmp_path, FIRM, NOW)
    second = create_pdf_key(tmp_path, "另一名称", NOW)
    assert certificate_sha256(first) == certificate_sha256(second)
    assert isinstance(first.private_key.curve, ec.SECP256R1)
    mode = stat.S_IMODE((tmp_path / FILE_NAME).stat().st_mode)
    assert mode == 0o600


def test_the_certificate_names_firm_and_service(tmp_path: Path) -> None:
    """A firm name longer than X.509 allows is cut, not refused."""
    long = "北京市" + "长" * 100 + "律师事务所"
    certificate = create_pdf_key(tmp_path, long, NOW).certificate
    subject = certificate.subject.rfc4514_string()
    assert "CN=Custody service signature" in subject
    assert long[:64] in subject


def test_the_certificate_outlives_the_matter(tmp_path: Path) -> None:
    """It is valid from an hour before it was made, and for forty years."""
    certificate = create_pdf_key(tmp_path, FIRM, AT).certificate
    assert certificate.not_valid_before_utc == AT - dt.timedelta(hours=1)
    assert certificate.not_valid_after_utc > AT + dt.timedelta(days=39 * 365)


def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    """A private key open to the group may be in other hands."""
    create_pdf_key(tmp_path, FIRM, NOW)
    (tmp_path / FILE_NAME).chmod(0o640)
    with pytest.raises(SigningRefused, match="read by others"):
        create_pdf_key(tmp_path, FIRM, NOW)


def test_a_damaged_key_file_is_said(tmp_path: Path) -> None:
    """Something else, half the file, or the certificate of another key."""
    create_pdf_key(tmp_path, FIRM, NOW)
    create_pdf_key(tmp_path / "other", FIRM, NOW)
    path = tmp_path / FILE_NAME
    pem, other = path.read_bytes(), (tmp_path / "other" / FILE_NAME).read_bytes()
    mark = b"-----BEGIN CERTIFICATE-----"
    for damaged in (b"", pem[: pem.index(mark)], b"".join(
        [pem[: pem.index(mark)], other[other.index(mark) :]]
    )):  # fmt: skip
        path.write_bytes(damaged)
        with pytest.raises(MalformedError):
            create_pdf_key(tmp_path, FIRM, NOW)


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    """No folder, no key."""
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreUnavailable):
        create_pdf_key(tmp_path / "file", FIRM, NOW)


def test_a_paper_is_signed(tmp_path: Path) -> None:
    """The signature opens under the key's certificate."""
    key = create_pdf_key(tmp_path, FIRM, AT)
    receipt = content()
    sealed = open_sealed_pdf(sign_pdf(render_receipt(receipt, evidence(receipt)), key))
    assert sealed.certificate_sha256 == certificate_sha256(key)
    assert not sealed.has_timestamp


def test_something_else_is_not_signed(tmp_path: Path) -> None:
    """What is no PDF is refused with a reason."""
    key = create_pdf_key(tmp_path, FIRM, NOW)
    with pytest.raises(SigningRefused, match="could not be signed"):
        sign_pdf(b"not a PDF", key)
