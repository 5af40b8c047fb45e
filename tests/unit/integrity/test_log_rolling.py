"""Logs that follow one another: one history, a tree for each, and nothing is lost."""

from __future__ import annotations

import dataclasses
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from integrity import merkle
from integrity.checkpoint import Checkpoint, claimed_checkpoint
from integrity.cosignature import cosign
from integrity.errors import (
    MalformedError,
    SigningRefused,
    StoreUnavailable,
    VerificationError,
)
from integrity.key_change import KEYS_CHANGED, change_facts
from integrity.keys import Signer
from integrity.note import VerifierKey, split_note
from integrity.origins import LOG_CONTINUED, Origin, check_continued, continued_facts
from integrity.policy import Role, TrustedKey, TrustedKeys
from integrity.proof import proven_entry
from integrity.statement import Event, leaf_text, open_statement
from integrity.store import sql_log, transaction
from integrity.store.blobs import (
    CHECKPOINT,
    KEYS,
    frozen_name,
    read_object,
    statement_name,
)
from integrity.store.continuing import LogDiverged
from integrity.store.custody_log import CustodyLog, KeysAbsent, LogKeys
from integrity.store.erasure import ERASED, erasure_facts
from integrity.store.fsck import Checker
from integrity.store.second_copy import SecondCopy
from integrity.store.transaction import LastKeyAbsent
from integrity.tiles import Tile
from tests.log_damage import copy_of, edit, findings, put_back
from tests.log_factory import (
    LOG,
    ORIGIN,
    START,
    STATEMENT,
    TRUSTED,
    LogHome,
    engage,
    project_nothing,
    record,
    signer,
)
from tests.rolling import (
    FIRSTS,
    LOG_2,
    LOG_3,
    NAMES,
    SIZE,
    keys_of_three,
    roll_over,
    three_logs,
    write_three_together,
)
from tests.tiles import entries_in

ENDS = (5, 9, SIZE)
BOUNDS = tuple(zip(NAMES, FIRSTS, ENDS, strict=True))
WITNESS = signer(31, "w")


@pytest.fixture
def home(tmp_path: Path) -> LogHome:
    """A new log's place."""
    return LogHome(tmp_path / "home")


def event_at(log: CustodyLog, leaf: int) -> Event:
    """The event of a leaf."""
    return open_statement(log.statement(leaf), log.keys.statement_keys)


@pytest.mark.parametrize("write", [three_logs, write_three_together])
def test_every_entry_of_three_logs_is_proven(
    home: LogHome, write: Callable[[LogHome], CustodyLog]
) -> None:
    """One after the other or all at once: each entry is proven in its own log."""
    log = write(home)
    trusted = log.keys.trusted
    assert [origin.name for origin in trusted.origins()] == list(NAMES)
    assert [origin.first for origin in trusted.origins()] == list(FIRSTS)
    for name, first, end in BOUNDS:
        for leaf in range(first, end):
            proof = log.prove(leaf)
            head = trusted.open_checkpoint(proof.checkpoint)
            assert (head.origin, head.size) == (name, end - first)
            assert proof.index == leaf - first
            assert proof.extra == log.statement(leaf)
            assert proven_entry(proof, leaf_text(proof.extra), trusted) == leaf
    assert findings(log) == []


def test_first_entry_of_each_log_tells_of_the_one_before(home: LogHome) -> None:
    """It is written unasked, names the frozen checkpoint, and nobody else may."""
    log = three_logs(home)
    origins = log.keys.trusted.origins()
    kinds = [event_at(log, leaf).kind for leaf in range(SIZE)]
    assert [n for n, kind in enumerate(kinds) if kind == LOG_CONTINUED] == [5, 9]
    for (name, first, end), later in zip(BOUNDS[:2], FIRSTS[1:], strict=True):
        frozen = check_continued(event_at(log, later), later, origins)
        assert (frozen.origin, frozen.size) == (name, end - first)
        proof = log.prove(first)
        assert claimed_checkpoint(proof.checkpoint) == frozen
        for store in log.stores:
            assert read_object(store, frozen_name(end)) == proof.checkpoint
    with pytest.raises(SigningRefused, match="a log begins by itself"):
        record(log, LOG_CONTINUED, n=1)


