"""The next log with keys that an ssh-agent or a PKCS #11 token holds."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.errors import Refused
from intake.key_reference import KeyUnavailable, parse_reference
from intake.key_sources import open_signer
from intake.matters import MatterForm, open_matter
from intake.services import Services
from integrity.checkpoint import claimed_checkpoint
from integrity.errors import SigningRefused
from integrity.policy import Role
from integrity.store import sql_log
from integrity.store.blobs import frozen_name, read_object
from receipts.key_changes import (
    apply_change,
    change_keys,
    plan_compromise,
    plan_next_log,
    plan_rotation,
    propose_change,
)
from receipts.key_settling import home_keys
from receipts.logs import logs_of
from receipts.maintenance import Examination, restore
from receipts.opening import open_services
from tests.factories import CONSOLE, add_bytes, make_settings
from tests.integration.test_keys_command import Shell
from tests.key_devices import (
    PIN,
    Agent,
    Token,
    configure_soft_token,
    soft_token,
    ssh_agent,
)

AHEAD = 3  # events between a change and the end of the log


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Agent]:
    """An agent of this test alone."""
    with ssh_agent() as running:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(running.socket))
        yield running


@pytest.fixture
def token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Token:
    """A token of this test alone."""
    conf = configure_soft_token(tmp_path / "softhsm")
    monkeypatch.setenv("SOFTHSM2_CONF", str(conf))
    return soft_token(tmp_path / "softhsm", "year-token")


def begin(folder: Path, **more: object) -> Services:
    """A home with a matter, opened."""
    services = open_services(make_settings(folder, **more))
    open_matter(services, CONSOLE, MatterForm("2025-001", "t", "c", leads=()))
    return services


def act(services: Services, times: int = 1) -> None:
    """So many events, each a file."""
    for _ in range(times):
        data = f"{size(services)}".encode()
        add_bytes(services, "2025-001", "a.txt", data)


def size(services: Services) -> int:
    """Number of events."""
    with services.log.session() as session:
        return sql_log.size(session)


def announce(services: Services, name: str, to: str = "", ahead: int = 0) -> int:
    """Announce the next log; the number of its first event."""
    plan = plan_next_log(services, name, to)
    if ahead:
        apply_change(services, propose_change(services, CONSOLE, plan, ahead))
    else:
        change_keys(services, CONSOLE, plan)
    return services.log.keys.trusted.origins()[-1].first


def go_on(services: Services, first: int) -> None:
    """Events up to the second one of the log that begins with `first`."""
    while size(services) < first + 2:
        act(services)


def states(services: Services) -> list[tuple[str, str]]:
    """Segment and state of each log."""
    with services.log.session() as session:
        found = logs_of(session, services.log.keys.trusted)
    return [(log.segment, log.state) for log in found]


def log_keys(services: Services) -> tuple[str, ...]:
    """Where private halves of log keys lie."""
    return home_keys(services).sources.references(Role.LOG)


def require_whole(services: Services, *ends: int) -> None:
    """fsck finds nothing, and every entry is proven by the log that holds it."""
    assert list(Examination(services, repair=False).run()) == []
    trusted = services.log.keys.trusted
    for leaf in range(size(services)):
        note = services.log.prove(leaf).checkpoint
        assert trusted.covered(trusted.open_checkpoint(note)) > leaf
    for end in ends:
        for store in services.log.stores:
            assert claimed_checkpoint(read_object(store, frozen_name(end))).size


def again(services: Services) -> Services:
    """The same home after a restart."""
    services.log.engine.dispose()
    return open_services(services.settings)


# -- tokens --------------------------------------------------------------------


@pytest.mark.tool("softhsm2-util")
def test_a_token_makes_the_key_of_each_next_log(token: Token, tmp_path: Path) -> None:
    """Two years: each key is made in the token, that of a closed log deleted there."""
    first_key = token.reference("log")
    services = begin(tmp_path, key_pin=PIN, log_key=first_key)
    ends = []
    for number, year in enumerate(("2027", "2028"), start=2):
        before = log_keys(services)[-1]
        first = announce(services, year)
        assert f"object=log-{number}" in log_keys(services)[-1]
        go_on(services, first)
        services = again(services)
        act(services)
        ends.append(first)
        place = home_keys(services).sources.place
        with pytest.raises(KeyUnavailable) as caught:
            open_signer(parse_reference(before), place, "log")
        assert caught.value.code == "key_token_lacks"
    assert states(services) == [("", "closed"), ("2027", "closed"), ("2028", "open")]
    assert home_keys(services).faults == {}
    require_whole(services, *ends)


@pytest.mark.tool("softhsm2-util")
def test_a_token_key_lives_until_its_log_is_closed(
    token: Token, tmp_path: Path
) -> None:
    """Announced some events ahead: both keys are there until the last checkpoint is."""
    services = begin(tmp_path, key_pin=PIN, log_key=token.reference("log"))
    first = announce(services, "2027", ahead=AHEAD)
    assert len(log_keys(services)) == 2
    services = again(services)
    while size(services) < first:
        signer = open_signer(
            parse_reference(token.reference("log")),
            home_keys(services).sources.place,
            "log",
        )
        assert signer.sign(b"x")
        act(services)
    go_on(services, first)
    services = again(services)
    assert states(services) == [("", "closed"), ("2027", "open")]
    with pytest.raises(KeyUnavailable):
        open_signer(
            parse_reference(token.reference("log")),
            home_keys(services).sources.place,
            "log",
        )
    require_whole(services, first)


@pytest.mark.tool("softhsm2-util")
def test_a_locked_token_closes_no_log_and_loses_no_event(
    token: Token, tmp_path: Path
) -> None:
    """Without the PIN nothing is signed at the end; with it the log goes on."""
    names = {
        "log_key": token.reference("log"),
        "statement_key": token.reference("statement"),
    }
    services = begin(tmp_path, key_pin=PIN, **names)
    first = announce(services, "2027", ahead=AHEAD)
    services.log.engine.dispose()
    locked = open_services(make_settings(tmp_path, **names))
    for _ in range(AHEAD + 1):
        with pytest.raises(KeyUnavailable) as caught:
            act(locked)
        assert caught.value.code == "key_pin_missing"
    assert list(Examination(locked, repair=False).run()) == []
    locked.log.engine.dispose()
    services = open_services(services.settings)
    go_on(services, first)
    require_whole(services, first)


# -- agents --------------------------------------------------------------------


@pytest.mark.tool("ssh-agent")
def test_the_next_key_of_an_agent_is_named(agent: Agent, tmp_path: Path) -> None:
    """Its holder makes it: without --to it is refused in words, nothing is changed."""
    services = begin(tmp_path, log_key=agent.add("log"))
    before = services.log.keys.trusted
    with pytest.raises(Refused) as caught:
        plan_next_log(services, "2027")
    assert "ssh-add -l" in str(caught.value)
    with pytest.raises(Refused, match="in use"):
        plan_next_log(services, "2027", log_keys(services)[0])
    assert services.log.keys.trusted == before
    new = agent.add("log-2")
    first = announce(services, "2027", new)
    go_on(services, first)
    services = again(services)
    act(services)
    assert new in log_keys(services)
    assert states(services) == [("", "closed"), ("2027", "open")]
    require_whole(services, first)


@pytest.mark.tool("ssh-agent")
def test_the_old_key_may_leave_the_agent_once_its_log_is_closed(
    agent: Agent, tmp_path: Path
) -> None:
    """The setting still names it; the home signs on and shows no fault."""
    services = begin(tmp_path, log_key=agent.add("log"))
    first = announce(services, "2027", agent.add("log-2"))
    go_on(services, first)
    agent.remove("log")
    services = again(services)
    act(services)
    assert home_keys(services).faults == {}
    assert services.log.keys.log is not None
    require_whole(services, first)


@pytest.mark.tool("ssh-agent")
@pytest.mark.parametrize("restarted", [False, True])
def test_an_agent_that_lacks_the_closing_key_holds_the_log_open(
    agent: Agent, tmp_path: Path, *, restarted: bool
) -> None:
    """Nothing uses up the entries that the log still has; put back, it closes.

    A process that has seen the key finds out when it signs: that event waits.
    """
    services = begin(tmp_path, log_key=agent.add("log"))
    first = announce(services, "2027", agent.add("log-2"), ahead=AHEAD)
    agent.remove("log")
    if restarted:
        services = again(services)
    before, codes = size(services), list[str]()
    for _ in range(AHEAD):
        with pytest.raises(SigningRefused) as caught:
            act(services)
        codes.append(caught.value.code)
    seen = [] if restarted else ["key_agent_lacks"]
    assert codes == [*seen, *["log_key_absent"] * (AHEAD - len(seen))]
    assert size(services) == before + len(seen)
    agent._run("ssh-add", "-q", str(agent.folder / "log"))
    go_on(services, first)
    require_whole(services, first)


@pytest.mark.tool("ssh-agent")
def test_an_agent_that_lacks_the_next_key_begins_no_log(
    agent: Agent, tmp_path: Path
) -> None:
    """The old log closes; the first event of the next one waits for its key."""
    services = begin(tmp_path, log_key=agent.add("log"))
    first = announce(services, "2027", agent.add("log-2"))
    agent.remove("log-2")
    with pytest.raises(KeyUnavailable) as caught:
        act(services)
    assert caught.value.code == "key_agent_lacks"
    services = again(services)
    agent._run("ssh-add", "-q", str(agent.folder / "log-2"))
    act(services)
    go_on(services, first)
    require_whole(services, first)


@pytest.mark.tool("ssh-agent")
def test_the_key_of_a_closing_log_is_lost_with_its_agent(
    agent: Agent, tmp_path: Path
) -> None:
    """Another key is named, signs the log to its end, and the next log begins."""
    services = begin(tmp_path, log_key=agent.add("log"))
    first = announce(services, "2027", agent.add("log-2"), ahead=6)
    agent.remove("log")
    services = again(services)
    plan = plan_rotation(services, Role.LOG, agent.add("log-1b"))
    change_keys(services, CONSOLE, plan)
    go_on(services, first)
    services = again(services)
    act(services)
    assert states(services) == [("", "closed"), ("2027", "open")]
    require_whole(services, first)


# -- from one kind to another --------------------------------------------------


@pytest.mark.tool("softhsm2-util")
@pytest.mark.tool("ssh-agent")
def test_each_year_another_kind_of_key(
    agent: Agent, token: Token, tmp_path: Path
) -> None:
    """File, agent, token, file: what was closed stays proven, its key is gone."""
    services = begin(tmp_path, key_pin=PIN)
    ends = []
    kinds = [agent.add("log-27"), token.reference("log-28"), "file:log-29.key"]
    for year, to in zip(("2027", "2028", "2029"), kinds, strict=True):
        first = announce(services, year, to)
        go_on(services, first)
        services = again(services)
        act(services)
        ends.append(first)
    assert log_keys(services) == ("file:log-29.key",)
    assert not (services.keys / "log.key").exists()
    assert [state for _, state in states(services)] == [*["closed"] * 3, "open"]
    require_whole(services, *ends)


@pytest.mark.tool("softhsm2-util")
def test_a_restored_home_goes_on_with_its_token(token: Token, tmp_path: Path) -> None:
    """From the second copy, in the second log; the record of places is put back."""
    (tmp_path / "one").mkdir()
    names = {"key_pin": PIN, "log_key": token.reference("log")}
    services = begin(tmp_path / "one", **names)
    first = announce(services, "2027")
    go_on(services, first)
    services = again(services)
    services.log.engine.dispose()
    (tmp_path / "two").mkdir()
    settings = make_settings(tmp_path / "two", key_pin=PIN)
    restore(settings, str(services.settings.home / "second-store"))
    shutil.copytree(services.keys, settings.home / "keys", dirs_exist_ok=True)
    restored = open_services(settings)
    act(restored, 2)
    require_whole(restored, first)


@pytest.mark.tool("softhsm2-util")
def test_a_doubted_token_key_of_the_next_log_is_replaced(
    token: Token, tmp_path: Path
) -> None:
    """It is replaced under its log's name, in the token."""
    services = begin(tmp_path, key_pin=PIN, log_key=token.reference("log"))
    first = announce(services, "2027")
    go_on(services, first)
    act(services, 2)
    entry = services.log.keys.trusted.keys(Role.LOG)[-1]
    plan = plan_compromise(services, Role.LOG, entry.what(), size(services) - 1)
    change_keys(services, CONSOLE, plan)
    act(services, 2)
    services = again(services)
    names = [each.key.name for each in services.log.keys.trusted.keys(Role.LOG)]
    assert names[-1] == names[-2] == services.log.keys.trusted.origins()[-1].name
    require_whole(services, first)


