"""What the fault tables run on: a log on either database, to be had anew."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.disks import disk
from tests.faults.fault_table import begin
from tests.faults.prepared import Prepared, PreparedOnPostgresql
from tests.faults.wire import Wire
from tests.memory_folder import in_memory
from tests.pg_server import Server, removed


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """Where homes lie."""
    made = Path(tempfile.mkdtemp(prefix="faults", dir=in_memory()))
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    """A PostgreSQL server that runs."""
    with removed(Server.create()) as made:
        made.start()
        yield made


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def prepare(
    folder: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[], Prepared]]:
    """Makes a home without a log, on one database or the other."""
    database, made = request.param, list[Prepared]()

    def begin() -> Prepared:
        place = Path(tempfile.mkdtemp(dir=folder))
        if database == "sqlite":
            made.append(Prepared(place))
        else:
            server = request.getfixturevalue("server")
            made.append(PreparedOnPostgresql(place, server, server.url))
        return made[-1]

    yield begin
    for prepared in made:
        prepared.engine.dispose()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one megabyte."""
    with disk(tmp_path / "disk", "1m") as made:
        yield made


@pytest.fixture(scope="module")
def template(prepare: Callable[[], Prepared]) -> Prepared:
    """A log of three published events."""
    prepared = prepare()
    begin(prepared.home)
    prepared.keep()
    return prepared


@pytest.fixture(scope="module")
def wire(server: Server) -> Iterator[Wire]:
    """The way that the product takes to the server."""
    with Wire(server.socket) as made:
        yield made


@pytest.fixture(scope="module")
def log_home(
    folder: Path, server: Server, wire: Wire
) -> Iterator[PreparedOnPostgresql]:
    """A log of three published events, reached over the wire."""
    prepared = PreparedOnPostgresql(folder / "wired", server, wire.url)
    begin(prepared.home)
    prepared.keep()
    yield prepared
    prepared.engine.dispose()
