"""Persons' signatures: whose they are, that they hold, and how many are wanted."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json

import pytest

from integrity.canonical import canonical_json, pae
from integrity.envelope import PAYLOAD_TYPE
from integrity.errors import MalformedError, VerificationError
from integrity.keys import Ed25519Signer, key_id
from integrity.persons import (
    PersonKey,
    PersonSignature,
    assertion_signature,
    challenge,
    check_signature,
    check_two_persons,
    sign_payload,
    verified_logins,
)
from integrity.policy import (
    Role,
    RuleEntry,
    TrustedKey,
    TrustedKeys,
    two_persons,
)
from integrity.statement import (
    Actor,
    Event,
    open_statement,
    prepare,
    seal,
    seal_prepared,
)
from integrity.vkey import VerifierKey
from tests.bundle_factory import START, signer, verifier_key
from tests.passkeys import PRESENT, Device

LOG, SERVICE = signer("log", 1), signer("log", 2)
WANG, WANG_HOME, LI = signer("wang", 3), signer("wang", 4), signer("li", 5)
DEVICE = Device("zhao")
FROM, TO = 10, 20

EVENT = Event(
    kind="exhibit.erased",
    actor=Actor("wang", "王律师", "lawyer"),
    time=dt.datetime(2026, 8, 29, 6, 3, 22, tzinfo=dt.UTC),
    facts={"exhibit": "e0123456789ab"},
    subjects=(),
    tools={},
    salt="5a" * 32,
)
PAYLOAD = prepare(EVENT)


def _entry(
    role: Role, key: VerifierKey, begin: int = 0, end: int | None = None
) -> TrustedKey:
    return TrustedKey(role, key, begin, end, START, None)


TRUSTED = TrustedKeys(
    (
        _entry(Role.LOG, verifier_key(LOG)),
        _entry(Role.STATEMENT, verifier_key(SERVICE)),
        _entry(Role.PERSON, verifier_key(WANG), FROM, TO),
        _entry(Role.PERSON, verifier_key(WANG_HOME), FROM, TO),
        _entry(Role.PERSON, verifier_key(LI), FROM, TO),
        _entry(Role.PERSON, DEVICE.vkey, FROM, TO),
        RuleEntry(two_persons(), FROM + 2, TO - 2, START, None),
    )
)


def _by_file(*signers: Ed25519Signer) -> list[PersonSignature]:
    return [sign_payload(PAYLOAD, signer) for signer in signers]


def _by_device(device: Device = DEVICE, **wrong: object) -> PersonSignature:
    asked = wrong.pop("asked", challenge(PAYLOAD))
    assert isinstance(asked, bytes)
    answer = device.answer(asked, **wrong)  # type: ignore[arg-type]
    return assertion_signature(
        key_id(DEVICE.vkey.public_key),
        answer.authenticator_data,
        answer.client_data_json,
        answer.signature,
    )


def _logins(signed: list[PersonSignature], leaf: int = FROM) -> tuple[str, ...]:
    return verified_logins(seal_prepared(PAYLOAD, SERVICE, signed), TRUSTED, leaf)


def test_question_is_the_digest_of_what_is_signed() -> None:
    """A passkey signs SHA-256 of exactly what a file key signs."""
    encoded = pae(PAYLOAD_TYPE, PAYLOAD)
    assert challenge(PAYLOAD) == hashlib.sha256(encoded).digest()
    assert sign_payload(PAYLOAD, WANG) == PersonSignature(
        key_id(WANG.public_key), WANG.sign(encoded)
    )


def test_file_key_and_passkey_sign_one_statement() -> None:
    """Both kinds stand in one envelope, which opens as it did without them."""
    signed = [*_by_file(WANG), _by_device()]
    envelope = seal(EVENT, SERVICE, signed)
    assert envelope == seal_prepared(PAYLOAD, SERVICE, signed)
    keys = TRUSTED.statement_keys()
    assert open_statement(envelope, keys) == EVENT
    assert open_statement(seal(EVENT, SERVICE), keys) == EVENT
    assert verified_logins(envelope, TRUSTED, FROM) == ("wang", "zhao")


def test_nobody_signed() -> None:
    """A statement without persons has no persons; nothing is wrong with that."""
    assert _logins([]) == ()


def test_two_keys_of_one_person_count_once() -> None:
    """Who has two keys is one person."""
    assert _logins(_by_file(WANG, WANG_HOME)) == ("wang",)


@pytest.mark.parametrize("leaf", [FROM - 1, TO])
def test_key_beyond_its_leaves_is_unknown(leaf: int) -> None:
    """A person's key counts from its first leaf and before its end."""
    with pytest.raises(VerificationError, match="by an unknown key"):
        _logins(_by_file(WANG), leaf)


@pytest.mark.parametrize("leaf", [FROM, TO - 1])
def test_key_within_its_leaves(leaf: int) -> None:
    """The first and the last leaf of a key count."""
    assert _logins(_by_file(WANG), leaf) == ("wang",)


