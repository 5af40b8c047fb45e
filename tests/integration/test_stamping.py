"""Time stamps by real authorities on the loopback, logged, renewed, and retried."""

from __future__ import annotations

import datetime as dt
import hashlib
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from sqlalchemy import delete, select

from intake.errors import Refused
from intake.matters import MatterForm, open_matter
from intake.services import Services, now
from intake.tables import CustodyEvent
from integrity.digest import digest_bytes
from integrity.errors import StoreIdentityError
from integrity.statement import open_statement
from integrity.store.blobs import blob_name
from integrity.store.db import writing
from integrity.store.tables import LogCheckpoint
from integrity.timestamp import judge
from integrity.timestamp_query import read_query
from receipts import time_authority
from receipts.key_changes import change_keys, plan_next_log
from receipts.maintenance import Examination, restore
from receipts.opening import open_services
from receipts.stamp_reads import (
    authority_states,
    exhibit_stamps,
    files_only_of,
    logged_after,
    lower_bound,
    stamped_checkpoint,
)
from receipts.stamp_tables import StampRequest, StampRow
from receipts.stamp_times import (
    RENEWAL_LEAD,
    SETTLED_AFTER,
    due_for_renewal,
    retry_after,
)
from receipts.stamping import Round, stamp_due, stamp_exhibit, stamp_log
from receipts.time_authority import Authority
from tests.factories import CONSOLE, add_bytes, make_settings
from tests.stamp_maker import AT, Maker, authority, chain_of_made, signer
from tests.tsa import (
    EC,
    RSA,
    LoopbackTsa,
    OpensslAuthority,
    make_authority,
    openssl_verifies,
    pinned,
    running,
)
from workers.schedule import run_scheduler

HOUR = dt.timedelta(hours=1)
END = dt.datetime(2049, 1, 1, tzinfo=dt.UTC)
DATA = "借条 2025年3月6日".encode()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[OpensslAuthority, ...]:
    """An RSA authority that sends its whole chain, and an ECDSA one that does not."""
    folder = tmp_path_factory.mktemp("authorities")
    return (
        make_authority(folder / "one", "First", RSA),
        make_authority(folder / "two", "Second", EC, certs=False),
    )


@dataclass(frozen=True)
class Desk:
    """A home with one exhibit and two running authorities."""

    services: Services
    first: LoopbackTsa
    second: LoopbackTsa
    exhibit: str

    def stamps(self) -> list[StampRow]:
        """Every stamp of the log."""
        with self.services.log.session() as session:
            return list(session.scalars(select(StampRow).order_by(StampRow.leaf)))

    def receive(self, data: bytes) -> None:
        """Something new comes in."""
        add_bytes(self.services, "2025-001", "a.txt", data)


@pytest.fixture
def desk(made: tuple[OpensslAuthority, ...], tmp_path: Path) -> Iterator[Desk]:
    """Both roots are pinned, and the second's intermediate lies beside them."""
    roots = pinned(tmp_path / "roots", made)
    with running(made[0]) as first, running(made[1]) as second:
        settings = make_settings(
            tmp_path, tsa_urls=f"{first.url},{second.url}", tsa_roots=roots
        )
        services = open_services(settings)
        form = MatterForm("2025-001", "借款", "张三", leads=())
        open_matter(services, CONSOLE, form)
        added = add_bytes(services, "2025-001", "借条.txt", DATA)
        yield Desk(services, first, second, added.exhibit_id)


def soon() -> dt.datetime:
    """When the checkpoint of now is old enough to be stamped by the schedule."""
    return now() + SETTLED_AFTER


def sound(services: Services) -> bool:
    """Replay, rows and both copies of every blob agree."""
    return list(Examination(services, repair=False).run()) == []


def test_the_checkpoint_is_stamped_by_both(desk: Desk, tmp_path: Path) -> None:
    """Both stamps hold for us and for openssl; their files are kept and found again."""
    before = desk.services.log.checkpoint()
    done = stamp_log(desk.services)
    assert len(done.leaves) == 2
    with desk.services.log.session() as session:
        stamped = stamped_checkpoint(session, 1)
    assert stamped is not None
    stores = desk.services.log.stores
    note = stamped.note(stores)
    assert note == before
    assert [stamp.leaf for stamp in stamped.stamps] == list(done.leaves)
    for number, record in enumerate(stamped.stamps):
        files = record.files(stores)
        imprint = hashlib.sha256(note).digest()
        stamp = judge(files.query, files.response, files.chain, imprint)
        assert stamp.root_sha256 == record.root_sha256
        assert openssl_verifies(
            tmp_path / str(number), files.chain, files.query, files.response, note
        )
    assert sound(desk.services)


