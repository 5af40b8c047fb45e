"""The signature value of a PDF: each part of the message, and each rule about it."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable

import pytest
from asn1crypto import cms
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from pyhanko.pdf_utils.misc import PdfError

from integrity.errors import CustodyError, MalformedError, VerificationError
from receipts import pdf_signature
from receipts.cms_signature import CmsSignature, as_malformed, check_cms, parse_cms
from receipts.paper import render_receipt
from receipts.seal import sign_pdf
from tests.receipt_examples import Desk, evidence
from tests.stamp_maker import EC_KEY, Made, signer
from tests.unit.receipts.test_verify_receipt import stamper

Change = Callable[[cms.SignedData], None]


@dataclasses.dataclass(frozen=True)
class Sealed:
    """A padded message, and the bytes it is the signature of."""

    padded: bytes
    covered: bytes

    def message(self) -> cms.ContentInfo:
        """The message, taken apart."""
        return cms.ContentInfo.load(self.padded)

    def parsed(self) -> CmsSignature:
        """Its parts as they are."""
        return parse_cms(self.padded)

    def changed(self, change: Change) -> bytes:
        """The message with a part of it changed, padded to the same length."""
        message = self.message()
        change(message["content"])
        return bytes(message.dump(force=True)).ljust(len(self.padded), b"\0")


def taken_apart(pdf: bytes) -> Sealed:
    """The signature of a PDF."""
    start, end = pdf_signature._gap(pdf)
    padded = bytes.fromhex(pdf[start + 1 : end - 1].decode())
    return Sealed(padded, pdf[:start] + pdf[end:])


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> tuple[Sealed, Sealed]:
    """The signature of a receipt, and one of it with a time stamp."""
    desk = Desk.at(tmp_path_factory.mktemp("keys"))
    receipt = desk.content()
    paper = render_receipt(receipt, evidence(receipt))
    stamped = sign_pdf(paper, desk.key, stamper())
    return taken_apart(sign_pdf(paper, desk.key)), taken_apart(stamped)


@pytest.fixture(scope="module")
def sealed(papers: tuple[Sealed, Sealed]) -> Sealed:
    """The signature of a receipt."""
    return papers[0]


def test_a_message_comes_apart_and_holds(papers: tuple[Sealed, Sealed]) -> None:
    """Certificate, attributes, value, and the time stamp where there is one."""
    for sealed, has_token in zip(papers, (False, True), strict=True):
        message, parsed = sealed.message()["content"], sealed.parsed()
        certificate = message["certificates"][0].chosen
        assert parsed.certificate == certificate.dump()
        assert parsed.value == message["signer_infos"][0]["signature"].native
        assert (parsed.token is not None) is has_token
        check_cms(parsed, sealed.covered)


def test_zeros_may_follow_and_nothing_else(sealed: Sealed) -> None:
    """None, or many; but no other byte among them."""
    size = len(sealed.message().dump())
    for padded in (sealed.padded[:size], sealed.padded + b"\0"):
        assert parse_cms(padded).value == sealed.parsed().value
    for wrong in (sealed.padded[:-1] + b"\1", sealed.padded[:size] + b"0"):
        with pytest.raises(MalformedError, match="not in the one form"):
            parse_cms(wrong)


def other_version(content: cms.SignedData) -> None:
    """The version of the message."""
    content["version"] = "v3"


def signer_version(content: cms.SignedData) -> None:
    """The version of the signer."""
    content["signer_infos"][0]["version"] = "v3"


def two_digests(content: cms.SignedData) -> None:
    """One more digest in the list."""
    content["digest_algorithms"].append({"algorithm": "sha512"})


def other_digest(content: cms.SignedData) -> None:
    """Another digest of the signer."""
    content["signer_infos"][0]["digest_algorithm"] = {"algorithm": "sha512"}


def other_algorithm(content: cms.SignedData) -> None:
    """Another algorithm of the signature."""
    algorithm = {"algorithm": "sha512_ecdsa"}
    content["signer_infos"][0]["signature_algorithm"] = algorithm


def content_inside(content: cms.SignedData) -> None:
    """What is signed lies inside."""
    inside = {"content_type": "data", "content": b"x"}
    content["encap_content_info"] = inside


def other_serial(content: cms.SignedData) -> None:
    """Another certificate is said to be the signer's."""
    named = content["signer_infos"][0]["sid"].chosen
    serial = {"issuer": named["issuer"], "serial_number": 99}
    content["signer_infos"][0]["sid"] = cms.SignerIdentifier(
        {"issuer_and_serial_number": cms.IssuerAndSerialNumber(serial)}
    )


FORMS = (
    other_version,
    signer_version,
    two_digests,
    other_digest,
    other_algorithm,
    content_inside,
    other_serial,
)


@pytest.mark.parametrize("change", FORMS)
def test_a_message_has_one_form(change: Change, sealed: Sealed) -> None:
    """Whatever is not one of its parts is as we write it."""
    with pytest.raises(MalformedError, match="not in the one form"):
        parse_cms(sealed.changed(change))


def two_certificates(content: cms.SignedData) -> None:
    """One certificate twice."""
    content["certificates"].append(content["certificates"][0].copy())


def no_certificate(content: cms.SignedData) -> None:
    """None."""
    content["certificates"] = []


def no_signer(content: cms.SignedData) -> None:
    """None."""
    content["signer_infos"] = []


