"""verify.html on a firm with several logs, each begun where the one before closed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import bundle_samples as samples
from tests import html_verifier
from tests.bundle_factory import pack, relist, unpack
from tests.html_verifier import (
    answers,
    choose,
    each,
    first_failed,
    open_numbers,
    run,
    words,
)

GOLDEN = Path(__file__).parents[1] / "vectors" / "bundle-v1"
FIRST, SECOND, THIRD = samples.ORIGIN, *samples.LATER_ORIGINS


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """The page, opened from its file."""
    opened = html_verifier.open_page(chromium)
    yield opened
    opened.context.close()


@pytest.fixture(scope="module")
def sample() -> samples.Sample:
    """Three logs; nothing is recorded in it any more."""
    return samples.rolled()


def starts(sample: samples.Sample) -> list[int]:
    """The first entry of each log."""
    return [tree.first for tree in sample.log.trees]


def proof(entry: int) -> str:
    """The name of a proof."""
    return f"proofs/{entry:08d}.tlog-proof"


def statement(entry: int) -> str:
    """The name of a statement."""
    return f"statements/{entry:08d}.dsse.json"


def sealed(sample: samples.Sample, files: dict[str, bytes]) -> dict[str, bytes]:
    """The files with lists and seals that fit: what the firm itself could send."""
    return sample.seal(samples.relist(files))


def under(sample: samples.Sample, log: int, note: bytes) -> dict[str, bytes]:
    """The bundle, with `note` as the checkpoint of one log in all its proofs."""
    files = sample.files()
    for entry in sample.told():
        if sample.log.tree_of(entry) is sample.log.trees[log]:
            files[proof(entry)] = sample.log.prove(entry, note)
    return sealed(sample, files)


# --- Which logs there are: trust/keys -------------------------------------------

LOGS = """(lines) => {
  const { logs } = Custody.Trust.parse(Custody.utf8(lines.join("\\n") + "\\n"));
  return logs.map(({ name, first, end }) => [name, Number(first), end && Number(end)]);
}"""


def key(
    name: str, seed: int, first: int, last: int | None = None, role: str = "log"
) -> str:
    """A line of trust/keys."""
    made = samples.Ed(name, seed, 4 if role == "witness" else 1)
    return samples.Line(role, made.vkey(), first, last).text()[:-1]


@pytest.mark.parametrize(
    ("lines", "logs"),
    [
        ([key("a", 1, 0)], [["a", 0, None]]),
        ([key("a", 1, 0, 5), key("a", 2, 6)], [["a", 0, None]]),
        ([key("a", 1, 0, 5), key("b", 2, 6)], [["a", 0, 5], ["b", 5, None]]),
        ([key("a", 1, 0, 3), key("a", 2, 4, 5), key("b", 3, 6)],
         [["a", 0, 5], ["b", 5, None]]),
        ([key("a", 1, 0, 1), key("b", 2, 2, 2), key("c", 3, 3)],
         [["a", 0, 1], ["b", 1, 2], ["c", 2, None]]),
        ([key("s", 1, 0, role="statement")], []),
    ],
)  # fmt: skip
def test_a_log_key_with_a_new_name_begins_a_log(
    page: Page, lines: list[str], logs: list[Any]
) -> None:
    """One entry before its first size; keys under the same name go on in their log."""
    assert each(page, LOGS, [lines]) == [logs]


@pytest.mark.parametrize(
    "lines",
    [
        [key("a", 1, 0), key("b", 2, 6)],
        [key("a", 1, 0, 6), key("b", 2, 6)],
        [key("a", 1, 0, 4), key("b", 2, 6)],
        [key("a", 1, 0, 3), key("a", 2, 4), key("b", 3, 6)],
        [key("a", 1, 0, 5), key("b", 2, 6, 9), key("a", 3, 10)],
        [key("a", 1, 0, 0), key("b", 2, 1)],
        [key("a", 1, 0, 5), key("b", 2, 6, 5 + 1), key("c", 3, 6)],
        [key("a", 1, 0), key("b", 2, 0)],
    ],
)
def test_logs_that_do_not_follow_each_other_are_no_key_file(
    page: Page, lines: list[str]
) -> None:
    """Open, overlapping, apart, a name again, an empty log: malformed."""
    assert each(page, LOGS, [lines]) == ["refused"]


def test_a_log_key_counts_for_its_own_log_alone(page: Page) -> None:
    """By name and by the number of entries that are covered, both ends included."""
    lines = [key("a", 1, 0, 5), key("b", 2, 6), key("b", 3, 2)]
    body = """([lines, log, covered]) => {
      const trust = Custody.Trust.parse(Custody.utf8(lines.join("\\n") + "\\n"));
      return trust.logKeys(trust.logs[log], BigInt(covered)).map(({ name }) => name);
    }"""
    cases = [[lines, 0, 0], [lines, 0, 5], [lines, 0, 6], [lines, 1, 5], [lines, 1, 6]]
    assert each(page, body, cases) == [["a"], ["a"], [], ["b"], ["b", "b"]]


def test_the_key_of_a_witness_has_no_other_use(page: Page) -> None:
    """Not the log's, not a statement key; under two names it is still a witness's."""
    witness = key("w", 7, 0, role="witness")
    second = key("v", 7, 0, role="witness")
    log, other = key("a", 1, 0), key("a", 7, 0)
    own = key("s", 7, 0, role="statement")
    assert each(page, LOGS, [[log, witness, second]]) == [[["a", 0, None]]]
    assert each(page, LOGS, [[other, witness], [log, own, witness]]) == ["refused"] * 2


def test_a_bundle_whose_keys_form_no_logs_fails_check_4(
    page: Page, sample: samples.Sample
) -> None:
    """Also a witness that is the log itself; nothing after it is done."""
    files = sample.files()
    lines = files["trust/keys"].decode().splitlines(keepends=True)
    log = next(line for line in lines if line.startswith("log"))
    reopened = log.replace(f" {starts(sample)[1]} ", " - ", 1)
    own = samples.Line("witness", samples.Ed(FIRST, 1, 4).vkey()).text()
    for changed in ([reopened, *lines[1:]], [*lines, own]):
        keys = "".join(changed).encode()
        report = run(page, sealed(sample, {**files, "trust/keys": keys}))
        assert answers(report, 4) == [("failed", "trust/keys")]
        assert answers(report, 5) == []


def test_a_bundle_of_the_first_format_has_one_log(page: Page, tmp_path: Path) -> None:
    """A key file with a second log, however well it is formed, fails check 4."""
    files = unpack(GOLDEN / "bundle.zip")
    lines = files["trust/keys"].decode().splitlines()
    at = next(i for i, line in enumerate(lines) if line.startswith("log"))
    role, what, first, _, begun, ended = lines[at].split(" ")
    lines[at] = f"{role} {what} {first} 900 {begun} {ended}"
    lines.append(key("another.example", 9, 901))
    logs = [line.split(" ")[1] for line in lines if line.startswith("log")]
    policy = "".join(f"log {each}\n" for each in logs) + "quorum none\n"
    keys = "".join(f"{line}\n" for line in lines)
    changed = {"trust/keys": keys.encode(), "trust/policy": policy.encode()}
    out = pack(relist({**files, **changed}), tmp_path / "two.zip")
    assert first_failed(run(page, out.read_bytes())) == 4
    # The same lines as the firm's file of today judge the old bundle all the same.
    report = run(page, (GOLDEN / "bundle.zip").read_bytes(), policy=keys)
    assert report["verdict"] == "passed"


# --- The whole ---------------------------------------------------------------------


def test_a_bundle_over_three_logs_passes_and_names_each(
    page: Page, sample: samples.Sample
) -> None:
    """One answer of check 5 for each log; all numbers are those of entries."""
    report = run(page, sample.files())
    assert (report["verdict"], open_numbers(report)) == ("passed", [])
    _, second, third = starts(sample)
    names = ["checkpoint", proof(0), proof(second)]
    assert answers(report, 5) == [("passed", name) for name in names]
    sizes = [second, third - second, len(sample.log.envelopes) - third]
    text = words(report, 5)
    assert f"log {FIRST}, closed at size {sizes[0]}: the signature holds" in text
    assert f"日志 {SECOND} 已封存，共 {sizes[1]} 条，签名有效" in text
    assert f"log {THIRD} of size {sizes[2]}: the signature holds" in text
    assert "3 logs that follow each other" in words(report, 10)


def test_at_the_very_end_of_a_log_nothing_follows_yet(page: Page) -> None:
    """The next log is announced, its first entry not written: one log, which passes."""
    sample = samples.Sample()
    sample.change("rotated", sample.log.roll(SECOND, more=7))
    samples.three_exhibits(sample)
    assert len(sample.log.envelopes) == sample.log.trees[1].first
    report = run(page, sample.files())
    assert report["verdict"] == "passed"
    assert answers(report, 5) == [("passed", "checkpoint")]
    assert "one log" in words(report, 10)


def test_keys_from_before_and_after_a_log_closed_are_good(page: Page) -> None:
    """An old paper fits the later bundle, and the firm's new file the older bundle."""
    sample = samples.three_exhibits(samples.Sample())
    before, older = sample.log.trust(), sample.files()
    sample.change("rotated", sample.log.roll(SECOND))
    sample.name("e0000000000cc", "20250829_照片_003.jpg")
    newer = sample.files()
    assert run(page, newer, samples.sha256(before))["verdict"] == "passed"
    assert run(page, newer, policy=before.decode())["verdict"] == "passed"
    now = newer["trust/keys"].decode()
    assert run(page, older, policy=now)["verdict"] == "passed"


