"""fsck and what lies in the log's folders and tables without being of the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrity.errors import IntegrityError
from integrity.statement import leaf_text
from integrity.store.custody_log import CustodyLog
from integrity.store.erasure import ERASED, erasure_facts
from tests.log_damage import edit, findings, rows
from tests.log_factory import LogHome, record

TEXT = b"SHA256 (statement) = 00\nSM3 (statement) = 00\n"


@pytest.fixture
def home(tmp_path: Path) -> LogHome:
    """A new log's place."""
    return LogHome(tmp_path / "home")


@pytest.fixture
def log(home: LogHome) -> CustodyLog:
    """Four entries, published one by one."""
    log = home.begin()
    for number in range(3):
        record(log, n=number)
    return log


# -- files ---------------------------------------------------------------------

STRANGERS = {
    "log/notes.txt": "log_foreign",
    "log/checkpoint.bak": "log_foreign",
    "log/keys~": "log_foreign",
    "log/old/checkpoint": "log_foreign",
    "log/statements.zip": "log_foreign",
    "log/statements/readme": "statement_foreign",
    "log/statements/000000/000000001.dsse.json.bak": "statement_foreign",
    "log/statements/000001/000000001.dsse.json": "statement_foreign",
    "log/frozen/readme": "frozen_foreign",
}


@pytest.mark.parametrize("place", ["first", "second"])
@pytest.mark.parametrize(("name", "kind"), STRANGERS.items())
def test_file_that_is_not_of_the_log_is_named_and_set_aside(
    home: LogHome, log: CustodyLog, place: str, name: str, kind: str
) -> None:
    """Wherever it lies in the log's folders; what it holds is kept aside."""
    path = home.folder / place / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"junk")
    assert findings(log, repair=True) == [(kind, place, name)]
    assert findings(log) == []
    (aside,) = (home.folder / place / "aside").iterdir()
    assert aside.read_bytes() == b"junk"


# -- rows ----------------------------------------------------------------------

INSERT = "INSERT INTO log_statements (leaf, envelope, leaf_text) VALUES (?, ?, ?)"


@pytest.mark.parametrize("leaf", [-1, 4, 5, 9_000_000_000])
@pytest.mark.parametrize("text", [TEXT, None])
def test_row_of_a_leaf_that_does_not_exist_is_named_and_removed(
    home: LogHome, log: CustodyLog, leaf: int, text: bytes | None
) -> None:
    """Before the log, right after it, or far away: no entry ever had that number.

    Far away it would make the log look that long: nothing is signed until it is gone.
    """
    edit(home, INSERT, leaf, None, text)
    if leaf >= 4:
        with pytest.raises(IntegrityError):
            record(log, n="over it")
    assert findings(log, repair=True) == [("leaf_row", "database", f"leaf {leaf}")]
    assert findings(log) == []
    assert record(log, n="next") == 4


def test_text_beside_a_statement_that_was_not_erased_is_named_and_removed(
    home: LogHome, log: CustodyLog
) -> None:
    """The statement is there and no event erased it; even its own text is too much."""
    own = leaf_text(log.statement(2))
    edit(home, "UPDATE log_statements SET leaf_text = ? WHERE leaf = 1", TEXT)
    edit(home, "UPDATE log_statements SET leaf_text = ? WHERE leaf = 2", own)
    expected = [("leaf_text", "database", f"leaf {leaf}") for leaf in (1, 2)]
    assert findings(log, repair=True) == expected
    assert findings(log) == []


def test_text_of_a_statement_that_was_erased_is_none(
    home: LogHome, log: CustodyLog
) -> None:
    """It is what the tree stands on."""
    texts = {1: leaf_text(log.statement(1))}
    record(log, ERASED, exhibit="e1", leaves=erasure_facts(texts))
    log.erase_statements(texts)
    assert findings(log) == []
    assert rows(home, "SELECT leaf FROM log_statements WHERE leaf_text > ''") == [(1,)]


def test_row_is_not_removed_while_a_store_has_its_statement(
    home: LogHome, log: CustodyLog
) -> None:
    """The last entry's row was emptied: it is an entry, and comes back."""
    edit(
        home,
        "UPDATE log_statements SET envelope = NULL, leaf_text = ? WHERE leaf = 3",
        TEXT,
    )
    assert findings(log, repair=True) == [("statement_missing", "database", "leaf 3")]
    assert findings(log) == []
