"""Erasure: which statements are taken away, and that nothing else gives way."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy

from integrity.digest import digest_bytes
from integrity.errors import MalformedError, StoreConflict, VerificationError
from integrity.persons import sign_payload
from integrity.policy import Role, RuleEntry, parse_rule
from integrity.proof import verify_proof
from integrity.statement import Event, leaf_text, prepare
from integrity.store import sql_log
from integrity.store.blobs import statement_name
from integrity.store.custody_log import CustodyLog, LogKeys
from integrity.store.erasure import (
    ERASED,
    LeafErased,
    digests_of_text,
    digests_text,
    erased_leaves,
    erasure_facts,
)
from integrity.store.second_copy import SecondCopy
from integrity.store.transaction import TwoPersonsNeeded
from tests.log_damage import findings
from tests.log_factory import (
    ACTOR,
    LOG,
    ORIGIN,
    START,
    STATEMENT,
    TRUSTED,
    LogHome,
    entry,
    record,
    signer,
)
from tests.tiles import entries_in
from tests.trust import with_entries

SECRET = "身份证号 110101199003078888"
LI_NA, WANG_WU = signer(11, "li.na"), signer(12, "wang.wu")


@pytest.fixture
def home(tmp_path: Path) -> LogHome:
    """A log of five events; leaf 2 holds what has to go."""
    made = LogHome(tmp_path / "home")
    log = made.begin()
    record(log, n=1)
    record(log, words=SECRET)
    record(log, n=3)
    record(log, n=4)
    log.engine.dispose()
    return made


def erase(log: CustodyLog, *leaves: int) -> int:
    """Record the event that erases, and carry it out."""
    texts = {leaf: leaf_text(log.statement(leaf)) for leaf in leaves}
    leaf = record(log, ERASED, exhibit="e1", leaves=erasure_facts(texts))
    log.erase_statements(leaves)
    return leaf


def test_nothing_of_an_erased_statement_is_left(home: LogHome) -> None:
    """Its bytes are in no file of the database or of either store."""
    log = home.open()
    envelope = log.statement(2)
    erase(log, 2)
    log.engine.dispose()
    needle = envelope[200:260]
    files = [path for path in home.folder.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert not [path for path in files if needle in path.read_bytes()]
    with pytest.raises(LeafErased):
        home.open().statement(2)


def test_every_proof_and_entry_stays_good(home: LogHome) -> None:
    """The erased leaf and all others are proven under old and new checkpoints."""
    log = home.open()
    texts = [leaf_text(log.statement(leaf)) for leaf in range(5)]
    erase(log, 2)
    keys = TRUSTED.log_keys(5, None)
    for leaf, text in enumerate(texts):
        for size in (5, 6):
            proof = log.prove(leaf, size)
            assert verify_proof(proof, text, keys, ORIGIN).size == size
            assert bool(proof.extra) is (leaf != 2)
    with log.session() as session:
        (origin,) = TRUSTED.origins()
        entries = entries_in(sql_log.entry_bundle(session, 0, 5, origin))
    assert entries == texts
    assert findings(log) == []
    record(log, n=7)
    log.publish()


def test_what_no_event_names_is_not_erased(home: LogHome) -> None:
    """Without a published event, or with another digest, nothing is touched."""
    log = home.open()
    with pytest.raises(VerificationError, match="no event erases statement 2"):
        log.erase_statements([2])
    wrong = {2: digests_text(digest_bytes(b"another"))}
    record(log, ERASED, leaves=erasure_facts(wrong))
    with pytest.raises(VerificationError, match="names another statement"):
        log.erase_statements([2])
    assert SECRET.encode() not in log.statement(2)  # it is base64 in there
    assert log.stores.second.exists(statement_name(2))


def test_only_statements_and_blobs_can_be_deleted(home: LogHome) -> None:
    """The store refuses to delete checkpoints, keys and markers."""
    store = home.open().stores.second
    for name in ("log/checkpoint", "log/keys", "store.json", "blobsx"):
        with pytest.raises(StoreConflict):
            store.erase(name)


def test_copies_set_aside_are_erased_too(home: LogHome) -> None:
    """A damaged copy that fsck moved out of the way does not survive."""
    log = home.open()
    log.stores.first.set_aside(statement_name(2))
    log.stores.first.put(statement_name(2), [log.statement(2)])
    erase(log, 2)
    assert not list(log.stores.first.names("aside"))


def test_statement_lost_without_an_event_is_a_finding(home: LogHome) -> None:
    """An insider cannot pass a deletion off as an erasure."""
    log = home.open()
    text = leaf_text(log.statement(2))
    for store in log.stores:
        store.erase(statement_name(2))
    with log.engine.begin() as connection:
        values = {"text": text}
        query = "UPDATE log_statements SET envelope=NULL, leaf_text=:text WHERE leaf=2"
        connection.execute(sqlalchemy.text(query), values)
    places = ("database", "first", "second")
    assert findings(log) == [("statement_missing", place, "leaf 2") for place in places]


@pytest.mark.parametrize("left", ["database", "first", "second", "everywhere"])
def test_erasure_that_was_interrupted_is_completed(home: LogHome, left: str) -> None:
    """fsck names every place where the statement still is, and mends it."""
    log = home.open()
    envelope = log.statement(2)
    texts = {2: leaf_text(envelope)}
    record(log, ERASED, leaves=erasure_facts(texts))
    if left != "everywhere":
        log.erase_statements([2])
    if left == "database":
        with log.engine.begin() as connection:
            query = "UPDATE log_statements SET envelope=:e, leaf_text=NULL WHERE leaf=2"
            connection.execute(sqlalchemy.text(query), {"e": envelope})
    for store in log.stores:
        if left == store.place:
            store.put(statement_name(2), [envelope])
    places = [left] if left != "everywhere" else ["database", "first", "second"]
    wanted = [("erasure_open", place, "leaf 2") for place in places]
    assert findings(log, repair=True) == wanted
    assert findings(log) == []


def test_lost_leaf_text_comes_back_from_the_event(home: LogHome) -> None:
    """The event alone is enough to write the leaf of an erased statement again."""
    log = home.open()
    erase(log, 2)
    with log.engine.begin() as connection:
        query = "UPDATE log_statements SET leaf_text=NULL WHERE leaf=2"
        connection.execute(sqlalchemy.text(query))
    assert ("statement_altered", "database", "leaf 2") in findings(log, repair=True)
    assert findings(log) == []


def test_second_copy_with_erased_leaves_is_whole(home: LogHome) -> None:
    """A restore reads the erased leaf from the event; a lost leaf it refuses."""
    log = home.open()
    text = leaf_text(log.statement(2))
    erase(log, 2)
    second = log.stores.second
    copy = SecondCopy(second, TRUSTED, log.checkpoint())
    entries = list(copy.entries())
    assert [one.text for one in entries if one.envelope is None] == [text]
    second.erase(statement_name(3))
    with pytest.raises(MalformedError, match="a statement is missing"):
        SecondCopy(second, TRUSTED, log.checkpoint())


def test_rule_of_two_persons_holds_for_erasing(tmp_path: Path) -> None:
    """One signature too few records nothing; two do, and both verify afterwards."""
    rule = RuleEntry(parse_rule(f"two-persons:{ERASED}"), 1, None, START, None)
    people = (entry(Role.PERSON, LI_NA), entry(Role.PERSON, WANG_WU))
    trusted = with_entries(TRUSTED, [*people, rule])
    made = LogHome(tmp_path / "h", keys=LogKeys(ORIGIN, trusted, LOG, STATEMENT))
    log = made.begin()
    record(log, words=SECRET)
    facts = {"leaves": erasure_facts({1: leaf_text(log.statement(1))})}
    with pytest.raises(TwoPersonsNeeded):
        record(log, ERASED, **facts)
    payload = prepare(Event(ERASED, ACTOR, START, facts, (), {}, "0" * 64))
    one, two = sign_payload(payload, LI_NA), sign_payload(payload, WANG_WU)
    other = sign_payload(payload, signer(13, "zhao.liu"))
    for persons in [(), (one,), (one, other)]:
        with pytest.raises(TwoPersonsNeeded), log.transaction() as tx:
            tx.record_prepared(payload, persons)
    with log.transaction() as tx:
        assert tx.record_prepared(payload, (two, one)) == 2
    log.erase_statements([1])
    # No event lists these persons and the rule here: that is found, and nothing else.
    assert findings(log) == [("public_keys", "home", "keys/trust")]


def test_erasing_facts_are_read_strictly() -> None:
    """A leaf at or after its event, twice, or with other fields is refused."""
    good = erasure_facts({1: leaf_text(b"x")})
    event = Event(ERASED, ACTOR, START, {"leaves": good}, (), {}, "0" * 64)
    assert erased_leaves(event, 2) == {1: leaf_text(b"x")}
    one = good[0]
    for leaf, leaves in [
        (1, good),
        (2, [one, one]),
        (2, [{**one, "more": 1}]),
        (2, [{**one, "leaf": True}]),
        (2, [{**one, "sha256": 1}]),
        (2, [{**one, "sm3": "00"}]),
        (2, {"leaf": 1}),
        (2, None),
    ]:
        bad = Event(ERASED, ACTOR, START, {"leaves": leaves}, (), {}, "0" * 64)
        with pytest.raises(MalformedError):
            erased_leaves(bad, leaf)
    for text in (b"", b"a b c d e f g h", leaf_text(b"x") + b"\n"):
        with pytest.raises(MalformedError):
            digests_of_text(text)