def test_the_rule_of_witnesses_counts_the_entries_of_all_logs(page: Page) -> None:
    """Two witnesses are wanted from an entry on that the newest log never reaches."""
    log = samples.Log()
    sample = samples.Sample(log)

    def alter(leaf: int) -> None:
        for witness in samples.WITNESSES:
            log.lines.append(samples.Line("witness", witness.vkey(), leaf + 1))
        log.lines.append(samples.Line("rule", "witnesses:2", leaf + 1))

    samples.three_exhibits(sample)
    sample.change("witness", alter)
    keys = [witness.vkey() for witness in samples.WITNESSES]
    log.policy_tail = f"witness w1 {keys[0]}\nwitness w2 {keys[1]}\n"
    log.policy_tail += "group witnesses 2 w1 w2\nquorum witnesses\n"
    sample.change("rotated", log.roll(SECOND))
    sample.name("e0000000000cc", "20250829_照片_003.jpg")
    report = run(page, sample.files())
    assert "the rule wants 2 witnesses, 0 cosigned" in words(report, 18)
    sample.cosigners = list(samples.WITNESSES)
    report = run(page, sample.files())
    assert (report["verdict"], answers(report, 18)) == (
        "passed",
        [("passed", "checkpoint")],
    )


# --- Check 5: the checkpoint of a closed log ------------------------------------------


