"""Parts of the one-file verifier that whole bundles reach seldom: each rule alone."""

from __future__ import annotations

import datetime as dt
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from receipts.standalone import verify as standalone
from receipts.zip_layout import (
    PlacedEntry,
    ZipEntry,
    central_header,
    end_records,
    local_header,
)
from tests import bundle_samples as samples
from tests.bundle_scene import rezip, unzip

GOLDEN = Path(__file__).parents[2] / "vectors/bundle-v1"
START = dt.datetime(2025, 1, 1, tzinfo=dt.UTC)
NOON = standalone.Moment("2025-06-01T12:00:00", "")

# --- Keys and their history -------------------------------------------------------

A, B, C = (samples.Ed("log.example/log", n) for n in (31, 32, 33))
PERSON = samples.Ed("li", 34)
PASSKEY = samples.Passkey("wang", 35)
WITNESS = samples.Ed("witness.example", 36, 4)
Line = samples.Line


def keys(*lines: samples.Line) -> standalone.Keys:
    """trust/keys of these lines."""
    return standalone.Keys("".join(line.text() for line in lines).encode())


FIRST = [Line("log", A.vkey()), Line("statement", B.vkey())]
RULE = Line("rule", "two-persons:keys.changed")
ENDED = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)

# Change at leaf 7 of FIRST and a rule -> whether it may be made.
CHANGES: dict[str, tuple[list[samples.Line], bool, bool]] = {
    "nothing": ([*FIRST, RULE], False, True),
    "line gone": (FIRST, False, False),
    "other beginning": ([*FIRST, Line("rule", RULE.what, 1)], False, False),
    "new log key": ([*FIRST, RULE, Line("log", C.vkey(), 9)], False, True),
    "new log key too early": ([*FIRST, RULE, Line("log", C.vkey(), 8)], False, False),
    "new person": ([*FIRST, RULE, Line("person", PERSON.vkey(), 8)], False, True),
    "new person early": (
        [*FIRST, RULE, Line("person", PERSON.vkey(), 7)],
        False,
        False,
    ),
    "new line with end": (
        [*FIRST, RULE, Line("person", PERSON.vkey(), 8, 9)],
        False,
        False,
    ),
    "new line with time": (
        [*FIRST, RULE, Line("person", PERSON.vkey(), 8, None, START, ENDED)],
        False,
        False,
    ),
    "rule ends": ([*FIRST, Line("rule", RULE.what, 0, 8)], False, True),
    "rule ends early": ([*FIRST, Line("rule", RULE.what, 0, 7)], False, False),
    "rule ends early, compromised": (
        [*FIRST, Line("rule", RULE.what, 0, 7)],
        True,
        False,
    ),
    "last log key ends": (
        [Line("log", A.vkey(), 0, 8), FIRST[1], RULE],
        False,
        False,
    ),
    "log key ends early": (
        [Line("log", A.vkey(), 0, 3), FIRST[1], RULE, Line("log", C.vkey(), 9)],
        False,
        False,
    ),
    "log key ends early, compromised": (
        [Line("log", A.vkey(), 0, 3), FIRST[1], RULE, Line("log", C.vkey(), 9)],
        True,
        True,
    ),
    "nobody can sign the change": (
        [
            FIRST[0],
            Line("statement", B.vkey(), 0, 3),
            RULE,
            Line("statement", C.vkey(), 8),
        ],
        True,
        False,
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_what_a_change_of_keys_may_do(case: str) -> None:
    """Lines stay, ends are set once and not in the past, new lines begin after it."""
    after, compromised, allowed = CHANGES[case]
    before = keys(*FIRST, RULE)
    if allowed:
        standalone.check_change(before, keys(*after), 7, compromised)
    else:
        with pytest.raises(standalone.Refused):
            standalone.check_change(before, keys(*after), 7, compromised)


def test_no_change_comes_before_a_listed_rule_about_changes_begins() -> None:
    """Not the one that lists it, if it does so for later, nor one in between."""
    sooner, later = Line("rule", RULE.what, 8), Line("rule", RULE.what, 9)
    before, reason = keys(*FIRST), "before the listed rule of two begins"
    standalone.check_change(before, keys(*FIRST, sooner), 7, compromised=False)
    with pytest.raises(standalone.Refused, match=reason):
        standalone.check_change(before, keys(*FIRST, later), 7, compromised=False)
    other = keys(*FIRST, Line("rule", "two-persons:exhibit.erased", 9))
    standalone.check_change(before, other, 7, compromised=False)
    waiting = keys(*FIRST, later)
    standalone.check_change(waiting, waiting, 9, compromised=False)
    with pytest.raises(standalone.Refused, match=reason):
        standalone.check_change(waiting, waiting, 8, compromised=False)


def test_an_end_is_never_moved() -> None:
    """Neither the size nor the time at which a line ended."""
    second = Line("log", C.vkey(), 5)
    for old, new in (
        (Line("log", A.vkey(), 0, 6), Line("log", A.vkey(), 0, 9)),
        (Line("log", A.vkey(), 0, 6), Line("log", A.vkey())),
        (Line("log", A.vkey(), 0, 6, START, ENDED), Line("log", A.vkey(), 0, 6, START)),
        (
            Line("log", A.vkey(), 0, None, START, ENDED),
            Line("log", A.vkey(), 0, 8, START),
        ),
    ):
        before, after = keys(old, FIRST[1], second), keys(new, FIRST[1], second)
        with pytest.raises(standalone.Refused, match="sets or moves an end"):
            standalone.check_change(before, after, 7, compromised=True)


FOUNDING = {"log": A.vkey(), "statement": B.vkey(), "pdf_certificate_sha256": "0" * 64}


def _event(kind: str, facts: dict[str, Any]) -> standalone.Event:
    event = standalone.Event.__new__(standalone.Event)
    event.kind, event.facts, event.subjects = kind, facts, []
    return event


NAMED = Line("pdf", f"sha256:{'0' * 64}")
FOUND = "firm.initialised"
FOUNDED: list[tuple[list[samples.Line], Any, str]] = [
    (FIRST, FOUNDING, FOUND),
    ([*FIRST, NAMED], FOUNDING, FOUND),
]
NOT_FOUNDED: list[tuple[list[samples.Line], Any, str]] = [
    ([*FIRST, Line("pdf", f"sha256:{'1' * 64}")], FOUNDING, FOUND),
    ([*FIRST, Line("person", PERSON.vkey())], FOUNDING, FOUND),
    ([*FIRST, Line("log", C.vkey())], FOUNDING, FOUND),
    (FIRST, {**FOUNDING, "log": C.vkey()}, FOUND),
    (FIRST, {**FOUNDING, "statement": None}, FOUND),
    (FIRST, [], FOUND),
    (FIRST, FOUNDING, "user.added"),
]


def test_the_keys_of_leaf_0() -> None:
    """The file begins with exactly the keys that the first event names."""
    for lines, stated, kind in FOUNDED:
        events = {0: _event(kind, {"keys": stated})}
        assert len(standalone.key_history(keys(*lines), events)) == 1
        with pytest.raises(standalone.Refused):
            standalone.key_history(keys(*lines), {})
    for lines, stated, kind in NOT_FOUNDED:
        events = {0: _event(kind, {"keys": stated})}
        with pytest.raises(standalone.Refused):
            standalone.key_history(keys(*lines), events)


def test_the_history_ends_at_the_file_and_each_change_names_the_one_before() -> None:
    """A changed file without an event, a gap, an unknown reason: refused."""
    first, second = keys(*FIRST), keys(*FIRST, Line("log", C.vkey(), 9))
    facts = {
        "before": first.fingerprint,
        "note": "",
        "reason": "rotated",
        "trust": second.data.decode(),
    }
    founding = _event("firm.initialised", {"keys": FOUNDING})
    good = {0: founding, 7: _event("keys.changed", facts)}
    stages = standalone.key_history(second, good)
    assert [stage.data for stage in stages] == [first.data, second.data]
    longest = _event("keys.changed", {**facts, "note": "x" * 2000})
    assert len(standalone.key_history(second, {**good, 7: longest})) == 2
    for own, changed in (
        (first, {}),
        (second, {"before": second.fingerprint}),
        (second, {"reason": "because"}),
        (second, {"note": "x" * 2001}),
        (second, {"trust": 5}),
        (second, {"trust": "x"}),
    ):
        events = {**good, 7: _event("keys.changed", {**facts, **changed})}
        with pytest.raises(standalone.Refused):
            standalone.key_history(own, events)
    with pytest.raises(standalone.Refused, match="other keys"):
        standalone.key_history(second, {0: founding})


@pytest.mark.parametrize(
    "line",
    [
        "",
        "log x",
        Line("log", WITNESS.vkey()).text()[:-1],
        Line("statement", PASSKEY.vkey()).text()[:-1],
        Line("person", WITNESS.vkey()).text()[:-1],
        Line("witness", A.vkey()).text()[:-1],
        Line("judge", A.vkey()).text()[:-1],
        Line("pdf", "0" * 64).text()[:-1],
        Line("pdf", f"sha256:{'A' * 64}").text()[:-1],
        Line("rule", "two-persons:").text()[:-1],
        Line("rule", "two-persons:b.b,a.a").text()[:-1],
        Line("rule", "two-persons:a.a,a.a").text()[:-1],
        Line("rule", "witnesses:0").text()[:-1],
        Line("rule", "witnesses:33").text()[:-1],
        Line("rule", "three-persons:a.a").text()[:-1],
        Line("rule", "signers:2").text()[:-1],
        Line("person", samples.vkey("a", 0xFF, b"W" + PASSKEY.public[1:])).text()[:-1],
        Line("log", A.vkey(), 5, 4).text()[:-1],
        Line("log", A.vkey(), 0, None, ENDED, START).text()[:-1],
        Line("log", A.vkey()).text()[:-1].replace("2025-08", "2025-13"),
        " ".join([*Line("log", A.vkey()).text().split(" ")[:4], "-", "-"]),
        Line("log", A.vkey(), 2**63).text()[:-1],
        Line("log", A.vkey(), 0, 2**63).text()[:-1],
        Line("log", A.vkey()).text()[:-1].replace(" 0 ", " 00 "),
        Line("log", A.vkey().replace("log.example", "LOG.example")).text()[:-1],
        Line("log", "a+b").text()[:-1],
        Line("log", "a+00000000+").text()[:-1],
        Line("log", samples.vkey("", 1, A.public)).text()[:-1],
        Line("log", samples.vkey("a", 1, A.public[:-1])).text()[:-1],
        Line("person", samples.vkey("a", 0xFF, PASSKEY.public[:-1])).text()[:-1],
        Line("person", samples.vkey("a", 0xFF, b"x" + PASSKEY.public)).text()[:-1],
    ],
    ids=range(31),
)
def test_a_line_out_of_form_is_refused(line: str) -> None:
    """Role, content, algorithm, sizes and times are all judged when it is read."""
    with pytest.raises(standalone.Refused):
        standalone.Line(line)


def test_a_line_counts_at_one_size_at_least() -> None:
    """It may end where it begins, if that is a number that a log can reach."""
    once = standalone.Line(Line("log", A.vkey(), 5, 5).text()[:-1])
    assert [once.at_size(size) for size in (4, 5, 6)] == [False, True, False]
    largest = standalone.MAX_SIZE
    last = standalone.Line(Line("log", A.vkey(), largest, largest).text()[:-1])
    assert last.at_size(largest)


def test_a_key_has_a_name_of_its_own() -> None:
    """1 to 256 characters, none of them a blank, a plus or a control character."""
    for name in ("a", "x" * 256, "日志/1"):
        assert standalone.is_key_name(name)
    for name in ("", "x" * 257, "a+b", "a b", "a\u2028b", "a\x00b"):
        assert not standalone.is_key_name(name)


def test_a_persons_key_is_hers_alone_and_witnesses_suffice() -> None:
    """One key in two roles, twice, or too few witnesses for the rule: refused."""
    for lines in (
        [Line("log", A.vkey()), Line("log", A.vkey(), 5)],
        [Line("statement", PERSON.vkey()), Line("person", PERSON.vkey())],
        [Line("person", PERSON.vkey()), Line("person", samples.Ed("b", 34).vkey())],
        [Line("witness", WITNESS.vkey()), Line("rule", "witnesses:2")],
        [Line("rule", "witnesses:1")],
    ):
        with pytest.raises(standalone.Refused):
            keys(*FIRST, *lines)
    both = [Line("witness", WITNESS.vkey()), Line("rule", "witnesses:1")]
    assert keys(*FIRST, *both).log_policy().endswith(b"quorum witnesses\n")
    again = [Line("rule", "two-persons:a.a", 0, 5), Line("rule", "two-persons:a.a", 9)]
    ruled = keys(*FIRST, *again)
    counting = [bool(ruled.two_person_kinds(leaf)) for leaf in (0, 4, 5, 8, 9)]
    assert counting == [True, True, False, False, True]


def test_which_form_of_the_keys_comes_later() -> None:
    """Lines kept and ends newly set: later. A line gone or reopened: not."""
    second = Line("log", C.vkey(), 9)
    ended = Line("log", A.vkey(), 0, 8, START, ENDED)
    begun = Line("log", A.vkey(), 0, None, START)
    assert keys(ended, FIRST[1], second).continues(keys(begun, FIRST[1]))
    assert keys(begun, FIRST[1]).continues(keys(begun, FIRST[1]))
    assert not keys(begun, FIRST[1], second).continues(keys(ended, FIRST[1]))
    assert not keys(begun, FIRST[1]).continues(keys(begun, FIRST[1], second))
    for other in (
        Line("log", A.vkey(), 0, 7, START, ENDED),
        Line("log", A.vkey(), 0, 8, START, ENDED + dt.timedelta(days=1)),
        Line("log", A.vkey(), 0, 8, START + dt.timedelta(days=1), ENDED),
    ):
        assert not keys(other).continues(keys(ended))
    assert keys(ended).continues(keys(ended))


def test_the_certificate_of_leaf_0_counts_until_one_is_listed() -> None:
    """A log older than the lines about certificates sealed with that of leaf 0."""
    assert keys(*FIRST).certificates(5, "a" * 64) == {"a" * 64}
    assert keys(*FIRST).certificates(5, None) == set()
    listed = keys(*FIRST, Line("pdf", f"sha256:{'b' * 64}", 4, 6))
    found = [listed.certificates(size, "a" * 64) for size in (3, 4, 5, 6)]
    assert found == [{"a" * 64}, {"b" * 64}, {"b" * 64}, set()]


# --- Certificates -----------------------------------------------------------------

Builder = Callable[[x509.CertificateBuilder], x509.CertificateBuilder]


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def certificate(
    subject: int,
    issuer: int,
    alter: Builder = lambda builder: builder,
    *,
    authority: bool = True,
    path: int | None = None,
    signed_by: int | None = None,
) -> standalone.Certificate:
    """A certificate of the key number `subject`, issued by number `issuer`."""
    own = ec.derive_private_key(subject + 100, ec.SECP256R1())
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(f"n{subject}"))
        .issuer_name(_name(f"n{issuer}"))
        .public_key(own.public_key())
        .serial_number(subject + 1)
        .not_valid_before(START)
        .not_valid_after(START + dt.timedelta(days=365))
    )
    if authority:
        constraints = x509.BasicConstraints(ca=True, path_length=path)
        builder = builder.add_extension(constraints, critical=True)
    secret = 100 + (issuer if signed_by is None else signed_by)
    signer = ec.derive_private_key(secret, ec.SECP256R1())
    made = alter(builder).sign(signer, hashes.SHA256())
    return standalone.Certificate(made.public_bytes(serialization.Encoding.DER))


