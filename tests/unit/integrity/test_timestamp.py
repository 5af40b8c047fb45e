"""A time stamp is judged at its own time, and each rule of it bites alone."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from asn1crypto import tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID
from hypothesis import given, settings
from hypothesis import strategies as st

from integrity import timestamp_chain, timestamp_token
from integrity.certificates import MAX_CHAIN, MAX_PEM_BYTES, parse_chain
from integrity.errors import CustodyError, MalformedError, VerificationError
from integrity.timestamp import (
    END_OF_SHORT_RSA,
    END_OF_TODAYS_KEYS,
    Stamp,
    build_query,
    chain_of,
    judge,
)
from integrity.timestamp_chain import verify_signature
from integrity.timestamp_query import MAX_QUERY_BYTES, Query, read_query
from integrity.timestamp_token import (
    MAX_CERTIFICATES,
    MAX_RESPONSE_BYTES,
    read_response,
)
from tests.stamp_maker import (
    AT,
    EC_KEY,
    IMPRINT,
    NONCE,
    YEAR,
    Made,
    Maker,
    authority,
    chain_of_made,
    good_chain,
    pem,
    signer,
    usage,
)

RSA_KEY = rsa.generate_private_key(65537, 2048)
RSA_3072 = rsa.generate_private_key(65537, 3072)
P384 = ec.generate_private_key(ec.SECP384R1())
CHAIN = good_chain()
QUERY = build_query(IMPRINT, NONCE)
SECOND = dt.timedelta(seconds=1)


def judged(maker: Maker | None = None, chain: Any = None, **changes: Any) -> Stamp:
    """Judge what `maker` writes; `changes` go to the maker."""
    used = CHAIN if chain is None else chain
    made = maker or Maker(used, **changes)
    return judge(QUERY, made.response(), pem(used), IMPRINT)


def refusal(**changes: Any) -> str:
    """Why the changed token is refused, in words."""
    with pytest.raises(VerificationError) as error:
        judged(**changes)
    return error.value.reason


def chain_refusal(*made: Any) -> str:
    """Why a good token under this chain is refused."""
    chain = chain_of_made(*made)
    with pytest.raises(VerificationError) as error:
        judged(chain=chain, key=made[0].key)
    return error.value.reason


def test_a_good_token_says_what_it_should() -> None:
    """Every value of the stamp comes from the token and its chain."""
    stamp = judged(info={"accuracy": {"seconds": 1, "millis": 2, "micros": 3}})
    assert stamp.time == AT
    assert stamp.authority == "CN=signer"
    assert stamp.root == "CN=root"
    assert stamp.serial == 7
    assert stamp.policy == "1.3.6.1.4.1.99999.1"
    assert stamp.accuracy == dt.timedelta(seconds=1, milliseconds=2, microseconds=3)
    assert stamp.readers == ("rfc3161-client", "asn1crypto")
    assert stamp.good_until == AT + YEAR
    assert len(stamp.root_sha256) == 64
    assert judged().accuracy is None


@pytest.mark.parametrize("unit", ["seconds", "millis", "micros"])
def test_an_accuracy_in_one_unit(unit: str) -> None:
    """What is not stated adds nothing."""
    units = {"seconds": "seconds", "millis": "milliseconds", "micros": "microseconds"}
    stated = judged(info={"accuracy": {unit: 5}}).accuracy
    assert stated == dt.timedelta(**{units[unit]: 5})


@pytest.mark.parametrize("key", [EC_KEY, P384, RSA_KEY], ids=["p256", "p384", "rsa"])
@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_every_allowed_algorithm(key: Any, digest: str) -> None:
    """ECDSA on both curves and RSA, each with each digest."""
    assert judged(chain=good_chain(key=key), key=key, digest=digest).time == AT


def test_rsa_named_without_its_digest() -> None:
    """Some authorities name plain RSA; the digest then stands beside it."""
    chain = good_chain(key=RSA_KEY)
    named = {"signature_algorithm": "rsassa_pkcs1v15", "digest": "sha512"}
    assert judged(chain=chain, key=RSA_KEY, **named).time == AT


@pytest.mark.parametrize(
    ("length", "name"), [(32, "sha256"), (48, "sha384"), (64, "sha512")]
)
def test_every_imprint(length: int, name: str) -> None:
    """A digest's length says which function it is."""
    imprint = hashlib.new(name, b"x").digest()
    assert len(imprint) == length
    made = Maker(CHAIN, imprint=imprint, imprint_algorithm=name)
    query = build_query(imprint, NONCE)
    assert judge(query, made.response(), pem(CHAIN), imprint).time == AT