# -- the commands --------------------------------------------------------------


@pytest.mark.tool("ssh-agent")
def test_next_log_with_an_agent_by_command(agent: Agent, tmp_path: Path) -> None:
    """Refused without --to, done with it; two persons sign where the rule is."""
    shell = Shell(tmp_path)
    known = {"CUSTODY_LOG_KEY": agent.add("log")}
    for login, role in (("li.na", "paralegal"), ("wang.wu", "lawyer")):
        words = ("user", "add", login, "--name", login, "--role", role)
        shell.json(*words, **known)
        public = shell.person(login)
        shell.json("keys", "person", "add", login, "--public", public, **known)
    both = shell.by("li.na", "wang.wu")
    refused = shell.run("keys", "next-log", "2027", *both, **known)
    assert (refused.returncode, "--to" in refused.stderr) == (2, True)
    new = agent.add("log-2")
    told = shell.run("keys", "next-log", "2027", "--to", new, *both, **known)
    assert (told.returncode, "日志" in told.stdout) == (0, True)
    words = ("matter", "open", "M-1", "--title", "t", "--client", "c")
    for number in range(6):
        shell.json(*words[:2], f"M-{number}", *words[3:], "--lead", "wang.wu", **known)
    logs = shell.json("log", "list", **known)
    assert [each["state"] for each in logs] == ["closed", "open"]
    assert shell.json("fsck", **known)[-1]["sound"] is True
    lines = [r for r in shell.json("keys", "list", **known) if r.get("role") == "log"]
    assert len(lines) == 2
