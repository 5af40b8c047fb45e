"""fsck and published checkpoints: lost, older, altered, or with lines of nobody."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from integrity.cosignature import cosign
from integrity.note import SignatureLine, add_signature_lines, split_note
from integrity.store.blobs import CHECKPOINT, frozen_name
from integrity.store.custody_log import CustodyLog
from integrity.store.fsck import Checker
from tests.log_damage import copy_of, edit, findings, put_back, rows
from tests.log_factory import (
    START,
    LogHome,
    engage,
    project_nothing,
    record,
    signer,
)
from tests.rolling import three_logs

FIRST, SECOND = ("first", CHECKPOINT), ("second", CHECKPOINT)
WITNESS = signer(31, "w")
JUNK = SignatureLine("nobody.example", 7, b"x" * 64).text().encode()


@pytest.fixture
def home(tmp_path: Path) -> LogHome:
    """A new log's place."""
    return LogHome(tmp_path / "home")


@pytest.fixture
def log(home: LogHome) -> CustodyLog:
    """Four entries, published one by one."""
    log = home.begin()
    for number in range(3):
        record(log, n=number)
    return log


def noted(home: LogHome, size: int) -> bytes:
    """The kept checkpoint of a size."""
    ((note,),) = rows(home, "SELECT note FROM log_checkpoints WHERE size = ?", size)
    assert isinstance(note, bytes)
    return note


def mended(log: CustodyLog, *expected: tuple[str, str, str]) -> None:
    """fsck says just this, and nothing more once it was mended."""
    assert findings(log, repair=True) == list(expected)
    assert findings(log) == []


# -- the first store's alone ---------------------------------------------------


@pytest.mark.parametrize("what", ["gone", "garbage", "folder", "older", "cut"])
def test_what_happens_to_the_first_stores_checkpoint_is_named(
    home: LogHome, log: CustodyLog, what: str
) -> None:
    """Removed, replaced, put back: it is named, and brought back from the others."""
    path = home.folder / "first" / CHECKPOINT
    good = path.read_bytes()
    path.unlink()
    if what == "folder":
        path.mkdir()
    elif what != "gone":
        data = {"garbage": b"x", "older": noted(home, 3), "cut": good[:-9]}[what]
        path.write_bytes(data)
    kind = {"gone": "missing", "older": "older", "folder": "missing"}
    mended(log, (f"checkpoint_{kind.get(what, 'altered')}", *FIRST))
    assert path.read_bytes() == good
    record(log, n="next")
    assert findings(log) == []


def test_what_lay_in_place_of_the_first_checkpoint_is_kept(
    home: LogHome, log: CustodyLog
) -> None:
    """What was altered is set aside: it may be needed to find out what happened."""
    (home.folder / "first" / CHECKPOINT).write_bytes(b"altered")
    findings(log, repair=True)
    (aside,) = (home.folder / "first" / "aside").iterdir()
    assert aside.read_bytes() == b"altered"


def test_signed_checkpoint_of_another_history_is_named_and_kept(
    home: LogHome, log: CustodyLog
) -> None:
    """Two heads of one size by one key prove a second history: nothing mends that."""
    other = LogHome(home.folder.parent / "other")
    twin = other.begin()
    for number in range(3):
        record(twin, n=f"other {number}")
    forged = (other.folder / "first" / CHECKPOINT).read_bytes()
    (home.folder / "first" / CHECKPOINT).write_bytes(forged)
    expected = ("other_history", "first", "checkpoint size 4")
    assert findings(log, repair=True) == [expected]
    assert findings(log) == [expected]


def test_second_store_and_database_that_went_back_are_named_by_the_first(
    home: LogHome, log: CustodyLog
) -> None:
    """What the first store alone still has tells that the others are older."""
    old, note = copy_of(home), noted(home, 4)
    record(log, n="later")
    put_back(home, old)
    (home.folder / "second" / CHECKPOINT).write_bytes(note)
    found = findings(home.open())
    assert ("log_shorter", "database", "checkpoint size 5") in found


def test_second_store_that_went_back_with_its_row_is_mended(
    home: LogHome, log: CustodyLog
) -> None:
    """The newest row deleted, the checkpoint before it put into the second store."""
    (home.folder / "second" / CHECKPOINT).write_bytes(noted(home, 3))
    edit(home, "DELETE FROM log_checkpoints WHERE size = 4")
    lost = ("checkpoint_row_missing", "database", "size 4")
    mended(log, ("checkpoint_older", *SECOND), lost)


# -- rows ----------------------------------------------------------------------


def test_row_that_was_deleted_comes_back_from_a_store(
    home: LogHome, log: CustodyLog
) -> None:
    """The newest checkpoint is in both stores and no longer in the database."""
    note = noted(home, 4)
    edit(home, "DELETE FROM log_checkpoints WHERE size = 4")
    mended(log, ("checkpoint_row_missing", "database", "size 4"))
    assert noted(home, 4) == note


