"""The log closes and another goes on: keys, rows, pages and commands of both."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path

import pytest

from intake.errors import Refused
from intake.matters import MatterForm, open_matter
from intake.services import Services, now
from intake.users import add_user
from integrity.canonical import base64_text, parse_base64
from integrity.checkpoint import claimed_checkpoint
from integrity.errors import SigningRefused, StoreUnavailable
from integrity.merkle import leaf_hash, root_of, verify_consistency
from integrity.origins import LOG_CONTINUED, check_continued
from integrity.policy import Role
from integrity.statement import Event, leaf_text, open_statement
from integrity.store import sql_log
from integrity.store.blobs import CHECKPOINT, frozen_name, read_object
from integrity.vkey import VerifierKey
from receipts.key_changes import (
    apply_change,
    change_keys,
    plan_compromise,
    plan_next_log,
    plan_rotation,
    propose_change,
)
from receipts.key_plan import line_of, open_lines, person_added
from receipts.key_settling import LaterEnds, home_keys
from receipts.logs import DUE_AFTER, log_called, logs_of, next_log_is_due
from receipts.maintenance import Examination, restore
from receipts.opening import open_services
from tests.factories import CONSOLE, add_bytes, make_settings
from tests.integration.test_keys_command import Shell
from tests.log_factory import signer

AHEAD = 3  # events between a change and the end of the log, where there are some


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a home with a matter, made once."""
    folder = tmp_path_factory.mktemp("begun")
    services = open_services(make_settings(folder))
    add_user(services, CONSOLE, "li.na", "李娜", "paralegal")
    form = MatterForm("2025-001", "借款", "张三", leads=("li.na",))
    open_matter(services, CONSOLE, form)
    services.log.engine.dispose()
    return folder


@pytest.fixture
def home(begun: Path, tmp_path: Path) -> Services:
    """A copy of that home."""
    shutil.copytree(begun / "home", tmp_path / "home")
    return open_services(make_settings(tmp_path))


def act(services: Services, times: int = 1) -> None:
    """So many events."""
    for number in range(times):
        data = f"{now()} {number}".encode()
        add_bytes(services, "2025-001", f"{number}.txt", data)


def roll(services: Services, name: str = "2027") -> int:
    """Close the log with the next event; the number of the next log's first."""
    change_keys(services, CONSOLE, plan_next_log(services, name))
    return services.log.keys.trusted.origins()[-1].first


def roll_later(services: Services, name: str = "2027") -> int:
    """Close the log some events after the change."""
    plan = plan_next_log(services, name)
    apply_change(services, propose_change(services, CONSOLE, plan, AHEAD))
    return services.log.keys.trusted.origins()[-1].first


def size(services: Services) -> int:
    """Number of events."""
    with services.log.session() as session:
        return sql_log.size(session)


def event(services: Services, number: int) -> Event:
    """An event of the log."""
    keys = services.log.keys.statement_keys
    return open_statement(services.log.statement(number), keys)


def states(services: Services) -> list[tuple[str, str, int]]:
    """Segment, state and number of entries of each log."""
    with services.log.session() as session:
        found = logs_of(session, services.log.keys.trusted)
    return [(log.segment, log.state, log.entries) for log in found]


def log_keys(services: Services) -> tuple[str, ...]:
    """Where private halves of log keys lie."""
    return home_keys(services).sources.references(Role.LOG)


def findings(services: Services) -> list[tuple[str, str, str]]:
    """What fsck says."""
    run = Examination(services, repair=False)
    return [(f.finding, f.place, f.subject) for f in run.run()]


def test_a_log_closes_and_the_next_goes_on(home: Services) -> None:
    """Numbers go on, the new log begins with the last checkpoint of the old one."""
    old = home.log.keys.trusted.origins()[0].name
    first = roll(home)
    assert first == size(home)  # the change was the last event of the old log
    assert states(home) == [("", "closed", first), ("2027", "announced", 0)]
    frozen = claimed_checkpoint(home.log.checkpoint())
    act(home)
    assert states(home) == [("", "closed", first), ("2027", "open", 2)]
    begins = event(home, first)
    assert begins.kind == LOG_CONTINUED
    origins = home.log.keys.trusted.origins()
    assert check_continued(begins, first, origins) == frozen
    newest = claimed_checkpoint(home.log.checkpoint())
    assert (newest.origin, newest.size) == (f"{old}/2027", 2)
    assert findings(home) == []


def test_the_old_key_is_destroyed_after_its_last_checkpoint(home: Services) -> None:
    """At once where the log closes at once, and the new key lies beside it."""
    folder = home_keys(home).sources.place.folder
    assert log_keys(home) == ("file:log.key",)
    roll(home)
    assert log_keys(home) == ("file:log-2.key",)
    assert not (folder / "log.key").exists()
    act(home)


