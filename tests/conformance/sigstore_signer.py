"""Who signed a Sigstore bundle: the certificate, its authority and its identity.

RFC 5280 as far as Fulcio's certificates go, RFC 6962 for the embedded promise of the
certificate log. Everything is judged at the verified times of the signature.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.certificate_transparency import SignedCertificateTimestamp
from cryptography.x509.oid import ExtendedKeyUsageOID

from tests.conformance.sigstore_root import (
    Authority,
    Refused,
    TrustedRoot,
    check_signature,
    need,
)

_ISSUER_V1 = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.1")
_ISSUER_V2 = x509.ObjectIdentifier("1.3.6.1.4.1.57264.1.8")
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
Chain = tuple[x509.Certificate, ...]


def check_signer(
    chain: Sequence[x509.Certificate],
    root: TrustedRoot,
    times: Iterable[dt.datetime],
    identity: str,
    issuer: str,
) -> None:
    """Refuse unless the chain's first certificate may sign for `identity` then."""
    leaf = chain[0]
    need(not any(_is_root(each) for each in chain), "the chain holds a root")
    paths = [_path(leaf, chain[1:], root.certificate_authorities, at) for at in times]
    need(paths, "no verified time")
    _check_purpose(leaf)
    _check_promise(leaf, paths[0][1], root)
    _check_identity(leaf, identity, issuer)


def _is_root(certificate: x509.Certificate) -> bool:
    return certificate.subject == certificate.issuer


def _path(
    leaf: x509.Certificate,
    sent: Sequence[x509.Certificate],
    authorities: Sequence[Authority],
    at: dt.datetime,
) -> Chain:
    for authority in authorities:
        if not authority.valid.holds(at):
            continue
        candidates = (*authority.chain, *sent)
        path = _climb((leaf,), candidates, authority.chain, at)
        if path is not None:
            return path
    raise Refused("no authority that is trusted at that time issued the certificate")


def _climb(
    path: Chain, candidates: Chain, anchors: Chain, at: dt.datetime
) -> Chain | None:
    """The path up to one of `anchors`, all of it valid at `at`."""
    below = path[-1]
    if not below.not_valid_before_utc <= at <= below.not_valid_after_utc:
        return None
    if len(path) > 1 and below in anchors:
        return path
    for issuer in candidates:
        if issuer not in path and _issued(below, issuer):
            found = _climb((*path, issuer), candidates, anchors, at)
            if found is not None:
                return found
    return None


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
        rules = issuer.extensions.get_extension_for_class(x509.BasicConstraints)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound):
        return False
    return rules.value.ca


def _check_purpose(leaf: x509.Certificate) -> None:
    try:
        use = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
        purposes = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound as error:
        raise Refused("the certificate does not say what it is for") from error
    need(use.digital_signature, "the certificate is not for signatures")
    need(ExtendedKeyUsageOID.CODE_SIGNING in purposes, "it is not for code signing")


def _check_promise(
    leaf: x509.Certificate, issuer: x509.Certificate, root: TrustedRoot
) -> None:
    """At least one certificate log of the root promised to hold this certificate."""
    try:
        promises = leaf.extensions.get_extension_for_class(
            x509.PrecertificateSignedCertificateTimestamps
        ).value
    except x509.ExtensionNotFound as error:
        raise Refused("no certificate log promised anything") from error
    public = issuer.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    )
    issuer_hash = hashlib.sha256(public).digest()
    need(
        any(_promised(leaf, issuer_hash, each, root) for each in promises),
        "no certificate log of the trusted root promised to hold the certificate",
    )


def _promised(
    leaf: x509.Certificate,
    issuer_hash: bytes,
    promise: SignedCertificateTimestamp,
    root: TrustedRoot,
) -> bool:
    at = promise.timestamp.replace(tzinfo=dt.UTC)
    milliseconds = (at - _EPOCH) // dt.timedelta(milliseconds=1)
    tbs, extra = leaf.tbs_precertificate_bytes, promise.extension_bytes
    message = (
        bytes([promise.version.value, 0])
        + milliseconds.to_bytes(8, "big")
        + b"\x00\x01"
        + issuer_hash
        + len(tbs).to_bytes(3, "big")
        + tbs
        + len(extra).to_bytes(2, "big")
        + extra
    )
    for log in root.certificate_logs:
        if log.key_id == promise.log_id and log.valid.holds(at):
            try:
                check_signature(log.key, promise.signature, message)
            except Refused:
                continue
            return True
    return False


def _check_identity(leaf: x509.Certificate, identity: str, issuer: str) -> None:
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    found = [
        *names.get_values_for_type(x509.UniformResourceIdentifier),
        *names.get_values_for_type(x509.RFC822Name),
    ]
    need(identity in found, "the certificate is of another identity")
    need(_issuer(leaf) == issuer, "another issuer vouched for the identity")


def _issuer(leaf: x509.Certificate) -> str | None:
    for extension in leaf.extensions:
        value = extension.value
        if not isinstance(value, x509.UnrecognizedExtension):
            continue
        if extension.oid == _ISSUER_V2:  # a DER UTF8String
            return value.value[2:].decode()
        if extension.oid == _ISSUER_V1:
            return value.value.decode()
    return None
