"""The CMS seal: one message, judged by a second writer and by OpenSSL."""

from __future__ import annotations

import base64
import datetime as dt
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from asn1crypto import core
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding
from hypothesis import given
from hypothesis import strategies as st

from integrity.errors import IntegrityError, MalformedError, VerificationError
from receipts.cms_seal import (
    _ECDSA_SHA256,
    _SIGNING_TIME,
    MAX_SEAL_BYTES,
    _oid,
    _tlv,
    check_cms_seal,
    seal_cms,
)
from receipts.seal_checks import certificate_of
from receipts.sm3 import _OtherSm3, new_sm3
from tests import bundle_samples as made

CONTENT = b"what is sealed\n"
KEY, CERTIFICATE = made.seal_key(1)
AT = made.START


def sign(message: bytes) -> bytes:
    """By the key of the certificate, the same each time."""
    algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    return bytes(KEY.sign(message, algorithm))


def sealed(at: dt.datetime = AT, content: bytes = CONTENT) -> bytes:
    """A seal."""
    return seal_cms(content, CERTIFICATE, sign, at)


def certificate(
    key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey,
    first: dt.datetime,
    *extensions: x509.ExtensionType,
) -> x509.Certificate:
    """A self-signed certificate, valid for a day."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(first)
        .not_valid_after(first + dt.timedelta(days=1))
    )
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    return builder.sign(key, hashes.SHA256())


@pytest.mark.parametrize("size", [0, 1, 127, 128, 129, 255, 256, 0x7FFF, 0x8000, 65536])
def test_an_element_has_the_length_that_a_second_writer_gives_it(size: int) -> None:
    """DER has one length of each size: one octet up to 127, then as few as will do."""
    assert _tlv(4, bytes(size)) == core.OctetString(bytes(size)).dump()


@pytest.mark.parametrize(
    "text",
    [
        "1.2.840.113549.1.7.1",
        "1.2.840.113549.1.9.5",
        "2.16.840.1.101.3.4.2.1",
        "1.2.127.128.16383.16384.2097151.2097152",
    ],
)
def test_an_identifier_is_the_one_that_a_second_writer_writes(text: str) -> None:
    """Arcs of one, two, three and four octets, both sides of each bound."""
    assert _oid(text) == core.ObjectIdentifier(text).dump()


@pytest.mark.parametrize(
    "at",
    [
        AT,
        dt.datetime(2049, 12, 31, 23, 59, 59, tzinfo=dt.UTC),
        dt.datetime(2050, 1, 1, tzinfo=dt.UTC),
        AT + dt.timedelta(microseconds=999_999),
    ],
)
def test_a_seal_is_the_message_that_a_second_writer_makes(at: dt.datetime) -> None:
    """UTCTime until 2049, GeneralizedTime from 2050; whole seconds; it tells when."""
    assert sealed(at) == made.cms_seal(CONTENT, at, 1)
    assert check_cms_seal(sealed(at), CONTENT, CERTIFICATE) == at.replace(microsecond=0)


def test_openssl_verifies_it(tmp_path: Path) -> None:
    """`openssl cms -verify` at the time of signing; not with another content."""
    if shutil.which("openssl") is None:
        pytest.skip("the program openssl is not installed")
    (tmp_path / "seal").write_bytes(sealed())
    (tmp_path / "pem").write_bytes(CERTIFICATE.public_bytes(Encoding.PEM))
    for content, code in ((CONTENT, 0), (CONTENT + b"!", 4)):
        (tmp_path / "content").write_bytes(content)
        done = subprocess.run(
            [
                *("openssl", "cms", "-verify", "-binary", "-inform", "DER"),
                *("-in", "seal", "-content", "content", "-CAfile", "pem"),
                *("-purpose", "any", "-attime", str(int(AT.timestamp()))),
                *("-out", "out"),
            ],
            cwd=tmp_path,
            capture_output=True,
            check=False,
        )
        assert done.returncode == code, done.stderr


@given(place=st.integers(0, len(sealed()) - 1), flip=st.integers(1, 255))
def test_no_byte_is_free(place: int, flip: int) -> None:
    """Whatever byte is another one, the seal is refused, and with no other error."""
    data = bytearray(sealed())
    data[place] ^= flip
    with pytest.raises(IntegrityError):
        check_cms_seal(bytes(data), CONTENT, CERTIFICATE)


@given(st.binary(max_size=2000))
def test_anything_else_is_refused(data: bytes) -> None:
    """Hostile bytes end in a refusal."""
    with pytest.raises(IntegrityError):
        check_cms_seal(data, CONTENT, CERTIFICATE)


def test_high_s_is_another_signature_and_refused() -> None:
    """One of the two values of s has a place in a seal."""
    high = made.cms_seal(CONTENT, AT, 1, low=False)
    assert high != sealed()
    with pytest.raises(MalformedError):
        check_cms_seal(high, CONTENT, CERTIFICATE)


@pytest.mark.parametrize(
    ("r", "s", "error"),
    [
        (0, 1, MalformedError),
        (1, 0, MalformedError),
        (made.P256_ORDER, 1, MalformedError),
        (1, 1, VerificationError),
        (made.P256_ORDER - 1, 1, VerificationError),
        (1, made.P256_ORDER // 2, VerificationError),
    ],
)
def test_numbers_that_no_signature_has_are_malformed(
    r: int, s: int, error: type[IntegrityError]
) -> None:
    """From 1 on and below the order; s up to its half: then the key is asked."""
    seal = seal_cms(CONTENT, CERTIFICATE, lambda _: encode_dss_signature(r, s), AT)
    with pytest.raises(error):
        check_cms_seal(seal, CONTENT, CERTIFICATE)


def test_the_least_high_s_is_malformed() -> None:
    """The half of the order is an exact bound, though no float holds it."""
    half = made.P256_ORDER // 2
    seal = seal_cms(CONTENT, CERTIFICATE, lambda _: encode_dss_signature(1, half), AT)
    high = seal.replace(half.to_bytes(32, "big"), (half + 1).to_bytes(32, "big"))
    assert high != seal
    with pytest.raises(MalformedError):
        check_cms_seal(high, CONTENT, CERTIFICATE)


def test_marks_within_the_certificate_mislead_nobody() -> None:
    """Time and signature are those of the signer, whatever the certificate holds."""
    key = ec.derive_private_key(99, ec.SECP256R1())
    marks = _SIGNING_TIME + _ECDSA_SHA256 + b"\x04"
    oid = x509.ObjectIdentifier("1.3.6.1.4.1.99999.1")
    marked = certificate(key, AT, x509.UnrecognizedExtension(oid, marks))
    seal = seal_cms(CONTENT, marked, _by(key), AT)
    assert check_cms_seal(seal, CONTENT, marked) == AT


@pytest.fixture
def far_east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose own clock is eight hours ahead."""
    monkeypatch.setenv("TZ", "UTC-8")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("far_east")
