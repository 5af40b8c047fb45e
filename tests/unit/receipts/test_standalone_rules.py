"""The one-file verifier: rules that begin within the log, or that a policy knows."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from receipts.standalone import verify as standalone
from tests import bundle_samples as samples

AA = "e0000000000aa"
Check = tuple[str, str, str]
Judge = Callable[..., tuple[int, dict[int, list[Check]]]]
NO_FACT = object()


@pytest.fixture
def judge(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Judge:
    """Verifies a sample: exit code, and number -> (result, subject, reason)."""

    def _judge(
        files: samples.Files, policy: bytes | None = None, lang: str = "en"
    ) -> tuple[int, dict[int, list[Check]]]:
        arguments = [str(samples.pack(files, tmp_path / "bundle.zip"))]
        if policy is not None:
            (tmp_path / "policy").write_bytes(policy)
            arguments += ["--policy", str(tmp_path / "policy")]
        code = standalone.main([*arguments, "--json", "--lang", lang])
        found: dict[int, list[Check]] = {}
        for check in json.loads(capsys.readouterr().out)["checks"]:
            answer = check["result"], check["subject"], check["reason"]
            found.setdefault(check["number"], []).append(answer)
        return code, found

    return _judge


def _half(
    sample: samples.Sample,
    actor: str,
    *,
    agrees: Any = NO_FACT,
    by: Sequence[str] | None = None,
) -> int:
    """One half of a check, signed by its person or not."""
    facts = {} if agrees is NO_FACT else {"agrees": agrees}
    people = [actor] if by is None else by
    return sample.happen(
        "exhibit.checked",
        (),
        actor,
        people,
        exhibit=AA,
        matter=samples.MATTER,
        pages=2,
        **facts,
    )


def _ruled() -> samples.Sample:
    sample = samples.Sample()
    people = sample.log.add_persons(samples.LI, samples.WANG, rule=samples.KINDS)
    sample.change("person-added", people)
    return samples.three_exhibits(sample)


def _statement(leaf: int) -> str:
    return f"statements/{leaf:08d}.dsse.json"


def _review(sample: samples.Sample) -> None:
    sample.name(AA, "20250829_合同_001.pdf", "exhibit.reviewed")


@pytest.mark.parametrize(
    "halves",
    [
        [("li", NO_FACT), ("wang", NO_FACT)],
        [("li", None), ("wang", True)],
        [("li", None), ("wang", False), ("wang", None), ("li", True)],
        [("li", None), ("wang", None), ("li", True)],
        [("li", NO_FACT), ("wang", True)],
    ],
)
def test_two_halves_by_two_persons_pass(
    judge: Judge, halves: Sequence[tuple[str, Any]]
) -> None:
    """Whether or not they say which half they are; none is left over."""
    sample = _ruled()
    for actor, agrees in halves:
        _half(sample, actor, agrees=agrees)
    code, found = judge(sample.files())
    assert (code, len(found[17])) == (0, 1)
    assert "one half" not in found[17][0][2]


@pytest.mark.parametrize(
    ("halves", "reason"),
    [
        ([("li", NO_FACT), ("li", NO_FACT)], "by one person"),
        ([("li", None), ("li", True)], "by one person"),
        ([("li", None), ("wang", True), ("li", True)], "by no second person"),
        ([("wang", False)], "by no second person"),
    ],
)
def test_a_second_half_by_no_second_person_fails(
    judge: Judge, halves: Sequence[tuple[str, Any]], reason: str
) -> None:
    """The last of these halves is the one at fault."""
    sample = _ruled()
    leaves = [_half(sample, actor, agrees=agrees) for actor, agrees in halves]
    code, found = judge(sample.files())
    assert code == 1
    assert [answer[:2] for answer in found[17]] == [("failed", _statement(leaves[-1]))]
    assert reason in found[17][0][2]


def test_after_two_halves_by_one_person_another_can_be_the_second(
    judge: Judge,
) -> None:
    """The newer of the two is then the first half: only one statement is at fault."""
    sample = _ruled()
    _half(sample, "li")
    leaf = _half(sample, "li")
    _half(sample, "wang")
    _, found = judge(sample.files())
    assert [answer[:2] for answer in found[17]] == [("failed", _statement(leaf))]


def test_without_a_rule_the_halves_are_not_judged(judge: Judge) -> None:
    """Names come from sign-in only, and the answer says so."""
    sample = samples.three_exhibits(samples.Sample())
    _half(sample, "li", agrees=True, by=())
    _half(sample, "li", by=())
    _half(sample, "li", by=())
    code, found = judge(sample.files())
    assert (code, len(found[17])) == (0, 1)
    reason = found[17][0][2]
    assert "sign-in only" in reason
    assert "one half" not in reason
    assert "counts from" not in reason


def test_a_first_half_from_before_the_rule_leaves_it_open(judge: Judge) -> None:
    """Nobody's key vouches for it, so the check by two cannot be judged."""
    sample = samples.three_exhibits(samples.Sample())
    first = _half(sample, "li", agrees=None, by=())
    people = sample.log.add_persons(samples.LI, samples.WANG, rule=samples.KINDS)
    sample.change("person-added", people)
    leaf = _half(sample, "wang", agrees=True)
    code, found = judge(sample.files())
    reason = f"the first half, event {first}, was not signed with its person's key"
    assert code == 3
    assert found[17] == [("indeterminate", _statement(leaf), reason)]


