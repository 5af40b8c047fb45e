"""The core on real parts: SQLite, two folders, real keys; no queue is needed."""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from itertools import zip_longest
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Column

from intake.errors import Refused
from intake.matters import MatterForm, open_matter
from intake.review import CheckForm, check, review
from intake.services import Services
from intake.users import add_user, authenticate, new_link, use_link
from intake.verify import VerdictKind, verify_digests
from integrity.digest import Digests
from integrity.errors import SigningRefused, StoreIdentityError
from integrity.statement import Actor
from integrity.store.blobs import blob_name, statement_name
from integrity.store.db import Base, UtcTime
from receipts.certificate import certify
from receipts.client import open_link
from receipts.erasure import erase_exhibit
from receipts.fixity import run_fixity
from receipts.issue import IssueForm, issue_receipt
from receipts.maintenance import Examination, restore
from receipts.opening import open_services
from receipts.stamping import stamp_exhibit
from receipts.tables import PROJECTED
from tests.factories import CONSOLE, add_bytes, copied, make_settings
from tests.tsa import EC, make_authority, running
from workers.jobs import process_exhibit


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a home with one user and one matter, made once."""
    folder = tmp_path_factory.mktemp("begun")
    services = open_services(make_settings(folder))
    add_user(services, CONSOLE, "li.na", "李娜", "paralegal")
    form = MatterForm("2025-001", "货款纠纷", "某某公司", leads=("li.na",))
    open_matter(services, CONSOLE, form)
    services.log.engine.dispose()
    return folder


@pytest.fixture
def home(begun: Path, tmp_path: Path) -> Services:
    """A copy of that home, opened."""
    return open_services(copied(begun, tmp_path))


def findings(services: Services, *, repair: bool = False) -> list[tuple[str, str, str]]:
    """What fsck says now."""
    run = Examination(services, repair=repair)
    return [(f.finding, f.place, f.subject) for f in run.run()]


def test_clean_home_is_sound(home: Services) -> None:
    """fsck finds nothing in a home that only operations wrote."""
    add_bytes(home, "2025-001", "a.txt", b"hello")
    assert findings(home) == []


def test_received_bytes_are_in_both_stores_and_proven(home: Services) -> None:
    """After receive_file returns, both stores hold the bytes and verify says match."""
    received = add_bytes(home, "2025-001", "a.txt", b"hello")
    for store in home.log.stores:
        with store.open(blob_name(received.sha256)) as stream:
            assert stream.read() == b"hello"
    digests = received_digests(received)
    verdict = verify_digests(home, None, "a.txt", digests)
    assert (verdict.kind, verdict.leaf) == (VerdictKind.MATCH, received.leaf)


def test_same_bytes_twice_are_two_exhibits(home: Services) -> None:
    """A duplicate in a matter is kept as its own exhibit and says of which."""
    first = add_bytes(home, "2025-001", "a.txt", b"hello")
    second = add_bytes(home, "2025-001", "b.txt", b"hello")
    assert second.duplicate_of == first.exhibit_id
    assert second.exhibit_id != first.exhibit_id


def test_empty_file_is_refused(home: Services) -> None:
    """A file of 0 bytes is refused with a sentence, and nothing is logged."""
    with pytest.raises(Refused) as caught:
        add_bytes(home, "2025-001", "a.txt", b"")
    assert caught.value.code == "file_empty"
    assert findings(home) == []


@pytest.mark.parametrize("place", ["first", "second"])
def test_altered_original_is_found_and_mended(home: Services, place: str) -> None:
    """One changed byte in either copy is located; --repair takes the other copy."""
    received = add_bytes(home, "2025-001", "a.txt", b"hello")
    path = store_root(home, place) / blob_name(received.sha256)
    path.chmod(0o644)
    path.write_bytes(b"hellO")
    assert findings(home) == [("blob_altered", place, received.sha256)]
    assert findings(home, repair=True) == [("blob_altered", place, received.sha256)]
    assert findings(home) == []
    assert path.read_bytes() == b"hello"


@pytest.mark.parametrize("place", ["first", "second"])
def test_altered_statement_copy_is_found_and_mended(home: Services, place: str) -> None:
    """One changed byte of a statement in a store is located and mended."""
    add_bytes(home, "2025-001", "a.txt", b"hello")
    path = store_root(home, place) / statement_name(2)
    good = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(good[:-5] + b"A" + good[-4:])
    assert findings(home, repair=True) == [("statement_altered", place, "leaf 2")]
    assert path.read_bytes() == good
    assert findings(home) == []


@pytest.mark.parametrize(
    ("edit", "subject"),
    [
        ("UPDATE exhibits SET original_name='x'", "columns original_name"),
        ("UPDATE matters SET client='y'", "columns client"),
        ("UPDATE users SET role='admin'", "columns role"),
        ("DELETE FROM members", "members["),
        ("UPDATE blobs SET size=1", "columns size"),
        ("UPDATE custody_events SET login='z' WHERE leaf=2", "custody_events[2]"),
    ],
)
def test_edited_row_is_found_and_mended(
    home: Services, edit: str, subject: str
) -> None:
    """A row that no event wrote is named by table, key and column, and mended."""
    add_bytes(home, "2025-001", "a.txt", b"hello")
    edit_database(home, edit)
    found = findings(home, repair=True)
    assert found
    assert all(kind == "row" for kind, _, _ in found)
    assert subject in found[0][2]
    assert findings(home) == []


def test_altered_statement_row_is_found_and_mended(home: Services) -> None:
    """The envelope in the database is compared with the leaf and both stores."""
    edit_database(home, "UPDATE log_statements SET envelope=x'00' WHERE leaf=1")
    assert ("statement_altered", "database", "leaf 1") in findings(home, repair=True)
    assert findings(home) == []


def test_altered_tree_node_is_found_and_mended(home: Services) -> None:
    """A node that is not what the statements hash to is named."""
    edit_database(home, "UPDATE log_nodes SET hash=zeroblob(32) WHERE level=1")
    assert ("tree_node", "database", "node 1/0") in findings(home, repair=True)
    assert findings(home) == []


def test_altered_checkpoint_row_is_found_and_mended(home: Services) -> None:
    """A kept checkpoint that is not of this history is named; the newest comes back."""
    edit_database(home, "UPDATE log_checkpoints SET note=x'00' WHERE size=3")
    assert findings(home, repair=True) == [("checkpoint_row", "database", "size 3")]
    assert findings(home) == []


def test_altered_public_keys_in_a_store_are_found_and_mended(home: Services) -> None:
    """A restore reads them there, so fsck does too."""
    path = store_root(home, "second") / "log" / "keys"
    good = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(good.replace(b"log ", b"Log ", 1))
    assert findings(home, repair=True) == [("public_keys", "second", "log/keys")]
    assert path.read_bytes() == good


def test_every_projected_table_and_column_is_compared(home: Services) -> None:
    """Whatever column of whatever projected row is edited, fsck names both.

    One column of each table at a time, so that there are as many runs as the widest
    table has columns.
    """
    fill_every_table(home)
    tables = [Base.metadata.tables[model.__tablename__] for model in PROJECTED]
    edited = [[c for c in table.columns if not c.primary_key] for table in tables]
    with sqlite3.connect(home.settings.home / "custody.db") as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        for row in zip_longest(*edited):
            columns = [column for column in row if column is not None]
            undo = [edit_first(connection, column) for column in columns]
            found = [what for kind, _, what in findings(home) if kind == "row"]
            for column in columns:
                named = [what for what in found if what.startswith(f"{column.table}[")]
                assert any(column.name in what for what in named), column
            for statement, old in undo:
                connection.execute(statement, (old,))
            connection.commit()
    connection.close()
    assert findings(home) == []


def edit_first(
    connection: sqlite3.Connection, column: Column[Any]
) -> tuple[str, object]:
    """Change a column in the first row of its table; returns how to undo it."""
    table = column.table
    first = f"rowid=(SELECT min(rowid) FROM {table})"
    query = f"SELECT {column.name} FROM {table} WHERE {first}"
    (old,) = connection.execute(query).fetchone()
    statement = f"UPDATE {table} SET {column.name}=? WHERE {first}"
    connection.execute(statement, (other_than(old, column),))
    connection.commit()
    return statement, old


def test_rolled_back_database_refuses_to_sign(home: Services, tmp_path: Path) -> None:
    """Yesterday's database cannot start a second history."""
    old = backup_of(home, tmp_path)
    add_bytes(home, "2025-001", "a.txt", b"hello")
    put_back(home, old)
    with pytest.raises(SigningRefused):
        add_bytes(home, "2025-001", "b.txt", b"other")


