"""Erasure, certificates and fixity on the pages of the firm."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from intake.acts import find, waiting_acts
from intake.services import today
from receipts.certificate import certify
from receipts.erasure import erase_exhibit
from receipts.fixity import run_fixity
from tests.factories import CONSOLE
from tests.integration.test_two_persons import add, enrol_person
from tests.web_firm import Firm, make_firm, post

BASIS = "《个人信息保护法》第四十七条"


@pytest.fixture
def firm(tmp_path: Path) -> Firm:
    """A firm without keys of persons."""
    return make_firm(tmp_path)


def text(firm: Firm, path: str, status: int = 200) -> str:
    """A page as li.na sees it."""
    answer = firm.browser("li.na").get(path)
    assert answer.status_code == status, answer.get_data(as_text=True)
    return answer.get_data(as_text=True)


def test_the_tombstone_on_the_pages(firm: Firm) -> None:
    """List and page say that it was erased, by whom, on which ground; no more."""
    exhibit = firm.read_exhibit("张三.txt", b"x")
    name = str(firm.row(exhibit).name)
    assert name in text(firm, f"/e/{exhibit}")
    erase_exhibit(firm.services, CONSOLE, None, exhibit, "当事人要求", BASIS)
    for path in (f"/e/{exhibit}", f"/m/{firm.matter}"):
        page = text(firm, path)
        assert "已依法删除" in page
        assert "console (test)" in page
        assert name not in page
        assert "张三" not in page
    assert BASIS in text(firm, f"/e/{exhibit}")
    assert "依法删除此项证据" in text(firm, f"/e/{exhibit}/history")
    for part in ("original", "proof", "text", "integrity"):
        assert "已依法删除" in text(firm, f"/e/{exhibit}/{part}", 410)


def test_the_button_starts_an_act(firm: Firm) -> None:
    """With the rule the form proposes; two signatures later it is gone."""
    exhibit = firm.read_exhibit("张三.txt", b"x")
    for login in ("li.na", "wang.wu"):
        assert enrol_person(firm, login) is None
    assert BASIS not in text(firm, f"/e/{exhibit}")
    form = {"reason": "当事人要求", "basis": BASIS}
    answer = post(firm.browser("li.na"), f"/e/{exhibit}/erase", form)
    with firm.services.log.session() as session:
        (act,) = waiting_acts(session, "li.na")
    assert answer.location.endswith(f"/acts/{act.id}")
    page = text(firm, f"/acts/{act.id}")
    assert BASIS in page
    assert "依法删除证据" in page
    assert "正等待两个人签名" in text(firm, f"/e/{exhibit}")
    for login in ("li.na", "wang.wu"):
        act = add(firm, find(firm.services, login, act.id), login)
    assert firm.row(exhibit).state == "erased"


def test_without_the_rule_the_page_erases_nothing(firm: Firm) -> None:
    """One person at a browser cannot: the page names the command."""
    exhibit = firm.read_exhibit("张三.txt", b"x")
    assert "custody erase" in text(firm, f"/e/{exhibit}")
    form = {"reason": "r", "basis": BASIS}
    post(firm.browser("li.na"), f"/e/{exhibit}/erase", form)
    assert firm.row(exhibit).state == "to_review"


def test_a_certificate_is_downloaded(firm: Firm) -> None:
    """From the page of its matter, by its members only."""
    firm.exhibit()
    month = f"{today():%Y-%m}"
    path = f"/m/{firm.matter}/certificates/{month}.pdf"
    text(firm, path, 404)
    certify(firm.services, CONSOLE, None, firm.matter)
    assert path in text(firm, f"/m/{firm.matter}")
    answer = firm.browser("li.na").get(path)
    assert (answer.status_code, answer.data[:5]) == (200, b"%PDF-")
    answer.close()
    assert firm.browser("zhou.min").get(path).status_code == 404


def test_health_tells_of_the_daily_check(firm: Firm) -> None:
    """None yet, then the last run; a missed day is not well."""
    firm.exhibit()
    assert "完整性巡检" in text(firm, "/health")
    day = today() - dt.timedelta(days=1)
    run_fixity(firm.services, day=day - dt.timedelta(days=2), rest=lambda _s: None)
    page = text(firm, "/health")
    assert "custody fixity report" in page
    run_fixity(firm.services, day=today(), rest=lambda _s: None)
    page = text(firm, "/health")
    assert today().isoformat() in page
    assert "4/90" in page
    assert "custody fixity report" not in page