@pytest.mark.parametrize("length", [0, 20, 31, 33, 65])
def test_other_imprints(length: int) -> None:
    """No digest of another length is asked for."""
    with pytest.raises(MalformedError):
        build_query(bytes(length), 1)


def test_an_imprint_of_another_function_is_refused() -> None:
    """The same 32 bytes called SM3 or SHA-512/256 prove nothing about SHA-256."""
    assert "other bytes" in refusal(imprint_algorithm="sha512_256")
    assert "other bytes" in refusal(imprint=bytes(32))


def test_query_and_response_belong_together() -> None:
    """Nonce, imprint and policy of the query are those of the response."""
    assert "nonce" in refusal(nonce=NONCE + 1)
    assert "nonce" in refusal(nonce=None)
    response = Maker(CHAIN).response()
    with pytest.raises(VerificationError, match="asks about other bytes"):
        judge(build_query(bytes(32), NONCE), response, pem(CHAIN), IMPRINT)
    with pytest.raises(VerificationError, match="no nonce"):
        judge(_query(nonce=None), response, pem(CHAIN), IMPRINT)
    with pytest.raises(VerificationError, match="another policy"):
        judge(_query(req_policy="1.2.3"), response, pem(CHAIN), IMPRINT)
    same = _query(req_policy="1.3.6.1.4.1.99999.1")
    assert judge(same, response, pem(CHAIN), IMPRINT).time == AT


def _query(**changes: Any) -> bytes:
    request = tsp.TimeStampReq.load(QUERY).native
    algorithm = {"algorithm": "sha256"}
    imprint = {"hash_algorithm": algorithm, "hashed_message": IMPRINT}
    kept = {k: v for k, v in (request | changes).items() if v is not None}
    return bytes(tsp.TimeStampReq(kept | {"message_imprint": imprint}).dump())


def test_without_a_query_only_the_nonce_is_open() -> None:
    """Tokens of other people can be judged without their query."""
    response = Maker(CHAIN, nonce=None).response()
    assert judge(None, response, pem(CHAIN), IMPRINT).time == AT


@pytest.mark.parametrize("status", ["granted_with_mods", "rejection", "waiting"])
def test_only_a_granted_token_counts(status: str) -> None:
    """Any other status is a refusal that names it."""
    assert status in refusal(status=status)


def test_a_refusal_names_its_reasons() -> None:
    """What the authority says is passed on, in one order."""
    why = {"time_not_available", "bad_alg"}
    status = tsp.PKIStatusInfo({"status": "rejection", "fail_info": why}).dump()
    with pytest.raises(VerificationError) as error:
        read_response(b"\x30" + bytes([len(status)]) + status)
    assert error.value.reason.endswith("(bad_alg, time_not_available)")
    assert refusal(status="rejection").endswith("(rejection)")


def test_the_token_binds_its_certificate() -> None:
    """By ESSCertID or ESSCertIDv2; another certificate of the same key will not do."""
    other = good_chain(begin=AT - 2 * YEAR)[0]
    assert "binds another" in refusal(bound=other)
    assert "binds another" in refusal(bound=other, binding="v1", bound_hash="sha1")
    assert "does not bind" in refusal(binding="none")
    assert judged(binding="v1", bound_hash="sha1").time == AT
    for algorithm in ("sha384", "sha512"):
        assert judged(bound_hash=algorithm).time == AT
    assert judged(bound_name=("between", 1)).time == AT
    assert "another name" in refusal(bound_name=("between", 2))
    assert "another name" in refusal(bound_name=("beyond", 1))