def test_key_of_a_stranger_is_unknown() -> None:
    """One signature by nobody we know spoils the statement."""
    stranger = signer("wang", 9)
    with pytest.raises(VerificationError, match="by an unknown key"):
        _logins(_by_file(WANG, stranger))


def test_statement_key_is_no_person() -> None:
    """The key that the server holds counts for nobody."""
    log = sign_payload(PAYLOAD, LOG)
    with pytest.raises(VerificationError, match="by an unknown key"):
        _logins([log])
    with pytest.raises(MalformedError, match="in order, each once"):
        _logins([sign_payload(PAYLOAD, SERVICE)])


def test_signature_of_another_statement() -> None:
    """A signature is of one statement: not of another event, not of the bare bytes."""
    other = prepare(dataclasses.replace(EVENT, salt="6b" * 32))
    for wrong in (
        sign_payload(other, WANG),
        PersonSignature(key_id(WANG.public_key), WANG.sign(PAYLOAD)),
    ):
        with pytest.raises(VerificationError, match="that of wang does not hold"):
            _logins([wrong])


@pytest.mark.parametrize(
    ("signed", "reason"),
    [
        (_by_device(asked=challenge(b"other")), "does not hold: it answers another"),
        (_by_device(rp_id="evil.example"), "does not hold: it was made for another"),
        (_by_device(flags=PRESENT), "does not hold: the device did not verify"),
        (_by_device(kind="webauthn.create"), "does not hold: it was not made"),
        (_by_device(Device("zhao", 8)), "does not hold: the signature does not match"),
        (_by_device(client_data=b"[]"), "malformed: it is not an object"),
        (
            PersonSignature(key_id(DEVICE.vkey.public_key), b"x" * 64),
            "malformed: it cannot be parsed",
        ),
    ],
)
def test_answer_of_a_device_that_does_not_hold(
    signed: PersonSignature, reason: str
) -> None:
    """A passkey's answer with one thing wrong is named with its person."""
    with pytest.raises(VerificationError, match=f"that of zhao .*{reason}"):
        _logins([signed])


def test_file_key_does_not_answer_like_a_device() -> None:
    """The type of the key says what its signature looks like."""
    answer = _by_device()
    with pytest.raises(VerificationError, match="that of wang does not hold"):
        _logins([PersonSignature(key_id(WANG.public_key), answer.sig)])


def test_signature_is_checked_before_it_is_kept() -> None:
    """One person's signature can be judged while the others are still missing."""
    person = PersonKey("zhao", DEVICE.vkey)
    check_signature(PAYLOAD, _by_device(), person)
    with pytest.raises(VerificationError, match="not by the key of zhao"):
        check_signature(PAYLOAD, sign_payload(PAYLOAD, WANG), person)


def test_answer_that_no_envelope_can_carry() -> None:
    """An empty part is refused when the browser hands it over."""
    with pytest.raises(MalformedError, match="its signature is not"):
        assertion_signature("0a" * 32, b"a", b"c", b"")


def test_prepared_bytes_must_be_a_statement() -> None:
    """Nothing is sealed that the reader would refuse, whoever signed it."""
    with pytest.raises(MalformedError, match="cannot be parsed"):
        seal_prepared(b"text", SERVICE)
    fields = json.loads(PAYLOAD)
    fields["more"] = 1
    with pytest.raises(MalformedError, match="an object with the fields"):
        seal_prepared(canonical_json(fields), SERVICE)


IN_FORCE = FROM + 2


@pytest.mark.parametrize(
    ("kind", "logins", "leaf", "holds"),
    [
        ("exhibit.erased", ("li", "wang"), IN_FORCE, True),
        ("exhibit.erased", ("li", "wang", "zhao"), TO - 3, True),
        ("exhibit.erased", ("li", "li"), IN_FORCE, False),
        ("exhibit.erased", ("wang",), IN_FORCE, False),
        ("exhibit.erased", (), TO - 3, False),
        ("exhibit.erased", (), IN_FORCE - 1, True),
        ("exhibit.erased", (), TO - 2, True),
        ("exhibit.received", (), IN_FORCE, True),
        ("exhibit.checked", ("wang",), IN_FORCE, True),
        ("exhibit.checked", ("li", "wang"), IN_FORCE, True),
        ("exhibit.checked", ("li", "zhao"), IN_FORCE, False),
        ("exhibit.checked", (), IN_FORCE, False),
        ("exhibit.checked", (), IN_FORCE - 1, True),
    ],
)
def test_rule_of_two_persons(
    kind: str, logins: tuple[str, ...], leaf: int, *, holds: bool
) -> None:
    """Two persons where the rule in force wants them; each half of a check, its own."""
    event = dataclasses.replace(EVENT, kind=kind)
    if holds:
        check_two_persons(event, logins, TRUSTED, leaf)
        return
    with pytest.raises(VerificationError, match=r"wants two persons|did not sign"):
        check_two_persons(event, logins, TRUSTED, leaf)
