"""Bundles of a running home: with time stamps, after rotations, both, and neither."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.matters import MatterForm, open_matter
from intake.services import Services
from integrity.policy import Role, parse_trusted_keys
from receipts.checks import Report, Result
from receipts.erasure import erase_exhibit
from receipts.export import export_bundle
from receipts.key_changes import change_keys, plan_next_log, plan_rotation
from receipts.opening import open_services
from receipts.stamping import stamp_exhibit, stamp_log
from receipts.standalone import verify as standalone
from receipts.verify_bundle import verify_bundle
from tests.bundle_factory import results, unpack
from tests.factories import CONSOLE, add_bytes, make_settings
from tests.tsa import EC, RSA, OpensslAuthority, make_authority, pinned, running
from workers.jobs import process_exhibit

NOTE = "借条 2025年3月6日".encode()


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> list[OpensslAuthority]:
    """An RSA authority and an ECDSA one."""
    folder = tmp_path_factory.mktemp("authorities")
    return [
        make_authority(folder / "one", "First", RSA),
        make_authority(folder / "two", "Second", EC),
    ]


@pytest.fixture
def home(authorities: list[OpensslAuthority], tmp_path: Path) -> Iterator[Services]:
    """A home with a matter and two running authorities."""
    roots = pinned(tmp_path / "roots", authorities)
    with running(authorities[0]) as first, running(authorities[1]) as second:
        settings = make_settings(
            tmp_path, tsa_urls=f"{first.url},{second.url}", tsa_roots=roots
        )
        services = open_services(settings)
        open_matter(services, CONSOLE, MatterForm("2025-001", "借款", "张三", leads=()))
        yield services


def receive(home: Services, data: bytes = NOTE) -> str:
    """An exhibit, read."""
    added = add_bytes(home, "2025-001", "借条.txt", data)
    process_exhibit(home, added.exhibit_id)
    return str(added.exhibit_id)


def rotate(home: Services) -> None:
    """New keys for everything."""
    for role in (Role.LOG, Role.STATEMENT, Role.PDF):
        change_keys(home, CONSOLE, plan_rotation(home, role))


def export(home: Services, out: Path) -> tuple[Report, dict[str, bytes]]:
    """The bundle of the matter, judged by both verifiers that Python runs."""
    export_bundle(home, CONSOLE, None, "2025-001", (), out)
    assert standalone.main([str(out), "--json"]) == 0
    return verify_bundle(out, None), unpack(out)


def reasons(report: Report, number: int) -> str:
    """All that one check says."""
    return "\n".join(c.reason for c in report.checks if c.number == number)


def test_a_home_that_stamps_shows_both_moments(home: Services, tmp_path: Path) -> None:
    """Lower bound, stamped exhibit, and two authorities over the checkpoint."""
    stamp_log(home)
    exhibit = receive(home)
    stamp_exhibit(home, CONSOLE, exhibit)
    stamp_log(home)
    report, files = export(home, tmp_path / "b.zip")
    assert report.verdict is Result.PASSED
    assert {"checkpoint.tsr", "checkpoint.2.tsr", "tsa/2.pem"} <= files.keys()
    said = reasons(report, 16)
    assert said.count("the checkpoint existed before") == 2
    assert said.count("were logged after") == 1
    assert said.count(f"exhibit {exhibit} existed before") == 2


def test_events_after_the_last_stamp_bring_the_newest_checkpoint(
    home: Services, tmp_path: Path
) -> None:
    """A stamped checkpoint that does not cover everything is not used."""
    receive(home)
    stamp_log(home)
    receive(home, b"later")
    report, files = export(home, tmp_path / "b.zip")
    assert report.verdict is Result.PASSED
    assert "checkpoint.tsr" not in files


def test_bundles_before_and_after_a_rotation_pass_by_each_others_keys(
    home: Services, tmp_path: Path
) -> None:
    """Newer keys verify the older bundle, the older paper the newer bundle."""
    receive(home)
    old = home.log.keys.trusted
    before, _ = export(home, tmp_path / "before.zip")
    assert before.verdict is Result.PASSED
    rotate(home)
    receive(home, b"later")
    after, files = export(home, tmp_path / "after.zip")
    assert after.verdict is Result.PASSED
    new = parse_trusted_keys(files["trust/keys"])
    assert new.fingerprint() != old.fingerprint()
    by_new = verify_bundle(tmp_path / "before.zip", new)
    assert results(by_new) == set()
    for arguments in ((old, None), (None, old.fingerprint())):
        report = verify_bundle(tmp_path / "after.zip", *arguments)
        assert results(report) == set()
    key = ["--fingerprint", old.fingerprint()]
    assert standalone.main([str(tmp_path / "after.zip"), *key]) == 0


def test_a_rotation_after_the_stamp_brings_the_newest_checkpoint(
    home: Services, tmp_path: Path
) -> None:
    """The keys in a bundle are those at its checkpoint, so the stamp is left out."""
    receive(home)
    stamp_log(home)
    rotate(home)
    report, files = export(home, tmp_path / "b.zip")
    assert report.verdict is Result.PASSED
    assert "checkpoint.tsr" not in files
    rotated = [n for n in files if n.startswith("statements/")]
    assert reasons(report, 19).startswith("the result of 3 changes")
    assert len(rotated) >= 5


def test_a_bundle_goes_through_every_log_of_the_firm(
    home: Services, tmp_path: Path
) -> None:
    """Exhibits of three logs; older papers lead to it, its keys to an older bundle."""
    receive(home)
    old = home.log.keys.trusted
    before, _ = export(home, tmp_path / "before.zip")
    assert before.verdict is Result.PASSED
    firsts = [begin_log(home, name) for name in ("2027", "2028")]
    stamp_log(home)
    report, files = export(home, tmp_path / "after.zip")
    assert report.verdict is Result.PASSED
    assert {f"statements/{first:08d}.dsse.json" for first in firsts} <= files.keys()
    closed = [c.subject for c in report.checks if c.number == 5][1:]
    assert closed == [f"proofs/{n:08d}.tlog-proof" for n in (0, firsts[0])]
    assert "checkpoint.2.tsr" in files
    new = parse_trusted_keys(files["trust/keys"])
    assert results(verify_bundle(tmp_path / "before.zip", new)) == set()
    by_old = verify_bundle(tmp_path / "after.zip", None, old.fingerprint())
    assert results(by_old) == set()


def test_a_stamp_of_a_closed_log_is_not_taken_for_a_newer_bundle(
    home: Services, tmp_path: Path
) -> None:
    """The first event of the log that goes on belongs into it, and is newer."""
    receive(home)
    change_keys(home, CONSOLE, plan_next_log(home, "2027"))
    stamp_log(home)
    report, files = export(home, tmp_path / "b.zip")
    assert report.verdict is Result.PASSED
    assert "checkpoint.tsr" not in files
    assert files["checkpoint"].partition(b"\n")[0].endswith(b"/2027")


def begin_log(home: Services, name: str) -> int:
    """Close the log, and receive an exhibit in the next one; the first event there."""
    change_keys(home, CONSOLE, plan_next_log(home, name))
    receive(home, name.encode())
    return home.log.keys.trusted.origins()[-1].first


def test_an_erased_exhibit_is_told_by_its_erasure_alone(
    home: Services, tmp_path: Path
) -> None:
    """No original, no statement of it; when, by whom and on what ground is told."""
    kept, gone = receive(home), receive(home, b"personal")
    erase_exhibit(home, CONSOLE, None, gone, "当事人要求", "个人信息保护法第四十七条")
    report, files = export(home, tmp_path / "b.zip")
    assert report.verdict is Result.PASSED
    assert len([name for name in files if name.startswith("data/")]) == 1
    erased = [check for check in report.checks if check.number == 20]
    assert [check.subject for check in erased] == [gone]
    assert "erased on" in erased[0].reason
    out = tmp_path / "one.zip"
    export_bundle(home, CONSOLE, None, "2025-001", (kept,), out)
    assert reasons(verify_bundle(out, None), 20) == "nothing was erased"
    only = tmp_path / "gone.zip"
    export_bundle(home, CONSOLE, None, "2025-001", (gone,), only)
    assert verify_bundle(only, None).verdict is Result.PASSED
