"""receipts.pdf_signature and cms_signature: no byte of a sealed PDF is free."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import io
import random
import socket
from pathlib import Path

import pytest
from asn1crypto import cms
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from integrity.errors import MalformedError, VerificationError
from receipts import pdf_signature
from receipts.cms_signature import CmsSignature, check_cms, parse_cms
from receipts.paper import render_receipt
from receipts.pdf_key import certificate_sha256, create_pdf_key
from receipts.pdf_signature import (
    MAX_ATTACHMENTS,
    MAX_PDF_BYTES,
    SealedPdf,
    open_sealed_pdf,
    read_attachments,
)
from receipts.seal import sign_pdf
from tests.receipt_examples import AT, Desk, evidence
from tests.stamp_maker import Made, signer
from tests.unit.receipts.test_verify_receipt import stamper

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


def later(pdf: bytes) -> bytes:
    """The PDF with an innocent incremental update."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    writer.set_info(writer.trailer.raw_get("/Info"))
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def test_a_later_change_is_refused(pdf: bytes) -> None:
    """An incremental update, however innocent, is not what was signed."""
    with pytest.raises(MalformedError, match="whole file"):
        open_sealed_pdf(later(pdf))


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
    with pytest.raises(MalformedError) as refusal:
        pdf_signature._check_with_second_reader(
            pdf[:5] + b"x" * 99, signature.certificate
        )
    assert refusal.value.reason == "it cannot be read as a PDF"


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
    with pytest.raises(MalformedError) as refusal:
        read_attachments(SealedPdf(body + xref + trailer, b"", has_timestamp=False))
    no_file = b"(a) 5" in root
    assert refusal.value.what == "PDF"
    assert refusal.value.reason == (
        "an attachment is not a file" if no_file else "its attachments cannot be read"
    )


@pytest.fixture(scope="module")
def stamped(desk: Desk) -> bytes:
    """A sealed receipt whose signature carries a time stamp."""
    receipt = desk.content()
    paper = render_receipt(receipt, evidence(receipt))
    return sign_pdf(paper, desk.key, stamper())


def test_the_parts_of_the_seal_come_out(pdf: bytes, stamped: bytes, desk: Desk) -> None:
    """The file, the certificate, and whether there is a time stamp."""
    for data, has_timestamp in ((pdf, False), (stamped, True)):
        sealed = open_sealed_pdf(data)
        assert sealed.data == data
        assert sealed.certificate_sha256 == certificate_sha256(desk.key)
        assert (
            sealed.certificate_sha256 == hashlib.sha256(sealed.certificate).hexdigest()
        )
        assert sealed.has_timestamp is has_timestamp


def test_the_last_moment_of_the_certificate_is_one_of_its_dates(pdf: bytes) -> None:
    """Not one second more."""
    sealed = open_sealed_pdf(pdf)
    last = x509.load_der_x509_certificate(sealed.certificate).not_valid_after_utc
    assert sealed.valid_at(last)
    assert not sealed.valid_at(last + dt.timedelta(seconds=1))


def pdf_of(root: bytes, *objects: bytes) -> bytes:
    """A PDF of these objects, of which the first is the root."""
    out, places = b"%PDF-1.7\n", list[int]()
    for number, body in enumerate((root, *objects), 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    size, start = len(places) + 1, len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % size
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
    return out + trailer % (size, start)


def embedding(*names: bytes, listed: bytes = b"<< /EF << /F %d 0 R >> >>") -> SealedPdf:
    """A PDF in which a file of each name is embedded."""
    pairs = [
        b"(%s) %s" % (name, listed % place if b"%d" in listed else listed)
        for place, name in enumerate(names, 2)
    ]
    root = b"<< /Names << /EmbeddedFiles << /Names [%s] >> >> >>" % b" ".join(pairs)
    streams = [
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(name) + 3, b"in " + name)
        for name in names
    ]
    return SealedPdf(pdf_of(root, *streams), b"", has_timestamp=False)


def test_each_attachment_comes_out_by_its_name() -> None:
    """MAX_ATTACHMENTS of them are read; one more is refused unread."""
    names = [b"file%02d" % number for number in range(MAX_ATTACHMENTS)]
    assert read_attachments(embedding(*names)) == {
        name.decode(): b"in " + name for name in names
    }
    with pytest.raises(MalformedError, match="more than 16 files"):
        read_attachments(embedding(*names, b"another"))
    assert read_attachments(embedding()) == {}


def test_two_attachments_have_two_names() -> None:
    """One would hide the other."""
    with pytest.raises(MalformedError, match="have one name"):
        read_attachments(embedding(b"a", b"b", b"a"))


@pytest.mark.parametrize("listed", [b"(text)", b"<< /EF << /F (text) >> >>"])
def test_an_attachment_is_a_file(listed: bytes) -> None:
    """Neither text in its place nor text as its content is."""
    with pytest.raises(MalformedError, match="an attachment is not a file"):
        read_attachments(embedding(b"a", listed=listed))


def framed(
    start: int = 60,
    end: int = 70,
    rest: int = 5,
    *,
    size: int = 75,
    marks: bytes = b"<>",
    more: bytes = b"",
) -> bytes:
    """A file that says its signature lies from `start` to `end`."""
    head = b"%%PDF- /ByteRange [0 %d %d %d]%s" % (start, end, rest, more)
    held = head.ljust(60) + marks[:1] + b"AB" * 4 + marks[1:]
    return held.ljust(size)


