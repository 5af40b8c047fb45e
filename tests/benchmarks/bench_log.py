"""Numbers of the custody log: acknowledged events a second, and a million leaves.

Acknowledged means what it means in the product: the statement is in both stores, each
file and folder synced, and a signed checkpoint in the second store covers the leaf.
Everything is real: rows are projected, statements signed, both stores on the disk.

`CUSTODY_BENCH_LEAVES` (default 1000000) is how far the long log grows. The leaves
between the measured ones are written to the database only, with other bytes of the
same length; what is measured is not.
"""

from __future__ import annotations

import multiprocessing
import os
import platform
import resource
import secrets
import sqlite3
import statistics
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from sqlalchemy import create_engine

from integrity.checkpoint import sign_checkpoint
from integrity.merkle import leaf_hash, new_nodes
from integrity.proof import Proof
from integrity.statement import leaf_text
from integrity.store import sql_log
from integrity.store.blobs import CHECKPOINT
from integrity.store.custody_log import CustodyLog
from integrity.store.db import reading
from integrity.store.nodes import peaks, read_nodes
from receipts.projection import project
from tests.integration.test_postgresql import postgresql  # noqa: F401
from tests.log_factory import ACTOR, LOG, TRUSTED, LogHome, received_facts

EVENTS = 2000
PROCESSES, EACH = 2, 16  # and writers in each
SHORT = 10_000
TURN, TURNS = 160, 9  # events in one turn of the two logs, and turns
FILLED = 20_000  # leaves written in one go while the log grows
LEAVES = int(os.environ.get("CUSTODY_BENCH_LEAVES", "1000000"))
MATTER = {
    "matter": "m00000001",
    "number": "M-1",
    "title": "货款纠纷",
    "client": "某公司",
    "opponents": [],
    "evidence_deadline": None,
    "hearing": None,
    "members": [],
}


class Writers:
    """Receive numbered exhibits, with as many writers as asked."""

    def __init__(self, log: CustodyLog, first: int = 0) -> None:
        self.log = log
        self._next = first
        if not first:
            with log.transaction() as tx:
                tx.record("matter.opened", ACTOR, MATTER)

    def rate(self, events: int, writers: int) -> float:
        """Acknowledged events a second."""
        numbers = range(self._next, self._next + events)
        self._next += events
        began = time.perf_counter()
        with ThreadPoolExecutor(writers) as pool:
            for _ in pool.map(self._receive, numbers):
                pass
        return events / (time.perf_counter() - began)

    def _receive(self, number: int) -> None:
        facts, subject = received_facts(number)
        with self.log.transaction() as tx:
            tx.record("exhibit.received", ACTOR, facts, (subject,))


@pytest.mark.timeout(1800)
def bench_acknowledged_on_sqlite(tmp_path: Path) -> None:
    """Events a second with one writer and with many, database in a file."""
    _acknowledged("SQLite", LogHome(tmp_path / "home", project=project))


