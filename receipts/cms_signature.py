"""The signature value of a PDF: one CMS SignedData in one form (RFC 5652).

The message is taken apart into certificate, signed attributes, signature value and an
optional time stamp, built anew from those, and refused unless the same bytes come
out: whatever else a CMS message could carry has no place in ours.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from asn1crypto import algos, cms, core, tsp  # type: ignore[import-untyped]  # no types
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from pyhanko.pdf_utils.misc import PdfError

from integrity.errors import MalformedError, VerificationError

_WHAT = "PDF signature"
_SIGNED = {"content_type", "message_digest", "signing_certificate_v2"}
# What a parser may raise on bytes that merely look like its format.
_PARSER_ERRORS = (
    PdfError,
    ValueError,
    TypeError,
    LookupError,
    AssertionError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    NotImplementedError,
    OSError,
)


@contextmanager
def as_malformed(what: str, reason: str) -> Iterator[None]:
    """Whatever a parser raises on hostile bytes, as one refusal."""
    try:
        yield
    except _PARSER_ERRORS as error:
        raise MalformedError(what, reason) from error


@dataclass(frozen=True, slots=True)
class CmsSignature:
    """A signature value taken apart; nothing of it is checked but its form."""

    certificate: bytes
    signed_attributes: cms.CMSAttributes
    value: bytes
    token: cms.CMSAttributes | None


def parse_cms(untrusted_padded: bytes) -> CmsSignature:
    """Take a message apart that zeros may follow (MalformedError)."""
    with as_malformed(_WHAT, "it is not a CMS message"):
        content_info = cms.ContentInfo.load(untrusted_padded)
        signed_data = content_info["content"]
        (signer_info,) = signed_data["signer_infos"]
        (choice,) = signed_data["certificates"]
        signature = CmsSignature(
            certificate=choice.chosen.dump(),
            signed_attributes=signer_info["signed_attrs"],
            value=signer_info["signature"].native,
            token=_token(signer_info["unsigned_attrs"]),
        )
        rebuilt = _rebuild(signature, choice.chosen)
    if untrusted_padded != rebuilt.ljust(len(untrusted_padded), b"\0"):
        raise MalformedError(_WHAT, "it is not in the one form we write")
    return signature


def _token(attributes: core.Asn1Value) -> cms.CMSAttributes | None:
    """The time stamp on the signature, which is all that may be unsigned."""
    if isinstance(attributes, core.Void):
        return None
    (attribute,) = attributes
    if attribute["type"].native != "signature_time_stamp_token":
        raise MalformedError(_WHAT, "it has unsigned attributes")
    return attributes


def _rebuild(signature: CmsSignature, certificate: cms.Certificate) -> bytes:
    """The CMS message a writer of ours makes of these parts."""
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    issuer = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    identifier = cms.SignerIdentifier(
        {"issuer_and_serial_number": cms.IssuerAndSerialNumber(issuer)}
    )
    signer_info: dict[str, Any] = {
        "version": "v1",
        "sid": identifier,
        "digest_algorithm": sha256,
        "signed_attrs": signature.signed_attributes,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": signature.value,
    }
    if signature.token is not None:
        signer_info["unsigned_attrs"] = signature.token
    signed_data = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [sha256],
            "encap_content_info": {"content_type": "data"},
            "certificates": [certificate],
            "signer_infos": [signer_info],
        }
    )
    message = cms.ContentInfo({"content_type": "signed_data", "content": signed_data})
    return bytes(message.dump())


def check_cms(signature: CmsSignature, covered: bytes) -> None:
    """Raise unless digest, named certificate and ECDSA signature hold.

    Args:
        signature: what `parse_cms` gave.
        covered: the bytes it is the signature of.

    Raises:
        MalformedError: an attribute or the certificate is not of our form.
        VerificationError: one of the three does not hold.
    """
    with as_malformed(_WHAT, "its signed attributes cannot be read"):
        attributes = {
            attribute["type"].native: attribute["values"]
            for attribute in signature.signed_attributes
        }
        if not attributes.keys() >= _SIGNED:
            raise MalformedError(_WHAT, "it does not say what it signs")
        stated_digest = attributes["message_digest"][0].native
        certificates = attributes["signing_certificate_v2"][0]["certs"]
        stated_certificate = _stated_certificate(certificates[0])
    if stated_digest != hashlib.sha256(covered).digest():
        raise VerificationError(_WHAT, "the file was changed after signing")
    if stated_certificate != hashlib.sha256(signature.certificate).digest():
        raise VerificationError(_WHAT, "it names another certificate")
    _check_ecdsa(signature)


def _stated_certificate(stated: tsp.ESSCertIDv2) -> bytes:
    if stated["hash_algorithm"]["algorithm"].native != "sha256":
        raise MalformedError(_WHAT, "it does not name its certificate by SHA-256")
    return bytes(stated["cert_hash"].native)


def _check_ecdsa(signature: CmsSignature) -> None:
    # RFC 5652, section 5.4: signed as a SET OF, not under the implicit tag.
    message = b"\x31" + signature.signed_attributes.dump()[1:]
    try:
        certificate = x509.load_der_x509_certificate(signature.certificate)
        public_key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion) as error:
        raise MalformedError(_WHAT, "its certificate cannot be read") from error
    if not isinstance(public_key, ec.EllipticCurvePublicKey) or not isinstance(
        public_key.curve, ec.SECP256R1
    ):
        raise MalformedError(_WHAT, "its certificate is not of a P-256 key")
    try:
        public_key.verify(signature.value, message, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise VerificationError(_WHAT, "the signature does not match") from error