def test_the_signature_covers_the_content() -> None:
    """A wrong digest, a wrong key, another content type: none of them passes."""
    assert "other content" in refusal(message_digest=bytes(32))
    assert "signature is wrong" in refusal(key=ec.generate_private_key(ec.SECP256R1()))
    assert "not SHA-256" in refusal(digest="sha1", signature_algorithm="sha256_ecdsa")
    assert "over that digest" in refusal(signature_algorithm="sha384_ecdsa")
    only = "its signature is not RSA (PKCS #1 v1.5) or ECDSA over that digest"
    assert refusal(signature_algorithm="sha256_dsa") == only
    assert "another kind" in refusal(signature_algorithm="sha256_rsa")
    assert "by another hash" in refusal(bound_hash="sha224")
    strange = good_chain(key=ed25519.Ed25519PrivateKey.generate())[0]
    with pytest.raises(InvalidSignature):
        verify_signature(strange, b"", b"", hashes.SHA256())
    with pytest.raises(MalformedError, match="content type"):
        judged(content_type="data")


def test_an_attribute_that_stands_twice_is_malformed() -> None:
    """Otherwise one could be signed for and the other be read."""
    with pytest.raises(MalformedError):
        judged(attributes=lambda found: [*found, found[1]])


def test_a_chain_of_another_signer_is_refused() -> None:
    """The file begins with the certificate that the signature names."""
    other = chain_of_made(signer(), authority("other"), authority("root"))
    response = Maker(CHAIN).response()
    with pytest.raises(VerificationError, match="begins with another"):
        judge(QUERY, response, pem(other), IMPRINT)
    with pytest.raises(VerificationError, match="begins with another"):
        judge(QUERY, response, pem(CHAIN[::-1]), IMPRINT)


def test_the_signers_certificate() -> None:
    """Time stamping is its only purpose, marked critical, and its key may sign."""
    issuers = (authority("between"), authority("root"))
    stamping = ExtendedKeyUsageOID.TIME_STAMPING
    both = [stamping, ExtendedKeyUsageOID.CODE_SIGNING]
    assert "only purpose" in chain_refusal(signer(purposes=None), *issuers)
    assert "only purpose" in chain_refusal(signer(purposes=both), *issuers)
    assert "critical" in chain_refusal(signer(critical=False), *issuers)
    wrong = usage("key_cert_sign")
    assert "may not sign" in chain_refusal(signer(usage=wrong), *issuers)
    for good in (usage("content_commitment"), None):
        assert judged(chain=good_chain(usage=good)).time == AT


def test_the_issuers() -> None:
    """Each is an authority, may sign certificates, and for time stamping."""
    root, me = authority("root"), signer()
    no_ca = authority("between", ca=False, usage=None)
    assert "no certificate authority" in chain_refusal(me, no_ca, root)
    bare = authority("between", ca=None)
    assert "no certificate authority" in chain_refusal(me, bare, root)
    weak = authority("between", usage=usage("crl_sign"))
    assert "may not sign" in chain_refusal(me, weak, root)
    web = authority("between", purposes=[ExtendedKeyUsageOID.SERVER_AUTH])
    assert "not for time stamping" in chain_refusal(me, web, root)
    for purposes in (
        [ExtendedKeyUsageOID.TIME_STAMPING],
        [ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE],
    ):
        good = authority("between", purposes=purposes)
        assert judged(chain=chain_of_made(me, good, root)).time == AT


def test_path_lengths() -> None:
    """A root that allows none between is the end; one that allows one is not."""
    short = authority("root", path_length=0)
    assert "longer than" in chain_refusal(signer(), authority("between"), short)
    enough = authority("root", path_length=1)
    chain = chain_of_made(signer(), authority("between", path_length=0), enough)
    assert judged(chain=chain).time == AT


def test_a_broken_link() -> None:
    """Names must follow one another, signatures hold, and the end be a root."""
    stranger = authority("between", key=ec.generate_private_key(ec.SECP256R1()))
    mixed = [CHAIN[0], *chain_of_made(stranger, authority("root"))]
    with pytest.raises(VerificationError, match="signature fails"):
        judged(chain=mixed)
    with pytest.raises(VerificationError, match="do not follow"):
        judged(chain=[CHAIN[0], CHAIN[2]])
    with pytest.raises(VerificationError, match="end in a root"):
        judged(chain=CHAIN[:2])


