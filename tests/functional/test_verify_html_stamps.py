"""verify.html on time stamps, certificates and seals, each rule broken alone."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import struct
from collections.abc import Iterator
from typing import Any

import pytest
from asn1crypto import tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.name import _ASN1Type
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from playwright.sync_api import Browser, Page

from tests import bundle_samples as samples
from tests import html_verifier
from tests.html_verifier import each
from tests.html_verifier import encoded as b64
from tests.stamp_maker import (
    AT,
    EC_KEY,
    IMPRINT,
    NONCE,
    YEAR,
    Maker,
    authority,
    chain_of_made,
    good_chain,
    pem,
    signer,
    usage,
)

RSA_KEY = rsa.generate_private_key(65537, 2048)
P384 = ec.generate_private_key(ec.SECP384R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
CHAIN = good_chain()
POLICY = "1.3.6.1.4.1.99999.1"
GOOD = int(AT.timestamp())
JUDGE = """(files) => {
  try {
    return Custody.judgeStamp(...files.map(d)).time;
  } catch (error) {
    if (!(error instanceof Custody.Refused)) throw error;
    return error.en;
  }
}"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """The page, opened from its file."""
    opened = html_verifier.open_page(chromium)
    yield opened
    opened.context.close()


def query(**changes: Any) -> bytes:
    """A request over IMPRINT."""
    imprint = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": IMPRINT}
    fields = {"version": "v1", "message_imprint": imprint, "nonce": NONCE}
    asked: bytes = tsp.TimeStampReq({**fields, "cert_req": True, **changes}).dump()
    return asked


def judged(
    page: Page,
    chain: Any = CHAIN,
    asked: Any = None,
    response: Any = None,
    **made: Any,
) -> Any:
    """The time of a stamp that holds, or why it is refused."""
    files = [asked or query(), response or Maker(chain, **made).response()]
    (answer,) = each(page, JUDGE, [list(map(b64, [*files, pem(chain), IMPRINT]))])
    return answer


def under(page: Page, *made: Any) -> Any:
    """The same for a good token under a chain that is made so."""
    return judged(page, chain_of_made(*made), key=made[0].key)


# --- Tokens --------------------------------------------------------------------------


@pytest.mark.parametrize("key", [EC_KEY, P384, RSA_KEY], ids=["p256", "p384", "rsa"])
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_every_allowed_algorithm(page: Page, key: Any, digest: str) -> None:
    """ECDSA on both curves and RSA, each with each digest."""
    assert judged(page, good_chain(key=key), key=key, digest=digest) == GOOD


def test_rsa_may_be_named_without_its_digest(page: Page) -> None:
    """The digest then stands beside it; another one than that is refused."""
    chain, named = good_chain(key=RSA_KEY), {"signature_algorithm": "rsassa_pkcs1v15"}
    for digest in ("sha256", "sha512"):
        assert judged(page, chain, key=RSA_KEY, digest=digest, **named) == GOOD
    other = {"signature_algorithm": "sha512_rsa"}
    assert "of another digest" in judged(page, chain, key=RSA_KEY, **other)


def test_other_algorithms_are_refused(page: Page) -> None:
    """PSS, DSA, SHA-224, Ed25519, other curves, RSA of 1024 bits: token or chain."""
    for changes, why in (
        ({"signature_algorithm": "rsassa_pss"}, "not RSA (PKCS #1 v1.5) or ECDSA"),
        ({"signature_algorithm": "sha256_dsa"}, "not RSA (PKCS #1 v1.5) or ECDSA"),
        ({"digest": "sha224", "signature_algorithm": "sha256_ecdsa"}, "not SHA-256"),
    ):
        assert why in judged(page, **changes)
    for key in (
        ec.generate_private_key(ec.SECP521R1()),
        ed25519.Ed25519PrivateKey.generate(),
        rsa.generate_private_key(65537, 1024),
    ):
        assert "a key is not" in judged(page, good_chain(key=key))
    padded = authority("between", pss=True)
    chain = chain_of_made(signer(), padded, authority("root", key=RSA_KEY))
    assert "an algorithm not allowed" in judged(page, chain)


def test_query_and_response_belong_together(page: Page) -> None:
    """Nonce, digest and, where one was asked for, the policy."""
    assert judged(page, asked=query(req_policy=POLICY)) == GOOD
    assert "another policy" in judged(page, asked=query(req_policy="1.2.3"))
    assert "another query" in judged(page, asked=query(nonce=NONCE + 1))
    assert "no nonce" in judged(page, asked=query(nonce=None))
    other = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}
    assert "other bytes" in judged(page, asked=query(message_imprint=other))
    more = [{"extn_id": "1.2.3", "critical": False, "extn_value": b"\x05\x00"}]
    assert "extensions" in judged(page, asked=query(extensions=more))


def test_what_a_token_may_hold_besides(page: Page) -> None:
    """Accuracy, ordering, the authority's name; an extension unless it is critical."""
    names = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "signer")])
    directory = asn1_x509.Name.load(names.public_bytes())
    name = asn1_x509.GeneralName("directory_name", directory)
    extension = {"extn_id": "1.2.3", "critical": False, "extn_value": b"\x05\x00"}
    for info in (
        {"accuracy": {"seconds": 1}},
        {"ordering": True},
        {"tsa": name},
        {"extensions": [extension]},
        {"accuracy": {"millis": 5}, "ordering": True, "tsa": name},
    ):
        assert judged(page, info=info) == GOOD, info
    critical = [{**extension, "critical": True}]
    assert "critical" in judged(page, info={"extensions": critical})


