"""Homes whose keys lie in a real ssh-agent or a SoftHSM token, and moves between."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from intake.key_reference import KeyUnavailable
from intake.matters import MatterForm, open_matter
from intake.services import Services
from intake.tables import Exhibit
from intake.users import add_user
from integrity.policy import Role
from integrity.statement import Actor
from integrity.store.custody_log import KeysAbsent
from receipts.checks import Result
from receipts.issue import IssueForm, issue_receipt
from receipts.key_changes import change_keys, plan_rotation
from receipts.key_settling import home_keys
from receipts.maintenance import Examination
from receipts.opening import open_services
from receipts.verify_receipt import verify_receipt_pdf
from tests.factories import CONSOLE, add_bytes, make_settings
from tests.key_devices import (
    PIN,
    Agent,
    Token,
    configure_soft_token,
    soft_token,
    ssh_agent,
)
from workers.jobs import process_exhibit

LI = Actor("li.na", "李娜", "paralegal")


@pytest.fixture
def agent(monkeypatch: pytest.MonkeyPatch) -> Iterator[Agent]:
    """An agent of this test alone."""
    with ssh_agent() as running:
        monkeypatch.setenv("SSH_AUTH_SOCK", str(running.socket))
        yield running


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Token:
    """A token of this module, in the folder that the process knows already if any."""
    patch = pytest.MonkeyPatch()
    folder = tmp_path_factory.mktemp("token")
    patch.setenv("SOFTHSM2_CONF", str(configure_soft_token(folder)))
    return soft_token(folder, "home-token")


def fill(services: Services) -> None:
    """A matter with one exhibit that can stand on a receipt."""
    add_user(services, CONSOLE, "li.na", "李娜", "paralegal")
    form = MatterForm("2025-001", "借款", "张三", leads=("li.na",))
    open_matter(services, CONSOLE, form)
    added = add_bytes(services, "2025-001", "借条.txt", "借条 2025年3月6日".encode())
    process_exhibit(services, added.exhibit_id)


def receipt(services: Services) -> bytes:
    """A receipt's PDF."""
    with services.log.session() as session:
        named = select(Exhibit.id).where(Exhibit.name.is_not(None))
        exhibit = str(session.scalar(named))
    form = IssueForm("2025-001", "received", "张三", (exhibit,))
    issued = issue_receipt(services, LI, "li.na", form)
    with services.log.stores.open_blob(issued.pdf_sha256) as stream:
        return stream.read()


def sound(services: Services) -> bool:
    """Whether fsck finds nothing."""
    return not list(Examination(services, repair=False).run())


@pytest.mark.tool("ssh-agent")
def test_a_home_begins_with_keys_of_an_agent_and_waits_for_it(
    agent: Agent, tmp_path: Path
) -> None:
    """No private log key is in the home; without the agent it is read, not signed."""
    names = {"log_key": agent.add("log"), "statement_key": agent.add("statement")}
    services = open_services(make_settings(tmp_path, **names))
    fill(services)
    assert sound(services)
    assert {path.name for path in services.keys.iterdir()} == {
        "pdf.pem", "sources.json", "trust",
    }  # fmt: skip
    agent.remove("log")
    agent.remove("statement")
    reader = open_services(make_settings(tmp_path, **names))
    assert sound(reader)
    for waiting in (reader, services):
        with pytest.raises(KeyUnavailable) as caught:
            add_bytes(waiting, "2025-001", "x.txt", b"x")
        assert caught.value.code == "key_agent_lacks"
    agent._run("ssh-add", "-q", str(agent.folder / "log"))
    agent._run("ssh-add", "-q", str(agent.folder / "statement"))
    add_bytes(reader, "2025-001", "x.txt", b"x")
    assert sound(reader)


@pytest.mark.tool("ssh-agent")
def test_keys_move_from_files_to_an_agent(agent: Agent, tmp_path: Path) -> None:
    """The file is destroyed; the record of the home leads to the agent."""
    services = open_services(make_settings(tmp_path))
    reference = agent.add("statement")
    plan = plan_rotation(services, Role.STATEMENT, reference)
    done = change_keys(services, CONSOLE, plan)
    assert done.destroyed == ("file:statement.key",)
    again = open_services(make_settings(tmp_path))
    fill(again)
    assert home_keys(again).sources.references(Role.STATEMENT) == (reference,)
    assert sound(again)


@pytest.mark.tool("softhsm2-util")
def test_all_three_keys_move_to_a_token_and_on(token: Token, tmp_path: Path) -> None:
    """What the token signs verifies, and the keys of before are destroyed."""
    services = open_services(make_settings(tmp_path, key_pin=PIN))
    fill(services)
    before = receipt(services)
    for role in (Role.LOG, Role.STATEMENT, Role.PDF):
        plan = plan_rotation(services, role, token.reference(f"move-{role.value}"))
        change_keys(services, CONSOLE, plan)
    after = receipt(services)
    trusted = services.log.keys.trusted
    for paper in (before, after):
        assert verify_receipt_pdf(paper, trusted).verdict is Result.PASSED
    assert not list(services.keys.glob("*.key"))
    assert not list(services.keys.glob("*.pem"))
    again = open_services(make_settings(tmp_path, key_pin=PIN))
    for role in (Role.LOG, Role.STATEMENT, Role.PDF):
        change_keys(again, CONSOLE, plan_rotation(again, role))
        (present,) = home_keys(again).sources.references(role)
        assert f"object=move-{role.value}-2" in present
    last = receipt(again)
    assert verify_receipt_pdf(last, again.log.keys.trusted).verdict is Result.PASSED
    assert sound(again)


@pytest.mark.tool("softhsm2-util")
def test_a_home_with_token_keys_and_no_pin_is_read_and_signs_nothing(
    token: Token, tmp_path: Path
) -> None:
    """It opens without asking the token; the first signature says what is missing."""
    names = {
        "log_key": token.reference("pin-log"),
        "statement_key": token.reference("pin-statement"),
    }
    fill(open_services(make_settings(tmp_path, key_pin=PIN, **names)))
    reader = open_services(make_settings(tmp_path, **names))
    assert sound(reader)
    with pytest.raises(KeyUnavailable) as caught:
        add_bytes(reader, "2025-001", "x.txt", b"x")
    assert caught.value.code == "key_pin_missing"
    assert sound(reader)


def test_absent_key_files_are_the_keys_absent_of_a_restored_home(
    tmp_path: Path,
) -> None:
    """Without its private files a home says what to put back."""
    services = open_services(make_settings(tmp_path))
    for name in ("log.key", "statement.key", "pdf.pem"):
        (services.keys / name).unlink()
    reader = open_services(make_settings(tmp_path))
    assert sound(reader)
    with pytest.raises(KeysAbsent) as caught:
        add_user(reader, CONSOLE, "li.na", "李娜", "paralegal")
    assert caught.value.code == "keys_absent"
