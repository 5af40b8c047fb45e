"""Keys change, and nothing that was proven before stops being proven."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import select

from intake.errors import Refused, SettingsError
from intake.key_files import create_file_signer, encrypt_file
from intake.key_reference import KeyUnavailable
from intake.key_sources import MAX_REFERENCES, RECORD, KeySources
from intake.keyring import TRUST, home_identity, open_keys
from intake.matters import MatterForm, open_matter
from intake.services import Services, now
from intake.tables import Exhibit
from intake.users import add_user
from integrity.errors import VerificationError
from integrity.keys import Ed25519Signer, key_id
from integrity.note import VerifierKey
from integrity.persons import verified_logins
from integrity.policy import Role, parse_trusted_keys
from integrity.statement import Actor, open_statement, seal
from integrity.store import sql_log
from integrity.store.blobs import KEYS, read_object
from integrity.store.custody_log import TwoPersonsNeeded
from integrity.store.tables import LogKeyChange
from receipts.checks import Result
from receipts.issue import Issued, IssueForm, issue_receipt
from receipts.key_changes import (
    apply_change,
    change_keys,
    plan_compromise,
    plan_rotation,
    propose_change,
    record_change,
)
from receipts.key_plan import (
    KeyPlan,
    open_lines,
    person_added,
    person_removed,
    two_person_rule,
)
from receipts.key_settling import current_pdf_key, home_keys, settle_keys
from receipts.maintenance import Examination, restore
from receipts.opening import open_services
from receipts.pdf_key import certificate_sha256
from receipts.verify_receipt import verify_receipt_pdf
from tests.factories import CONSOLE, add_bytes, copied, make_settings
from workers.jobs import process_exhibit

LI = Actor("li.na", "李娜", "paralegal")
OWN = (Role.LOG, Role.STATEMENT, Role.PDF)


def begin(folder: Path, **settings: str) -> Services:
    """A home with one exhibit."""
    services = open_services(make_settings(folder, **settings))
    add_user(services, CONSOLE, "li.na", "李娜", "paralegal")
    form = MatterForm("2025-001", "借款", "张三", leads=("li.na",))
    open_matter(services, CONSOLE, form)
    added = add_bytes(services, "2025-001", "借条.txt", "借条 2025年3月6日".encode())
    process_exhibit(services, added.exhibit_id)
    return services


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a home with file keys, made once."""
    folder = tmp_path_factory.mktemp("begun")
    begin(folder)
    return folder


@pytest.fixture
def home(begun: Path, tmp_path: Path) -> Services:
    """A copy of that home."""
    return open_services(copied(begun, tmp_path))


def issue(services: Services) -> Issued:
    """A receipt for the exhibit."""
    with services.log.session() as session:
        named = select(Exhibit.id).where(Exhibit.name.is_not(None))
        exhibit = str(session.scalar(named))
    form = IssueForm("2025-001", "received", "张三", (exhibit,))
    return issue_receipt(services, LI, "li.na", form)


def paper(services: Services, issued: Issued) -> bytes:
    """The final PDF."""
    with services.log.stores.open_blob(issued.pdf_sha256) as stream:
        return stream.read()


def rotate(services: Services, *roles: Role) -> None:
    """Replace the keys of these roles, all of them by default."""
    for role in roles or OWN:
        change_keys(services, CONSOLE, plan_rotation(services, role))


def act(services: Services) -> None:
    """Any event."""
    add_bytes(services, "2025-001", "x.txt", b"x")


def findings(services: Services) -> list[tuple[str, str, str]]:
    """What fsck says."""
    run = Examination(services, repair=False)
    return [(f.finding, f.place, f.subject) for f in run.run()]


def lists(services: Services) -> set[bytes]:
    """The list of public keys at each of its three places."""
    stores = [read_object(store, KEYS) for store in services.log.stores]
    return {(services.keys / TRUST).read_bytes(), *stores}


def test_papers_of_before_a_rotation_verify_after_it(home: Services) -> None:
    """By the new list, and by the fingerprint of the list that it was printed with."""
    before = home.log.keys.trusted.fingerprint()
    old = paper(home, issue(home))
    rotate(home)
    trusted = home.log.keys.trusted
    assert trusted.fingerprint() != before
    assert verify_receipt_pdf(old, trusted).verdict is Result.PASSED
    assert verify_receipt_pdf(old, None, before).verdict is Result.PASSED
    new = paper(home, issue(home))
    assert verify_receipt_pdf(new, trusted).verdict is Result.PASSED
    assert findings(home) == []


