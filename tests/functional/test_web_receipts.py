"""Receipts: the firm's side, and every state of the client's page."""

from __future__ import annotations

import datetime as dt
import re
import sqlite3
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from receipts import client as client_module
from receipts.client import PIN_TRIES
from receipts.issue import Issued, IssueForm, issue_receipt, void_receipt
from tests.factories import CONSOLE
from tests.web_firm import Firm, make_firm, post
from web.reads import receipt as receipt_reads

LIGHT = 60_000  # bytes before pictures


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """A fresh firm."""
    return make_firm(tmp_path_factory.mktemp("receipts"))


@pytest.fixture
def issued(firm: Firm) -> Issued:
    """A receipt over one exhibit, with a PIN."""
    form = IssueForm("2025-001", "received", "某某公司", (firm.read_exhibit(),))
    return issue_receipt(firm.services, CONSOLE, None, form)


def path_of(issued: Issued) -> str:
    """The path of the client's page."""
    return "/r/" + issued.url.rpartition("/")[2]


def enter(browser: FlaskClient, issued: Issued, pin: str | None) -> int:
    """Give a PIN; returns the status."""
    data = {"pin": pin or ""}
    return post(browser, f"{path_of(issued)}/open", data).status_code


def wrong(issued: Issued) -> str:
    """Six digits that are not the PIN."""
    return "000000" if issued.pin != "000000" else "111111"


def issue_by_form(firm: Firm, browser: FlaskClient, **more: str) -> str:
    """Fill in the wizard and send it; returns the page."""
    address = f"/m/{firm.matter}/receipts/new"
    exhibit = firm.read_exhibit()
    page = browser.get(address).get_data(as_text=True)
    once = re.search(r'name="once" value="([^"]+)"', page)
    assert once is not None
    data = {"once": once[1], "exhibit": exhibit, "direction": "received",
            "counterparty": "某某公司", "pin_how": "auto", "expires": "30"}  # fmt: skip
    return post(browser, address, data | more).get_data(as_text=True)


def numbers(firm: Firm, browser: FlaskClient) -> set[str]:
    """The receipts on the page of the matter."""
    page = browser.get(f"/m/{firm.matter}").get_data(as_text=True)
    return set(re.findall(r"R\d{8}-\d{4}", page))


def test_pin_and_link_are_shown_once(firm: Firm) -> None:
    """The page after issuing has both; the receipt's own page has neither."""
    browser = firm.browser("li.na")
    page = issue_by_form(firm, browser)
    assert re.search(r'class="pin"[^>]*>\d{6}<', page)
    assert "/r/" in page
    number = re.search(r"R\d{8}-\d{4}", page)
    assert number is not None
    later = browser.get(f"/receipts/{number[0]}").get_data(as_text=True)
    assert "/r/" not in later
    assert 'class="pin"' not in later
    pdf = browser.get(f"/receipts/{number[0]}/pdf", buffered=True)
    assert pdf.data.startswith(b"%PDF-")


def test_a_page_sent_twice_issues_once(firm: Firm) -> None:
    """The same form again leads to the receipt it made; two forms make two."""
    browser = firm.browser("li.na")
    issue_by_form(firm, browser, once="first")
    before = numbers(firm, browser)
    again = issue_by_form(firm, browser, once="first")
    assert numbers(firm, browser) == before
    assert "/receipts/R" in again
    issue_by_form(firm, browser, once="second")
    assert len(numbers(firm, browser)) == len(before) + 1


@pytest.mark.parametrize(
    "more",
    [
        {"pin_how": "typed", "pin": "12"},
        {"pin_how": "typed"},
        {"direction": "sideways"},
        {"expires": "0"},
        {"expires": "9999999"},
        {"counterparty": " "},
    ],
)
def test_bad_choices_come_back_with_words(firm: Firm, more: dict[str, str]) -> None:
    """Nothing is issued, and the form says why."""
    page = issue_by_form(firm, firm.browser("li.na"), **more)
    assert 'role="alert"' in page
    assert 'class="pin"' not in page


