"""A PostgreSQL server of a test's own, which may be killed and started again.

Its settings make what it promises visible: it writes nothing to its log by itself,
so a commit that was not waited for is lost when the server is killed.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.memory_folder import in_memory

START_S = 60
LOOK_EVERY_S = 0.005
SETTINGS = {
    "listen_addresses": "",
    "wal_writer_delay": "10s",  # the longest there is
    "autovacuum": "off",
    "shared_buffers": "16MB",
    "max_connections": "40",
    "max_wal_senders": "0",
    "wal_level": "minimal",
}


def binaries() -> Path:
    """Where the programs of the newest PostgreSQL are; skips without one."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    if not found and on_path is None:
        pytest.skip("PostgreSQL is not installed (scripts/install-system-packages)")
    return found[-1].parent if found else Path(str(on_path)).parent


def as_owner() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {"cwd": "/"}
    return {"user": "postgres", "group": "postgres", "extra_groups": (), "cwd": "/"}


class Server:
    """A server reached through a socket in `folder`; `start` may be called again."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self.folder = folder
        self._settings = SETTINGS | settings
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def create(cls, **settings: str) -> Server:
        """A new cluster, in memory where there is enough; `remove` it."""
        folder = Path(tempfile.mkdtemp(prefix="pg", dir=in_memory()))
        give_away(folder)
        data = ["-D", str(folder / "data"), "--no-sync", "--wal-segsize=1"]
        words = [*data, "-U", "custody", "-A", "trust", "-E", "UTF8", "--locale=C"]
        command = [str(binaries() / "initdb"), *words]
        subprocess.run(command, check=True, capture_output=True, **as_owner())
        return cls(folder, **settings)

    @property
    def socket(self) -> Path:
        """Where it listens."""
        return self.folder / ".s.PGSQL.5432"

    @property
    def pid(self) -> int:
        """Its first process, the parent of all others."""
        assert self._process is not None
        return self._process.pid

    def url(self, database: str = "postgres") -> str:
        """For `integrity.store.db.connect`."""
        return f"postgresql+psycopg://custody@/{database}?host={self.folder}"

    def connect(self, database: str = "postgres") -> psycopg.Connection[Any]:
        """A connection beside those of the product; each statement commits."""
        return psycopg.connect(
            host=str(self.folder), user="custody", dbname=database, autocommit=True
        )

    def start(self) -> None:
        """Return when it answers."""
        words = [f"--{name}={value}" for name, value in self._settings.items()]
        command = [str(binaries() / "postgres"), "-D", str(self.folder / "data")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [*command, "-k", str(self.folder), *words],
                stdout=log,
                stderr=log,
                **as_owner(),
            )
        self._wait_until(self._answers)

    def shut_down_immediately(self) -> None:
        """As `pg_ctl stop -m immediate`: nothing is written any more."""
        self._end(signal.SIGQUIT)

    def restart(self) -> None:
        """Whether it has ended or not."""
        if not self.ended():
            self.shut_down_immediately()
        self.start()

    def move_log(self, place: Path) -> None:
        """Let its write-ahead log lie elsewhere; it is not running."""
        log = self.folder / "data" / "pg_wal"
        shutil.copytree(log, place)
        for one in (place.parent, place, *place.rglob("*")):
            give_away(one)
        shutil.rmtree(log)
        log.symlink_to(place)

    def stop(self) -> None:
        """An orderly end."""
        self._end(signal.SIGINT)

    def kill_backend(self, pid: int) -> None:
        """`kill -9` of one backend; return when the server has recovered from it.

        The server then ends all of them, since their memory may be damaged.
        """
        with self.connect() as witness:
            os.kill(pid, signal.SIGKILL)
            self._wait_until(lambda: not _alive(witness))
        self._wait_until(self._answers)

    def ended(self) -> bool:
        """Whether it is not running (any more)."""
        return self._process is None or self._process.poll() is not None

    def remove(self) -> None:
        """Stop and delete everything."""
        if not self.ended():
            self.shut_down_immediately()
        shutil.rmtree(self.folder)

    def _end(self, how: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(how)
        self._process.wait(START_S)

    def _answers(self) -> bool:
        assert not self.ended(), (self.folder / "log").read_text()[-2000:]
        try:
            self.connect().close()
        except psycopg.OperationalError:
            return False
        return True

    @staticmethod
    def _wait_until(happened: Callable[[], bool]) -> None:
        end = time.monotonic() + START_S
        while not happened():
            assert time.monotonic() < end
            time.sleep(LOOK_EVERY_S)


@contextmanager
def removed(server: Server) -> Iterator[Server]:
    """The server, which is stopped and deleted at the end."""
    try:
        yield server
    finally:
        server.remove()


def give_away(folder: Path) -> None:
    """To whom the server runs as."""
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")


def _alive(connection: psycopg.Connection[Any]) -> bool:
    try:
        connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True
