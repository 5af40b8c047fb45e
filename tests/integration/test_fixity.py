"""Fixity runs on real stores: what is damaged is mended and logged, gaps are seen."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest
from sqlalchemy import select

from intake.errors import Refused
from intake.tables import CustodyEvent
from integrity.errors import StoreIdentityError
from integrity.store.blobs import blob_name, digest_of
from integrity.store.objects import FolderStore
from receipts import fixity as fixity_module
from receipts.fixity import DailyFixity, Outcome, run_fixity, runs_of
from receipts.fixity_schedule import bucket_due, bucket_of, coverage
from receipts.maintenance import Examination
from tests.web_firm import Firm, make_firm

DAY = dt.date(2026, 1, 1)


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """A firm with some files."""
    made = make_firm(tmp_path)
    for n in range(3):
        made.exhibit(f"{n}.txt", b"file %d" % n)
    return made


def run(firm: Firm, day: dt.date = DAY, *, everything: bool = False) -> Outcome | None:
    """A run without rest."""
    return run_fixity(
        firm.services, day=day, everything=everything, rest=lambda _seconds: None
    )


def everything(firm: Firm) -> Outcome:
    """A run over every bucket."""
    done = run(firm, everything=True)
    assert done is not None
    return done


def path_of(firm: Firm, place: int, sha256: str) -> Path:
    """The file of a blob in a store."""
    store = tuple(firm.services.log.stores)[place]
    assert isinstance(store, FolderStore)
    return store.root / blob_name(sha256)


def damage(path: Path) -> None:
    """Change one byte."""
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.chmod(0o600)
    path.write_bytes(data)


def kinds(firm: Firm) -> list[str]:
    """Every fixity event, in order."""
    query = select(CustodyEvent.kind).where(CustodyEvent.kind.like("fixity.%"))
    with firm.services.log.session() as session:
        return list(session.scalars(query.order_by(CustodyEvent.leaf)))


@pytest.mark.parametrize("place", [0, 1])
def test_a_changed_byte_is_mended_and_logged(firm: Firm, place: int) -> None:
    """In either store; the other copy gives the bytes back."""
    sha256 = firm.row(firm.exhibit("x.txt", b"x")).sha256
    damage(path_of(firm, place, sha256))
    done = everything(firm)
    assert done.sound
    bad, good = done.places[place], done.places[1 - place]
    assert (bad.objects, bad.altered, bad.missing, bad.repaired) == (4, 1, 0, 1)
    assert (good.altered, good.missing, good.repaired) == (0, 0, 0)
    assert bad.bytes == 3 * len(b"file 0") + 1
    assert kinds(firm) == ["fixity.repaired", "fixity.checked"]
    store = tuple(firm.services.log.stores)[place]
    assert digest_of(store, blob_name(sha256)) == sha256
    assert list(Examination(firm.services, repair=False).run()) == []


def test_a_missing_file_is_put_back(firm: Firm) -> None:
    """Missing is told apart from altered."""
    sha256 = firm.row(firm.exhibit("x.txt", b"x")).sha256
    path_of(firm, 1, sha256).unlink()
    place = everything(firm).places[1]
    assert (place.altered, place.missing, place.repaired) == (0, 1, 1)


def test_what_no_copy_can_mend_is_told(firm: Firm) -> None:
    """Both copies altered: logged as it is, and again at the next run."""
    sha256 = firm.row(firm.exhibit("x.txt", b"x")).sha256
    for place in (0, 1):
        damage(path_of(firm, place, sha256))
    done = everything(firm)
    assert not done.sound
    assert [(p.altered, p.repaired) for p in done.places] == [(1, 0), (1, 0)]
    (logged,) = runs_of(firm.services)
    assert logged.bad == 2
    assert kinds(firm) == ["fixity.checked"]


def test_a_day_checks_its_bucket_and_no_other(firm: Firm) -> None:
    """A damaged file is found on its day, computed from its digest alone."""
    sha256 = firm.row(firm.exhibit("x.txt", b"x")).sha256
    damage(path_of(firm, 0, sha256))
    ahead = (bucket_of(sha256) - bucket_due(DAY)) % 90
    day = DAY + dt.timedelta(days=ahead)
    eve = run(firm, day - dt.timedelta(days=1))
    assert eve is not None
    assert eve.findings == []
    done = run(firm, day)
    assert done is not None
    assert [f.subject for f in done.findings] == [sha256]
    assert run(firm, day) is None  # once a day


def test_a_skipped_day_shows_in_the_events(firm: Firm) -> None:
    """And the next run makes up for it."""
    for number in (0, 1, 4):
        run(firm, DAY + dt.timedelta(days=number))
    runs = list(runs_of(firm.services))
    found = coverage(runs, DAY + dt.timedelta(days=4))
    assert [(gap.day.day, gap.filled) for gap in found.gaps] == [
        (3, DAY + dt.timedelta(days=4)),
        (4, DAY + dt.timedelta(days=4)),
    ]
    assert found.broken == ()
    assert len(runs[-1].buckets) == 3


def test_a_store_that_is_away_makes_a_gap(firm: Firm) -> None:
    """Nothing is logged of a run that could not look."""
    second = tuple(firm.services.log.stores)[1]
    assert isinstance(second, FolderStore)
    away = second.root.with_name("away")
    shutil.move(second.root, away)
    with pytest.raises(StoreIdentityError):
        run(firm)
    shutil.move(away, second.root)
    assert kinds(firm) == []
    assert run(firm) is not None


def test_two_at_once_log_one(firm: Firm, monkeypatch: pytest.MonkeyPatch) -> None:
    """The slower of two runs is refused, so that no day counts twice."""
    checking = fixity_module._check

    def slower(*args: object) -> object:
        monkeypatch.setattr(fixity_module, "_check", checking)
        run(firm)
        return checking(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(fixity_module, "_check", slower)
    with pytest.raises(Refused) as caught:
        run(firm)
    assert caught.value.code == "fixity_meanwhile"
    assert kinds(firm) == ["fixity.checked"]


def test_it_rests_as_long_as_it_works(firm: Firm) -> None:
    """After each file, and never longer than the limit."""
    rests: list[float] = []
    run_fixity(firm.services, day=DAY, everything=True, rest=rests.append)
    assert len(rests) == 3
    assert all(0 <= rest <= fixity_module.LONGEST_REST for rest in rests)


def test_the_scheduler_waits_after_a_failure(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tries again an hour later, not every half minute; and once a day."""
    clock = [dt.datetime(2026, 1, 1, tzinfo=dt.UTC)]
    monkeypatch.setattr(fixity_module, "now", lambda: clock[0])
    step = DailyFixity()
    second = tuple(firm.services.log.stores)[1]
    assert isinstance(second, FolderStore)
    away = second.root.with_name("away")
    shutil.move(second.root, away)
    with pytest.raises(StoreIdentityError):
        step(firm.services)
    shutil.move(away, second.root)
    clock[0] += fixity_module.AFTER_FAILURE - dt.timedelta(seconds=1)
    assert step(firm.services) is None
    clock[0] += dt.timedelta(seconds=1)
    assert step(firm.services) is not None
    assert step(firm.services) is None
    assert kinds(firm) == ["fixity.checked"]
