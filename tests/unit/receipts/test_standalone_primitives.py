"""Plain-Python parts of the one-file verifier: a library agrees, noise is refused."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from receipts.standalone import verify as standalone
from tests import bundle_samples as samples
from tests.bundle_everything import Everything, everything
from tests.bundle_scene import unzip

CURVES = [(standalone.P256, ec.SECP256R1()), (standalone.P384, ec.SECP384R1())]
HASHES = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384()}
HASHES["sha512"] = hashes.SHA512()


@pytest.mark.parametrize("name", HASHES)
@pytest.mark.parametrize(("curve", "library"), CURVES, ids=["P-256", "P-384"])
def test_ecdsa_agrees_with_the_library(
    curve: standalone.Curve, library: ec.EllipticCurve, name: str
) -> None:
    """A library's signatures verify; with other numbers, key or digest they do not."""
    for secret in (1, 2, curve.n - 1, 0xC0FFEE):
        key = ec.derive_private_key(secret, library)
        point = key.public_key().public_bytes(
            serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        )
        r, s = decode_dss_signature(key.sign(b"message", ec.ECDSA(HASHES[name])))
        digest = hashlib.new(name, b"message").digest()
        assert standalone.ecdsa_verify(curve, point, r, s, digest)
        assert standalone.ecdsa_verify(curve, point, r, curve.n - s, digest)
        other = hashlib.new(name, b"other").digest()
        for bad in (
            (point, r, s, other),
            (point, s, r, digest),
            (point, r, 0, digest),
            (point, 0, s, digest),
            (point, r + curve.n, s, digest),
            (point, r, s + curve.n, digest),
            (point[:-1], r, s, digest),
            (b"\x02" + point[1:], r, s, digest),
            (point[: 1 + curve.size] + b"\0" + point[1 + curve.size :], r, s, digest),
            (point[:-1] + bytes([point[-1] ^ 1]), r, s, digest),
            (b"\x04" + bytes(2 * curve.size), r, s, digest),
        ):
            assert not standalone.ecdsa_verify(curve, *bad)


@pytest.mark.parametrize(("curve", "_library"), CURVES, ids=["P-256", "P-384"])
def test_the_group_law_has_no_exceptions(
    curve: standalone.Curve, _library: ec.EllipticCurve
) -> None:
    """Equal, opposite and infinite points are added right; n times the base is zero."""
    base, zero = (curve.x, curve.y, 1), (1, 1, 0)
    minus = (curve.x, curve.p - curve.y, 1)
    assert standalone.curve_add(curve, base, zero) == base
    assert standalone.curve_add(curve, zero, base) == base
    assert standalone.curve_add(curve, base, minus)[2] == 0
    twice = standalone.curve_double(curve, base)
    assert standalone.curve_add(curve, base, base) == twice
    total = zero
    for bit in f"{curve.n:b}":
        total = standalone.curve_double(curve, total)
        if bit == "1":
            total = standalone.curve_add(curve, total, base)
    assert total[2] == 0


