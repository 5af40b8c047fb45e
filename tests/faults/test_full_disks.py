"""Disks that fill up, under a store, under the database, under its server.

Events are refused; where there is room again the log goes on, and nothing is lost.
"""

from __future__ import annotations

import contextlib
import resource
import shutil
import signal
from pathlib import Path

import psycopg
import pytest

from tests.faults.child import in_child
from tests.faults.disks import disk, fill_up
from tests.faults.fault_table import begin, check, watched
from tests.faults.prepared import OpenHome, Prepared, PreparedOnPostgresql
from tests.pg_server import Server, give_away, removed

# No file of a store is as long as the greater limits, and PostgreSQL's are its own.
STORE_LIMITS, DATABASE_LIMITS = [0, 700], [3000, 20_000, 50_000, 100_000, 200_000]
MUCH = "SELECT pg_logical_emit_message(false, 'much', repeat('x', 300000))"


@pytest.mark.parametrize("limit", STORE_LIMITS)
def test_files_of_stores_that_may_not_grow(template: Prepared, limit: int) -> None:
    """Where a disk takes no more, events are refused and no answered one is lost."""
    write_below(limit, template.fresh())


@pytest.mark.parametrize("limit", DATABASE_LIMITS)
def test_files_of_sqlite_that_may_not_grow(tmp_path: Path, limit: int) -> None:
    """So it is where the database cannot grow and the stores can."""
    prepared = Prepared(tmp_path)
    begin(prepared.home)
    write_below(limit, prepared.home)
    prepared.engine.dispose()


def write_below(limit: int, home: OpenHome) -> None:
    """Write in a child that may make no file longer than `limit` bytes."""

    def limited() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))

    groups = [(number,) for number in range(40)]
    promises, _ = in_child(home, killed_at=0, prepare=limited, groups=groups)
    assert len(promises.answered) < 40
    check(watched(home, promises.heads.append), promises)


@pytest.mark.parametrize("full", ["second", "first"])
def test_full_disk(template: Prepared, small_disk: Path, full: str) -> None:
    """A store on a disk that fills up: refused, then goes on."""
    home = template.fresh()
    shutil.copytree(home.folder / full, small_disk / full)
    shutil.rmtree(home.folder / full)
    (home.folder / full).symlink_to(small_disk / full)
    fill_up(home, small_disk)


def test_full_disk_under_the_database(small_disk: Path) -> None:
    """SQLite on a disk that fills up, with both stores: refused, then goes on."""
    prepared = Prepared(small_disk)
    begin(prepared.home)
    fill_up(prepared.home, small_disk)
    prepared.engine.dispose()


def test_full_disk_under_the_tables(folder: Path, server: Server) -> None:
    """The server cannot make a table longer: refused, then it goes on."""
    with disk(server.folder / "disk", "16m") as small:
        give_away(small)
        with server.connect() as connection:
            connection.execute(f"CREATE TABLESPACE small LOCATION '{small}'")
        place, on = folder / "full", "TABLESPACE small"
        prepared = PreparedOnPostgresql(place, server, server.url, on)
        begin(prepared.home)
        fill_up(prepared.home, small)
        prepared.engine.dispose()
        with server.connect() as connection:
            connection.execute(f"DROP DATABASE {prepared.name}")
            connection.execute("DROP TABLESPACE small")


def test_full_disk_under_the_log_of_the_server(folder: Path) -> None:
    """The server ends itself, and starts again when there is room: nothing is lost."""
    # It may not make room by itself: nothing it has written is written over yet.
    sizes = {"max_wal_size": "1GB", "min_wal_size": "2MB"}
    with (
        removed(Server.create(**sizes)) as server,
        disk(server.folder / "disk", "32m") as small,
    ):
        server.move_log(small / "log")
        server.start()
        prepared = PreparedOnPostgresql(folder / "ended", server, server.url)
        begin(prepared.home)

        def write_much() -> None:
            refused = contextlib.suppress(psycopg.OperationalError)
            with refused, prepared.connect() as connection:
                connection.execute(MUCH)

        def start_again() -> None:
            assert "PANIC" in (server.folder / "log").read_text()
            server.restart()

        fill_up(prepared.home, small, write_much, start_again)
        prepared.engine.dispose()
        server.stop()
