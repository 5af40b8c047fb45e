"""Checks 10, 8 and 9 of a bundle, from the events that passed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import pytest

from integrity.digest import digest_bytes
from integrity.policy import parse_trusted_keys
from integrity.statement import Event, open_statement
from receipts.bundle_event_checks import (
    Told,
    event_checks,
    founding_faults,
    stranger_faults,
)
from receipts.bundle_files import Measured
from receipts.checks import Check, Result
from receipts.log_checks import check_checkpoint
from receipts.origin_checks import Heads
from tests import bundle_samples as made
from tests.bundle_factory import CLERK, START

AA = "data/20250829_合同_001.pdf"
BB = "data/00000000_其他_002.bin"
CC = "data/e0000000000cc"
INFO = "bag-info.txt"
Answer = tuple[int, Result, str]


@dataclass
class Scene:
    """Everything that the three checks are given."""

    files: made.Files
    measured: dict[str, Measured]
    told: Told

    def without(self, *leaves: int) -> None:
        """Those statements did not pass."""
        events = {n: e for n, e in self.told.events.items() if n not in leaves}
        self.told = replace(self.told, events=events)

    def judge(self) -> list[list[Check]]:
        """Checks 10, 8 and 9."""
        return list(event_checks(made.Folder(self.files), self.measured, self.told))


def scene_of(sample: made.Sample, version: int = 2) -> Scene:
    """A sound bundle of a sample."""
    files, log = sample.files(), sample.log
    trusted = parse_trusted_keys(log.trust())
    events = {
        leaf: open_statement(log.envelopes[leaf], trusted.statement_keys(leaf))
        for leaf in sample.told()
    }
    head, _ = check_checkpoint(files["checkpoint"], trusted, "checkpoint")
    assert head is not None
    heads = Heads(head, {}, trusted.origins())
    measured = {
        name: Measured(len(data), digest_bytes(data), whole=True)
        for name, data in files.items()
    }
    return Scene(
        files, measured, Told(events, heads, trusted, complete=True, version=version)
    )


@pytest.fixture
def scene() -> Scene:
    """Three exhibits, one of them unnamed."""
    return scene_of(made.plain())


def answers(checks: list[Check]) -> list[Answer]:
    """Number, answer and subject; each says why in both languages."""
    assert all(check.reason and check.reason_zh for check in checks)
    return [(check.number, check.result, check.subject) for check in checks]


def test_a_sound_bundle_is_told_as_a_whole_and_file_by_file(scene: Scene) -> None:
    """How many exhibits and events, each original at its receipt, each name."""
    history, originals, names = scene.judge()
    assert answers(history) == [(10, Result.PASSED, "bundle")]
    assert history[0].reason.startswith("3 exhibits, 8 events, one matter")
    assert "3 项证据共 8 个事件" in history[0].reason_zh
    assert sorted(answers(originals)) == sorted(
        (8, Result.PASSED, name) for name in (AA, BB, CC)
    )
    assert answers(names) == [(9, Result.PASSED, name) for name in (BB, AA, CC)]
    (check,) = (check for check in originals if check.subject == BB)
    assert "event 2" in check.reason
    assert "第 2 号" in check.reason_zh
    assert names[0].reason == "the newest name of exhibit e0000000000bb"
    assert "e0000000000bb" in names[0].reason_zh


@pytest.mark.parametrize(
    "changed",
    [{"size": 1}, {"digests": digest_bytes(b"other")}],
)
def test_an_original_has_digests_and_size_of_its_receipt(
    changed: dict[str, object], scene: Scene
) -> None:
    """Either alone fails, and says which event it is not according to."""
    scene.measured[BB] = replace(scene.measured[BB], **changed)
    _, originals, _ = scene.judge()
    (check,) = (check for check in originals if check.result is Result.FAILED)
    assert (check.number, check.subject) == (8, BB)
    assert "event 2" in check.reason
    assert "第 2 号" in check.reason_zh


def test_a_name_that_no_event_gave_is_refused_and_one_due_is_missed(
    scene: Scene,
) -> None:
    """What lies under another name is nobody's original."""
    scene.measured["data/z"] = scene.measured.pop(AA)
    scene.measured["data/a"] = scene.measured[BB]
    history, originals, names = scene.judge()
    assert answers(history) == [(10, Result.PASSED, "bundle")]
    assert [a for a in answers(originals) if a[1] is not Result.PASSED] == [
        (8, Result.INDETERMINATE, "data/z"),
        (8, Result.INDETERMINATE, "data/a"),
    ]
    assert answers(names) == [
        (9, Result.FAILED, "data/a"),
        (9, Result.FAILED, "data/z"),
        (9, Result.PASSED, BB),
        (9, Result.FAILED, AA),
        (9, Result.PASSED, CC),
    ]
    assert "e0000000000aa" in names[3].reason
    assert "e0000000000aa" in names[3].reason_zh


