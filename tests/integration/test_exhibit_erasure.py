"""Erasing an exhibit: what goes, what stays, and that everything else stays good."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from sqlalchemy import select

from intake.acts import find, finish_recorded
from intake.errors import Refused
from intake.review import CheckForm, check, review
from intake.tables import CustodyEvent, Exhibit, ExhibitName
from integrity.errors import StoreUnavailable
from integrity.statement import Actor
from integrity.store.blobs import TwinStores, blob_name
from integrity.store.db import writing
from integrity.store.erasure import ERASED
from integrity.store.objects import FolderStore
from integrity.store.tables import Blob
from receipts.act_kinds import HANDLERS
from receipts.care_tables import Tombstone
from receipts.checks import Result
from receipts.erasure import (
    Erased,
    erase_exhibit,
    finish_erasures,
    propose_erasure,
)
from receipts.export import export_bundle
from receipts.issue import IssueForm, issue_receipt
from receipts.maintenance import Examination, restore
from receipts.opening import open_services
from receipts.reimport import import_bundle
from receipts.standalone import verify as standalone
from receipts.verify_bundle import verify_bundle
from receipts.verify_receipt import verify_receipt_pdf
from tests.factories import CONSOLE, make_settings
from tests.integration.test_fixity import damage, kinds, path_of
from tests.integration.test_two_persons import (
    actor,
    add,
    enrol_person,
    refusal,
)
from tests.web_firm import Firm, make_firm

BASIS = "《个人信息保护法》第四十七条"
REASON = "当事人要求删除"
MARKER, NAME = b"MARKER-7f3a-11010119900307", "张三的身份证-NAME-5d21.txt"


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """A firm without keys of persons."""
    return make_firm(tmp_path)


def erase(firm: Firm, exhibit: str) -> Erased:
    """One person erases."""
    return erase_exhibit(firm.services, CONSOLE, None, exhibit, REASON, BASIS)


def findings(firm: Firm) -> list[tuple[str, str, str]]:
    """What fsck says."""
    found = Examination(firm.services, repair=False).run()
    return [(f.finding, f.place, f.subject) for f in found]


def holding(folder: Path, *needles: bytes) -> list[Path]:
    """Files below `folder` that hold one of the needles."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert len(files) > 20
    forms = [form for needle in needles for form in _forms(needle)]
    return [p for p in files if any(form in p.read_bytes() for form in forms)]


def _forms(needle: bytes) -> list[bytes]:
    """As it is, as JSON writes it, and inside the base64 of a statement."""
    shifted = (base64.b64encode(b"." * n + needle)[4:-4] for n in range(3))
    escaped = json.dumps(needle.decode())[1:-1].encode()
    return [needle, escaped, *shifted]


def planted(firm: Firm) -> str:
    """An exhibit with a marker in its bytes and its name, reviewed and checked."""
    exhibit = firm.read_exhibit(NAME, MARKER)
    review(firm.services, CONSOLE, None, exhibit, "", "")
    for login in ("li.na", "wang.wu"):
        form = CheckForm(1, "copy", f"条件 {MARKER.decode()}")
        check(firm.services, actor(firm, login), login, exhibit, form)
    return exhibit


def test_nothing_of_it_is_left(firm: Firm, tmp_path: Path) -> None:
    """Neither the bytes nor the names nor the digest, in any file of the home."""
    kept = firm.read_exhibit("合同.txt", b"kept")
    exhibit = planted(firm)
    row = firm.row(exhibit)
    needles = (MARKER, NAME.encode(), row.sha256.encode(), row.name.encode())  # type: ignore[union-attr]
    assert len(holding(tmp_path, *needles)) > 6
    done = erase(firm, exhibit)
    assert (done.statements, done.blobs) == (5, 1)  # the pictures are another's too
    assert holding(tmp_path, *needles) == []
    firm.services.log.engine.dispose()
    assert holding(tmp_path, *needles) == []
    assert findings(firm) == []
    assert firm.row(kept).name


def test_a_tombstone_remains(firm: Firm) -> None:
    """Who erased it, when, on which ground; and it is not erased twice."""
    exhibit = planted(firm)
    erase(firm, exhibit)
    with firm.services.log.session() as session:
        stone = session.get_one(Tombstone, exhibit)
        assert (stone.login, stone.legal_basis) == ("console", BASIS)
        kinds = select(CustodyEvent.kind).where(CustodyEvent.exhibit_id == exhibit)
        assert list(session.scalars(kinds)) == [ERASED]
    row = firm.row(exhibit)
    assert (row.state, row.name, row.original_name) == ("erased", None, "")
    assert refusal(lambda: erase(firm, exhibit)) == "exhibit_erased"


