"""receipts.pdf_signature and cms_signature: no byte of a sealed PDF is free."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import io
import random
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from integrity.errors import MalformedError, VerificationError
from receipts import pdf_signature
from receipts.cms_signature import CmsSignature, check_cms, parse_cms
from receipts.pdf_signature import (
    MAX_PDF_BYTES,
    SealedPdf,
    open_sealed_pdf,
    read_attachments,
)
from tests.receipt_examples import AT, Desk, evidence
from tests.stamp_maker import Made, signer

REFUSED = (MalformedError, VerificationError)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return Desk.at(tmp_path_factory.mktemp("keys"))


@pytest.fixture(scope="module")
def pdf(desk: Desk) -> bytes:
    """A sealed receipt."""
    receipt = desk.content()
    return desk.sealed(receipt, evidence(receipt))


def gap(pdf: bytes) -> tuple[int, int]:
    return pdf_signature._gap(pdf)


def with_message(pdf: bytes, message: bytes) -> bytes:
    """The PDF with other bytes where its signature was."""
    start, end = gap(pdf)
    digits = message.hex().upper().encode().ljust(end - start - 2, b"0")
    return pdf[: start + 1] + digits + pdf[end - 1 :]


def message_of(pdf: bytes) -> cms.ContentInfo:
    start, end = gap(pdf)
    return cms.ContentInfo.load(bytes.fromhex(pdf[start + 1 : end - 1].decode()))


def test_the_seal_opens(pdf: bytes) -> None:
    """What we sign, we open; the four files are inside."""
    sealed = open_sealed_pdf(pdf)
    assert set(read_attachments(sealed)) == {
        "receipt.json",
        "receipt.dsse.json",
        "receipt.tlog-proof",
        "trust-keys",
    }


def test_the_certificate_has_dates(pdf: bytes) -> None:
    """Valid from an hour before its making; both ends are asked for."""
    sealed = open_sealed_pdf(pdf)
    assert sealed.valid_at(AT)
    assert sealed.valid_at(AT - dt.timedelta(hours=1))
    assert not sealed.valid_at(AT - dt.timedelta(hours=1, seconds=1))
    assert not sealed.valid_at(AT + dt.timedelta(days=50 * 365))


def test_any_changed_byte_is_refused(pdf: bytes) -> None:
    """Bits flipped at random over the whole file."""
    dice = random.Random(20250829)
    for _ in range(400):
        changed = bytearray(pdf)
        changed[dice.randrange(len(pdf))] ^= 1 << dice.randrange(8)
        with pytest.raises(REFUSED):
            open_sealed_pdf(bytes(changed))


def test_no_digit_of_the_signature_is_free(pdf: bytes) -> None:
    """Every hexadecimal digit and bracket of the gap, the padding included."""
    start, end = gap(pdf)
    for place in range(start, end):
        changed = bytearray(pdf)
        changed[place] = ord("1") if changed[place] != ord("1") else ord("E")
        with pytest.raises(REFUSED):
            open_sealed_pdf(bytes(changed))
    lower = pdf[:start] + pdf[start:end].lower() + pdf[end:]
    with pytest.raises(MalformedError, match="upper-case"):
        open_sealed_pdf(lower)


def test_nothing_before_or_after(pdf: bytes) -> None:
    """Bytes in front, behind, missing, or the file twice."""
    for changed in (
        b"%" + pdf,
        pdf + b"\n",
        pdf + b"%%EOF\n",
        pdf[:-1],
        pdf[1:],
        pdf * 2,
    ):
        with pytest.raises(REFUSED):
            open_sealed_pdf(changed)
    for length in range(0, len(pdf), 5003):
        with pytest.raises(REFUSED):
            open_sealed_pdf(pdf[:length])


def test_a_later_change_is_refused(pdf: bytes) -> None:
    """An incremental update, however innocent, is not what was signed."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer.set_info(writer.trailer.raw_get("/Info"))
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    with pytest.raises(MalformedError, match="whole file"):
        open_sealed_pdf(out.getvalue())


def test_the_length_is_bounded() -> None:
    """One byte over the bound is refused before anything is read."""
    with pytest.raises(MalformedError, match="longer"):
        open_sealed_pdf(b"%PDF-".ljust(MAX_PDF_BYTES + 1))
    with pytest.raises(MalformedError, match="something follows"):
        open_sealed_pdf(b"%PDF-".ljust(MAX_PDF_BYTES))


