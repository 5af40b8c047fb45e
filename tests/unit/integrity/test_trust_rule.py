"""Rules of a firm: one spelling, and nothing that could mean less than it says."""

from __future__ import annotations

import pytest

from integrity.errors import MalformedError
from integrity.trust_rule import (
    MAX_RULE_CHARACTERS,
    MAX_WITNESSES,
    TwoPersons,
    Witnesses,
    parse_rule,
    two_persons,
)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("two-persons:a.b", TwoPersons(("a.b",))),
        ("two-persons:a.b,a.b_c,b.c.d", TwoPersons(("a.b", "a.b_c", "b.c.d"))),
        ("witnesses:1", Witnesses(1)),
        (f"witnesses:{MAX_WITNESSES}", Witnesses(MAX_WITNESSES)),
    ],
)
def test_rule_round_trip(text: str, rule: TwoPersons | Witnesses) -> None:
    """A rule is read from its words, and has no others."""
    assert parse_rule(text) == rule
    assert rule.text() == text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "unknown"),
        ("three-persons:a.b", "unknown"),
        ("two-persons", "unknown"),
        ("two-persons:", "no kind"),
        ("two-persons:a.b,", "not sorted"),
        ("two-persons:a.b,a.b", "not sorted"),
        ("two-persons:b.c,a.b", "not sorted"),
        ("two-persons:ab", "no kind"),
        ("two-persons:A.b", "no kind"),
        ("two-persons:a.b\n", "no kind"),
        ("witnesses:", "no number"),
        ("witnesses:0", "no number"),
        ("witnesses:01", "no number"),
        ("witnesses:-1", "no number"),
        ("witnesses:100", "no number"),
        ("witnesses:1\n", "no number"),
        (f"witnesses:{MAX_WITNESSES + 1}", f"not 1 to {MAX_WITNESSES}"),
    ],
)
def test_other_rule_is_refused(text: str, reason: str) -> None:
    """Each way of not being a rule has its own reason."""
    with pytest.raises(MalformedError, match=reason):
        parse_rule(text)


def test_rule_without_kinds_or_witnesses() -> None:
    """A rule that asks for nothing is none."""
    with pytest.raises(MalformedError, match="not sorted"):
        TwoPersons(())
    with pytest.raises(MalformedError, match="not 1 to"):
        Witnesses(0)


def test_kinds_in_any_order_make_one_rule() -> None:
    """Whoever writes a rule need not sort."""
    assert two_persons(("b.c", "a.b", "b.c")) == TwoPersons(("a.b", "b.c"))


def test_bounds_are_those_of_every_verifier() -> None:
    """The verifiers written apart have these numbers, so they never change."""
    assert (MAX_RULE_CHARACTERS, MAX_WITNESSES) == (1024, 32)


def test_length_bound() -> None:
    """A rule of the bound's length is written, a longer one is not."""
    room = MAX_RULE_CHARACTERS - len("two-persons:a.")
    assert len(TwoPersons(("a." + "b" * room,)).text()) == MAX_RULE_CHARACTERS
    with pytest.raises(MalformedError, match="longer than"):
        TwoPersons(("a." + "b" * (room + 1),))