def test_a_stamped_checkpoint_comes_back_from_its_blob(desk: Desk) -> None:
    """Its row was deleted; what was stamped is kept as a file, too."""
    services = desk.services
    stamp_log(services)
    size = desk.stamps()[0].size
    assert size is not None
    here = LogCheckpoint.size == size
    with writing(services.log.engine) as session:
        before = session.scalars(select(LogCheckpoint.note).where(here)).one()
        session.execute(delete(LogCheckpoint).where(here))
    run = Examination(services, repair=True)
    found = [(f.finding, f.subject, f.repaired) for f in run.run()]
    assert found == [("checkpoint_row_missing", f"size {size}", True)]
    with services.log.session() as session:
        assert session.scalars(select(LogCheckpoint.note).where(here)).one() == before
    assert sound(services)


def test_a_closed_log_has_stamps_of_its_own(desk: Desk) -> None:
    """Both authorities stamp its last checkpoint, whatever was stamped just before."""
    services = desk.services
    stamp_due(services, soon())
    change_keys(services, CONSOLE, plan_next_log(services, "2027"))
    closed = services.log.checkpoint()
    end = services.log.keys.trusted.origins()[-1].first
    assert stamp_due(services, now()).leaves == ()  # witnesses come first
    stamp_due(services, soon())
    mine = [row for row in desk.stamps() if row.size == end]
    assert {row.service for row in mine} == {desk.first.url, desk.second.url}
    assert {row.stamped_sha256 for row in mine} == {digest_bytes(closed).sha256}
    assert min(row.leaf for row in mine) == end + 1  # after the new log's first entry
    assert stamp_due(services, soon()).leaves == ()
    later = stamp_due(services, soon() + HOUR)
    assert len(later.leaves) == 2
    assert {row.size for row in desk.stamps() if row.leaf in later.leaves} == {end + 3}
    assert stamp_due(services, soon() + 2 * HOUR).leaves == ()
    assert sound(services)
    with services.log.session() as session:
        stamped = stamped_checkpoint(session, 1)
        assert stamped is not None
        checkpoint = services.log.keys.open_checkpoint(
            stamped.note(services.log.stores)
        )
        assert (stamped.size, checkpoint.size) == (end + 3, 3)
        for row in session.scalars(select(StampRow).where(StampRow.size <= end)):
            row.good_until = now() + dt.timedelta(days=1)  # rolled back at the end
        session.flush()
        assert due_for_renewal(session, now()) == ()  # by the stamps of the next log


def test_the_readers_are_named_in_the_event(desk: Desk) -> None:
    """The set in its own order was read by us alone, the other by both readers."""
    leaves = stamp_log(desk.services).leaves
    log = desk.services.log
    tools = [
        set(open_statement(log.statement(leaf), log.keys.statement_keys).tools)
        for leaf in leaves
    ]
    assert tools == [{"asn1crypto"}, {"rfc3161-client", "asn1crypto"}]


def test_files_are_blobs_in_both_stores_and_survive_a_restore(
    desk: Desk, tmp_path: Path
) -> None:
    """Query, response, chain and note are in both copies; a new home has them again."""
    stamp_log(desk.services)
    rows = desk.stamps()
    names = {
        blob_name(sha256)
        for row in rows
        for sha256 in (row.stamped_sha256, row.query_sha256, row.response_sha256,
                       row.chain_sha256)
    }  # fmt: skip
    assert len(names) == 7
    for store in desk.services.log.stores:
        assert all(store.exists(name) for name in names)
    settings = make_settings(tmp_path / "new")
    assert restore(settings, desk.services.settings.second_store_url).missing == ()


def test_an_exhibit_is_stamped_on_request(desk: Desk, tmp_path: Path) -> None:
    """The stamp is over the original's bytes and belongs to the exhibit's history."""
    stamp_log(desk.services)
    stamp_exhibit(desk.services, CONSOLE, desk.exhibit)
    with desk.services.log.session() as session:
        records = exhibit_stamps(session, desk.exhibit)
        query = select(CustodyEvent.leaf).where(CustodyEvent.kind == "exhibit.stamped")
        mine = query.where(CustodyEvent.exhibit_id == desk.exhibit)
        assert {record.leaf for record in records} == set(session.scalars(mine))
        assert list(session.scalars(select(StampRequest))) == []
    assert len(records) == 2
    files = records[0].files(desk.services.log.stores)
    assert openssl_verifies(
        tmp_path / "v", files.chain, files.query, files.response, DATA
    )
    assert sound(desk.services)


