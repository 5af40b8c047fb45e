"""ASiC containers of others: none passes, none writes, what was altered fails."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest

from receipts.checks import Report, Result
from receipts.cli import main
from receipts.verify_asic import verify_asic

FOLDER = "vectors/asic/test/data"
# What stands in each container decides: names that lead elsewhere and a container
# that is none of its kind fail, sound ones stay open for want of a list of trust.
FAILS = {"asics-subfolder.asics": 2, "dot.asice": 2}
OPEN = {"asice-path.asice": 14, "forged_lt.asice": 14, "test.asice": 14}
OPEN |= {"test.asics": 16}


def containers(shared: Path) -> list[Path]:
    """Every container of the set."""
    found = sorted(path for path in (shared / FOLDER).rglob("*") if path.is_file())
    assert found
    return found


def results(report: Report) -> dict[int, Result]:
    return {check.number: check.result for check in report.checks}


def test_every_container_gives_its_outcome(shared: Path) -> None:
    """Never passed; and for those that are known here, which check says what."""
    for path in containers(shared):
        report = verify_asic(path)
        assert report.verdict is not Result.PASSED, path.name
        if path.name in FAILS:
            assert results(report)[FAILS[path.name]] is Result.FAILED, path.name
        elif path.name in OPEN:
            assert report.verdict is Result.INDETERMINATE, path.name
            assert results(report)[OPEN[path.name]] is Result.INDETERMINATE


def test_nothing_is_written(
    shared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever names a container holds, no file appears, here or beside it."""
    monkeypatch.chdir(tmp_path)
    before = {path: path.stat() for path in containers(shared)}
    for path in containers(shared):
        assert main([str(path)]) in {1, 3}
    assert list(tmp_path.iterdir()) == []
    after = {path: path.stat() for path in containers(shared)}
    assert [s.st_mtime_ns for s in before.values()] == [
        s.st_mtime_ns for s in after.values()
    ]


def changed(path: Path, change: dict[str, bytes | None]) -> io.BytesIO:
    """The container with other content, a file more, or (None) a file less."""
    out = io.BytesIO()
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(out, "w") as new:
        for entry in old.infolist():
            content = change.pop(entry.filename, old.read(entry))
            if content is not None:
                new.writestr(zipfile.ZipInfo(entry.filename), content)
        for name, content in change.items():
            if content is not None:
                new.writestr(zipfile.ZipInfo(name), content)
    return out


@pytest.fixture
def sample(shared: Path) -> Path:
    path = shared / FOLDER / "test.asice"
    if not path.exists():
        pytest.skip("this half of the vectors does not hold the container")
    return path


@pytest.mark.parametrize(
    ("change", "number"),
    [
        ({"test1.txt": b"tent\n"}, 3),
        ({"test1.txt": None}, 3),
        ({"more.txt": b"more"}, 2),
        ({"../more.txt": b"more"}, 2),
        ({"/more.txt": b"more"}, 2),
        ({"C:\\more.txt": b"more"}, 2),
        ({"a//more.txt": b"more"}, 2),
        ({"mimetype": b"application/zip"}, 1),
        ({"mimetype": None}, 1),
        ({"META-INF/signatures0.xml": b"<a/>"}, 14),
        ({"META-INF/signatures0.xml": b"<!DOCTYPE a><a/>"}, 14),
        ({"META-INF/signatures0.xml": b"\xff\xfe"}, 14),
    ],
)
def test_what_was_altered_fails(
    sample: Path, tmp_path: Path, change: dict[str, bytes | None], number: int
) -> None:
    """Content, names, kind and signature file: each change fails by its number."""
    path = tmp_path / "changed.asice"
    path.write_bytes(changed(sample, dict(change)).getvalue())
    assert results(verify_asic(path))[number] is Result.FAILED


def test_every_byte_cut_or_changed_is_an_answer(sample: Path, tmp_path: Path) -> None:
    """Damaged anywhere, the container is judged without a crash and never passes."""
    data = sample.read_bytes()
    path = tmp_path / "damaged.asice"
    for place in range(0, len(data), 37):
        flipped = bytes([data[place] ^ 0x41])
        for damaged in (data[:place], data[:place] + flipped + data[place + 1 :]):
            path.write_bytes(damaged)
            assert verify_asic(path).verdict is not Result.PASSED


def test_a_stamp_over_other_bytes_fails(shared: Path, tmp_path: Path) -> None:
    """The token of an ASiC-S is about its one file, or check 16 fails."""
    sound = shared / FOLDER / "test.asics"
    if not sound.exists():
        pytest.skip("this half of the vectors does not hold the container")
    path = tmp_path / "changed.asics"
    path.write_bytes(changed(sound, {"test1.txt": b"tent\n"}).getvalue())
    assert results(verify_asic(path))[16] is Result.FAILED