def test_missing_disk_is_not_taken_for_an_empty_store(home: Services) -> None:
    """An unplugged second store stops writing instead of filling a mount point."""
    root = store_root(home, "second")
    root.rename(root.with_name("unplugged"))
    root.mkdir()
    with pytest.raises(StoreIdentityError):
        add_bytes(home, "2025-001", "a.txt", b"hello")


def test_restore_from_second_copy_gives_the_same_home(
    home: Services, tmp_path: Path
) -> None:
    """A home rebuilt from the second copy alone is sound and has every exhibit."""
    received = add_bytes(home, "2025-001", "a.txt", b"hello")
    settings = make_settings(tmp_path / "new")
    done = restore(settings, str(store_root(home, "second")))
    restored = open_services(settings)
    assert (done.leaves, done.blobs, done.missing) == (4, 1, ())
    assert findings(restored) == []
    digests = received_digests(received)
    assert verify_digests(restored, None, "a.txt", digests).kind is VerdictKind.MATCH
    with pytest.raises(SigningRefused):
        add_bytes(restored, "2025-001", "b.txt", b"x")


def test_one_time_link_works_once(home: Services) -> None:
    """A link sets a password, then is worthless; the password signs in."""
    token = new_link(home, "li.na")
    assert use_link(home, token, "correct horse") == "li.na"
    with pytest.raises(Refused):
        use_link(home, token, "another password")
    assert authenticate(home, "li.na", "correct horse")[0].name == "李娜"
    with pytest.raises(Refused):
        authenticate(home, "li.na", "wrong horse here")