def test_a_rotation_replaces_the_lists_and_destroys_the_old_files(
    home: Services,
) -> None:
    """Home and both stores hold one new list; of the private files only new ones."""
    rotate(home)
    assert lists(home) == {home.log.keys.trusted.serialise()}
    names = {path.name for path in home.keys.iterdir()}
    assert names == {"log-2.key", "statement-2.key", "pdf-2.pem", RECORD, TRUST}
    again = open_services(home.settings)
    act(again)
    rotate(again)
    assert {path.name for path in home.keys.iterdir()} == {
        "log-3.key", "statement-3.key", "pdf-3.pem", RECORD, TRUST,
    }  # fmt: skip
    assert findings(again) == []


def test_each_key_counts_for_its_own_leaves_and_sizes(home: Services) -> None:
    """At leaf L the old statement key signs last; the old log key signs size L + 1."""
    first = home.log.keys.trusted
    rotate(home, Role.LOG, Role.STATEMENT)
    trusted = home.log.keys.trusted
    log_old, log_new = trusted.keys(Role.LOG)
    statement_old, statement_new = trusted.keys(Role.STATEMENT)
    assert log_old.to_size is not None
    assert log_new.from_size == log_old.to_size + 1
    assert statement_old.to_size == statement_new.from_size
    leaf = statement_new.from_size - 1  # the change itself
    open_statement(home.log.statement(leaf), first.statement_keys())
    act(home)
    with pytest.raises(VerificationError):
        open_statement(home.log.statement(leaf + 1), first.statement_keys())


def test_a_statement_by_the_old_key_after_a_rotation_is_refused(
    home: Services,
) -> None:
    """Whoever kept the old private key can sign nothing that counts."""
    stolen = home.log.keys.statement_signer(0)
    rotate(home, Role.STATEMENT)
    act(home)
    trusted = home.log.keys.trusted
    event = open_statement(home.log.statement(0), trusted.statement_keys(0))
    forged = seal(event, stolen)
    last = trusted.keys(Role.STATEMENT)[1].from_size - 1
    assert open_statement(forged, trusted.statement_keys(last)) == event
    with pytest.raises(VerificationError):
        open_statement(forged, trusted.statement_keys(last + 1))


def test_a_process_that_only_reads_knows_of_a_change(home: Services) -> None:
    """It verifies by the list of now; an older or foreign file is not taken."""
    reader = open_services(home.settings)
    first = reader.log.keys.trusted
    rotate(home, Role.STATEMENT)
    assert reader.log.keys.trusted == home.log.keys.trusted != first
    (home.keys / TRUST).write_bytes(first.serialise())
    assert reader.log.keys.trusted == home.log.keys.trusted
    (home.keys / TRUST).write_bytes(b"nonsense")
    assert reader.log.keys.trusted == home.log.keys.trusted
    act(reader)
    assert findings(reader) == []


def test_another_process_follows_a_rotation(home: Services) -> None:
    """Services opened before go on with the new keys, and the log is sound."""
    other = open_services(home.settings)
    act(other)
    rotate(home)
    act(other)
    assert other.log.keys.trusted == home.log.keys.trusted
    old = issue(other)
    assert (
        verify_receipt_pdf(paper(other, old), home.log.keys.trusted).verdict
        is Result.PASSED
    )
    rotate(other)
    act(home)
    assert findings(home) == []


@pytest.mark.parametrize("role", OWN)
def test_a_crash_after_the_event_is_completed_by_the_next_start(
    home: Services, role: Role
) -> None:
    """The event is there and nothing that follows: the start does the rest."""
    old = home.log.keys.trusted.serialise()
    payload = propose_change(home, CONSOLE, plan_rotation(home, role))
    with home.log.transaction() as tx:
        record_change(home, tx, payload)
    assert lists(home) == {old}
    again = open_services(home.settings)
    assert again.log.keys.trusted.serialise() != old
    assert lists(again) == {again.log.keys.trusted.serialise()}
    assert len(list(home.keys.iterdir())) == 5
    act(again)
    assert findings(again) == []