def test_a_first_half_signed_before_the_rule_is_enough(judge: Judge) -> None:
    """What counts is whose key signed it, not whether that was asked for."""
    sample = samples.Sample()
    people = sample.log.add_persons(samples.LI, samples.WANG)
    sample.change("person-added", people)
    samples.three_exhibits(sample)
    _half(sample, "li", agrees=None)
    sample.change("rule", sample.log.add_persons(rule=samples.KINDS))
    _half(sample, "wang", agrees=True)
    code, found = judge(sample.files())
    assert (code, found[17][0][0]) == (0, "passed")


def test_a_review_begins_the_check_anew(judge: Judge) -> None:
    """A first half from before it is the first half of nothing."""
    sample = _ruled()
    _half(sample, "li", agrees=None)
    _review(sample)
    leaf = _half(sample, "wang", agrees=True)
    _, found = judge(sample.files())
    assert [answer[:2] for answer in found[17]] == [("failed", _statement(leaf))]
    again = _ruled()
    _half(again, "li")
    _review(again)
    _half(again, "li")
    _half(again, "wang")
    code, found = judge(again.files())
    assert (code, len(found[17])) == (0, 1)


def test_an_unsigned_half_takes_no_part(judge: Judge) -> None:
    """It fails, and the halves about it are judged as if it were not there."""
    sample = _ruled()
    _half(sample, "li", agrees=None)
    leaf = _half(sample, "wang", agrees=True, by=())
    _half(sample, "wang", agrees=True)
    _, found = judge(sample.files())
    answer = ("failed", _statement(leaf), "wang did not sign")
    assert found[17] == [answer]


def test_the_passing_answer_says_from_where_the_rule_counts(judge: Judge) -> None:
    """Also when only one half is there so far; in both languages."""
    sample = _ruled()
    _half(sample, "li")
    code, found = judge(sample.files())
    assert code == 0
    reason = found[17][0][2]
    since = "the rule counts from event 2 on; acts before it rest on sign-in only"
    assert reason.startswith("1 acts under the rule carry")
    assert since in reason
    assert reason.endswith("; of 1 exhibits only one half of the check is here")
    _, found = judge(sample.files(), lang="zh")
    reason = found[17][0][2]
    assert "规则自第 2 号事件起有效，此前的事项仅凭登录" in reason
    assert reason.endswith("；1 件证据只有一半核查")


def test_a_rule_that_begins_after_all_events_is_told_of(judge: Judge) -> None:
    """An act before it rests on sign-in, however early the rule was announced."""
    sample = samples.three_exhibits(samples.Sample())
    _half(sample, "li", by=())
    people = sample.log.add_persons(samples.LI, samples.WANG, rule=samples.KINDS)
    leaf = sample.change("person-added", people)
    code, found = judge(sample.files())
    assert code == 0
    assert f"the rule counts from event {leaf + 1} on" in found[17][0][2]
    assert "one half" not in found[17][0][2]  # it is not under the rule


def _announced(
    begin: int, *, ended: bool = False, at_once: bool = False, cosigners: int = 0
) -> samples.Sample:
    """Two witnesses; the firm's own list wants both from `begin` on.

    ended: the rule is ended again; at_once: one of them is wanted before it begins.
    """
    sample = samples.Sample()
    log, rule = sample.log, samples.Line("rule", "witnesses:2", begin)

    def add(leaf: int) -> None:
        rule.begun = log.now()
        for witness in samples.WITNESSES:
            line = samples.Line("witness", witness.vkey(), leaf + 1, begun=log.now())
            log.lines.append(line)
        if at_once:
            line = samples.Line("rule", "witnesses:1", leaf + 1, begun=log.now())
            log.lines.append(line)
        log.lines.append(rule)

    def end(_leaf: int) -> None:
        rule.last, rule.ended = begin, log.now()

    sample.change("witness", add)
    if ended:
        sample.change("rule", end)
    named = list(zip(("w1", "w2"), samples.WITNESSES, strict=True))
    log.policy_tail = "".join(f"witness {name} {w.vkey()}\n" for name, w in named)
    group = "group witnesses 2 w1 w2\nquorum witnesses\n"
    log.policy_tail += "quorum none\n" if ended else group
    samples.three_exhibits(sample)
    sample.cosigners = list(samples.WITNESSES[:cosigners])
    return sample


