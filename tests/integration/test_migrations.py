"""Schema changes on a database that is full: nothing of the log is lost."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from integrity.store import sql_log
from integrity.store.db import Base, connect, reading
from receipts.opening import MIGRATIONS, NEWEST_SCHEMA, upgrade


def to(engine: Engine, revision: str, *, down: bool = False) -> None:
    """Bring the database to a revision."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        (command.downgrade if down else command.upgrade)(config, revision)
        connection.commit()


def test_full_log_survives_the_second_schema(tmp_path: Path) -> None:
    """Statements keep leaf and bytes, up and down; the tables are those of the code."""
    engine = connect(f"sqlite:///{tmp_path / 'old.db'}")
    to(engine, "0001")
    with engine.begin() as connection:
        query = text("INSERT INTO log_statements VALUES (:leaf, :envelope)")
        rows = [{"leaf": n, "envelope": b"envelope %d" % n} for n in range(300)]
        connection.execute(query, rows)
    upgrade(engine)
    for _ in range(2):
        with reading(engine) as session:
            kept = sql_log.statements(session, 0, 300)
            assert sql_log.size(session) == 300
        assert kept == {n: (b"envelope %d" % n, None) for n in range(300)}
        to(engine, "0001", down=True)
        upgrade(engine)
    found = inspect(engine)
    for table in Base.metadata.sorted_tables:
        columns = {c["name"]: c["nullable"] for c in found.get_columns(table.name)}
        assert columns == {c.name: c.nullable for c in table.columns}, table.name
    engine.dispose()


def test_the_newest_schema_is_the_one_that_is_named() -> None:
    """A database that has it is opened without asking Alembic."""
    scripts = ScriptDirectory(str(MIGRATIONS))
    assert scripts.get_heads() == [NEWEST_SCHEMA]