def test_unsigned_parts_of_the_message_are_not_free(pdf: bytes) -> None:
    """Version, digest list, certificates, signer, algorithm, unsigned attributes."""

    def twice(content: cms.SignedData) -> None:
        content["certificates"].append(content["certificates"][0].copy())

    def other_version(content: cms.SignedData) -> None:
        content["version"] = "v3"

    def more_digests(content: cms.SignedData) -> None:
        content["digest_algorithms"].append({"algorithm": "sha512"})

    def unsigned_attribute(content: cms.SignedData) -> None:
        attribute = {"type": "signing_time", "values": [cms.Time({"utc_time": AT})]}
        content["signer_infos"][0]["unsigned_attrs"] = [attribute]

    def no_signer(content: cms.SignedData) -> None:
        content["signer_infos"] = []

    def content_inside(content: cms.SignedData) -> None:
        inside = {"content_type": "data", "content": b"x"}
        content["encap_content_info"] = inside

    for change in (
        twice,
        other_version,
        more_digests,
        unsigned_attribute,
        no_signer,
        content_inside,
    ):
        message = message_of(pdf)
        change(message["content"])
        changed = message.dump(force=True)
        with pytest.raises(MalformedError):
            open_sealed_pdf(with_message(pdf, changed))


def test_another_certificate_is_not_the_one_signed(pdf: bytes, tmp_path: Path) -> None:
    """A certificate exchanged for another one of the same key holder's name."""
    other_desk = Desk.at(tmp_path)
    receipt = other_desk.content()
    other = message_of(other_desk.sealed(receipt, evidence(receipt)))
    message = message_of(pdf)
    message["content"]["certificates"] = other["content"]["certificates"]
    signer = other["content"]["signer_infos"][0]
    message["content"]["signer_infos"][0]["sid"] = signer["sid"]
    with pytest.raises(VerificationError, match="names another certificate"):
        open_sealed_pdf(with_message(pdf, message.dump(force=True)))


def signature_with(pdf: bytes, algorithm: str, certificate: bytes) -> CmsSignature:
    """The parts of the signature, made to name `certificate` and to carry it."""
    start, end = gap(pdf)
    signature = parse_cms(bytes.fromhex(pdf[start + 1 : end - 1].decode()))
    attributes = signature.signed_attributes.copy()
    for attribute in attributes:
        if attribute["type"].native == "signing_certificate_v2":
            identifier = attribute["values"][0]["certs"][0]
            identifier["hash_algorithm"] = {"algorithm": algorithm}
            identifier["cert_hash"] = hashlib.new(algorithm, certificate).digest()
    return dataclasses.replace(
        signature, certificate=certificate, signed_attributes=attributes
    )


def test_the_certificate_is_named_by_sha256_and_of_a_p256_key(pdf: bytes) -> None:
    """Another digest, bytes that are no certificate, and other keys are refused."""
    start, end = gap(pdf)
    covered = pdf[:start] + pdf[end:]
    edwards, p384 = (
        Made("not ours", key=key).sign(signer(), 1).public_bytes(Encoding.DER)
        for key in (
            Ed25519PrivateKey.generate(),
            ec.generate_private_key(ec.SECP384R1()),
        )
    )
    version_10 = edwards.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09")
    for algorithm, certificate, reason in (
        ("sha512", edwards, "by SHA-256"),
        ("sha256", b"none", "cannot be read"),
        ("sha256", version_10, "cannot be read"),
        ("sha256", edwards, "of a P-256 key"),
        ("sha256", p384, "of a P-256 key"),
    ):
        with pytest.raises(MalformedError, match=reason):
            check_cms(signature_with(pdf, algorithm, certificate), covered)


def test_the_second_reader_is_asked(pdf: bytes) -> None:
    """A file whose bytes are signed but which is no PDF inside is refused."""
    start, end = gap(pdf)
    signature = parse_cms(bytes.fromhex(pdf[start + 1 : end - 1].decode()))
    check_cms(signature, pdf[:start] + pdf[end:])
    with pytest.raises(REFUSED):
        pdf_signature._check_with_second_reader(
            pdf[:5] + b"x" * 99, signature.certificate
        )


@pytest.mark.parametrize(
    "root",
    [b"<< >>", b"<< /Names << /EmbeddedFiles << /Names [(a) 5] >> >> >>",
     b"<< /Names << /EmbeddedFiles << /Names [(a)] >> >> >>", b"[]"],
)  # fmt: skip
def test_odd_attachments_are_refused(root: bytes) -> None:
    """A name tree of another shape is malformed, not a crash."""
    body = b"%PDF-1.7\n1 0 obj\n" + root + b"\nendobj\n"
    xref = b"xref\n0 2\n0000000000 65535 f \n0000000009 00000 n \n"
    trailer = b"trailer\n<< /Size 2 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % len(
        body
    )
    with pytest.raises(MalformedError):
        read_attachments(SealedPdf(body + xref + trailer, b"", has_timestamp=False))