def usage(**named: bool) -> Builder:
    """Adds keyUsage."""
    names = (
        *("digital_signature", "content_commitment", "key_encipherment"),
        *("data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"),
        *("encipher_only", "decipher_only"),
    )
    bits = {name: named.get(name, False) for name in names}
    return lambda builder: builder.add_extension(x509.KeyUsage(**bits), critical=True)


def purposes(*names: x509.ObjectIdentifier, critical: bool = True) -> Builder:
    """Adds extendedKeyUsage."""
    extension = x509.ExtendedKeyUsage(names)
    return lambda builder: builder.add_extension(extension, critical=critical)


def test_a_chain_is_judged_link_by_link() -> None:
    """Signer, intermediate, root: names, signatures, CA, path, usage, validity."""
    signer, middle, root = certificate(1, 2), certificate(2, 3), certificate(3, 3)
    for chain in ([root], [middle, root], [signer, middle, root]):
        standalone.check_chain(chain, NOON)
    limited = certificate(3, 3, path=0)
    standalone.check_chain([middle, limited], NOON)
    last = standalone.Moment("2025-12-31T23:59:59", "9")
    standalone.check_chain([signer, middle, root], last)
    after = standalone.Moment("2026-01-01T00:00:00", "")
    before = standalone.Moment("2024-12-31T23:59:59", "")
    for chain, time in (
        ([signer, middle], NOON),
        ([signer, root], NOON),
        ([middle, signer, root], NOON),
        ([signer, middle, limited], NOON),
        ([signer, certificate(2, 3, authority=False), root], NOON),
        ([signer, certificate(2, 3, usage(digital_signature=True)), root], NOON),
        ([signer, certificate(2, 3, signed_by=9), root], NOON),
        ([signer, middle, root], after),
        ([signer, middle, root], before),
    ):
        with pytest.raises(standalone.Refused):
            standalone.check_chain(chain, time)