def test_proofs_bundles_and_receipts_stay_good(firm: Firm, tmp_path: Path) -> None:
    """Those made before and those made after, of the other exhibits and of all."""
    kept, exhibit = firm.read_exhibit("合同.txt", b"kept"), planted(firm)
    form = IssueForm("2025-001", "received", "某某公司", (kept, exhibit))
    issued = issue_receipt(firm.services, CONSOLE, None, form)
    with firm.services.log.stores.open_blob(issued.pdf_sha256) as stream:
        paper = stream.read()
    before = bundle(firm, tmp_path / "before.zip", kept)
    done = erase(firm, exhibit)
    assert done.receipts == (issued.number,)
    trusted = firm.services.log.keys.trusted
    assert verify_receipt_pdf(paper, trusted).verdict is Result.PASSED
    fingerprint = trusted.fingerprint()
    both = bundle(firm, tmp_path / "after.zip", kept, exhibit)
    for path in (before, both):
        report = verify_bundle(path, None, fingerprint=fingerprint)
        assert report.verdict is Result.PASSED, report
    checks = verify_bundle(both, None, fingerprint=fingerprint).checks
    (told,) = [check.reason for check in checks if check.number == 20]
    assert told.startswith("erased on ")
    assert findings(firm) == []


def bundle(firm: Firm, out: Path, *exhibits: str) -> Path:
    """Export these exhibits."""
    export_bundle(firm.services, CONSOLE, None, "2025-001", exhibits, out)
    return out


def test_the_number_is_not_given_again(firm: Firm) -> None:
    """Not even to the next file of the same date and type, nor after a replay."""
    exhibit = firm.read_exhibit("a.txt", b"a")
    name = firm.row(exhibit).name
    erase(firm, exhibit)
    following = firm.row(firm.read_exhibit("b.txt", b"b")).name
    assert (name, following) == ("20250829_借条_001.txt", "20250829_借条_002.txt")
    assert findings(firm) == []


def test_what_another_exhibit_has_stays(firm: Firm) -> None:
    """The same bytes came twice: the second keeps them, the first is forgotten."""
    first, second = (firm.read_exhibit(n, b"twice") for n in ("1.txt", "2.txt"))
    assert erase(firm, first).blobs == 0
    digest = firm.row(second).sha256
    with firm.services.log.session() as session:
        assert session.get_one(Blob, digest).leaf == firm.row(second).leaf
    assert findings(firm) == []
    assert erase(firm, second).blobs == 2  # the original and the page picture
    for store in firm.services.log.stores:
        assert not store.exists(blob_name(digest))
    assert findings(firm) == []


def test_the_repair_of_its_file_is_forgotten_too(firm: Firm) -> None:
    """The event of a repair names the digest of the file; that of another stays."""
    exhibits = [firm.exhibit(f"{n}.txt", n.encode()) for n in ("kept", "gone")]
    for exhibit in exhibits:
        damage(path_of(firm, 0, firm.row(exhibit).sha256))
    list(Examination(firm.services, repair=True).run())
    assert kinds(firm) == ["fixity.repaired"] * 2
    assert erase(firm, exhibits[1]).statements == 2  # receipt and repair
    assert kinds(firm) == ["fixity.repaired"]
    assert findings(firm) == []


def test_restore_from_the_second_copy(firm: Firm, tmp_path: Path) -> None:
    """A receipt that listed it does not hinder; the rows are the same."""
    kept, exhibit = firm.read_exhibit("合同.txt", b"kept"), planted(firm)
    form = IssueForm("2025-001", "received", "某某公司", (kept, exhibit))
    issue_receipt(firm.services, CONSOLE, None, form)
    erase(firm, exhibit)
    firm.services.log.engine.dispose()
    other = make_settings(tmp_path / "other")
    restored = restore(other, firm.services.settings.second_store_url)
    assert restored.missing == ()
    services = open_services(other, complete=False)
    assert list(Examination(services, repair=False).run()) == []
    with services.log.session() as session:
        assert session.get_one(Exhibit, exhibit).state == "erased"
        names = select(ExhibitName.name).where(ExhibitName.exhibit_id == exhibit)
        assert session.scalar(names) is None


