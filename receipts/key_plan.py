"""What a change of keys makes of the list of public keys, before anything is done.

A change at leaf L: lines that end stay, with an end at L + 1; new lines begin there,
a new log key one later, because the old one signs the checkpoint that covers the
change itself (integrity/key_history.py has the rules and checks them).
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from dataclasses import dataclass

from intake.errors import Refused
from integrity.errors import IntegrityError
from integrity.key_change import KEYS_CHANGED
from integrity.keys import key_id
from integrity.note import VerifierKey
from integrity.policy import (
    DEFAULT_TWO_PERSON_KINDS,
    CertificateEntry,
    Role,
    RuleEntry,
    TrustedKey,
    TrustedKeys,
    TrustEntry,
    TwoPersons,
    Witnesses,
    parse_rule,
    two_persons,
)
from integrity.vkey import parse_vkey

PERSONS_LEAST = 2  # fewer could never again do what the rule wants two for


@dataclass(frozen=True, slots=True)
class KeyPlan:
    """One change: which lines end, which begin, and why.

    Attributes:
        reason: one of key_history.REASONS.
        note: words of whoever decides it.
        closes: role and second field of the lines that end.
        opens: role and second field of the new lines.
        since: of a compromise: from this size on the closed key is not believed.
    """

    reason: str
    note: str = ""
    closes: frozenset[tuple[Role, str]] = frozenset()
    opens: tuple[tuple[Role, str], ...] = ()
    since: int | None = None

    def after(self, before: TrustedKeys, leaf: int, at: dt.datetime) -> TrustedKeys:
        """The list when this change is recorded at `leaf` at the time `at`.

        Raises:
            Refused: the list would not be one, or nobody could go on with it.
        """
        try:
            kept = [self._ended(entry, leaf, at) for entry in before.entries]
            new = [_begun(before, what, leaf, at) for what in self.opens]
            after = TrustedKeys((*kept, *new))
        except IntegrityError as error:
            raise Refused("key_change", reason=str(error).rstrip(".")) from error
        _require_enough_persons(after, leaf + 1)
        return after

    def _ended(self, entry: TrustEntry, leaf: int, at: dt.datetime) -> TrustEntry:
        if (entry.role, entry.what()) not in self.closes:
            return entry
        ahead = self.since is not None and ends_ahead(entry, leaf)
        if entry.to_size is not None and not ahead:
            return entry
        end = leaf + 1
        if self.since is None:
            # No end in time: a proof made under this key may be stamped later.
            return dataclasses.replace(entry, to_size=end)
        if entry.role is Role.LOG:
            end = min(end, max(entry.from_size, self.since - 1))
        elif entry.role is not Role.STATEMENT:
            end = min(end, max(entry.from_size, self.since))
        # A statement counts by its leaf, and the leaves before the change were signed
        # for by the log key: they stay, or every exhibit since would lose its history.
        return dataclasses.replace(entry, to_size=end, to_time=max(at, entry.from_time))


def rotation(role: Role, old: tuple[str, ...], new: str, note: str = "") -> KeyPlan:
    """The own key of `role` is replaced by a new one."""
    closes = frozenset((role, what) for what in old)
    reason = "pdf" if role is Role.PDF else "rotated"
    return KeyPlan(reason, note, closes, ((role, new),))


def compromise(role: Role, key: str, since: int, new: str, note: str = "") -> KeyPlan:
    """A key may be in other hands since `since`; `new` ("" for none) takes over."""
    opens = ((role, new),) if new else ()
    return KeyPlan("compromised", note, frozenset({(role, key)}), opens, since)


def person_added(login: str, vkey: str) -> KeyPlan:
    """A person's key, file key or passkey, is enrolled.

    Raises:
        Refused: it is not a key of this login.
    """
    key = _vkey(vkey)
    if key.name != login:
        reason = f"the key is called {key.name}, not {login}"
        raise Refused("key_change", reason=reason)
    return KeyPlan("person-added", login, frozenset(), ((Role.PERSON, key.text()),))


def person_removed(trusted: TrustedKeys, login: str, keyid: str = "") -> KeyPlan:
    """The keys of a person (or the one that `keyid` begins with) end.

    Raises:
        Refused: there is none.
    """
    closes = frozenset(
        (Role.PERSON, entry.what())
        for entry in trusted.keys(Role.PERSON)
        if entry.to_size is None
        and entry.key.name == login
        and key_id(entry.key.public_key).startswith(keyid)
    )
    if not closes:
        raise Refused("key_role", role=Role.PERSON.value, key=keyid or login)
    return KeyPlan("person-removed", login, closes)


def two_person_rule(trusted: TrustedKeys, kinds: tuple[str, ...]) -> KeyPlan:
    """Acts of `kinds` want two persons from now on; () ends the rule.

    Raises:
        Refused: a name that is no kind of event; or changes of keys are not among
            them, so that one person could end the rule.
    """
    strange = sorted(set(kinds) - set(DEFAULT_TWO_PERSON_KINDS))
    if strange:
        # Nobody could sign such an act, so it could never be done again.
        raise Refused("key_change", reason=f"no two sign {', '.join(strange)}")
    if kinds and KEYS_CHANGED not in kinds:
        reason = f"without {KEYS_CHANGED} one person could end the rule"
        raise Refused("key_change", reason=reason)
    try:
        wanted = two_persons(kinds).text() if kinds else ""
    except IntegrityError as error:
        raise Refused("key_change", reason=str(error).rstrip(".")) from error
    return _rule(trusted, TwoPersons, wanted)


def witness_rule(trusted: TrustedKeys, count: int) -> KeyPlan:
    """Checkpoints want `count` witnesses from now on; 0 ends the rule.

    Raises:
        Refused: too many.
    """
    try:
        wanted = Witnesses(count).text() if count else ""
    except IntegrityError as error:
        raise Refused("key_change", reason=str(error).rstrip(".")) from error
    return _rule(trusted, Witnesses, wanted)


def witness_added(vkey: str) -> KeyPlan:
    """A witness's key is listed. Raises Refused: no such key."""
    return KeyPlan("witness", opens=((Role.WITNESS, _vkey(vkey).text()),))


