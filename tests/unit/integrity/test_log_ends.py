"""Around the end of a log: stale lists, late cosignatures, old databases, strangers."""

from __future__ import annotations

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from integrity.cosignature import cosign, witness_key
from integrity.errors import IntegrityError, StoreConflict
from integrity.key_history import KEYS_CHANGED, change_facts
from integrity.note import split_note
from integrity.policy import Role, TrustedKey, TrustedKeys
from integrity.store import sql_log
from integrity.store.blobs import frozen_name, read_object
from integrity.store.continuing import LogDiverged
from integrity.store.custody_log import CustodyLog
from integrity.store.frozen import joined
from integrity.store.fsck import Checker
from integrity.store.second_copy import SecondCopy
from tests.log_factory import (
    ACTOR,
    START,
    TRUSTED,
    LogHome,
    project_nothing,
    record,
    signer,
)
from tests.rolling import (
    LOG_2,
    LOG_3,
    NAMES,
    continued,
    keys_of_three,
    roll_over,
    three_logs,
)

END = 4
NAME = frozen_name(END)
WITNESS = signer(31, "w")


@pytest.fixture
def home(tmp_path: Path) -> LogHome:
    """A new log's place."""
    return LogHome(tmp_path / "home")


def findings(
    log: CustodyLog, *, repair: bool = False
) -> list[tuple[str, str, str, bool]]:
    """What fsck says, and whether it can mend it."""
    found = list(Checker(log, project_nothing, ()).run())
    for finding in found:
        if repair and finding.mend is not None:
            finding.mend()
    return [(f.finding, f.place, f.subject, f.mend is not None) for f in found]


def rows(home: LogHome, query: str, *values: object) -> list[tuple[object, ...]]:
    """What a statement gives on the database file."""
    with sqlite3.connect(home.database) as connection:
        found = list(connection.execute(query, values))
    connection.close()
    return found


def closing(home: LogHome) -> CustodyLog:
    """Three entries in a log whose end is announced, and the next one is its last."""
    home.keys = keys_of_three()
    log = home.begin()
    record(log, n=1)
    roll_over(log, END, NAMES[1], LOG_2.public_key)
    return log


# -- whose keys ----------------------------------------------------------------


def test_stale_list_mends_only_what_leads_out_of_it(home: LogHome) -> None:
    """Under a list from before a roll-over nodes and checkpoint rows stay as they are.

    What is mended is the statement of that change; then all else turns out sound.
    """
    log = closing(home)
    for number in range(5):
        record(log, n=number)
    log.engine.dispose()
    rows(home, "UPDATE log_statements SET envelope = x'7b7d' WHERE leaf = 2")
    kept = {
        table: rows(home, f"SELECT * FROM {table} ORDER BY 1, 2")
        for table in ("log_nodes", "log_checkpoints")
    }
    home.keys = keys_of_three()
    log = home.open()
    with contextlib.suppress(IntegrityError), log.session() as session:
        log.keys.follow(session, sql_log.state(session).key_change)
    found = findings(log, repair=True)
    assert [one for one in found if one[3]] == [
        ("statement_altered", "database", "leaf 2", True)
    ]
    assert ("public_keys", "home", "keys/trust", False) in found
    for table, before in kept.items():
        query = f"SELECT * FROM {table} ORDER BY 1, 2"
        assert rows(home, query) == before
    log.publish()
    assert findings(log) == []


def test_lists_left_behind_in_both_stores_are_brought_up(home: LogHome) -> None:
    """A crash before the stores had the new list: the events lead to the home's."""
    home.keys = keys_of_three()
    log = home.begin()
    after = continued(TRUSTED, 3, NAMES[1], LOG_2.public_key)
    record(log, KEYS_CHANGED, **change_facts(TRUSTED, after, "rotated", ""))
    expected = [("public_keys", place, "log/keys", True) for place in log_places(log)]
    assert findings(log, repair=True) == expected
    assert findings(log) == []
    for store in log.stores:
        assert read_object(store, "log/keys") == after.serialise()


