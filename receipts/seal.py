"""The service signature on a PDF: PAdES B-B (ETSI EN 319 142-1) with a P-256 key.

It is the signature of this service, not of a person.
"""

from __future__ import annotations

import io

from asn1crypto import keys as asn1_keys  # type: ignore[import-untyped]  # no types
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.misc import PdfError
from pyhanko.sign import fields, signers
from pyhanko.sign.general import SigningError
from pyhanko.sign.timestamps import TimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore

from integrity.errors import SigningRefused
from receipts.pdf_key import PdfKey

FIELD_NAME = "ServiceSignature"


def sign_pdf(pdf: bytes, key: PdfKey, timestamper: TimeStamper | None = None) -> bytes:
    """The PDF with one invisible certifying signature that allows no later change.

    Args:
        pdf: an unsigned PDF.
        key: the service's PDF key.
        timestamper: an RFC 3161 authority; with one the level is B-T.

    Raises:
        SigningRefused: the PDF could not be signed; says why.
    """
    metadata = signers.PdfSignatureMetadata(
        field_name=FIELD_NAME,
        md_algorithm="sha256",
        subfilter=fields.SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=fields.MDPPerm.NO_CHANGES,
        name=_organisation(key),
    )
    signer = signers.PdfSigner(metadata, _signer(key), timestamper=timestamper)
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        return bytes(signer.sign_pdf(writer).getvalue())
    except (PdfError, SigningError, ValueError, OSError) as error:
        raise SigningRefused(f"the PDF could not be signed ({error})") from error


def _signer(key: PdfKey) -> signers.SimpleSigner:
    der = key.certificate.public_bytes(serialization.Encoding.DER)
    private = key.private_key.private_bytes(
        serialization.Encoding.DER,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return signers.SimpleSigner(
        signing_cert=asn1_x509.Certificate.load(der),
        signing_key=asn1_keys.PrivateKeyInfo.load(private),
        cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]  # its __init__ has no types
    )


def _organisation(key: PdfKey) -> str:
    subject = key.certificate.subject
    (found,) = subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    return str(found.value)