def witness_removed(trusted: TrustedKeys, name: str) -> KeyPlan:
    """The witness called `name` (or with this vkey) is listed no more."""
    closes = frozenset(
        (Role.WITNESS, entry.what())
        for entry in trusted.keys(Role.WITNESS)
        if entry.to_size is None and name in {entry.key.name, entry.what()}
    )
    if not closes:
        raise Refused("key_role", role=Role.WITNESS.value, key=name[:80])
    return KeyPlan("witness", closes=closes)


def open_lines(trusted: TrustedKeys, role: Role) -> tuple[str, ...]:
    """Second field of every line of `role` that is still in use."""
    entries = trusted.entries
    return tuple(e.what() for e in entries if e.role is role and e.to_size is None)


def line_of(trusted: TrustedKeys, role: Role, keyid: str) -> str:
    """The open line of `role` whose key id, certificate or text begins with `keyid`.

    Raises:
        Refused: none, or several.
    """
    found = [
        entry.what()
        for entry in trusted.entries
        if entry.role is role and keyid and keyid in _names(entry)
    ]
    if not found:
        found = [
            entry.what()
            for entry in trusted.entries
            if entry.role is role
            and len(keyid) >= 8  # noqa: PLR2004 (as many as a vkey shows)
            and any(name.startswith(keyid) for name in _names(entry))
        ]
    if len(found) != 1:
        raise Refused("key_role", role=role.value, key=keyid[:80])
    return found[0]


def _names(entry: TrustEntry) -> tuple[str, ...]:
    if isinstance(entry, TrustedKey):
        key = entry.key
        return key_id(key.public_key), f"{key.key_id:08x}", key.text()
    if isinstance(entry, CertificateEntry):
        return entry.sha256, entry.what()
    return (entry.what(),)


def _rule(
    trusted: TrustedKeys, kind: type[TwoPersons | Witnesses], wanted: str
) -> KeyPlan:
    closes = frozenset(
        (Role.RULE, entry.what())
        for entry in trusted.entries
        if isinstance(entry, RuleEntry)
        and entry.to_size is None
        and isinstance(entry.rule, kind)
    )
    if (Role.RULE, wanted) in closes or not (closes or wanted):
        raise Refused("key_change", reason="this rule is in force already")
    return KeyPlan("rule", "", closes, ((Role.RULE, wanted),) if wanted else ())


def ends_ahead(entry: TrustEntry, leaf: int) -> bool:
    """Whether this is a log key whose end is set and not reached at `leaf`."""
    return entry.role is Role.LOG and (entry.to_size or 0) > leaf


def _begun(
    before: TrustedKeys, line: tuple[Role, str], leaf: int, at: dt.datetime
) -> TrustEntry:
    role, what = line
    begin = leaf + 2 if role is Role.LOG else leaf + 1
    if role is Role.PDF:
        return CertificateEntry(what.removeprefix("sha256:"), begin, None, at, None)
    if role is Role.RULE:
        return RuleEntry(parse_rule(what), begin, None, at, None)
    key, end = parse_vkey(what), None
    if role is Role.LOG and key.name == before.origin_at(leaf).name:
        end = before.origin_at(leaf).end  # of a log that closes: for its rest
    return TrustedKey(role, key, begin, end, at, None)


def _vkey(text: str) -> VerifierKey:
    try:
        return parse_vkey(text.strip())
    except IntegrityError as error:
        raise Refused("key_change", reason=str(error).rstrip(".")) from error


def _require_enough_persons(after: TrustedKeys, leaf: int) -> None:
    logins = {person.login for person in after.person_keys(leaf).values()}
    if after.two_person_kinds(leaf) and len(logins) < PERSONS_LEAST:
        reason = "the rule of two persons needs the keys of at least two persons"
        raise Refused("key_change", reason=reason)
