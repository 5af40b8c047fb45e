"""How long a search takes over ten thousand exhibits of three pages.

`CUSTODY_BENCH_EXHIBITS` (default 10000) is how many there are.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import platform
import random
import statistics
import time
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from intake.search import search
from intake.search_follow import FORM
from intake.search_index import IndexedPage, replace_pages
from intake.services import Services
from intake.tables import CustodyEvent, Exhibit, Matter, SearchState
from integrity.store.db import writing
from tests.pg_server import Server
from tests.searching import DATABASES, MATTER, search_home

EXHIBITS = int(os.environ.get("CUSTODY_BENCH_EXHIBITS", "10000"))
PAGES, CHARACTERS = 3, 900
RUNS = 7
DIFFERENT = 1000  # pages of text; the exhibits have some of them each
COMMON = ("有限公司", "人民币", "合同", "甲方", "乙方", "本协议", "签订", "二〇二五年")
RARE = "稀有词语"
QUERIES = (
    "有限公司", "合同", "的", "人民币 合同 甲方", "本协议签订", "2025", "20250829",
    RARE, '"有限公司人民币"', '"9999"', "没有的词语", "张三丰 2025",
)  # fmt: skip


def text_of(random_source: random.Random) -> str:
    """A page of characters as common as in a language, with words and numbers."""
    hanzi = [chr(0x4E00 + n) for n in range(3000)]
    weights = [1 / (n + 3) for n in range(3000)]
    parts = []
    for _ in range(CHARACTERS // 30):
        line = "".join(random_source.choices(hanzi, weights, k=22))
        number = random_source.randrange(10**8)
        parts.append(f"{line}{random_source.choice(COMMON)}{number}的，")
    return "\n".join(parts)


def fill(home: Services, exhibits: int) -> None:
    """Rows of exhibits and their pages, past the log, which is measured elsewhere."""
    source = random.Random(4)  # the same text in every run
    with home.log.session() as session:
        matter = session.scalars(select(Matter.id).where(Matter.number == MATTER)).one()
        leaf = session.scalar(select(func.max(CustodyEvent.leaf))) or 0
    began = time.process_time()
    pool = [IndexedPage.of(1, [text_of(source)]) for _ in range(DIFFERENT)]
    made = (time.process_time() - began) * 1000 / DIFFERENT
    rare = IndexedPage.of(1, [text_of(source) + RARE])
    began = time.process_time()
    for number in range(exhibits):
        some = source.sample(pool, PAGES)
        pages = [IndexedPage.of(0, [f"20250829_合同_{number:03}.pdf", "合同"])]
        pages += [replace(page, page=n) for n, page in enumerate(some, 1)]
        if number % 500 == 0:
            pages[-1] = replace(rare, page=PAGES)
        row = row_of(f"e{number:012}", matter, leaf + number)
        with writing(home.log.engine, lazily=True) as session:
            session.execute(insert(Exhibit).values(row))
            replace_pages(session, str(row["id"]), pages)
    kept = (time.process_time() - began) * 1000 / exhibits
    print(f"work of indexing: {made:.1f} ms a page, then {kept:.1f} ms an exhibit")
    with writing(home.log.engine) as session:
        session.merge(SearchState(id=1, leaf=leaf + 1, form=FORM))


def row_of(exhibit: str, matter: str, leaf: int) -> dict[str, object]:
    """A row as an event would have made it."""
    return {
        "id": exhibit, "matter_id": matter, "original_name": "x.pdf", "sha256": exhibit,
        "sm3": "", "size": 1, "media_type": "application/pdf", "via": "console",
        "received_at": dt.datetime(2025, 8, 29, tzinfo=dt.UTC),
        "received_by": "li.na", "leaf": leaf,
        "state": "to_review", "reading_due": False, "findings": [],
        "type_candidates": [], "date_candidates": [],
    }  # fmt: skip


def measure(home: Services, server: int | None) -> None:
    """The median time of some runs of each query, and the work of both sides.

    Of a machine that does other things at once the work says more.
    """
    for query in QUERIES:
        times, worked, theirs = [], [], served(server)
        for _ in range(RUNS):
            began, work = time.monotonic(), time.process_time()
            found = search(home, "li.na", query)
            worked.append((time.process_time() - work) * 1000)
            times.append((time.monotonic() - began) * 1000)
        work = min(worked) + (served(server) - theirs) * 1000 / RUNS
        shown = f"{statistics.median(times):7.1f} ms, work {work:7.1f} ms"
        told = f"{found.total:6} found{' (loose)' if found.loose else ''}"
        print(f"{shown} {told}  {query}")


def served(server: int | None) -> float:
    """Seconds that the processes of a PostgreSQL server have worked so far."""
    if server is None:
        return 0.0
    found = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has just ended
            parts = path.read_text().rpartition(")")[2].split()
            if int(parts[1]) == server:
                found += int(parts[11]) + int(parts[12])
    return found / os.sysconf("SC_CLK_TCK")


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("database", DATABASES)
def bench_search(database: str, tmp_path: Path) -> None:
    """Fill a home, search in it, print how long that took."""
    server = None
    if database == "postgresql":
        server = Server.create()
        server.start()
    print(f"\n{platform.machine()}, {database}, {EXHIBITS} exhibits × {PAGES} pages")
    with search_home(tmp_path, database, server) as home:
        fill(home, EXHIBITS)
        files = (tmp_path / "home").glob("custody.db*")
        print(f"SQLite's files {sum(f.stat().st_size for f in files) >> 20} MiB")
        measure(home, None if server is None else server.pid)
    if server is not None:
        server.remove()
