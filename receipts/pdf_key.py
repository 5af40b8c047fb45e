"""The service's PDF key: P-256, with a self-signed certificate of its own.

It is the key of this service, not of a person. Receipts and the log name the digest
of its certificate, so that no other one may take its place. Ed25519 is not used here:
common readers then call a file unsigned.

In a file, key and certificate lie together. The certificate of a key in a token lies
in the keys folder as `pdf-<first 16 digits of its SHA-256>.crt`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

from intake.key_files import (
    decode_private_key,
    encode_private_key,
    read_private_file,
    write_new_private_file,
)
from intake.key_reference import (
    AgentReference,
    FileReference,
    KeyPlace,
    KeyUnavailable,
    Reference,
    parse_reference,
)
from intake.key_sources import KeySources, create_p256, open_p256
from integrity.errors import MalformedError, SigningRefused, StoreUnavailable
from integrity.policy import Role
from integrity.store.durable import write_durably

FILE_NAME = "pdf.pem"
COMMON_NAME = "Custody service signature"
# The key lives as long as the home; readers judge a paper by its own time.
VALID_FOR = dt.timedelta(days=40 * 365)
# SEC 2, section 2.4.2
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_MAX_NAME = 64  # ub-organization-name, RFC 5280 appendix A
_DOCUMENT_SIGNING = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.36")  # RFC 9336


@dataclass(frozen=True, slots=True)
class PdfKey:
    """A P-256 private key and its certificate."""

    private_key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    def sign(self, message: bytes) -> bytes:
        """The DER signature of `message` by ECDSA with SHA-256, its s the lower one.

        Raises:
            SigningRefused: the key cannot be used now.
        """
        der = self.private_key.sign(message, ec.ECDSA(hashes.SHA256()))
        r, s = decode_dss_signature(der)
        return encode_dss_signature(r, min(s, P256_ORDER - s))


def certificate_sha256(key: PdfKey) -> str:
    """Hex SHA-256 of the DER certificate: what receipts and the log name."""
    return key.certificate.fingerprint(hashes.SHA256()).hex()


def create_pdf_key(folder: Path, firm_name: str, at: dt.datetime) -> PdfKey:
    """Make `folder/pdf.pem` unless it is there, valid from about `at`.

    Only at the first start: the log names the certificate in its first event. The
    caller sees to it that no two processes make one at the same time.
    """
    return make_pdf_key(FileReference(FILE_NAME), KeyPlace(folder), firm_name, at)


def make_pdf_key(
    reference: Reference, place: KeyPlace, firm_name: str, at: dt.datetime
) -> PdfKey:
    """The PDF key at `reference`, made with a certificate unless it is there.

    Raises:
        KeyUnavailable, SigningRefused, StoreUnavailable, MalformedError: it cannot
            be made, or what is there is no PDF key.
    """
    if isinstance(reference, FileReference):
        path = reference.within(place.folder)
        if not path.exists():
            _write_key_file(path, place, firm_name, at)
    elif isinstance(reference, AgentReference):
        raise KeyUnavailable("key_agent_lacks", reference.text())
    else:
        private_key = create_p256(reference, place)
        if _certificate_of(private_key, place) is None:
            _keep_certificate(_certificate(private_key, firm_name, at), place)
    return open_pdf_key(reference, place)


def open_pdf_key(reference: Reference, place: KeyPlace) -> PdfKey:
    """The PDF key at `reference`.

    Raises:
        KeyUnavailable, SigningRefused, StoreUnavailable, MalformedError: as of other
            keys; or its certificate is missing.
    """
    if isinstance(reference, FileReference):
        return _load(reference, place)
    if isinstance(reference, AgentReference):
        raise KeyUnavailable("key_agent_lacks", reference.text())
    private_key = open_p256(reference, place)
    certificate = _certificate_of(private_key, place)
    if certificate is None:
        raise KeyUnavailable("key_file_absent", "file:pdf-….crt")
    return PdfKey(private_key, certificate)


def find_pdf_key(sources: KeySources, allowed: Collection[str]) -> PdfKey:
    """The PDF key of a home whose certificate is one of `allowed` (hex SHA-256).

    Raises:
        KeyUnavailable, SigningRefused, StoreUnavailable, MalformedError: none can be
            used; of several reasons the first.
    """
    fault: Exception | None = None
    for text in sources.references(Role.PDF):
        try:
            key = open_pdf_key(parse_reference(text), sources.place)
        except (SigningRefused, StoreUnavailable, MalformedError) as error:
            fault = fault or error
            continue
        if certificate_sha256(key) in allowed:
            return key
        fault = fault or KeyUnavailable("key_other", text, role=Role.PDF.value)
    raise fault or KeyUnavailable("key_file_absent", f"file:{FILE_NAME}")


def _write_key_file(
    path: Path, place: KeyPlace, firm_name: str, at: dt.datetime
) -> None:
    private_key = ec.generate_private_key(ec.SECP256R1())
    certificate = _certificate(private_key, firm_name, at)
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    write_new_private_file(
        path, encode_private_key(private_key, place.passphrase) + pem
    )


def _keep_certificate(certificate: x509.Certificate, place: KeyPlace) -> None:
    name = f"pdf-{certificate.fingerprint(hashes.SHA256()).hex()[:16]}.crt"
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    write_durably(place.folder / name, [pem], mode=0o644)


def _certificate_of(
    private_key: ec.EllipticCurvePrivateKey, place: KeyPlace
) -> x509.Certificate | None:
    for path in sorted(place.folder.glob("pdf-*.crt")):
        try:
            certificate = x509.load_pem_x509_certificate(path.read_bytes())
        except (OSError, ValueError) as error:
            raise MalformedError("certificate", f"{path.name} is no PEM") from error
        if certificate.public_key() == private_key.public_key():
            return certificate
    return None


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


def _load(reference: FileReference, place: KeyPlace) -> PdfKey:
    pem = read_private_file(reference.within(place.folder))
    private_key = decode_private_key(pem, place.passphrase, reference.text())
    try:
        certificate = x509.load_pem_x509_certificate(pem)
    except ValueError as error:
        raise MalformedError("PDF key file", "not a key with certificate") from error
    if not isinstance(private_key, ec.EllipticCurvePrivateKey):
        raise MalformedError("PDF key file", "not a P-256 key")
    if certificate.public_key() != private_key.public_key():
        raise MalformedError("PDF key file", "key and certificate do not match")
    return PdfKey(private_key, certificate)
