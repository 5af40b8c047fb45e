"""The same log on PostgreSQL: one writer at a time, the same projection."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Engine, create_engine, text

from intake.matters import MatterForm, open_matter
from intake.receive import Received
from intake.services import Services
from intake.users import add_user
from integrity.checkpoint import claimed_checkpoint
from integrity.errors import StoreUnavailable
from integrity.statement import leaf_text
from integrity.store.db import connect, make_durable, reading, writing
from integrity.store.direct import Direct
from integrity.store.erasure import ERASED, LeafErased, erasure_facts
from receipts.certificate import certify
from receipts.erasure import erase_exhibit
from receipts.fixity import run_fixity
from receipts.key_changes import change_keys, plan_next_log
from receipts.maintenance import Examination
from receipts.opening import open_services
from tests.factories import CONSOLE, add_bytes, make_settings


def _binaries() -> Path:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        pytest.skip("PostgreSQL is not installed (scripts/install-system-packages)")
    return found[-1].parent if found else Path(str(on_path)).parent


def _as_owner(command: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return command
    return ["runuser", "-u", "postgres", "--", *command]


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """URL of a private server on a free port of the loopback."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = str(folder / "data")
    initialise = [str(binaries / "initdb"), "-D", data, "-U", "custody", "-A", "trust"]
    subprocess.run(_as_owner(initialise), check=True, capture_output=True, cwd="/")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder}"
    control = [str(binaries / "pg_ctl"), "-D", data, "-w"]
    start = [*control, "-o", options, "-l", str(folder / "log"), "start"]
    subprocess.run(_as_owner(start), check=True, capture_output=True, cwd="/")
    try:
        yield f"postgresql+psycopg://custody@127.0.0.1:{port}/postgres"
    finally:
        stop = [*control, "-m", "immediate", "stop"]
        subprocess.run(_as_owner(stop), check=True, capture_output=True, cwd="/")
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def home(tmp_path: Path, postgresql: str) -> Iterator[Services]:
    """A home whose database is PostgreSQL, and empty."""
    name = f"custody_{uuid.uuid4().hex}"
    server = create_engine(postgresql, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    server.dispose()
    url = postgresql.removesuffix("postgres") + name
    services = open_services(make_settings(tmp_path, database_url=url))
    add_user(services, CONSOLE, "li.na", "李娜", "paralegal")
    open_matter(services, CONSOLE, MatterForm("2025-001", "货款", "某公司"))
    yield services
    services.log.engine.dispose()


def test_log_on_postgresql(home: Services) -> None:
    """Eight writers at once get leaves without gap or double, and fsck is sound."""

    def add(number: int) -> Received:
        return add_bytes(home, "2025-001", f"{number}.txt", f"{number}".encode())

    with ThreadPoolExecutor(8) as pool:
        received = list(pool.map(add, range(40)))
    leaves = sorted(one.leaf for one in received)
    assert leaves == list(range(3, 43))
    assert list(Examination(home, repair=False).run()) == []


def test_edited_rows_on_postgresql_are_found_and_mended(home: Services) -> None:
    """Rows are compared in one order, whatever the database sorts text by."""
    for login in ("b-2", "b.1", "ba", "b1", "zz", "a-b", "ab"):
        add_user(home, CONSOLE, login, login, "lawyer")
    with home.log.engine.begin() as connection:
        for statement in (
            "UPDATE users SET role='admin' WHERE login='ba'",
            "DELETE FROM users WHERE login='b-2'",
            "INSERT INTO users SELECT 'b.2', name, role, 1 FROM users WHERE leaf=1",
            "UPDATE log_nodes SET hash='x' WHERE level=1 AND \"index\"=0",
            "UPDATE log_statements SET envelope='x' WHERE leaf=2",
        ):
            connection.execute(text(statement))
    found = {f"{f.finding} {f.subject}" for f in Examination(home, repair=True).run()}
    assert found == {
        "row users[ba] columns role",
        "row users[b-2]",
        "row users[b.2]",
        "tree_node node 1/0",
        "statement_altered leaf 2",
    }
    assert list(Examination(home, repair=False).run()) == []


def test_erasure_on_postgresql(home: Services) -> None:
    """An erased statement is gone from the table, and the log goes on."""
    log = home.log
    texts = {1: leaf_text(log.statement(1))}
    facts = {"exhibit": None, "leaves": erasure_facts(texts)}
    with home.log.transaction() as tx:
        tx._project = lambda *_: None  # its rows are not the matter here
        tx.record(ERASED, CONSOLE, facts)
    log.erase_statements([1])
    with pytest.raises(LeafErased):
        log.statement(1)
    assert log.prove(1).extra == b""
    add_bytes(home, "2025-001", "a.txt", b"a")


def test_an_exhibit_is_erased_on_postgresql(home: Services) -> None:
    """Rows and blobs go, the run of fixity reads what is left, fsck is sound."""
    kept, gone = (
        add_bytes(home, "2025-001", f"{n}.txt", n.encode()) for n in ("kept", "gone")
    )
    why = ("当事人要求", "《个人信息保护法》第四十七条")
    erase_exhibit(home, CONSOLE, None, gone.exhibit_id, *why)
    done = run_fixity(home, everything=True, rest=lambda _seconds: None)
    assert done is not None
    assert [place.objects for place in done.places] == [1, 1]
    assert certify(home, CONSOLE, None, "2025-001").items == 1
    assert list(Examination(home, repair=False).run()) == []
    assert kept.leaf == gone.leaf - 1


def test_two_logs_on_postgresql(home: Services) -> None:
    """A node and a row of either log that are not as they were are found and mended."""
    change_keys(home, CONSOLE, plan_next_log(home, "2027"))
    first = home.log.keys.trusted.origins()[-1].first
    for number in range(3):
        add_bytes(home, "2025-001", f"{number}.txt", f"{number}".encode())
    assert list(Examination(home, repair=False).run()) == []
    with home.log.engine.begin() as connection:
        for statement in (
            f"UPDATE log_nodes SET hash='x' WHERE level=1 AND \"index\"={first}",
            f"INSERT INTO log_nodes VALUES (1, {first - 1}, 'x'), (2, -5, 'x')",
            f"DELETE FROM log_checkpoints WHERE size={first}",
        ):
            connection.execute(text(statement))
    found = [f"{f.finding} {f.subject}" for f in Examination(home, repair=True).run()]
    assert found == [
        f"tree_node node 1/{first}",
        "tree_node node 2/-5",
        f"tree_node node 1/{first - 1}",
        f"frozen_missing log/frozen/{first:08d}",
    ]
    assert list(Examination(home, repair=False).run()) == []
    proof = home.log.prove(first - 1)
    assert claimed_checkpoint(proof.checkpoint).size == first


def test_what_was_committed_lazily_is_on_the_disk_after_make_durable(
    postgresql: str,
) -> None:
    """The server has flushed its log beyond such a commit, every time of fifty."""
    engine = connect(postgresql)
    with writing(engine) as session:
        session.execute(text("CREATE TABLE lazily (n integer)"))
    for number in range(50):
        with writing(engine, lazily=True) as session:
            session.execute(text("INSERT INTO lazily VALUES (:n)"), {"n": number})
        (written,) = _one_row(engine, "SELECT pg_current_wal_insert_lsn()::text")
        make_durable(engine)
        flushed = f"SELECT pg_current_wal_flush_lsn() >= '{written}'::pg_lsn"
        assert _one_row(engine, flushed) == (True,)
    engine.dispose()


def test_what_waits_for_the_commit_is_refused_there(postgresql: str) -> None:
    """A second row of one key and a killed server stop the commit; the next goes on."""
    engine = connect(postgresql)
    with writing(engine) as session:
        session.execute(text("CREATE TABLE waiting (n integer PRIMARY KEY)"))
    insert = "INSERT INTO waiting VALUES (:n)"
    with pytest.raises(psycopg.IntegrityError), writing(engine) as session:
        Direct(session).write(insert, [{"n": 1}, {"n": 1}])
    with pytest.raises(StoreUnavailable):
        _write_and_lose_server(engine, insert)
    with writing(engine) as session:
        Direct(session).write(insert, [{"n": 4}])
    assert _one_row(engine, "SELECT array_agg(n) FROM waiting") == ([4],)
    engine.dispose()


def _write_and_lose_server(engine: Engine, insert: str) -> None:
    with writing(engine) as session:
        Direct(session).write(insert, [{"n": 2}])
        ((pid,),) = session.execute(text("SELECT pg_backend_pid()")).all()
        Direct(session).write(insert, [{"n": 3}])
        with reading(engine) as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})


def _one_row(engine: Engine, query: str) -> tuple[Any, ...]:
    with reading(engine) as session:
        return tuple(session.execute(text(query)).one())
