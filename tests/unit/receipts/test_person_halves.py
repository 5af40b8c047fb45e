"""Which two halves make a check by two persons, told one by one."""

from __future__ import annotations

import dataclasses

import pytest

from integrity.statement import Event
from receipts.person_halves import CHECKED, Halves, Pairing
from tests.bundle_factory import CLERK, START

AA, BB = "e0000000000aa", "e0000000000bb"


class Told:
    """Halves told in order, each signed by whoever made it."""

    def __init__(self, *, ruled: bool = True) -> None:
        self.halves, self._ruled, self._leaf = Halves(), ruled, 0

    def half(self, exhibit: str, login: str, **facts: object) -> Pairing | None:
        """The next half of a check of `exhibit`, by `login`."""
        self._leaf += 1
        actor = dataclasses.replace(CLERK, login=login)
        stated = {"exhibit": exhibit, **facts}
        event = Event(CHECKED, actor, START, stated, (), {}, f"{self._leaf:064x}")
        return self.halves.take(self._leaf, event, ruled=self._ruled, logins=(login,))


def test_the_halves_of_two_exhibits_are_not_mixed() -> None:
    """Who counts two exhibits has made a first half of each."""
    told = Told()
    assert told.half(AA, "li") is None
    assert told.half(BB, "li") is None
    assert told.halves.alone == 2
    assert told.half(BB, "wang") is None
    assert told.halves.alone == 1
    assert told.half(AA, "wang") is None
    assert told.halves.alone == 0


def test_what_states_that_it_is_a_first_half_opens_the_check_anew() -> None:
    """`agrees` that is null is a first half, even where one was open."""
    told = Told()
    assert told.half(AA, "li", agrees=None) is None
    assert told.half(AA, "li", agrees=None) is None
    assert told.half(AA, "wang", agrees=None) is None
    assert told.halves.alone == 1
    one_person = told.half(AA, "wang", agrees=True)
    assert one_person is not None
    assert one_person.broken


@pytest.mark.parametrize("ruled", [True, False], ids=["ruled", "free"])
def test_only_a_rule_makes_a_fault_of_it(*, ruled: bool) -> None:
    """Without a rule of two, who counts alone breaks nothing."""
    of_none = Told(ruled=ruled).half(AA, "li", agrees=True)
    assert (of_none is not None) is ruled
    twice = Told(ruled=ruled)
    assert twice.half(AA, "li") is None
    assert (twice.half(AA, "li") is not None) is ruled