def test_the_old_key_is_kept_while_the_log_is_open(home: Services) -> None:
    """Until its last checkpoint is published; then the scheduler destroys it."""
    settle = LaterEnds()
    first = roll_later(home)
    while size(home) < first - 1:
        settle(home)
        assert log_keys(home) == ("file:log.key", "file:log-2.key")
        act(home)
    settle(home)
    assert len(log_keys(home)) == 2
    act(home)
    assert len(log_keys(home)) == 2  # nobody has come by
    settle(home)
    assert log_keys(home) == ("file:log-2.key",)
    act(home)
    assert states(home) == [("", "closed", first), ("2027", "open", 2)]


@pytest.mark.parametrize("place", ["first", "second"])
def test_the_old_key_stays_until_both_stores_have_the_last_checkpoint(
    home: Services, place: str
) -> None:
    """A store without it: whoever could sign it again must not be lost."""
    first = roll_later(home)
    act(home, first + 2 - size(home))
    (store,) = [each for each in home.log.stores if each.place == place]
    root = Path(home.settings.home / ("store" if place == "first" else "second-store"))
    kept = root / frozen_name(first)
    aside = kept.rename(kept.with_name("aside"))
    assert not store.exists(frozen_name(first))
    LaterEnds()(home)
    assert len(log_keys(home)) == 2
    aside.rename(kept)
    LaterEnds()(home)
    assert log_keys(home) == ("file:log-2.key",)


def test_the_last_checkpoint_counts_before_the_next_log_has_begun(
    home: Services,
) -> None:
    """Then it is the newest checkpoint of both stores."""
    first = roll(home)
    notes = {read_object(store, CHECKPOINT) for store in home.log.stores}
    assert notes == {home.log.checkpoint()}
    assert claimed_checkpoint(home.log.checkpoint()).size == first


def test_a_next_log_that_has_not_begun_is_left_alone(home: Services) -> None:
    """Neither another log, nor another key of it, nor a doubt of that."""
    first = roll_later(home)
    vkey = open_lines(home.log.keys.trusted, Role.LOG)[0]
    keyid = line_of(home.log.keys.trusted, Role.LOG, vkey)
    refusals = (
        lambda: plan_next_log(home, "2028"),
        lambda: plan_compromise(home, Role.LOG, keyid, 2),
    )
    while size(home) <= first:
        if size(home) + 2 > first:
            # Too late for another key of the log that closes, too.
            refusals = (*refusals[:2], lambda: plan_rotation(home, Role.LOG))
        for refusal in refusals:
            with pytest.raises(Refused) as refused:
                refusal()
            assert refused.value.code == "log_announced"
        act(home)
    with pytest.raises(Refused) as refused:
        plan_next_log(home, "2027")
    assert refused.value.code == "log_name_used"
    assert size(home) == first + 2


def test_other_keys_change_where_one_log_ends_and_the_next_begins(
    home: Services,
) -> None:
    """The event that begins the log takes a number; the change fits all the same."""
    first = roll(home)
    change_keys(home, CONSOLE, plan_rotation(home, Role.STATEMENT))
    assert event(home, first).kind == LOG_CONTINUED
    assert event(home, first + 1).kind == "keys.changed"
    act(home)
    assert findings(home) == []


def test_the_key_of_the_next_log_is_replaced_under_its_name(home: Services) -> None:
    """A rotation in the second log stays in it; the statement key keeps its name."""
    first = roll(home)
    act(home)
    change_keys(home, CONSOLE, plan_rotation(home, Role.LOG))
    change_keys(home, CONSOLE, plan_rotation(home, Role.STATEMENT))
    trusted = home.log.keys.trusted
    origins = trusted.origins()
    assert [origin.first for origin in origins] == [0, first]
    assert trusted.keys(Role.LOG)[-1].key.name == origins[1].name
    assert trusted.keys(Role.STATEMENT)[-1].key.name == origins[0].name
    act(home)
    assert log_keys(home) == ("file:log-3.key",)
    assert findings(home) == []


def test_the_key_of_the_next_log_is_doubted(home: Services) -> None:
    """From a size on that counts all events; the log goes on, and closes as any."""
    first = roll(home)
    act(home, 4)
    (keyid,) = open_lines(home.log.keys.trusted, Role.LOG)
    plan = plan_compromise(home, Role.LOG, keyid, first + 3)
    change_keys(home, CONSOLE, plan)
    doubted = home.log.keys.trusted.keys(Role.LOG)[1]
    assert (doubted.from_size, doubted.to_size) == (first + 1, first + 2)
    act(home)
    assert findings(home) == []
    roll(home, "2028")
    act(home)
    assert [state for _, state, _ in states(home)] == ["closed", "closed", "open"]
    assert findings(home) == []


