"""Changing the keys: a new private half first, then one signed event, then the files.

1. The new private key is made where it will lie, and `keys/sources.json` names it.
2. One `keys.changed` event goes into the log, checked by the rules of key_history.py
   and signed by two persons where the firm's rule wants them.
3. Once it is published, key_settling.py brings stores and home up to it and destroys
   what was closed.

A crash after 1 leaves a key that signs nothing and is used by the next try; a crash
after 2 is completed by the next start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.errors import Refused
from intake.services import Services, now
from intake.two_persons import needs_two, unsigned_event
from integrity.envelope import signatures_of
from integrity.errors import (
    MalformedError,
    SigningRefused,
    VerificationError,
)
from integrity.key_history import COMPROMISED, KEYS_CHANGED, change_facts, check_change
from integrity.keys import Signer, key_id
from integrity.origins import Origin
from integrity.persons import PersonSignature, sign_payload
from integrity.policy import Role, TrustedKeys, parse_trusted_keys
from integrity.statement import Actor, Event, event_of, prepare
from integrity.store import sql_log
from integrity.store.custody_log import Transaction
from integrity.store.tables import LogKeyChange
from integrity.vkey import parse_vkey
from receipts.key_plan import KeyPlan, compromise, line_of, open_lines, rotation
from receipts.key_settling import home_keys, settle_keys
from receipts.new_keys import new_line
from receipts.next_log import closing_log, next_origin, require_begun

ANNOUNCED = "keys.compromised"
LOST = "keys.lost"
# A log key that is compromised ends at once, and leaves fill the way to the next one.
MOST_AHEAD = 1000
TRIES = 5  # somebody else may write between signing and recording


@dataclass(frozen=True, slots=True)
class Changed:
    """A change that is in force: its leaf, the new fingerprint, what was destroyed."""

    leaf: int
    fingerprint: str
    destroyed: tuple[str, ...]


def plan_rotation(
    services: Services, role: Role, to: str = "", note: str = ""
) -> KeyPlan:
    """Make a new key for `role`, at the reference `to` or beside the present one.

    Nothing is in force yet.

    While the next log is announced the key is a further one for the rest of the log
    that closes; that of the next log cannot be replaced before it counts.

    Raises:
        Refused: the role has no key of our own, the new key must be named, or the
            next log has not begun and the one before it is full.
        KeyUnavailable, SigningRefused, StoreUnavailable: it could not be made.
    """
    closing = _closing(services) if role is Role.LOG else None
    if closing is not None:
        return rotation(role, (), new_line(services, role, to, closing.name), note)
    if role is Role.LOG:
        _require_begun(services)
    new = new_line(services, role, to)
    old = open_lines(services.log.keys.trusted, role)
    return rotation(role, tuple(one for one in old if one != new), new, note)


def plan_next_log(
    services: Services, name: str = "", to: str = "", note: str = ""
) -> KeyPlan:
    """Make the key of the next log `name`, by default the year, at the reference `to`.

    The key of the open log ends with the change; nothing is in force yet.

    Raises:
        Refused: the name cannot be had, the open log has not begun, or the new key
            must be named.
        KeyUnavailable, SigningRefused, StoreUnavailable: it could not be made.
    """
    _require_begun(services)
    trusted = services.log.keys.trusted
    origin = next_origin(trusted, name)
    old = open_lines(trusted, Role.LOG)
    return rotation(Role.LOG, old, new_line(services, Role.LOG, to, origin), note)


def plan_compromise(
    services: Services, role: Role, keyid: str, since: int, to: str = "", note: str = ""
) -> KeyPlan:
    """Close a key that may be in other hands; an own key gets its successor at once.

    Raises:
        Refused: no such key; a person's that signed a change of keys since; or as
            `plan_rotation`.
    """
    trusted = services.log.keys.trusted
    key = line_of(trusted, role, keyid)
    own = role in {Role.LOG, Role.STATEMENT, Role.PDF}
    closing = _closing(services) if role is Role.LOG else None
    name = "" if closing is None else closing.name
    of_closing = name != "" and parse_vkey(key).name == name
    if not (of_closing or key in open_lines(trusted, role)):
        raise Refused("key_change", reason="this key ended already")
    if role is Role.PERSON:
        _refuse_doubting_changes(services, key, since)
    if role is Role.LOG and not of_closing:
        _require_begun(services)
    new = new_line(services, role, to, name) if own else ""
    return compromise(role, key, since, new, note)


def propose_change(
    services: Services, actor: Actor, plan: KeyPlan, ahead: int = 0
) -> bytes:
    """The payload of the event that makes the change: what persons sign.

    Args:
        services: the home.
        actor: who asks for it.
        plan: the change.
        ahead: leaves that may come before it is recorded; its lines begin after them.

    Raises:
        Refused: the change would not leave a usable list.
    """
    with services.log.session() as session:
        before = home_keys(services).current(session)
        leaf = leaf_of_plan(services, before, plan, sql_log.size(session), ahead)
    facts = plan_facts(before, plan, leaf)
    return prepare(unsigned_event(KEYS_CHANGED, actor, facts, now()))


def leaf_of_plan(
    services: Services, before: TrustedKeys, plan: KeyPlan, size: int, ahead: int
) -> int:
    """The last leaf at which the change may be recorded, `ahead` of the next at most.

    A further key of a log that closes has to begin before that ends. Where nobody can
    sign that end now, nothing else is recorded meanwhile, and it begins at once.
    """
    leaf, closing = before.next_entry(size), closing_log(before, size)
    if (
        closing is None
        or closing.end is None
        or not any(
            role is Role.LOG and parse_vkey(what).name == closing.name
            for role, what in plan.opens
        )
    ):
        return leaf + ahead
    try:
        services.log.keys.log_signer(closing.end, before)
    except SigningRefused:
        return leaf
    return leaf + max(0, min(ahead, closing.end - 2 - leaf))


def plan_facts(before: TrustedKeys, plan: KeyPlan, leaf: int) -> dict[str, object]:
    """The facts of `keys.changed` for a plan that is recorded at `leaf`.

    Raises:
        Refused: the change would not leave a usable list, or may not be made.
    """
    after = plan.after(before, leaf, now())
    compromised = plan.reason == COMPROMISED
    try:
        check_change(before, after, leaf, compromised=compromised)
        return dict(change_facts(before, after, plan.reason, plan.note))
    except (VerificationError, MalformedError) as error:
        raise Refused("key_change", reason=error.reason) from error


def apply_change(
    services: Services, payload: bytes, persons: Sequence[PersonSignature] = ()
) -> Changed:
    """Record the change, publish it, and do what follows from it.

    Raises:
        Refused: it does not fit the keys or the log any more; nothing was changed.
        TwoPersonsNeeded: the rule in force wants other signatures than these.
    """
    with services.log.transaction() as tx:
        check_fits(services, tx.session, event_of(payload))
        leaf = record_change(services, tx, payload, persons)
    destroyed = settle_keys(services)
    return Changed(leaf, services.log.keys.trusted.fingerprint(), destroyed)


def change_keys(
    services: Services, actor: Actor, plan: KeyPlan, signers: Sequence[Signer] = ()
) -> Changed:
    """Propose, sign with the persons' keys at hand, and apply in one go.

    Raises:
        Refused, TwoPersonsNeeded: see `propose_change` and `apply_change`.
    """
    for left in reversed(range(TRIES)):
        payload = propose_change(services, actor, plan)
        persons = [sign_payload(payload, signer) for signer in signers]
        try:
            return apply_change(services, payload, persons)
        except Refused as refusal:
            if refusal.code != "key_changed_meanwhile" or not left:
                raise
    raise AssertionError("the last try returns or raises")


def signatures_needed(services: Services) -> bool:
    """Whether a change of keys wants two persons now."""
    with services.log.session() as session:
        home_keys(services).current(session)
        return needs_two(services, session, KEYS_CHANGED)


def check_fits(services: Services, session: Session, event: Event) -> None:
    """Refuse a change that no longer fits the keys in force, or the log's length."""
    before = home_keys(services).current(session)
    facts = event.facts
    try:
        after = parse_trusted_keys(str(facts["trust"]).encode())
        compromised = facts["reason"] == COMPROMISED
        leaf = before.next_entry(sql_log.size(session))
        check_change(before, after, leaf, compromised=compromised)
    except (VerificationError, MalformedError, KeyError) as error:
        raise Refused("key_changed_meanwhile") from error
    if facts["before"] != before.fingerprint():
        raise Refused("key_changed_meanwhile")


