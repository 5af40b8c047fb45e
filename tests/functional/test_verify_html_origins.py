"""verify.html on a firm with several logs, each begun where the one before closed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
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
        ([key("a", 1, 0), key("a", 2, 0)], [["a", 0, None]]),
        ([key("a", 1, 0, 5), key("b", 2, 6), key("b", 3, 6)],
         [["a", 0, 5], ["b", 5, None]]),
        ([key("a", 1, 0, 3), key("b", 2, 6), key("a", 3, 4, 5)],
         [["a", 0, 5], ["b", 5, None]]),
        ([key("a", 1, 0, 5), key("b", 2, 6), key("a", 3, 0, 3)],
         [["a", 0, 5], ["b", 5, None]]),
        ([key("a", 1, 0, 3), key("b", 2, 6, 6), key("c", 3, 9), key("b", 4, 6, 8),
          key("a", 5, 4, 5), key("c", 6, 9)],
         [["a", 0, 5], ["b", 5, 8], ["c", 8, None]]),
        ([key("s", 1, 0, role="statement")], []),
    ],
)  # fmt: skip
def test_a_log_key_with_a_new_name_begins_a_log(
    page: Page, lines: list[str], logs: list[Any]
) -> None:
    """One entry before its first size; others of its name are keys of that log."""
    assert each(page, LOGS, [lines]) == [logs]


@pytest.mark.parametrize(
    "lines",
    [
        [key("a", 1, 0), key("b", 2, 6)],
        [key("a", 1, 0, 6), key("b", 2, 6)],
        [key("a", 1, 0, 4), key("b", 2, 6)],
        [key("a", 1, 0, 3), key("a", 2, 4), key("b", 3, 6)],
        [key("a", 1, 0, 5), key("b", 2, 6, 9), key("a", 3, 10)],
        [key("a", 1, 0, 5), key("b", 2, 6, 9), key("a", 3, 10, 12)],
        [key("a", 1, 0, 5), key("b", 2, 6), key("a", 3, 4)],
        [key("a", 1, 0, 5), key("b", 2, 6), key("a", 3, 4, 6)],
        [key("a", 1, 0, 3), key("b", 2, 6), key("a", 3, 4, 4)],
        [key("a", 1, 0, 5), key("b", 2, 6), key("b", 3, 5)],
        [key("a", 1, 0, 5), key("b", 2, 6, 8), key("c", 3, 9), key("b", 4, 5, 8)],
        [key("a", 1, 0, 0), key("b", 2, 1)],
        [key("a", 1, 0, 5), key("b", 2, 6, 5 + 1), key("c", 3, 6)],
        [key("a", 1, 0), key("b", 2, 0)],
    ],
)
def test_logs_that_do_not_follow_each_other_are_no_key_file(
    page: Page, lines: list[str]
) -> None:
    """Open, overlapping, apart, empty, with a key from before or after: malformed."""
    assert each(page, LOGS, [lines]) == ["refused"]


def test_a_log_key_counts_for_its_own_log_alone(page: Page) -> None:
    """By name and by the number of entries that are covered, both ends included."""
    lines = [key("a", 1, 0, 5), key("b", 2, 6), key("b", 3, 8)]
    body = """([lines, log, covered]) => {
      const trust = Custody.Trust.parse(Custody.utf8(lines.join("\\n") + "\\n"));
      return trust.logKeys(trust.logs[log], BigInt(covered)).map(({ name }) => name);
    }"""
    places = [(0, 0), (0, 5), (0, 6), (1, 5), (1, 6), (1, 7), (1, 8)]
    counted = each(page, body, [[lines, *place] for place in places])
    assert counted == [["a"], ["a"], [], [], ["b"], ["b"], ["b", "b"]]


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


def line(role: str, what: str, first: int, last: int | None = None) -> str:
    """Any line of trust/keys."""
    return samples.Line(role, what, first, last).text()


def test_where_the_firm_sealed_its_bundles_none_is_of_the_first_format(
    page: Page,
) -> None:
    """Check 4, by the firm's list: a certificate counts at the size that is claimed."""
    bundle = (GOLDEN / "bundle.zip").read_bytes()
    files = unpack(GOLDEN / "bundle.zip")
    size = int(files["checkpoint"].split(b"\n")[1])
    own, seal = files["trust/keys"].decode(), f"sha256:{'5' * 64}"
    ranges = {(0, None): 4, (size, None): 4, (size + 1, None): None,
              (0, size): None, (0, size + 1): 4}  # fmt: skip
    for (first, last), number in ranges.items():
        policy = own + line("pdf", seal, first, last)
        report = run(page, bundle, policy=policy)
        assert first_failed(report) == number, (first, last)
        said = "当时的文件包应有封签，第一种格式没有" in words(report, 4)
        assert said == (number == 4)
    # By its own keys, or their fingerprint, nothing is known of certificates.
    own_print = samples.sha256(files["trust/keys"])
    assert run(page, bundle, own_print)["verdict"] == "passed"


