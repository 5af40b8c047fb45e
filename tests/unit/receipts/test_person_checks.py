"""Check 17 over the halves of a check, and checks 17 and 18 where a rule came late."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from integrity.policy import parse_trusted_keys
from receipts.checks import Report, Result
from receipts.verify_bundle import verify_bundle
from tests import bundle_samples as samples

AA = "e0000000000aa"
UNSTATED = object()  # no fact "agrees", as the product writes a signed half


def _ruled() -> samples.Sample:
    sample = samples.Sample()
    people = sample.log.add_persons(samples.LI, samples.WANG, rule=samples.KINDS)
    sample.change("person-added", people)
    return samples.three_exhibits(sample)


def _half(
    sample: samples.Sample, actor: str, by: tuple[str, ...], *, agrees: object
) -> None:
    stated = {} if agrees is UNSTATED else {"agrees": agrees}
    facts = {"matter": samples.MATTER, "pages": 2, "paper": "original"}
    sample.happen(
        "exhibit.checked", (), actor, by, exhibit=AA, condition="", **facts, **stated
    )


def _judged(sample: samples.Sample, folder: Path) -> Report:
    out = samples.pack(sample.files(), folder / "bundle.zip")
    return verify_bundle(out, None, samples.sha256(sample.log.trust()))


def _answers(report: Report, number: int) -> list[Result]:
    return [check.result for check in report.checks if check.number == number]


def _english(report: Report, number: int) -> str:
    return " ".join(c.reason_in("en") for c in report.checks if c.number == number)


@pytest.mark.parametrize("agrees", [UNSTATED, True])
def test_two_halves_by_two_persons_pass(tmp_path: Path, agrees: object) -> None:
    """Each half signed by its own person: passed, and nobody is said to be alone."""
    sample = _ruled()
    _half(sample, "li", ("li",), agrees=UNSTATED if agrees is UNSTATED else None)
    _half(sample, "wang", ("wang",), agrees=agrees)
    report = _judged(sample, tmp_path)
    assert report.verdict is Result.PASSED
    assert "only one half" not in _english(report, 17)


def test_two_halves_by_one_person_fail(tmp_path: Path) -> None:
    """One person who counted twice is no second person."""
    sample = _ruled()
    _half(sample, "li", ("li",), agrees=UNSTATED)
    _half(sample, "li", ("li",), agrees=UNSTATED)
    assert _answers(_judged(sample, tmp_path), 17) == [Result.FAILED]


def test_a_second_half_of_no_first_fails(tmp_path: Path) -> None:
    """A half that says it agrees needs another one to agree with."""
    sample = _ruled()
    _half(sample, "li", ("li",), agrees=True)
    assert _answers(_judged(sample, tmp_path), 17) == [Result.FAILED]


def test_a_lone_half_is_named(tmp_path: Path) -> None:
    """One half passes, and the answer says that the other is not here."""
    sample = _ruled()
    _half(sample, "li", ("li",), agrees=UNSTATED)
    report = _judged(sample, tmp_path)
    assert report.verdict is Result.PASSED
    assert "of 1 exhibits only one half of the check is here" in _english(report, 17)


def test_a_review_opens_the_check_anew(tmp_path: Path) -> None:
    """After a review the same person may make the first half again."""
    sample = _ruled()
    _half(sample, "li", ("li",), agrees=UNSTATED)
    sample.name(AA, "20250829_合同_001.pdf", "exhibit.reviewed")
    _half(sample, "li", ("li",), agrees=UNSTATED)
    assert _answers(_judged(sample, tmp_path), 17) == [Result.PASSED]


def test_an_unsigned_first_half_leaves_it_open(tmp_path: Path) -> None:
    """A half from before the rule is nobody's signature: neither passed nor failed."""
    sample = samples.three_exhibits(samples.Sample())
    _half(sample, "li", (), agrees=None)
    people = sample.log.add_persons(samples.LI, samples.WANG, rule=samples.KINDS)
    sample.change("person-added", people)
    _half(sample, "wang", ("wang",), agrees=UNSTATED)
    assert _answers(_judged(sample, tmp_path), 17) == [Result.INDETERMINATE]


def test_it_is_said_from_where_the_rule_counts(tmp_path: Path) -> None:
    """Acts before the rule are not covered, and the answer says so."""
    sample = samples.three_exhibits(samples.Sample())
    people = sample.log.add_persons(samples.LI, samples.WANG, rule=samples.KINDS)
    leaf = sample.change("person-added", people)
    report = _judged(sample, tmp_path)
    assert f"the rule counts from event {leaf + 1} on" in _english(report, 17)


def _of_the_first_format(sample: samples.Sample) -> samples.Files:
    files = dict(sample.files())
    for name in ("verify.html", "trust/seal.pem", "trust/allowed_signers"):
        del files[name]
    for name in samples.SEALS:
        del files[name]
    lines = [line for line in sample.log.lines if line.role in ("log", "statement")]
    files["trust/keys"] = "".join(line.text() for line in lines).encode()
    info = files["bag-info.txt"].replace(b"Custody-Bundle-Version: 2\n", b"")
    files["bag-info.txt"] = info
    return samples.relist(files)


