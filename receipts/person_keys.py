"""Enrolling a person's own key, and the rule that comes with the second one.

While no rule of two persons is in force, keys are enrolled freely; the second person
of the firm brings the rule, in the same step. From then on two persons who have keys
must sign every change of keys, and so every new person.
"""

from __future__ import annotations

from sqlalchemy.orm import Session

from intake.acts import ActHandler, Proposal, propose
from intake.errors import Refused
from intake.services import Services, now
from intake.two_persons import keys_in_force, needs_two
from integrity.errors import VerificationError
from integrity.key_history import COMPROMISED, KEYS_CHANGED, change_facts, check_change
from integrity.keys import key_id
from integrity.policy import DEFAULT_TWO_PERSON_KINDS, Role, parse_trusted_keys
from integrity.statement import Actor, Event
from integrity.store import sql_log
from integrity.store.custody_log import Transaction
from integrity.vkey import VerifierKey
from receipts.key_changes import leaf_of_plan, record_change
from receipts.key_plan import KeyPlan, person_added, two_person_rule
from receipts.key_settling import settle_keys

PERSONS_FOR_RULE = 2
# Leaves that may come between a proposal and its second signature: the statement
# names the leaf from which the new lines count, and must be recorded before it.
MARGIN = 50


def enrol(services: Services, actor: Actor, key: VerifierKey) -> str | None:
    """Enrol `key`, whose name is its person's login.

    Returns:
        None when it counts from now on; else the id of the act that two persons
        have to sign.

    Raises:
        Refused: this key is enrolled already, or waits already.
    """
    plan = person_added(key.name, key.text())
    with services.log.session() as session:
        signed = needs_two(services, session, KEYS_CHANGED)
    if signed:
        return propose_plan(services, actor, plan, f"person {key.name}")
    with services.log.transaction() as tx:
        _require_new(services, tx, key)
        _record(services, tx, actor, plan)
        _begin_rule(services, tx, actor)
    settle_keys(services)
    return None


def propose_plan(services: Services, actor: Actor, plan: KeyPlan, subject: str) -> str:
    """Ask two persons to sign a change of keys. Returns the id of the act."""
    with services.log.session() as session:
        before = keys_in_force(services, session)
        leaf = leaf_of_plan(services, before, plan, sql_log.size(session), MARGIN)
    after = plan.after(before, leaf, now())
    facts = change_facts(before, after, plan.reason, plan.note)
    return propose(services, actor, Proposal(KEYS_CHANGED, facts, subject), KEY_ACTS)


def _check_change(services: Services, session: Session, event: Event) -> None:
    before = keys_in_force(services, session)
    if event.facts.get("before") != before.fingerprint():
        raise Refused("statement_stale")
    after = parse_trusted_keys(str(event.facts["trust"]).encode())
    compromised = event.facts["reason"] == COMPROMISED
    try:
        leaf = before.next_entry(sql_log.size(session))
        check_change(before, after, leaf, compromised=compromised)
    except VerificationError as error:
        raise Refused("statement_stale") from error


def _record(services: Services, tx: Transaction, actor: Actor, plan: KeyPlan) -> None:
    before = keys_in_force(services, tx.session)
    after = plan.after(before, before.next_entry(tx.size), tx.now)
    facts = change_facts(before, after, plan.reason, plan.note)
    tx.record(KEYS_CHANGED, actor, facts)


def _begin_rule(services: Services, tx: Transaction, actor: Actor) -> None:
    """The second person brings the rule, before anybody could come between."""
    trusted = keys_in_force(services, tx.session)
    persons = {person.login for person in trusted.person_keys(tx.size).values()}
    if len(persons) < PERSONS_FOR_RULE or trusted.two_person_kinds(tx.size):
        return
    _record(services, tx, actor, two_person_rule(trusted, DEFAULT_TWO_PERSON_KINDS))


def _require_new(services: Services, tx: Transaction, key: VerifierKey) -> None:
    trusted = keys_in_force(services, tx.session)
    listed = {key_id(e.key.public_key) for e in trusted.keys(Role.PERSON)}
    if key_id(key.public_key) in listed:
        raise Refused("key_change", reason="this key is enrolled already")


def _settle(services: Services, _event: Event, _leaf: int) -> None:
    settle_keys(services)


KEY_CHANGE = ActHandler(_check_change, _settle, record_change)
KEY_ACTS = {KEYS_CHANGED: KEY_CHANGE}