def record_change(
    services: Services,
    tx: Transaction,
    payload: bytes,
    persons: Sequence[PersonSignature] = (),
) -> int:
    """Append the event; of a compromise of the log key, announcements as well.

    The compromised key may not sign the checkpoint that the change ends at, and its
    successor signs only later ones: so there are leaves enough for it at once. So they
    are where the key of a log that closes is lost, or the log might end without it.

    Raises:
        Refused: the successor begins too far away; or it is signed by a person whose
            key it ends before itself, so that no verifier would take the signature.
    """
    event = event_of(payload)
    after = parse_trusted_keys(str(event.facts["trust"]).encode())
    leaf = tx.record_prepared(payload, persons)
    if {each.keyid for each in persons} - after.person_keys(leaf).keys():
        raise Refused("key_change", reason="a key that it ends at once cannot sign it")
    lost = event.facts["reason"] != COMPROMISED
    while not _signed_at(services, after, tx.size, leaf):
        if tx.size > leaf + MOST_AHEAD:
            raise Refused("key_changed_meanwhile")
        facts = {"change": leaf, "note": event.facts["note"]}
        tx.record(LOST if lost else ANNOUNCED, event.actor, facts)
    return leaf


def person_of(trusted: TrustedKeys, signer: Signer) -> str:
    """The login whose enrolled key this is.

    Raises:
        Refused: no enrolled person's.
    """
    wanted = key_id(signer.public_key)
    for entry in trusted.keys(Role.PERSON):
        if entry.to_size is None and key_id(entry.key.public_key) == wanted:
            return entry.key.name
    raise Refused("person_key", where=signer.name)


