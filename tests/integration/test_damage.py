"""What accidents and insiders do to a home: named by fsck, never signed over."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest

from intake.errors import SettingsError
from intake.matters import MatterForm, add_member, open_matter
from intake.services import Services
from intake.settings import Settings
from intake.users import add_user
from integrity.errors import SigningRefused
from integrity.store.blobs import CHECKPOINT, blob_name, statement_name
from receipts import maintenance
from receipts.maintenance import Examination, restore
from receipts.opening import open_services
from tests.factories import CONSOLE, add_bytes, copied, make_settings


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a home with a few events, made once and closed again."""
    folder = tmp_path_factory.mktemp("begun")
    home = open_services(make_settings(folder))
    for login in ("li.na", "wang.wu", "zhao.liu"):
        add_user(home, CONSOLE, login, login, "lawyer")
    open_matter(home, CONSOLE, MatterForm("M-1", "t", "c", leads=("li.na",)))
    for login in ("wang.wu", "zhao.liu"):
        add_member(home, CONSOLE, "M-1", login, "assistant")
    add_bytes(home, "M-1", "a.txt", b"hello")
    home.log.engine.dispose()
    return folder


@pytest.fixture
def settings(begun: Path, tmp_path: Path) -> Settings:
    """Settings of a copy of that home, which nobody has open."""
    return copied(begun, tmp_path)


def examine(settings: Settings, *, repair: bool = False) -> tuple[list[str], bool]:
    """`custody fsck` on the home as it lies there."""
    home = open_services(settings, complete=False)
    run = Examination(home, repair=repair)
    found = [f"{f.finding} {f.place} {f.subject}" for f in run.run()]
    home.log.engine.dispose()
    return found, run.sound


def edit(settings: Settings, *statements: str) -> None:
    """Somebody writes into the database file."""
    with sqlite3.connect(settings.home / "custody.db") as connection:
        for statement in statements:
            connection.execute(statement)
    connection.close()


def second(settings: Settings) -> Path:
    """The second store."""
    return settings.home / "second-store"