def without_the_closing_key(home: Services, ahead: int) -> Services:
    """The home opened anew: its log closes later, and the key for that is lost."""
    plan = plan_next_log(home, "2027")
    apply_change(home, propose_change(home, CONSOLE, plan, ahead))
    home.log.engine.dispose()
    (home.settings.home / "keys" / "log.key").unlink()
    return open_services(home.settings)


def fill_up(services: Services) -> int:
    """Events up to the second one of the next log; the number of its first."""
    first = services.log.keys.trusted.origins()[-1].first
    act(services, first + 2 - size(services))
    assert states(services) == [("", "closed", first), ("2027", "open", 3)] or (
        states(services) == [("", "closed", first), ("2027", "open", 2)]
    )
    assert findings(services) == []
    return first


def test_nothing_fills_a_log_that_nobody_can_close(home: Services) -> None:
    """Else there would be no entry left in which another key could be named."""
    services = without_the_closing_key(home, 6)
    before = size(services)
    for kind in (lambda: act(services), lambda: act(open_services(home.settings))):
        with pytest.raises(SigningRefused) as refused:
            kind()
        assert refused.value.code == "log_key_absent"
    person = VerifierKey.ed25519("li.na", signer(77).public_key).text()
    with pytest.raises(SigningRefused) as refused:
        change_keys(services, CONSOLE, person_added("li.na", person))
    assert refused.value.code == "log_key_absent"
    assert size(services) == before
    assert findings(services) == []


@pytest.mark.parametrize("ahead", [2, 6])
def test_the_key_of_a_closing_log_is_lost(
    home: Services, tmp_path: Path, ahead: int
) -> None:
    """Another one signs the rest of it, to its end, and the next log begins."""
    services = without_the_closing_key(home, ahead)
    first = services.log.keys.trusted.origins()[-1].first
    plan = plan_rotation(services, Role.LOG)
    changed = change_keys(services, CONSOLE, plan)
    line = services.log.keys.trusted.keys(Role.LOG)[-1]
    origin = services.log.keys.trusted.origins()[0]
    assert (line.key.name, line.from_size, line.to_size) == (
        origin.name, changed.leaf + 2, first
    )  # fmt: skip
    assert event(services, changed.leaf + 1).kind == "keys.lost"
    newest = claimed_checkpoint(services.log.checkpoint())
    assert newest.size == changed.leaf + 2 == size(services)
    assert fill_up(services) == first
    change_keys(services, CONSOLE, plan_rotation(services, Role.LOG))
    rotated = services.log.keys.trusted.keys(Role.LOG)[-1]
    assert rotated.key.name == f"{origin.name}/2027"
    act(services)
    assert findings(services) == []
    again = make_settings(tmp_path / "new")
    restore(again, home.settings.second_store_url)


def test_another_key_comes_at_once_where_the_first_is_lost(home: Services) -> None:
    """Persons who sign later have no room to wait for, and nothing else happens."""
    services = without_the_closing_key(home, 6)
    plan = plan_rotation(services, Role.LOG)
    payload = propose_change(services, CONSOLE, plan, 50)
    leaf = size(services)
    assert apply_change(services, payload).leaf == leaf
    assert services.log.keys.trusted.keys(Role.LOG)[-1].from_size == leaf + 2
    fill_up(services)


def test_the_key_of_a_closing_log_is_replaced_while_it_is_there(
    home: Services,
) -> None:
    """What waits for signatures begins before the end, however far ahead."""
    first = roll_later(home)
    plan = plan_rotation(home, Role.LOG)
    payload = propose_change(home, CONSOLE, plan, 50)
    act(home)
    apply_change(home, payload)
    line = home.log.keys.trusted.keys(Role.LOG)[-1]
    assert (line.from_size, line.to_size) == (first, first)
    fill_up(home)
    LaterEnds()(home)
    assert log_keys(home) == ("file:log-2.key",)


def test_the_key_of_a_closing_log_is_doubted(home: Services) -> None:
    """It ends earlier than announced, and another one closes the log."""
    act(home, 3)
    plan = plan_next_log(home, "2027")
    apply_change(home, propose_change(home, CONSOLE, plan, 6))
    doubted = home.log.keys.trusted.keys(Role.LOG)[0].what()
    since = size(home) - 1
    plan = plan_compromise(home, Role.LOG, doubted, since)
    leaf = change_keys(home, CONSOLE, plan).leaf
    lines = home.log.keys.trusted.keys(Role.LOG)
    assert [line.to_size for line in lines] == [since - 1, None, leaf + 8 - 2]
    assert event(home, leaf + 1).kind == "keys.compromised"
    fill_up(home)
    home.log.engine.dispose()
    services = open_services(home.settings)
    act(services)
    assert findings(services) == []