def test_where_a_statement_did_not_pass_the_rest_is_left_open(scene: Scene) -> None:
    """Originals are compared as far as they go; names are not, nor is the story."""
    scene.told = replace(scene.told, complete=False)
    history, originals, names = scene.judge()
    assert answers(history) == [(10, Result.INDETERMINATE, "bundle")]
    assert len(originals) == 3
    assert names == []
    scene.without(1)
    history, originals, names = scene.judge()
    assert answers(history) == [(10, Result.INDETERMINATE, "bundle")]
    assert originals == names == []


@pytest.mark.parametrize(
    ("leaf", "subject"), [(1, "history of e0000000000aa"), (0, "history")]
)
def test_a_story_that_does_not_hold_fails(
    leaf: int, subject: str, scene: Scene
) -> None:
    """An exhibit without receipt, or a log without beginning: nothing follows."""
    scene.without(leaf)
    history, originals, names = scene.judge()
    assert answers(history) == [(10, Result.FAILED, subject)]
    assert originals == names == []


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (made.FIRM, "别的律师事务所", "the firm is not that of event 0"),
        (made.MATTER, "m999999999999", "the matter is not that of the exhibits"),
    ],
)
def test_the_bag_is_of_firm_and_matter(
    old: str, new: str, reason: str, scene: Scene
) -> None:
    """As the events tell them."""
    scene.files[INFO] = scene.files[INFO].replace(old.encode(), new.encode())
    history, _, _ = scene.judge()
    assert answers(history) == [(10, Result.FAILED, INFO)]
    assert history[0].reason == reason


def test_a_bundle_is_of_one_matter() -> None:
    """The matter of the bag does not hide that there is another."""
    sample, exhibit = made.plain(), "e0000000000dd"
    sample.contents[exhibit], sample.names[exhibit] = b"x", exhibit
    facts = {"exhibit": exhibit, "matter": "m999", "original_name": "x", "size": 1}
    sample.happen("exhibit.received", [(exhibit, b"x")], **facts)
    history, _, _ = scene_of(sample).judge()
    assert answers(history) == [(10, Result.FAILED, INFO)]


def test_an_erased_exhibit_is_of_the_matter_in_the_second_format() -> None:
    """Where all was erased, the matter of the bag is that of the erasures."""
    sample = made.Sample()
    sample.receive("e0000000000aa", b"x")
    people = sample.log.add_persons(made.LI, made.WANG)
    sample.change("person-added", people)
    sample.erase("e0000000000aa", ["li", "wang"])
    history, _, _ = scene_of(sample).judge()
    assert answers(history) == [(10, Result.PASSED, "bundle")]
    history, _, _ = scene_of(sample, version=1).judge()
    assert answers(history) == [(10, Result.FAILED, INFO)]


def test_an_erasure_that_says_nothing_is_for_check_20() -> None:
    """It gives no matter, and no exception."""
    sample = made.plain()
    sample.happen("exhibit.erased", exhibit="e0000000000ee")
    history, _, _ = scene_of(sample).judge()
    assert answers(history) == [(10, Result.PASSED, "bundle")]