def test_the_gap_is_what_the_range_leaves_out() -> None:
    """From the first byte to the last, with the brackets of the signature."""
    assert gap(framed()) == (60, 70)
    assert gap(framed(rest=0, size=70)) == (60, 70)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (framed(size=76), "does not cover"),
        (framed(rest=6), "does not cover"),
        (framed(start=70), "does not cover"),
        (framed(start=71), "does not cover"),
        (framed(start=61), "does not lie where"),
        (framed(end=69, rest=6), "does not lie where"),
        (framed(marks=b"(>"), "does not lie where"),
        (framed(marks=b"<)"), "does not lie where"),
        (framed(more=b"/ByteRange"), "exactly once"),
        (framed().replace(b"/ByteRange", b"/ByteRanges"), "exactly once"),
        (framed() + framed(), "exactly once"),
        (framed().replace(b"[0", b"[1"), "exactly once"),
    ],
)
def test_a_range_of_another_form_is_refused(data: bytes, reason: str) -> None:
    """Each fault by its own words."""
    with pytest.raises(MalformedError, match=reason):
        gap(data)


@pytest.mark.parametrize("digits", [b"ABC", b"ab", b"A ", b"0x", b"AG", b"A\n"])
def test_the_gap_holds_upper_case_hexadecimal(digits: bytes) -> None:
    """In pairs, between its brackets."""
    message = pdf_signature._padded_message
    assert message(b"<00AF09>") == b"\x00\xaf\x09"
    assert message(b"<>") == b""
    with pytest.raises(MalformedError, match="upper-case"):
        message(b"<%s>" % digits)


def asked(pdf: bytes, certificate: bytes | None = None) -> None:
    """What the second reader says of a file, by the certificate in it or another."""
    if certificate is None:
        certificate = message_of(pdf)["content"]["certificates"][0].chosen.dump()
    pdf_signature._check_with_second_reader(pdf, certificate)


def test_the_second_reader_agrees_on_what_was_sealed(
    pdf: bytes, stamped: bytes
) -> None:
    """With and without a time stamp."""
    asked(pdf)
    asked(stamped)


def test_the_second_reader_finds_what_the_first_does(
    pdf: bytes, stamped: bytes, desk: Desk
) -> None:
    """Other bytes, another signature, another signer, no signature, a later part."""
    changed = pdf.replace(b"%PDF-1.7\n%", b"%PDF-1.7\n ", 1)
    assert changed != pdf
    other = Made("not ours", key=ec.generate_private_key(ec.SECP256R1()))
    stranger = other.sign(signer(), 1).public_bytes(Encoding.DER)
    own = message_of(pdf)["content"]["certificates"][0].chosen.dump()
    for data, certificate in ((changed, own), (pdf, stranger)):
        with pytest.raises(VerificationError, match="second reader finds"):
            asked(data, certificate)
    with pytest.raises(VerificationError, match="second reader finds"):
        asked(with_signature_of(pdf, stamped))
    receipt = desk.content()
    with pytest.raises(MalformedError, match="exactly once"):
        asked(render_receipt(receipt, evidence(receipt)), own)
    with pytest.raises(VerificationError, match="entire file"):
        asked(later(pdf), own)


def with_signature_of(pdf: bytes, other: bytes) -> bytes:
    """The PDF with the ECDSA signature of another one."""
    message = message_of(pdf)
    value = message_of(other)["content"]["signer_infos"][0]["signature"].native
    message["content"]["signer_infos"][0]["signature"] = value
    return with_message(pdf, message.dump(force=True))


def test_a_time_stamp_of_another_signature_does_not_hold(
    stamped: bytes, desk: Desk
) -> None:
    """The first reader leaves the stamp to the second."""
    receipt = desk.content()
    again = sign_pdf(render_receipt(receipt, evidence(receipt)), desk.key, stamper())
    message = message_of(stamped)
    token = message_of(again)["content"]["signer_infos"][0]["unsigned_attrs"]
    message["content"]["signer_infos"][0]["unsigned_attrs"] = token
    with pytest.raises(VerificationError):
        open_sealed_pdf(with_message(stamped, message.dump(force=True)))


@pytest.mark.parametrize("year", [1965, 2085])
def test_the_clock_has_no_say(year: int, tmp_path: Path) -> None:
    """A certificate that ended long ago, or is still to begin, seals all the same."""
    desk = Desk(create_pdf_key(tmp_path, "x", AT.replace(year=year)))
    receipt = desk.content()
    sealed = open_sealed_pdf(desk.sealed(receipt, evidence(receipt)))
    assert sealed.valid_at(AT.replace(year=year))
    assert not sealed.valid_at(AT)


@pytest.mark.network
def test_nothing_is_fetched(desk: Desk) -> None:
    """Whatever addresses the certificate of a stamp names, nobody is asked."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/x"
        named = x509.UniformResourceIdentifier(address)
        issuers = x509.AccessDescription(
            x509.AuthorityInformationAccessOID.CA_ISSUERS, named
        )
        revoked = x509.DistributionPoint([named], None, None, None)
        maker = stamper(
            x509.AuthorityInformationAccess([issuers]),
            x509.CRLDistributionPoints([revoked]),
        )
        receipt = desk.content()
        paper = render_receipt(receipt, evidence(receipt))
        assert open_sealed_pdf(sign_pdf(paper, desk.key, maker)).has_timestamp
        with pytest.raises(BlockingIOError):
            server.accept()