def test_files_that_go_with_an_exhibit(desk: Desk) -> None:
    """Query and response are its own; the chain serves the other stamps too."""
    stamp_exhibit(desk.services, CONSOLE, desk.exhibit)
    with desk.services.log.session() as session:
        assert len(files_only_of(session, desk.exhibit)) == 6
    stamp_log(desk.services)
    with desk.services.log.session() as session:
        records = exhibit_stamps(session, desk.exhibit)
        own = files_only_of(session, desk.exhibit)
    assert own == {
        sha256
        for record in records
        for sha256 in (record.query_sha256, record.response_sha256)
    }


def test_two_moments(desk: Desk) -> None:
    """The first stamp is no lower bound of an older leaf, but of every later one."""
    leaves = stamp_log(desk.services).leaves
    later = add_bytes(desk.services, "2025-001", "b.txt", b"later")
    stamp_exhibit(desk.services, CONSOLE, later.exhibit_id)
    stamp_exhibit(desk.services, CONSOLE, desk.exhibit)
    with desk.services.log.session() as session:
        assert lower_bound(session, leaves[0]) is None
        newest = lower_bound(session, later.leaf)
        assert newest is not None
        assert newest.leaf == leaves[1]
        young = exhibit_stamps(session, later.exhibit_id)[0]
        assert logged_after(session, young) == newest.time
        old = exhibit_stamps(session, desk.exhibit)[0]
        assert logged_after(session, old) is None


def test_only_a_covering_checkpoint_is_given(desk: Desk) -> None:
    """A stamp never answers for leaves that came after its checkpoint."""
    stamp_log(desk.services)
    size = desk.stamps()[0].size
    assert size is not None
    with desk.services.log.session() as session:
        assert stamped_checkpoint(session, size) is not None
        assert stamped_checkpoint(session, size + 1) is None


def test_the_schedule_stamps_what_is_new_once_an_hour(desk: Desk) -> None:
    """New leaves are stamped when an hour has passed; an idle log is left alone."""
    begin = soon()
    early = begin - dt.timedelta(seconds=30)
    assert stamp_due(desk.services, early).leaves == ()
    assert len(stamp_due(desk.services, begin).leaves) == 2
    assert stamp_due(desk.services, begin + 2 * HOUR).leaves == ()
    desk.receive(b"something new")
    assert stamp_due(desk.services, begin + HOUR - 2 * SETTLED_AFTER).leaves == ()
    assert len(stamp_due(desk.services, begin + 2 * HOUR).leaves) == 2
    assert desk.stamps()[0].size != desk.stamps()[2].size


FAILURES = {
    "garbage": "unproven",
    "rejected": "unproven",
    "error": "status",
    "redirect": "status",
    "huge": "too-large",
    "slow": "slow",
    "drip": "slow",
}