@pytest.mark.parametrize(("events", "verdict"), [(0, "passed"), (9, "failed")])
def test_the_first_format_is_no_way_around_the_rule(
    tmp_path: Path, events: int, verdict: str
) -> None:
    """Under a policy whose rule covers an act, the first format cannot carry it."""
    sample = samples.Sample()
    for number in range(events):
        sample.log.record("user.added", login=f"u{number}")
    samples.three_exhibits(sample)
    _half(sample, "li", (), agrees=None)
    _half(sample, "wang", (), agrees=True)
    out = samples.pack(_of_the_first_format(sample), tmp_path / "old.zip")
    leaf = len(sample.log.envelopes) - (2 if events else 0)
    firm = samples.Sample()
    firm.log.lines = [line for line in firm.log.lines if line.role != "pdf"]
    for _ in range(leaf - 2):
        firm.log.record("user.added", login="x")
    people = firm.log.add_persons(samples.LI, samples.WANG, rule=samples.KINDS)
    firm.change("person-added", people)
    policy = parse_trusted_keys(firm.log.trust())
    report = verify_bundle(out, policy)
    named = {c.number for c in report.checks if c.result is Result.FAILED}
    assert (report.verdict.value, named) == (verdict, {17} if events else set())


def test_a_rule_of_witnesses_that_begins_later_leaves_it_open(tmp_path: Path) -> None:
    """A fork from before the rule shows the firm's own list and no cosignature."""
    genuine = samples.Sample()
    for number in range(20):
        genuine.log.record("user.added", login=f"u{number}")

    def listed(leaf: int) -> None:
        begun = genuine.log.now()
        rule = samples.Line("rule", "witnesses:1", leaf + 1, begun=begun)
        witness = samples.WITNESSES[0].vkey()
        line = samples.Line("witness", witness, leaf + 1, begun=begun)
        genuine.log.lines += [line, rule]

    genuine.change("witness", listed)
    fork = samples.Sample()

    def announced(_: int) -> None:
        fork.log.lines = [dataclasses.replace(line) for line in genuine.log.lines]

    fork.change("witness", announced)
    samples.three_exhibits(fork)
    vkey = samples.WITNESSES[0].vkey()
    fork.log.policy_tail = (
        f"witness w1 {vkey}\ngroup witnesses 1 w1\nquorum witnesses\n"
    )
    report = _judged(fork, tmp_path)
    assert samples.sha256(genuine.log.trust()) == samples.sha256(fork.log.trust())
    assert _answers(report, 18) == [Result.INDETERMINATE]
    assert report.verdict is Result.INDETERMINATE


def test_signatures_of_persons_without_a_rule_are_counted(tmp_path: Path) -> None:
    """Who signs with a key though nobody asked is told, and judged."""
    sample = samples.Sample()
    people = sample.log.add_persons(samples.LI, samples.WANG)
    sample.change("person-added", people)
    samples.three_exhibits(sample)
    _half(sample, "li", ("li",), agrees=UNSTATED)
    report = _judged(sample, tmp_path)
    assert report.verdict is Result.PASSED
    assert "no rule of two was in force; 1 acts are signed" in _english(report, 17)


def test_a_rule_of_witnesses_that_has_ended_awaits_nobody(tmp_path: Path) -> None:
    """Only a rule still to begin says that a fork from before it would look alike."""
    sample = samples.witnessed(())

    def ended(leaf: int) -> None:
        for line in sample.log.lines:
            if line.role == "rule":
                line.last, line.ended = leaf + 1, sample.log.now()

    sample.change("rule", ended)
    listed = enumerate(samples.WITNESSES, 1)
    tail = "".join(f"witness w{place} {key.vkey()}\n" for place, key in listed)
    sample.log.policy_tail = f"{tail}quorum none\n"
    sample.log.record("user.added", login="u")
    report = _judged(sample, tmp_path)
    assert report.verdict is Result.PASSED
    assert "no outside witness was asked for" in _english(report, 18)


def test_the_first_format_is_no_way_around_witnesses(tmp_path: Path) -> None:
    """Under a policy that wants cosignatures, a checkpoint without is left open."""
    sample = samples.three_exhibits(samples.Sample())
    out = samples.pack(_of_the_first_format(sample), tmp_path / "old.zip")
    firm = samples.Sample()
    firm.log.lines = [line for line in firm.log.lines if line.role != "pdf"]
    size = len(sample.log.envelopes)

    def witnesses(leaf: int) -> None:
        begun, key = firm.log.now(), samples.WITNESSES[0].vkey()
        line = samples.Line("witness", key, leaf + 1, begun=begun)
        rule = samples.Line("rule", "witnesses:1", size, begun=begun)
        firm.log.lines += [line, rule]

    firm.change("witness", witnesses)
    report = verify_bundle(out, parse_trusted_keys(firm.log.trust()))
    found = {(c.number, c.result) for c in report.checks if c.result != Result.PASSED}
    assert found == {(18, Result.INDETERMINATE)}


def test_without_a_checkpoint_the_first_format_says_no_more(tmp_path: Path) -> None:
    """What is under a checkpoint that nobody signed is not judged at all."""
    files = _of_the_first_format(samples.three_exhibits(samples.Sample()))
    files["checkpoint"] = files["checkpoint"].replace(b"\n8\n", b"\n9\n")
    out = samples.pack(samples.relist(files), tmp_path / "old.zip")
    report = verify_bundle(out, None)
    assert _answers(report, 5) == [Result.FAILED]
    assert {c.number for c in report.checks} == {1, 2, 3, 4, 6, 5}