@pytest.mark.parametrize("cosigners", [0, 2])
def test_a_rule_of_witnesses_yet_to_begin_leaves_it_open(
    judge: Judge, cosigners: int
) -> None:
    """The list is of a longer log: a second one could begin here as well."""
    sample = _announced(40, cosigners=cosigners)
    assert len(sample.log.envelopes) < 40
    code, found = judge(sample.files())
    reason = "the rule of 2 witnesses begins at size 40, after this checkpoint: "
    reason += "a second history would not show here"
    assert code == 3
    assert found[18] == [("indeterminate", "checkpoint", reason)]
    _, found = judge(sample.files(), lang="zh")
    assert "规则自第 40 条起要求见证，本检查点在此之前" in found[18][0][2]


def test_a_rule_of_witnesses_that_ended_or_has_begun_does_not(judge: Judge) -> None:
    """Then the cosignatures decide, or none is asked for."""
    code, found = judge(_announced(40, ended=True).files())
    assert (code, found[18][0][0]) == (0, "passed")
    size = len(_announced(2).log.envelopes)
    code, found = judge(_announced(size, cosigners=2).files())
    assert (code, found[18][0][0]) == (0, "passed")
    code, found = judge(_announced(size).files())
    assert (code, found[18][0][0]) == (3, "indeterminate")
    assert "2 witnesses are wanted, 0 signed" in found[18][0][2]


def test_where_witnesses_are_wanted_a_later_rule_changes_nothing(judge: Judge) -> None:
    """Whom the rule in force wants, and whether they signed, decides as ever."""
    code, found = judge(_announced(40, at_once=True, cosigners=1).files())
    assert (code, found[18][0][0]) == (0, "passed")
    code, found = judge(_announced(40, at_once=True).files())
    assert (code, found[18][0][0]) == (3, "indeterminate")
    assert "1 witnesses are wanted, 0 signed" in found[18][0][2]


FIRST_ONLY = ("log", "statement")


def _first_format(sample: samples.Sample) -> samples.Files:
    """The sample as a bundle of the first format."""
    files = sample.files()
    for name in (
        *("verify.html", "trust/seal.pem", "trust/allowed_signers"),
        *samples.SEALS,
    ):
        del files[name]
    kept = [line.text() for line in sample.log.lines if line.role in FIRST_ONLY]
    files["trust/keys"] = "".join(kept).encode()
    logs = [line.what for line in sample.log.lines if line.role == "log"]
    policy = "".join(f"log {key}\n" for key in logs) + "quorum none\n"
    files["trust/policy"] = policy.encode()
    info = files["bag-info.txt"]
    files["bag-info.txt"] = info.replace(b"Custody-Bundle-Version: 2\n", b"")
    return samples.relist(files)


def _policy(sample: samples.Sample, *lines: samples.Line) -> bytes:
    """The keys of a log that seals no bundles, and these lines."""
    own = [line for line in sample.log.lines if line.role != "pdf"]
    return "".join(line.text() for line in (*own, *lines)).encode()


def test_the_first_format_carries_no_signatures_that_a_policy_wants(
    judge: Judge,
) -> None:
    """A policy with the rule of two fails what it gives to two; without, no answer."""
    sample = samples.three_exhibits(samples.Sample())
    _half(sample, "li", by=())
    late = _half(sample, "wang", by=())
    files = _first_format(sample)
    rule = samples.Line("rule", "two-persons:exhibit.checked", late)
    code, found = judge(files, _policy(sample, rule))
    reason = "the first format carries no signatures of persons"
    assert code == 1
    assert found[17] == [("failed", _statement(late), reason)]
    _, found = judge(files, _policy(sample, rule), lang="zh")
    assert found[17][0][2] == "第一种格式没有个人签名"
    for rules in ([], [samples.Line("rule", rule.what, late + 1)]):
        code, found = judge(files, _policy(sample, *rules))
        assert (code, set(found) & {17, 18}) == (0, set())
    code, found = judge(files)
    assert (code, set(found) & {17, 18}) == (0, set())