def test_the_token_binds_its_certificate(page: Page) -> None:
    """By ESSCertID or ESSCertIDv2; another certificate of the same key will not do."""
    other = good_chain(begin=AT - 2 * YEAR)[0]
    old = {"binding": "v1", "bound_hash": "sha1"}
    assert judged(page, **old) == GOOD
    assert "binds another" in judged(page, bound=other, **old)
    assert "binds another" in judged(page, bound=other)
    assert "does not bind" in judged(page, binding="none")
    for name in ("sha384", "sha512"):
        assert judged(page, bound_hash=name) == GOOD
    assert "binds another" in judged(page, bound_hash="sha224")
    assert judged(page, bound_name=("between", 1)) == GOOD
    assert "another name" in judged(page, bound_name=("between", 2))
    assert "another name" in judged(page, bound_name=("beyond", 1))


def test_the_signature_covers_the_content(page: Page) -> None:
    """A wrong digest or key, an attribute twice, a response that is no token."""
    assert "other content" in judged(page, message_digest=bytes(32))
    assert "is wrong" in judged(page, key=OTHER_KEY)
    assert "twice" in judged(page, attributes=lambda found: [*found, found[1]])
    assert "something else" in judged(page, holds="data")
    assert "not due" in judged(page, content_type="data")
    assert "did not grant" in judged(page, status="rejection")
    assert "begins with another" in judged(
        page, CHAIN[::-1], response=Maker(CHAIN).response()
    )


def test_parts_of_a_second(page: Page) -> None:
    """They make "existed before" the next second; a time in another form is refused."""
    body = JUDGE.replace(".time;", ".before;")
    for time, before in (("20250829060322Z", GOOD), ("20250829060322.25Z", GOOD + 1)):
        response = Maker(CHAIN, time=time).response()
        files = [query(), response, pem(CHAIN), IMPRINT]
        assert each(page, body, [list(map(b64, files))]) == [before]
        assert judged(page, response=response) == GOOD
    for bad in ("20250829060322", "20250829060322.50Z", "20251329060322Z"):
        assert isinstance(judged(page, time=bad), str)


# --- Chains --------------------------------------------------------------------------


