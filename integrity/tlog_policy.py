"""Policies of c2sp.org/tlog-policy: which logs and witnesses make a checkpoint good.

What we write has one form: logs, witnesses, groups with a number, quorum. Reading,
that form or any other that the specification allows, is in tlog_policy_reader.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from integrity.errors import MalformedError
from integrity.vkey import COSIGNATURE, ED25519, VerifierKey

NONE = "none"  # the quorum that asks for no cosignature

_WITNESS_GROUP = "witnesses"

MAX_POLICY_ENTRIES = 512  # the specification asks for 32 of each kind

_WORD = re.compile(r"[^\x00-\x20\x7f]+")


@dataclass(frozen=True, slots=True)
class PolicyLog:
    """A log whose checkpoints count; the address, if any, is for programs."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyWitness:
    """A witness, and what the rest of the policy calls it."""

    name: str
    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class PolicyGroup:
    """Witnesses or groups defined before, `threshold` of which are enough."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class LogPolicy:
    """A policy: any of `logs` signed, and the witnesses that `quorum` wants.

    Raises:
        MalformedError: a policy that the specification does not allow.
    """

    logs: tuple[PolicyLog, ...]
    witnesses: tuple[PolicyWitness, ...] = ()
    groups: tuple[PolicyGroup, ...] = ()
    quorum: str = NONE

    def __post_init__(self) -> None:
        entries = (*self.logs, *self.witnesses, *self.groups)
        if len(entries) > MAX_POLICY_ENTRIES:
            raise bad_policy(
                f"more than {MAX_POLICY_ENTRIES} logs, witnesses and groups"
            )
        _check_keys([log.key for log in self.logs], ED25519)
        _check_keys([witness.key for witness in self.witnesses], COSIGNATURE)
        addresses = [e.url for e in self.logs] + [e.url for e in self.witnesses]
        for address in addresses:
            if address is not None:
                _check_word(address)
        self._check_names()

    def serialise(self) -> bytes:
        """The policy in its one form."""
        lines = [_line("log", log.key.text(), log.url) for log in self.logs]
        lines += [_line("witness", w.name, w.key.text(), w.url) for w in self.witnesses]
        for group in self.groups:
            lines.append(
                _line("group", group.name, str(group.threshold), *group.members)
            )
        lines.append(_line("quorum", self.quorum))
        return "".join(lines).encode("utf-8", "surrogateescape")

    def _check_names(self) -> None:
        defined, used = set[str](), set[str]()
        for witness in self.witnesses:
            define_name(defined, witness.name)
        for group in self.groups:
            if not defined.issuperset(group.members):
                raise bad_policy("a group has a member that is not defined before it")
            if len(set(group.members)) != len(group.members):
                raise bad_policy("a group has a member twice")
            if not used.isdisjoint(group.members):
                raise bad_policy("a name is a member of two groups")
            if not 1 <= group.threshold <= len(group.members):
                raise bad_policy("the threshold of a group is not 1 to its members")
            used.update(group.members)
            define_name(defined, group.name)
        if self.quorum != NONE and self.quorum not in defined:
            raise bad_policy("its quorum is not defined")


def firm_policy(
    logs: tuple[VerifierKey, ...], witnesses: tuple[VerifierKey, ...], needed: int
) -> LogPolicy:
    """The policy of one firm: its logs, witnesses `w1`, `w2` …, and `needed` of them.

    Raises:
        MalformedError: see LogPolicy.
    """
    called = tuple(
        PolicyWitness(f"w{number}", key) for number, key in enumerate(witnesses, 1)
    )
    names = tuple(witness.name for witness in called)
    groups = (PolicyGroup(_WITNESS_GROUP, needed, names),) if needed else ()
    quorum = _WITNESS_GROUP if needed else NONE
    return LogPolicy(tuple(PolicyLog(key) for key in logs), called, groups, quorum)


def define_name(defined: set[str], name: str) -> None:
    """Add `name` to the names `defined` so far.

    Raises:
        MalformedError: it is there already, is `none`, or is no name.
    """
    _check_word(name)
    if name == NONE or name in defined:
        raise bad_policy("a name is defined twice")
    defined.add(name)


def _check_word(word: str) -> None:
    if not _WORD.fullmatch(word):
        raise bad_policy("a name or address is empty or holds white space")


def _check_keys(keys: list[VerifierKey], algorithm: int) -> None:
    if any(key.algorithm != algorithm for key in keys):
        raise bad_policy("a key is of a type that such a line cannot have")
    if len({key.public_key for key in keys}) != len(keys):
        raise bad_policy("a public key is listed twice")


def _line(*words: str | None) -> str:
    return " ".join(word for word in words if word is not None) + "\n"


def bad_policy(reason: str) -> MalformedError:
    """The refusal of a policy."""
    return MalformedError("log policy", reason)