def log_places(log: CustodyLog) -> list[str]:
    """The places of the stores."""
    return [store.place for store in log.stores]


def test_closed_log_is_judged_by_the_one_after_it(home: LogHome) -> None:
    """A statement put elsewhere with its node in the database convinces nobody.

    The newest checkpoint does not sign the tree of an earlier log; what the next
    log's first entry says of it does, so the stores' copies are the good ones.
    """
    log = three_logs(home)
    good, other = log.statement(1), log.statement(3)
    ((node,),) = rows(home, 'SELECT hash FROM log_nodes WHERE level=0 AND "index"=3')
    rows(home, "UPDATE log_statements SET envelope = ? WHERE leaf = 1", other)
    rows(home, 'UPDATE log_nodes SET hash = ? WHERE level=0 AND "index"=1', node)
    assert ("statement_altered", "database", "leaf 1", True) in findings(
        log, repair=True
    )
    assert log.statement(1) == good
    for store in log.stores:
        assert read_object(store, "log/statements/000000/000000001.dsse.json") == good
    assert findings(log) == []


# -- cosignatures --------------------------------------------------------------


def crossed(home: LogHome) -> tuple[CustodyLog, bytes]:
    """A log whose end was crossed in one publication, and a witness's line for it.

    The same event lists the witness.
    """
    home.keys = keys_of_three()
    log = home.begin()
    record(log, n=1)
    key = witness_key(WITNESS.name, WITNESS.public_key)
    listed = TrustedKey(Role.WITNESS, key, 3, None, START, None)
    rolled = continued(TRUSTED, 3, NAMES[1], LOG_2.public_key)
    after = TrustedKeys((*rolled.entries, listed))
    with log.transaction() as tx:
        facts = change_facts(TRUSTED, after, "rotated", "")
        tx.record(KEYS_CHANGED, ACTOR, facts)
        tx.record("test.happened", ACTOR, {"n": 4})
    for store in log.stores:
        store.swap("log/keys", read_object(store, "log/keys"), after.serialise())
    return log, cosign(split_note(log.prove(0).checkpoint)[0], WITNESS, START)


def test_late_cosignature_is_in_every_place_and_restored(home: LogHome) -> None:
    """It comes after the end was passed, and a restore brings it back."""
    log, line = crossed(home)
    log.add_cosignatures(3, [line])
    note = log.prove(0).checkpoint
    assert line in note
    for store in log.stores:
        assert read_object(store, frozen_name(3)) == note
    copy = SecondCopy(log.stores.second, log.keys.trusted, log.checkpoint())
    assert copy.frozen[3] == note
    assert findings(log) == []


@pytest.mark.parametrize("place", ["database", "first", "second"])
def test_cosignature_that_one_place_lacks_is_mended(home: LogHome, place: str) -> None:
    """Whoever strips a line, or crashes while adding it: every place gets it again."""
    log, line = crossed(home)
    log.add_cosignatures(3, [line])
    note = log.prove(0).checkpoint
    bare = note.replace(line, b"")
    if place == "database":
        rows(home, "UPDATE log_checkpoints SET note = ? WHERE size = 3", bare)
    else:
        path = home.folder / place / frozen_name(3)
        path.chmod(0o644)
        path.write_bytes(bare)
    finding = ("frozen_cosignatures", place, frozen_name(3), True)
    assert findings(log, repair=True) == [finding]
    assert findings(log) == []
    assert log.prove(0).checkpoint == note