def fill_every_table(home: Services) -> None:
    """At least one row in every projected table."""
    add_user(home, CONSOLE, "wang.wu", "王武", "lawyer")
    text = "借条\n今借到张三人民币壹万元整\n2025年3月6日\n".encode()
    received = add_bytes(home, "2025-001", "a.txt", text)
    process_exhibit(home, received.exhibit_id)
    actor = Actor("li.na", "李娜", "paralegal")
    review(home, actor, "li.na", received.exhibit_id, "", "")
    check(home, actor, "li.na", received.exhibit_id, CheckForm(1, "copy"))
    form = IssueForm("2025-001", "received", "张三", (received.exhibit_id,), None)
    issued = issue_receipt(home, actor, "li.na", form)
    open_link(home, issued.url.rpartition("/")[2], "")
    authority = make_authority(home.settings.home / "authority", "One", EC)
    with running(authority) as tsa:
        asking = replace(home, settings=replace(home.settings, tsa_urls=tsa.url))
        stamp_exhibit(asking, actor, received.exhibit_id)
    unwanted = add_bytes(home, "2025-001", "b.txt", b"to be erased")
    erase_exhibit(home, actor, "li.na", unwanted.exhibit_id, "reason", "basis")
    run_fixity(home, everything=True, rest=lambda _seconds: None)
    certify(home, actor, None, "2025-001")


def other_than(value: object, column: Column[Any]) -> object:
    """A value of the column's kind that is not `value`."""
    if isinstance(column.type, JSON):
        return '{"edited": 1}'
    if isinstance(column.type, UtcTime):
        return "2001-01-01T00:00:00Z"
    if isinstance(value, int):
        return 1 - value if value in (0, 1) else value + 1
    return "edited" if value != "edited" else "edited again"


def store_root(home: Services, place: str) -> Path:
    """Folder of one of the stores."""
    name = "store" if place == "first" else "second-store"
    return home.settings.home / name


def received_digests(received):
    """The digests of an acknowledged file."""
    return Digests(received.sha256, received.sm3)


def edit_database(home: Services, statement: str) -> None:
    """What somebody with access to the database file could do."""
    with sqlite3.connect(home.settings.home / "custody.db") as connection:
        connection.execute("PRAGMA foreign_keys=OFF")
        connection.execute(statement)
    connection.close()


def backup_of(home: Services, folder: Path) -> Path:
    """A copy of the database as it is now."""
    target = folder / "old.db"
    with (
        sqlite3.connect(home.settings.home / "custody.db") as source,
        sqlite3.connect(target) as copy,
    ):
        source.backup(copy)
    source.close()
    copy.close()
    return target


def put_back(home: Services, old: Path) -> None:
    """Restore an old database under the running service."""
    with (
        sqlite3.connect(old) as source,
        sqlite3.connect(home.settings.home / "custody.db") as live,
    ):
        source.backup(live)
    source.close()
    live.close()
