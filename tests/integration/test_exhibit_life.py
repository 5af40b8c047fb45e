"""The life of an exhibit: read, reviewed, checked by two, named, withdrawn."""

from __future__ import annotations

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import select

from intake.access import exhibit_for
from intake.errors import NotFound, Refused
from intake.legal_date import LegalDate
from intake.matters import MatterForm, open_matter
from intake.reading import Unreadable, UnreadableReason
from intake.readings import due_readings, record_unreadable, take_lease
from intake.review import CheckForm, check, read_again, review, withdraw
from intake.services import Services, today
from intake.tables import Exhibit
from intake.users import add_user
from integrity.statement import Actor
from receipts.export import export_bundle
from receipts.maintenance import Examination
from receipts.opening import open_services
from tests.factories import CONSOLE, add_bytes, copied, make_settings
from workers.jobs import process_exhibit

LI = Actor("li.na", "李娜", "paralegal")
WANG = Actor("wang.wu", "王武", "lawyer")
IOU = "借条\n今借到张三人民币壹万元整\n借款人：李四\n2025年3月6日\n"


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with two people on a matter and one who is not, made once; its folder."""
    folder = tmp_path_factory.mktemp("begun")
    services = open_services(make_settings(folder))
    for login, name, role in (
        ("li.na", "李娜", "paralegal"),
        ("wang.wu", "王武", "lawyer"),
        ("zhao.liu", "赵六", "lawyer"),
    ):
        add_user(services, CONSOLE, login, name, role)
    form = MatterForm(
        "2025-001", "借款", "张三", leads=("wang.wu",), assistants=("li.na",)
    )
    open_matter(services, CONSOLE, form)
    services.log.engine.dispose()
    return folder


@pytest.fixture
def home(begun: Path, tmp_path: Path) -> Services:
    """A copy of that home, opened."""
    return open_services(copied(begun, tmp_path))


def row(services: Services, key: str) -> Exhibit:
    """The exhibit as it is now."""
    with services.log.session() as session:
        return exhibit_for(session, None, key)


def add_read(services: Services, name: str, text: str) -> str:
    """Receive a text file and read it."""
    exhibit_id = add_bytes(services, "2025-001", name, text.encode()).exhibit_id
    process_exhibit(services, exhibit_id)
    return exhibit_id


def sound(services: Services) -> bool:
    """Whether fsck finds nothing."""
    return list(Examination(services, repair=False).run()) == []


def test_reading_proposes_type_date_and_name(home: Services) -> None:
    """A clear paper gets its legal name, and waits for a person."""
    exhibit = row(home, add_read(home, "scan.txt", IOU))
    assert exhibit.state == "to_review"
    assert exhibit.name == "20250306_借条_001.txt"
    assert exhibit.date_basis == "document"
    assert exhibit.type_candidates[0]["line"].startswith("借条")
    assert sound(home)


def test_undated_text_takes_the_day_received_and_says_so(home: Services) -> None:
    """Without a date in the paper the basis is `received`, never silent."""
    exhibit = row(home, add_read(home, "a.txt", "nothing to see here at all"))
    day = LegalDate.of(today()).compact()
    assert (exhibit.date, exhibit.date_basis) == (day, "received")
    assert exhibit.name == f"{day}_其他材料_001.txt"


def test_numbers_are_gapless_under_concurrency(home: Services) -> None:
    """Eight readers at once give the numbers 1 to 16 once each."""
    ids = [
        add_bytes(home, "2025-001", f"{n}.txt", f"{IOU}{n}".encode()).exhibit_id
        for n in range(16)
    ]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda one: process_exhibit(home, one), ids))
    names = sorted(str(row(home, one).name) for one in ids)
    assert names == [f"20250306_借条_{n:03d}.txt" for n in range(1, 17)]


def test_correction_keeps_the_earlier_name_resolving(home: Services) -> None:
    """After a correction both names find the exhibit; going back reuses the old."""
    exhibit_id = add_read(home, "a.txt", IOU)
    review(home, LI, "li.na", exhibit_id, "收条", "2025-03-07")
    assert row(home, exhibit_id).name == "20250307_收条_001.txt"
    assert row(home, "20250306_借条_001.txt").id == exhibit_id
    review(home, LI, "li.na", exhibit_id, "借条", "2025.3.6")
    assert row(home, exhibit_id).name == "20250306_借条_001.txt"
    other = add_read(home, "b.txt", f"{IOU}x")
    assert row(home, other).name == "20250306_借条_002.txt"
    assert sound(home)


def test_two_people_check(home: Services) -> None:
    """One half waits; the same person cannot be the second; agreement checks it."""
    exhibit_id = add_read(home, "a.txt", IOU)
    with pytest.raises(Refused) as early:
        check(home, LI, "li.na", exhibit_id, CheckForm(1, "copy"))
    assert early.value.code == "exhibit_state"
    review(home, LI, "li.na", exhibit_id, "", "")
    check(home, LI, "li.na", exhibit_id, CheckForm(1, "copy"))
    assert row(home, exhibit_id).state == "reviewed"
    with pytest.raises(Refused) as same:
        check(home, LI, "li.na", exhibit_id, CheckForm(1, "copy"))
    assert same.value.code == "same_person"
    check(home, WANG, "wang.wu", exhibit_id, CheckForm(1, "copy"))
    exhibit = row(home, exhibit_id)
    assert (exhibit.state, exhibit.pages, exhibit.paper) == ("checked", 1, "copy")


def test_disagreement_is_recorded_and_opens_the_item_again(home: Services) -> None:
    """Different counts leave it unchecked and both halves closed."""
    exhibit_id = add_read(home, "a.txt", IOU)
    review(home, LI, "li.na", exhibit_id, "", "")
    check(home, LI, "li.na", exhibit_id, CheckForm(1, "copy"))
    check(home, WANG, "wang.wu", exhibit_id, CheckForm(2, "copy"))
    assert row(home, exhibit_id).state == "reviewed"
    check(home, LI, "li.na", exhibit_id, CheckForm(2, "copy"))
    check(home, WANG, "wang.wu", exhibit_id, CheckForm(2, "copy"))
    assert row(home, exhibit_id).state == "checked"
    assert sound(home)


def test_withdrawn_keeps_bytes_name_and_number(home: Services) -> None:
    """A withdrawn exhibit stays with its reason; its number is not given again."""
    exhibit_id = add_read(home, "a.txt", IOU)
    withdraw(home, LI, "li.na", exhibit_id, "重复提交")
    exhibit = row(home, exhibit_id)
    assert (exhibit.state, exhibit.reason_detail) == ("withdrawn", "重复提交")
    other = add_read(home, "b.txt", f"{IOU}x")
    assert row(home, other).name == "20250306_借条_002.txt"


def test_unreadable_is_kept_with_reason_and_can_be_entered_by_hand(
    home: Services,
) -> None:
    """Bytes nobody can read stay, say why, and a person can name them."""
    noise = bytes(range(256)) * 8
    exhibit_id = add_bytes(home, "2025-001", "x.pdf", noise).exhibit_id
    process_exhibit(home, exhibit_id)
    exhibit = row(home, exhibit_id)
    assert (exhibit.state, exhibit.reason) == ("unreadable", "CORRUPT")
    read_again(home, LI, "li.na", exhibit_id)
    assert row(home, exhibit_id).reading_due
    process_exhibit(home, exhibit_id)
    review(home, LI, "li.na", exhibit_id, "合同", "20240102")
    assert str(row(home, exhibit_id).name).startswith("20240102_合同_001.")


def test_strangers_to_the_matter_see_nothing(home: Services) -> None:
    """For a non-member every key answers as if the exhibit did not exist."""
    exhibit_id = add_read(home, "a.txt", IOU)
    exhibit = row(home, exhibit_id)
    for key in (exhibit_id, exhibit.name, exhibit.sha256):
        with home.log.session() as session, pytest.raises(NotFound) as caught:
            exhibit_for(session, "zhao.liu", str(key))
        assert caught.value.code == "exhibit_unknown"
    with pytest.raises(NotFound):
        review(home, LI, "zhao.liu", exhibit_id, "", "")


@pytest.mark.parametrize(
    "number", ["mjyes6r22wqt1", "２０２５-001", "a/b", "", "x" * 61]
)
def test_deceptive_matter_numbers_are_refused(home: Services, number: str) -> None:
    """A number that could be taken for an id, or for another number, is no number."""
    with pytest.raises(Refused) as caught:
        open_matter(home, CONSOLE, MatterForm(number, "t", "c"))
    assert caught.value.code == "matter_number"


def test_withdrawn_exhibits_are_not_exported(home: Services, tmp_path: Path) -> None:
    """Asked for by name, too."""
    exhibit_id = add_read(home, "a.txt", IOU)
    withdraw(home, LI, "li.na", exhibit_id, "重复提交")
    out = tmp_path / "b.zip"
    with pytest.raises(Refused) as caught:
        export_bundle(home, LI, "li.na", "2025-001", (exhibit_id,), out)
    assert caught.value.code == "exhibit_state"


def test_late_worker_changes_nothing(home: Services) -> None:
    """Only the holder of the lease records a result."""
    exhibit_id = add_bytes(home, "2025-001", "a.txt", IOU.encode()).exhibit_id
    lease = take_lease(home, exhibit_id)
    assert lease is not None
    assert take_lease(home, exhibit_id) is None
    stale = type(lease)(lease.exhibit, "0" * 32)
    why = Unreadable(UnreadableReason.CORRUPT, "")
    assert record_unreadable(home, stale, why) is False
    assert row(home, exhibit_id).state == "received"
    assert record_unreadable(home, lease, why) is True
    assert due_readings(home, today() - today()) == []


def test_programs_are_refused_and_named_when_packed(home: Services) -> None:
    """A script is refused at the door; inside a ZIP it stays there, with a finding."""
    script = b"#!/bin/sh\necho hello\n"
    with pytest.raises(Refused) as caught:
        add_bytes(home, "2025-001", "photo.jpg", script)
    assert caught.value.code == "program_refused"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("run.sh", script)
        archive.writestr("借条.txt", IOU)
    exhibit_id = add_bytes(home, "2025-001", "a.zip", packed.getvalue()).exhibit_id
    process_exhibit(home, exhibit_id)
    codes = [finding["code"] for finding in row(home, exhibit_id).findings]
    assert "MEMBER_REFUSED" in codes
    with home.log.session() as session:
        inside = session.scalars(select(Exhibit).where(Exhibit.parent_id == exhibit_id))
        assert [one.original_name for one in inside] == ["借条.txt"]


@pytest.mark.parametrize("typed", ["2025-02-30", "yesterday-ish", "1234567890"])
def test_impossible_dates_are_refused(home: Services, typed: str) -> None:
    """A date that does not exist is one clear sentence, and nothing changes."""
    exhibit_id = add_read(home, "a.txt", IOU)
    with pytest.raises(Refused) as caught:
        review(home, LI, "li.na", exhibit_id, "", typed)
    assert caught.value.code == "date_bad"
    assert row(home, exhibit_id).state == "to_review"
