"""The one-file verifier: each rule about certificates, seals and tokens bites alone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID

from receipts.standalone import verify as standalone
from tests import bundle_samples as samples
from tests.stamp_maker import (
    EC_KEY,
    IMPRINT,
    Maker,
    authority,
    chain_of_made,
    good_chain,
    pem,
    signer,
    usage,
)

tlv, der_oid, der_integer = standalone.tlv, standalone.der_oid, standalone.der_integer
SEQUENCE, SET = standalone.SEQUENCE, standalone.SET


def refused(
    read: Callable[..., object], *given: Any, reason: str, **named: Any
) -> None:
    """Refused, and for this reason."""
    with pytest.raises(standalone.Refused, match=reason):
        read(*given, **named)


# --- DER --------------------------------------------------------------------------


def test_der_nests_so_deep() -> None:
    """64 levels are looked into, 65 are refused."""

    def nested(depth: int) -> bytes:
        data = b""
        for _ in range(depth):
            data = tlv(SEQUENCE, data)
        return data

    standalone.require_der(nested(64))
    refused(standalone.require_der, nested(65), reason="too deep")


def test_der_elements_are_counted() -> None:
    """1,000 in a row are read, 1,001 are refused."""
    null = tlv(standalone.NULL)
    reader = standalone.Der(null * 1000)
    assert len(standalone.each(reader, standalone.NULL)) == 1000
    more = standalone.Der(null * 1001)
    refused(standalone.each, more, standalone.NULL, reason="too many")


def test_an_algorithm_has_no_parameters_and_bits_come_in_bytes() -> None:
    """NULL may stand there, if it is empty; a BIT STRING leaves no bit unused."""
    name = der_oid(standalone.SHA256_OID)
    for rest in (b"", tlv(standalone.NULL)):
        reader = standalone.Der(tlv(SEQUENCE, name, rest))
        assert reader.algorithm() == standalone.SHA256_OID
    filled = standalone.Der(tlv(SEQUENCE, name, tlv(standalone.NULL, b"x")))
    refused(filled.algorithm, reason="has parameters")
    other = standalone.Der(tlv(SEQUENCE, name, tlv(standalone.OCTETS, b"x")))
    refused(other.algorithm, reason="something follows")
    assert standalone.Der(tlv(standalone.BIT_STRING, b"\0\x80")).bits() == b"\x80"
    for body in (b"\1\x80", b""):
        partly = standalone.Der(tlv(standalone.BIT_STRING, body))
        refused(partly.bits, reason="not whole bytes")


# --- Certificates -----------------------------------------------------------------


def certificate(**changes: Any) -> standalone.Certificate:
    """A signer's certificate, some of it otherwise."""
    first = good_chain(**changes)[0]
    return standalone.Certificate(first.public_bytes(Encoding.DER))


def test_a_certificate_is_of_version_3_and_names_one_algorithm() -> None:
    """Extensions came with that version; the second name is not signed."""
    good = certificate().der
    version = tlv(0xA0, der_integer(2))
    assert good.count(version) == 1
    older = good.replace(version, tlv(0xA0, der_integer(1)))
    refused(standalone.Certificate, older, reason="not a version 3")
    name = der_oid("1.2.840.10045.4.3.2")
    assert good.count(name) == 2
    other = good.replace(name, der_oid("1.2.840.10045.4.3.3"), 1)
    refused(standalone.Certificate, other, reason="two algorithms")


def test_a_signature_is_of_the_kind_of_the_key() -> None:
    """A right one, called by the name of another algorithm, or of none, is not."""
    made = certificate()
    good = EC_KEY.sign(b"message", ec.ECDSA(hashes.SHA256()))
    assert made.verifies(standalone.ECDSA_SHA256, good, b"message")
    for name in ("1.2.840.113549.1.1.11", "1.2.840.10045.4.3.3", "1.2.3", ""):
        assert not made.verifies(name, good, b"message")