@pytest.mark.parametrize("change", [two_certificates, no_certificate, no_signer])
def test_there_is_one_signer_and_one_certificate(
    change: Change, sealed: Sealed
) -> None:
    """Neither none nor two."""
    with pytest.raises(MalformedError, match=": it is not a CMS message"):
        parse_cms(sealed.changed(change))


def test_only_a_time_stamp_may_be_unsigned(papers: tuple[Sealed, Sealed]) -> None:
    """Another attribute is refused, and so are two."""
    sealed, stamped = papers

    def other(content: cms.SignedData) -> None:
        attribute = {"type": "content_type", "values": ["data"]}
        content["signer_infos"][0]["unsigned_attrs"] = [attribute]

    def twice(content: cms.SignedData) -> None:
        found = content["signer_infos"][0]["unsigned_attrs"]
        found.append(found[0].copy())

    with pytest.raises(MalformedError, match="it has unsigned attributes"):
        parse_cms(sealed.changed(other))
    with pytest.raises(MalformedError, match=": it is not a CMS message"):
        parse_cms(stamped.changed(twice))


def without(signature: CmsSignature, kind: str) -> CmsSignature:
    """The signature without one of its signed attributes."""
    kept = [a for a in signature.signed_attributes if a["type"].native != kind]
    return dataclasses.replace(signature, signed_attributes=cms.CMSAttributes(kept))


@pytest.mark.parametrize(
    "kind", ["content_type", "message_digest", "signing_certificate_v2"]
)
def test_a_signature_says_what_it_signs(kind: str, sealed: Sealed) -> None:
    """Each of the three attributes is there."""
    with pytest.raises(MalformedError, match="does not say what it signs"):
        check_cms(without(sealed.parsed(), kind), sealed.covered)


def test_an_attribute_without_a_value_cannot_be_read(sealed: Sealed) -> None:
    """It is there and says nothing."""
    signature = sealed.parsed()
    attributes = [
        cms.CMSAttribute({"type": a["type"].native, "values": []})
        if a["type"].native == "message_digest"
        else a
        for a in signature.signed_attributes
    ]
    empty = dataclasses.replace(
        signature, signed_attributes=cms.CMSAttributes(attributes)
    )
    with pytest.raises(MalformedError) as refusal:
        check_cms(empty, sealed.covered)
    assert refusal.value.reason == "its signed attributes cannot be read"


def test_other_bytes_are_not_what_was_signed(sealed: Sealed) -> None:
    """One byte more, and one changed."""
    for covered in (sealed.covered + b"\n", b"x" + sealed.covered[1:]):
        with pytest.raises(VerificationError, match="changed after signing"):
            check_cms(sealed.parsed(), covered)


def signed_by(
    sealed: Sealed, certificate: bytes, algorithm: str = "sha256", *, named: bool = True
) -> CmsSignature:
    """The signature made anew by EC_KEY, under this certificate."""
    signature = sealed.parsed()
    attributes = signature.signed_attributes.copy()
    for attribute in attributes:
        if named and attribute["type"].native == "signing_certificate_v2":
            identifier = attribute["values"][0]["certs"][0]
            identifier["hash_algorithm"] = {"algorithm": algorithm}
            identifier["cert_hash"] = hashlib.new(algorithm, certificate).digest()
    message = b"\x31" + attributes.dump(force=True)[1:]
    value = EC_KEY.sign(message, ec.ECDSA(hashes.SHA256()))
    return CmsSignature(certificate, attributes, value, None)


def test_the_signature_is_by_the_key_of_the_certificate(sealed: Sealed) -> None:
    """Over the attributes as a set, by the certificate that they name."""
    own = Made("own").sign(signer(), 1).public_bytes(Encoding.DER)
    good = signed_by(sealed, own)
    check_cms(good, sealed.covered)
    with pytest.raises(VerificationError, match="names another certificate"):
        check_cms(signed_by(sealed, own, named=False), sealed.covered)
    key = ec.generate_private_key(ec.SECP256R1())
    other = Made("other", key=key).sign(signer(), 1).public_bytes(Encoding.DER)
    with pytest.raises(VerificationError, match="signature does not match"):
        check_cms(signed_by(sealed, other), sealed.covered)
    garbled = dataclasses.replace(good, value=good.value[:-1])
    with pytest.raises(VerificationError, match="signature does not match"):
        check_cms(garbled, sealed.covered)
    with pytest.raises(MalformedError, match="by SHA-256"):
        check_cms(signed_by(sealed, own, "sha512"), sealed.covered)


PARSER_ERRORS = (
    PdfError("x"),
    ValueError(),
    TypeError(),
    KeyError(),
    IndexError(),
    AssertionError(),
    AttributeError(),
    ZeroDivisionError(),
    RecursionError(),
    NotImplementedError(),
    OSError(),
)


@pytest.mark.parametrize("error", PARSER_ERRORS, ids=lambda e: type(e).__name__)
def test_what_a_parser_raises_is_one_refusal(error: Exception) -> None:
    """With our words, and what it was raised from."""
    with (
        pytest.raises(MalformedError) as refusal,
        as_malformed("thing", "it is so"),
    ):
        raise error
    assert (refusal.value.what, refusal.value.reason) == ("thing", "it is so")
    assert refusal.value.__cause__ is error


def test_a_refusal_of_ours_stays_as_it_is() -> None:
    """It says more than that a parser failed."""
    ours = VerificationError("x", "y")
    with pytest.raises(CustodyError) as refusal, as_malformed("thing", "it is so"):
        raise ours
    assert refusal.value is ours
