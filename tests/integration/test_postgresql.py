"""The same log on PostgreSQL: one writer at a time, the same projection."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from intake.matters import MatterForm, open_matter
from intake.receive import Received
from intake.services import Services
from intake.users import add_user
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
    """A home whose database is PostgreSQL."""
    services = open_services(make_settings(tmp_path, database_url=postgresql))
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