def test_a_time_stamp_is_all_that_its_signer_may_sign() -> None:
    """extendedKeyUsage: critical, and nothing but time stamps (RFC 3161, 2.3)."""
    stamping = x509.ExtendedKeyUsageOID.TIME_STAMPING
    email = x509.ExtendedKeyUsageOID.EMAIL_PROTECTION
    assert certificate(1, 2, purposes(stamping)).only_stamps_time()
    for alter in (
        purposes(stamping, critical=False),
        purposes(stamping, email),
        purposes(email),
        lambda builder: builder,
    ):
        assert not certificate(1, 2, alter).only_stamps_time()


def test_an_unknown_critical_extension_is_refused() -> None:
    """What must be understood and is not makes a certificate unusable."""
    extension = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\5\0")
    certificate(1, 2, lambda b: b.add_extension(extension, critical=False))
    with pytest.raises(standalone.Refused, match="critical"):
        certificate(1, 2, lambda b: b.add_extension(extension, critical=True))


def test_certificates_without_extensions_or_of_other_keys() -> None:
    """No extension: no authority. A key that is neither RSA nor ECDSA: refused."""
    bare = certificate(1, 2, authority=False)
    assert (bare.authority(), bare.usage(), bare.extensions) == (None, None, {})
    other = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    with pytest.raises(standalone.Refused, match="neither RSA nor ECDSA"):
        certificate(1, 2, lambda b: _with_key(b, other))
    curve = ec.derive_private_key(5, ec.SECP521R1()).public_key()
    with pytest.raises(standalone.Refused, match="P-256 nor P-384"):
        certificate(1, 2, lambda b: _with_key(b, curve))


