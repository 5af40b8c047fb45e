"""Which engine reads an exhibit: the firm's, or the one that was asked for."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from intake.errors import Refused
from intake.matters import MatterForm, open_matter
from intake.readings import take_lease
from intake.review import read_again
from intake.services import Services
from intake.tables import Exhibit
from integrity.statement import open_statement
from integrity.store import sql_log
from receipts.opening import open_services
from tests.factories import CONSOLE, add_bytes, make_settings
from workers import jobs

IOU = "借条\n今借到张三人民币壹万元整\n借款人：李四\n2025年3月6日\n"


@pytest.fixture
def home(tmp_path: Path) -> Services:
    services = open_services(make_settings(tmp_path))
    open_matter(services, CONSOLE, MatterForm("2025-001", "借款", "张三"))
    return services


def received(home: Services) -> str:
    return add_bytes(home, "2025-001", "a.txt", IOU.encode()).exhibit_id


def engine_for(home: Services, exhibit_id: str) -> str:
    lease = take_lease(home, exhibit_id)
    assert lease is not None
    return jobs._engine(home, lease.exhibit)


def newest_facts(home: Services, kind: str) -> dict[str, Any]:
    with home.log.session() as session:
        size = sql_log.size(session)
    keys = home.log.keys.statement_keys
    events = (
        open_statement(home.log.statement(leaf), keys) for leaf in reversed(range(size))
    )
    return next(dict(event.facts) for event in events if event.kind == kind)


def test_asked_for_engine_reads_once(home: Services) -> None:
    """An engine that is asked for is the one that reads."""
    exhibit_id = received(home)
    jobs.process_exhibit(home, exhibit_id)
    read_again(home, CONSOLE, None, exhibit_id, "tesseract")
    assert engine_for(home, exhibit_id) == "tesseract"


def test_without_a_wish_the_firm_decides(home: Services) -> None:
    """A plain new reading uses the setting, also after a wish was met."""
    exhibit_id = received(home)
    jobs.process_exhibit(home, exhibit_id)
    for wish, used in (("tesseract", "tesseract"), (None, "rapidocr")):
        read_again(home, CONSOLE, None, exhibit_id, wish)
        with home.log.session() as session:
            exhibit = session.scalars(select(Exhibit).filter_by(id=exhibit_id)).one()
            assert jobs._engine(home, exhibit) == used
        jobs.process_exhibit(home, exhibit_id)


def test_unknown_engine_is_refused(home: Services) -> None:
    """A name that is no engine is refused, and nothing is recorded."""
    exhibit_id = received(home)
    jobs.process_exhibit(home, exhibit_id)
    with pytest.raises(Refused) as caught:
        read_again(home, CONSOLE, None, exhibit_id, "magic")
    assert caught.value.code == "choice_bad"


def test_engine_options_and_time_are_facts(home: Services) -> None:
    """The event of a reading says how the engine was set and how long it took."""
    exhibit_id = received(home)
    jobs.process_exhibit(home, exhibit_id)
    facts = newest_facts(home, "exhibit.read")
    assert facts["engine_options"] == {}
    assert isinstance(facts["seconds_ms"], int)
    assert facts["seconds_ms"] > 0
