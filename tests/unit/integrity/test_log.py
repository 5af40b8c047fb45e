"""The log itself: who signs what, proofs, cosignatures, and refusing to sign."""

from __future__ import annotations

import gc
import os
import random
import shutil
import sqlite3
import tracemalloc
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from intake.errors import ERRORS
from integrity import merkle
from integrity.cosignature import cosign
from integrity.envelope import parse_envelope
from integrity.errors import (
    MalformedError,
    SigningRefused,
    StoreConflict,
    StoreUnavailable,
    VerificationError,
)
from integrity.key_history import KEYS_CHANGED, change_facts
from integrity.keys import key_id
from integrity.note import split_note
from integrity.policy import Role, TrustedKeys
from integrity.proof import verify_proof
from integrity.statement import leaf_text
from integrity.store import sql_log
from integrity.store.blobs import CHECKPOINT, statement_name
from integrity.store.continuing import LogDiverged
from integrity.store.copies import is_sound
from integrity.store.custody_log import CustodyLog, KeysAbsent, LogKeys
from integrity.store.durable import TEMP_PREFIX
from integrity.store.second_copy import SecondCopy
from tests.log_damage import copy_of, edit, findings, put_back
from tests.log_factory import (
    ACTOR,
    LOG,
    ORIGIN,
    START,
    STATEMENT,
    TRUSTED,
    LogHome,
    engage,
    entry,
    record,
    signer,
)

NEW_LOG, NEW_STATEMENT = signer(21), signer(22)
WITNESS = signer(31, "witness.example")
KEY = TRUSTED.log_keys(1, None)[0]


@pytest.fixture
def home(tmp_path: Path) -> LogHome:
    """A new log's place."""
    return LogHome(tmp_path / "home")


def rotated(before: TrustedKeys, leaf: int) -> TrustedKeys:
    """The keys after a rotation at `leaf`."""
    log, statement = before.entries[:2]
    return TrustedKeys(
        (
            entry(Role.LOG, LOG, log.from_size, leaf + 1),
            entry(Role.STATEMENT, STATEMENT, statement.from_size, leaf + 1),
            entry(Role.LOG, NEW_LOG, leaf + 2),
            entry(Role.STATEMENT, NEW_STATEMENT, leaf + 1),
        )
    )


def rotate(log: CustodyLog) -> TrustedKeys:
    """Record a rotation of both keys; returns the keys after it."""
    with log.transaction() as tx:
        after = rotated(TRUSTED, tx.size)
        facts = change_facts(TRUSTED, after, "rotated", "")
        tx.record(KEYS_CHANGED, ACTOR, facts)
    return after


# -- one history ---------------------------------------------------------------


def test_proofs_hold_under_every_kept_checkpoint(home: LogHome) -> None:
    """Each leaf is proven at each size that was published, and old leads to new."""
    log = home.begin()
    for number in range(8):
        record(log, n=number)
    with log.session() as session:
        (origin,) = TRUSTED.origins()
        heads = {size: sql_log.head(session, origin, size) for size in range(1, 10)}
    for size in range(1, 10):
        for leaf in range(size):
            proof = log.prove(leaf, size)
            head = verify_proof(proof, leaf_text(proof.extra), [KEY], ORIGIN)
            assert (head.size, head.root) == (size, heads[size].root)
        path = log.consistency(size, 9)
        merkle.verify_consistency(size, 9, heads[size].root, heads[9].root, path)
    with pytest.raises(StoreUnavailable, match="no checkpoint covers"):
        log.prove(5, 5)
    with pytest.raises(MalformedError):
        log.consistency(9, 8)


def test_writers_of_one_process_share_publications(home: LogHome) -> None:
    """Twelve writers at once: no leaf double or missing, each answered when covered."""
    log = home.begin()
    published = list[int]()
    publish = log._publish

    def counted(enough: int | None = None) -> None:
        publish(enough)
        published.append(log._covered)

    log._publish = counted  # type: ignore[method-assign]

    def write(number: int) -> bool:
        leaf = record(log, n=number)
        note = (home.folder / "second" / CHECKPOINT).read_bytes()
        return log.keys.open_checkpoint(note).size > leaf

    with ThreadPoolExecutor(12) as pool:
        assert all(pool.map(write, range(60)))
    assert log.keys.open_checkpoint(log.checkpoint()).size == 61
    assert len(published) < 60
    assert published == sorted(published)
    assert findings(log) == []