def test_proofs_and_consistency_stay_within_a_log(home: LogHome) -> None:
    """Old leads to new inside each log; two sizes of two logs are refused."""
    log = three_logs(home)
    for origin, end in zip(log.keys.trusted.origins(), ENDS, strict=True):
        with log.session() as session:
            heads = {
                size: sql_log.head(session, origin, size)
                for size in range(origin.first + 1, end + 1)
            }
        for old, before in heads.items():
            for new, after in heads.items():
                if old > new:
                    continue
                path = log.consistency(old, new)
                merkle.verify_consistency(
                    before.size, after.size, before.root, after.root, path
                )
    for old, new in ((5, 6), (4, 9), (9, 12), (0, 3), (12, 11)):
        with pytest.raises(MalformedError):
            log.consistency(old, new)
    for leaf, size in ((4, 6), (5, 5), (4, 12), (8, 10)):
        with pytest.raises(StoreUnavailable, match="no checkpoint covers"):
            log.prove(leaf, size)


def test_tiles_are_those_of_each_log(home: LogHome) -> None:
    """The hash tile of each log makes its root, its entries are its leaf texts."""
    log = three_logs(home)
    with log.session() as session:
        for origin, end in zip(log.keys.trusted.origins(), ENDS, strict=True):
            width = end - origin.first
            tile = sql_log.hash_tile(session, Tile(0, 0, width), origin)
            hashes = [tile[at : at + 32] for at in range(0, len(tile), 32)]
            root = claimed_checkpoint(log.prove(origin.first).checkpoint).root
            assert merkle.root_of(hashes) == root
            entries = entries_in(sql_log.entry_bundle(session, 0, width, origin))
            assert list(map(merkle.leaf_hash, entries)) == hashes


def test_first_log_lies_where_it_always_did(home: LogHome) -> None:
    """A home of one log is as homes were before there could be more."""
    log = home.begin()
    for number in range(1, 7):
        record(log, n=number)
    made = dict[tuple[int, int], bytes]()
    for leaf in range(7):
        hashed = merkle.leaf_hash(leaf_text(log.statement(leaf)))
        for level, index, value in merkle.new_nodes(
            leaf, hashed, lambda level, index: made[level, index]
        ):
            made[level, index] = value
    assert rows(home, 'SELECT level, "index", hash FROM log_nodes') == {
        (level, index, value) for (level, index), value in made.items()
    }
    sizes = rows(home, "SELECT size FROM log_checkpoints")
    assert sizes == {(size,) for size in range(1, 8)}
    names = {name for store in log.stores for name in store.names("log")}
    statements = {statement_name(leaf) for leaf in range(7)}
    assert names == {CHECKPOINT, KEYS} | statements


def test_log_that_is_announced_is_not_begun(home: LogHome) -> None:
    """Up to the end the old key signs in the old log; the next entry is the new's."""
    home.keys = keys_of_three()
    log = home.begin()
    roll_over(log, 3, NAMES[1], LOG_2.public_key)
    assert record(log, n=2) == 2
    head = log.keys.open_checkpoint(log.checkpoint())
    assert (head.origin, head.size) == (ORIGIN, 3)
    assert not list(log.stores.first.names("log/frozen"))
    assert findings(log) == []
    log.publish()
    assert log.keys.open_checkpoint(log.checkpoint()) == head
    assert log.keys.trusted.next_entry(3) == 4
    assert record(log, n=4) == 4
    head = log.keys.open_checkpoint(log.checkpoint())
    assert (head.origin, head.size) == (NAMES[1], 2)


def test_signer_of_the_old_log_does_not_go_on(home: LogHome) -> None:
    """Without the private key of the next log its first checkpoint is not signed."""
    home.keys = LogKeys(ORIGIN, TRUSTED, LOG, STATEMENT)
    log = home.begin()
    roll_over(log, 2, NAMES[1], LOG_2.public_key)
    with pytest.raises(KeysAbsent):
        record(log, n=3)
    head = log.keys.open_checkpoint(log.checkpoint())
    assert (head.origin, head.size) == (ORIGIN, 2)
    home.keys = LogKeys(ORIGIN, TRUSTED, None, STATEMENT, (LOG_2,))
    log = home.open()
    log.publish()
    assert log.keys.open_checkpoint(log.checkpoint()).origin == NAMES[1]
    assert (
        proven_entry(log.prove(3), leaf_text(log.statement(3)), log.keys.trusted) == 3
    )