def test_a_size_that_cannot_be_read_is_left_to_check_5(
    page: Page, tmp_path: Path
) -> None:
    """No certificate is asked for in a bundle whose checkpoint is none."""
    files = {**unpack(GOLDEN / "bundle.zip"), "checkpoint": b"none\n"}
    out = pack(relist(files), tmp_path / "none.zip").read_bytes()
    policy = files["trust/keys"].decode() + line("pdf", f"sha256:{'5' * 64}", 0)
    report = run(page, out, policy=policy)
    assert open_numbers(report) == [5]


def stripped(sample: samples.Sample, own: str) -> dict[str, bytes]:
    """The bundle as one of the first format, with a key list of its own."""
    files = sample.files()
    for name in (*samples.SEALS, "verify.html"):
        del files[name]
    del files["trust/seal.pem"], files["trust/allowed_signers"]
    version = b"Custody-Bundle-Version: 2\n"
    files["bag-info.txt"] = files["bag-info.txt"].replace(version, b"")
    files["trust/keys"] = own.encode()
    logs = [each.split(" ")[1] for each in own.splitlines() if each[:4] == "log "]
    policy = "".join(f"log {each}\n" for each in logs) + "quorum none\n"
    return samples.relist({**files, "trust/policy": policy.encode()})


def test_a_bundle_of_the_first_format_is_of_the_first_log(page: Page) -> None:
    """Check 4, where the firm's list has more; its lines are all known to that list."""
    sample = samples.Sample()
    log = sample.log
    log.lines = [each for each in log.lines if each.role != "pdf"]
    two = samples.Ed(SECOND, 151)
    samples.three_exhibits(sample)
    end = len(log.envelopes)
    log.lines[0].last = end
    log.add_signer("log", two, end + 1)
    policy = log.trust().decode()
    own = "".join(each.text() for each in log.lines if each.what != two.vkey())
    report = run(page, stripped(sample, own), policy=policy)
    assert report["verdict"] == "passed"
    # The same events, told as if the next log held them.
    log.trees = [samples.Tree(SECOND)]
    for entry, envelope in enumerate(log.envelopes):
        log.trees[0].append(entry, samples.leaf_text(envelope))
    log.lines[0] = samples.Line("log", two.vkey(), end + 1, begun=log.now())
    log.log_signer = lambda _: two  # type: ignore[method-assign]
    own = "".join(each.text() for each in log.lines[:2])
    report = run(page, stripped(sample, own), policy=policy)
    assert first_failed(report) == 4
    assert "第一种格式的文件包只属于第一个日志" in words(report, 4)
    assert "a bundle of the first format is of the first log" in words(report, 4)


# --- Further keys of a log whose end is announced: check 19 ---------------------------

Alter = Callable[[samples.Log, int, int], None]