def test_line_of_a_witness_that_does_not_hold_is_not_joined(home: LogHome) -> None:
    """One forged line in one copy would spoil every proof; unknown lines are kept."""
    log, line = crossed(home)
    note = log.prove(0).checkpoint
    key = witness_key("w", WITNESS.public_key)
    forged = cosign("another text\n", WITNESS, START)
    assert forged != line
    stranger = cosign(split_note(note)[0], signer(32, "x"), START)
    whole = joined([note + forged, note + stranger + line], [key])
    assert whole == note + stranger + line
    assert joined([note + stranger], [key]) == note + stranger


# -- old databases -------------------------------------------------------------


@pytest.mark.parametrize("today", [True, False])
def test_old_database_is_called_that_before_its_keys(
    home: LogHome, *, today: bool
) -> None:
    """With the key list of today or of then: the refusal says what to do."""
    log = closing(home)
    for number in (3, 5):
        record(log, n=number)
    then = log.keys.trusted
    log.engine.dispose()
    old = home.folder / "old.db"
    shutil.copy2(home.database, old)
    log = home.open()
    roll_over(log, 8, NAMES[2], LOG_3.public_key)
    for number in range(4):
        record(log, n=number)
    now = log.keys.trusted
    log.engine.dispose()
    for left in home.folder.glob("custody.db*"):
        left.unlink()
    shutil.copy2(old, home.database)
    home.keys = keys_of_three()
    home.keys.trusted = now if today else then
    log = home.open()
    for attempt in (log.publish, lambda: record(log, n=9)):
        with pytest.raises(LogDiverged) as caught:
            attempt()
        assert caught.value.code == "log_rolled_back"


# -- what lies among the last checkpoints --------------------------------------


@pytest.mark.parametrize("what", ["garbage", "earlier", "folder", "full folder"])
@pytest.mark.parametrize("place", ["first", "second"])
def test_what_blocks_the_end_is_named_and_set_aside(
    home: LogHome, place: str, what: str
) -> None:
    """Publication names the object; fsck puts it out of the way, and it goes on."""
    log = closing(home)
    path = home.folder / place / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    if what == "garbage":
        path.write_bytes(b"xx")
    elif what == "earlier":
        path.write_bytes(log.checkpoint())
    else:
        path.mkdir()
    if what == "full folder":
        (path / "x").write_bytes(b"x")
    record(log, n=3)
    with pytest.raises(StoreConflict, match=f"{place}:{NAME} was not written"):
        record(log, n=5)
    assert findings(log, repair=True) == [("frozen_foreign", place, NAME, True)]
    log.publish()
    assert findings(log) == []
    assert read_object(log.stores.first, NAME) == log.prove(0).checkpoint


def test_folder_in_place_of_a_last_checkpoint_is_mended(home: LogHome) -> None:
    """Where the object was, a folder is: it is set aside and the object put back."""
    log = three_logs(home)
    path = home.folder / "second" / frozen_name(5)
    path.unlink()
    path.mkdir()
    finding = ("frozen_missing", "second", frozen_name(5), True)
    assert findings(log, repair=True) == [finding]
    assert findings(log) == []


@pytest.mark.parametrize("size", [4, 11, 12])
def test_checkpoint_of_no_end_among_them_is_set_aside(home: LogHome, size: int) -> None:
    """A good checkpoint under its own number, at which no log ends."""
    log = three_logs(home)
    name = frozen_name(size)
    ((note,),) = rows(home, "SELECT note FROM log_checkpoints WHERE size = ?", size)
    assert isinstance(note, bytes)
    log.stores.first.put(name, [note])
    assert findings(log, repair=True) == [("frozen_foreign", "first", name, True)]
    assert findings(log) == []


def test_last_checkpoint_kept_before_the_next_log_began_is_none(home: LogHome) -> None:
    """A crash between the two writes leaves it, and that is as it should be."""
    log = closing(home)
    record(log, n=3)
    for store in log.stores:
        store.put(NAME, [log.checkpoint()])
    assert findings(log) == []
    record(log, n=5)
    assert findings(log) == []
    assert log.keys.trusted.keys(Role.LOG)[-1].key.name == NAMES[1]
