"""What the tests of the log do to a home from outside, and what fsck says of it."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from integrity.store.custody_log import CustodyLog
from integrity.store.fsck import Checker
from tests.log_factory import LogHome, project_nothing


def findings(log: CustodyLog, *, repair: bool = False) -> list[tuple[str, str, str]]:
    """What fsck says of the logs alone."""
    found = []
    for finding in list(Checker(log, project_nothing, ()).run()):
        found.append((finding.finding, finding.place, finding.subject))
        if repair and finding.mend is not None:
            finding.mend()
    return found


def edit(home: LogHome, statement: str, *values: object) -> None:
    """What somebody with access to the database file could do."""
    with sqlite3.connect(home.database) as connection:
        connection.execute(statement, values)
    connection.close()


def rows(home: LogHome, query: str, *values: object) -> list[tuple[object, ...]]:
    """What a statement gives on the database file."""
    with sqlite3.connect(home.database) as connection:
        found = list(connection.execute(query, values))
    connection.close()
    return found


def copy_of(home: LogHome) -> Path:
    """A backup of the database as it is now."""
    target = home.folder.parent / "old.db"
    with sqlite3.connect(home.database) as source, sqlite3.connect(target) as copy:
        source.backup(copy)
    source.close()
    copy.close()
    return target


def put_back(home: LogHome, old: Path) -> None:
    """Restore a backup over the database of a stopped service."""
    for left in home.folder.glob("custody.db*"):
        left.unlink()
    shutil.copy2(old, home.database)
