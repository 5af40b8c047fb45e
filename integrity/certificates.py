"""X.509 certificates in PEM and DER, read to their end before anybody asks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from integrity.errors import MalformedError

MAX_CHAIN = 6  # signer, up to four issuers, root
MAX_PEM_BYTES = 64 << 10
CHAIN = "time authority's certificate chain"

# What the library raises on bytes that merely look like a certificate.
_UNREADABLE = (
    ValueError,
    TypeError,
    KeyError,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
# The library parses these when they are asked for. An algorithm that is unknown is
# refused where the certificate is used; in a set it may lie unused.
_PARTS = (
    "issuer",
    "subject",
    "extensions",
    "not_valid_before_utc",
    "not_valid_after_utc",
)

Chain: TypeAlias = tuple[x509.Certificate, ...]


def parse_chain(pem: bytes) -> Chain:
    """The certificates of a chain file, whose `serialise_chain` is exactly `pem`.

    Raises:
        MalformedError: anything else.
    """
    chain = read_certificates(pem)
    if serialise_chain(chain) != pem:
        raise MalformedError(CHAIN, "its PEM is not in canonical form")
    if not 2 <= len(chain) <= MAX_CHAIN:  # noqa: PLR2004  # signer and root at least
        raise MalformedError(CHAIN, f"it has not 2 to {MAX_CHAIN} certificates")
    return chain


def read_certificates(pem: bytes) -> Chain:
    """Every certificate in a PEM file as people keep them, in its order.

    Raises:
        MalformedError: too long, or no certificates.
    """
    if len(pem) > MAX_PEM_BYTES:
        raise MalformedError(CHAIN, f"longer than {MAX_PEM_BYTES} bytes")
    try:
        return tuple(map(_whole, x509.load_pem_x509_certificates(pem)))
    except _UNREADABLE as error:
        raise MalformedError(CHAIN, "it is no PEM of certificates") from error


def read_certificate(der: bytes) -> x509.Certificate:
    """One certificate of a token.

    Raises:
        MalformedError: it is none.
    """
    try:
        return _whole(x509.load_der_x509_certificate(der))
    except _UNREADABLE as error:
        raise MalformedError(CHAIN, "it holds something else") from error


def serialise_chain(chain: Sequence[x509.Certificate]) -> bytes:
    """PEM, one certificate after the other."""
    return b"".join(certificate.public_bytes(Encoding.PEM) for certificate in chain)


def is_self_issued(certificate: x509.Certificate) -> bool:
    """Whether it names itself as its issuer, as roots do."""
    return certificate.issuer.public_bytes() == certificate.subject.public_bytes()


def _whole(certificate: x509.Certificate) -> x509.Certificate:
    """The certificate, read to its end."""
    for part in _PARTS:
        getattr(certificate, part)
    return certificate
