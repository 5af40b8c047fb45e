"""The halves of a two-person check: who made the first, who the second.

Each half is a statement of its own, signed by its own person, so that the second
counter never sees what the first one counted.
"""

from __future__ import annotations

from dataclasses import dataclass

from integrity.statement import Event
from receipts.checks import Words

CHECKED = "exhibit.checked"
REVIEWED = "exhibit.reviewed"  # opens the check anew


@dataclass(frozen=True, slots=True)
class Pairing:
    """Why two halves make no check by two; `broken`: certainly not, else unknown."""

    broken: bool
    words: Words


@dataclass(frozen=True, slots=True)
class _Half:
    login: str
    leaf: int
    signed: bool
    ruled: bool


class Halves:
    """Pairs the halves of each exhibit, told in the order of the log."""

    def __init__(self) -> None:
        self._open: dict[str, _Half] = {}

    @property
    def alone(self) -> int:
        """Exhibits that are left with one half under a rule of two."""
        return sum(half.ruled for half in self._open.values())

    def take(
        self, leaf: int, event: Event, *, ruled: bool, logins: tuple[str, ...]
    ) -> Pairing | None:
        """The next event; what is wrong with the pair that it closes, if anything.

        Args:
            leaf: its number.
            event: any event.
            ruled: whether a rule gives it to two persons.
            logins: the persons whose signatures of it hold.
        """
        exhibit = str(event.facts.get("exhibit"))
        if event.kind == REVIEWED:
            self._open.pop(exhibit, None)
        if event.kind != CHECKED:
            return None
        login = event.actor.login
        half = _Half(login, leaf, login in logins, ruled)
        first = self._open.pop(exhibit, None)
        stated = event.facts.get("agrees")
        if "agrees" in event.facts and stated is None:
            self._open[exhibit] = half
            return None
        if first is None:
            if stated is None:
                self._open[exhibit] = half
                return None
            return _second_of_none() if ruled else None
        if first.login == login:
            self._open[exhibit] = half
            return _one_person() if ruled else None
        return _first_unsigned(first) if ruled and not first.signed else None


def _second_of_none() -> Pairing:
    return Pairing(
        broken=True,
        words=Words(
            "后一半核查没有另一人的前一半",
            "the second half of the check is by no second person",
        ),
    )


def _one_person() -> Pairing:
    return Pairing(
        broken=True,
        words=Words("两半核查是同一人所做", "both halves are by one person"),
    )


def _first_unsigned(first: _Half) -> Pairing:
    return Pairing(
        broken=False,
        words=Words(
            f"前一半核查（第 {first.leaf} 号事件）没有其本人密钥的签名",
            f"the first half, event {first.leaf}, was not signed with its person's key",
        ),
    )
