"""Check 16 over stamps with times of our choice, and the two moments they show."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from integrity.canonical import time_text
from integrity.digest import digest_bytes
from integrity.errors import VerificationError
from integrity.statement import Event, Subject
from integrity.timestamp import Stamp, build_query, judge
from receipts import bundle_layout as layout
from receipts.bundle_times import Times, times_of
from receipts.checks import Check, Result
from receipts.stamp_files import StampFiles
from receipts.time_checks import (
    EXHIBIT_STAMPED,
    LOG_STAMPED,
    Judged,
    check_times,
    existed_before,
    logged_after,
    whole_second_after,
)
from tests.bundle_factory import CLERK, START
from tests.stamp_maker import AT, NONCE, Maker, good_chain, pem

AA, BB = "e0000000000aa", "e0000000000bb"
DATA, NOTE, EARLIER_NOTE = b"an exhibit", b"a checkpoint\n", b"an earlier one\n"
CHAIN = good_chain()
PEM = pem(CHAIN)
HOUR = dt.timedelta(hours=1)


def token(data: bytes, at: dt.datetime = AT, fraction: str = "") -> StampFiles:
    """A stamp over `data` at a time."""
    imprint = bytes.fromhex(digest_bytes(data).sha256)
    time = f"{at:%Y%m%d%H%M%S}{fraction}Z"
    response = Maker(CHAIN, imprint=imprint, time=time).response()
    return StampFiles(build_query(imprint, NONCE), response, PEM)


def stamp_of(data: bytes, at: dt.datetime = AT) -> Stamp:
    """What a stamp over `data` says."""
    files = token(data, at)
    imprint = bytes.fromhex(digest_bytes(data).sha256)
    return judge(files.query, files.response, files.chain, imprint)


def event_of(
    files: StampFiles, kind: str, name: str, data: bytes, at: dt.datetime, **facts: Any
) -> Event:
    """The event that tells of a stamp, rightly."""
    contents = {name: data, "query": files.query, "response": files.response}
    contents["chain"] = files.chain
    subjects = tuple(Subject(n, digest_bytes(d)) for n, d in contents.items())
    told = {"time": time_text(at), **facts}
    return Event(kind, CLERK, START, told, subjects, {}, "0" * 64)


class Scene:
    """Files, events and stamps of a bundle."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {"checkpoint": NOTE}
        self.events: dict[int, Event] = {}
        self.stamps: dict[int, StampFiles] = {}
        self.over = 0

    def checkpoint(self, at: dt.datetime = AT, fraction: str = "") -> Scene:
        """One more stamp over the checkpoint."""
        names = layout.CHECKPOINT_STAMPS[self.over]
        self._lay(names, token(NOTE, at, fraction))
        self.over += 1
        return self

    def exhibit(
        self, leaf: int, exhibit: str = AA, at: dt.datetime = AT, fraction: str = ""
    ) -> Scene:
        """An event that an exhibit was stamped."""
        files = token(DATA, at, fraction)
        told = event_of(files, EXHIBIT_STAMPED, exhibit, DATA, at, exhibit=exhibit)
        return self._stamped(leaf, files, told)

    def log(self, leaf: int, at: dt.datetime = AT) -> Scene:
        """An event that an earlier checkpoint was stamped."""
        files = token(EARLIER_NOTE, at)
        told = event_of(files, LOG_STAMPED, "checkpoint", EARLIER_NOTE, at)
        return self._stamped(leaf, files, told)

    def _stamped(self, leaf: int, files: StampFiles, told: Event) -> Scene:
        self.events[leaf], self.stamps[leaf] = told, files
        self._lay(layout.stamp_names(leaf), files)
        return self

    def _lay(self, names: layout.StampNames, files: StampFiles) -> None:
        self.files[names.query] = files.query
        self.files[names.response] = files.response
        self.files[names.chain] = files.chain

    def judge(self) -> list[tuple[Judged | None, Check]]:
        """Check 16."""
        stamps = layout.CHECKPOINT_STAMPS[: self.over]
        leaves = tuple(sorted(self.events))
        contents = layout.Contents((), leaves, stamps, tuple(sorted(self.stamps)))
        read: Callable[[str], bytes] = self.files.__getitem__
        found = list(check_times(read, contents, self.events, "the whole"))
        assert all(check.number == 16 and check.reason_zh for _, check in found)
        return found

    def times(self) -> Times:
        """The moments, for the report of a bundle."""
        return times_of(self.files, self.events, self.stamps)


def told(found: list[tuple[Judged | None, Check]]) -> list[tuple[bool, Result, str]]:
    """Whether there is a stamp, the answer, and of what."""
    return [(j is not None, c.result, c.subject) for j, c in found]


WHOSE = f"CN=signer; root CN=root, SHA-256 {stamp_of(NOTE).root_sha256}"