def test_a_crash_before_publishing_is_completed_by_the_next_start(
    home: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Committed and not published: the old log key still signs what covers it."""
    payload = propose_change(home, CONSOLE, plan_rotation(home, Role.LOG))
    with monkeypatch.context() as patch:
        patch.setattr(home.log, "_publish_through", _crash)
        with pytest.raises(_Crashed), home.log.transaction() as tx:
            record_change(home, tx, payload)
    again = open_services(home.settings)
    act(again)
    assert lists(again) == {again.log.keys.trusted.serialise()}
    assert findings(again) == []


def test_a_key_that_was_made_for_nothing_is_used_by_the_next_try(
    home: Services,
) -> None:
    """A crash before the event leaves a file; the list does not change."""
    before = home.log.keys.trusted
    plan = plan_rotation(home, Role.LOG)
    again = open_services(home.settings)
    act(again)
    assert again.log.keys.trusted == before
    assert plan_rotation(again, Role.LOG).opens == plan.opens
    rotate(again, Role.LOG)
    assert open_lines(again.log.keys.trusted, Role.LOG) == (plan.opens[0][1],)


def test_two_proposals_cannot_both_be_made(home: Services) -> None:
    """The second one is of another list, and is refused without a change."""
    one = propose_change(home, CONSOLE, plan_rotation(home, Role.LOG), ahead=20)
    two = propose_change(home, CONSOLE, plan_rotation(home, Role.PDF), ahead=20)
    apply_change(home, one)
    after = home.log.keys.trusted
    with pytest.raises(Refused) as caught:
        apply_change(home, two)
    assert caught.value.code == "key_changed_meanwhile"
    assert home.log.keys.trusted == after


def test_a_proposal_waits_while_the_log_grows_as_far_as_it_said(
    home: Services,
) -> None:
    """`ahead` leaves may come between; one more and it is refused."""
    plan = plan_rotation(home, Role.STATEMENT)
    payload = propose_change(home, CONSOLE, plan, ahead=2)
    for _ in range(3):
        act(home)
    with pytest.raises(Refused) as caught:
        apply_change(home, payload)
    assert caught.value.code == "key_changed_meanwhile"
    payload = propose_change(home, CONSOLE, plan, ahead=2)
    for _ in range(2):
        act(home)
    apply_change(home, payload)
    assert (home.keys / "statement.key").exists() is False
    act(home)
    assert findings(home) == []


def test_an_old_key_is_kept_until_its_last_leaf_is_signed(home: Services) -> None:
    """A change that begins later is signed for by the old key until then."""
    plan = plan_rotation(home, Role.STATEMENT)
    apply_change(home, propose_change(home, CONSOLE, plan, ahead=2))
    assert (home.keys / "statement.key").exists()
    act(home)
    act(home)
    settle_keys(home)
    assert not (home.keys / "statement.key").exists()
    act(home)
    assert findings(home) == []


def test_a_compromised_log_key_ends_at_an_earlier_size(home: Services) -> None:
    """Since size N its checkpoints do not count; those before do; the log goes on."""
    old = home.log.keys.trusted.keys(Role.LOG)[0]
    paper_before = paper(home, issue(home))
    since = home.log.prove(0).index + 3
    act(home)
    plan = plan_compromise(home, Role.LOG, key_id(old.key.public_key), since)
    change_keys(home, CONSOLE, plan)
    trusted = home.log.keys.trusted
    assert old.key in trusted.log_keys(since - 1, None)
    assert old.key not in trusted.log_keys(since, None)
    assert verify_receipt_pdf(paper_before, trusted).verdict is Result.FAILED
    act(home)
    new = paper(home, issue(home))
    assert verify_receipt_pdf(new, trusted).verdict is Result.PASSED
    assert findings(home) == []
    assert findings(open_services(home.settings)) == []


def test_a_compromise_that_was_waiting_leaves_no_size_without_a_key(
    home: Services,
) -> None:
    """Signed later by two persons, it fills the log up to where the new key begins."""
    old = home.log.keys.trusted.keys(Role.LOG)[0]
    plan = plan_compromise(home, Role.LOG, f"{old.key.key_id:08x}", 3)
    apply_change(home, propose_change(home, CONSOLE, plan, ahead=5))
    act(home)
    assert findings(home) == []


def test_a_compromised_statement_key_keeps_what_it_signed(home: Services) -> None:
    """Its leaves were signed for by the log key: they stay; it signs no new ones."""
    old = home.log.keys.trusted.keys(Role.STATEMENT)[0]
    plan = plan_compromise(home, Role.STATEMENT, key_id(old.key.public_key), 1)
    done = change_keys(home, CONSOLE, plan)
    trusted = home.log.keys.trusted
    assert key_id(old.key.public_key) in trusted.statement_keys(done.leaf)
    assert key_id(old.key.public_key) not in trusted.statement_keys(done.leaf + 1)
    act(home)
    assert findings(home) == []


def test_a_compromised_pdf_key_seals_nothing_since(home: Services) -> None:
    """Papers sealed at an earlier leaf keep their seal's certificate."""
    old = certificate_sha256(current_pdf_key(home))
    plan = plan_compromise(home, Role.PDF, old, 3)
    change_keys(home, CONSOLE, plan)
    trusted = home.log.keys.trusted
    assert old in trusted.pdf_certificates(2)
    assert old not in trusted.pdf_certificates(3)
    assert certificate_sha256(current_pdf_key(home)) != old


def test_encrypted_keys_need_their_passphrase(
    home: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without it the home is read and signs nothing; with it all is as before."""
    monkeypatch.setattr("intake.key_files.ROUNDS", 1000)
    services = home
    for name in ("log.key", "statement.key", "pdf.pem"):
        encrypt_file(services.keys / name, b"secret")
    for passphrase, code in (
        ({}, "key_passphrase_missing"),
        ({"key_passphrase": "wrong"}, "key_passphrase_wrong"),
    ):
        reader = open_services(make_settings(tmp_path, **passphrase))
        assert findings(reader) == []
        with pytest.raises(KeyUnavailable) as caught:
            act(reader)
        assert caught.value.code == code
        with pytest.raises(KeyUnavailable) as caught:
            current_pdf_key(reader)
        assert caught.value.code == code
    again = open_services(make_settings(tmp_path, key_passphrase="secret"))
    issue(again)
    rotate(again)
    assert b"BEGIN ENCRYPTED" in (again.keys / "log-2.key").read_bytes()
    assert b"BEGIN ENCRYPTED" in (again.keys / "pdf-2.pem").read_bytes()
    assert findings(again) == []


def test_a_first_start_with_a_passphrase_makes_encrypted_keys(tmp_path: Path) -> None:
    """No private key of such a home was ever plain on the disk."""
    services = begin(tmp_path, key_passphrase="secret")
    for name in ("log.key", "statement.key", "pdf.pem"):
        assert b"BEGIN ENCRYPTED" in (services.keys / name).read_bytes()
    issue(services)


@pytest.mark.parametrize(
    ("file", "role"), [("log.key", "log"), ("statement.key", "statement")]
)
def test_a_key_that_the_list_does_not_name_signs_nothing(
    home: Services, file: str, role: str
) -> None:
    """A stranger's key in the right place is named as what it is."""
    (home.keys / file).unlink()
    create_file_signer(home.keys / file, "x", None)
    reader = open_services(home.settings)
    with pytest.raises(KeyUnavailable) as caught:
        act(reader)
    assert (caught.value.code, caught.value.facts["role"]) == ("key_other", role)
    assert findings(reader) == []


def test_a_home_of_before_certificates_were_listed_rotates_its_pdf_key(
    tmp_path: Path,
) -> None:
    """Its list has two lines; the first certificate counts until the first new one."""
    settings = make_settings(tmp_path)
    settings.home.mkdir()
    identity = home_identity(settings.home, create=True)
    sources = KeySources(settings)
    open_keys(sources, identity.origin, now(), create=True)
    (settings.home / "keys" / RECORD).unlink()
    services = begin(tmp_path)
    assert len(services.log.keys.trusted.entries) == 2
    old = paper(services, issue(services))
    rotate(services)
    trusted = services.log.keys.trusted
    assert verify_receipt_pdf(old, trusted).verdict is Result.PASSED
    new = paper(services, issue(services))
    assert verify_receipt_pdf(new, trusted).verdict is Result.PASSED
    assert not (services.keys / "pdf.pem").exists()
    assert findings(services) == []


def persons(folder: Path, *names: str) -> list[Ed25519Signer]:
    """Key files of these persons."""
    return [
        create_file_signer(folder / f"{name}.person", name.partition("_")[0], b"pw")
        for name in names
    ]


def enrol(services: Services, signers: Sequence[Ed25519Signer]) -> None:
    """Enrol these keys and bring the rule."""
    for signer in signers:
        vkey = VerifierKey.ed25519(signer.name, signer.public_key).text()
        change_keys(services, CONSOLE, person_added(signer.name, vkey))
    kinds = ("keys.changed", "receipt.voided")
    change_keys(services, CONSOLE, two_person_rule(services.log.keys.trusted, kinds))


def test_with_the_rule_a_key_changes_by_two_persons_only(
    home: Services, tmp_path: Path
) -> None:
    """None, one, one with two keys, a stranger: refused; two persons: done."""
    li, wang, li_too, stranger = persons(tmp_path, "li.na", "wang", "li.na_2", "x")
    enrol(home, [li, wang, li_too])
    plan = plan_rotation(home, Role.LOG)
    before = home.log.keys.trusted
    for signers in ([], [li], [li, li_too], [li, stranger]):
        with pytest.raises(TwoPersonsNeeded):
            change_keys(home, CONSOLE, plan, signers)
        assert home.log.keys.trusted == before
    change_keys(home, CONSOLE, plan, [li, wang])
    act(home)
    assert findings(home) == []
    assert home.log.keys.trusted != before


def test_the_rule_keeps_its_two_persons(home: Services, tmp_path: Path) -> None:
    """It cannot begin without two, nor lose the second while it is in force."""
    li, wang = persons(tmp_path, "li.na", "wang")
    vkey = VerifierKey.ed25519("li.na", li.public_key).text()
    change_keys(home, CONSOLE, person_added("li.na", vkey))
    with pytest.raises(Refused, match="at least two persons"):
        enrol(home, [])
    enrol(home, [wang])
    plan = person_removed(home.log.keys.trusted, "wang")
    with pytest.raises(Refused, match="at least two persons"):
        change_keys(home, CONSOLE, plan, [li, wang])
    with pytest.raises(Refused) as caught:
        person_removed(home.log.keys.trusted, "nobody")
    assert caught.value.code == "key_role"


def test_a_persons_compromise_leaves_the_changes_of_keys_good(
    home: Services, tmp_path: Path
) -> None:
    """Every bundle carries them: what they need of the key is not taken from it."""
    li, wang, zhao = persons(tmp_path, "li.na", "wang", "zhao")
    enrol(home, [li, wang, zhao])
    done = change_keys(home, CONSOLE, plan_rotation(home, Role.LOG), [li, wang])
    keyid = key_id(li.public_key)
    with pytest.raises(Refused, match=f"since {done.leaf + 1} at the earliest"):
        plan_compromise(home, Role.PERSON, keyid, done.leaf)
    plan = plan_compromise(home, Role.PERSON, keyid, done.leaf + 1)
    with pytest.raises(Refused, match="ends at once cannot sign it"):
        change_keys(home, CONSOLE, plan, [li, wang])
    change_keys(home, CONSOLE, plan, [wang, zhao])
    trusted = home.log.keys.trusted
    with home.log.session() as session:
        for leaf in session.scalars(select(LogKeyChange.leaf)):
            verified_logins(sql_log.statement(session, leaf), trusted, leaf)
    assert keyid not in trusted.person_keys(done.leaf + 1)
    assert findings(home) == []


def test_a_key_under_a_foreign_name_is_not_enrolled(tmp_path: Path) -> None:
    """A person's key names its login."""
    (li,) = persons(tmp_path, "li.na")
    vkey = VerifierKey.ed25519("li.na", li.public_key).text()
    with pytest.raises(Refused, match="not wang"):
        person_added("wang", vkey)
    with pytest.raises(Refused):
        person_added("wang", "no key")


def test_a_restored_home_goes_on_after_a_rotation(
    home: Services, tmp_path: Path
) -> None:
    """List, log and papers come back from the second store; new keys sign on."""
    issued = issue(home)
    rotate(home)
    act(home)
    other = tmp_path / "other"
    settings = make_settings(other)
    restore(settings, home.settings.second_store_url)
    for name in ("log-2.key", "statement-2.key", "pdf-2.pem", RECORD):
        data = (home.keys / name).read_bytes()
        (settings.home / "keys" / name).write_bytes(data)
        (settings.home / "keys" / name).chmod(0o600)
    again = open_services(settings)
    act(again)
    trusted = again.log.keys.trusted
    assert trusted == home.log.keys.trusted
    assert verify_receipt_pdf(paper(again, issued), trusted).verdict is Result.PASSED
    assert findings(again) == []


def test_a_copy_whose_list_lags_behind_its_log_is_restored(
    home: Services, tmp_path: Path
) -> None:
    """A crash between event and list in the second store: the log tells the list."""
    old = home.log.keys.trusted.serialise()
    rotate(home)
    act(home)
    second = home.log.stores.second
    second.swap(KEYS, read_object(second, KEYS), old)
    settings = make_settings(tmp_path / "other")
    restore(settings, home.settings.second_store_url)
    kept = (settings.home / "keys" / TRUST).read_bytes()
    assert kept == home.log.keys.trusted.serialise()


def test_a_list_that_no_event_made_is_refused(home: Services) -> None:
    """Whoever edits keys/trust cannot make a key count."""
    rotate(home, Role.LOG)
    trusted = home.log.keys.trusted
    stranger = create_file_signer(home.keys / "x.key", home_keys(home).origin, None)
    line = trusted.keys(Role.LOG)[-1]
    vkey = VerifierKey.ed25519(line.key.name, stranger.public_key).text()
    forged = trusted.serialise().replace(line.key.text().encode(), vkey.encode())
    assert parse_trusted_keys(forged) != trusted
    (home.keys / TRUST).write_bytes(forged)
    with pytest.raises(VerificationError, match="not those of its log"):
        open_services(home.settings)
    reader = open_services(home.settings, complete=False)
    assert ("public_keys", "home", "keys/trust") in findings(reader)


def test_sources_are_a_list_of_references(home: Services) -> None:
    """What the home remembers is where keys lie, and no secret."""
    rotate(home, Role.LOG)
    record = json.loads((home.keys / RECORD).read_bytes())
    assert record == {
        "log": ["file:log-2.key"],
        "statement": ["file:statement.key"],
        "pdf": ["file:pdf.pem"],
    }


class _Crashed(Exception):
    """The end of a process."""


def _crash(*_: object) -> None:
    raise _Crashed


def test_plans_that_come_to_nothing_never_close_the_home(home: Services) -> None:
    """Each names one more place of a key, as many as can be read again."""
    for number in range(MAX_REFERENCES - 1):
        plan_rotation(home, Role.LOG, f"file:other-{number}.key")
    with pytest.raises(Refused, match="names 8 places"):
        plan_rotation(home, Role.LOG, "file:one-more.key")
    again = open_services(home.settings)
    rotate(again, Role.LOG)
    assert findings(again) == []


def test_a_list_of_places_that_nests_without_end_is_damage(home: Services) -> None:
    """Not a stack trace, whoever wrote it."""
    (home.keys / RECORD).write_bytes(b"[" * 60_000)
    with pytest.raises(SettingsError):
        open_services(home.settings)


def test_a_plan_for_a_role_without_such_a_key_is_refused(home: Services) -> None:
    """An unknown key id, one that is too short, a key that ended: in words."""
    for keyid in ("", "00", "0" * 64):
        with pytest.raises(Refused) as caught:
            plan_compromise(home, Role.LOG, keyid, 1)
        assert caught.value.code == "key_role"
    old = key_id(home.log.keys.trusted.keys(Role.LOG)[0].key.public_key)
    rotate(home, Role.LOG)
    with pytest.raises(Refused, match="ended already"):
        plan_compromise(home, Role.LOG, old, 1)
    assert isinstance(plan_rotation(home, Role.LOG), KeyPlan)


def test_an_edited_list_without_any_change_is_refused(home: Services) -> None:
    """Leaf 0 names the first keys; a list with others does not open for signing."""
    trusted = home.log.keys.trusted
    line = trusted.keys(Role.LOG)[0]
    stranger = create_file_signer(home.keys / "x.key", "x", None)
    vkey = VerifierKey.ed25519(line.key.name, stranger.public_key).text()
    extra = line.line().replace(line.key.text(), vkey).replace(" 0 - ", " 1 - ")
    (home.keys / TRUST).write_bytes(trusted.serialise() + f"{extra}\n".encode())
    with pytest.raises(VerificationError, match="no event says so"):
        open_services(home.settings)
