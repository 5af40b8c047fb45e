"""The monthly certificate: what it says was done, and when there is none."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import pytest
from pyhanko.pdf_utils.reader import PdfFileReader
from sqlalchemy import select

from intake.errors import NotFound, Refused
from intake.tables import CustodyEvent
from integrity.store.blobs import blob_name
from integrity.store.objects import FolderStore
from receipts import certificate as certificate_module
from receipts.certificate import (
    MonthlyCertificates,
    certificate_of,
    certificates_of,
    certify,
)
from receipts.erasure import erase_exhibit
from receipts.maintenance import Examination
from tests.factories import CONSOLE
from tests.web_firm import Firm, make_firm

MATTER = "2025-001"
BANNED = ("不可篡改", "具有法律效力", "视为原件", "证明内容真实", "第三方")


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """A firm with three originals in one matter."""
    made = make_firm(tmp_path)
    for n in range(3):
        made.read_exhibit(f"{n}.txt", b"original %d" % n)
    return made


def events(firm: Firm) -> int:
    """How many certificates the log tells of."""
    query = select(CustodyEvent).where(CustodyEvent.kind == "matter.certified")
    with firm.services.log.session() as session:
        return len(session.scalars(query).all())


def damage(firm: Firm, exhibit: str, place: int) -> None:
    """Change a byte of one copy."""
    store = tuple(firm.services.log.stores)[place]
    assert isinstance(store, FolderStore)
    path = store.root / blob_name(firm.row(exhibit).sha256)
    path.chmod(0o600)
    path.write_bytes(b"?" + path.read_bytes()[1:])


def words_of(pdf: Path) -> str:
    """The text of a PDF."""
    run = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], capture_output=True, check=True
    )
    return run.stdout.decode()


def test_a_certificate(firm: Firm, tmp_path: Path) -> None:
    """Sealed, logged, kept twice; it counts items and bytes and claims no more."""
    made = certify(firm.services, CONSOLE, None, MATTER)
    assert (made.items, made.bytes) == (3, 3 * len(b"original 0"))
    assert certificate_of(firm.services, "li.na", MATTER) == made
    with firm.services.log.session() as session:
        (row,) = certificates_of(session, firm.matter)
    assert row.month == f"{certificate_module.today():%Y-%m}"
    out = tmp_path / "certificate.pdf"
    with firm.services.log.stores.open_blob(made.pdf_sha256) as stream:
        out.write_bytes(stream.read())
    with out.open("rb") as stream:
        (signature,) = PdfFileReader(stream).embedded_signatures
        assert signature.sig_object["/SubFilter"] == "/ETSI.CAdES.detached"
    text = words_of(out)
    assert "全部 3 项原件完好" in text
    assert "All 3 items intact" in text
    assert not [word for word in BANNED if word in text]
    assert list(Examination(firm.services, repair=False).run()) == []


@pytest.mark.parametrize("place", [0, 1])
def test_any_deviation_means_none(firm: Firm, place: int) -> None:
    """One byte in one copy: a refusal that names item and place, and no event."""
    exhibit = firm.exhibit("x.txt", b"x and more")
    damage(firm, exhibit, place)
    with pytest.raises(Refused) as caught:
        certify(firm.services, CONSOLE, None, MATTER)
    assert caught.value.code == "certificate_deviates"
    named = ("first", "second")[place]
    assert caught.value.facts["items"] == f"{exhibit} ({named}: altered)"
    assert events(firm) == 0


def test_a_missing_copy_is_named_so(firm: Firm) -> None:
    """Missing is not altered."""
    exhibit = firm.exhibit("x.txt", b"x")
    store = firm.services.log.stores.first
    assert isinstance(store, FolderStore)
    (store.root / blob_name(firm.row(exhibit).sha256)).unlink()
    with pytest.raises(Refused) as caught:
        certify(firm.services, CONSOLE, None, MATTER)
    assert "missing" in str(caught.value.facts["items"])


def test_another_month_is_not_made_up(firm: Firm) -> None:
    """What was not read then cannot be certified now."""
    for month, code in (("2020-01", "certificate_month"), ("2020-13", "choice_bad")):
        with pytest.raises(Refused) as caught:
            certify(firm.services, CONSOLE, None, MATTER, month)
        assert caught.value.code == code
    assert certificate_of(firm.services, None, MATTER, "2020-01") is None


def test_it_is_for_the_people_of_the_matter(firm: Firm) -> None:
    """Nobody else learns that the matter is there; an empty matter has none."""
    with pytest.raises(NotFound):
        certificate_of(firm.services, "zhou.min", MATTER)
    with pytest.raises(Refused) as caught:
        certify(firm.services, CONSOLE, None, "2025-002")
    assert caught.value.code == "certificate_empty"


def test_it_outlives_an_erasure(firm: Firm, tmp_path: Path) -> None:
    """It names nothing that has to go, and the next one leaves the item out."""
    exhibit = firm.read_exhibit("NAME-5d21.txt", b"x")
    digest = firm.row(exhibit).sha256
    before = certify(firm.services, CONSOLE, None, MATTER)
    erase_exhibit(firm.services, CONSOLE, None, exhibit, "r", "b")
    out = tmp_path / "certificate.pdf"
    with firm.services.log.stores.open_blob(before.pdf_sha256) as stream:
        out.write_bytes(stream.read())
    text = "".join(words_of(out).split())
    assert exhibit in text
    assert "NAME-5d21" not in text
    assert digest not in text
    assert certify(firm.services, CONSOLE, None, MATTER).items == before.items - 1


@pytest.mark.parametrize(("day", "count"), [(1, 1), (7, 1), (8, 0)])
def test_the_scheduler_makes_them(
    firm: Firm, monkeypatch: pytest.MonkeyPatch, day: int, count: int
) -> None:
    """On the first days of a month, once, for matters that have an original."""
    monkeypatch.setattr(certificate_module, "today", lambda: dt.date(2026, 3, day))
    step = MonthlyCertificates()
    assert step(firm.services) == count
    assert step(firm.services) == 0
    assert MonthlyCertificates()(firm.services) == 0
    assert events(firm) == count


def test_a_refused_matter_waits_for_the_next_day(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not read again every half minute."""
    monkeypatch.setattr(certificate_module, "today", lambda: dt.date(2026, 3, 1))
    exhibit = firm.exhibit("x.txt", b"x and more")
    damage(firm, exhibit, 0)
    step, calls = MonthlyCertificates(), []
    real = certificate_module.certify
    monkeypatch.setattr(
        certificate_module,
        "certify",
        lambda *a, **k: calls.append(1) or real(*a, **k),
    )
    assert (step(firm.services), step(firm.services), len(calls)) == (0, 0, 1)
    monkeypatch.setattr(certificate_module, "today", lambda: dt.date(2026, 3, 2))
    assert (step(firm.services), len(calls)) == (0, 2)