def test_lines_of_witnesses_reach_a_frozen_checkpoint(home: LogHome) -> None:
    """Cosignatures are added by the number of all entries, before and after the end."""
    home.keys = keys_of_three()
    log = home.begin()
    engage(log, WITNESS, signer(32, "x"))
    roll_over(log, 3, NAMES[1], LOG_2.public_key)
    line = cosign(split_note(log.checkpoint())[0], WITNESS, START)
    log.add_cosignatures(3, [line])
    record(log, n=4)
    late = cosign(split_note(log.prove(0).checkpoint)[0], signer(32, "x"), START)
    log.add_cosignatures(3, [late])
    for leaf in (0, 1, 2):
        assert line in log.prove(leaf).checkpoint
        assert late in log.prove(leaf).checkpoint
    assert line in read_object(log.stores.first, frozen_name(3))
    assert line not in log.checkpoint()
    assert findings(log) == []


# -- the second copy -----------------------------------------------------------


def test_second_copy_of_three_logs(home: LogHome) -> None:
    """A copy is read whole, with each frozen checkpoint and the end of the newest."""
    log = three_logs(home)
    copy = SecondCopy(log.stores.second, log.keys.trusted, log.checkpoint())
    assert (copy.origin, copy.size, copy.covered) == (ORIGIN, SIZE, SIZE)
    assert copy.frozen == {end: log.prove(end - 1).checkpoint for end in (5, 9)}
    assert [one.leaf for one in copy.entries()] == list(range(SIZE))


@pytest.mark.parametrize("end", [5, 9])
def test_second_copy_without_a_frozen_checkpoint_is_refused(
    home: LogHome, end: int
) -> None:
    """Lost, altered, or another's: entries of that log could never be proven again."""
    log = three_logs(home)
    path = home.folder / "second" / frozen_name(end)
    good = path.read_bytes()
    others = [good.replace(b"\n", b"x\n", 1), log.prove(3, 4).checkpoint, b""]
    for other in others:
        path.write_bytes(other)
        with pytest.raises((VerificationError, MalformedError)):
            SecondCopy(log.stores.second, log.keys.trusted, log.checkpoint())
    path.unlink()
    with pytest.raises(MalformedError, match=r"the last checkpoint of .* is missing"):
        SecondCopy(log.stores.second, log.keys.trusted, log.checkpoint())


def test_second_copy_whose_tail_crosses_an_end(home: LogHome) -> None:
    """Statements after the checkpoint come along, over the end of a log as well."""
    home.keys = keys_of_three()
    log = home.begin()
    roll_over(log, 3, NAMES[1], LOG_2.public_key)
    before = log.checkpoint()
    record(log, n=2)
    frozen = log.checkpoint()
    record(log, n=4)
    trusted = log.keys.trusted
    for note, covered in ((before, 2), (frozen, 3)):
        copy = SecondCopy(log.stores.second, trusted, note)
        assert (copy.covered, copy.size, copy.frozen) == (covered, 5, {})
        assert len(list(copy.entries())) == 5
    path = home.folder / "second" / statement_name(2)
    path.write_bytes(log.statement(4))
    with pytest.raises(VerificationError, match="event 3 tells of another log"):
        SecondCopy(log.stores.second, trusted, before)


# -- the checker ---------------------------------------------------------------


@pytest.mark.parametrize("place", ["database", "first", "second"])
@pytest.mark.parametrize("kind", ["frozen_missing", "frozen_altered"])
def test_frozen_checkpoint_is_brought_back_from_elsewhere(
    home: LogHome, place: str, kind: str
) -> None:
    """Lost or altered in one place, it is found and mended from another."""
    log = three_logs(home)
    name, good = frozen_name(5), log.prove(0).checkpoint
    other = None if kind == "frozen_missing" else log.prove(0, 4).checkpoint
    if place == "database":
        edit(home, "DELETE FROM log_checkpoints WHERE size = 5")
        if other:
            values = (5, other, "2025-01-02T03:04:05Z")
            edit(home, "INSERT INTO log_checkpoints VALUES (?, ?, ?)", *values)
    elif other:
        (home.folder / place / name).write_bytes(other)
    else:
        (home.folder / place / name).unlink()
    assert findings(log, repair=True) == [(kind, place, name)]
    assert findings(log) == []
    assert log.prove(0).checkpoint == good
    for store in log.stores:
        assert read_object(store, name) == good


