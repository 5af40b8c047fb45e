"""How `trust/keys` became what it is: leaf 0, and every event `keys.changed`.

Each change names the file before it by its fingerprint and holds the whole file after
it. The chain starts with the keys that leaf 0 names and must end at exactly the file
we were given; the rules of one change are in key_change.py.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from integrity.key_change import (
    COMPROMISED,
    KEYS_CHANGED,
    REASONS,
    change_facts,
    check_change,
    read_facts,
    refused_change,
)
from integrity.policy import TrustedKeys, parse_trusted_keys
from integrity.statement import Event
from integrity.trust_entry import CertificateEntry, Role

__all__ = [  # the chain, and the one change it is made of
    "COMPROMISED",
    "KEYS_CHANGED",
    "REASONS",
    "Change",
    "Stage",
    "change_facts",
    "check_change",
    "check_history",
    "stages",
]

FOUNDED = "firm.initialised"
_FOUNDING_ROLES = frozenset({Role.LOG, Role.STATEMENT, Role.PDF})

Change: TypeAlias = tuple[int, Event]
"""Leaf number and event of a `keys.changed`."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A content that `trust/keys` once had, from leaf `from_leaf` on."""

    fingerprint: str
    trust: TrustedKeys
    from_leaf: int


def stages(founding: Event, changes: Sequence[Change]) -> tuple[Stage, ...]:
    """Every content that `trust/keys` had, oldest first; () without changes.

    Without a change the log does not say more of the file than which keys are in it;
    `check_history` then returns the file itself as the one stage.

    Args:
        founding: the event of leaf 0.
        changes: every `keys.changed` with its leaf number.

    Raises:
        MalformedError: facts of another form.
        VerificationError: a change does not follow from the one before it.
    """
    if not changes:
        return ()
    first = read_facts(changes[0][1].facts)
    trust = _founding_keys(first.trust)
    _check_founding(trust, founding)
    found = [Stage(trust.fingerprint(), trust, 0)]
    for leaf, event in changes:
        found.append(_next_stage(found[-1], leaf, event))
    return tuple(found)


def check_history(
    trust_keys: bytes, founding: Event, changes: Sequence[Change]
) -> tuple[Stage, ...]:
    """Check that leaf 0 and the changes lead to exactly `trust_keys`.

    That persons signed the changes is not judged here (persons.py).

    Returns:
        Every content that the file had, oldest first; the last one is `trust_keys`.

    Raises:
        MalformedError: `trust_keys` or the facts of an event have another form.
        VerificationError: they do not lead there.
    """
    trust = parse_trusted_keys(trust_keys)
    found = stages(founding, changes)
    if not found:
        if trust != _founding_keys(trust):
            raise refused_change("the file was changed and no event says so")
        _check_founding(trust, founding)
        return (Stage(trust.fingerprint(), trust, 0),)
    if found[-1].trust != trust:
        raise refused_change("the events lead to other keys than those of the file")
    return found


def _next_stage(last: Stage, leaf: int, event: Event) -> Stage:
    facts = read_facts(event.facts)
    if event.kind != KEYS_CHANGED or leaf < max(last.from_leaf, 1):
        raise refused_change(f"event {leaf} is no change of keys, or out of order")
    if facts.before != last.fingerprint:
        raise refused_change(f"the change of event {leaf} is of another file")
    compromised = facts.reason == COMPROMISED
    check_change(last.trust, facts.trust, leaf, compromised=compromised)
    return Stage(facts.trust.fingerprint(), facts.trust, leaf + 1)


def _founding_keys(trust: TrustedKeys) -> TrustedKeys:
    """The file as it was at leaf 0: the lines that begin there, still open."""
    return TrustedKeys(
        tuple(
            dataclasses.replace(entry, to_size=None, to_time=None)
            for entry in trust.entries
            if entry.from_size == 0
        )
    )


def _check_founding(trust: TrustedKeys, founding: Event) -> None:
    """Leaf 0 names one log key, one statement key, and a certificate."""
    stated = founding.facts.get("keys")
    if founding.kind != FOUNDED or not isinstance(stated, dict):
        raise refused_change("event 0 does not name the keys of a log")
    if any(entry.role not in _FOUNDING_ROLES for entry in trust.entries):
        raise refused_change("a line begins at 0 that is neither key nor certificate")
    for role in (Role.LOG, Role.STATEMENT):
        if [e.key.text() for e in trust.keys(role)] != [stated.get(role.value)]:
            raise refused_change(f"the first {role.value} key is not that of event 0")
    for entry in trust.entries:
        if isinstance(entry, CertificateEntry) and entry.sha256 != stated.get(
            "pdf_certificate_sha256"
        ):
            raise refused_change("the first certificate is not that of event 0")