def _with_key(builder: x509.CertificateBuilder, key: Any) -> x509.CertificateBuilder:
    builder._public_key = key  # the builder lets a key be set once only
    return builder


# --- Time stamps ------------------------------------------------------------------


def _stamp(*more: bytes) -> bytes:
    tlv = standalone.tlv
    imprint = tlv(
        0x30,
        tlv(0x30, standalone.der_oid(standalone.SHA256_OID)),
        tlv(0x04, bytes(32)),
    )
    time = tlv(0x18, b"20250601120000Z")
    policy = standalone.der_oid("1.2.3")
    one = standalone.der_integer(1)
    return tlv(0x30, one, policy, imprint, one, time, *more)


def test_what_a_token_states() -> None:
    """Accuracy, order, nonce, name and extensions are optional; critical ones bind."""
    tlv = standalone.tlv
    accuracy, nonce = tlv(0x30, standalone.der_integer(1)), standalone.der_integer(7)
    name = tlv(0xA0, b"\x05\x00")
    extension = tlv(0x30, standalone.der_oid("1.2.4"), tlv(0x04, b""))
    critical = tlv(0x30, standalone.der_oid("1.2.4"), tlv(1, b"\xff"), tlv(0x04, b""))
    assert standalone.parse_stamp(_stamp()).nonce is None
    order = tlv(1, b"\xff")
    full = _stamp(accuracy, order, nonce, name, tlv(0xA1, extension))
    assert standalone.parse_stamp(full).nonce == 7
    for bad in (
        _stamp(tlv(0xA1, critical)),
        _stamp(nonce, accuracy),
        _stamp(tlv(1, b"\x01")),
        _stamp(b"\x05\x00"),
    ):
        with pytest.raises(standalone.Refused):
            standalone.parse_stamp(bad)


