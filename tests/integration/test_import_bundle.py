"""A bundle taken into an empty home is the same bundle, byte for byte."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from intake.errors import Refused, SettingsError
from intake.settings import Settings
from integrity.digest import digest_file
from integrity.errors import VerificationError
from integrity.store.blobs import blob_name
from receipts.checks import Result
from receipts.opening import open_services
from receipts.reimport import import_bundle, write_again
from tests import bundle_samples as made
from tests.bundle_factory import small_matter
from workers.commands.copy import import_command


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle as the product writes it."""
    out = tmp_path / "bundle.zip"
    small_matter().export(out)
    return out


def test_every_member_and_exhibit_is_equal(bundle: Path, tmp_path: Path) -> None:
    """Stored bytes are read back; the bundle written again has the same digest."""
    home = tmp_path / "home"
    done = import_bundle(bundle, home)
    assert done.report.verdict is Result.PASSED
    assert done.equal
    assert len(done.members) == 35
    assert {one.name for one in done.exhibits} == {
        "00000000_其他_002.bin",
        "20250829_合同_001.pdf",
        "e0000000000cc",
    }
    again = tmp_path / "again.zip"
    assert write_again(home, again).sha256 == done.sha256
    assert again.read_bytes() == bundle.read_bytes()


@pytest.mark.parametrize(
    "sample", [made.erased, made.persons, made.rotated, made.rolled]
)
def test_other_kinds_of_bundle_are_equal_too(sample: object, tmp_path: Path) -> None:
    """Erased exhibits are not there to be equal; all else is."""
    files = sample().files()  # type: ignore[operator]  # a maker of samples
    bundle = made.pack(files, tmp_path / "bundle.zip")
    done = import_bundle(bundle, tmp_path / "home")
    assert done.equal
    assert len(done.exhibits) == sum(name.startswith("data/") for name in files)
    again = tmp_path / "again.zip"
    write_again(tmp_path / "home", again)
    assert again.read_bytes() == bundle.read_bytes()


def test_a_bundle_of_the_first_format_can_be_imported(tmp_path: Path) -> None:
    """Old bundles are read for ever."""
    golden = Path(__file__).parents[1] / "vectors" / "bundle-v1" / "bundle.zip"
    assert import_bundle(golden, tmp_path / "home").equal


def test_a_home_that_holds_something_is_left_alone(
    bundle: Path, tmp_path: Path
) -> None:
    """Only an empty folder is taken."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "x").write_text("mine")
    with pytest.raises(Refused):
        import_bundle(bundle, home)
    assert [path.name for path in home.iterdir()] == ["x"]


def test_a_bundle_that_fails_is_not_taken_in(bundle: Path, tmp_path: Path) -> None:
    """The first failing check is named and nothing is kept."""
    data = bytearray(bundle.read_bytes())
    data[len(data) // 2] ^= 1
    bundle.write_bytes(data)
    with pytest.raises(VerificationError):
        import_bundle(bundle, tmp_path / "home")
    assert not (tmp_path / "home").exists()


def test_a_reading_copy_is_no_home_to_work_in(bundle: Path, tmp_path: Path) -> None:
    """Nothing is ever signed there: opening it refuses and says why."""
    home = tmp_path / "home"
    import_bundle(bundle, home)
    with pytest.raises(SettingsError) as caught:
        open_services(Settings.from_env({"CUSTODY_HOME": str(home)}))
    assert caught.value.code == "reading_copy"


def test_damage_in_the_copy_is_found_when_it_is_written_again(
    bundle: Path, tmp_path: Path
) -> None:
    """A changed byte in the copy makes another bundle, and that is an error."""
    home = tmp_path / "home"
    done = import_bundle(bundle, home)
    member = next(one for one in done.members if one.name == "REPORT.pdf")
    path = home / "copy" / blob_name(member.digests.sha256)
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(VerificationError):
        write_again(home, tmp_path / "again.zip")


def test_the_command_tells_equal_and_writes_again(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`custody import BUNDLE --write-again OUT --json` from start to end."""
    monkeypatch.setenv("CUSTODY_HOME", str(tmp_path / "home"))
    again = tmp_path / "again.zip"
    command = [str(bundle), "--write-again", str(again), "--json"]
    done = CliRunner().invoke(import_command, command)
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["equal"] is True
    assert digest_file(again) == digest_file(bundle)