@pytest.mark.parametrize("place", [0, 1, 2])
def test_validity_at_the_tokens_time(place: int) -> None:
    """The first second of the validity is inside it; the last one is not."""
    for begin, end, good in (
        (AT, AT + SECOND, True),
        (AT + SECOND, AT + YEAR, False),
        (AT - YEAR, AT, False),
    ):
        made = [signer(), authority("between"), authority("root")]
        made[place].begin, made[place].end = begin, end
        if good:
            assert judged(chain=chain_of_made(*made)).time == AT
        else:
            assert "not valid at that time" in chain_refusal(*made)


def test_expired_since_makes_no_difference() -> None:
    """The chain of these tests is long gone by the machine's clock and still holds."""
    for years in (1, 5, 30):
        begin = dt.datetime.now(dt.UTC).replace(microsecond=0) - (years + 1) * YEAR
        made = [signer(), authority("between"), authority("root")]
        for each in made:
            each.begin, each.end = begin, begin + YEAR
        time = (begin + YEAR / 2).strftime("%Y%m%d%H%M%SZ")
        assert judged(chain=chain_of_made(*made), time=time).good_until < AT + YEAR * 9


def test_keys_and_hashes_of_the_chain() -> None:
    """Short RSA, other curves, Ed25519, PSS and SHA-1 are refused."""
    root = authority("root")
    short = rsa.generate_private_key(65537, 2047 // 8 * 8)
    for key in (short, ec.generate_private_key(ec.SECP521R1())):
        assert "a key is not" in chain_refusal(signer(), authority("b", key=key), root)
    assert "a key is not" in chain_refusal(
        signer(key=ed25519.Ed25519PrivateKey.generate()), authority("b"), root
    )
    padded = authority("root", key=RSA_KEY)
    assert "PKCS #1" in chain_refusal(signer(), authority("b", pss=True), padded)


@pytest.mark.parametrize(
    ("bits", "good"), [(2047, False), (2048, True), (4096, True), (4097, False)]
)
def test_lengths_of_rsa_keys(bits: int, *, good: bool) -> None:
    """From 2048 to 4096 bits, both included."""
    numbers = rsa.RSAPublicNumbers(65537, (1 << bits) - 1)
    key = SimpleNamespace(public_key=numbers.public_key)
    certificate = Made("long", key=key).sign(authority("root"), 1)
    if good:
        timestamp_chain._check_key(certificate)
    else:
        with pytest.raises(VerificationError, match="2048 to 4096 bits"):
            timestamp_chain._check_key(certificate)


SHA256_RSA, SHA1_RSA = (bytes.fromhex(f"2a864886f70d0101{n}") for n in ("0b", "05"))
P256, OTHER_CURVE = (bytes.fromhex(f"2a8648ce3d0301{n}") for n in ("07", "09"))
ECDSA, OTHER_ECDSA = (bytes.fromhex(f"2a8648ce3d0403{n}") for n in ("02", "09"))
V3, V10 = b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x09"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (SHA256_RSA, SHA1_RSA, "old hash"),
        (P256, OTHER_CURVE, "public key cannot be read"),
        (ECDSA, OTHER_ECDSA, "signature fails"),
        (V3, V10, "no PEM of certificates"),
    ],
)
def test_certificates_in_strange_forms(old: bytes, new: bytes, said: str) -> None:
    """Old hashes, unknown curves and algorithms, versions that do not exist."""
    issuer = RSA_KEY if old == SHA256_RSA else EC_KEY
    chain = chain_of_made(signer(), authority("b", key=issuer), authority("root"))
    der = chain[0].public_bytes(Encoding.DER)
    assert old in der
    text = base64.encodebytes(der.replace(old, new)).decode().replace("\n", "")
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    first = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"
    changed = first.format("\n".join(lines)).encode() + pem(chain[1:])
    response = Maker(chain).response()
    with pytest.raises(CustodyError, match=said):
        judge(QUERY, response, changed, IMPRINT)
    sent = response.replace(der, der.replace(old, new))
    with pytest.raises(CustodyError):
        chain_of(sent, tuple(chain[1:]), ())


def test_critical_extensions_nobody_understands() -> None:
    """Name constraints, for one, are not applied here, so they are no yes."""
    limits = x509.NameConstraints([x509.DNSName("example.org")], None)
    between = authority("between", extra=limits)
    assert "2.5.29.30" in chain_refusal(signer(), between, authority("root"))


