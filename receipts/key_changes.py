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
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from intake.errors import Refused
from intake.key_reference import (
    AgentReference,
    FileReference,
    Reference,
    TokenReference,
    parse_reference,
)
from intake.key_sources import create_signer
from intake.services import Services, now
from intake.two_persons import needs_two, unsigned_event
from integrity.envelope import signatures_of
from integrity.errors import (
    MalformedError,
    VerificationError,
)
from integrity.key_history import COMPROMISED, KEYS_CHANGED, change_facts, check_change
from integrity.keys import Signer, key_id
from integrity.note import VerifierKey
from integrity.persons import PersonSignature, sign_payload
from integrity.policy import Role, TrustedKeys, parse_trusted_keys
from integrity.statement import Actor, Event, event_of, prepare
from integrity.store import sql_log
from integrity.store.custody_log import Transaction
from integrity.store.tables import LogKeyChange
from integrity.vkey import parse_vkey
from receipts.key_plan import KeyPlan, compromise, line_of, open_lines, rotation
from receipts.key_settling import (
    founding_certificate,
    home_keys,
    public_half,
    settle_keys,
)
from receipts.pdf_key import certificate_sha256, make_pdf_key

ANNOUNCED = "keys.compromised"
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

    Raises:
        Refused: the role has no key of our own, or the new key must be named.
        KeyUnavailable, SigningRefused, StoreUnavailable: it could not be made.
    """
    new = _new_line(services, role, to)
    old = open_lines(services.log.keys.trusted, role)
    return rotation(role, tuple(one for one in old if one != new), new, note)


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
    in_use = key in open_lines(trusted, role)
    if not in_use:
        raise Refused("key_change", reason="this key ended already")
    if role is Role.PERSON:
        _refuse_doubting_changes(services, key, since)
    new = _new_line(services, role, to) if own else ""
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
        leaf = sql_log.size(session) + ahead
    facts = plan_facts(before, plan, leaf)
    return prepare(unsigned_event(KEYS_CHANGED, actor, facts, now()))


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
        leaf = sql_log.size(session)
        check_change(before, after, leaf, compromised=compromised)
    except (VerificationError, MalformedError, KeyError) as error:
        raise Refused("key_changed_meanwhile") from error
    if facts["before"] != before.fingerprint():
        raise Refused("key_changed_meanwhile")


def record_change(
    _services: Services,
    tx: Transaction,
    payload: bytes,
    persons: Sequence[PersonSignature] = (),
) -> int:
    """Append the event; of a compromise of the log key, announcements as well.

    The compromised key may not sign the checkpoint that the change ends at, and its
    successor signs only later ones: so there are leaves enough for it at once.

    Raises:
        Refused: the successor begins too far away; or it is signed by a person whose
            key it ends before itself, so that no verifier would take the signature.
    """
    event = event_of(payload)
    after = parse_trusted_keys(str(event.facts["trust"]).encode())
    leaf = tx.record_prepared(payload, persons)
    if {each.keyid for each in persons} - after.person_keys(leaf).keys():
        raise Refused("key_change", reason="a key that it ends at once cannot sign it")
    while not after.log_keys(tx.size, None):
        if tx.size > leaf + MOST_AHEAD:
            raise Refused("key_changed_meanwhile")
        facts = {"change": leaf, "note": event.facts["note"]}
        tx.record(ANNOUNCED, event.actor, facts)
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


def _new_line(services: Services, role: Role, to: str) -> str:
    """Second field of the line for a key that is made, or found unused, now."""
    keys = home_keys(services)
    sources, trusted = keys.sources, keys.trusted
    text = to or _unused(services, role) or _beside(services, role)
    reference = parse_reference(text)
    if role is Role.PDF:
        firm = services.settings.firm_name
        made = make_pdf_key(reference, sources.place, firm, now())
        what = f"sha256:{certificate_sha256(made)}"
        listed = {founding_certificate(services)} | _certificates(trusted)
        if certificate_sha256(made) in listed:
            raise Refused("key_change", reason=f"{text} is or was in use")
    else:
        signer = _made_signer(reference, services, role)
        what = VerifierKey.ed25519(keys.origin, signer.public_key).text()
        known = trusted.keys()
        if signer.public_key in {entry.key.public_key for entry in known}:
            raise Refused("key_change", reason=f"{text} is or was in use")
    sources.add(role, text)
    keys.replace_trusted(trusted, keys.all_signers())
    return what


def _made_signer(reference: Reference, services: Services, role: Role) -> Signer:
    keys = home_keys(services)
    try:
        return create_signer(reference, keys.sources.place, keys.origin)
    except FileExistsError as error:
        reason = f"{reference.text()} exists for {role.value}"
        raise Refused("key_change", reason=reason) from error


def _unused(services: Services, role: Role) -> str:
    """A reference whose key is in no line yet: left by a change that did not happen."""
    keys = home_keys(services)
    listed = {e.what() for e in keys.trusted.entries if e.role is role}
    if role is Role.PDF:
        listed.add(f"sha256:{founding_certificate(services)}")
    for text in keys.sources.references(role):
        found = public_half(keys.sources, role, parse_reference(text), keys.origin)
        if found is None:
            continue
        if role is not Role.PDF:
            found = VerifierKey.ed25519(keys.origin, bytes.fromhex(found)).text()
        if found not in listed:
            return text
    return ""


def _beside(services: Services, role: Role) -> str:
    """A new place of the same kind as the present one."""
    sources = home_keys(services).sources
    present = parse_reference(sources.references(role)[-1])
    if isinstance(present, FileReference):
        return sources.new_file(role)
    if isinstance(present, TokenReference) and present.object is not None:
        stem, dash, number = present.object.rpartition("-")
        known = dash and number.isdecimal()
        stem, count = (stem, int(number)) if known else (present.object, 1)
        return replace(present, object=f"{stem}-{count + 1}", id=None).text()
    wanted = "a new key, named with --to"
    if isinstance(present, AgentReference):
        wanted = "a new key of the agent, named with --to (ssh-add -l)"
    raise Refused("key_reference", reference=present.text(), wanted=wanted)


def _certificates(trusted: TrustedKeys) -> set[str | None]:
    lines = (e.what() for e in trusted.entries if e.role is Role.PDF)
    return {line.removeprefix("sha256:") for line in lines}
