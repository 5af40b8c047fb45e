"""The certificates behind a time stamp: signer first, issuers in order, root last.

RFC 5280 judged at one moment, the token's own: names and signatures join, every
certificate was valid, those above the signer are authorities that may sign
certificates, and the signer's only purpose, marked critical, is time stamping
(RFC 3161, 2.3). Whose root it is, is for the reader to know. Lists of revoked
certificates are not asked.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from integrity.certificates import CHAIN, MAX_CHAIN, Chain, is_self_issued
from integrity.errors import MalformedError, VerificationError

SHORTEST_RSA_BITS, LONGEST_RSA_BITS = 2048, 4096

_HASHES = (hashes.SHA256, hashes.SHA384, hashes.SHA512)
_CURVES = (ec.SECP256R1, ec.SECP384R1)
# Critical extensions whose rules are applied here; any other one is a refusal
# (RFC 5280, 4.2). Policies: we ask for none, so any will do.
_UNDERSTOOD = {
    ExtensionOID.BASIC_CONSTRAINTS,
    ExtensionOID.KEY_USAGE,
    ExtensionOID.EXTENDED_KEY_USAGE,
    ExtensionOID.CERTIFICATE_POLICIES,
    ExtensionOID.SUBJECT_ALTERNATIVE_NAME,
}

_Kind = TypeVar("_Kind", bound=x509.ExtensionType)


def check_chain(chain: Chain, at: dt.datetime) -> None:
    """Refuse a chain that does not bear a time stamp made at `at`.

    The root's signature of itself proves nothing and is not looked at.

    Raises:
        VerificationError: some link fails.
        MalformedError: an extension cannot be read.
    """
    for certificate in chain:
        _check_validity(certificate, at)
        _check_key(certificate)
        _check_critical(certificate)
    for below, (certificate, issuer) in enumerate(pairwise(chain)):
        _check_issued(certificate, issuer)
        _check_authority(issuer, below)
    if not is_self_issued(chain[-1]):
        raise VerificationError(CHAIN, "it does not end in a root")
    _check_signer(chain[0])


def complete_chain(
    signer: x509.Certificate,
    known: Sequence[x509.Certificate],
    roots: Sequence[x509.Certificate],
    at: dt.datetime,
) -> Chain:
    """A sound chain from `signer` over `known` to one of `roots`.

    Without `roots` it may end in any self-issued certificate of `known`.

    Raises:
        VerificationError: there is none.
    """
    anchors = list(roots) or [each for each in known if is_self_issued(each)]
    issuers = [each for each in known if not is_self_issued(each)]
    paths: list[Chain] = [(signer,)]
    used = {signer}
    while paths:
        path = paths.pop(0)  # breadth first: the shortest chain that holds
        for root in anchors:
            if _is_sound((*path, root), at):
                return (*path, root)
        for issuer in issuers:
            if issuer not in used and _joins(path[-1], issuer):
                used.add(issuer)
                paths.append((*path, issuer))
    raise VerificationError(CHAIN, "no root was found for it")


def verify_signature(
    certificate: x509.Certificate,
    signature: bytes,
    data: bytes,
    algorithm: hashes.HashAlgorithm,
) -> None:
    """Raise InvalidSignature unless the certificate's key signed `data`."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, data, padding.PKCS1v15(), algorithm)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        key.verify(signature, data, ec.ECDSA(algorithm))
    else:
        raise InvalidSignature


def _is_sound(chain: Chain, at: dt.datetime) -> bool:
    if len(chain) > MAX_CHAIN:
        return False
    try:
        check_chain(chain, at)
    except (VerificationError, MalformedError):
        return False
    return True


def _joins(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        _check_issued(certificate, issuer)
    except (VerificationError, MalformedError):
        return False
    return True


def _check_validity(certificate: x509.Certificate, at: dt.datetime) -> None:
    # RFC 5280 counts the last second in and OpenSSL does not; we agree with the tool
    # that strangers will use.
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begin <= at < end:
        raise VerificationError(CHAIN, "a certificate was not valid at that time")


def _check_key(certificate: x509.Certificate) -> None:
    try:
        key = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm) as error:
        raise MalformedError(CHAIN, "a public key cannot be read") from error
    if isinstance(key, rsa.RSAPublicKey):
        good = SHORTEST_RSA_BITS <= key.key_size <= LONGEST_RSA_BITS
    else:
        curve = isinstance(key, ec.EllipticCurvePublicKey) and key.curve
        good = isinstance(curve, _CURVES)
    if not good:
        raise VerificationError(
            CHAIN, "a key is not RSA of 2048 to 4096 bits or P-256/P-384"
        )


def _check_critical(certificate: x509.Certificate) -> None:
    for extension in certificate.extensions:
        if extension.critical and extension.oid not in _UNDERSTOOD:
            which = extension.oid.dotted_string
            reason = f"a certificate has the critical extension {which}"
            raise VerificationError(CHAIN, reason)


def _check_issued(certificate: x509.Certificate, issuer: x509.Certificate) -> None:
    if certificate.issuer.public_bytes() != issuer.subject.public_bytes():
        raise VerificationError(CHAIN, "its certificates do not follow one another")
    try:
        parameters = certificate.signature_algorithm_parameters
        if not isinstance(certificate.signature_hash_algorithm, _HASHES):
            raise VerificationError(CHAIN, "a certificate is signed with an old hash")
        if not isinstance(parameters, (padding.PKCS1v15, ec.ECDSA)):
            raise VerificationError(CHAIN, "a signature is not PKCS #1 v1.5 or ECDSA")
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature) as error:
        raise VerificationError(CHAIN, "a certificate's signature fails") from error


def _check_authority(issuer: x509.Certificate, below: int) -> None:
    """`below`: how many authorities stand between this one and the signer."""
    constraints = _extension(issuer, x509.BasicConstraints)
    if constraints is None or not constraints.value.ca:
        raise VerificationError(CHAIN, "an issuer is no certificate authority")
    longest = constraints.value.path_length
    if longest is not None and below > longest:
        raise VerificationError(CHAIN, "it is longer than an issuer allows")
    usage = _extension(issuer, x509.KeyUsage)
    if usage is not None and not usage.value.key_cert_sign:
        raise VerificationError(CHAIN, "an issuer may not sign certificates")
    purposes = _extension(issuer, x509.ExtendedKeyUsage)
    wanted = {
        ExtendedKeyUsageOID.TIME_STAMPING,
        ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,
    }
    if purposes is not None and not wanted & set(purposes.value):
        raise VerificationError(CHAIN, "an issuer is not for time stamping")


def _check_signer(signer: x509.Certificate) -> None:
    purposes = _extension(signer, x509.ExtendedKeyUsage)
    if purposes is None or list(purposes.value) != [ExtendedKeyUsageOID.TIME_STAMPING]:
        raise VerificationError(CHAIN, "the signer's only purpose is not time stamping")
    if not purposes.critical:
        raise VerificationError(CHAIN, "the signer's purpose is not marked critical")
    usage = _extension(signer, x509.KeyUsage)
    if usage is not None and not (
        usage.value.digital_signature or usage.value.content_commitment
    ):
        raise VerificationError(CHAIN, "the signer's key may not sign data")


def _extension(
    certificate: x509.Certificate, kind: type[_Kind]
) -> x509.Extension[_Kind] | None:
    try:
        return certificate.extensions.get_extension_for_class(kind)
    except x509.ExtensionNotFound:
        return None