def test_database_is_durable_before_a_statement_is_published(
    home: LogHome, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The write-ahead log is synced first; without an event it is synced as well."""
    log = home.begin()
    trace = list[str]()
    sync = os.fsync

    def traced(descriptor: int) -> None:
        sync(descriptor)
        trace.append(Path(f"/proc/self/fd/{descriptor}").readlink().name)

    monkeypatch.setattr(os, "fsync", traced)
    record(log, n=1)
    assert trace[0] == "custody.db-wal"
    assert trace.count("custody.db-wal") == 1
    assert any(name.startswith(TEMP_PREFIX) for name in trace)
    trace.clear()
    with log.transaction():
        pass
    assert trace[0] == "custody.db-wal"


def test_two_processes_take_turns(home: LogHome) -> None:
    """What another process appended is read from the log, not remembered wrongly."""
    one, other = home.begin(), home.open()
    leaves = [record(log, n=n) for n in range(3) for log in (one, other, other)]
    assert leaves == list(range(1, 10))
    assert findings(one) == []


def test_what_another_process_published_is_not_published_again(home: LogHome) -> None:
    """It is enough if that one said so at its end; otherwise it is kept once more."""
    one, other = home.begin(), home.open()
    record(one, n=1)
    note = other.checkpoint()
    first = home.folder / "first" / CHECKPOINT
    first.unlink()
    other._publish(2)
    assert not first.exists()
    (home.folder / "publish.lock").write_bytes(b"")
    other._publish(2)
    assert first.read_bytes() == note
    assert findings(one) == []


def test_leaf_that_does_not_read_back_is_not_signed(home: LogHome) -> None:
    """A store that gives other bytes back than it took gets no checkpoint."""
    log = home.begin()
    path = home.folder / "second" / statement_name(1)
    path.write_bytes(b"{}")
    with pytest.raises(StoreConflict):
        record(log, n=1)
    assert log.keys.open_checkpoint(log.checkpoint()).size == 1
    path.unlink()
    log.publish()
    assert log.keys.open_checkpoint(log.checkpoint()).size == 2


def test_damaged_tree_is_not_signed(home: LogHome) -> None:
    """An inner node that is not that of the statements stops the next checkpoint."""
    log = home.begin()
    for number in range(3):
        record(log, n=number)
    edit(home, "UPDATE log_nodes SET hash=zeroblob(32) WHERE level=2")
    log = home.open()
    with pytest.raises(SigningRefused):
        record(log, n=9)
    assert log.keys.open_checkpoint(log.checkpoint()).size == 4


@pytest.mark.parametrize("seed", range(10))
def test_yesterdays_database_refuses_to_sign(home: LogHome, seed: int) -> None:
    """A copy put back after any number of events signs nothing and says what to do."""
    choose = random.Random(seed)
    log = home.begin()
    for number in range(choose.randrange(4)):
        record(log, n=number)
    log.engine.dispose()
    old = copy_of(home)
    log = home.open()
    for number in range(choose.randrange(1, 4)):
        record(log, more=number)
    before = (home.folder / "second" / CHECKPOINT).read_bytes()
    log.engine.dispose()
    put_back(home, old)
    again = home.open()
    for attempt in (again.publish, lambda: record(again, n=9)):
        with pytest.raises(LogDiverged) as caught:
            attempt()
        assert caught.value.code == "log_rolled_back"
    assert "custody restore" in ERRORS["log_rolled_back"].en
    assert (home.folder / "second" / CHECKPOINT).read_bytes() == before


def test_database_put_back_under_a_running_service_refuses(home: LogHome) -> None:
    """What the process remembers of the log does not hide that the file went back."""
    log = home.begin()
    old = copy_of(home)
    record(log, n=1)
    with sqlite3.connect(old) as source, sqlite3.connect(home.database) as live:
        source.backup(live)
    source.close()
    live.close()
    with pytest.raises(LogDiverged):
        record(log, n=2)


def test_twin_database_refuses_to_sign(home: LogHome, tmp_path: Path) -> None:
    """Of two databases on one second copy one goes on; the other says so and stops."""
    log = home.begin()
    record(log, n=1)
    log.engine.dispose()
    twin = LogHome(tmp_path / "twin")
    twin.folder.mkdir()
    shutil.copy2(home.database, twin.database)
    stores = home.stores()
    log, other = home.open(stores), twin.open(stores)
    record(log, n=2)
    with pytest.raises(LogDiverged) as caught:
        record(other, n=2)
    assert caught.value.code == "log_rolled_back"
    record(log, n=3)
    assert findings(log) == []


def test_twin_that_committed_at_the_same_moment_refuses(
    home: LogHome, tmp_path: Path
) -> None:
    """Both hold a leaf of one number; whoever publishes second signs nothing."""
    log = home.begin()
    log.engine.dispose()
    twin = LogHome(tmp_path / "twin")
    twin.folder.mkdir()
    shutil.copy2(home.database, twin.database)
    stores = home.stores()
    log, other = home.open(stores), twin.open(stores)
    other._publish_through = lambda _leaves: None  # type: ignore[method-assign]
    record(other, n="twin")
    record(log, n="first")
    with pytest.raises(LogDiverged) as caught:
        other.publish()
    assert caught.value.code == "log_other_history"
    assert "Stop both" in ERRORS["log_other_history"].en
    assert findings(log) == []


@pytest.mark.parametrize(
    ("old", "code"), [(True, "second_copy_older"), (False, "second_copy_lost")]
)
def test_second_copy_that_went_back_is_not_signed_over(
    home: LogHome, *, old: bool, code: str
) -> None:
    """An older or missing checkpoint in the second copy stops writing."""
    log = home.begin()
    path = home.folder / "second" / CHECKPOINT
    before = path.read_bytes()
    record(log, n=1)
    path.unlink()
    if old:
        path.write_bytes(before)
    with pytest.raises(LogDiverged) as caught:
        record(log, n=2)
    assert caught.value.code == code
    assert "fsck --repair" in ERRORS[code].en
    assert findings(log, repair=True)
    record(log, n=2)


def test_checking_and_restoring_take_the_same_memory_for_any_length(
    tmp_path: Path,
) -> None:
    """520 more statements of 41 kB (21 MB) are looked at in less than half of that.

    Both lengths are beyond the pieces of 256 in which statements are read. Half is
    more than what is no memory of the log: now and then Python rebuilds its own table
    of strings, in which all parts of paths are; some megabytes in a long test run.
    """
    short, long = 300, 820
    peaks = dict[int, list[int]]()
    for leaves in (short, long):
        log = LogHome(tmp_path / str(leaves)).begin()
        with log.transaction() as tx:
            for number in range(leaves):
                tx.record("test.happened", ACTOR, {"n": number, "words": "x" * 30_000})
        added = (long - short) * len(log.statement(leaves))
        peaks[leaves] = [
            peak_of(lambda log=log: findings(log)),
            peak_of(lambda log=log: walk_copy(log)),
        ]
        log.engine.dispose()
    for few, many in zip(peaks[short], peaks[long], strict=True):
        assert many < few + added // 2


def walk_copy(log: CustodyLog) -> None:
    """Read the second copy as a restore does."""
    copy = SecondCopy(log.stores.second, TRUSTED, log.checkpoint())
    assert sum(1 for _ in copy.entries()) == copy.size


def peak_of(step: Callable[[], object]) -> int:
    """Most bytes that Python held while `step` ran, beyond those before it."""
    gc.collect()
    tracemalloc.start()
    try:
        step()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# -- keys ----------------------------------------------------------------------


def test_keys_sign_by_leaf_and_size_across_a_rotation(home: LogHome) -> None:
    """The change and its checkpoint are by the old keys, all after it by the new."""
    home.keys = LogKeys(ORIGIN, TRUSTED, LOG, STATEMENT, (NEW_LOG, NEW_STATEMENT))
    log = home.begin()
    after = rotate(log)
    record(log, n=2)
    old, new = key_id(STATEMENT.public_key), key_id(NEW_STATEMENT.public_key)
    assert [signed_by(log, leaf) for leaf in range(3)] == [old, old, new]
    for leaf in range(3):
        note = log.prove(leaf, leaf + 1).checkpoint
        names = after.log_keys(leaf + 1, None)
        assert LogKeys(ORIGIN, after, None, None).open_checkpoint(note)
        assert names[0].public_key == (LOG if leaf < 2 else NEW_LOG).public_key
    for store in log.stores:
        store.swap("log/keys", TRUSTED.serialise(), after.serialise())
    assert log.keys.trusted == after
    assert findings(log) == []
    copy = SecondCopy(log.stores.second, after, log.checkpoint())
    assert [one.leaf for one in copy.entries()] == [0, 1, 2]


def test_process_that_knows_old_keys_follows_the_log(home: LogHome) -> None:
    """A process that did not make the change signs by it from the next event on."""
    asked = list[TrustedKeys]()

    def find(trusted: TrustedKeys) -> Sequence[object]:
        asked.append(trusted)
        return (NEW_LOG, NEW_STATEMENT)

    home.keys = LogKeys(ORIGIN, TRUSTED, LOG, STATEMENT, (NEW_LOG, NEW_STATEMENT))
    log = home.begin()
    home.keys = LogKeys(ORIGIN, TRUSTED, LOG, STATEMENT, find_signers=find)
    late = home.open()
    record(late, n=1)
    rotate(log)
    assert record(late, n=3) == 3
    assert signed_by(late, 3) == key_id(NEW_STATEMENT.public_key)
    assert asked
    assert late.keys.trusted == log.keys.trusted


def test_without_the_new_private_keys_nothing_is_signed(home: LogHome) -> None:
    """The old key does not go on where only the new one counts."""
    home.keys = LogKeys(ORIGIN, TRUSTED, LOG, STATEMENT)
    log = home.begin()
    rotate(log)
    with pytest.raises(KeysAbsent):
        record(log, n=2)
    assert log.keys.statement is None


def test_change_of_keys_that_may_not_be_is_not_recorded(home: LogHome) -> None:
    """A change that takes a key away is refused, and the log stays as it was."""
    log = home.begin()
    bad = TrustedKeys((entry(Role.LOG, NEW_LOG), entry(Role.STATEMENT, STATEMENT)))
    facts = change_facts(TRUSTED, bad, "rotated", "")
    with pytest.raises(VerificationError):
        record(log, KEYS_CHANGED, **facts)
    assert record(log, n=1) == 1
    assert log.keys.trusted == TRUSTED


def test_statement_by_a_key_of_another_time_is_named(home: LogHome) -> None:
    """A statement by the new key for an old leaf is found by fsck and by restore."""
    home.keys = LogKeys(ORIGIN, TRUSTED, LOG, STATEMENT, (NEW_LOG, NEW_STATEMENT))
    log = home.begin()
    log.keys.statement_signer = lambda _leaf, _trusted=None: NEW_STATEMENT  # type: ignore[method-assign]
    record(log, n=1)
    del log.keys.statement_signer  # type: ignore[method-assign]
    after = rotate(log)
    assert is_sound(log.statement(1), after)
    found = [one for one in findings(log) if one[0] == "statement_rule"]
    assert len(found) == 1
    assert found[0][2].startswith("leaf 1: ")
    copy = SecondCopy(log.stores.second, after, log.checkpoint())
    with pytest.raises(VerificationError):
        list(copy.entries())


def test_key_change_row_that_was_taken_away_is_mended(home: LogHome) -> None:
    """Who deletes the row that tells of a change is found by the statement."""
    home.keys = LogKeys(ORIGIN, TRUSTED, LOG, STATEMENT, (NEW_LOG, NEW_STATEMENT))
    log = home.begin()
    after = rotate(log)
    for store in log.stores:
        store.swap("log/keys", TRUSTED.serialise(), after.serialise())
    edit(home, "DELETE FROM log_key_changes")
    edit(home, "INSERT INTO log_key_changes VALUES (0)")
    assert findings(log, repair=True) == [
        ("key_change_row", "database", "leaf 0"),
        ("key_change_row", "database", "leaf 1"),
    ]
    assert findings(log) == []


# -- witnesses -----------------------------------------------------------------


def witness(note: bytes) -> bytes:
    """The line of a witness that cosigns whatever it sees."""
    return cosign(split_note(note)[0], WITNESS, START)


def test_cosignatures_added_later_are_kept_everywhere(home: LogHome) -> None:
    """A late line is in database and both stores, once, and the log goes on."""
    log = home.begin()
    engage(log, WITNESS, signer(32, "w2"))
    line = witness(log.checkpoint())
    log.add_cosignatures(2, [line])
    log.add_cosignatures(2, [line])
    noted = log.checkpoint()
    assert noted.count(line) == 1
    for store in ("first", "second"):
        assert (home.folder / store / CHECKPOINT).read_bytes() == noted
    record(log, n=1)
    old = log.prove(0, 2).checkpoint
    log.add_cosignatures(2, [cosign(split_note(old)[0], signer(32, "w2"), START)])
    assert log.prove(0, 2).checkpoint.count("—".encode()) == 3
    assert log.checkpoint().count("—".encode()) == 1
    with pytest.raises(StoreUnavailable):
        log.add_cosignatures(7, [line])
    assert findings(log) == []


def test_private_halves_that_are_absent_sign_nothing(home: LogHome) -> None:
    """A home with public keys only shows and verifies."""
    home.begin().engine.dispose()
    home.keys = LogKeys(ORIGIN, TRUSTED, None, None)
    log = home.open()
    with pytest.raises(KeysAbsent):
        record(log, n=1)
    log.publish()  # nothing is to be signed
    assert log.prove(0).index == 0


def signed_by(log: CustodyLog, leaf: int) -> str:
    """Id of the key that signed a statement."""
    return parse_envelope(log.statement(leaf)).statement.keyid
