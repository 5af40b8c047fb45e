"""Signatures of persons: by keys that the service does not have and cannot use.

A person signs the payload of a statement, with an Ed25519 key in a file of hers or
with a passkey in her device. Whoever holds the database and the server, and so the
statement key, still cannot make one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from integrity.canonical import pae
from integrity.envelope import PAYLOAD_TYPE, PersonSignature, parse_envelope
from integrity.errors import MalformedError, VerificationError
from integrity.keys import Signer, key_id, signature_verifies
from integrity.policy import PersonKey, TrustedKeys
from integrity.statement import Event
from integrity.vkey import PASSKEY
from integrity.webauthn import (
    Assertion,
    check_assertion,
    parse_assertion,
    parse_passkey,
)

__all__ = [  # a person's signature, how it is made and how it is judged
    "PersonKey",
    "PersonSignature",
    "assertion_signature",
    "challenge",
    "check_signature",
    "check_two_persons",
    "sign_payload",
    "verified_logins",
]

# The kind of which each person makes an event of her own: a statement for both would
# show the second who counts what the first has counted.
EACH_ALONE = "exhibit.checked"
PERSONS_NEEDED = 2

_CHECK = "person signature"
_RULE = "two persons"


def challenge(payload: bytes) -> bytes:
    """What a passkey is asked to sign for `payload`: SHA-256 of its DSSE encoding."""
    return hashlib.sha256(pae(PAYLOAD_TYPE, payload)).digest()


def sign_payload(payload: bytes, signer: Signer) -> PersonSignature:
    """The signature of `payload` by a person's Ed25519 key.

    Raises:
        SigningRefused: the signer refuses.
    """
    signature = signer.sign(pae(PAYLOAD_TYPE, payload))
    return PersonSignature(key_id(signer.public_key), signature)


def assertion_signature(
    keyid: str, authenticator_data: bytes, client_data_json: bytes, signature: bytes
) -> PersonSignature:
    """The signature by a passkey, from what the browser handed over.

    Whether it holds is for `check_signature` to say.

    Raises:
        MalformedError: a part is empty or longer than its bound.
    """
    assertion = Assertion(authenticator_data, client_data_json, signature)
    return PersonSignature(keyid, assertion.serialise())


def check_signature(
    payload: bytes, signature: PersonSignature, person: PersonKey
) -> None:
    """Check that `signature` is that of `person` over `payload`.

    Raises:
        VerificationError: it is by another key, or does not hold.
    """
    if signature.keyid != key_id(person.key.public_key):
        raise VerificationError(_CHECK, f"it is not by the key of {person.login}")
    try:
        _check(payload, signature.sig, person)
    except MalformedError as error:
        reason = f"that of {person.login} is malformed: {error.reason}"
        raise VerificationError(_CHECK, reason) from error
    except VerificationError as error:
        reason = f"that of {person.login} does not hold: {error.reason}"
        raise VerificationError(_CHECK, reason) from error


def verified_logins(
    envelope: bytes, trusted: TrustedKeys, leaf: int
) -> tuple[str, ...]:
    """Sign-in names of the persons who signed, sorted, each once.

    Args:
        envelope: the signed statement; the first signature is not checked here.
        trusted: the firm's keys.
        leaf: number of the statement's leaf, by which the keys are judged.

    Raises:
        MalformedError: the envelope is not in its one form.
        VerificationError: a person's signature is by a key that does not count at
            `leaf`, or does not hold.
    """
    claimed = parse_envelope(envelope)
    known = trusted.person_keys(leaf)
    logins = set[str]()
    for signature in claimed.persons:
        person = known.get(signature.keyid)
        if person is None:
            raise VerificationError(_CHECK, "one is by an unknown key")
        check_signature(claimed.payload, signature, person)
        logins.add(person.login)
    return tuple(sorted(logins))


def check_two_persons(
    event: Event, logins: Collection[str], trusted: TrustedKeys, leaf: int
) -> None:
    """Check that the persons signed whom the rule in force at `leaf` wants.

    Of `exhibit.checked` each half is a statement of its own with the signature of its
    actor; that the halves are by different persons is judged where both are at hand.

    Args:
        event: the event of leaf number `leaf`.
        logins: whose signatures hold (`verified_logins`).
        trusted: the firm's keys and rules.
        leaf: number of the event's leaf.

    Raises:
        VerificationError: the rule wants two persons and they did not sign.
    """
    if event.kind not in trusted.two_person_kinds(leaf):
        return
    if event.kind == EACH_ALONE:
        if event.actor.login not in logins:
            raise VerificationError(_RULE, f"{event.actor.login} did not sign")
        return
    if len(set(logins)) < PERSONS_NEEDED:
        reason = f"{event.kind} wants two persons and {len(set(logins))} signed"
        raise VerificationError(_RULE, reason)


def _check(payload: bytes, signature: bytes, person: PersonKey) -> None:
    if person.key.algorithm == PASSKEY:
        passkey = parse_passkey(person.key.public_key)
        check_assertion(passkey, parse_assertion(signature), challenge(payload))
        return
    message = pae(PAYLOAD_TYPE, payload)
    if not signature_verifies(person.key.public_key, signature, message):
        raise VerificationError(_CHECK, "the signature does not match")