def test_the_signer_and_its_issuers(page: Page) -> None:
    """Each may do what it does, and nothing else is asked of them."""
    root, me, stamping = authority("root"), signer(), ExtendedKeyUsageOID.TIME_STAMPING
    web = [ExtendedKeyUsageOID.SERVER_AUTH]
    for purposes in ([stamping], [ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE], None):
        assert under(page, me, authority("between", purposes=purposes), root) == GOOD
    for allowed in (usage("content_commitment"), None):
        assert judged(page, good_chain(usage=allowed)) == GOOD
    limits = x509.NameConstraints([x509.DNSName("example.org")], None)
    wrong = {
        "not for time stamping": authority("between", purposes=web),
        "no certificate authority": authority("between", ca=None),
        "may not sign certificates": authority("between", usage=usage("crl_sign")),
        "the critical extension 2.5.29.30": authority("between", extra=limits),
    }
    for why, between in wrong.items():
        assert why in under(page, me, between, root)
    between = authority("between")
    for changes in ({"purposes": None}, {"purposes": [stamping, *web]}):
        assert "only purpose" in under(page, signer(**changes), between, root)
    assert "critical" in under(page, signer(critical=False), between, root)
    assert "may not sign data" in under(
        page, signer(usage=usage("key_cert_sign")), between, root
    )


def test_path_lengths_and_links(page: Page) -> None:
    """As long as an issuer allows, joined by name and signature, ending in a root."""
    me, between = signer(), authority("between")
    assert "longer than" in under(page, me, between, authority("root", path_length=0))
    enough = authority("root", path_length=1)
    assert under(page, me, authority("between", path_length=0), enough) == GOOD
    stranger = authority("between", key=OTHER_KEY)
    mixed = [CHAIN[0], *chain_of_made(stranger, authority("root"))]
    response = Maker(CHAIN).response()
    assert "signature fails" in judged(page, mixed, response=response)
    assert "do not follow" in judged(page, [CHAIN[0], CHAIN[2]], response=response)
    assert "end in a root" in judged(page, CHAIN[:2], response=response)
    assert "2 to 6" in judged(page, CHAIN[:1], response=response)
    other_kind = chain_of_made(
        me, authority("between", key=RSA_KEY), authority("root", key=RSA_KEY)
    )
    turned = [CHAIN[0], *other_kind[1:]]
    assert "another kind of key" in judged(page, turned, response=response)


@pytest.mark.parametrize("place", [0, 1, 2])
def test_validity_at_the_tokens_time(page: Page, place: int) -> None:
    """The first second of the validity is inside it; the last one is not."""
    second = dt.timedelta(seconds=1)
    for begin, end, good in (
        (AT, AT + second, True),
        (AT + second, AT + YEAR, False),
        (AT - YEAR, AT, False),
    ):
        made = [signer(), authority("between"), authority("root")]
        made[place].begin, made[place].end = begin, end
        answer = under(page, *made)
        assert (answer == GOOD) == good
        assert good or "not valid at that time" in answer


# --- Certificates and DER ------------------------------------------------------------


def test_the_years_of_a_certificate(page: Page) -> None:
    """Two digits are of 1950 to 2049; from 2050 on there are four (RFC 5280)."""
    body = """(file) => Custody.parsePem(d(file), 9999)
      .map(({ notBefore, notAfter }) => [notBefore, notAfter])"""
    for first, last in ((1950, 1999), (2000, 2049), (2049, 2050), (1999, 9999)):
        begin = dt.datetime(first, 1, 2, 3, 4, 5, tzinfo=dt.UTC)
        end = dt.datetime(last, 12, 31, 23, 59, 59, tzinfo=dt.UTC)
        chain = chain_of_made(authority("root", begin=begin, end=end))
        (answer,) = each(page, body, [b64(pem(chain))])
        assert answer == [[begin.timestamp(), end.timestamp()]]


def test_names_of_authorities_in_every_kind_of_text(page: Page) -> None:
    """UTF-8, Latin and old two-byte letters; the most telling comes first."""
    parts = [
        (NameOID.COUNTRY_NAME, "CN", _ASN1Type.PrintableString),
        (NameOID.ORGANIZATION_NAME, "时间戳中心", _ASN1Type.UTF8String),
        (NameOID.COMMON_NAME, "签发者", _ASN1Type.BMPString),
    ]
    name = x509.Name([x509.NameAttribute(oid, text, kind) for oid, text, kind in parts])
    made = (
        x509.CertificateBuilder(name, name, EC_KEY.public_key(), 1, AT, AT + YEAR)
    ).sign(EC_KEY, hashes.SHA256())
    body = "(file) => Custody.parsePem(d(file), 9999)[0].subjectText"
    assert each(page, body, [b64(pem([made]))]) == ["签发者, 时间戳中心, CN"]