def test_without_stamps_the_times_are_those_of_the_machine() -> None:
    """It is said of the whole, once, and passes."""
    ((judged, check),) = Scene().judge()
    assert judged is None
    assert (check.result, check.subject) == (Result.PASSED, "the whole")
    assert "there is no time stamp" in check.reason


def test_each_stamp_has_an_answer_of_its_own() -> None:
    """First those over the checkpoint, then the events in their order."""
    scene = Scene().checkpoint().exhibit(9).checkpoint(AT + HOUR).log(2)
    found = scene.judge()
    assert told(found) == [
        (True, Result.PASSED, "checkpoint.tsr"),
        (True, Result.PASSED, "checkpoint.2.tsr"),
        (True, Result.PASSED, "stamps/00000002.tsr"),
        (True, Result.PASSED, "stamps/00000009.tsr"),
    ]
    when, later = time_text(AT), time_text(AT + HOUR)
    assert [check.reason for _, check in found] == [
        f"the checkpoint existed before {when} ({WHOSE})",
        f"the checkpoint existed before {later} ({WHOSE})",
        f"events after 2 were logged after {when} ({WHOSE})",
        f"exhibit {AA} existed before {when} ({WHOSE})",
    ]
    for (_, check), wanted in zip(found, (when, later, "2", AA), strict=True):
        assert wanted in check.reason_zh
        assert WHOSE in check.reason_zh
    stamps = [judged for judged, _ in found if judged is not None]
    assert [(j.stamp.time, j.leaf, j.event) for j in stamps] == [
        (AT, None, None),
        (AT + HOUR, None, None),
        (AT, 2, scene.events[2]),
        (AT, 9, scene.events[9]),
    ]


def test_before_a_part_of_a_second_is_before_its_end() -> None:
    """Never earlier than the authority said; "after" takes the second it began in."""
    scene = Scene().checkpoint(fraction=".5").exhibit(3, fraction=".5")
    later = time_text(AT + dt.timedelta(seconds=1))
    checkpoint, exhibit = (check for _, check in scene.judge())
    assert f"existed before {later}" in checkpoint.reason
    assert f"existed before {later}" in exhibit.reason
    half = AT + dt.timedelta(milliseconds=500)
    assert whole_second_after(half) == AT + dt.timedelta(seconds=1)
    assert whole_second_after(AT) == AT
    assert whole_second_after(AT + dt.timedelta(microseconds=1)) > AT


@pytest.mark.parametrize("name", ["checkpoint.tsr", "checkpoint.tsq", "tsa/1.pem"])
def test_a_stamp_over_the_checkpoint_that_cannot_be_read_fails(name: str) -> None:
    """Whichever of its files it is; the other stamp holds."""
    scene = Scene().checkpoint().checkpoint()
    scene.files[name] = b"garbage"
    assert told(scene.judge()) == [
        (False, Result.FAILED, "checkpoint.tsr"),
        (True, Result.PASSED, "checkpoint.2.tsr"),
    ]


def test_a_stamp_over_another_checkpoint_fails() -> None:
    """The imprint is that of the checkpoint of the bundle."""
    scene = Scene().checkpoint()
    scene.files["checkpoint"] = b"another"
    assert told(scene.judge()) == [(False, Result.FAILED, "checkpoint.tsr")]


def test_a_stamp_whose_files_are_not_here_is_left_open() -> None:
    """The event says so, and nothing shows it."""
    scene = Scene().exhibit(3)
    scene.stamps.clear()
    assert told(scene.judge()) == [(False, Result.INDETERMINATE, "stamps/00000003.tsr")]


Change = Callable[[Event], Event]


def facts(**changed: Any) -> Change:
    """The event states other facts."""
    return lambda event: replace(event, facts={**event.facts, **changed})


def kind(other: str) -> Change:
    """The event is of another kind."""
    return lambda event: replace(event, kind=other)


def subjects(*places: int) -> Change:
    """The event has other subjects: those in these places."""
    return lambda event: replace(
        event, subjects=tuple(event.subjects[place] for place in places)
    )


def subject(place: int, other: Subject) -> Change:
    """One of the subjects is another."""

    def change(event: Event) -> Event:
        changed = list(event.subjects)
        changed[place] = other
        return replace(event, subjects=tuple(changed))

    return change


OTHER = digest_bytes(b"other bytes")