@pytest.mark.parametrize(("mode", "kind"), FAILURES.items())
def test_a_failing_authority_blocks_nothing(
    desk: Desk, mode: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one's stamp is logged; this one is shown, left alone, asked again."""
    monkeypatch.setattr(time_authority, "STEP_S", 0.5)
    monkeypatch.setattr(time_authority, "TOTAL_S", 1.0)
    desk.first.mode = mode
    begin = soon()
    done = stamp_due(desk.services, begin)
    assert len(done.leaves) == 1
    assert [trouble.kind.value for trouble in done.troubles] == [kind]
    assert desk.first.asked == 1
    stamp_due(desk.services, begin + dt.timedelta(seconds=30))
    assert desk.first.asked == 1
    desk.first.mode = "good"
    again = stamp_due(desk.services, begin + dt.timedelta(minutes=2))
    assert len(again.leaves) == 1
    one, two = desk.stamps()
    assert one.stamped_sha256 == two.stamped_sha256
    with desk.services.log.session() as session:
        states = authority_states(session, desk.services.settings)
    assert [state.failed for state in states] == [0, 0]


def test_an_authority_that_is_down(desk: Desk) -> None:
    """Nobody listens: the pause doubles, and after three failures health says so."""
    desk.first.close()
    at = soon()
    for failed in (1, 2, 3):
        stamp_due(desk.services, at)
        with desk.services.log.session() as session:
            state, other = authority_states(session, desk.services.settings)
        assert state.failed == failed
        assert state.good is (failed < 3)
        assert other.good
        assert state.trouble == "unreachable"
        assert state.next_at == at + retry_after(failed)
        at += retry_after(failed)


def test_an_answer_to_another_query_is_refused(desk: Desk) -> None:
    """A replayed response has the wrong nonce, one about other bytes the imprint."""
    old = desk.first.authority.reply
    for forge, said in (
        (lambda query: old(_with_other_nonce(query)), "nonce"),
        (lambda query: old(_about_other_bytes(query)), "other bytes"),
    ):
        desk.first.mode, desk.first.forge = "forged", forge
        done = stamp_log(desk.services)
        assert len(done.leaves) == 1
        assert said in done.troubles[0].detail


def _with_other_nonce(query: bytes) -> bytes:
    return query[:-4] + bytes([query[-4] ^ 1]) + query[-3:]


def _about_other_bytes(query: bytes) -> bytes:
    return query[:30] + bytes([query[30] ^ 1]) + query[31:]


def test_a_root_that_is_not_pinned_is_refused(desk: Desk) -> None:
    """With a folder of roots only they count, whatever chain is sent along."""
    roots = Path(desk.services.settings.tsa_roots)
    (roots / "root0.pem").unlink()
    done = stamp_log(desk.services)
    assert len(done.leaves) == 1
    assert "no root" in done.troubles[0].detail
    for path in roots.iterdir():
        path.unlink()
    with pytest.raises(Refused) as refusal:
        stamp_log(desk.services)
    assert refusal.value.code == "tsa_failed"


def test_a_folder_that_is_not_there_gives_no_stamp(desk: Desk, tmp_path: Path) -> None:
    """A mistyped folder is never "no folder": trust does not grow by a mistake."""
    settings = replace(desk.services.settings, tsa_roots=str(tmp_path / "nowhere"))
    services = replace(desk.services, settings=settings)
    done = stamp_due(services, soon())
    assert [trouble.kind.value for trouble in done.troubles] == ["roots", "roots"]
    assert stamp_due(services, soon()) == Round()


def test_without_a_folder_the_chain_that_was_sent_must_be_whole(
    made: tuple[OpensslAuthority, ...], tmp_path: Path
) -> None:
    """The root of the first is stated; the second sends none and gives no stamp."""
    with running(made[0]) as first, running(made[1]) as second:
        settings = make_settings(tmp_path, tsa_urls=f"{first.url},{second.url}")
        done = stamp_log(open_services(settings))
    assert len(done.leaves) == 1
    assert [trouble.kind.value for trouble in done.troubles] == ["unproven"]


def test_a_wish_is_kept_until_it_is_met(desk: Desk) -> None:
    """An exhibit that one authority could not stamp is stamped by it later."""
    desk.first.mode = "error"
    stamp_exhibit(desk.services, CONSOLE, desk.exhibit)
    desk.first.mode = "good"
    stamp_due(desk.services, soon() + dt.timedelta(minutes=2))
    with desk.services.log.session() as session:
        records = exhibit_stamps(session, desk.exhibit)
        assert list(session.scalars(select(StampRequest))) == []
    assert len({record.authority for record in records}) == 2


def test_no_authority_and_no_such_exhibit(tmp_path: Path, desk: Desk) -> None:
    """Both are refused by name, and nobody is asked."""
    with pytest.raises(Refused) as refusal:
        stamp_log(open_services(make_settings(tmp_path / "other")))
    assert refusal.value.code == "tsa_none"
    with pytest.raises(Refused):
        stamp_exhibit(desk.services, CONSOLE, "e000000000000")
    assert desk.first.asked == 0


def test_a_stamp_that_ends_is_renewed_by_the_next(desk: Desk) -> None:
    """Ninety days before its end it is due; a stamp that covers it takes over."""
    stamp_due(desk.services, soon())
    ends = min(row.good_until for row in desk.stamps())
    log = desk.services.log
    with log.session() as session:
        early = ends - RENEWAL_LEAD - dt.timedelta(seconds=1)
        assert due_for_renewal(session, early) == ()
        late = ends - RENEWAL_LEAD
        assert due_for_renewal(session, late) != ()
    done = stamp_due(desk.services, late + dt.timedelta(minutes=1))
    assert len(done.leaves) == 2
    newest = desk.stamps()[-1]
    assert newest.size is not None
    assert newest.size > desk.stamps()[1].leaf


def test_renewed_stamps_are_not_due(desk: Desk) -> None:
    """A later stamp that lasts longer covers the leaf of the older one."""
    stamp_due(desk.services, soon())
    with desk.services.log.session() as session:
        for row in session.scalars(select(StampRow)):
            row.good_until = now() + dt.timedelta(days=1)  # rolled back at the end
        session.flush()
        assert len(due_for_renewal(session, now())) == 2
        session.add(_longer(session.scalars(select(StampRow)).all()[-1]))
        session.flush()
        assert due_for_renewal(session, now()) == ()


def _longer(row: StampRow) -> StampRow:
    values = {
        column.name: getattr(row, column.name) for column in row.__table__.columns
    }
    values |= {"leaf": row.leaf + 1, "size": row.leaf + 1}
    return StampRow(**values | {"good_until": now() + dt.timedelta(days=3000)})


def test_nothing_is_asked_while_a_store_is_away(desk: Desk) -> None:
    """Without two copies nothing can be kept, so no stamp is spent."""
    second = Path(desk.services.settings.second_store_url)
    second.rename(second.with_name("away"))
    with pytest.raises(StoreIdentityError):
        stamp_due(desk.services, soon())
    with pytest.raises(StoreIdentityError):
        stamp_log(desk.services)
    assert desk.first.asked == 0


def _forged(query: bytes, chain: list[x509.Certificate]) -> bytes:
    asked = read_query(query)
    made_at = now().strftime("%Y%m%d%H%M%SZ")
    maker = Maker(chain, imprint=asked.imprint, nonce=asked.nonce, time=made_at)
    maker.sent = chain
    return maker.response()


@pytest.mark.parametrize(
    ("changes", "said"),
    [({}, ""), ({"end": AT}, "no root"), ({"purposes": None}, "no root")],
    ids=["good", "expired signer", "no purpose"],
)
def test_a_signer_that_must_not_sign(
    tmp_path: Path, desk: Desk, changes: dict[str, Any], said: str
) -> None:
    """Expired, or for something else: no stamp. A good one does give it."""
    made = [signer(**{"end": END} | changes), authority("a", end=END)]
    chain = chain_of_made(*made, authority("root", end=END))
    desk.first.mode = "forged"
    desk.first.forge = lambda query: _forged(query, chain)
    home = open_services(make_settings(tmp_path / "other", tsa_urls=desk.first.url))
    if said:
        with pytest.raises(Refused, match=said):
            stamp_log(home)
    else:
        assert len(stamp_log(home).leaves) == 1


def test_many_authorities_are_asked_at_once(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two that never answer cost the time of one."""
    monkeypatch.setattr(time_authority, "TOTAL_S", 1.0)
    desk.first.mode = desk.second.mode = "drip"
    begin = time.monotonic()
    assert len(stamp_due(desk.services, soon()).troubles) == 2
    assert time.monotonic() - begin < 1.9


def test_no_password_of_a_url_is_logged(desk: Desk) -> None:
    """User, password and query are for the authority; the log names the address."""
    secret = desk.first.url.replace("http://", "http://user:secret@") + "?key=secret"
    authority_of_url = Authority(secret)
    assert authority_of_url.service == desk.first.url
    settings = replace(desk.services.settings, tsa_urls=secret)
    done = stamp_log(replace(desk.services, settings=settings))
    assert b"secret" not in desk.services.log.statement(done.leaves[0])
    assert desk.first.last_path == "/tsa?key=secret"


def test_the_scheduler_stamps_beside_its_sweeps(desk: Desk) -> None:
    """It asks by itself, in a thread that ends with it."""
    stop = threading.Event()
    with writing(desk.services.log.engine) as session:
        for row in session.scalars(select(LogCheckpoint)):
            row.signed_at -= SETTLED_AFTER
    schedule = threading.Thread(target=run_scheduler, args=(desk.services, stop))
    schedule.start()
    for _ in range(100):
        if len(desk.stamps()) == 2:
            break
        time.sleep(0.1)
    stop.set()
    schedule.join()
    assert len(desk.stamps()) == 2