def test_object_identifiers(page: Page) -> None:
    """The first byte holds two numbers (X.690, 8.19.4)."""
    known = {
        "060100": "0.0", "060127": "0.39", "060128": "1.0", "06014f": "1.39",
        "060150": "2.0", "0602887a": "2.1066", "06038180": "refused",
        "06028001": "refused", "0601ff": "refused", "0600": "refused",
        "0900": "refused",
    }  # fmt: skip
    body = "(text) => Custody.parseDer(Custody.fromHex(text), 99).oid"
    assert each(page, body, list(known)) == list(known.values())


@pytest.mark.parametrize(
    "bad",
    ["", "30", "3001", "1f0100", "2400", "3080", "308100", "30820001ff", "300005",
     "3085010000000000", "30810130", "02020001", "0202ff80", "0200", "010102"],
)  # fmt: skip
def test_der_in_another_form_is_refused(page: Page, bad: str) -> None:
    """Cut off, endless, longer than need be, in pieces, or with more after it."""
    body = """(text) => {
      const value = Custody.parseDer(Custody.fromHex(text), 99);
      return String(value.tag === 2 ? value.integer : value.boolean);
    }"""
    assert each(page, body, [bad]) == ["refused"]


def test_der_nests_no_deeper_than_32(page: Page) -> None:
    """A hundred levels end in a refusal and not in an overflow."""

    def nested(depth: int) -> str:
        inner = b""
        for _ in range(depth):
            inner = samples.tlv(0x30, inner)
        return inner.hex()

    body = "(text) => Custody.parseDer(Custody.fromHex(text), 999).tag"
    cases = [nested(33), nested(34), nested(100)]
    assert each(page, body, cases) == [0x30, "refused", "refused"]