ABOUT = "the event is not about what it stamps"
FILES = "the files are not those of the event"
OTHERWISE: dict[str, tuple[Change, str]] = {
    "another time": (facts(time=time_text(AT + HOUR)), "the event states another time"),
    "no time": (facts(time=None), "the event states another time"),
    "no stamp": (kind("exhibit.read"), "an event exhibit.read has no stamp"),
    "of the log": (kind(LOG_STAMPED), ABOUT),
    "another exhibit": (facts(exhibit=BB), ABOUT),
    "the checkpoint": (subject(0, Subject("checkpoint", OTHER)), ABOUT),
    "nothing": (subjects(), ABOUT),
    "no files": (subjects(0), FILES),
    "two files": (subjects(0, 1, 2), FILES),
    "another order": (subjects(0, 2, 1, 3), FILES),
    "one file twice": (subjects(0, 1, 2, 3, 3), FILES),
    "another query": (subject(1, Subject("query", OTHER)), FILES),
    "another response": (subject(2, Subject("response", OTHER)), FILES),
    "another chain": (subject(3, Subject("chain", OTHER)), FILES),
    "other bytes": (subject(0, Subject(AA, OTHER)), ""),
}


@pytest.mark.parametrize("what", OTHERWISE)
def test_an_event_that_tells_a_stamp_otherwise_fails(what: str) -> None:
    """Kind, exhibit, time, bytes and each file are compared."""
    change, reason = OTHERWISE[what]
    scene = Scene().exhibit(3).exhibit(4, BB)
    scene.events[3] = change(scene.events[3])
    found = scene.judge()
    assert told(found) == [
        (False, Result.FAILED, "stamps/00000003.tsr"),
        (True, Result.PASSED, "stamps/00000004.tsr"),
    ]
    assert reason in found[0][1].reason


def test_events_of_other_kinds_without_files_are_no_stamps() -> None:
    """Nothing is asked of them."""
    scene = Scene().exhibit(3)
    scene.events[1] = replace(scene.events[3], kind="exhibit.read")
    assert told(scene.judge()) == [(True, Result.PASSED, "stamps/00000003.tsr")]


def judged(at: dt.datetime, leaf: int | None = None, kind: str = "") -> Judged:
    """A stamp that holds."""
    told = Event(kind, CLERK, START, {}, (), {}, "0" * 64) if kind else None
    return Judged(replace(stamp_of(NOTE), time=at), leaf, told)


def test_the_earliest_stamp_over_the_checkpoint_bounds_it() -> None:
    """Stamps of events do not count for it."""
    early, late = judged(AT), judged(AT + HOUR)
    other = judged(AT - HOUR, 3, EXHIBIT_STAMPED)
    assert existed_before([late, other, early]) is early
    assert existed_before([early, late]) is early
    assert existed_before([other]) is None
    assert existed_before([]) is None


def test_the_latest_stamp_of_the_log_bounds_what_came_after_it() -> None:
    """Stamps of exhibits and over the checkpoint do not."""
    early, late = judged(AT, 1, LOG_STAMPED), judged(AT + HOUR, 2, LOG_STAMPED)
    others = [judged(AT + 2 * HOUR), judged(AT + 2 * HOUR, 3, EXHIBIT_STAMPED)]
    assert logged_after([early, late, *others]) is late
    assert logged_after([late, *others, early]) is late
    assert logged_after(others) is None
    assert logged_after([]) is None


def test_the_report_tells_the_bounds_and_each_exhibit() -> None:
    """The earliest over the log, the lower bound, the earliest of each exhibit."""
    scene = Scene().checkpoint(AT + HOUR).checkpoint().log(1)
    scene.exhibit(4, AA, AT + HOUR).exhibit(5, AA).exhibit(6, BB, AT + 2 * HOUR)
    times = scene.times()
    assert times.existed_before == stamp_of(NOTE)
    assert times.logged_after is not None
    assert (times.logged_after.leaf, times.logged_after.stamp.time) == (1, AT)
    found: Mapping[str, Stamp] = times.exhibits
    assert {name: stamp.time for name, stamp in found.items()} == {
        AA: AT,
        BB: AT + 2 * HOUR,
    }


def test_a_report_without_stamps_tells_none() -> None:
    """Nobody said anything."""
    assert Scene().times() == Times(None, None, {})


def test_a_second_stamp_alone_is_told() -> None:
    """Each group of files over the checkpoint is there or not by itself."""
    scene = Scene().checkpoint().checkpoint(AT + HOUR)
    del scene.files["checkpoint.tsr"]
    times = scene.times()
    assert times.existed_before is not None
    assert times.existed_before.time == AT + HOUR


@pytest.mark.parametrize("gone", ["garbled", "gone"])
def test_no_report_is_written_of_a_stamp_that_does_not_hold(gone: str) -> None:
    """The refusal names the file and why."""
    scene = Scene().checkpoint().exhibit(3)
    reason = "stamps/00000003.tsr: "
    if gone == "gone":
        scene.stamps.clear()
        reason += "the files of the stamp are not here"
    else:
        scene.files["stamps/00000003.tsr"] = b"x"
    with pytest.raises(VerificationError) as refusal:
        scene.times()
    assert refusal.value.reason.startswith(reason)
    assert refusal.value.check == 16