def closing(alter: Alter, reason: str = "compromised", more: int = 9) -> samples.Sample:
    """A log whose end is announced, and one more change of keys before that.

    `alter` is given the log, the leaf of the change, and the end.
    """
    sample = samples.three_exhibits(samples.Sample())
    log = sample.log
    sample.change("rotated", log.roll(SECOND, more=more))
    end = log.trees[1].first
    sample.change(reason, lambda leaf: alter(log, leaf, end))
    return sample


def another_key(log: samples.Log, leaf: int, last: int | None, first: int = 2) -> None:
    """A second key of the first log, `first` after the leaf."""
    log.add_signer("log", samples.Ed(FIRST, 90), leaf + first)
    log.lines[-1].last = last


def lost(log: samples.Log, leaf: int, end: int) -> None:
    """The key is lost: it ends at the change, and another one takes its place."""
    log.lines[0].last = leaf + 1
    another_key(log, leaf, end)


def go_on(sample: samples.Sample, entries: int) -> samples.Sample:
    """Until there are so many entries, by events that are not in the bundle."""
    while len(sample.log.envelopes) < entries:
        sample.log.record("user.added", login="li")
    return sample


def test_a_lost_key_of_a_log_is_replaced_for_the_rest_of_it(page: Page) -> None:
    """Though its end is announced: its second key signs what is left, and the end."""
    sample = closing(lost)
    end = sample.log.trees[1].first
    assert run(page, sample.files())["verdict"] == "passed"
    assert run(page, go_on(sample, end).files())["verdict"] == "passed"
    sample.name("e0000000000cc", "20250829_照片_003.jpg")
    report = run(page, sample.files())
    assert report["verdict"] == "passed"
    assert [subject for _, subject in answers(report, 5)] == ["checkpoint", proof(0)]
    by_the_lost = sample.log.checkpoint(covered=end, signer=samples.Ed(FIRST, 1))
    assert first_failed(run(page, under(sample, 0, by_the_lost))) == 5


@pytest.mark.parametrize(
    ("role", "name", "first", "last", "why"),
    [
        ("log", FIRST, 2, 0, None),
        ("log", FIRST, 2, -1, "a new line has an end, or another one"),
        ("log", FIRST, 1, 0, "a new line begins early"),
        ("log", SECOND, 20, None, None),
        ("log", SECOND, 20, 30, "a new line has an end, or another one"),
        ("statement", FIRST, 1, None, None),
        ("statement", FIRST, 1, 0, "a new line has an end, or another one"),
    ],
)
def test_a_further_key_of_a_log_ends_where_that_log_does(
    page: Page, role: str, name: str, first: int, last: int | None, why: str | None
) -> None:
    """Exactly there (`last` is counted from it); of all else a new line is open."""

    def alter(log: samples.Log, leaf: int, end: int) -> None:
        until = None if last is None else end + last
        key = samples.Ed(name, 90).vkey()
        log.lines.append(samples.Line(role, key, leaf + first, until))

    sample = closing(alter, "rotated")
    report = run(page, by_the_first_keys(sample).files())
    assert open_numbers(report) == ([19] if why else [])
    assert not why or why in words(report, 19)


def by_the_first_keys(sample: samples.Sample) -> samples.Sample:
    """Whatever is signed from now on, the keys of the beginning sign it."""
    log = sample.log
    log.log_signer = lambda _: samples.Ed(FIRST, 1)  # type: ignore[method-assign]
    key = samples.Ed(samples.STATEMENTS, 2)
    log.statement_signer = lambda _: key  # type: ignore[method-assign]
    return sample


def test_a_further_key_of_a_log_has_no_end_in_time(page: Page) -> None:
    """What ends it is the end of its log."""

    def alter(log: samples.Log, leaf: int, end: int) -> None:
        another_key(log, leaf, end)
        log.lines[-1].ended = log.now()

    assert open_numbers(run(page, closing(alter).files())) == [19]