def test_a_refusal_of_the_authority_is_no_stamp() -> None:
    """Status 2 (rejection), or a status without a token."""
    tlv = standalone.tlv
    token = tlv(0x30, b"")
    for status, rest in ((2, token), (0, b""), (5, token)):
        data = tlv(0x30, tlv(0x30, standalone.der_integer(status)), rest)
        with pytest.raises(standalone.Refused, match="granted no"):
            standalone.parse_response(data)
    for status in (0, 1):
        data = tlv(0x30, tlv(0x30, standalone.der_integer(status)), token)
        assert standalone.parse_response(data) == token


def test_the_signed_attributes_name_the_certificate() -> None:
    """ESSCertID with SHA-1 and ESSCertIDv2 with any SHA-2; issuer and serial too."""
    tlv, signer = standalone.tlv, certificate(1, 2)

    def stated(name: str, digest: bytes, *parts: bytes) -> dict[str, bytes]:
        listed = tlv(0x30, *parts[:1], tlv(0x04, digest), *parts[1:])
        return {name: tlv(0x30, tlv(0x30, listed))}

    def digest(name: str) -> bytes:
        return standalone.hashlib.new(name, signer.der).digest()

    sha384 = tlv(0x30, standalone.der_oid("2.16.840.1.101.3.4.2.2"))
    issued = tlv(
        0x30, tlv(0x30, tlv(0xA4, signer.issuer)), standalone.der_integer(signer.serial)
    )
    other = tlv(0x30, tlv(0x30, tlv(0xA4, signer.issuer)), standalone.der_integer(99))
    strange = tlv(
        *(0x30, tlv(0x30, tlv(0xA4, signer.subject))),
        standalone.der_integer(signer.serial),
    )
    old, new = standalone.SIGNING_CERTIFICATE, standalone.SIGNING_CERTIFICATE_V2
    for good in (
        stated(old, digest("sha1"), b""),
        stated(old, digest("sha1"), b"", issued),
        stated(new, digest("sha256"), b""),
        stated(new, digest("sha256"), b"", issued),
        stated(new, digest("sha384"), sha384, issued),
    ):
        standalone.check_names_signer(good, signer)
    for bad in (
        {},
        stated(old, digest("sha256"), b""),
        stated(old, digest("sha1"), b"", other),
        stated(old, digest("sha1"), b"", strange),
        stated(new, digest("sha1"), b""),
        stated(new, digest("sha384"), b""),
        stated(new, digest("sha256"), tlv(0x30, standalone.der_oid("1.2.3"))),
    ):
        with pytest.raises(standalone.Refused):
            standalone.check_names_signer(bad, signer)


