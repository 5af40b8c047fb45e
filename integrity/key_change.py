"""One change of `trust/keys`: what the event `keys.changed` holds, and its rules.

A change closes lines and appends lines, and never takes one away: so what was signed
by a key that counted stays good.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from integrity.errors import MalformedError, VerificationError
from integrity.policy import MAX_FILE_BYTES, TrustedKeys, parse_trusted_keys
from integrity.shape import read_object, read_text
from integrity.trust_entry import Role, TrustedKey, TrustEntry

KEYS_CHANGED = "keys.changed"
COMPROMISED = "compromised"
REASONS = frozenset(
    {
        "rotated",
        COMPROMISED,
        "person-added",
        "person-removed",
        "rule",
        "witness",
        "pdf",
    }
)
MAX_NOTE_CHARACTERS = 2000

_CHECK = "key history"


@dataclass(frozen=True, slots=True)
class ChangeFacts:
    """The facts of a `keys.changed`, read: the note is for people only."""

    before: str
    trust: TrustedKeys
    reason: str


def change_facts(
    before: TrustedKeys, after: TrustedKeys, reason: str, note: str
) -> dict[str, Any]:
    """The facts of the event that makes `before` into `after`.

    Raises:
        MalformedError: an unknown reason, or a note over MAX_NOTE_CHARACTERS.
    """
    facts = {
        "before": before.fingerprint(),
        "trust": after.serialise().decode("utf-8"),
        "reason": reason,
        "note": note,
    }
    read_facts(facts)
    return facts


def check_change(
    before: TrustedKeys, after: TrustedKeys, leaf: int, *, compromised: bool = False
) -> None:
    """Check that a change of the keys recorded at `leaf` may be made.

    Old lines stay, each with its beginning; an end may be set where there was none,
    and not earlier than the change itself, except for a key that was `compromised`.
    The end of such a log key that is not reached yet may also be set earlier.
    A rule never ends earlier: that would let one person switch it off for the very
    change that switches it off. New lines are open and begin after the change; a log
    key begins after the checkpoint of size leaf + 1, which the old one signs. A
    further key of a log whose end is announced and not reached ends just there.

    A rule of two persons for changes of keys that is listed and has not begun lets no
    change pass. Otherwise whoever has the service's keys alone could write history
    anew, announce the firm's own list at an early leaf, and end the rule, or the log,
    before the leaf from which it counts: the fingerprint on the firm's papers would
    lead there. So the first such rule counts from the very next leaf.

    Raises:
        VerificationError: it may not.
    """
    _check_awaited_rule(before, leaf)
    # Nor may a change announce such a rule for later: a fork would end before it.
    _check_awaited_rule(after, leaf + 1)
    kept = {_identity(entry): entry for entry in after.entries}
    for old in before.entries:
        new = kept.pop(_identity(old), None)
        if new is None:
            raise refused_change(f"a line is gone or begins otherwise: {old.what()}")
        _check_end(old, new, leaf, compromised=compromised)
    for entry in kept.values():
        _check_new(entry, before, leaf)
    for role in (Role.LOG, Role.STATEMENT):
        if not any(entry.to_size is None for entry in after.keys(role)):
            raise refused_change(f"no {role.value} key is left")
    if not after.statement_keys(leaf):
        raise refused_change("no statement key is left that can sign the change itself")


def read_facts(claimed: dict[str, Any]) -> ChangeFacts:
    """The facts of a change of keys.

    Raises:
        MalformedError: they have another form, or hold no file of keys.
    """
    fields = read_object("change of keys", claimed, "before", "note", "reason", "trust")
    read_text("change of keys", fields["note"], MAX_NOTE_CHARACTERS)
    reason = read_text("change of keys", fields["reason"])
    if reason not in REASONS:
        raise MalformedError("change of keys", "its reason is unknown")
    trust = read_text("change of keys", fields["trust"], MAX_FILE_BYTES)
    return ChangeFacts(
        read_text("change of keys", fields["before"]),
        parse_trusted_keys(trust.encode("utf-8", "surrogatepass")),
        reason,
    )


def _check_awaited_rule(before: TrustedKeys, leaf: int) -> None:
    if KEYS_CHANGED in before.two_person_kinds(leaf):
        return
    for entry in before.entries:
        if entry.role is not Role.RULE or entry.from_size <= leaf:
            continue
        if KEYS_CHANGED in before.two_person_kinds(entry.from_size):
            raise refused_change(f"a rule of two begins at {entry.from_size} only")


def _check_new(entry: TrustEntry, before: TrustedKeys, leaf: int) -> None:
    first = leaf + 2 if entry.role is Role.LOG else leaf + 1
    if entry.from_size < first:
        raise refused_change(f"a new line begins before {first}: {entry.what()}")
    if entry.to_time is not None or entry.to_size != _due_end(entry, before, leaf):
        raise refused_change(f"a new line has an end, or another: {entry.what()}")


def _due_end(entry: TrustEntry, before: TrustedKeys, leaf: int) -> int | None:
    """Where a new line ends: only a key for the rest of a closing log ends at all."""
    if not isinstance(entry, TrustedKey) or entry.role is not Role.LOG:
        return None
    ends = {origin.name: origin.end for origin in before.origins()}
    end = ends.get(entry.key.name)
    return end if end is not None and end > leaf else None


def _check_end(
    old: TrustEntry, new: TrustEntry, leaf: int, *, compromised: bool
) -> None:
    if old.to_time is not None and new.to_time != old.to_time:
        raise refused_change(
            f"the time at which a line ended was changed: {old.what()}"
        )
    if new.to_size == old.to_size:
        return
    end = new.to_size
    if end is None or not _may_end(old, end, leaf, compromised=compromised):
        raise refused_change(
            f"the size at which a line ended was changed: {old.what()}"
        )
    if end <= leaf and (not compromised or old.role is Role.RULE):
        raise refused_change(f"a line ends before its change: {old.what()}")


def _may_end(old: TrustEntry, end: int, leaf: int, *, compromised: bool) -> bool:
    """Whether an end may be set, or, not reached and of a compromised key, moved."""
    if old.to_size is None:
        return True
    return compromised and old.role is Role.LOG and old.to_size > max(leaf, end)


def _identity(entry: TrustEntry) -> tuple[object, ...]:
    return entry.role, entry.what(), entry.from_size, entry.from_time


def refused_change(reason: str) -> VerificationError:
    """The refusal of a change or of a chain of them."""
    return VerificationError(_CHECK, reason)