def test_row_of_an_ordinary_size_comes_back_from_what_an_event_names(
    home: LogHome, log: CustodyLog
) -> None:
    """A stamped checkpoint is a blob, too: the row of its size was deleted."""
    note = noted(home, 2)
    sha256 = hashlib.sha256(note).hexdigest()
    log.stores.keep_bytes(note, sha256)
    edit(home, "DELETE FROM log_checkpoints WHERE size = 2")
    for repair in (True, False):
        checker = Checker(log, project_nothing, (), named=lambda _: [(2, sha256)])
        found = list(checker.run())
        told = [(each.finding, each.place, each.subject) for each in found]
        lost = ("checkpoint_row_missing", "database", "size 2")
        assert told == ([lost] if repair else [])
        for each in found:
            assert each.mend is not None
            each.mend()
    assert noted(home, 2) == note


def test_row_whose_checkpoint_is_of_another_history_stays_away(
    home: LogHome, log: CustodyLog
) -> None:
    """A blob under that name vouches for nothing: the row is named, not written."""
    other = LogHome(home.folder.parent / "other")
    record(other.begin(), n="other")
    note = noted(other, 2)
    sha256 = hashlib.sha256(note).hexdigest()
    log.stores.keep_bytes(note, sha256)
    edit(home, "DELETE FROM log_checkpoints WHERE size = 2")
    checker = Checker(log, project_nothing, (), named=lambda _: [(2, sha256)])
    (found,) = checker.run()
    assert (found.finding, found.mend) == ("checkpoint_row_missing", None)


# -- lines of nobody -----------------------------------------------------------


@pytest.mark.parametrize("place", ["first", "second", "both"])
def test_line_of_nobody_on_the_newest_checkpoint_is_taken_off(
    home: LogHome, log: CustodyLog, place: str
) -> None:
    """A signature line by no key of the list, in one store or in both."""
    good = noted(home, 4)
    places = ["second", "first"] if place == "both" else [place]
    for each in places:
        path = home.folder / each / CHECKPOINT
        path.write_bytes(add_signature_lines(good, [JUNK]))
    mended(log, *(("checkpoint_lines", each, CHECKPOINT) for each in places))
    for each in places:
        assert (home.folder / each / CHECKPOINT).read_bytes() == good
    record(log, n="next")


def test_line_of_nobody_on_a_kept_checkpoint_is_taken_off(
    home: LogHome, log: CustodyLog
) -> None:
    """The same on the row of an ordinary size."""
    good = noted(home, 2)
    longer = add_signature_lines(good, [JUNK])
    edit(home, "UPDATE log_checkpoints SET note = ? WHERE size = 2", longer)
    mended(log, ("checkpoint_lines", "database", "size 2"))
    assert noted(home, 2) == good


@pytest.mark.parametrize("place", ["database", "first", "second"])
def test_line_of_nobody_on_a_last_checkpoint_is_taken_off(
    home: LogHome, place: str
) -> None:
    """It is not spread to the other places with the lines of witnesses."""
    log = three_logs(home)
    good = noted(home, 5)
    longer = add_signature_lines(good, [JUNK])
    if place == "database":
        edit(home, "UPDATE log_checkpoints SET note = ? WHERE size = 5", longer)
    else:
        (home.folder / place / frozen_name(5)).write_bytes(longer)
    subject = frozen_name(5)
    mended(log, ("checkpoint_lines", place, subject))
    assert noted(home, 5) == good
    for each in ("first", "second"):
        assert (home.folder / each / frozen_name(5)).read_bytes() == good


def test_row_that_is_no_note_is_only_a_foreign_row(
    home: LogHome, log: CustodyLog
) -> None:
    """Nonsense that looks as if it had signature lines, beyond the log."""
    insert = "INSERT INTO log_checkpoints (size, note, signed_at) VALUES (?, ?, ?)"
    edit(home, insert, 99, "x\n— a\n— b\n".encode(), "2025-01-02T03:04:05Z")
    mended(log, ("checkpoint_row", "database", "size 99"))


@pytest.fixture
def witnessed(home: LogHome) -> CustodyLog:
    """Two entries; a witness is listed and cosigned the newest checkpoint."""
    log = home.begin()
    engage(log, WITNESS)
    cosigned = split_note(log.checkpoint())[0]
    log.add_cosignatures(2, [cosign(cosigned, WITNESS, START)])
    assert findings(log) == []
    return log


@pytest.mark.parametrize("place", ["database", "first", "second"])
def test_line_of_a_witness_that_one_place_lost_is_brought_back(
    home: LogHome, witnessed: CustodyLog, place: str
) -> None:
    """A cosignature taken off the newest checkpoint in one place."""
    good = noted(home, 2)
    shorter = good[: good.rindex("— w ".encode())]
    if place == "database":
        edit(home, "UPDATE log_checkpoints SET note = ? WHERE size = 2", shorter)
    else:
        (home.folder / place / CHECKPOINT).write_bytes(shorter)
    subject = "size 2" if place == "database" else CHECKPOINT
    mended(witnessed, ("checkpoint_lines", place, subject))
    assert noted(home, 2) == good


def test_line_of_a_witness_that_does_not_hold_is_taken_off(
    home: LogHome, witnessed: CustodyLog
) -> None:
    """A line in the name of a listed witness, over another text."""
    record(witnessed, n=2)
    good = noted(home, 3)
    longer = good + cosign("another\n", WITNESS, START)
    edit(home, "UPDATE log_checkpoints SET note = ? WHERE size = 3", longer)
    mended(witnessed, ("checkpoint_lines", "database", "size 3"))
    assert noted(home, 3) == good
