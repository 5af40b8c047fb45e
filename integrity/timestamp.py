"""A time stamp (RFC 3161) judged at its own time: somebody else saw these bytes then.

What must hold, in this order; each refusal names what failed:

1. query: our imprint, and the nonce we chose;
2. response: granted, the same imprint by the same function, the same nonce;
3. chain: the file begins with the certificate that the signature names, each issuer
   follows, and every rule of `timestamp_chain` holds at the token's time;
4. binding: ESSCertID or ESSCertIDv2 names that certificate (RFC 5035, RFC 5816);
5. signature: it covers the signed attributes, and they the TSTInfo;
6. rfc3161-client, where it reads the token at all, agrees.

Judged at the token's time, a proof stays good when certificates have expired since.
Whose root the chain ends in is stated, not decided, here.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

import rfc3161_client
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding

from integrity.certificates import (
    Chain,
    parse_chain,
    read_certificate,
    serialise_chain,
)
from integrity.errors import VerificationError
from integrity.timestamp_chain import check_chain, complete_chain, verify_signature
from integrity.timestamp_query import QUERY, build_query, digest_name, read_query
from integrity.timestamp_token import (
    RESPONSE,
    Binding,
    Token,
    outside_reading,
    read_response,
)

# The day after which an algorithm should no longer carry a proof that nothing newer
# covers: NIST IR 8547 (draft of 2024) ends keys of 112 bits with 2030, and RSA and
# ECDSA as a whole with 2035.
END_OF_SHORT_RSA = dt.datetime(2030, 12, 31, tzinfo=dt.UTC)
END_OF_TODAYS_KEYS = dt.datetime(2035, 12, 31, tzinfo=dt.UTC)
_SHORT_RSA_BITS = 3072

_DIGESTS: dict[str, hashes.HashAlgorithm] = {
    "2.16.840.1.101.3.4.2.1": hashes.SHA256(),
    "2.16.840.1.101.3.4.2.2": hashes.SHA384(),
    "2.16.840.1.101.3.4.2.3": hashes.SHA512(),
}
# Signature algorithm: kind of key, and the digest where the identifier names one.
_SIGNATURES: dict[str, tuple[type, str | None]] = {
    "1.2.840.113549.1.1.1": (rsa.RSAPublicKey, None),
    "1.2.840.113549.1.1.11": (rsa.RSAPublicKey, "sha256"),
    "1.2.840.113549.1.1.12": (rsa.RSAPublicKey, "sha384"),
    "1.2.840.113549.1.1.13": (rsa.RSAPublicKey, "sha512"),
    "1.2.840.10045.4.3.2": (ec.EllipticCurvePublicKey, "sha256"),
    "1.2.840.10045.4.3.3": (ec.EllipticCurvePublicKey, "sha384"),
    "1.2.840.10045.4.3.4": (ec.EllipticCurvePublicKey, "sha512"),
}
__all__ = ["Stamp", "build_query", "chain_of", "judge"]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a verified time stamp says.

    Attributes:
        time: when the authority saw the imprint, in UTC, as precise as it was told.
        authority: subject of the signer's certificate (RFC 4514).
        root: subject of the root.
        root_sha256: SHA-256 of the root's DER, for the reader to compare.
        serial: the token's number at this authority.
        policy: under which policy it was issued, a dotted object identifier.
        accuracy: how far `time` may be off; None: not stated.
        good_until: from then on certificates or algorithms carry it no longer; a
            later stamp that covers it must be there before.
        readers: which readers took it apart.
    """

    time: dt.datetime
    authority: str
    root: str
    root_sha256: str
    serial: int
    policy: str
    accuracy: dt.timedelta | None
    good_until: dt.datetime
    readers: tuple[str, ...]


def judge(query: bytes | None, response: bytes, chain: bytes, imprint: bytes) -> Stamp:
    """The stamp in `response` over the digest `imprint`, or why it is none.

    Args:
        query: the TimeStampReq that was sent; None where it was not kept (tokens of
            other people): then the nonce cannot be compared.
        response: the whole TimeStampResp.
        chain: canonical PEM, signer first, root last.
        imprint: the SHA-256, SHA-384 or SHA-512 digest; its length says which.

    Raises:
        MalformedError: one of them is not in a form that we read.
        VerificationError: it does not prove that `imprint` existed at its time.
    """
    if query is not None:
        _check_query(query, imprint)
    token = read_response(response)
    _check_imprint(token, imprint)
    if query is not None:
        _check_answers(token, query)
    certificates = parse_chain(chain)
    signer = certificates[0]
    _check_names_signer(token, signer)
    check_chain(certificates, token.time)
    _check_bindings(token.bindings, signer)
    _check_signature(token, signer)
    _check_outside(response, certificates, imprint)
    return _stamp(token, certificates)


def chain_of(
    response: bytes, known: tuple[x509.Certificate, ...], roots: Chain
) -> bytes:
    """The chain file of a response: its certificates, completed from `known`.

    With `roots` it must end in one of them, else in a root that came with it.

    Raises:
        MalformedError, VerificationError: no sound chain can be put together.
    """
    token = read_response(response)
    sent = [read_certificate(der) for der in token.certificates]
    for candidate in (*sent, *known):
        if _is_signer(token, candidate):
            chain = complete_chain(candidate, (*sent, *known), roots, token.time)
            return serialise_chain(chain)
    raise VerificationError(RESPONSE, "the signer's certificate is not there")


