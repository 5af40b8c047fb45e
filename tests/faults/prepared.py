"""A home that is made once and had anew for each case, on SQLite or on PostgreSQL.

It always lies in the same folder under the same engine, whose connections are closed
between two cases as between two processes. An engine remembers only how to say things
to its database, and to find that out again would cost more than a case does.
"""

from __future__ import annotations

import contextlib
import shutil
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import Engine

from integrity.keys import Signer
from integrity.store.blobs import TwinStores
from integrity.store.custody_log import CustodyLog, LogKeys
from integrity.store.db import Base, connect
from tests.log_factory import ORIGIN, START, STATEMENT, TRUSTED, LogHome
from tests.pg_server import Server

# Those that have rows in a log alone.
TABLES = [name for name in Base.metadata.tables if name.startswith("log_")]
PUT_BACK = "; ".join(
    f"DELETE FROM {table}; INSERT INTO {table} TABLE kept.{table}" for table in TABLES
)


@dataclass(slots=True)
class OpenHome(LogHome):
    """A home under an engine that is there already."""

    engine: Engine | None = None

    def open(self, stores: TwinStores | None = None) -> CustodyLog:
        """As `LogHome.open`."""
        assert self.engine is not None
        lock, chosen = self.folder / "publish.lock", stores or self.stores()
        return CustodyLog(
            self.engine, chosen, self.keys, self.project, lambda: START, lock
        )

    def close(self) -> None:
        """Let every connection go, as a process that ends."""
        assert self.engine is not None
        self.engine.dispose()

    def sign_with(self, signers: Sequence[Signer]) -> OpenHome:
        """Let these sign its logs, the first one first."""
        self.keys = LogKeys(ORIGIN, TRUSTED, signers[0], STATEMENT, signers)
        return self


class Prepared:
    """A home, and the moment of it that `fresh` brings back; this one on SQLite."""

    is_file = True  # its database is a file that this process writes

    def __init__(self, folder: Path, url: str = "") -> None:
        self._kept = folder / "kept"
        self._folder = folder / "home"
        self._folder.mkdir(parents=True)
        self.engine = connect(url or f"sqlite:///{self._folder / 'custody.db'}")
        Base.metadata.create_all(self.engine)

    @property
    def home(self) -> OpenHome:
        """As it is now."""
        return OpenHome(self._folder, engine=self.engine)

    def keep(self) -> None:
        """This is the moment; nobody has it open."""
        self.engine.dispose()
        shutil.copytree(self._folder, self._kept)

    def fresh(self) -> OpenHome:
        """As it was at that moment."""
        self._put_back()
        return self.home

    def _put_back(self) -> None:
        self.engine.dispose()
        self._put_files_back()

    def _put_files_back(self) -> None:
        shutil.rmtree(self._folder)
        shutil.copytree(self._kept, self._folder)


class PreparedOnPostgresql(Prepared):
    """The same on a database of a server; the product may take another way to it."""

    is_file = False

    def __init__(
        self, folder: Path, server: Server, way: Callable[[str], str], on: str = ""
    ) -> None:
        self._server, self.name = server, f"log_{uuid.uuid4().hex}"
        with server.connect() as connection:
            connection.execute(f"CREATE DATABASE {self.name} {on}")
        super().__init__(folder, way(self.name))

    def connect(self) -> psycopg.Connection[Any]:
        """A connection beside those of the product; each statement commits."""
        return self._server.connect(self.name)

    def keep(self) -> None:
        """See Prepared."""
        super().keep()
        with self.connect() as connection:
            connection.execute("CREATE SCHEMA kept")
            for table in TABLES:
                connection.execute(f"CREATE TABLE kept.{table} AS TABLE {table}")

    def _put_back(self) -> None:
        self._put_files_back()
        with contextlib.closing(self.engine.raw_connection()) as connection:
            connection.cursor().execute(PUT_BACK)