def test_strangers_are_refused_in_the_second_format_only() -> None:
    """The first format says nothing of them."""
    sample = made.plain()
    leaf = sample.happen("matter.opened", matter=made.MATTER)
    history, _, _ = scene_of(sample).judge()
    assert answers(history) == [(10, Result.FAILED, "bundle")]
    for reason in (history[0].reason, history[0].reason_zh):
        assert str(leaf) in reason
        assert "matter.opened" in reason
    history, _, _ = scene_of(sample, version=1).judge()
    assert answers(history) == [(10, Result.PASSED, "bundle")]


def test_a_fault_between_the_logs_is_one_of_the_story() -> None:
    """A log whose beginning is not told is not continued."""
    scene = scene_of(made.rolled())
    assert answers(scene.judge()[0]) == [(10, Result.PASSED, "bundle")]
    scene.without(8)
    assert answers(scene.judge()[0]) == [(10, Result.FAILED, "bundle")]


def event(kind: str) -> Event:
    """An event of this kind."""
    return Event(kind, CLERK, START, {}, (), {}, "0" * 64)


@pytest.mark.parametrize(
    ("kinds", "strange"),
    [
        (["firm.initialised", "keys.changed", "log.continued", "exhibit.any"], []),
        (["exhibit.received", "keys.changed", "exhibit.received"], []),
        (["log.stamped", "exhibit.received"], []),
        (["log.stamped"], []),
        (["exhibit.received", "log.stamped"], [1]),
        (["exhibit.received", "log.stamped", "exhibit.received"], [1]),
        (["log.stamped", "log.stamped", "exhibit.received"], [0, 1]),
        (["user.added", "exhibit.received", "matter.opened"], [0, 2]),
    ],
)
def test_only_a_stamp_before_all_receipts_belongs(
    kinds: list[str], strange: list[int]
) -> None:
    """One stamp, before the first exhibit; the rest is of exhibits, keys and logs."""
    events = dict(reversed(list(enumerate(map(event, kinds)))))
    faults = [words.en for words in stranger_faults(events)]
    assert faults == [
        f"event {leaf}, {kinds[leaf]}, does not belong here" for leaf in strange
    ]


def as_it_is(facts: dict[str, object]) -> None:
    """Leaf 0 is not changed."""


def of_another_log(facts: dict[str, object]) -> None:
    """Leaf 0 names another log."""
    facts["origin"] = made.LATER_ORIGINS[0]


def without_keys(facts: dict[str, object]) -> None:
    """Leaf 0 has no keys."""
    facts["keys"] = "none"


def with_another_key(facts: dict[str, object]) -> None:
    """The statement key is another one."""
    keys = facts["keys"]
    assert isinstance(keys, dict)
    facts["keys"] = {**keys, "statement": keys["log"]}


LOG_KEY = "the log key stated in event 0 is not among the keys"
STATEMENT_KEY = "the statement key stated in event 0 is not among the keys"


@pytest.mark.parametrize(
    ("change", "faults"),
    [
        (as_it_is, []),
        (of_another_log, ["event 0 is of another log"]),
        (without_keys, [LOG_KEY, STATEMENT_KEY]),
        (with_another_key, [STATEMENT_KEY]),
    ],
)
def test_leaf_0_is_of_the_first_log_and_its_keys(
    change: Callable[[dict[str, object]], None], faults: list[str]
) -> None:
    """A later log of the firm is not the one that leaf 0 begins."""
    log = made.rolled().log
    facts = dict(log.events[0]["facts"])
    change(facts)
    found = list(founding_faults(facts, parse_trusted_keys(log.trust())))
    assert [words.en for words in found] == faults
    assert all(words.zh for words in found)


def test_a_fault_of_leaf_0_is_one_of_the_story(scene: Scene) -> None:
    """By other keys the bundle is another firm's."""
    other = made.Log()
    other.lines[0] = made.Line("log", made.Ed(made.ORIGIN, 71).vkey())
    scene.told = replace(scene.told, trusted=parse_trusted_keys(other.trust()))
    history, _, _ = scene.judge()
    assert answers(history) == [(10, Result.FAILED, "bundle")]
    assert history[0].reason == LOG_KEY