def test_the_end_of_a_log_is_announced_before_a_key_is_made_for_it(
    page: Page,
) -> None:
    """One change does not do both, and after the end no key is made any more."""
    sample = samples.three_exhibits(samples.Sample())
    log = sample.log

    def both(leaf: int) -> None:
        log.roll(SECOND, more=9)(leaf)
        another_key(log, leaf, log.trees[1].first)

    sample.change("rotated", both)
    assert open_numbers(run(page, by_the_first_keys(sample).files())) == [19]
    for late, numbers in ((-2, []), (-1, [19])):
        sample = samples.three_exhibits(samples.Sample())
        sample.change("rotated", sample.log.roll(SECOND, more=5))
        end = sample.log.trees[1].first
        go_on(sample, end + late)
        key = samples.Line("log", samples.Ed(FIRST, 90).vkey(), end, end)
        sample.change("rotated", lambda _, log=sample.log, k=key: log.lines.append(k))
        report = run(page, by_the_first_keys(sample).files())
        assert open_numbers(report) == numbers


def end_at(change: int) -> Alter:
    """The first key ends so many entries after the change, the second one goes on."""

    def alter(log: samples.Log, leaf: int, end: int) -> None:
        log.lines[0].last = leaf + change
        another_key(log, leaf, end)

    return alter


@pytest.mark.parametrize("change", [1, 3, -1])
def test_the_end_of_a_compromised_log_key_may_be_set_earlier(
    page: Page, change: int
) -> None:
    """Also to before the change; for any other reason it stays where it was."""
    sample = closing(end_at(change))
    assert open_numbers(run(page, signed_by_second(sample))) == []
    report = run(page, signed_by_second(closing(end_at(change), "rotated")))
    assert open_numbers(report) == [19]
    assert "the end of a line was changed" in words(report, 19)


def signed_by_second(sample: samples.Sample) -> dict[str, bytes]:
    """The bundle two entries later, its checkpoint by the second key of the log."""
    log = sample.log
    go_on(sample, len(log.envelopes) + 1)
    log.log_signer = lambda _: samples.Ed(FIRST, 90)  # type: ignore[method-assign]
    return sample.files()


def test_the_end_of_a_line_is_moved_in_no_other_way(page: Page) -> None:
    """Not later, not once it is reached, and not that of another kind of line."""
    sample = closing(end_at(1))

    def later(leaf: int) -> None:
        sample.log.lines[0].last = leaf + 2

    sample.change("compromised", later)
    assert open_numbers(run(page, signed_by_second(sample))) == [19]
    reached = closing(end_at(1))

    def earlier(_: int) -> None:
        reached.log.lines[0].last = 3

    go_on(reached, len(reached.log.envelopes) + 1)
    reached.change("compromised", earlier)
    assert open_numbers(run(page, signed_by_second(reached))) == [19]
    other = samples.three_exhibits(samples.Sample())
    line = samples.Line("person", samples.LI.vkey(), 9)
    other.change("person-added", lambda _: other.log.lines.append(line))
    for last in (30, 20):
        alter = lambda _, last=last: setattr(line, "last", last)  # noqa: E731
        other.change("compromised", alter)
    assert open_numbers(run(page, other.files())) == [19]


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


@pytest.mark.parametrize(
    ("listed", "cosigners", "result"),
    [
        ([("one", 81), ("alias", 81), ("two", 82)], [1, 2], "passed"),
        ([("one", 81), ("alias", 81), ("two", 82)], [0, 1], "indeterminate"),
        ([("one", 81), ("alias", 81), ("two", 82)], [0, 2], "indeterminate"),
        ([("one", 81), ("two", 82), ("alias", 81)], [2, 1], "passed"),
    ],
)
def test_a_witness_counts_once_whatever_it_is_called(
    page: Page, listed: list[tuple[str, int]], cosigners: list[int], result: str
) -> None:
    """By its newest name; a line under an earlier one is that of a stranger."""
    keys = [samples.Ed(f"witness.example/{name}", seed, 4) for name, seed in listed]
    sample = asking_two(keys)
    sample.cosigners = [keys[at] for at in cosigners]
    report = run(page, sample.files())
    assert answers(report, 18) == [(result, "checkpoint")]
    assert open_numbers(report) == ([] if result == "passed" else [18])
    if result == "indeterminate":
        assert "the rule wants 2 witnesses, 1 cosigned" in words(report, 18)


