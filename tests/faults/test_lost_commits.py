"""What was committed and not yet flushed is gone when a server is killed alone.

The process that committed it lives, and may be connected anew before it answers.
"""

from __future__ import annotations

import contextlib
import fcntl
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from integrity.errors import StoreUnavailable
from integrity.store.db import PING_AFTER_S, reading
from tests.faults.accidents import shut_down
from tests.faults.fault_table import Promises, begin, check, watched
from tests.faults.prepared import OpenHome, PreparedOnPostgresql
from tests.faults.wire import COMMIT, Line, Wire, hear_nothing
from tests.pg_server import Server


@pytest.mark.parametrize("after_it", [[], [1]], ids=["alone", "succeeded"])
def test_a_commit_that_the_server_lost_is_not_answered(
    log_home: PreparedOnPostgresql, server: Server, after_it: list[int]
) -> None:
    """Though the writer is connected anew when it is its turn to publish.

    Not even where another event has meanwhile been written in its place.
    """
    home, promises = log_home.fresh(), Promises()
    log = watched(home, promises.heads.append).open()
    with ThreadPoolExecutor(2) as pool:
        with publishing_held(home):
            lost = pool.submit(promises.try_record, log, 0)
            wait_until(log._turn.locked)  # committed, and about to publish
            shut_down(server)
            time.sleep(1.1 * PING_AFTER_S)  # after which a connection is looked at
            kept = [pool.submit(promises.try_record, log, n) for n in after_it]
            wait_until(lambda: leaves(log_home) == 3 + len(kept))
        assert not lost.result()
        assert all(one.result() for one in kept)
    home.close()
    assert check(watched(home, promises.heads.append), promises) == after_it


@contextmanager
def publishing_held(home: OpenHome) -> Iterator[None]:
    """Another process is publishing, and takes its time."""
    with (home.folder / "publish.lock").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def leaves(prepared: PreparedOnPostgresql) -> int:
    """How many events are committed."""
    with prepared.connect() as connection:
        found = connection.execute("SELECT count(*) FROM log_statements").fetchone()
    assert found is not None
    return int(found[0])


def wait_until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.005)


def test_rows_without_an_event_are_not_answered_when_they_are_lost(
    log_home: PreparedOnPostgresql, server: Server, wire: Wire
) -> None:
    """A unit of work that records nothing is durable too, or it is refused."""
    home = log_home.fresh()
    log = home.open()
    with log_home.connect() as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS beside (n integer)")

    def lose(_line: Line, question: bytes) -> None:
        if COMMIT not in question:
            return
        wire.answered = hear_nothing
        shut_down(server)
        # By this the product learns that its other connections are gone, too.
        with contextlib.suppress(StoreUnavailable), reading(log.engine) as session:
            session.execute(text("SELECT 1"))

    with reading(log.engine), reading(log.engine):
        pass
    wire.answered = lose
    answered = False
    with contextlib.suppress(StoreUnavailable), log.transaction() as tx:
        tx.session.execute(text("INSERT INTO beside VALUES (1)"))
        answered = True
    assert wire.answered is hear_nothing
    home.close()
    with log_home.connect() as connection:
        kept = connection.execute("SELECT count(*) FROM beside").fetchone()
    assert kept == (1,) or not answered


def test_a_server_that_waits_for_no_disk_is_made_to(
    folder: Path, server: Server
) -> None:
    """What was answered is kept even where the server's own setting is not to wait."""
    prepared = PreparedOnPostgresql(folder / "hasty", server, server.url)
    with prepared.connect() as connection:
        setting = "SET synchronous_commit = off"
        connection.execute(f"ALTER DATABASE {prepared.name} {setting}")
    prepared.engine.dispose()
    promises = Promises()
    begin(prepared.home)
    log = watched(prepared.home, promises.heads.append).open()
    assert promises.try_record(log, 0)
    shut_down(server)
    prepared.engine.dispose()
    home = watched(prepared.home, promises.heads.append)
    assert check(home, promises) == [0]
    prepared.engine.dispose()