def test_a_home_opens_that_could_not_publish(home: Services) -> None:
    """A key that was lost after an event was written: it waits for another one."""
    first = roll_later(home)
    held = home.log.stores.second.swap
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(home.log.stores.second, "swap", _unplugged)
        with pytest.raises(StoreUnavailable):
            act(home)
    assert home.log.stores.second.swap == held
    home.log.engine.dispose()
    (home.settings.home / "keys" / "log.key").unlink()
    services = open_services(home.settings)
    waiting = size(services)
    assert claimed_checkpoint(services.log.checkpoint()).size == waiting - 1
    assert waiting + 2 <= first
    change_keys(services, CONSOLE, plan_rotation(services, Role.LOG))
    assert claimed_checkpoint(services.log.checkpoint()).size == size(services)
    fill_up(services)


def _unplugged(*_: object) -> None:
    raise StoreUnavailable("second", "unplugged")


def test_three_logs_survive_a_restore(home: Services, tmp_path: Path) -> None:
    """Rows, closed checkpoints and the key's name come back, and the log goes on."""
    roll(home)
    act(home, 2)
    second = roll(home, "2028")
    act(home)
    before = states(home)
    assert [state for _, state, _ in before] == ["closed", "closed", "open"]
    settings = make_settings(tmp_path / "new")
    restore(settings, home.settings.second_store_url)
    shutil.copytree(home.settings.home / "keys", settings.home / "keys",
                    dirs_exist_ok=True)  # fmt: skip
    again = open_services(settings)
    assert states(again) == before
    assert again.log.keys.origin == home.log.keys.origin
    act(again)
    assert states(again)[-1] == ("2028", "open", size(again) - second)
    assert findings(again) == []


def test_it_is_time_for_the_next_log_after_thirteen_months(home: Services) -> None:
    """By the first event of the newest log, not by that of the first."""
    act(home)
    with home.log.session() as session:
        (log,) = logs_of(session, home.log.keys.trusted)
    assert log.begun_at is not None
    a_second = dt.timedelta(seconds=1)
    assert not next_log_is_due((log,), log.begun_at + DUE_AFTER)
    assert next_log_is_due((log,), log.begun_at + DUE_AFTER + a_second)
    roll(home)
    with home.log.session() as session:
        logs = logs_of(session, home.log.keys.trusted)
    assert not next_log_is_due(logs, log.begun_at + 2 * DUE_AFTER)


def test_a_log_is_found_by_its_name(home: Services) -> None:
    """By the whole name or its segment; by default the newest that has begun."""
    first = roll(home)
    with home.log.session() as session:
        logs = logs_of(session, home.log.keys.trusted)
    assert log_called(logs, "").origin.first == 0
    assert log_called(logs, "2027").origin.first == first
    assert log_called(logs, logs[0].origin.name).segment == ""
    act(home)
    with home.log.session() as session:
        logs = logs_of(session, home.log.keys.trusted)
    assert log_called(logs, "").segment == "2027"
    with pytest.raises(Refused) as refused:
        log_called(logs, "2026")
    assert refused.value.code == "log_unknown"


def test_two_logs_by_commands(home: Services, tmp_path: Path) -> None:
    """list, checkpoint, consistency and tiles know each log by its name."""
    first = roll(home)
    act(home, 2)
    shell = Shell(tmp_path)
    old, new = shell.json("log", "list")
    assert (old["state"], old["first"], old["next"]) == ("closed", 0, first)
    assert (new["name"], new["state"], new["entries"]) == ("2027", "open", 3)
    assert new["root"] is None
    note = shell.run("log", "checkpoint", "--log", str(old["log"])).stdout.encode()
    assert base64_text(claimed_checkpoint(note).root) == old["root"]
    newest = claimed_checkpoint(shell.run("log", "checkpoint").stdout.encode())
    assert (newest.origin, newest.size) == (new["log"], 3)
    lines = shell.run("log", "consistency", "2", "3", "--log", "2027").stdout.split()
    proof = [parse_base64("proof", line) for line in lines]
    texts = leaves(home, first, first + 3)
    verify_consistency(2, 3, root_of(texts[:2]), newest.root, proof)
    unknown = shell.run("log", "checkpoint", "--log", "1999")
    assert unknown.returncode == 2
    assert "1999" in unknown.stderr


def leaves(services: Services, first: int, end: int) -> list[bytes]:
    """Leaf hashes of these events, from their statements."""
    numbers = range(first, end)
    return [leaf_hash(leaf_text(services.log.statement(each))) for each in numbers]
