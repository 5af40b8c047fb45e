"""No public vector lies where no suite looks."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.coverage_table import COVERED, LEFT_OUT, WORDS

HERE = Path(__file__).parent


def is_vector(name: str) -> bool:
    """Whether a file is one: the word files inside of a bag are its payload."""
    words = Path(name).name.startswith(WORDS) and not name.startswith("bagit/v")
    return not words and not name.startswith(LEFT_OUT)


def uncovered(folder: Path) -> set[str]:
    """Names of the vectors below `folder` that no row of the table reads."""
    patterns = {pattern for row in COVERED.values() for pattern in row}
    covered = {path for pattern in patterns for path in folder.glob(pattern)}
    files = {path for path in folder.rglob("*") if path.is_file()} - covered
    names = {path.relative_to(folder).as_posix() for path in files}
    return {name for name in names if is_vector(name)}


def test_every_vector_is_read_by_a_suite(shared: Path) -> None:
    """Each file is in the table, but for words, licences and the one broken bag."""
    folder = shared / "vectors"
    assert uncovered(folder) == set()
    assert any(path.is_file() for path in folder.rglob("*"))


def test_a_new_vector_is_found(tmp_path: Path) -> None:
    """A set that nobody reads, and a file beside those of a set, show up."""
    for name in ("new/x.json", "sm3/more.txt", "cose/a/b.json", "asic/LICENSE"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    assert uncovered(tmp_path) == {"new/x.json", "sm3/more.txt"}


@pytest.mark.parametrize("suite", list(COVERED))
def test_every_suite_of_the_table_is_there(suite: str) -> None:
    """A row names a file of tests, which names the folders that it reads."""
    text = (HERE / f"{suite}.py").read_text("utf-8")
    for pattern in COVERED[suite]:
        assert f"vectors/{pattern.split('/')[0]}" in text, pattern
