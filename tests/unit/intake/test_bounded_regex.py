from __future__ import annotations

import time

import pytest

from intake.bounded_regex import LARGEST_WORK, compile_bounded


@pytest.mark.parametrize(
    "rule",
    [
        "合同(?!纠纷)",
        r"^.{0,24}合同书?(?:编号|\(|$)",
        r"[*+]合同",
        r"\+\*合同",
        r"[]a+]b",
        r"(?:ab){3}c",
        "a{1000}",
        r"(?<!\d)\d{20}(?!\d)",
        r"(?i)invoice (?:no|number)",
        r"{合同}",
    ],
)
def test_rules_with_an_end(rule: str) -> None:
    """A rule whose repeats all have an end is compiled as it is."""
    assert compile_bounded(rule).pattern == rule


@pytest.mark.parametrize(
    "rule",
    [
        *("a+b", "a*b", "a{2,}b", ".+合同", "(?:a{1,9}){1,9}b", "a{1,9}+b"),
        *("(合同", r"(a)\1", "(?P<a>b)(?P=a)", "", "a?", ".{0,3}", "[合同"),
        *("a{1001}", "(?:a?a?b){1,9}c", "(?:a|aa){1,9}c", "a{1,200}b{1,200}c"),
        "(?:(?:a?b){1,9}c){2,9}",
    ],
)
def test_rules_that_could_stall(rule: str) -> None:
    """Endless, nested or empty rules are refused with a reason."""
    with pytest.raises(ValueError, match=r".+"):
        compile_bounded(rule)


def test_work_on_each_side_of_the_limit() -> None:
    """The limit on ways to match is where it says."""
    assert LARGEST_WORK == 20_000
    compile_bounded("a{1,200}b{1,100}c")
    with pytest.raises(ValueError, match="ways"):
        compile_bounded("a{1,200}b{1,101}c")


def test_the_worst_allowed_rule_ends() -> None:
    """The most costly rule that is allowed is done with a long page in seconds."""
    rule = compile_bounded("a{1,200}a{1,100}c")
    started = time.perf_counter()
    assert rule.search("a" * 5_000) is None
    assert time.perf_counter() - started < 10
