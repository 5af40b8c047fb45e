"""What the lines of `trust/keys` must be together, and the witnesses in use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from integrity.errors import MalformedError
from integrity.trust_entry import Role, RuleEntry, TrustedKey, TrustEntry
from integrity.trust_rule import Rule, Witnesses
from integrity.vkey import VerifierKey

MAX_KEYS = 256  # yearly rotation of both keys for more than a century


def check_entries(entries: Sequence[TrustEntry]) -> None:
    """Check that these lines can stand in one file.

    Raises:
        MalformedError: none, too many, a key twice in one role, a key of a person or
            a witness that is somebody else's too, or more witnesses wanted than there
            are.
    """
    if not 1 <= len(entries) <= MAX_KEYS:
        raise _bad(f"not 1 to {MAX_KEYS} keys")
    if len({_identity(entry) for entry in entries}) != len(entries):
        raise _bad("a key is listed twice in one role")
    keys = [entry for entry in entries if isinstance(entry, TrustedKey)]
    _check_persons(keys)
    _check_witnesses(keys)
    if open_witnesses_needed(entries) > len(open_witnesses(entries)):
        raise _bad("more witnesses are wanted than are listed")


def rules_of(entries: Sequence[TrustEntry]) -> Iterator[tuple[RuleEntry, Rule]]:
    """The lines that are rules, each with its rule."""
    for entry in entries:
        if isinstance(entry, RuleEntry):
            yield entry, entry.rule


def open_witnesses(entries: Sequence[TrustEntry]) -> tuple[VerifierKey, ...]:
    """Keys of the witnesses that are still in use, no public key twice."""
    lasting = {
        entry.key.public_key: entry.key
        for entry in entries
        if isinstance(entry, TrustedKey)
        and entry.role is Role.WITNESS
        and entry.to_size is None
    }
    return tuple(lasting.values())


def open_witnesses_needed(entries: Sequence[TrustEntry]) -> int:
    """How many of them the rule in use wants; 0 without a rule."""
    counts = [
        rule.count
        for entry, rule in rules_of(entries)
        if isinstance(rule, Witnesses) and entry.to_size is None
    ]
    return max(counts, default=0)


def _check_persons(keys: list[TrustedKey]) -> None:
    """A person's key that the service has, or two persons, proves nothing."""
    times_listed = Counter(entry.key.public_key for entry in keys)
    for entry in keys:
        if entry.role is Role.PERSON and times_listed[entry.key.public_key] > 1:
            raise _bad(f"the key of {entry.key.name} is somebody else's too")


def _check_witnesses(keys: list[TrustedKey]) -> None:
    """Nor does a witness that is the firm itself; one may have two names, though."""
    own = {e.key.public_key for e in keys if e.role is not Role.WITNESS}
    for entry in keys:
        if entry.role is Role.WITNESS and entry.key.public_key in own:
            raise _bad(f"the key of witness {entry.key.name} is the firm's too")


def _identity(entry: TrustEntry) -> tuple[Role, str, int]:
    """A key or certificate comes once in a role; a rule may come back later."""
    begin = entry.from_size if isinstance(entry, RuleEntry) else 0
    return entry.role, entry.what(), begin


def _bad(reason: str) -> MalformedError:
    return MalformedError("trusted keys", reason)
