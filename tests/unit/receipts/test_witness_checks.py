"""Check 18: who cosigned, how many were asked for, and what that leaves open."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from integrity.policy import TrustedKeys, parse_trusted_keys
from receipts.checks import Check, Result
from receipts.log_checks import Head, check_checkpoint
from receipts.witness_checks import check_witnesses
from tests import bundle_samples as made

ONE, TWO = made.WITNESSES
SUBJECT = "checkpoint"


def judged(
    log: made.Log,
    cosigners: Sequence[made.Ed] = (),
    *,
    covered: int | None = None,
    own: TrustedKeys | None = None,
) -> Check:
    """Check 18 of a checkpoint of the log by the keys of the log."""
    trusted = parse_trusted_keys(log.trust())
    note = log.checkpoint(cosigners, covered)
    head, _ = check_checkpoint(note, trusted, SUBJECT)
    assert isinstance(head, Head)
    check = check_witnesses(head, trusted, SUBJECT, own)
    assert (check.number, check.subject) == (18, SUBJECT)
    return check


def asked(needed: int) -> made.Log:
    """A log that lists two witnesses and asks for `needed` of them."""
    return made.witnessed((), needed).log


@pytest.mark.parametrize(
    ("needed", "cosigners", "result"),
    [
        (1, (), Result.INDETERMINATE),
        (1, (TWO,), Result.PASSED),
        (1, (ONE, TWO), Result.PASSED),
        (2, (ONE,), Result.INDETERMINATE),
        (2, (ONE, TWO), Result.PASSED),
    ],
)
def test_as_many_as_asked_for_are_enough(
    needed: int, cosigners: tuple[made.Ed, ...], result: Result
) -> None:
    """One fewer leaves it open; each one that cosigned is counted and named."""
    check = judged(asked(needed), cosigners)
    assert check.result is result
    for reason in (check.reason, check.reason_zh):
        assert str(needed) in reason
        assert str(len(cosigners)) in reason
        if result is Result.PASSED:
            assert reason.endswith(", ".join(each.name for each in cosigners))


def test_a_false_cosignature_fails() -> None:
    """A line that is no signature by the witness it names is refused."""

    class Misnamed(made.Ed):
        def hint(self) -> bytes:
            return ONE.hint()

    check = judged(asked(1), (Misnamed(ONE.name, 90, 4),))
    assert check.result is Result.FAILED


def listed_without_rule() -> made.Log:
    """Both witnesses are listed and none is asked for."""
    log = asked(1)
    log.lines = [line for line in log.lines if line.role != "rule"]
    return log


def test_where_none_is_asked_for_it_is_said() -> None:
    """None asked and none there: the answer says what that does not show."""
    check = judged(listed_without_rule())
    assert check.result is Result.PASSED
    assert "no outside witness was asked for" in check.reason


def test_a_witness_nobody_asked_for_is_named() -> None:
    """A cosignature counts even where no rule wants it."""
    check = judged(listed_without_rule(), (ONE,))
    assert check.result is Result.PASSED
    assert check.reason == f"1 witnesses cosigned (0 asked for): {ONE.name}"


def with_rule(log: made.Log, first: int, last: int | None = None) -> TrustedKeys:
    """The list of the log with a rule of two witnesses from `first` on."""
    ended = None if last is None else made.START
    rule = made.Line("rule", "witnesses:2", first, last, made.START, ended)
    text = log.trust() + rule.text().encode()
    return parse_trusted_keys(text)


@pytest.mark.parametrize("cosigners", [(), (ONE,)], ids=["none", "one"])
def test_a_rule_of_the_list_that_begins_later_leaves_it_open(
    cosigners: tuple[made.Ed, ...],
) -> None:
    """It is told from where the rule counts; one that has begun, or ended, is none."""
    log = listed_without_rule()
    size = len(log.envelopes)
    later = judged(log, cosigners, own=with_rule(log, size + 1))
    assert later.result is Result.INDETERMINATE
    for reason in (later.reason, later.reason_zh):
        assert "2" in reason
        assert str(size + 1) in reason
    begun = with_rule(log, size)
    ended = with_rule(log, size + 1, size + 2)
    for own in (None, begun, ended, parse_trusted_keys(log.trust())):
        assert judged(log, cosigners, own=own).result is Result.PASSED


def test_a_rule_in_force_goes_before_one_that_begins_later() -> None:
    """Where witnesses are asked for now and cosigned, nothing is awaited."""
    log = asked(1)
    own = with_rule(log, len(log.envelopes) + 1)
    assert judged(log, (ONE,), own=own).result is Result.PASSED


def test_a_later_rule_of_two_persons_asks_for_no_witness() -> None:
    """Only a rule of witnesses is awaited."""
    log = listed_without_rule()
    first = len(log.envelopes) + 1
    rule = made.Line("rule", f"two-persons:{made.KINDS}", first)
    own = parse_trusted_keys(log.trust() + rule.text().encode())
    assert judged(log, own=own).result is Result.PASSED


def test_the_size_decides_which_witnesses_count() -> None:
    """A checkpoint from before a witness was listed is not cosigned by it."""
    log = asked(1)
    (first,) = {line.first for line in log.lines if line.role == "witness"}
    for covered, count in ((first - 1, 0), (first, 1)):
        check = judged(log, (ONE,), covered=covered)
        assert check.result is Result.PASSED
        assert (ONE.name in check.reason) is bool(count)