def test_signing_times_after_2049_are_generalized() -> None:
    """RFC 5652, section 11.3; and what is written is read."""
    for seconds, tag in (("2049-12-31T23:59:59", 0x17), ("2050-01-01T00:00:00", 0x18)):
        written = standalone.cms_time(standalone.Moment(seconds, ""))
        assert written[0] == tag
        assert standalone.Der(written).moment().seconds == seconds


# --- Places -----------------------------------------------------------------------

LARGE = 5 << 32


@pytest.mark.parametrize("size", [0, 0xFFFFFFFE, 0xFFFFFFFF, LARGE])
@pytest.mark.parametrize("offset", [0, 0xFFFFFFFE, 0xFFFFFFFF, LARGE])
def test_headers_beyond_four_gigabytes(size: int, offset: int) -> None:
    """ZIP64 fields are there where a value does not fit, and only there."""
    entry = ZipEntry("data/证据.bin", size, 7)
    local, central = standalone.zip_headers(entry.name, size, 7, offset)
    assert local == local_header(entry)
    assert central == central_header(PlacedEntry(entry, offset))
    found, end = standalone.zip_entry(central, 0)
    assert (found, end) == ((entry.name, size, 7), len(central))
    for count in (3, 0xFFFE, 0xFFFF):
        ended = end_records(count, size, offset)
        assert standalone.zip_end(count, size, offset) == ended


