"""The service's PDF key: P-256, with a self-signed certificate made at first start.

It is the key of this service, not of a person. Receipts and the log name the digest
of its certificate, so that no other one may take its place. Ed25519 is not used here:
common readers then call a file unsigned.
"""

from __future__ import annotations

import datetime as dt
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from integrity.errors import MalformedError, SigningRefused, StoreUnavailable
from integrity.store.durable import write_durably

FILE_NAME = "pdf.pem"
COMMON_NAME = "Custody service signature"
# The key lives as long as the home; readers judge a paper by its own time.
VALID_FOR = dt.timedelta(days=40 * 365)
_MAX_NAME = 64  # ub-organization-name, RFC 5280 appendix A
_DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336


@dataclass(frozen=True, slots=True)
class PdfKey:
    """A P-256 private key and its certificate."""

    private_key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate


def certificate_sha256(key: PdfKey) -> str:
    """Hex SHA-256 of the DER certificate: what receipts and the log name."""
    return key.certificate.fingerprint(hashes.SHA256()).hex()


def create_pdf_key(folder: Path, firm_name: str, at: dt.datetime) -> PdfKey:
    """Make `folder/pdf.pem` unless it is there, valid from about `at`.

    Only at the first start: the log names the certificate in its first event. The
    caller sees to it that no two processes make one at the same time.
    """
    path = folder / FILE_NAME
    if not path.exists():
        write_durably(path, [_create(firm_name, at)], mode=0o600)
    return load_pdf_key(folder)


def load_pdf_key(folder: Path) -> PdfKey:
    """The key in `folder/pdf.pem`.

    Raises:
        StoreUnavailable: the file cannot be read.
        SigningRefused: others than the owner can read it.
        MalformedError: it is not a P-256 key with its certificate.
    """
    return _load(folder / FILE_NAME)


def _create(firm_name: str, at: dt.datetime) -> bytes:
    """A new key and certificate as one PEM file."""
    private_key = ec.generate_private_key(ec.SECP256R1())
    pem = private_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    certificate = _certificate(private_key, firm_name, at)
    return pem + certificate.public_bytes(serialization.Encoding.PEM)


def _certificate(
    private_key: ec.EllipticCurvePrivateKey, firm_name: str, at: dt.datetime
) -> x509.Certificate:
    public_key = private_key.public_key()
    name = x509.Name(
        [
            x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, firm_name[:_MAX_NAME]),
            x509.NameAttribute(x509.NameOID.COMMON_NAME, COMMON_NAME),
        ]
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(public_key)
        .serial_number(x509.random_serial_number())
        # An hour back, so that a clock set right a little later finds it valid.
        .not_valid_before(at - dt.timedelta(hours=1))
        .not_valid_after(at + VALID_FOR)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(), critical=True)
        .add_extension(x509.ExtendedKeyUsage([_DOCUMENT_SIGNING]), critical=False)
        .add_extension(
            x509.SubjectKeyIdentifier.from_public_key(public_key), critical=False
        )
    )
    return builder.sign(private_key, hashes.SHA256())


def _key_usage() -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )


def _load(path: Path) -> PdfKey:
    try:
        with path.open("rb") as stream:
            mode = os.fstat(stream.fileno()).st_mode
            pem = stream.read(64 * 1024)
    except OSError as error:
        raise StoreUnavailable(str(path), error.strerror or "error") from error
    if stat.S_IMODE(mode) & 0o077:
        raise SigningRefused(f"{path} can be read by others (want mode 0600)")
    try:
        private_key = serialization.load_pem_private_key(pem, password=None)
        certificate = x509.load_pem_x509_certificate(pem)
    except (ValueError, TypeError) as error:
        raise MalformedError("PDF key file", "not a key with certificate") from error
    if not isinstance(private_key, ec.EllipticCurvePrivateKey):
        raise MalformedError("PDF key file", "not a P-256 key")
    if certificate.public_key() != private_key.public_key():
        raise MalformedError("PDF key file", "key and certificate do not match")
    return PdfKey(private_key, certificate)