def test_an_extension_comes_once() -> None:
    """Of two it would not be clear which one counts."""
    one = tlv(SEQUENCE, der_oid("1.2.3"), tlv(standalone.OCTETS, b"x"))

    def read(*extensions: bytes) -> dict[str, tuple[bool, bytes]]:
        listed = tlv(SEQUENCE, *extensions)
        reader = standalone.Der(tlv(standalone.context(3), listed))
        return standalone.Certificate._extensions(reader)

    assert read(one) == {"1.2.3": (False, b"x")}
    refused(read, one, one, reason="comes twice")


@pytest.mark.parametrize(
    ("body", "found"),
    [(b"\x07\x80", 0x80), (b"\x07\x80\x80", 0x80), (b"\x07", None), (bytes(4), None)],
)
def test_key_usage_has_one_or_two_bytes(body: bytes, found: int | None) -> None:
    """Nine bits are defined (RFC 5280, 4.2.1.3)."""
    made = certificate()
    value = tlv(standalone.BIT_STRING, body)
    made.extensions = {standalone.KEY_USAGE: (True, value)}
    if found is None:
        refused(made.usage, reason="keyUsage is malformed")
    else:
        assert made.usage() == found


@pytest.mark.parametrize(
    ("n", "e", "good"),
    [
        (2**2047, 3, True),
        (2**4096 - 1, 2**32 - 1, True),
        (2**2047 - 1, 3, False),
        (2**4096, 3, False),
        (-(2**2047) - 1, 3, False),
        (2**2047, 2, False),
        (2**2047, 2**32, False),
    ],
    ids=range(7),
)
def test_an_rsa_key_is_bounded(n: int, e: int, *, good: bool) -> None:
    """2,048 to 4,096 bits, and an exponent of up to 32."""
    written = n.to_bytes(n.bit_length() // 8 + 1, "big", signed=True)
    numbers = tlv(SEQUENCE, tlv(standalone.INTEGER, written), der_integer(e))
    kind = tlv(SEQUENCE, der_oid(standalone.RSA), tlv(standalone.NULL))
    info = standalone.Der(kind + tlv(standalone.BIT_STRING, b"\0", numbers))
    if good:
        assert standalone.PublicKey(info).n == n
    else:
        refused(standalone.PublicKey, info, reason="out of bounds")


def test_a_point_lies_on_the_curve() -> None:
    """A certificate with another key is refused before it is used."""
    kind = tlv(SEQUENCE, der_oid(standalone.EC), der_oid("1.2.840.10045.3.1.7"))
    point = tlv(standalone.BIT_STRING, b"\0\4", bytes(64))
    refused(standalone.PublicKey, standalone.Der(kind + point), reason="on its curve")


def test_a_pem_is_so_long() -> None:
    """128 KiB are looked at, one byte more is not."""
    data = b"x" * standalone.MAX_DER * 2
    refused(standalone.parse_pem, data, reason="malformed")
    refused(standalone.parse_pem, data + b"x", reason="too long")


def test_a_pem_has_one_form() -> None:
    """At least one certificate, in lines of 64 characters, each ended by LF."""
    good = standalone.armor("CERTIFICATE", SEALER.der, 64)
    assert standalone.parse_pem(good * 2) == [SEALER.der] * 2
    wide = standalone.armor("CERTIFICATE", SEALER.der, 76)
    for other in (b"", wide, good.replace(b"\n", b"\n\n", 2)):
        refused(standalone.parse_pem, other, reason="in its one form")
    for other in (good[:-1], b"x" + good, good.replace(b"\n", b"\r\n")):
        refused(standalone.parse_pem, other, reason="PEM is malformed")


# --- Seals ------------------------------------------------------------------------

SEALER = standalone.Certificate(samples.certificate_der())
CONTENT = b"the tag manifest"


def cms(at: dt.datetime = samples.START) -> bytes:
    """A seal over CONTENT, at this time."""
    return samples.cms_seal(CONTENT, at)


def test_a_seal_is_made_while_its_certificate_counts() -> None:
    """Both ends belong to its time; a second before or after does not."""
    inside = samples.seal_key()[1]
    second = dt.timedelta(seconds=1)
    for at in (inside.not_valid_before_utc, inside.not_valid_after_utc):
        assert standalone.verify_cms_seal(cms(at), SEALER, CONTENT)
    for at in (
        inside.not_valid_before_utc - second,
        inside.not_valid_after_utc + second,
    ):
        refused(
            standalone.verify_cms_seal, cms(at), SEALER, CONTENT, reason="not valid at"
        )


def test_a_seal_states_its_time_once() -> None:
    """Without the attribute, or with one of them twice, it is no seal."""
    seal, name = cms(), der_oid(standalone.SIGNING_TIME)
    assert seal.count(name) == 1
    for other, reason in (
        (der_oid("1.2.840.113549.1.9.6"), "no signing time"),
        (der_oid(standalone.CONTENT_TYPE), "comes twice"),
    ):
        changed = seal.replace(name, other)
        refused(standalone.parse_cms_seal, changed, reason=reason)


def test_a_seal_is_by_a_p256_certificate_with_a_serial_number() -> None:
    """The key of another curve, or of RSA, seals nothing; nor does number 0."""
    for key in (ec.generate_private_key(ec.SECP384R1()), RSA_KEY):
        other = certificate(key=key)
        refused(
            standalone.verify_cms_seal, cms(), other, CONTENT, reason="not of P-256"
        )
    for serial in (0, -1):
        numbered = standalone.Certificate(samples.certificate_der())
        numbered.serial = serial
        refused(
            standalone.verify_cms_seal, cms(), numbered, CONTENT, reason="not positive"
        )


def test_an_ssh_seal_is_so_long() -> None:
    """4 KiB are looked at, one byte more is not."""
    data = b"\n" * 4096
    refused(standalone.parse_ssh_seal, data, reason="by Ed25519")
    refused(standalone.parse_ssh_seal, data + b"\n", reason="too long")


# --- Tokens -----------------------------------------------------------------------

RSA_KEY = rsa.generate_private_key(65537, 2048)
CHAIN = good_chain()


def stamped(
    chain: Any = None, alter: Callable[[bytes], bytes] = bytes, **changes: Any
) -> standalone.Stamped:
    """What a made token states; its maker, or its bytes, do something otherwise."""
    used = CHAIN if chain is None else chain
    response = alter(Maker(used, **changes).response())
    digests = {"sha256": IMPRINT}
    return standalone.verify_stamp(response, None, pem(used), digests)


def test_a_made_token_holds() -> None:
    """What is altered below is altered in one that is good."""
    assert stamped().stamp.time.whole() == "2025-08-29T06:03:22Z"
    assert stamped(good_chain(key=RSA_KEY), key=RSA_KEY).root == "CN=root"
    plain = {"signature_algorithm": "rsassa_pkcs1v15", "digest": "sha512"}
    assert stamped(good_chain(key=RSA_KEY), key=RSA_KEY, **plain).stamp.serial == 7


EMAIL = ExtendedKeyUsageOID.EMAIL_PROTECTION
SIGNERS: dict[str, tuple[dict[str, Any], str]] = {
    "another purpose": ({"purposes": [EMAIL]}, "for time stamps only"),
    "a purpose that binds nobody": ({"critical": False}, "for time stamps only"),
    "no purpose": ({"purposes": None}, "for time stamps only"),
    "certificates only": ({"usage": usage("key_cert_sign")}, "may not sign"),
}


@pytest.mark.parametrize("case", SIGNERS)
def test_who_may_not_stamp_time(case: str) -> None:
    """The signature holds, and yet the certificate is not one for time stamps."""
    changes, reason = SIGNERS[case]
    refused(stamped, good_chain(**changes), reason=reason)


def test_who_may() -> None:
    """Either bit for signatures, or no list of bits, is enough."""
    for allowed in (usage("digital_signature"), usage("content_commitment"), None):
        assert stamped(good_chain(usage=allowed)).root == "CN=root"


def replaced(old: bytes, new: bytes, which: int) -> Callable[[bytes], bytes]:
    """Put one value in the place of another of the same length, where it comes again.

    Args:
        old: the bytes that are looked for.
        new: what takes their place.
        which: at which of the places, from 0.
    """
    assert len(old) == len(new)

    def alter(data: bytes) -> bytes:
        parts = data.split(old)
        assert len(parts) > which + 1
        before = old.join(parts[: which + 1])
        return before + new + old.join(parts[which + 1 :])

    return alter


SIGNED = der_oid(standalone.SIGNED_DATA)
DATA = der_oid(standalone.ID_DATA)
TOKENS: dict[str, tuple[dict[str, Any], str]] = {
    "it holds other data": ({"holds": "data"}, "holds no time stamp"),
    "it says it signs other data": (
        {"content_type": "data"},
        "content type is another",
    ),
    "of version 2": ({"info": {"version": 2}}, "token is not of version 1"),
    "the key named by its number": ({"by_key_identifier": True}, "another element"),
    "a digest that we do not verify": ({"digest": "sha224"}, "of a kind we verify"),
    "another digest": ({"message_digest": bytes(32)}, "content of the token was"),
    "no name of the certificate": ({"binding": "none"}, "name no certificate"),
    "not signed data": ({"alter": replaced(SIGNED, DATA, 0)}, "is not signed data"),
    "of another version": (
        {"alter": replaced(der_integer(3), der_integer(1), 0)},
        "version is not 3",
    ),
}


@pytest.mark.parametrize("case", TOKENS)
def test_a_token_out_of_form_is_refused(case: str) -> None:
    """Each part of it is what RFC 3161 and RFC 5652 want it to be."""
    changes, reason = TOKENS[case]
    refused(stamped, reason=reason, **changes)


def test_a_token_has_one_signer() -> None:
    """With none, or with a second one, it would not be clear whose it is."""
    one = tlv(SEQUENCE)
    assert standalone.one_of([one]) == [one]
    for several in ([], [one, one]):
        refused(standalone.one_of, several, reason="not exactly one signer")


def test_a_signer_is_named_by_issuer_and_serial_number() -> None:
    """Version 3 of a SignerInfo names the key otherwise (RFC 5652, 5.3)."""
    info = standalone.Der(der_integer(3))
    refused(
        standalone.check_signer, info, certificate(), b"", reason="named by its issuer"
    )


def test_the_chain_belongs_to_the_token() -> None:
    """Another signer's, though of the same name, is not the one that signed."""
    other = chain_of_made(signer(), authority("other"))
    response = Maker(CHAIN).response()
    digests = {"sha256": IMPRINT}
    refused(
        standalone.verify_stamp,
        response,
        None,
        pem(other),
        digests,
        reason="another certificate signed",
    )


def imprint(name: str, size: int) -> bytes:
    """A message imprint: a digest's name, and so many bytes."""
    return tlv(
        SEQUENCE,
        tlv(SEQUENCE, der_oid(name)),
        tlv(standalone.OCTETS, bytes(size)),
    )


def test_a_query_is_of_version_1_over_a_known_digest() -> None:
    """Nonce and the wish for a certificate are optional."""
    known = imprint(standalone.SHA256_OID, 32)

    def query(version: int, over: bytes, *more: bytes) -> Any:
        return standalone.parse_query(tlv(SEQUENCE, der_integer(version), over, *more))

    assert query(1, known) == (("sha256", bytes(32)), None)
    wish = tlv(standalone.BOOLEAN, b"\xff")
    assert query(1, known, der_integer(7), wish) == (("sha256", bytes(32)), 7)
    refused(query, 2, known, reason="not of version 1")
    short, sha1 = imprint(standalone.SHA256_OID, 31), imprint("1.3.14.3.2.26", 20)
    for other in (short, sha1):
        refused(query, 1, other, reason="not of a kind we verify")


def test_the_time_of_a_token_has_four_digits_for_the_year() -> None:
    """A UTCTime, which certificates may have, is none (RFC 3161, 2.4.2)."""
    info = [
        der_integer(1),
        der_oid("1.2.3"),
        imprint(standalone.SHA256_OID, 32),
        der_integer(7),
    ]
    long = tlv(standalone.GENERALIZED_TIME, b"20250829060322Z")
    assert standalone.parse_stamp(tlv(SEQUENCE, *info, long)).serial == 7
    short = tlv(standalone.UTC_TIME, b"250829060322Z")
    refused(standalone.parse_stamp, tlv(SEQUENCE, *info, short), reason="the time is")
