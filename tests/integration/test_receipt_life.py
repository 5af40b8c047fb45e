"""The life of a receipt: issued, opened with its PIN, confirmed, voided, verified."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from intake.errors import NotFound, Refused
from intake.matters import MatterForm, open_matter
from intake.services import Services
from intake.tables import Exhibit
from intake.users import add_user
from integrity.statement import Actor
from integrity.store.db import writing
from receipts.client import confirm, open_link, reopen
from receipts.export import export_bundle
from receipts.issue import Issued, IssueForm, issue_receipt, void_receipt
from receipts.maintenance import Examination
from receipts.opening import open_services
from receipts.tables import Receipt, ReceiptAct
from receipts.verify_bundle import verify_bundle
from receipts.verify_receipt import verify_receipt_pdf
from tests.factories import CONSOLE, add_bytes, copied, make_settings
from workers.jobs import process_exhibit

LI = Actor("li.na", "李娜", "paralegal")


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a home with one exhibit, made once."""
    folder = tmp_path_factory.mktemp("begun")
    services = open_services(make_settings(folder))
    add_user(services, CONSOLE, "li.na", "李娜", "paralegal")
    form = MatterForm("2025-001", "借款", "张三", leads=("li.na",))
    open_matter(services, CONSOLE, form)
    added = add_bytes(services, "2025-001", "借条.txt", "借条 2025年3月6日".encode())
    process_exhibit(services, added.exhibit_id)
    services.log.engine.dispose()
    return folder


@pytest.fixture
def home(begun: Path, tmp_path: Path) -> Services:
    """A copy of that home, opened."""
    return open_services(copied(begun, tmp_path))


def exhibit_id(services: Services) -> str:
    """The one exhibit."""
    with services.log.session() as session:
        return str(session.scalar(select(Exhibit.id)))


def issue(services: Services, **more: object) -> Issued:
    """Issue a receipt for it."""
    form = IssueForm("2025-001", "received", "张三", (exhibit_id(services),), **more)  # type: ignore[arg-type]  # keyword subset
    return issue_receipt(services, LI, "li.na", form)


def token(issued: Issued) -> str:
    """The token in the link."""
    return issued.url.rpartition("/")[2]


def pdf(services: Services, issued: Issued) -> bytes:
    """The final paper."""
    with services.log.stores.open_blob(issued.pdf_sha256) as stream:
        return stream.read()


def test_issued_receipt_verifies_and_is_logged(home: Services) -> None:
    """The sealed PDF passes every numbered check against the firm's keys."""
    issued = issue(home)
    report = verify_receipt_pdf(pdf(home, issued), home.log.keys.trusted)
    assert report.verdict.value == "passed"
    assert list(Examination(home, repair=False).run()) == []


def test_changed_paper_fails(home: Services) -> None:
    """One changed byte of the paper is a failed check."""
    data = bytearray(pdf(home, issue(home)))
    data[len(data) // 2] ^= 1
    report = verify_receipt_pdf(bytes(data), home.log.keys.trusted)
    assert report.verdict.value == "failed"


def test_pin_is_needed_counted_and_locks(home: Services) -> None:
    """Five wrong PINs lock the link even for the right one, until reopened."""
    issued = issue(home, pin="123456")
    for no_pin in ("", "12345", "abcdef"):
        with pytest.raises(Refused) as caught:
            open_link(home, token(issued), no_pin)
        assert caught.value.code == "pin_bad"
    for left in (4, 3, 2, 1):
        with pytest.raises(Refused) as caught:
            open_link(home, token(issued), "000000")
        assert caught.value.facts == {"left": left}
    for pin in ("000000", "123456"):
        with pytest.raises(Refused) as caught:
            open_link(home, token(issued), pin)
        assert caught.value.code == "pin_locked"
    receipt_id = issued.receipt_id
    reopen(home, receipt_id, "654321")
    assert open_link(home, token(issued), "６５４３２１") == receipt_id


def test_view_and_confirmation_are_custody_events(home: Services) -> None:
    """What the client does is in the log with time and name."""
    issued = issue(home)
    receipt_id = open_link(home, token(issued), str(issued.pin))
    for _ in range(2):  # a form sent twice is one confirmation
        confirm(home, receipt_id, "张三")
    with home.log.session() as session:
        acts = session.scalars(select(ReceiptAct).order_by(ReceiptAct.leaf)).all()
        assert [(a.kind, a.signer_name) for a in acts] == [
            ("viewed", None),
            ("confirmed", "张三"),
        ]


def test_void_and_expired_links_do_not_open(home: Services) -> None:
    """After voiding or expiry the scans are closed, with their own words."""
    issued, old = issue(home, pin=None), issue(home, pin=None)
    void_receipt(home, LI, "li.na", issued.number, "填写有误")
    with pytest.raises(Refused) as caught:
        open_link(home, token(issued), "")
    assert caught.value.code == "link_void"
    with writing(home.log.engine) as session:
        row = session.get(Receipt, old.receipt_id)
        row.expires_at = row.issued_at
    with pytest.raises(Refused) as caught:
        open_link(home, token(old), "")
    assert caught.value.code == "link_expired"


def test_guessed_token_says_nothing(home: Services) -> None:
    """A token nobody issued and no token at all have one answer."""
    issue(home)
    for guess in ("0" * 26, "x", "", "../../etc"):
        with pytest.raises(NotFound) as caught:
            open_link(home, guess, "")
        assert caught.value.code == "receipt_unknown"


def test_neither_token_nor_pin_is_in_the_database(home: Services) -> None:
    """A stolen database file opens no link."""
    issued = issue(home, pin="805193")
    raw = b"".join(p.read_bytes() for p in home.settings.home.glob("custody.db*"))
    assert token(issued).encode() not in raw
    assert b"805193" not in raw


def test_exported_bundle_passes_and_every_flipped_byte_fails(
    home: Services, tmp_path: Path
) -> None:
    """The bundle verifies offline; a flipped byte anywhere fails by file and check."""
    out = tmp_path / "bundle.zip"
    export_bundle(home, LI, "li.na", "2025-001", (), out)
    assert verify_bundle(out, home.log.keys.trusted).verdict.value == "passed"
    good = out.read_bytes()
    for position in range(0, len(good), max(1, len(good) // 40)):
        bad = bytearray(good)
        bad[position] ^= 0x20
        out.write_bytes(bytes(bad))
        report = verify_bundle(out, home.log.keys.trusted)
        failed = [c for c in report.checks if c.result.value == "failed"]
        assert failed, position
        assert all(check.subject and check.reason for check in failed)