def _check_query(query: bytes, imprint: bytes) -> None:
    asked = read_query(query)
    if (asked.algorithm, asked.imprint) != (digest_name(imprint), imprint):
        raise VerificationError(QUERY, "it asks about other bytes")
    if asked.nonce is None:
        raise VerificationError(QUERY, "it has no nonce")


def _check_imprint(token: Token, imprint: bytes) -> None:
    if (token.algorithm, token.imprint) != (digest_name(imprint), imprint):
        raise VerificationError(RESPONSE, "it is about other bytes")


def _check_answers(token: Token, query: bytes) -> None:
    asked = read_query(query)
    if token.nonce != asked.nonce:
        raise VerificationError(RESPONSE, "it answers another query (nonce)")
    if asked.policy is not None and token.policy != asked.policy:
        raise VerificationError(RESPONSE, "it is under another policy than asked for")


def _is_signer(token: Token, certificate: x509.Certificate) -> bool:
    return (
        certificate.issuer.public_bytes() == token.signer_issuer
        and certificate.serial_number == token.signer_serial
    )


def _check_names_signer(token: Token, signer: x509.Certificate) -> None:
    if not _is_signer(token, signer):
        raise VerificationError(RESPONSE, "the chain begins with another certificate")


def _check_bindings(bindings: tuple[Binding, ...], signer: x509.Certificate) -> None:
    if not bindings:
        raise VerificationError(RESPONSE, "it does not bind its certificate")
    der = signer.public_bytes(Encoding.DER)
    for binding in bindings:
        if binding.digest != _certificate_digest(binding.algorithm, der):
            raise VerificationError(RESPONSE, "it binds another certificate")
        if binding.serial is not None and (
            binding.issuer != signer.issuer.public_bytes()
            or binding.serial != signer.serial_number
        ):
            raise VerificationError(RESPONSE, "it binds a certificate of another name")


def _certificate_digest(algorithm: str, der: bytes) -> bytes:
    # RFC 3161 fixed SHA-1 here and RFC 5816 allowed others. The signature itself is
    # checked with the certificate's key; this only tells certificates of a key apart.
    if algorithm not in {"sha1", "sha256", "sha384", "sha512"}:
        raise VerificationError(RESPONSE, "it binds its certificate by another hash")
    return hashlib.new(algorithm, der, usedforsecurity=False).digest()


def _check_signature(token: Token, signer: x509.Certificate) -> None:
    digest = _DIGESTS.get(token.digest_algorithm)
    if digest is None:
        raise VerificationError(
            RESPONSE, "its digest is not SHA-256, SHA-384 or SHA-512"
        )
    kind, named = _SIGNATURES.get(token.signature_algorithm, (None, None))
    if kind is None or named not in {None, digest.name}:
        reason = "its signature is not RSA (PKCS #1 v1.5) or ECDSA over that digest"
        raise VerificationError(RESPONSE, reason)
    if token.message_digest != hashlib.new(digest.name, token.info).digest():
        raise VerificationError(RESPONSE, "its signature is over other content")
    if not isinstance(signer.public_key(), kind):
        raise VerificationError(RESPONSE, "its signature is of another kind of key")
    try:
        verify_signature(signer, token.signature, token.signed_attributes, digest)
    except InvalidSignature as error:
        raise VerificationError(RESPONSE, "its signature is wrong") from error


def _check_outside(response: bytes, chain: Chain, imprint: bytes) -> None:
    """Ask rfc3161-client too; it adds nothing but other people's care."""
    reading = outside_reading(response)
    if reading is None:
        return
    signer, *issuers, root = chain
    verifier = rfc3161_client.VerifierBuilder(
        tsa_certificate=signer, intermediates=issuers, roots=[root]
    ).build()
    try:
        verifier.verify(reading, imprint)
    except (rfc3161_client.VerificationError, ValueError, x509.InvalidVersion) as error:
        raise VerificationError(
            RESPONSE, f"rfc3161-client refuses it ({error})"
        ) from error


def _stamp(token: Token, chain: Chain) -> Stamp:
    root = chain[-1]
    return Stamp(
        time=token.time,
        authority=chain[0].subject.rfc4514_string(),
        root=root.subject.rfc4514_string(),
        root_sha256=root.fingerprint(hashes.SHA256()).hex(),
        serial=token.serial,
        policy=token.policy,
        accuracy=token.accuracy,
        good_until=_good_until(chain),
        readers=token.readers,
    )


def _good_until(chain: Chain) -> dt.datetime:
    ends = [certificate.not_valid_after_utc for certificate in chain]
    for certificate in chain:
        key = certificate.public_key()
        short = isinstance(key, rsa.RSAPublicKey) and key.key_size < _SHORT_RSA_BITS
        ends.append(END_OF_SHORT_RSA if short else END_OF_TODAYS_KEYS)
    return min(ends)