def test_a_closed_log_has_one_last_checkpoint_by_its_own_key(
    page: Page, sample: samples.Sample
) -> None:
    """An earlier one, one of another log, or one by the next key fails check 5."""
    log, (_, second, third) = sample.log, starts(sample)
    frozen = log.checkpoint(covered=second)
    wrong = {
        "earlier": log.checkpoint(covered=second - 1),
        "next key": log.checkpoint(covered=second, signer=log.log_signer(third)),
        "changed": frozen.replace("— ".encode(), "—  ".encode()),
        "unsigned": frozen[: frozen.index("— ".encode())],
    }
    for case, note in wrong.items():
        report = run(page, under(sample, 0, note))
        assert answers(report, 5)[1] == ("failed", proof(0)), case
        assert first_failed(report) == 5, case
        assert open_numbers(report) == [5, 7], case
    files = sample.files()
    other = log.checkpoint(covered=third)
    files[proof(0)] = files[proof(0)].replace(frozen, other)
    report = run(page, sealed(sample, files))
    assert answers(report, 5)[1] == ("failed", proof(0))
    assert "it is of another log" in words(report, 5)


def test_a_checkpoint_of_a_log_that_is_not_listed_fails_check_5(
    page: Page, sample: samples.Sample
) -> None:
    """The newest one too; then nothing that rests on it is done."""
    log = sample.log
    note = log.checkpoint().replace(THIRD.encode(), b"other.example")
    files = sealed(sample, {**sample.files(), "checkpoint": note})
    report = run(page, files)
    assert answers(report, 5) == [("failed", "checkpoint")]
    assert answers(report, 7) == []


