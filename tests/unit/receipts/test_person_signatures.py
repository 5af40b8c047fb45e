"""Check 17 of a single statement: whose signatures it carries, and whose it must."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from integrity.policy import TrustedKeys, parse_trusted_keys
from integrity.statement import open_statement
from receipts.checks import Check, Result
from receipts.log_checks import Entry
from receipts.person_checks import (
    PersonChecks,
    check_person_of,
    has_persons,
    rule_begins,
    unsigned_acts,
)
from tests import bundle_samples as made

RULE = 2  # the leaf from which the rule of two counts
RULED, FREE = "exhibit.erased", "exhibit.read"
TWO = ("li", "wang")


def log_of(kind: str, by: Sequence[str], *, ruled: bool = True) -> made.Log:
    """A log whose last entry is of this kind, signed by these persons."""
    log = made.Log()
    rule = made.KINDS if ruled else None
    people = log.add_persons(made.LI, made.WANG, rule=rule)
    assert log.change("person-added", people) == RULE - 1
    log.record(kind, actor="li", by=by, exhibit="e0000000000aa")
    return log


def judged(log: made.Log, leaf: int, trusted: TrustedKeys | None = None) -> list[Check]:
    """Check 17 of an entry, if there is one."""
    trusted = trusted or parse_trusted_keys(log.trust())
    envelope = log.envelopes[leaf]
    event = open_statement(envelope, trusted.statement_keys(leaf))
    checks = list(
        check_person_of(Entry(leaf, envelope, b"", "it", "p"), event, trusted)
    )
    assert all((c.number, c.subject) == (17, "it") for c in checks)
    return checks


@pytest.mark.parametrize(
    ("kind", "by", "names"),
    [
        (RULED, ("li", "wang"), {"li", "wang"}),
        (FREE, ("li",), {"li"}),
        (FREE, ("li", "wang"), {"li", "wang"}),
    ],
)
def test_signatures_of_persons_are_told_by_their_names(
    kind: str, by: tuple[str, ...], names: set[str]
) -> None:
    """Asked for or not, they are judged and each is named."""
    (check,) = judged(log_of(kind, by), RULE)
    assert check.result is Result.PASSED
    head, _, told = check.reason.partition(": ")
    assert head == "signed with the keys of persons"
    assert set(told.split(", ")) == names
    assert told in check.reason_zh


@pytest.mark.parametrize("by", [(), ("li",)])
def test_what_a_rule_gives_to_two_is_signed_by_two(by: tuple[str, ...]) -> None:
    """One or none is not enough, and without a rule it is."""
    (check,) = judged(log_of(RULED, by), RULE)
    assert check.result is Result.FAILED
    free = judged(log_of(RULED, by, ruled=False), RULE)
    assert [c.result for c in free] == [Result.PASSED] * len(by)


def test_an_act_that_nobody_gave_to_two_is_not_asked_for_any() -> None:
    """Nothing is said of it: check 17 does not concern it."""
    assert judged(log_of(FREE, ()), RULE) == []
    assert judged(log_of(RULED, ()), 0) == []


def test_a_signature_by_a_key_that_is_not_listed_fails() -> None:
    """Even where no rule wants one."""
    log = log_of(FREE, ("li",), ruled=False)
    stranger = parse_trusted_keys(made.Log().trust())
    (check,) = judged(log, RULE, stranger)
    assert check.result is Result.FAILED


def test_more_than_one_signature_is_more_than_the_service() -> None:
    """The service's own is always there."""
    for by in ((), ("li",), ("li", "wang")):
        log = log_of(FREE, by)
        assert has_persons(log.envelopes[RULE]) is bool(by)


def test_the_rule_begins_where_the_first_of_two_persons_does() -> None:
    """Rules of witnesses are others, and the order of the lines is free."""
    log = made.Log()
    witnesses = made.Line("rule", "witnesses:1", 1, 2, ended=made.START)
    later = made.Line("rule", f"two-persons:{made.KINDS}", 9)
    earlier = made.Line("rule", "two-persons:receipt.voided", 5)

    def begins(*lines: made.Line) -> int | None:
        text = log.trust() + b"".join(line.text().encode() for line in lines)
        return rule_begins(parse_trusted_keys(text))

    assert begins() is None
    assert begins(witnesses) is None
    assert begins(witnesses, later) == 9
    assert begins(later, earlier) == begins(earlier, later) == 5


def test_acts_that_a_rule_gives_to_two_fail_in_the_first_format() -> None:
    """From the leaf on at which it counts, in the order of the log."""
    log = log_of(RULED, ())
    trusted = parse_trusted_keys(log.trust())
    event = open_statement(log.envelopes[RULE], trusted.statement_keys(RULE))
    founding = open_statement(log.envelopes[0], trusted.statement_keys(0))
    events = {RULE + 1: event, RULE: event, RULE - 1: event, RULE + 2: founding}
    checks = list(unsigned_acts(events, trusted, "statement {}".format))
    assert [(c.number, c.result, c.subject) for c in checks] == [
        (17, Result.FAILED, f"statement {RULE}"),
        (17, Result.FAILED, f"statement {RULE + 1}"),
    ]
    assert all(c.reason and c.reason_zh for c in checks)


ALL_BY_TWO = "all acts that the rule gives to two are signed by two; "
SINCE = f"the rule counts from event {RULE} on; acts before it rest on sign-in only"


def whole(log: made.Log) -> Check:
    """The one answer of check 17 over every statement of a log."""
    trusted = parse_trusted_keys(log.trust())
    persons = PersonChecks(trusted)
    for leaf, envelope in enumerate(log.envelopes):
        event = open_statement(envelope, trusted.statement_keys(leaf))
        persons.take(Entry(leaf, envelope, b"", f"statement {leaf}", "p"), event)
    (check,) = persons.answers("the whole")
    assert (check.number, check.subject) == (17, "the whole")
    return check


@pytest.mark.parametrize(("kind", "by", "signed"), [(FREE, (), 0), (RULED, TWO, 1)])
def test_a_rule_that_was_in_force_is_told_whatever_came_after_it(
    kind: str, by: tuple[str, ...], signed: int
) -> None:
    """Also where it has ended; and how many acts carry signatures, maybe none."""
    log = log_of(kind, by)
    for ended in (False, True):
        if ended:
            (rule,) = (line for line in log.lines if line.role == "rule")
            rule.last, rule.ended = len(log.envelopes), log.now()
            log.record("user.added", login="x")
        check = whole(log)
        assert check.result is Result.PASSED
        carried = f"{signed} acts carry signatures by persons' keys, and all hold"
        assert check.reason == f"{ALL_BY_TWO}{carried}; {SINCE}"
        assert f"{signed} 项" in check.reason_zh
        assert "均有效；规则自第 2 号" in check.reason_zh


def test_without_a_rule_it_is_said_what_names_rest_on() -> None:
    """On sign-in, or on the persons' own keys."""
    none = whole(log_of(FREE, (), ruled=False))
    assert none.reason.startswith("no rule of two was in force: names in statements")
    one = whole(log_of(FREE, ("li",), ruled=False))
    told = "no rule of two was in force; 1 acts are signed with persons' keys"
    assert one.reason == told
