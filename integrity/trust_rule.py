"""Rules of a firm in `trust/keys`: which acts want two persons, how many witnesses.

two-persons:<kinds of event, sorted, with commas>
witnesses:<how many>
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from integrity.errors import MalformedError

DEFAULT_TWO_PERSON_KINDS = (
    "exhibit.checked",
    "exhibit.erased",
    "keys.changed",
    "receipt.voided",
)
MAX_RULE_CHARACTERS = 1024  # fifty kinds
MAX_WITNESSES = 32  # as many as c2sp.org/tlog-policy asks every program to take

_TWO_PERSONS = "two-persons:"
_WITNESSES = "witnesses:"
_KIND = re.compile(r"[a-z_]+(?:\.[a-z_]+)+")
_COUNT = re.compile(r"[1-9][0-9]?")


@dataclass(frozen=True, slots=True)
class TwoPersons:
    """Events of these kinds want the signatures of two persons; sorted, no doubles.

    Raises:
        MalformedError: no kinds, another order, or a name that is no kind.
    """

    kinds: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.kinds or list(self.kinds) != sorted(set(self.kinds)):
            raise MalformedError("rule", "its kinds are not sorted, each once")
        if not all(_KIND.fullmatch(kind) for kind in self.kinds):
            raise MalformedError("rule", "it names what is no kind of event")
        if len(self.text()) > MAX_RULE_CHARACTERS:
            raise MalformedError("rule", f"longer than {MAX_RULE_CHARACTERS}")

    def text(self) -> str:
        """The rule as it stands in its line."""
        return _TWO_PERSONS + ",".join(self.kinds)


@dataclass(frozen=True, slots=True)
class Witnesses:
    """A checkpoint wants the cosignatures of so many witnesses.

    Raises:
        MalformedError: not 1 to MAX_WITNESSES.
    """

    count: int

    def __post_init__(self) -> None:
        if not 1 <= self.count <= MAX_WITNESSES:
            raise MalformedError("rule", f"not 1 to {MAX_WITNESSES} witnesses")

    def text(self) -> str:
        """The rule as it stands in its line."""
        return f"{_WITNESSES}{self.count}"


Rule: TypeAlias = TwoPersons | Witnesses


def two_persons(kinds: tuple[str, ...] = DEFAULT_TWO_PERSON_KINDS) -> TwoPersons:
    """The rule for `kinds`, in whatever order they come.

    Raises:
        MalformedError: see TwoPersons.
    """
    return TwoPersons(tuple(sorted(set(kinds))))


def parse_rule(text: str) -> Rule:
    """The rule whose `text()` is exactly `text`.

    Raises:
        MalformedError: anything else.
    """
    if text.startswith(_TWO_PERSONS):
        return TwoPersons(tuple(text.removeprefix(_TWO_PERSONS).split(",")))
    if text.startswith(_WITNESSES):
        claimed = text.removeprefix(_WITNESSES)
        if not _COUNT.fullmatch(claimed):
            raise MalformedError("rule", "its number of witnesses is no number")
        return Witnesses(int(claimed))
    raise MalformedError("rule", "it is unknown")
