"""Homes on either database, with exhibits whose text a test writes itself."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from intake.matters import MatterForm, open_matter
from intake.reading import Candidate, Derivative, Reading
from intake.readings import KeptDerivative, record_reading, take_lease
from intake.services import Services
from intake.users import add_user
from integrity.digest import digest_bytes
from receipts.opening import open_services
from tests.factories import CONSOLE, add_bytes, make_settings
from tests.pg_server import Server

MATTER, OTHER = "2025-001", "2025-002"
DATABASES = ("sqlite", "postgresql")


@contextmanager
def search_home(
    folder: Path, database: str, server: Server | None
) -> Iterator[Services]:
    """A home with two matters: li.na is on both, zhou.min on the second."""
    more = {}
    if database == "postgresql":
        assert server is not None
        name = f"search_{uuid.uuid4().hex}"
        with server.connect() as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        more["database_url"] = server.url(name)
    home = open_services(make_settings(folder, **more))
    for login, person in (("li.na", "李娜"), ("zhou.min", "周敏")):
        add_user(home, CONSOLE, login, person, "lawyer")
    both = ("li.na", "zhou.min")
    for number, leads in ((MATTER, both[:1]), (OTHER, both)):
        open_matter(home, CONSOLE, MatterForm(number, "货款", "某公司", leads=leads))
    yield home
    home.log.engine.dispose()


def add_read(
    home: Services, *pages: str, name: str = "扫描.txt", matter: str = MATTER
) -> str:
    """An exhibit whose reading found this text, page by page; returns its id."""
    exhibit = add_bytes(home, matter, name, uuid.uuid4().bytes).exhibit_id
    record_text(home, exhibit, *pages)
    return exhibit


def record_text(home: Services, exhibit: str, *pages: str) -> None:
    """Record a reading with this text, as a worker does."""
    lease = take_lease(home, exhibit)
    assert lease is not None
    rows = [{"page": n, "text": t, "lines": []} for n, t in enumerate(pages, 1)]
    data = json.dumps({"pages": rows}).encode()
    digests = digest_bytes(data)
    home.log.stores.keep_bytes(data, digests.sha256)
    made = Derivative("text", None, "text.json", "application/json")
    kept = KeptDerivative(made, digests, len(data))
    assert record_reading(home, lease, reading_of(pages), [kept])


def reading_of(pages: tuple[str, ...]) -> Reading:
    """A reading of a loan note of 29 August 2025 with this text."""
    return Reading(
        media_type="text/plain", pages=len(pages), page_texts=pages, lines=(),
        engine="", engine_version="", tools={},
        types=(Candidate("iou_loan", 0.95, "借条", 1, "title"),),
        dates=(Candidate("2025-08-29", 0.9, "2025年8月29日", 1, "label"),),
        date_basis="document", findings=(), derivatives=(), members=(), seconds=0.1,
    )  # fmt: skip