def test_two_witnesses_of_one_name_and_id_are_not_told_apart(page: Page) -> None:
    """Whether or not one of them cosigned; so it is with two log keys."""
    one, other = WITNESSES_OF_ONE_ID
    assert one.hint() == other.hint()
    sample = asking_two([one, other, samples.WITNESSES[1]])
    for cosigners in ([other, samples.WITNESSES[1]], [samples.WITNESSES[1]], []):
        sample.cosigners = cosigners
        report = run(page, sample.files())
        assert answers(report, 18) == [("failed", "checkpoint")]
        assert open_numbers(report) == [18]
    first, second = LOG_KEYS_OF_ONE_ID
    assert first.hint() == second.hint()
    sample = samples.three_exhibits(samples.Sample())
    size = len(sample.log.envelopes)
    for key in (first, second):
        sample.log.lines.append(samples.Line("log", key.vkey(), size))
    sample.log.log_signer = lambda _: first  # type: ignore[method-assign]
    report = run(page, sample.files())
    assert answers(report, 5) == [("failed", "checkpoint")]
    assert "two keys share an id" in words(report, 5)


@dataclass(frozen=True)
class Numbered(samples.Ed):
    """A key that is made from a number of any size."""

    @property
    def private(self) -> Ed25519PrivateKey:
        """The key."""
        return Ed25519PrivateKey.from_private_bytes(self.seed.to_bytes(32, "big"))


# An id has 32 bits, so two keys that share it are found by trying.
WITNESSES_OF_ONE_ID = Numbered("w", 35399, 4), Numbered("w", 50728, 4)
LOG_KEYS_OF_ONE_ID = Numbered(FIRST, 1812), Numbered(FIRST, 75466)


def asking_two(witnesses: Sequence[samples.Ed]) -> samples.Sample:
    """These are listed, in this order, and two are wanted."""
    sample = samples.Sample()
    log = sample.log

    def alter(leaf: int) -> None:
        for witness in witnesses:
            log.lines.append(samples.Line("witness", witness.vkey(), leaf + 1))
        log.lines.append(samples.Line("rule", "witnesses:2", leaf + 1))

    sample.change("witness", alter)
    newest = {witness.public: witness.vkey() for witness in witnesses}
    names = [f"w{number}" for number in range(1, len(newest) + 1)]
    lines = zip(names, newest.values(), strict=True)
    log.policy_tail = "".join(f"witness {name} {key}\n" for name, key in lines)
    log.policy_tail += f"group witnesses 2 {' '.join(names)}\nquorum witnesses\n"
    return samples.three_exhibits(sample)


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


@pytest.mark.parametrize("log", [0, 2])
def test_a_checkpoint_over_no_event_is_none(
    page: Page, sample: samples.Sample, log: int
) -> None:
    """Of the first log or a later one: it would do for any history before it."""
    origin = sample.log.trees[log].origin
    empty = samples.b64(hashlib.sha256(b"").digest())
    signer = samples.Ed(origin, 1 if log == 0 else 152)
    note = samples.signed_note(f"{origin}\n0\n{empty}\n", signer).encode()
    report = run(page, sealed(sample, {**sample.files(), "checkpoint": note}))
    assert report["verdict"] == "failed"
    assert open_numbers(report) == [5]
    assert answers(report, 5) == [("failed", "checkpoint")]
    assert words(report, 5) == "检查点不含任何事件 the checkpoint covers no event"


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