# --- Check 7: leaves, each in its own log -------------------------------------------


def test_without_its_first_proof_nothing_of_a_closed_log_is_proved(
    page: Page, sample: samples.Sample
) -> None:
    """A proof that cannot be read names 7; the others of that log fail with it."""
    files = {**sample.files(), proof(0): b"not a proof\n"}
    report = run(page, sealed(sample, files))
    assert first_failed(report) == 7
    assert [subject for _, subject in answers(report, 5)] == [
        "checkpoint",
        proof(starts(sample)[1]),
    ]
    lost = [entry for entry in sample.told() if entry < starts(sample)[1]]
    failed = [subject for result, subject in answers(report, 7) if result == "failed"]
    assert failed == list(map(proof, lost))
    assert "its log's checkpoint does not hold" in words(report, 7)
    assert "所在日志的检查点不成立" in words(report, 7)


def test_all_proofs_of_a_closed_log_carry_the_same_note(
    page: Page, sample: samples.Sample
) -> None:
    """One more line by an unknown key in one of them is another checkpoint."""
    files, entry = sample.files(), 1
    files[proof(entry)] += f"— x {samples.b64(bytes(68))}\n".encode()
    report = run(page, sealed(sample, files))
    assert open_numbers(report) == [7]
    assert ("failed", proof(entry)) in answers(report, 7)


def test_the_index_of_a_proof_is_that_of_its_own_log(
    page: Page, sample: samples.Sample
) -> None:
    """With the number of the entry in its place, the proof is of another leaf."""
    entry = starts(sample)[1] + 1
    files = sample.files()
    files[proof(entry)] = files[proof(entry)].replace(
        b"\nindex 1\n", f"\nindex {entry}\n".encode()
    )
    report = run(page, sealed(sample, files))
    assert open_numbers(report) == [7]
    assert "it is the proof of another leaf" in words(report, 7)


def test_an_entry_after_the_checkpoint_is_in_no_log(page: Page) -> None:
    """Nor where the next log is listed and the entry would begin it."""
    sample = samples.Sample()
    samples.three_exhibits(sample)
    sample.change("rotated", sample.log.roll(SECOND))
    end = sample.log.trees[1].first
    frozen = sample.log.checkpoint(covered=end)
    sample.name("e0000000000cc", "20250829_照片_003.jpg")
    report = run(page, sealed(sample, {**sample.files(), "checkpoint": frozen}))
    assert first_failed(report) == 7
    failed = [subject for result, subject in answers(report, 7) if result == "failed"]
    assert failed == [proof(end), proof(end + 1)]
    assert "the log has no such leaf" in words(report, 7)


# --- Check 10: each log holds the end of the one before -------------------------------


@dataclass
class Telling(samples.Log):
    """Tells the beginning of its second log otherwise."""

    told: dict[str, Any] = field(default_factory=dict)

    def continued(self, before: samples.Tree, tree: samples.Tree) -> dict[str, Any]:
        """The facts of `told` in place of those that are due."""
        facts = super().continued(before, tree)
        told = self.told if tree.first == 8 else {}
        for fact, value in told.items():
            facts[fact] = value(facts[fact]) if callable(value) else value
        return facts