def test_before_the_pin_only_the_plate_is_shown(firm: Firm, issued: Issued) -> None:
    """Firm, number, date and state, as on the paper; no names of exhibits."""
    got = firm.browser().get(path_of(issued))
    page = got.get_data(as_text=True)
    assert got.status_code == 200
    assert "plate good" in page
    assert issued.number in page
    assert "示例律师事务所" in page
    assert "借条" not in page
    assert "货款纠纷" not in page


def test_the_page_is_light_and_runs_no_script(firm: Firm, issued: Issued) -> None:
    """Under 60 kB with everything it loads, and not one script."""
    browser = firm.browser()
    page = browser.get(path_of(issued))
    text = page.get_data(as_text=True)
    loaded = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', text))
    size = len(page.data) + sum(
        len(browser.get(each, buffered=True).data) for each in loaded
    )
    assert size < LIGHT
    assert "<script" not in text
    assert "script-src" not in page.headers["Content-Security-Policy"]


def test_nothing_of_it_is_kept_or_indexed(firm: Firm, issued: Issued) -> None:
    """no-store, noindex, no-referrer on every answer of the link."""
    browser = firm.browser()
    enter(browser, issued, issued.pin)
    for more in ("", "/i/1", "/i/1/1"):
        headers = browser.get(path_of(issued) + more).headers
        assert headers["Cache-Control"] == "no-store", more
        assert "noindex" in headers["X-Robots-Tag"]
        assert headers["Referrer-Policy"] == "no-referrer"


def test_the_pin_opens_list_and_pictures(firm: Firm, issued: Issued) -> None:
    """After the PIN the list and watermarked pictures are there, and it is logged."""
    browser = firm.browser()
    assert browser.get(f"{path_of(issued)}/i/1").status_code == 401
    assert enter(browser, issued, issued.pin) == 302
    page = browser.get(path_of(issued)).get_data(as_text=True)
    assert "20250829_借条_" in page
    picture = browser.get(f"{path_of(issued)}/i/1/1")
    assert picture.mimetype == "image/svg+xml"
    assert issued.number in picture.get_data(as_text=True)
    assert "sandbox" in picture.headers["Content-Security-Policy"]
    assert browser.get(f"{path_of(issued)}/i/2").status_code == 404
    seen = firm.browser("li.na").get(f"/receipts/{issued.number}")
    assert "已查看" in seen.get_data(as_text=True)


def test_the_grant_is_for_one_receipt_and_one_browser(
    firm: Firm, issued: Issued
) -> None:
    """Its cookie opens no other receipt and goes to no other path."""
    form = IssueForm("2025-001", "received", "别人", (firm.read_exhibit("b", b"b"),))
    other = issue_receipt(firm.services, CONSOLE, None, form)
    browser = firm.browser()
    got = post(browser, f"{path_of(issued)}/open", {"pin": issued.pin})
    cookie = next(c for c in got.headers.getlist("Set-Cookie") if "-receipt=" in c)
    assert f"Path={path_of(issued)}" in cookie
    assert "HttpOnly" in cookie
    value = cookie.partition("=")[2].partition(";")[0]
    browser.set_cookie("custody-receipt", value, path=path_of(other))
    assert browser.get(f"{path_of(other)}/i/1").status_code == 401
    assert firm.browser().get(f"{path_of(issued)}/i/1").status_code == 401


def test_wrong_pins_lock_the_link(firm: Firm, issued: Issued) -> None:
    """Each wrong PIN says how many are left; then even the right one is refused."""
    browser = firm.browser()
    for _ in range(PIN_TRIES - 1):
        assert enter(browser, issued, wrong(issued)) == 403
    assert enter(browser, issued, wrong(issued)) == 423
    assert enter(browser, issued, issued.pin) == 423
    page = browser.get(path_of(issued)).get_data(as_text=True)
    assert "已锁定" in page
    assert 'name="pin"' not in page


def test_a_new_pin_reopens_it(firm: Firm, issued: Issued) -> None:
    """The firm gives a new PIN; the old one is worthless."""
    browser = firm.browser()
    for _ in range(PIN_TRIES):
        enter(browser, issued, wrong(issued))
    got = post(firm.browser("li.na"), f"/receipts/{issued.number}/reopen", {})
    pin = re.search(r'class="pin"[^>]*>(\d{6})<', got.get_data(as_text=True))
    assert pin is not None
    assert enter(browser, issued, pin[1]) == 302


