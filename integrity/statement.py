"""A custody event as a signed statement, and the leaf that stands for it.

in-toto Statement v1 as canonical JSON in a DSSE v1 envelope, itself canonical
JSON, with the Ed25519 signature of the service and, where persons answer for an act
with keys of their own, theirs after it. The leaf is two digest lines over the exact
envelope bytes, so it reveals nothing and `cksum -c` can check it; the salt keeps
the digest of a guessable statement from being guessed.

An act that persons sign is written in two steps: `prepare` makes the bytes that they
sign, `seal_prepared` puts the signatures together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from integrity.digest import digest_bytes
from integrity.envelope import PersonSignature, unwrap, wrap
from integrity.event import (
    MAX_SUBJECTS,
    MAX_TOOLS,
    PREDICATE_TYPE,
    Actor,
    Event,
    Subject,
    event_of,
    prepare,
)
from integrity.keys import Signer, key_id

__all__ = [  # a statement, the event in it, and key_id: how it names its keys
    "MAX_SUBJECTS",
    "MAX_TOOLS",
    "PREDICATE_TYPE",
    "Actor",
    "Event",
    "PersonSignature",
    "Subject",
    "event_of",
    "key_id",
    "leaf_text",
    "open_statement",
    "prepare",
    "seal",
    "seal_prepared",
]


def seal(
    event: Event, signer: Signer, persons: Sequence[PersonSignature] = ()
) -> bytes:
    """The envelope of `event`: canonical JSON, signed.

    Raises:
        MalformedError: as `prepare` and `seal_prepared`.
    """
    return wrap(prepare(event), signer, persons)


def seal_prepared(
    payload: bytes, signer: Signer, persons: Sequence[PersonSignature] = ()
) -> bytes:
    """The envelope of a payload that `prepare` made, with persons' signatures.

    The signatures of `persons` are carried along; `persons.verified_logins` judges
    them.

    Raises:
        MalformedError: `payload` is no statement of ours, the envelope would be over
            1 MiB, or cannot carry these signatures (two by one key …).
    """
    event_of(payload)
    return wrap(payload, signer, persons)


def open_statement(envelope: bytes, keys: Mapping[str, bytes]) -> Event:
    """The event in `envelope`, signed by one of `keys` (key id -> public key).

    Raises:
        MalformedError: envelope or statement is not in its one form.
        VerificationError: no key of ours signed it, or the signature is wrong.
    """
    return event_of(unwrap(envelope, keys))


def leaf_text(envelope: bytes) -> bytes:
    """The log entry of an envelope: two lines that `cksum -c` understands."""
    digests = digest_bytes(envelope)
    return (
        f"SHA256 (statement) = {digests.sha256}\nSM3 (statement) = {digests.sm3}\n"
    ).encode("ascii")