def test_the_zone_of_the_machine_has_no_say() -> None:
    """The signing time is written in UTC wherever the seal is made."""
    here = AT.astimezone(dt.timezone(dt.timedelta(hours=-5)))
    assert sealed(here) == made.cms_seal(CONTENT, AT, 1)


def test_other_content_or_certificate_is_refused() -> None:
    """It is a seal of these bytes by this certificate and of nothing else."""
    other = made.seal_key(2)[1]
    for content, by in ((b"other", CERTIFICATE), (CONTENT, other)):
        with pytest.raises(VerificationError):
            check_cms_seal(sealed(), content, by)


def test_a_signature_by_another_key_is_refused() -> None:
    """The message may be rebuilt; the signature must still be of the certificate."""
    stranger = made.seal_key(2)[0]
    algorithm = ec.ECDSA(hashes.SHA256(), deterministic_signing=True)
    seal = seal_cms(CONTENT, CERTIFICATE, lambda m: stranger.sign(m, algorithm), AT)
    with pytest.raises(VerificationError):
        check_cms_seal(seal, CONTENT, CERTIFICATE)


@pytest.mark.parametrize(
    ("days", "good"), [(-1, False), (0, True), (1, True), (2, False)]
)
def test_the_certificate_is_judged_at_signing_time(days: int, good: bool) -> None:  # noqa: FBT001
    """Both ends of its validity are included, and today's date has no say."""
    first = dt.datetime(1999, 5, 1, tzinfo=dt.UTC)
    key = ec.derive_private_key(99, ec.SECP256R1())
    made_then = certificate(key, first)
    at = first + dt.timedelta(days=days)
    seal = seal_cms(CONTENT, made_then, _by(key), at)
    if good:
        assert check_cms_seal(seal, CONTENT, made_then) == at
    else:
        with pytest.raises(VerificationError):
            check_cms_seal(seal, CONTENT, made_then)