@pytest.mark.timeout(1800)
def bench_acknowledged_on_postgresql(tmp_path: Path, postgresql: str) -> None:  # noqa: F811
    """The same with a PostgreSQL server of its own, fsync on."""
    name = f"bench_{secrets.token_hex(4)}"
    server = create_engine(postgresql, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
        assert connection.exec_driver_sql("SHOW fsync").scalar() == "on"
    server.dispose()
    url = postgresql.removesuffix("postgres") + name
    _acknowledged("PostgreSQL", LogHome(tmp_path / "home", url, project))


def _acknowledged(what: str, home: LogHome) -> None:
    log = home.begin()
    writers = Writers(log)
    writers.rate(50, 1)  # warm
    _print(f"{what}, 1 writer", f"{writers.rate(EVENTS // 10, 1):.0f} /s")
    for many in (8, 32):
        used = time.process_time()
        rate = writers.rate(EVENTS, many)
        used = (time.process_time() - used) / EVENTS * 1e3
        _print(f"{what}, {many} writers", f"{rate:.0f} /s  {used:.2f} ms CPU each")
    rate = _rate_of_processes(home)
    _print(f"{what}, {PROCESSES} x {EACH} writers", f"{rate:.0f} /s")
    assert log.keys.open_checkpoint(log.checkpoint()).size == _size(log)
    log.engine.dispose()


def _rate_of_processes(home: LogHome) -> float:
    """Acknowledged events a second of several processes, as web and workers are."""
    context = multiprocessing.get_context("fork")
    ready = context.Barrier(PROCESSES + 1)
    firsts = [(number + 1) * 1_000_000 for number in range(PROCESSES)]
    processes = [
        context.Process(target=_write, args=(home.folder, home.url, first, ready))
        for first in firsts
    ]
    for process in processes:
        process.start()
    ready.wait(60)
    began = time.perf_counter()
    for process in processes:
        process.join()
    assert not any(process.exitcode for process in processes)
    return EVENTS / (time.perf_counter() - began)


def _write(folder: Path, url: str, first: int, ready: Barrier) -> None:
    writers = Writers(LogHome(folder, url, project).open(), first)
    writers.rate(EACH, EACH)  # warm
    ready.wait(60)
    writers.rate(EVENTS // PROCESSES, EACH)


@pytest.mark.timeout(3600)
def bench_a_million_leaves(tmp_path: Path) -> None:
    """Rate, proof and memory as the log grows; the rate against a log of 10,000.

    Both logs are written to in turns, so that whatever else the machine does
    meanwhile slows both.
    """
    homes = [LogHome(tmp_path / name, project=project) for name in ("short", "long")]
    short, long = (Writers(home.begin()) for home in homes)
    for home, writers in zip(homes, (short, long), strict=True):
        _grow(home, writers.log, SHORT)
    for size in [s for s in (SHORT, 10 * SHORT, 100 * SHORT) if s <= LEAVES]:
        _grow(homes[1], long.log, size)
        pairs = [(short.rate(TURN, 8), long.rate(TURN, 8)) for _ in range(TURNS)]
        growth = statistics.median(after / before for before, after in pairs)
        rate = statistics.median(after for _, after in pairs)
        proving, longest = _prove_many(long.log)
        _print(
            f"{size:>9,} leaves",
            f"{rate:.0f} /s  ({growth:.2f} of that at {SHORT:,})"
            f"  proof {proving * 1e3:.2f} ms, {longest} bytes  RSS {_rss()} MB",
        )
    for writers in (short, long):
        writers.log.engine.dispose()


def _grow(home: LogHome, log: CustodyLog, size: int) -> None:
    """Fill the log up to `size` leaves and publish that head."""
    with closing(sqlite3.connect(home.database)) as connection:
        connection.execute("PRAGMA synchronous=OFF")
        while (first := _size(log)) < size:
            _fill(log, connection, first, min(first + FILLED, size))
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with reading(log.engine) as session:
        (origin,) = TRUSTED.origins()
        head = sql_log.head(session, origin, size)
    note = sign_checkpoint(head, LOG)
    log.stores.second.swap(CHECKPOINT, log.checkpoint(), note)
    log.publish()


def _fill(
    log: CustodyLog, connection: sqlite3.Connection, first: int, end: int
) -> None:
    with reading(log.engine) as session:
        nodes = read_nodes(session, peaks(*TRUSTED.origins(), first))
    statements, made = [], []
    for leaf in range(first, end):
        envelope = secrets.token_bytes(1400)
        statements.append((leaf, envelope))
        hashed = leaf_hash(leaf_text(envelope))
        for level, index, value in new_nodes(leaf, hashed, lambda a, b: nodes[a, b]):
            nodes[level, index] = value
            made.append((level, index, value))
    into = "INSERT INTO log_statements (leaf, envelope) VALUES (?, ?)"
    connection.executemany(into, statements)
    into = 'INSERT INTO log_nodes (level, "index", hash) VALUES (?, ?, ?)'
    connection.executemany(into, made)
    connection.commit()


def _prove_many(log: CustodyLog) -> tuple[float, int]:
    """Seconds of the median proof of 200 leaves all over the log; the longest."""
    size = _size(log)
    taken, longest = list[float](), 0
    for leaf in _spread(size, 200):
        began = time.perf_counter()
        proof = log.prove(leaf)
        taken.append(time.perf_counter() - began)
        bare = Proof(proof.index, proof.hashes, proof.checkpoint).serialise()
        longest = max(longest, len(bare))
    return statistics.median(taken), longest


def _spread(size: int, count: int) -> Iterator[int]:
    return (number * size // count for number in range(count))


def _size(log: CustodyLog) -> int:
    with log.session() as session:
        return sql_log.size(session)


def _rss() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _print(what: str, number: str) -> None:
    load = os.getloadavg()[0]
    machine = f"{platform.machine()}, {os.cpu_count()} cores, load {load:.1f}"
    print(f"\n{what:24} {number}   ({machine})", end="", flush=True)