def test_a_certificate_of_another_form_is_refused(page: Page) -> None:
    """Other versions, a text that is none, two certificates run together."""
    body = "(file) => Custody.parsePem(d(file), 65536).length"
    good = pem(CHAIN[:1])
    der = CHAIN[0].public_bytes(Encoding.DER)

    def written(changed: bytes) -> bytes:
        text = base64.b64encode(changed).decode()
        lines = [text[at : at + 64] for at in range(0, len(text), 64)]
        begin, end = "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----"
        return "\n".join([begin, *lines, end, ""]).encode()

    assert written(der) == good
    bad = [
        b"",
        b"text\n" + good,
        good.replace(b"\n", b"\r\n"),
        good[:-1],
        good + b"\n",
        written(b""),
        written(der.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x01")),
        written(der + b"\x00"),
        written(b"\x30\x00"),
        bytes(65537),
    ]
    assert each(page, body, [b64(good), *map(b64, bad)]) == [1] + ["refused"] * 10


# --- Arithmetic ----------------------------------------------------------------------


def test_ecdsa_where_both_products_are_the_same_point(page: Page) -> None:
    """The key is G: its multiple is doubled. The key is -G: nothing is left, no yes."""
    order = samples.P256_ORDER
    body = """([secret, r, s, digest]) => {
      const [key, e] = [Custody.sec1Point(Custody.P256, d(secret)), d(digest)];
      return Custody.ecdsa(Custody.P256, key, BigInt(r), BigInt(s), e);
    }"""

    def case(secret: int, r: int, s: int, e: int) -> list[str]:
        point = ec.derive_private_key(secret, ec.SECP256R1()).public_key()
        raw = point.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return [b64(raw), str(r), str(s), b64(e.to_bytes(32, "big"))]

    # R = (e/s) G + (r/s) Q: with Q = G and s = e = r it is 2 G, whose x is r.
    twice = ec.derive_private_key(2, ec.SECP256R1()).public_key().public_numbers().x
    good = case(1, twice, twice, twice)
    nothing = case(order - 1, twice, twice, twice)
    out_of_range = [
        case(1, r, s, twice)
        for r, s in ((0, 1), (1, 0), (order, 1), (1, order), (-1, 1), (1, -1))
    ]
    cases = [good, nothing, *out_of_range]
    assert each(page, body, cases) == [True] + [False] * 7


def test_points_that_are_none(page: Page) -> None:
    """Compressed, cut off, off the curve, or a coordinate that is not reduced."""
    field = 2**256 - 2**224 + 2**192 + 2**96 - 1
    numbers = EC_KEY.public_key().public_numbers()
    x, y = numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big")
    high = (field).to_bytes(32, "big")
    cases = [
        b"\x04" + x + y, b"\x02" + x, b"\x04" + x + y[:-1], b"\x05" + x + y,
        b"\x04" + y + x, b"\x04" + high + y, b"\x04" + x + high, b"",
    ]  # fmt: skip
    body = "(point) => Boolean(Custody.sec1Point(Custody.P256, d(point)))"
    assert each(page, body, list(map(b64, cases))) == [True] + [False] * 7


def test_rsa_signatures_have_one_form(page: Page) -> None:
    """As long as the modulus and below it; the padding is that of the RFC."""
    numbers = RSA_KEY.public_key().public_numbers()
    data = b"message"
    good = RSA_KEY.sign(data, padding.PKCS1v15(), hashes.SHA256())
    prefix = bytes.fromhex("3031300d060960864801650304020105000420")
    info = prefix + hashlib.sha256(data).digest()
    larger = int.from_bytes(good, "big") + numbers.n
    cases = [good, b"\0" + good, good[1:], good[:-1] + bytes([good[-1] ^ 1])]
    cases.append(numbers.n.to_bytes(256, "big"))
    if larger.bit_length() <= 2048:
        cases.append(larger.to_bytes(256, "big"))
    body = f"""(signature) => Custody.rsa({numbers.n}n, {numbers.e}n, d(signature),
      d("{b64(info)}"))"""
    answers = each(page, body, list(map(b64, cases)))
    assert answers == [True] + [False] * (len(cases) - 1)


# --- Seals ---------------------------------------------------------------------------


def ssh_signature(
    name: bytes = b"sha512",
    reserved: bytes = b"",
    version: int = 1,
    kind: bytes = b"ssh-ed25519",
    more: bytes = b"",
) -> bytes:
    """An SSHSIG over b"content", as odd as asked for."""
    key = samples.Ed("x", 5)
    digest = hashlib.new("sha256" if name == b"sha256" else "sha512", b"content")
    common = b"".join(map(samples.ssh_string, (b"custody-bundle", reserved, name)))
    message = b"SSHSIG" + common + samples.ssh_string(digest.digest())
    signature = samples.ssh_string(kind) + samples.ssh_string(key.private.sign(message))
    public = samples.ssh_string(samples.ssh_public(key))
    blob = b"SSHSIG" + struct.pack(">I", version) + public + common
    return armored(blob + samples.ssh_string(signature) + more)


def armored(blob: bytes) -> bytes:
    """As ssh-keygen writes it."""
    text = samples.b64(blob)
    lines = [text[at : at + 70] for at in range(0, len(text), 70)]
    begin, end = "-----BEGIN SSH SIGNATURE-----", "-----END SSH SIGNATURE-----"
    return "\n".join([begin, *lines, end, ""]).encode()


def test_ssh_signatures_have_one_form(page: Page) -> None:
    """Every field is the one that is due; SHA-256 is told from SHA-512."""
    key = b64(samples.Ed("x", 5).public)
    content = b64(b"content")
    body = f"""(file) =>
      Custody.judgeSshSig(d(file), d("{key}"), "custody-bundle", d("{content}"))"""
    good = {ssh_signature(): "sha512", ssh_signature(b"sha256"): "sha256"}
    empty = armored(b"")
    bad = [
        ssh_signature(b"sha1"),
        ssh_signature(reserved=b"x"),
        ssh_signature(version=2),
        ssh_signature(kind=b"ssh-rsa"),
        ssh_signature(more=samples.ssh_string(b"")),
        ssh_signature(more=b"\0\0"),
        empty,
        empty.replace(b"\n", b"\n\n", 1),
        armored(b"SSHSIG\0\0\0\1\xff\xff\xff\xff"),
        ssh_signature()[:-1],
        bytes(9000),
    ]
    answers = each(page, body, list(map(b64, [*good, *bad])))
    assert answers == [*good.values(), *["refused"] * len(bad)]