def test_frozen_checkpoint_that_is_nowhere_is_a_finding(home: LogHome) -> None:
    """Lost everywhere it cannot be mended, and nothing of that log is proven."""
    log = three_logs(home)
    edit(home, "DELETE FROM log_checkpoints WHERE size = 9")
    for store in ("first", "second"):
        (home.folder / store / frozen_name(9)).unlink()
    places = ("database", "first", "second")
    expected = [("frozen_missing", place, frozen_name(9)) for place in places]
    assert findings(log, repair=True) == expected
    assert findings(log) == expected
    with pytest.raises(StoreUnavailable, match="no checkpoint covers"):
        log.prove(6)
    assert log.prove(0)
    assert log.prove(9)


def test_object_that_is_no_frozen_checkpoint_is_set_aside(home: LogHome) -> None:
    """Something else among them is found and put out of the way."""
    log = three_logs(home)
    log.stores.first.put("log/frozen/00000007", [log.checkpoint()])
    log.stores.second.put("log/frozen/x", [b"x"])
    assert findings(log, repair=True) == [
        ("frozen_foreign", "first", "log/frozen/00000007"),
        ("frozen_foreign", "second", "log/frozen/x"),
    ]
    assert findings(log) == []


def test_log_that_continues_another_is_a_finding(
    home: LogHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A first entry that tells of another root is named by fsck and by restore."""

    def forged(origin: Origin, frozen: Checkpoint) -> dict[str, object]:
        return continued_facts(origin, dataclasses.replace(frozen, root=bytes(32)))

    monkeypatch.setattr(transaction, "continued_facts", forged)
    log = three_logs(home)
    reason = "The check of the log origins failed: the log before had another root."
    assert findings(log) == [
        ("log_continued", "database", f"leaf {leaf}: {reason}") for leaf in (5, 9)
    ]
    with pytest.raises(VerificationError, match="event 5 tells of another log"):
        SecondCopy(log.stores.second, log.keys.trusted, log.checkpoint())


def test_log_that_begins_otherwise_is_a_finding(
    home: LogHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither does a log begin with another event, nor an event within begin one."""
    monkeypatch.setattr(transaction.Transaction, "_begin_log", lambda *_: None)
    home.keys = keys_of_three()
    log = home.begin()
    roll_over(log, 3, NAMES[1], LOG_2.public_key)
    frozen = Checkpoint(ORIGIN, 2, bytes(32))
    facts = continued_facts(log.keys.trusted.origins()[1], frozen)
    record(log, LOG_CONTINUED, **facts)
    record(log, n=3)
    assert [(kind, subject[:7]) for kind, _, subject in findings(log)] == [
        ("log_continued", "leaf 2:"),
        ("log_continued", "leaf 3:"),
    ]
    with pytest.raises(VerificationError, match="no log begins with event 2"):
        SecondCopy(log.stores.second, log.keys.trusted, log.checkpoint())


@pytest.mark.parametrize(
    "change",
    [
        'UPDATE log_nodes SET hash = zeroblob(32) WHERE level = 1 AND "index" = 1',
        'UPDATE log_nodes SET hash = zeroblob(32) WHERE level = 2 AND "index" = 5',
        'DELETE FROM log_nodes WHERE level = 1 AND "index" = 9',
        "INSERT INTO log_nodes VALUES (1, 4, zeroblob(32))",
        "INSERT INTO log_nodes VALUES (2, 9, zeroblob(32))",
        "INSERT INTO log_nodes VALUES (0, 12, zeroblob(32))",
        "INSERT INTO log_nodes VALUES (3, 2, zeroblob(32))",
        "INSERT INTO log_nodes VALUES (0, -1, zeroblob(32))",
        "INSERT INTO log_nodes VALUES (0, 'x', zeroblob(32))",
        "INSERT INTO log_nodes VALUES (-1, 6, zeroblob(32))",
        "INSERT INTO log_nodes VALUES (63, 0, zeroblob(32))",
    ],
)
def test_every_tree_is_looked_at_and_mended(home: LogHome, change: str) -> None:
    """A node that is altered, lost or too many is found in whichever log it lies."""
    log = three_logs(home)
    edit(home, change)
    assert [kind for kind, _, _ in findings(log, repair=True)] == ["tree_node"]
    assert findings(log) == []


# -- one history ---------------------------------------------------------------


@pytest.mark.parametrize("back", [1, 3, 4, 7, 8])
def test_database_from_before_an_end_signs_nothing(home: LogHome, back: int) -> None:
    """A backup put back signs neither in the old log nor in the new one."""
    home.keys = keys_of_three()
    log = home.begin()
    steps: list[Callable[[], object]] = [
        lambda: record(log, n=1),
        lambda: roll_over(log, 4, NAMES[1], LOG_2.public_key),
        lambda: record(log, n=3),
        lambda: record(log, n=5),
        lambda: record(log, n=6),
        lambda: roll_over(log, 8, NAMES[2], LOG_3.public_key),
        lambda: record(log, n=9),
    ]
    old = None
    for step in steps:
        size = _size(log)
        old = copy_of(home) if old is None and size >= back else old
        step()
    assert old is not None
    before = log.checkpoint()
    log.engine.dispose()
    put_back(home, old)
    for keys in (home.keys, keys_of_three()):
        home.keys = keys
        again = home.open()
        for attempt in (again.publish, lambda log=again: record(log, n=9)):
            with pytest.raises((LogDiverged, VerificationError)):
                attempt()
    assert (home.folder / "second" / CHECKPOINT).read_bytes() == before


def test_other_history_across_an_end_is_refused(home: LogHome, tmp_path: Path) -> None:
    """A twin that went over the end with another entry before it signs nothing."""
    home.keys = keys_of_three()
    log = home.begin()
    roll_over(log, 3, NAMES[1], LOG_2.public_key)
    log.engine.dispose()
    twin = LogHome(tmp_path / "twin", keys=keys_of_three())
    twin.folder.mkdir()
    shutil.copy2(home.database, twin.database)
    stores = home.stores()
    log, other = home.open(stores), twin.open(stores)
    other._publish_through = lambda _leaves: None  # type: ignore[method-assign]
    for number in (2, 4, 5):
        record(other, n=-number)
    for number in (2, 4):
        record(log, n=number)
    with pytest.raises(LogDiverged) as caught:
        other.publish()
    assert caught.value.code == "log_other_history"
    assert findings(log) == []


def test_entries_of_an_earlier_log_are_erased(home: LogHome) -> None:
    """What goes leaves its leaf text, so every proof in every log stays good."""
    log = three_logs(home)
    texts = [leaf_text(log.statement(leaf)) for leaf in range(SIZE)]
    erased = {leaf: texts[leaf] for leaf in (1, 6, 10)}
    record(log, ERASED, exhibit="e1", leaves=erasure_facts(erased))
    log.erase_statements(erased)
    for leaf, text in enumerate(texts):
        proof = log.prove(leaf)
        assert bool(proof.extra) is (leaf not in erased)
        assert proven_entry(proof, text, log.keys.trusted) == leaf
    assert findings(log) == []
    copy = SecondCopy(log.stores.second, log.keys.trusted, log.checkpoint())
    found = {one.leaf: one.text for one in copy.entries() if one.envelope is None}
    assert found == erased


def test_process_that_knows_old_keys_follows_into_the_next_log(home: LogHome) -> None:
    """A process that made no change writes the first entry of the next log."""
    home.keys = keys_of_three()
    log = home.begin()
    home.keys = keys_of_three()
    late = home.open()
    roll_over(log, 2, NAMES[1], LOG_2.public_key)
    assert record(late, n=3) == 3
    assert event_at(late, 2).kind == LOG_CONTINUED
    assert late.keys.trusted == log.keys.trusted
    assert record(log, n=4) == 4
    assert findings(log) == findings(late) == []


def _size(log: CustodyLog) -> int:
    with log.session() as session:
        return sql_log.size(session)


class Broken:
    """A signer whose device stopped working."""

    def __init__(self, working: Signer) -> None:
        self.name, self.public_key = working.name, working.public_key

    def sign(self, _message: bytes) -> bytes:
        """It cannot."""
        raise SigningRefused("the device does not answer")


def test_two_logs_begin_one_entry_apart(tmp_path: Path) -> None:
    """Each begins with its own event, and nothing else lies in the shorter one."""
    home = LogHome(tmp_path, keys=keys_of_three())
    log = home.begin()
    record(log, n=1)
    roll_over(log, 5, NAMES[1], LOG_2.public_key)
    roll_over(log, 6, NAMES[2], LOG_3.public_key)
    assert log.keys.trusted.next_entry(5) == 7
    assert record(log, n=4) == 4
    assert record(log, n=7) == 7
    assert [kind_of(log, leaf) for leaf in (5, 6)] == [LOG_CONTINUED] * 2
    assert list(Checker(log, project_nothing, ()).run()) == []


def kind_of(log: CustodyLog, leaf: int) -> str:
    """The kind of an event."""
    return open_statement(log.statement(leaf), log.keys.statement_keys).kind


def test_nothing_is_signed_for_an_empty_log(tmp_path: Path) -> None:
    """Not before event 0, and not of the next log before its first event."""
    log = LogHome(tmp_path, keys=keys_of_three()).open()
    log.publish()
    assert log.checkpoint() == b""
    assert not log.stores.second.exists(CHECKPOINT)
    rolled = LogHome(tmp_path / "rolled", keys=keys_of_three()).begin()
    roll_over(rolled, 2, NAMES[1], LOG_2.public_key)
    rolled.publish()
    head = rolled.keys.open_checkpoint(rolled.checkpoint())
    assert (head.origin, head.size) == (NAMES[0], 2)


def test_a_log_is_not_filled_without_the_key_that_closes_it(tmp_path: Path) -> None:
    """Any event but the change that names another key is refused before it is kept."""
    home = LogHome(tmp_path, keys=keys_of_three())
    log = home.begin()
    roll_over(log, 8, NAMES[1], LOG_2.public_key)
    record(log, n=2)
    log.engine.dispose()
    other = signer(50)
    more = (LOG_2, LOG_3, other)
    home.keys = LogKeys(ORIGIN, log.keys.trusted, None, STATEMENT, more)
    log = home.open()
    for _ in range(10):
        with pytest.raises(LastKeyAbsent):
            record(log, n=3)
    before = log.keys.trusted
    unchanged = dataclasses.replace(before, entries=before.entries)
    with pytest.raises(LastKeyAbsent):
        record(log, KEYS_CHANGED, **change_facts(before, unchanged, "rotated", ""))
    line = VerifierKey.ed25519(ORIGIN, other.public_key)
    successor = TrustedKey(Role.LOG, line, 5, 8, START, None)
    after = TrustedKeys((*before.entries, successor))
    with pytest.raises(KeysAbsent):  # it is kept, and waits for the next event
        record(log, KEYS_CHANGED, **change_facts(before, after, "rotated", ""))
    assert log.keys.open_checkpoint(log.checkpoint()).size == 3
    for number in (4, 5, 6, 7, 9):
        assert record(log, n=number) == number
    assert log.keys.open_checkpoint(log.checkpoint()).origin == NAMES[1]
    for store in log.stores:
        store.swap(KEYS, read_object(store, KEYS), after.serialise())
    assert list(Checker(log, project_nothing, ()).run()) == []


def test_a_device_that_breaks_does_not_fill_a_closing_log(tmp_path: Path) -> None:
    """The first event that it fails to sign is the last: it is looked for again."""
    home = LogHome(tmp_path, keys=keys_of_three())
    log = home.begin()
    roll_over(log, 9, NAMES[1], LOG_2.public_key)
    log.engine.dispose()
    found: list[Signer] = []
    home.keys = LogKeys(
        ORIGIN, log.keys.trusted, Broken(LOG), STATEMENT, (LOG_2,), lambda _: found
    )
    log = home.open()
    with pytest.raises(SigningRefused, match="does not answer"):
        record(log, n=2)
    for _ in range(10):
        with pytest.raises(LastKeyAbsent):
            record(log, n=3)
    found.append(LOG)
    assert record(log, n=3) == 3
    assert log.keys.open_checkpoint(log.checkpoint()).size == 4


def rows(home: LogHome, query: str) -> set[tuple[object, ...]]:
    """What is in the database file."""
    with sqlite3.connect(home.database) as connection:
        found = set(connection.execute(query))
    connection.close()
    return found
