"""Reading policies of c2sp.org/tlog-policy: our one form, or any that is allowed.

The specification allows comments, white space, any order, and three ways to say a
threshold; `read_policy` takes all of them, `parse_policy` only what we write.
"""

from __future__ import annotations

import re

from integrity.tlog_policy import (
    NONE,
    LogPolicy,
    PolicyGroup,
    PolicyLog,
    PolicyWitness,
    bad_policy,
    define_name,
)
from integrity.vkey import parse_vkey

MAX_POLICY_BYTES = 1 << 20

_WHITE = re.compile(r"[ \t]+")
_BAD = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")  # controls but tab and newline
_THRESHOLD = re.compile(r"[1-9][0-9]{0,3}")
_WORDS_FOR_ONE_AND_ALL = frozenset({"any", "all"})


def parse_policy(data: bytes) -> LogPolicy:
    """The policy whose `serialise()` is exactly `data`.

    Raises:
        MalformedError: anything else.
    """
    policy = read_policy(data)
    if policy.serialise() != data:
        raise bad_policy("not in canonical form")
    return policy


def read_policy(data: bytes) -> LogPolicy:
    """The policy in `data`, in any spelling that the specification allows.

    Raises:
        MalformedError: it allows no such policy, or it is longer than we read.
    """
    if len(data) > MAX_POLICY_BYTES:
        raise bad_policy(f"longer than {MAX_POLICY_BYTES} bytes")
    text = data.decode("utf-8", "surrogateescape")
    if not text.endswith("\n"):
        raise bad_policy("it does not end in a newline")
    if _BAD.search(text):
        raise bad_policy("it holds a control character")
    reader = _Reader()
    for line in text[:-1].split("\n"):
        words = _WHITE.sub(" ", line).strip(" ").split(" ")
        if words[0] and not words[0].startswith("#"):
            reader.take(words)
    return reader.policy()


class _Reader:
    """Collects the lines of a policy; each may name only what stands before it."""

    def __init__(self) -> None:
        self._logs = list[PolicyLog]()
        self._witnesses = list[PolicyWitness]()
        self._groups = list[PolicyGroup]()
        self._defined = set[str]()
        self._quorum: str | None = None

    def take(self, words: list[str]) -> None:
        match words:
            case ["log", vkey]:
                self._logs.append(PolicyLog(parse_vkey(vkey)))
            case ["log", vkey, url]:
                self._logs.append(PolicyLog(parse_vkey(vkey), url))
            case ["witness", name, vkey]:
                self._witness(PolicyWitness(name, parse_vkey(vkey)))
            case ["witness", name, vkey, url]:
                self._witness(PolicyWitness(name, parse_vkey(vkey), url))
            case ["group", name, threshold, *members]:
                self._group(name, threshold, tuple(members))
            case ["quorum", name]:
                self._quorum_is(name)
            case _:
                raise bad_policy("a line is none that the specification knows")

    def policy(self) -> LogPolicy:
        if self._quorum is None:
            raise bad_policy("it has no quorum")
        return LogPolicy(
            tuple(self._logs), tuple(self._witnesses), tuple(self._groups), self._quorum
        )

    def _witness(self, witness: PolicyWitness) -> None:
        define_name(self._defined, witness.name)
        self._witnesses.append(witness)

    def _group(self, name: str, threshold: str, members: tuple[str, ...]) -> None:
        if not self._defined.issuperset(members):
            raise bad_policy("a group has a member that is not defined before it")
        define_name(self._defined, name)
        self._groups.append(PolicyGroup(name, _count(threshold, len(members)), members))

    def _quorum_is(self, name: str) -> None:
        if self._quorum is not None:
            raise bad_policy("it has two quorums")
        if name != NONE and name not in self._defined:
            raise bad_policy("its quorum is not defined before it")
        self._quorum = name


def _count(threshold: str, members: int) -> int:
    if threshold in _WORDS_FOR_ONE_AND_ALL:
        return 1 if threshold == "any" else members
    if not _THRESHOLD.fullmatch(threshold):
        raise bad_policy("the threshold of a group is not a number, any or all")
    return int(threshold)