def test_interrupted_restore_never_signs(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home restored by half stays closed, even with the keys put back."""
    fresh = make_settings(tmp_path / "new")

    def power_cut(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(maintenance, "_rebuild", power_cut)
    with pytest.raises(KeyboardInterrupt):
        restore(fresh, str(second(settings)))
    shutil.copytree(settings.home / "keys", fresh.home / "keys", dirs_exist_ok=True)
    with pytest.raises(SettingsError) as caught:
        open_services(fresh)
    assert caught.value.code == "restore_unfinished"


def test_lost_checkpoint_is_a_finding_and_not_signed_over(settings: Settings) -> None:
    """Without its checkpoint the second copy is not written to until fsck mends it."""
    (second(settings) / CHECKPOINT).unlink()
    (second(settings) / statement_name(5)).unlink()
    with pytest.raises(SigningRefused):
        open_services(settings)
    found, sound = examine(settings)
    assert not sound
    assert "checkpoint_missing second log/checkpoint" in found
    assert "statement_missing second leaf 5" in found
    assert examine(settings, repair=True)[1] is True
    assert examine(settings) == ([], True)
    open_services(settings)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE log_nodes SET hash=zeroblob(32) WHERE level=1",
        "DELETE FROM log_nodes WHERE level=2",
        'UPDATE log_nodes SET hash=zeroblob(32) WHERE level=0 AND "index"=3',
    ],
)
def test_damaged_tree_is_mended_though_it_cannot_sign(
    settings: Settings, statement: str
) -> None:
    """fsck works on a home that refuses to sign, and mends what it can recompute."""
    edit(settings, statement)
    assert examine(settings, repair=True)[1] is True
    assert examine(settings) == ([], True)


def test_repair_believes_the_signed_checkpoint_not_the_rows(settings: Settings) -> None:
    """An insider's statement over another, node and all, is undone, not spread."""
    good = (second(settings) / statement_name(6)).read_bytes()
    edit(
        settings,
        "UPDATE log_statements SET envelope=(SELECT envelope FROM log_statements"
        " WHERE leaf=5) WHERE leaf=6",
        "UPDATE log_nodes SET hash=(SELECT hash FROM log_nodes WHERE level=0 AND"
        ' "index"=5) WHERE level=0 AND "index"=6',
    )
    found, _ = examine(settings, repair=True)
    assert "statement_altered database leaf 6" in found
    assert (second(settings) / statement_name(6)).read_bytes() == good
    assert examine(settings) == ([], True)


def test_two_forged_copies_do_not_outvote_the_checkpoint(settings: Settings) -> None:
    """Even with database and one store changed alike, the good copy is found."""
    store = settings.home / "store"
    forged = (store / statement_name(5)).read_bytes()
    path = store / statement_name(6)
    path.chmod(0o644)
    path.write_bytes(forged)
    edit(
        settings,
        "UPDATE log_statements SET envelope=(SELECT envelope FROM log_statements"
        " WHERE leaf=5) WHERE leaf=6",
    )
    examine(settings, repair=True)
    assert path.read_bytes() == (second(settings) / statement_name(6)).read_bytes()
    assert examine(settings) == ([], True)


def test_lost_original_is_not_sound_even_if_its_row_is_gone(settings: Settings) -> None:
    """The list of blobs to look for is the log's, not the table's."""
    with sqlite3.connect(settings.home / "custody.db") as connection:
        (sha256,) = connection.execute("SELECT sha256 FROM blobs").fetchone()
    connection.close()
    edit(settings, "DELETE FROM blobs")
    for store in ("store", "second-store"):
        (settings.home / store / blob_name(sha256)).unlink()
    found, sound = examine(settings, repair=True)
    assert not sound
    assert f"blob_missing first {sha256}" in found


@pytest.mark.parametrize(
    ("statement", "subject"),
    [
        ("UPDATE exhibits SET received_at='garbage'", "columns received_at"),
        ("UPDATE custody_events SET facts='{bad' WHERE leaf=2", "custody_events[2]"),
        ("UPDATE matters SET opponents='[1'", "columns opponents"),
        ("UPDATE log_statements SET envelope='text' WHERE leaf=2", "leaf 2"),
        ("UPDATE log_checkpoints SET note='text' WHERE size=2", "size 2"),
    ],
)
def test_cells_that_hold_nonsense_are_named(
    settings: Settings, statement: str, subject: str
) -> None:
    """A value that cannot even be parsed is a finding, not a crash, and is mended."""
    edit(settings, statement)
    found, sound = examine(settings, repair=True)
    assert sound
    assert any(subject in line for line in found)
    assert examine(settings) == ([], True)


def test_foreign_statement_beyond_the_log_is_set_aside(settings: Settings) -> None:
    """A file where the next statement goes would otherwise stop every writing."""
    path = second(settings) / statement_name(8)
    path.write_bytes(b"{}")
    found, _ = examine(settings, repair=True)
    assert found == [f"statement_foreign second {statement_name(8)}"]
    add_bytes(open_services(settings), "M-1", "b.txt", b"x")


def test_database_that_lost_its_end_is_named(settings: Settings) -> None:
    """Rows cut off at the end do not pass for a shorter log."""
    edit(
        settings,
        "DELETE FROM log_statements WHERE leaf=7",
        'DELETE FROM log_nodes WHERE level=0 AND "index"=7',
    )
    found, sound = examine(settings)
    assert not sound
    assert any(line.startswith("log_shorter database") for line in found)


@pytest.mark.parametrize("name", ["home.json", "keys/trust"])
def test_what_is_missing_is_not_made_anew(settings: Settings, name: str) -> None:
    """A new identity or key list would disown every paper handed out."""
    (settings.home / name).unlink()
    with pytest.raises(SettingsError) as caught:
        open_services(settings)
    assert caught.value.code == "home_damaged"
    assert not (settings.home / name).exists()


def test_key_added_to_the_home_is_not_spread(settings: Settings) -> None:
    """fsck reports a key list that no store knows and leaves the stores alone."""
    trust = settings.home / "keys" / "trust"
    lines = trust.read_text().splitlines(keepends=True)
    trust.chmod(0o644)
    trust.write_text("".join([*lines, lines[0].replace("log ", "statement ", 1)]))
    found, sound = examine(settings, repair=True)
    assert not sound
    assert "public_keys home keys/trust" in found
    assert (second(settings) / "log" / "keys").read_text() == "".join(lines)


def test_open_private_key_says_so(settings: Settings) -> None:
    """A key file others can read is refused in its own words, not as a roll-back."""
    (settings.home / "keys" / "log.key").chmod(0o644)
    with pytest.raises(SettingsError) as caught:
        open_services(settings)
    assert caught.value.code == "key_file"


def test_keys_put_back_after_a_restore_work(settings: Settings, tmp_path: Path) -> None:
    """Restore, look, put the keys folder back, go on writing."""
    fresh = make_settings(tmp_path / "new")
    restore(fresh, str(second(settings)))
    restored = open_services(fresh)
    with pytest.raises(SigningRefused) as caught:
        add_bytes(restored, "M-1", "b.txt", b"x")
    assert caught.value.code == "keys_absent"
    for name in ("log.key", "statement.key", "pdf.pem"):
        shutil.copy2(settings.home / "keys" / name, fresh.home / "keys" / name)
    again: Services = open_services(fresh)
    add_bytes(again, "M-1", "b.txt", b"x")
    assert examine(fresh) == ([], True)


def test_restore_names_what_the_copy_has_lost(
    settings: Settings, tmp_path: Path
) -> None:
    """Bytes that do not hash to their digest are not taken for the original."""
    (blob,) = [p for p in (second(settings) / "blobs").rglob("*") if p.is_file()]
    blob.chmod(0o644)
    blob.write_bytes(b"bad")
    fresh = make_settings(tmp_path / "new")
    done = restore(fresh, str(second(settings)))
    assert (done.blobs, done.missing) == (0, (blob.name,))
    assert not (fresh.home / "store" / blob_name(blob.name)).exists()