def _signed_at(services: Services, after: TrustedKeys, size: int, leaf: int) -> bool:
    """Whether somebody may sign the checkpoint of `size`; of a closing log, and can."""
    if after.origin_at(leaf).end is None or after.origin_at(size - 1).first > leaf:
        return bool(after.log_keys(size, None))
    try:
        services.log.keys.log_signer(size, after)
    except SigningRefused:
        return False
    return True


def _closing(services: Services) -> Origin | None:
    with services.log.session() as session:
        trusted = home_keys(services).current(session)
        return closing_log(trusted, sql_log.size(session))


def _require_begun(services: Services) -> None:
    with services.log.session() as session:
        trusted = home_keys(services).current(session)
        require_begun(trusted, sql_log.size(session))


def _refuse_doubting_changes(services: Services, vkey: str, since: int) -> None:
    """Refuse to doubt a change of keys: every bundle carries it and would not pass."""
    keyid = key_id(parse_vkey(vkey).public_key)
    later = select(LogKeyChange.leaf).where(LogKeyChange.leaf >= since)
    with services.log.session() as session:
        for leaf in session.scalars(later.order_by(LogKeyChange.leaf.desc())):
            signed = signatures_of(sql_log.statement(session, leaf))
            if keyid in {each.keyid for each in signed}:
                reason = f"it signed the change of event {leaf}: since {leaf + 1}"
                raise Refused("key_change", reason=f"{reason} at the earliest")