def test_the_time_of_the_token() -> None:
    """Parts of a second are kept; another form is malformed."""
    precise = judged(time="20250829060322.25Z").time
    assert precise == AT + dt.timedelta(milliseconds=250)
    finest = judged(time="20250829060322.1234567Z").time
    assert finest.microsecond == 123456
    for bad in ("20250829060322", "20250829060322.50Z", "20251329060322Z",
                "20250829060322+0800", "2508290603Z"):  # fmt: skip
        with pytest.raises(CustodyError):
            judged(time=bad)


def test_numbers_have_bounds() -> None:
    """A serial number of 160 bits is read, one of 161 is not (RFC 3161, 2.4.2)."""
    assert judged(serial=2**160 - 1).serial == 2**160 - 1
    with pytest.raises(MalformedError, match="too long"):
        judged(serial=2**160)
    longest = "1.3" + ".1" * 98 + "1"
    assert len(longest) == 200
    assert read_response(_under_policy(longest)).policy == longest
    with pytest.raises(MalformedError, match="too long"):
        read_response(_under_policy(longest + "1"))


def _under_policy(policy: str) -> bytes:
    # In the order that only we read: the other reader's own limit is lower.
    maker = Maker(CHAIN, sent=CHAIN, info={"policy": policy})
    return in_another_order(maker.response())


def test_good_until_is_the_first_thing_that_ends() -> None:
    """A certificate's end, or that of its algorithm, whichever is earlier."""
    late = AT + 20 * YEAR
    for key, end in ((RSA_KEY, END_OF_SHORT_RSA), (RSA_3072, END_OF_TODAYS_KEYS)):
        made = [signer(key=key, end=late), authority("b", end=late),
                authority("root", end=late)]  # fmt: skip
        assert judged(chain=chain_of_made(*made), key=key).good_until == end


# Readers ---------------------------------------------------------------------


def test_a_set_in_another_order_is_read_by_us_alone() -> None:
    """rfc3161-client refuses it; our judgement is the same, and says who read it."""
    ordered = Maker(CHAIN, sent=CHAIN).response()
    both = judge(QUERY, ordered, pem(CHAIN), IMPRINT)
    assert both.readers == ("rfc3161-client", "asn1crypto")
    turned = in_another_order(ordered)
    ours = judge(QUERY, turned, pem(CHAIN), IMPRINT)
    assert ours == replace(both, readers=("asn1crypto",))
    wrong = turned[:-1] + bytes([turned[-1] ^ 1])
    with pytest.raises(CustodyError):
        judge(QUERY, wrong, pem(CHAIN), IMPRINT)


def test_rfc3161_client_has_a_say() -> None:
    """It wants the signer among the certificates that are sent; so do we then."""
    with pytest.raises(VerificationError, match="rfc3161-client refuses"):
        judged(sent=CHAIN[1:])


def in_another_order(response: bytes) -> bytes:
    """The same response with its set of certificates turned round."""
    parts = sorted(each.public_bytes(Encoding.DER) for each in CHAIN)
    turned = response.replace(b"".join(parts), b"".join(parts[::-1]))
    assert turned != response
    return turned


def test_granted_without_a_token_is_malformed() -> None:
    """As is a token whose signer only we could read, named by a key identifier."""
    with pytest.raises(MalformedError, match="not signed data"):
        read_response(b"\x30\x05\x30\x03\x02\x01\x00")
    plain = {"content_type": "data", "content": b"x"}
    granted = {"status": {"status": "granted"}, "time_stamp_token": plain}
    with pytest.raises(MalformedError, match="not signed data"):
        read_response(tsp.TimeStampResp(granted).dump())
    named = Maker(CHAIN, sent=CHAIN, by_key_identifier=True).response()
    with pytest.raises(MalformedError, match="issuer and serial"):
        read_response(in_another_order(named))
    with pytest.raises(MalformedError, match="rfc3161-client cannot read"):
        read_response(named)
    other = Maker(CHAIN, sent=CHAIN, holds="data").response()
    with pytest.raises(MalformedError, match="signs something else"):
        read_response(in_another_order(other))