def test_more_files_than_sixteen_bits_count() -> None:
    """65,535 entries need the ZIP64 end record, and the ZIP is read."""
    names = [f"{place:05d}" for place in range(0xFFFF)]
    body = b"".join(standalone.zip_headers(name, 0, 0, 0)[0] for name in names)
    parts, offset = [], 0
    for name in names:
        local, central = standalone.zip_headers(name, 0, 0, offset)
        parts.append(central)
        offset += len(local)
    directory = b"".join(parts)
    end = standalone.zip_end(len(names), len(directory), offset)
    archive = standalone.Zip(io.BytesIO(body + directory + end))
    assert archive.names == names


@pytest.mark.parametrize(
    "name",
    ["", "/a", "a/", "a//b", "../a", "a/./b", "a.", "a ", "a\\b", "c:a", "a*", "a\n",
     "a\u202eb", "cafe\u0301", "a\u2028b", "x" * 256, "a/b.../c", "\ue000"],
)  # fmt: skip
def test_names_that_cannot_be_unpacked_everywhere(name: str) -> None:
    """Absolute, dotted, reserved, invisible, not NFC, too long."""
    assert not standalone.is_safe(name)


def test_names_that_can() -> None:
    """Legal names of every kind, up to 255 bytes."""
    for name in ("data/20250829_合同_001.pdf", "a", "x" * 255, "a.b/c d", "~"):
        assert standalone.is_safe(name)


@pytest.mark.parametrize(
    "names", [["A", "a"], ["B/x", "b/y"], ["A/x", "a"], ["b", "a"], ["a", "a"]]
)
def test_names_that_collide(names: list[str]) -> None:
    """By case, as file and folder, twice, or out of order."""
    with pytest.raises(standalone.Refused):
        standalone.check_names(names)


# --- Whole runs of seldom kind ------------------------------------------------------


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Callable[..., Any]:
    """Verifies bytes: the report."""

    def _run(data: bytes, *arguments: str) -> Any:
        path = tmp_path / "bundle.zip"
        path.write_bytes(data)
        standalone.main([str(path), "--json", *arguments])
        return json.loads(capsys.readouterr().out)

    return _run


