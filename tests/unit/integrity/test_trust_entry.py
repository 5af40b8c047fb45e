"""Lines of `trust/keys`: which key may have which role, and from when to when."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from integrity.errors import MalformedError
from integrity.policy import (
    CertificateEntry,
    Role,
    RuleEntry,
    TrustedKey,
    two_persons,
)
from integrity.trust_entry import parse_entry
from integrity.vkey import COSIGNATURE, ED25519, PASSKEY, VerifierKey
from tests.bundle_factory import START
from tests.passkeys import Device

KEYS = {
    ED25519: VerifierKey.of("a", ED25519, bytes(32)),
    COSIGNATURE: VerifierKey.of("a", COSIGNATURE, bytes(32)),
    PASSKEY: Device("a").vkey,
}
ALLOWED = {
    (Role.LOG, ED25519),
    (Role.STATEMENT, ED25519),
    (Role.PERSON, ED25519),
    (Role.PERSON, PASSKEY),
    (Role.WITNESS, COSIGNATURE),
}
CERTIFICATE = CertificateEntry("ab" * 32, 5, 9, START, None)
RULE = RuleEntry(two_persons(), 5, 9, START, None)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("algorithm", KEYS)
def test_type_of_the_key_fits_its_role(role: Role, algorithm: int) -> None:
    """A key is of a type that its role signs with, or it is not listed."""
    if (role, algorithm) in ALLOWED:
        entry = TrustedKey(role, KEYS[algorithm], 0, None, START, None)
        assert parse_entry(entry.line()) == entry
        return
    with pytest.raises(MalformedError, match="of another role's type"):
        TrustedKey(role, KEYS[algorithm], 0, None, START, None)


def test_golden_lines() -> None:
    """Certificates and rules stand in lines like keys."""
    rest = "5 9 2025-08-29T06:03:22Z -"
    assert CERTIFICATE.line() == f"pdf sha256:{'ab' * 32} {rest}"
    assert RULE.line() == f"rule {two_persons().text()} {rest}"
    assert [parse_entry(entry.line()) for entry in (CERTIFICATE, RULE)] == [
        CERTIFICATE,
        RULE,
    ]


def test_times_are_kept_in_utc() -> None:
    """Whatever zone a time came in, and whatever zone the machine is in."""
    there = START.astimezone(dt.timezone(dt.timedelta(hours=8)))
    entry = dataclasses.replace(CERTIFICATE, from_time=there, to_time=there)
    assert entry.line() == f"{CERTIFICATE.line()[:-1]}2025-08-29T06:03:22Z"
    assert entry.to_time is not None
    assert entry.from_time.tzinfo is entry.to_time.tzinfo is dt.UTC


@pytest.mark.parametrize("entry", [CERTIFICATE, RULE])
@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"from_time": START.replace(tzinfo=None)}, "no time zone"),
        ({"to_time": START.replace(year=2020)}, "end before they begin"),
        ({"to_size": 4}, "no range of sizes"),
        ({"from_size": -1}, "no range of sizes"),
    ],
)
def test_validity_that_cannot_be(
    entry: CertificateEntry | RuleEntry, changes: dict[str, Any], reason: str
) -> None:
    """Every kind of line has a validity that begins before it ends."""
    with pytest.raises(MalformedError, match=reason):
        dataclasses.replace(entry, **changes)


@pytest.mark.parametrize(
    "what",
    [
        "ab" * 32,
        f"sha256:{'AB' * 32}",
        f"sha256:{'ab' * 31}",
        f"sha512:{'ab' * 32}",
        f"sha256:{'ab' * 32}0",
    ],
)
def test_other_certificate_is_refused(what: str) -> None:
    """A certificate has one spelling."""
    line = CERTIFICATE.line().replace(CERTIFICATE.what(), what)
    with pytest.raises(MalformedError, match="trusted certificate"):
        parse_entry(line)


def test_digest_of_a_certificate() -> None:
    """A certificate is made from 64 lower-case hex digits only."""
    with pytest.raises(MalformedError, match="64 lower-case hex digits"):
        dataclasses.replace(CERTIFICATE, sha256="AB" * 32)


def test_both_ways_of_counting() -> None:
    """For a checkpoint's size the end is included, for a leaf it is not."""
    assert [CERTIFICATE.covers(size, None) for size in (4, 5, 9, 10)] == [
        False,
        True,
        True,
        False,
    ]
    assert [CERTIFICATE.covers_leaf(leaf) for leaf in (4, 5, 8, 9)] == [
        False,
        True,
        True,
        False,
    ]