def test_the_first_year_of_a_seal_is_read_as_itself() -> None:
    """Two digits from 50 on are of the last century (RFC 5652, section 11.3)."""
    first = dt.datetime(1950, 1, 1, tzinfo=dt.UTC)
    key = ec.derive_private_key(99, ec.SECP256R1())
    made_then = certificate(key, first)
    seal = seal_cms(CONTENT, made_then, _by(key), first)
    assert check_cms_seal(seal, CONTENT, made_then) == first


def _by(key: ec.EllipticCurvePrivateKey) -> Callable[[bytes], bytes]:
    return lambda message: key.sign(message, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize(
    "key",
    [
        rsa.generate_private_key(65537, 2048),
        ec.derive_private_key(99, ec.SECP384R1()),
        ec.derive_private_key(99, ec.SECP256K1()),
    ],
    ids=["rsa", "p384", "k256"],
)
def test_only_p256_seals(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> None:
    """The one form has one kind of key."""
    other = certificate(key, AT)
    seal = seal_cms(CONTENT, other, sign, AT)
    with pytest.raises(MalformedError):
        check_cms_seal(seal, CONTENT, other)


def test_bounds() -> None:
    """Too long to be a seal; too early to be written."""
    with pytest.raises(MalformedError, match="longer than"):
        check_cms_seal(bytes(MAX_SEAL_BYTES + 1), CONTENT, CERTIFICATE)
    with pytest.raises(MalformedError, match="no signing time"):
        check_cms_seal(bytes(MAX_SEAL_BYTES), CONTENT, CERTIFICATE)
    with pytest.raises(MalformedError):
        sealed(dt.datetime(1949, 12, 31, tzinfo=dt.UTC))
    assert sealed(dt.datetime(1950, 1, 1, tzinfo=dt.UTC))


@pytest.mark.parametrize("change", [b"\n", b"x", b"-----BEGIN CERTIFICATE-----\n"])
def test_a_certificate_has_one_pem(change: bytes) -> None:
    """Anything before or after it, and it is another file."""
    pem = CERTIFICATE.public_bytes(Encoding.PEM)
    assert certificate_of(pem) == CERTIFICATE
    for wrong in (pem + change, change + pem, pem[:-5], b"", pem + pem):
        with pytest.raises(MalformedError):
            certificate_of(wrong)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a003020102", "a003020109"),  # a version that does not exist
        ("06035504030c", "060355040303"),  # a name that is no text
        ("06082a8648ce3d030107", "06082a8648ce3d030109"),  # an unknown curve
    ],
)
def test_a_certificate_is_read_to_its_end(old: str, new: str) -> None:
    """What the library parses only when asked is refused before anybody asks."""
    der = CERTIFICATE.public_bytes(Encoding.DER)
    changed = der.replace(bytes.fromhex(old), bytes.fromhex(new))
    assert changed != der
    lines = base64.encodebytes(changed).decode()
    pem = f"-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n"
    with pytest.raises(MalformedError, match="no PEM certificate"):
        certificate_of(pem.encode())


@given(st.lists(st.binary(max_size=300)))
def test_both_libraries_agree_on_sm3(chunks: list[bytes]) -> None:
    """Where this Python has no SM3, the other library gives the same digest."""
    one, two = new_sm3(), _OtherSm3()
    for chunk in chunks:
        one.update(chunk)
        two.update(chunk)
    assert one.hexdigest() == two.hexdigest()


def test_without_sm3_in_this_python_the_other_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Some systems' OpenSSL has none."""

    def _none(_name: str) -> None:
        raise ValueError("unsupported hash type sm3")

    monkeypatch.setattr("receipts.sm3.hashlib.new", _none)
    assert isinstance(new_sm3(), _OtherSm3)