def test_a_void_receipt_says_so(firm: Firm, issued: Issued) -> None:
    """410, red plate, what to do; a browser that was let in is out."""
    browser = firm.browser()
    enter(browser, issued, issued.pin)
    void_receipt(firm.services, CONSOLE, None, issued.number, "写错了")
    got = browser.get(path_of(issued))
    assert got.status_code == 410
    page = got.get_data(as_text=True)
    assert "plate bad" in page
    assert "借条" not in page
    assert browser.get(f"{path_of(issued)}/i/1/1").status_code == 410
    assert enter(browser, issued, issued.pin) == 410


def test_an_expired_link_says_so(
    firm: Firm, issued: Issued, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After its day the link is closed and says what to do."""
    later = dt.datetime.now(dt.UTC).replace(microsecond=0) + dt.timedelta(days=31)
    for module in (client_module, receipt_reads):
        monkeypatch.setattr(module, "now", lambda: later)
    browser = firm.browser()
    got = browser.get(path_of(issued))
    assert got.status_code == 410
    assert "链接已到期" in got.get_data(as_text=True)
    assert enter(browser, issued, issued.pin) == 410


@pytest.mark.parametrize("token", ["0" * 26, "zzz", "a" * 300, "%00", "../etc"])
def test_an_unknown_link_gives_nothing_away(firm: Firm, token: str) -> None:
    """404 in the client's own look, without an account or a matter in it."""
    got = firm.browser().get(f"/r/{token}")
    assert got.status_code == 404
    assert "/sign-in" not in got.get_data(as_text=True)


def test_confirming_and_objecting_reach_the_firm(firm: Firm, issued: Issued) -> None:
    """Name and words of the client stand on the receipt's page."""
    browser = firm.browser()
    enter(browser, issued, issued.pin)
    there = path_of(issued)
    assert post(browser, f"{there}/confirm", {"name": " "}).status_code == 422
    assert post(browser, f"{there}/confirm", {"name": "张三"}).status_code == 302
    assert post(browser, f"{there}/object", {"text": "少一页"}).status_code == 302
    page = firm.browser("li.na").get(f"/receipts/{issued.number}")
    assert "张三" in page.get_data(as_text=True)
    assert "少一页" in page.get_data(as_text=True)


def test_without_grant_nobody_confirms(firm: Firm, issued: Issued) -> None:
    """The link alone confirms nothing."""
    got = post(firm.browser(), f"{path_of(issued)}/confirm", {"name": "张三"})
    assert got.status_code == 401


def test_no_secret_is_logged(firm: Firm, issued: Issued) -> None:
    """Neither token nor PIN nor password is in any log line."""
    browser = firm.browser()
    with capture_logs() as lines:
        browser.get(path_of(issued))
        enter(browser, issued, wrong(issued))
        enter(browser, issued, issued.pin)
        browser.get(f"{path_of(issued)}?lang=en")
        browser.get(f"{path_of(issued)}/nothing")
        browser.get("/setup/secret-token")
        firm.browser("li.na")
    told = repr(lines)
    assert lines
    for secret in (path_of(issued)[3:], str(issued.pin), "secret-token", "horse"):
        assert secret not in told


@pytest.mark.parametrize(
    "edit",
    [
        "counterparty='x'",
        "code='2222-2222'",
        "issued_at='2020-01-01T00:00:00Z'",
        "expires_at='2099-01-01T00:00:00Z'",
        "content=replace(content, 'received', 'returned')",
    ],
)
def test_an_edited_row_is_not_called_genuine(tmp_path: Path, edit: str) -> None:
    """The plate is green only when the log proves the very row it shows."""
    firm = make_firm(tmp_path)
    form = IssueForm("2025-001", "received", "某某公司", (firm.read_exhibit(),))
    issued = issue_receipt(firm.services, CONSOLE, None, form)
    with sqlite3.connect(firm.services.settings.home / "custody.db") as database:
        database.execute(f"UPDATE receipts SET {edit}")
    database.close()
    got = firm.browser().get(path_of(issued))
    assert "plate good" not in got.get_data(as_text=True)
