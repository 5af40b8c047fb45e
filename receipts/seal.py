"""The service signature on a PDF: PAdES B-B (ETSI EN 319 142-1) with a P-256 key.

It is the signature of this service, not of a person.
"""

from __future__ import annotations

import io

from asn1crypto import x509 as asn1_x509  # type: ignore[import-untyped]  # no types
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
LONGEST_SIGNATURE = 72  # ECDSA with P-256 in DER


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
    signer = signers.PdfSigner(metadata, _ServiceSigner(key), timestamper=timestamper)
    try:
        writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
        return bytes(signer.sign_pdf(writer).getvalue())
    except (PdfError, SigningError, ValueError, OSError) as error:
        raise SigningRefused(f"the PDF could not be signed ({error})") from error


class _ServiceSigner(signers.Signer):
    """A signer of the PDF library whose key may lie in a token."""

    def __init__(self, key: PdfKey) -> None:
        der = key.certificate.public_bytes(serialization.Encoding.DER)
        super().__init__(
            signing_cert=asn1_x509.Certificate.load(der),
            cert_registry=SimpleCertificateStore(),  # type: ignore[no-untyped-call]  # its __init__ has no types
        )
        self._key = key

    async def async_sign_raw(
        self,
        data: bytes,
        digest_algorithm: str,
        dry_run: bool = False,  # noqa: FBT001, FBT002 (not ours)
    ) -> bytes:
        """The signature; of a dry run, as many bytes as the longest one has."""
        if digest_algorithm != "sha256":
            raise SigningError(f"the key does not sign with {digest_algorithm}")
        return bytes(LONGEST_SIGNATURE) if dry_run else self._key.sign(data)


def _organisation(key: PdfKey) -> str:
    subject = key.certificate.subject
    (found,) = subject.get_attributes_for_oid(x509.NameOID.ORGANIZATION_NAME)
    return str(found.value)