def test_a_member_goes_after_its_archive(firm: Firm) -> None:
    """The bytes of a member are inside the archive as well."""
    archive, member = firm.exhibit("a.zip", b"zip"), firm.exhibit("m.txt", b"m")
    with writing(firm.services.log.engine) as session:
        session.get_one(Exhibit, member).parent_id = archive
    assert refusal(lambda: erase(firm, member)) == "erase_container"


def test_it_is_completed_after_a_failure(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A store that fails in the middle leaves an open erasure, which is taken up."""
    exhibit = planted(firm)
    digest = firm.row(exhibit).sha256

    def failing(_self: FolderStore, name: str) -> None:
        raise StoreUnavailable(name, "no answer")

    with monkeypatch.context() as patched:
        patched.setattr(FolderStore, "erase", failing)
        with pytest.raises(StoreUnavailable):
            erase(firm, exhibit)
    assert firm.row(exhibit).state == "erased"
    assert "erasure_open" in {finding for finding, _, _ in findings(firm)}
    assert finish_erasures(firm.services) == 1
    assert finish_erasures(firm.services) == 0
    for store in firm.services.log.stores:
        assert not store.exists(blob_name(digest))
    assert findings(firm) == []


def test_with_the_rule_it_takes_two(firm: Firm, tmp_path: Path) -> None:
    """One signature erases nothing; two do, as every verifier of a bundle agrees."""
    kept, exhibit = firm.read_exhibit("合同.txt", b"kept"), planted(firm)
    for login in ("li.na", "wang.wu"):
        assert enrol_person(firm, login) is None
    assert refusal(lambda: erase(firm, exhibit)) == "signature_needed"
    who = actor(firm, "li.na")
    act_id = propose_erasure(firm.services, who, "li.na", exhibit, REASON, BASIS)
    act = add(firm, find(firm.services, "li.na", act_id), "li.na")
    assert (act.missing, firm.row(exhibit).state) == (1, "checked")
    act = add(firm, act, "wang.wu")
    assert (act.state, firm.row(exhibit).state) == ("done", "erased")
    assert finish_recorded(firm.services, HANDLERS) == 0
    assert findings(firm) == []
    out = bundle(firm, tmp_path / "b.zip")  # all of the matter, the erased one too
    fingerprint = firm.services.log.keys.trusted.fingerprint()
    report = verify_bundle(out, None, fingerprint=fingerprint)
    assert report.verdict is Result.PASSED
    assert standalone.main([str(out), "--fingerprint", fingerprint, "--json"]) == 0
    imported = import_bundle(out, tmp_path / "copy", fingerprint=fingerprint)
    assert [each.exhibit for each in imported.exhibits] == [kept]
    assert imported.equal


def test_what_was_signed_is_what_is_erased(firm: Firm) -> None:
    """A later event about the exhibit makes the proposal stale."""
    exhibit = firm.read_exhibit(NAME, MARKER)
    for login in ("li.na", "wang.wu"):
        assert enrol_person(firm, login) is None
    who: Actor = actor(firm, "li.na")
    act_id = propose_erasure(firm.services, who, "li.na", exhibit, REASON, BASIS)
    review(firm.services, CONSOLE, None, exhibit, "", "")
    act = find(firm.services, "li.na", act_id)
    with pytest.raises(Refused) as caught:
        add(firm, act, "li.na")
    assert caught.value.code == "statement_stale"


def test_equal_bytes_that_come_in_meanwhile_are_not_lost(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept, then erased with another exhibit, then to be logged: not acknowledged."""
    exhibit = firm.exhibit("a.txt", b"the same")
    keep = TwinStores.keep_file

    def keep_and_lose(stores: TwinStores, path: Path, sha256: str) -> None:
        keep(stores, path, sha256)
        monkeypatch.setattr(TwinStores, "keep_file", keep)
        erase(firm, exhibit)

    monkeypatch.setattr(TwinStores, "keep_file", keep_and_lose)
    with pytest.raises(StoreUnavailable):
        firm.exhibit("b.txt", b"the same")
    again = firm.row(firm.exhibit("b.txt", b"the same"))
    for store in firm.services.log.stores:
        assert store.exists(blob_name(again.sha256))
    assert findings(firm) == []