def test_a_coordinate_is_less_than_the_prime() -> None:
    """The prime added to it would be the same point a second time."""
    p, x = standalone.P256.p, 0
    square = standalone.P256.b
    while pow(square, (p - 1) // 2, p) != 1:
        x += 1
        square = (x**3 - 3 * x + standalone.P256.b) % p
    y = pow(square, (p + 1) // 4, p).to_bytes(32, "big")
    point = b"\x04" + x.to_bytes(32, "big") + y
    assert standalone.curve_point(standalone.P256, point) is not None
    second = b"\x04" + (x + p).to_bytes(32, "big") + y
    assert standalone.curve_point(standalone.P256, second) is None


def test_an_ed25519_signature_has_an_s_below_the_order() -> None:
    """By the neutral point as key 0 signs all; the order, which is 0, nothing."""
    neutral = standalone.point_encode(standalone.ZERO)
    order = standalone.ORDER_25519.to_bytes(32, "little")
    assert standalone.ed25519_verify(neutral, neutral + bytes(32), b"message")
    assert not standalone.ed25519_verify(neutral, neutral + order, b"message")


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    """The smallest key that counts."""
    return rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize("name", HASHES)
def test_rsa_agrees_with_the_library(name: str, rsa_key: rsa.RSAPrivateKey) -> None:
    """PKCS#1 v1.5 of a library verifies; anything changed does not."""
    numbers = rsa_key.public_key().public_numbers()
    good = rsa_key.sign(b"message", padding.PKCS1v15(), HASHES[name])
    digest = hashlib.new(name, b"message").digest()
    assert standalone.rsa_verify(numbers.n, numbers.e, good, digest, name)
    n, other = numbers.n, hashlib.new(name, b"other").digest()
    bigger = (int.from_bytes(good, "big") + n).to_bytes(257, "big")
    for bad in (
        (n, 65537, good, other, name),
        (n, 3, good, digest, name),
        (n, 65536, good, digest, name),
        (n, 2**32 + 1, good, digest, name),
        (n, 65537, bytes(256), digest, name),
        (n, 65537, b"\xff" * 256, digest, name),
        (n, 65537, b"\0" + good, digest, name),
        (n, 65537, bigger, digest, name),
        (n >> 1 | 1, 65537, good, digest, name),
        (n << 2056 | 1, 65537, good, digest, name),
    ):
        assert not standalone.rsa_verify(*bad)


def test_an_rsa_signature_has_one_value(rsa_key: rsa.RSAPrivateKey) -> None:
    """The modulus added to it gives the same power, and is refused."""
    n, place, value = rsa_key.public_key().public_numbers().n, 0, 1 << 2048
    while value + n >= 1 << 2048:  # which fits into as many bytes for some message
        place += 1
        message = b"%d" % place
        good = rsa_key.sign(message, padding.PKCS1v15(), HASHES["sha256"])
        value = int.from_bytes(good, "big")
    digest = hashlib.sha256(message).digest()
    assert standalone.rsa_verify(n, 65537, good, digest, "sha256")
    second = (value + n).to_bytes(256, "big")
    assert not standalone.rsa_verify(n, 65537, second, digest, "sha256")


def test_an_rsa_exponent_is_bounded(rsa_key: rsa.RSAPrivateKey) -> None:
    """3 will do. With 1 anybody signs; a long one does the same as the right one."""
    shortest = rsa.generate_private_key(3, 2048)
    signed = shortest.sign(b"message", padding.PKCS1v15(), HASHES["sha256"])
    modulus = shortest.public_key().public_numbers().n
    digest = hashlib.sha256(b"message").digest()
    assert standalone.rsa_verify(modulus, 3, signed, digest, "sha256")
    numbers = rsa_key.private_numbers()
    n = numbers.public_numbers.n
    good = rsa_key.sign(b"message", padding.PKCS1v15(), HASHES["sha256"])
    opened = pow(int.from_bytes(good, "big"), 65537, n).to_bytes(256, "big")
    assert not standalone.rsa_verify(n, 1, opened, digest, "sha256")
    longer = 65537 + (numbers.p - 1) * (numbers.q - 1)
    assert pow(int.from_bytes(good, "big"), longer, n).to_bytes(256, "big") == opened
    assert not standalone.rsa_verify(n, longer, good, digest, "sha256")


def test_a_short_rsa_key_counts_for_nothing() -> None:
    """A right signature of 2,040 bits: a byte less than the shortest."""
    key = rsa.generate_private_key(65537, 2040)
    good = key.sign(b"message", padding.PKCS1v15(), HASHES["sha256"])
    digest = hashlib.sha256(b"message").digest()
    n = key.public_key().public_numbers().n
    assert not standalone.rsa_verify(n, 65537, good, digest, "sha256")


def test_rsa_padding_is_compared_whole(rsa_key: rsa.RSAPrivateKey) -> None:
    """Short padding with garbage after the digest (Bleichenbacher 2006) is refused."""
    numbers = rsa_key.private_numbers()
    n = numbers.public_numbers.n
    digest = hashlib.sha256(b"message").digest()
    info = standalone.DIGEST_INFO["sha256"] + digest
    forged = b"\0\1" + b"\xff" * 8 + b"\0" + info
    forged += b"x" * (256 - len(forged))
    signature = pow(int.from_bytes(forged, "big"), numbers.d, n).to_bytes(256, "big")
    assert not standalone.rsa_verify(n, 65537, signature, digest, "sha256")


@settings(max_examples=25, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.data())
def test_ed25519_agrees_with_the_library(
    seed: bytes, message: bytes, data: st.DataObject
) -> None:
    """Any signature of a library verifies; with a bit changed it does not."""
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public, good = private.public_key().public_bytes_raw(), private.sign(message)
    assert standalone.ed25519_verify(public, good, message)
    bit = data.draw(st.integers(0, 511))
    changed = bytearray(good)
    changed[bit // 8] ^= 1 << bit % 8
    assert not standalone.ed25519_verify(public, bytes(changed), message)


# --- DER ------------------------------------------------------------------------


@given(st.integers(-(2**80), 2**80))
def test_der_integers_have_one_form(value: int) -> None:
    """What is written is read; one more leading byte is refused."""
    size = (value if value >= 0 else ~value).bit_length() // 8 + 1
    body = value.to_bytes(size, "big", signed=True)
    assert standalone.Der(bytes([2, size]) + body).integer() == value
    padded = (b"\xff" if value < 0 else b"\0") + body
    with pytest.raises(standalone.Refused):
        standalone.Der(bytes([2, size + 1]) + padded).integer()


@given(st.lists(st.integers(0, 2**40), max_size=8), st.integers(0, 39))
def test_der_identifiers_round_trip(arcs: list[int], second: int) -> None:
    """What is written is read."""
    for first in (0, 1, 2):
        text = ".".join(map(str, [first, second, *arcs]))
        assert standalone.Der(standalone.der_oid(text)).oid() == text


@pytest.mark.parametrize(
    "data",
    ["", "30", "3080", "308100", "30817f", "30820080", "3084ffffffff", "3002", "300100",
     "3001000000", "1f0100", "30810101", "3083000001", "3081", "308201"],
)  # fmt: skip
def test_der_that_is_cut_or_has_a_second_form_is_refused(data: str) -> None:
    """Indefinite, padded, cut off, too long, with a rest: none is read."""
    with pytest.raises(standalone.Refused):
        standalone.der_of(bytes.fromhex(data), 0x30).end()


@pytest.mark.parametrize(
    "data",
    ["0600", "068001", "060180", "0602808001", "06022a80", "06022a81",
     "0641" + "01" * 65],
)  # fmt: skip
def test_der_identifiers_out_of_form_are_refused(data: str) -> None:
    """Empty, unfinished, padded and endless identifiers."""
    with pytest.raises(standalone.Refused):
        standalone.Der(bytes.fromhex(data)).oid()


def test_der_identifiers_numbers_and_tags_have_a_size() -> None:
    """64 bytes of an identifier, one of a tag; a number has at least one."""
    assert standalone.Der(b"\6\x40" + b"\1" * 64).oid().count(".") == 64
    assert standalone.Der(standalone.der_oid("1.2.16384")).oid() == "1.2.16384"
    with pytest.raises(standalone.Refused, match="one form"):
        standalone.Der(b"\2\0").integer()
    with pytest.raises(standalone.Refused, match="is broken"):
        standalone.require_der(bytes.fromhex("1f8100"))


@pytest.mark.parametrize(
    ("tag", "text", "shown"),
    [
        (0x17, "500101000000Z", "1950-01-01T00:00:00Z"),
        (0x17, "491231235959Z", "2049-12-31T23:59:59Z"),
        (0x18, "20500101000000Z", "2050-01-01T00:00:00Z"),
        (0x18, "20240229000000.5Z", "2024-02-29T00:00:00.5Z"),
        (0x18, "20000229000000Z", "2000-02-29T00:00:00Z"),
        (0x18, "21000229000000Z", None),
        (0x18, "00010101000000Z", "0001-01-01T00:00:00Z"),
        (0x18, "00000101000000Z", None),
        (0x17, "230229000000Z", None),
        (0x17, "230101240000Z", None),
        (0x17, "230101006000Z", None),
        (0x17, "230101000060Z", None),
        (0x17, "2301010000Z", None),
        (0x17, "230101000000+0000", None),
        (0x18, "20230101000000.50Z", None),
        (0x18, "20230101000000.Z", None),
        (0x18, "20230101000000", None),
        (0x18, "２０230101000000Z", None),
    ],
)
def test_times(tag: int, text: str, shown: str | None) -> None:
    """UTCTime turns the century at 50; only real times in UTC are read."""
    data = text.encode()
    reader = standalone.Der(bytes([tag, len(data)]) + data)
    if shown is None:
        with pytest.raises(standalone.Refused):
            reader.moment()
    else:
        assert reader.moment().text() == shown


def test_moments_are_ordered_with_their_fractions() -> None:
    """0.05 comes before 0.1, and both after the whole second."""
    second = "2025-01-01T00:00:00"
    moments = [standalone.Moment(second, part) for part in ("", "05", "1", "12")]
    assert moments[0] < moments[1] < moments[2] < moments[3]


@given(st.binary(max_size=400))
def test_what_is_written_as_der_is_read(body: bytes) -> None:
    """Long and short lengths."""
    inner = standalone.der_of(standalone.tlv(0x30, body), 0x30)
    assert inner._data == body


@pytest.mark.parametrize(
    ("size", "head"),
    [(127, "307f"), (128, "308180"), (255, "3081ff"), (256, "30820100")],
)
def test_a_der_length_takes_as_few_bytes_as_it_can(size: int, head: str) -> None:
    """One byte up to 127, then one more, then two."""
    written = bytes.fromhex(head) + bytes(size)
    assert standalone.tlv(0x30, bytes(size)) == written
    assert standalone.Der(written).body(0x30) == bytes(size)


@pytest.mark.parametrize("head", ["3080", "30817f", "30820080", "3083000080"])
def test_a_der_length_in_more_bytes_is_refused(head: str) -> None:
    """Though all that it says follows; so is one that does not say where it ends."""
    with pytest.raises(standalone.Refused, match="form"):
        standalone.Der(bytes.fromhex(head) + bytes(128)).body(0x30)


# --- Hostile bytes: refused, never a traceback ----------------------------------


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    """Real files to damage."""
    return everything(tmp_path_factory.mktemp("authorities"))


def _readers(files: dict[str, bytes]) -> dict[str, Callable[[bytes], object]]:
    """File -> what reads it, the rest of the bundle being as it was."""
    digests = {"sha256": hashlib.sha256(files["checkpoint"]).digest()}
    query, chain = files["checkpoint.tsq"], files["tsa/1.pem"]
    response = files["checkpoint.tsr"]
    tags = files["tagmanifest-sha256.txt"]
    (der,) = standalone.parse_pem(files["trust/seal.pem"])
    certificate = standalone.Certificate(der)
    keys = standalone.Keys(files["trust/keys"])

    def envelope(leaf: int) -> Callable[[bytes], object]:
        def read(data: bytes) -> None:
            opened = standalone.Envelope(data)
            opened.verify(keys.statement_keys(leaf))
            opened.logins(keys.person_keys(5))
            standalone.Event(opened.payload)

        return read

    def seal_pem(data: bytes) -> None:
        for der in standalone.parse_pem(data):
            standalone.Certificate(der).only_stamps_time()

    return {
        "trust/keys": standalone.Keys,
        "bag-info.txt": lambda data: standalone.bag_info(data, second=True),
        "checkpoint": lambda data: standalone.verify_checkpoint(data, keys),
        "proofs/00000003.tlog-proof": standalone.parse_proof,
        **{n: envelope(int(n[11:19])) for n in files if n.startswith("statements/")},
        "trust/seal.pem": seal_pem,
        "checkpoint.tsq": lambda data: standalone.verify_stamp(
            response, data, chain, digests
        ),
        "checkpoint.tsr": lambda data: standalone.verify_stamp(
            data, query, chain, digests
        ),
        "tsa/1.pem": lambda data: standalone.verify_stamp(
            response, query, data, digests
        ),
        "tagmanifest-sha256.txt.p7s": lambda data: standalone.verify_cms_seal(
            data, certificate, tags
        ),
        "tagmanifest-sha256.txt.sig": lambda data: standalone.verify_ssh_seal(
            data, tags
        ),
    }


def _refusal(read: Callable[[bytes], object], data: bytes) -> tuple[str, str] | None:
    """The two sentences of the refusal, or None; nothing else may happen."""
    try:
        read(data)
    except standalone.Refused as refused:
        return refused.words
    return None


def _damaged(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.choice([1, 1, 2, 8])):
        at = dice.randrange(len(changed))
        how = dice.randrange(4)
        if how == 0:
            changed[at] ^= 1 << dice.randrange(8)
        elif how == 1:
            changed[at] = dice.choice(b"\x00\xff\x80\x30\x7f\n{[+ ")
        elif how == 2:
            del changed[at : at + dice.choice([1, 5, 100])]
            changed = changed or bytearray(b"x")
        else:
            changed[at:at] = dice.randbytes(dice.choice([1, 4]))
    return bytes(changed)


@pytest.mark.tool("openssl")
def test_damaged_files_are_refused_with_a_reason(made: Everything) -> None:
    """Whatever happens to a file, its reader refuses it or reads it; it never fails."""
    files = unzip(made.bundle)
    for name, read in _readers(files).items():
        dice = random.Random(name)
        read(files[name])
        for _ in range(60):
            refusal = _refusal(read, _damaged(files[name], dice))
            assert refusal is None or all(refusal), name


@pytest.mark.tool("openssl")
def test_damaged_certificates_and_tokens_inside_their_armour(made: Everything) -> None:
    """Base64 would hide the damage: the DER itself is changed here, bit by bit."""
    files = unzip(made.bundle)
    digests = {"sha256": hashlib.sha256(files["checkpoint"]).digest()}
    ders = standalone.parse_pem(files["tsa/1.pem"])
    dice = random.Random("certificates")

    def read(chain: bytes) -> None:
        response, query = files["checkpoint.tsr"], files["checkpoint.tsq"]
        standalone.verify_stamp(response, query, chain, digests)

    for _ in range(300):
        place = dice.randrange(len(ders))
        changed = [*ders]
        changed[place] = _damaged(ders[place], dice)
        refusal = _refusal(read, b"".join(map(standalone.write_pem, changed)))
        if refusal is None:  # of a root its key counts; its SHA-256 is shown
            assert changed[:-1] == ders[:-1]
        else:
            assert all(refusal)


@given(st.binary(max_size=300))
def test_random_bytes_are_refused(data: bytes) -> None:
    """No reader takes noise, and none breaks on it."""
    readers: list[Callable[[bytes], object]] = [
        standalone.Keys,
        standalone.parse_checkpoint,
        standalone.parse_proof,
        standalone.Envelope,
        standalone.Event,
        standalone.parse_query,
        standalone.parse_response,
        standalone.parse_stamp,
        standalone.parse_cms_seal,
        standalone.parse_ssh_seal,
        standalone.parse_pem,
        standalone.Certificate,
        standalone.two_integers,
    ]
    for read in readers:
        with pytest.raises(standalone.Refused):
            read(data)


# --- Bounds, a test on each side --------------------------------------------------


def _trust(count: int) -> bytes:
    lines = [samples.Line("log", samples.Ed("a", 1).vkey())]
    lines += [samples.Line("pdf", f"sha256:{place:064x}") for place in range(1, count)]
    return "".join(line.text() for line in lines).encode()


def test_number_of_keys() -> None:
    """256 lines are read, 257 are refused."""
    assert len(standalone.Keys(_trust(256)).lines) == 256
    with pytest.raises(standalone.Refused, match="too many"):
        standalone.Keys(_trust(257))


def test_json_numbers_are_short() -> None:
    """A number of a million digits is refused before it is computed."""
    assert standalone.parse_json(b"1" * 20) == int("1" * 20)
    with pytest.raises(standalone.Refused, match="too large"):
        standalone.parse_json(b"1" * 1_000_000)


def test_der_is_bounded() -> None:
    """64 KiB are looked at, one byte more is not."""
    standalone.Der(bytes(standalone.MAX_DER))
    with pytest.raises(standalone.Refused, match="too long"):
        standalone.Der(bytes(standalone.MAX_DER + 1))


@pytest.mark.tool("openssl")
def test_certificates_in_a_chain_are_counted(made: Everything) -> None:
    """Eight are read, nine are refused."""
    (der,) = standalone.parse_pem(unzip(made.bundle)["trust/seal.pem"])
    pem = standalone.write_pem(der)
    assert len(standalone.parse_pem(pem * 8)) == 8
    with pytest.raises(standalone.Refused, match="too many"):
        standalone.parse_pem(pem * 9)