def test_two_readings_of_one_response_are_a_refusal(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whichever reader is wrong, such a token proves nothing."""
    other = timestamp_token.outside_reading(Maker(CHAIN, serial=8).response())
    monkeypatch.setattr(timestamp_token, "outside_reading", lambda _response: other)
    with pytest.raises(VerificationError, match="two readers"):
        read_response(Maker(CHAIN).response())


@pytest.mark.parametrize(
    ("time", "same"),
    [
        ("20250829060321Z", False),
        ("20250829060322.9Z", True),
        ("20250829060323Z", False),
    ],
)
def test_readers_agree_on_the_second(
    monkeypatch: pytest.MonkeyPatch, time: str, *, same: bool
) -> None:
    """The other reader drops parts of a second; a whole one off is a refusal."""
    other = timestamp_token.outside_reading(Maker(CHAIN, time=time).response())
    monkeypatch.setattr(timestamp_token, "outside_reading", lambda _response: other)
    if same:
        assert read_response(Maker(CHAIN).response()).time == AT
    else:
        with pytest.raises(VerificationError, match="two readers"):
            read_response(Maker(CHAIN).response())


def test_extensions_of_a_token() -> None:
    """One that is not critical may be passed over; a critical one may not."""

    def extended(*, critical: bool) -> bytes:
        value = {"extn_id": "1.2.3", "critical": critical, "extn_value": b"\x05\0"}
        maker = Maker(CHAIN, sent=CHAIN, info={"extensions": [value]})
        return in_another_order(maker.response())

    assert read_response(extended(critical=False)).time == AT
    with pytest.raises(MalformedError, match="critical extension"):
        read_response(extended(critical=True))


@pytest.mark.parametrize(
    "changes",
    [
        {"holds": "data"},
        {"by_key_identifier": True},
        {"info": {"version": "v2"}},
        {"info": {"extensions": [{"extn_id": "1.2.3", "critical": True,
                                  "extn_value": b"\x05\x00"}]}},
    ],
    ids=["content", "key identifier", "version", "critical extension"],
)  # fmt: skip
def test_other_forms_of_a_token_are_malformed(changes: dict[str, Any]) -> None:
    """What RFC 3161 does not have, or we do not understand, is not read around."""
    with pytest.raises(MalformedError):
        judged(**changes)


def test_a_query_says_what_it_should() -> None:
    """Version 1, the imprint and its function, the nonce, and a wish for certificates.

    The bytes are those of `openssl ts -query -sha256 -cert`, whose nonce is longer.
    """
    least = build_query(IMPRINT, 1)
    assert read_query(least) == Query(
        "sha256", IMPRINT, None, 1, certificates_wanted=True
    )
    assert least == (
        bytes.fromhex("303c0201013031300d060960864801650304020105000420")
        + IMPRINT
        + bytes.fromhex("0201010101ff")
    )
    bare = _query(cert_req=None, nonce=None, req_policy="1.2.3")
    assert read_query(bare) == Query(
        "sha256", IMPRINT, "1.2.3", None, certificates_wanted=False
    )


def test_other_forms_of_a_query_are_malformed() -> None:
    """Version 2, extensions, and a nonce that is not positive."""
    more = {"extn_id": "1.2.3", "critical": False, "extn_value": b"\x05\x00"}
    with pytest.raises(MalformedError, match="without extensions"):
        read_query(_query(extensions=[more]))
    with pytest.raises(MalformedError, match="version 1"):
        read_query(QUERY.replace(b"\x02\x01\x01", b"\x02\x01\x02", 1))
    with pytest.raises(MalformedError, match="positive"):
        build_query(IMPRINT, 0)


def test_a_response_made_of_noise() -> None:
    """Nothing else than a TimeStampResp in DER gets as far as the parser."""
    good = Maker(CHAIN).response()
    for bad in (b"", b"\x30\x00", good + b"\0", good[:-1], b"\x30\x80" + good, QUERY):
        with pytest.raises(MalformedError):
            read_response(bad)
    with pytest.raises(MalformedError):
        read_query(good)


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@settings(deadline=None)  # the machine may be busy
@given(st.integers(min_value=0), st.integers(1, 255))
def test_no_changed_byte_of_a_token_is_accepted(place: int, change: int) -> None:
    """Whatever byte is changed, the token is refused, or says exactly the same.

    What is not signed (order and presence of certificates, the status) cannot change
    what is proved.
    """
    data = bytearray(_RESPONSE)
    data[place % len(data)] ^= change
    try:
        stamp = judge(QUERY, bytes(data), pem(CHAIN), IMPRINT)
    except CustodyError:
        return
    assert stamp == _STAMP


_RESPONSE = Maker(CHAIN).response()
_STAMP = judge(QUERY, _RESPONSE, pem(CHAIN), IMPRINT)


def test_bounds_of_each_file() -> None:
    """One byte beyond the bound is refused before anything is parsed."""
    for read, limit in (
        (read_query, MAX_QUERY_BYTES),
        (read_response, MAX_RESPONSE_BYTES),
        (parse_chain, MAX_PEM_BYTES),
    ):
        with pytest.raises(MalformedError, match=str(limit)):
            read(b"\x30" * (limit + 1))
        with pytest.raises(MalformedError) as error:
            read(b"\x30" * limit)
        assert str(limit) not in error.value.reason


def test_number_of_certificates() -> None:
    """Two to six certificates are a chain; seven, or a lone one, are malformed."""
    assert judged(chain=chain_of_made(signer(), authority("root"))).time == AT
    made = [signer(), *(authority(f"c{n}") for n in range(MAX_CHAIN - 1))]
    chain = chain_of_made(*made)
    assert judged(chain=chain).time == AT
    long = chain_of_made(*made, authority("more"))
    for wrong in (long, chain[:1]):
        with pytest.raises(MalformedError, match="2 to 6"):
            judged(chain=wrong)
    many = [authority(f"d{n}").sign(authority("x"), n + 1) for n in range(16)]
    token = read_response(Maker(CHAIN, sent=many).response())
    assert len(token.certificates) == MAX_CERTIFICATES
    with pytest.raises(MalformedError, match="certificates"):
        read_response(Maker(CHAIN, sent=[*many, CHAIN[0]]).response())


def test_the_chain_file_has_one_form() -> None:
    """Comments, blank lines and other line ends are malformed."""
    good = pem(CHAIN)
    assert len(parse_chain(good)) == 3
    for bad in (b"# mine\n" + good, good + b"\n", good.replace(b"\n", b"\r\n"), b""):
        with pytest.raises(MalformedError):
            parse_chain(bad)


# Putting the chain together --------------------------------------------------


def test_a_chain_is_completed() -> None:
    """From what was sent, from what is known, and to a pinned root only."""
    whole = Maker(CHAIN, sent=CHAIN[::-1]).response()
    assert chain_of(whole, (), ()) == pem(CHAIN)
    alone = Maker(CHAIN).response()
    assert chain_of(alone, (CHAIN[1],), (CHAIN[2],)) == pem(CHAIN)
    with pytest.raises(VerificationError, match="no root"):
        chain_of(alone, (), ())
    stranger = chain_of_made(authority("root", key=P384))
    with pytest.raises(VerificationError, match="no root"):
        chain_of(whole, (), tuple(stranger))
    nobody = Maker(CHAIN, sent=[]).response()
    with pytest.raises(VerificationError, match="signer's certificate"):
        chain_of(nobody, tuple(CHAIN[1:]), ())
    assert chain_of(nobody, tuple(CHAIN), ()) == pem(CHAIN)


def test_a_chain_that_is_too_long_is_not_put_together() -> None:
    """Six certificates in a row are a chain, seven end nowhere."""
    made = [signer(), *(authority(f"c{n}") for n in range(MAX_CHAIN))]
    chain = chain_of_made(*made[:-1])
    assert chain_of(Maker(chain, sent=chain).response(), (), ()) == pem(chain)
    chain = chain_of_made(*made)
    with pytest.raises(VerificationError, match="no root"):
        chain_of(Maker(chain, sent=chain).response(), (), ())


def test_issuers_in_a_circle_lead_nowhere() -> None:
    """Two authorities that vouch for each other are no root, and no endless search."""
    one, two = authority("one"), authority("two")
    circle = [signer().sign(one, 1), one.sign(two, 2), two.sign(one, 3)]
    response = Maker(circle, sent=circle).response()
    with pytest.raises(VerificationError, match="no root"):
        chain_of(response, (), ())