def test_the_first_format_states_its_fingerprint(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    """Without anything from elsewhere it passes, and says what was not signed."""
    data = (GOLDEN / "bundle.zip").read_bytes()
    report = run(data)
    assert report["verdict"] == "passed"
    reasons = {check["number"]: check["reason"] for check in report["checks"]}
    assert "compare with a paper" in reasons[4]
    assert "unsigned" in reasons[1]
    assert "existed_before" not in report  # the first format has no time stamps
    assert run(data, "--fingerprint", "0" * 64)["verdict"] == "failed"
    same = tmp_path / "keys"
    same.write_bytes(unzip(data)["trust/keys"])
    assert run(data, "--policy", str(same))["verdict"] == "passed"


@pytest.mark.parametrize("name", ["bag-info.txt", "bagit.txt"])
def test_a_bundle_without_bag_info_lacks_a_name(
    name: str, run: Callable[..., Any]
) -> None:
    """What its format would be is not known; that a file is missing is."""
    files = samples.plain().files()
    del files[name]
    report = run(rezip(files))
    failed = {(c["number"], c["subject"]) for c in report["checks"]}
    assert (2, name) in failed


@pytest.mark.parametrize("name", ["trust/policy", "bag-info.txt"])
def test_too_large_a_file_is_refused_before_it_is_read(
    name: str, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound on files other than originals, wherever it is met."""
    size, huge = standalone.Zip.size, {name: standalone.MAX_TAG_FILE}
    monkeypatch.setattr(
        standalone.Zip, "size", lambda place, name: huge.get(name) or size(place, name)
    )
    bundle = rezip(samples.plain().files())
    assert run(bundle)["verdict"] == "passed"
    huge[name] += 1
    report = run(bundle)
    assert report["verdict"] == "failed"
    assert any("too large" in check["reason"] for check in report["checks"])


@pytest.mark.parametrize("lang", [None, "zh", "en"])
def test_words_for_a_person(
    lang: str | None, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """One language or both; names cannot turn the text around or clear the screen."""
    files = samples.plain().files()
    files["data/\u202egpj.exe\x1b[2J"] = b"x"
    folder = tmp_path / "bundle"
    samples.unzip({**files, "bagit.txt": b"x"}, folder)
    option = [] if lang is None else ["--lang", lang]
    assert standalone.main([str(folder), *option]) == 1
    text = capsys.readouterr().out
    assert ("未通过" in text) == (lang != "en")
    assert ("failed" in text) == (lang != "zh")
    assert not {"\u202e", "\x1b"} & set(text)
    samples.unzip(files, folder)
    standalone.main([str(folder), *option])
    text = capsys.readouterr().out
    assert not {"\u202e", "\x1b"} & set(text)


def test_facts_that_must_be_there() -> None:
    """A receipt states a size; an erasure names at least one leaf before it."""
    received = _event(
        "exhibit.received", {"exhibit": "e", "matter": "m", "original_name": "n"}
    )
    received.subjects = [("e", ("0" * 64, "0" * 64))]
    for size in (None, -1, True, "1"):
        received.facts["size"] = size
        with pytest.raises(standalone.Refused, match="states no size"):
            standalone.exhibits_of({1: received})
    received.facts["size"] = 0
    assert standalone.exhibits_of({1: received})["e"].size == 0
    gone = {"leaf": 1, "sha256": "0" * 64, "sm3": "1" * 64}
    facts = {"matter": "m", "reason": "r", "legal_basis": "b", "leaves": [gone]}
    assert standalone.erased_leaves(2, _event("exhibit.erased", facts)) == [1]
    for changed in (
        *({"leaves": value} for value in ([], None, 5, "x", [{}])),
        {"leaves": [{**gone, "leaf": 2}]},
        {"leaves": [{**gone, "leaf": True}]},
        {"leaves": [{**gone, "leaf": "1"}]},
        {"leaves": [{**gone, "leaf": 0}]},
        {"leaves": [{**gone, "sm3": "x"}]},
        {"reason": ""},
        {"legal_basis": None},
    ):
        with pytest.raises(standalone.Refused):
            standalone.erased_leaves(2, _event("exhibit.erased", {**facts, **changed}))


def test_a_python_without_sm3_and_points_without_a_form(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """OpenSSL without SM3 is noticed; a point has one encoding (RFC 8032, 5.1.3)."""
    assert standalone.point_decode(standalone.P.to_bytes(32, "little")) is None
    assert standalone.point_decode((1 | 1 << 255).to_bytes(32, "little")) is None
    assert standalone.point_decode((1).to_bytes(32, "little")) == standalone.ZERO
    assert standalone.point_decode((2).to_bytes(32, "little")) is None

    def unsupported(name: str) -> None:
        raise ValueError(name)

    monkeypatch.setattr(standalone.hashlib, "new", unsupported)
    assert standalone.fast_sm3() is None
    digest = standalone.sm3_hex(b"abc")  # GB/T 32905-2016, A.1
    assert digest[:32] == "66c7f0f462eeedd9d1f2d46bdc10e4e2"