@pytest.mark.parametrize(("cosigners", "code"), [(0, 3), (1, 3), (2, 0)])
def test_the_first_format_needs_the_witnesses_that_a_policy_wants(
    judge: Judge, cosigners: int, code: int
) -> None:
    """With fewer cosignatures it is indeterminate; without a policy, no answer."""
    sample = samples.three_exhibits(samples.Sample())
    sample.cosigners = list(samples.WITNESSES[:cosigners])
    files = _first_format(sample)
    lines = [samples.Line("witness", w.vkey()) for w in samples.WITNESSES]
    rule = samples.Line("rule", "witnesses:2")
    found_code, found = judge(files, _policy(sample, *lines, rule))
    result = "passed" if code == 0 else "indeterminate"
    assert (found_code, found[18][0][:2]) == (code, (result, "checkpoint"))
    assert f"{cosigners} signed" in found[18][0][2]
    later = samples.Line("rule", "witnesses:2", 99)
    for policy in (None, _policy(sample, *lines), _policy(sample, *lines, later)):
        found_code, found = judge(files, policy)
        assert (found_code, 18 in found) == (0, False)


def test_the_first_format_knows_one_log_and_one_signature(judge: Judge) -> None:
    """A list of keys that begins a second log fails 4; a person's signature, 6."""
    sample = samples.three_exhibits(samples.Sample())
    sample.change("rotated", sample.log.roll(samples.LATER_ORIGINS[0]))
    sample.happen("exhibit.noted", exhibit=AA, matter=samples.MATTER)
    _, found = judge(_first_format(sample))
    reason = "a bundle of this format is of one log"
    assert found[4] == [("failed", "trust/keys", reason)]
    assert max(found) == 4
    sample = _ruled()
    leaf = _half(sample, "li")
    _, found = judge(_first_format(sample))
    reason = "the statement has not one signature"
    failed = [answer for answer in found[6] if answer[0] == "failed"]
    assert failed == [("failed", _statement(leaf), reason)]


def test_that_nothing_was_erased_is_said_of_a_whole_bundle_only(judge: Judge) -> None:
    """Where something was, that is told; where a statement is lost, nothing is."""
    sample = samples.plain()
    files = sample.files()
    _, found = judge(files)
    assert found[20] == [("passed", "bundle", "nothing was erased")]
    files[_statement(1)] = b"{}"
    _, found = judge(sample.seal(samples.relist(files)))
    assert 20 not in found
    _, found = judge(samples.erased().files())
    ((result, subject, reason),) = found[20]
    assert (result, subject.split("/")[0]) == ("passed", "statements")
    assert "was erased on" in reason


def test_a_rule_of_two_yet_to_begin_says_nothing_of_witnesses(judge: Judge) -> None:
    """18 waits for rules about witnesses only."""
    sample = samples.three_exhibits(samples.Sample())
    log = sample.log
    rule = samples.Line("rule", "two-persons:exhibit.erased", 40)

    def announce(_leaf: int) -> None:
        rule.begun = log.now()
        log.lines.append(rule)

    sample.change("rule", announce)
    code, found = judge(sample.files())
    assert (code, found[18][0][0]) == (0, "passed")


def _answers_of_4(judge: Judge, files: samples.Files, policy: bytes) -> list[str]:
    _, found = judge(files, policy)
    return [reason for result, _, reason in found[4] if result == "failed"]


def test_the_first_format_ends_where_the_firm_seals_its_bundles(judge: Judge) -> None:
    """By a policy whose certificate counts at the checkpoint's size; not before it."""
    sample = samples.three_exhibits(samples.Sample())
    files, size = _first_format(sample), len(sample.log.envelopes)
    kept = [line for line in sample.log.lines if line.role in FIRST_ONLY]
    listed = "".join(line.text() for line in kept)
    digest = f"sha256:{'0' * 64}"
    reason = (
        "at that size the firm sealed its bundles, and the first format has no seal"
    )
    for first, told in ((0, [reason]), (size, [reason]), (size + 1, [])):
        policy = (listed + samples.Line("pdf", digest, first).text()).encode()
        assert _answers_of_4(judge, files, policy) == told
        assert judge(files, policy)[0] == len(told)  # the exit code


def test_the_first_format_is_of_the_first_log(judge: Judge) -> None:
    """With keys that have several; an unreadable checkpoint is for 5 to tell."""
    sample = samples.three_exhibits(samples.Sample())
    files = _first_format(sample)
    older = samples.Ed("custody.example/older", 91)
    kept = [line for line in sample.log.lines if line.role in FIRST_ONLY]
    for line in kept:
        line.first += 5 if line.role == "log" else 0
    lines = [samples.Line("log", older.vkey(), 0, kept[0].first - 1), *kept]
    policy = "".join(line.text() for line in lines).encode()
    reason = "a bundle of the first format is of the first log"
    assert reason in _answers_of_4(judge, files, policy)
    files = samples.relist({**files, "checkpoint": b"noise"})
    assert reason not in _answers_of_4(judge, files, policy)
    _, found = judge(files, policy)
    assert [answer[:2] for answer in found[5]] == [("failed", "checkpoint")]
