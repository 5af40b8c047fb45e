"""Which acts need two persons, and whether a signature is a person's own.

The rule and the persons' public keys stand in the firm's public keys; whoever signs
does it with a key that the server does not have (a passkey, or a file of their own).
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy.orm import Session

from intake.errors import Refused
from intake.services import Services
from integrity.canonical import canonical_json
from integrity.digest import digest_bytes
from integrity.errors import VerificationError
from integrity.persons import PersonSignature, check_signature
from integrity.policy import TrustedKeys
from integrity.statement import Actor, Event, Subject
from integrity.store import sql_log


def keys_in_force(services: Services, session: Session) -> TrustedKeys:
    """The firm's keys after every change in the log, whoever made it."""
    newest = sql_log.state(session).key_change
    return services.log.keys.in_force(session, newest)


def needs_two(services: Services, session: Session, kind: str) -> bool:
    """Whether the firm's rule wants two persons' keys for an act of `kind` now."""
    trusted = keys_in_force(services, session)
    return kind in trusted.two_person_kinds(sql_log.size(session))


def require_no_rule(services: Services, session: Session, kind: str) -> None:
    """Refuse to record an act of `kind` without signatures while a rule wants them."""
    if needs_two(services, session, kind):
        raise Refused("signature_needed")


def logins_with_key(services: Services, session: Session) -> frozenset[str]:
    """Everybody who has a key of their own that counts now."""
    keys = keys_in_force(services, session).person_keys(sql_log.size(session))
    return frozenset(key.login for key in keys.values())


def keyids_of(services: Services, session: Session, login: str) -> tuple[str, ...]:
    """Ids of the keys of `login` that count now."""
    keys = keys_in_force(services, session).person_keys(sql_log.size(session))
    return tuple(keyid for keyid, key in keys.items() if key.login == login)


def unsigned_event(
    kind: str,
    actor: Actor,
    facts: dict[str, Any],
    at: dt.datetime,
    subjects: Sequence[Subject] = (),
    salt: str = "",
) -> Event:
    """The event that persons sign before it has a leaf; a new salt unless given."""
    about = tuple(subjects) or (Subject("facts", digest_bytes(canonical_json(facts))),)
    return Event(kind, actor, at, facts, about, {}, salt or secrets.token_hex(32))


def signer_of(
    services: Services, session: Session, payload: bytes, signature: PersonSignature
) -> str:
    """The login whose key, valid now, made `signature` over `payload`.

    Raises:
        Refused: no person's key that counts now, or it does not verify.
    """
    known = keys_in_force(services, session).person_keys(sql_log.size(session))
    person = known.get(signature.keyid)
    if person is None:
        raise Refused("person_signature", reason="the key is unknown")
    try:
        check_signature(payload, signature, person)
    except VerificationError as error:
        raise Refused("person_signature", reason=error.reason) from error
    return person.login


def require_own_signature(
    services: Services,
    session: Session,
    login: str,
    payload: bytes,
    signature: PersonSignature,
) -> None:
    """Refuse a signature that is not by a key of `login` that counts now."""
    if not keyids_of(services, session, login):
        raise Refused("person_key_absent", login=login)
    if signer_of(services, session, payload, signature) != login:
        raise Refused("person_signature", reason="it is by another person")