@dataclass
class Silent(samples.Log):
    """Goes on in the next log as if nothing had been."""

    def begin_tree(self) -> None:
        """No event says how the log begins."""


def instead(old: str, new: str) -> Callable[[str], str]:
    """A change of a text."""
    return lambda text: text.replace(old, new, 1)


OTHER_ROOT = "\n".join([FIRST, "8", samples.b64(bytes(32)), ""])


@pytest.mark.parametrize(
    ("told", "why"),
    [
        ({"first": 7}, "it begins another log"),
        ({"first": "8"}, "it begins another log"),
        ({"origin": THIRD}, "it begins another log"),
        ({"previous": OTHER_ROOT}, "it follows another log"),
        ({"previous": instead("\n8\n", "\n7\n")}, "it follows another log"),
        ({"previous": instead(FIRST, THIRD)}, "it follows another log"),
        ({"previous": lambda text: text + "more\n"}, "it follows another log"),
        ({"previous": "text"}, "not a checkpoint"),
        ({"previous": 8}, "a text is missing or too long"),
        ({"note": ""}, "the fields first, origin, previous are expected"),
    ],
)
def test_a_log_that_is_told_to_begin_otherwise_fails_check_10(
    page: Page, told: dict[str, Any], why: str
) -> None:
    """Another number, name, size or root, and more than is due."""
    log = Telling(told=told)
    report = run(page, samples.rolled(log).files())
    assert open_numbers(report) == [10]
    assert why in words(report, 10)


def test_each_log_begins_with_its_event_and_no_other_does(
    page: Page, sample: samples.Sample
) -> None:
    """Without it, with another in its place, or with one elsewhere: check 10."""
    second = starts(sample)[1]
    files = sample.files()
    del files[statement(second)], files[proof(second)]
    report = run(page, sealed(sample, files))
    assert open_numbers(report) == [10]
    assert answers(report, 10) == [("failed", statement(second))]
    assert f"log {SECOND} has no beginning here" in words(report, 10)
    report = run(page, samples.rolled(Silent()).files())
    assert answers(report, 10) == [("failed", statement(second))]
    twice = samples.rolled()
    facts = twice.log.continued(*twice.log.trees[:2])
    entry = twice.happen(samples.LOG_CONTINUED, (), "custody", **facts)
    report = run(page, twice.files())
    assert answers(report, 10) == [("failed", statement(entry))]
    assert "no log begins with this event" in words(report, 10)


def test_the_founding_event_names_the_first_log(page: Page) -> None:
    """Not the newest one, though the checkpoint is of that."""

    @dataclass
    class Founded(samples.Log):
        def record(self, kind: str, *args: Any, **facts: Any) -> int:
            if kind == "firm.initialised":
                facts["origin"] = THIRD
            return super().record(kind, *args, **facts)

    report = run(page, samples.rolled(Founded()).files())
    assert open_numbers(report) == [10]
    assert "event 0 is of another log" in words(report, 10)


# --- The page -------------------------------------------------------------------------


@pytest.mark.parametrize("width", [1280, 360])
def test_several_logs_are_shown_one_after_the_other(
    chromium: Browser, sample: samples.Sample, tmp_path: Path, width: int
) -> None:
    """The newest log and its size, then each closed one; nothing is cut off."""
    opened = html_verifier.open_page(chromium, viewport={"width": width, "height": 900})
    assert choose(opened, samples.pack(sample.files(), tmp_path / "a.zip")) == "通过"
    for label in ("此前已封存的日志", "closed log before it"):
        rows = opened.locator("#report dt", has_text=label)
        expect(rows).to_have_count(2)
        shown = opened.locator("#report dl").inner_text()
        assert shown.index(THIRD) < shown.index(FIRST + " ") < shown.index(SECOND)
        wide = "document.documentElement.scrollWidth > window.innerWidth"
        assert not opened.evaluate(wide)
        opened.click("#switch")
    opened.context.close()
