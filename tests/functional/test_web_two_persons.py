"""Two persons with passkeys, in a real browser with a virtual authenticator."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select
from werkzeug.serving import make_server

from intake.review import review
from intake.tables import CustodyEvent
from intake.two_persons import keys_in_force
from integrity.persons import check_two_persons, verified_logins
from integrity.policy import DEFAULT_TWO_PERSON_KINDS
from integrity.statement import open_statement
from receipts.issue import IssueForm, issue_receipt
from receipts.tables import Receipt
from tests.browsing import follow
from tests.factories import CONSOLE
from tests.live import free_port
from tests.web_firm import PASSWORD, Firm, make_firm, post

TWO = ("li.na", "wang.wu")
DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firm]:
    """A firm whose pages are served on localhost, where passkeys work."""
    port = free_port()
    folder = tmp_path_factory.mktemp("two-persons")
    made = make_firm(folder, base_url=f"http://localhost:{port}")
    server = make_server("127.0.0.1", port, made.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield made
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def desks(firm: Firm, chromium: Browser) -> dict[str, Page]:
    """li.na and wang.wu at their own computers, each with a device of their own."""
    return {login: desk(firm, chromium, login) for login in TWO}


def desk(firm: Firm, chromium: Browser, login: str, *, script: bool = True) -> Page:
    """A browser in which `login` is signed in, with an authenticator."""
    context = chromium.new_context(
        viewport={"width": 1280, "height": 900}, java_script_enabled=script
    )
    page = context.new_page()
    if script:
        cdp = context.new_cdp_session(page)
        cdp.send("WebAuthn.enable")
        cdp.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    page.goto(f"{firm.services.settings.base_url}/sign-in")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button")
    page.wait_for_url(f"{firm.services.settings.base_url}/")
    return page


def go(page: Page, firm: Firm, path: str) -> None:
    """Open a page of the firm."""
    page.goto(f"{firm.services.settings.base_url}{path}")


@pytest.fixture(scope="module")
def enrolled(firm: Firm, desks: dict[str, Page]) -> dict[str, Page]:
    """Both have enrolled a passkey on their own page."""
    for page in desks.values():
        go(page, firm, "/my-key")
        page.click("[data-enrol] [data-do]")
        expect(page.locator(".flash.good")).to_be_visible()
        expect(page.locator("[data-key]")).to_have_count(1)
    return desks


def reviewed(firm: Firm) -> str:
    """An exhibit that waits for its check."""
    exhibit = firm.read_exhibit()
    review(firm.services, CONSOLE, None, exhibit, "", "")
    return exhibit


def issued(firm: Firm) -> str:
    """A receipt; returns its number.

    Made in a thread: sealing runs an event loop, and the browser's runs in this one.
    """
    form = IssueForm("2025-001", "received", "某某公司", (firm.read_exhibit(),))
    with ThreadPoolExecutor(1) as pool:
        made = pool.submit(issue_receipt, firm.services, CONSOLE, None, form)
        return made.result().number


def sign(page: Page) -> None:
    """Press the button; wait for what the server says."""
    page.click("[data-sign] [data-do]")
    page.wait_for_selector(".flash.good, .flash.note, .flash.bad:not([hidden])")


def logged(firm: Firm, kind: str) -> list[tuple[int, tuple[str, ...]]]:
    """Leaf and signers of each event of `kind`, as a verifier finds them."""
    log = firm.services.log
    with log.session() as session:
        query = select(CustodyEvent.leaf).where(CustodyEvent.kind == kind)
        leaves = list(session.scalars(query.order_by(CustodyEvent.leaf)))
    found = []
    for leaf in leaves:
        envelope = log.statement(leaf)
        event = open_statement(envelope, log.keys.trusted.statement_keys())
        logins = verified_logins(envelope, log.keys.trusted, leaf)
        check_two_persons(event, logins, log.keys.trusted, leaf)
        found.append((leaf, logins))
    return found


def test_two_people_enrol_and_the_rule_begins(
    firm: Firm, enrolled: dict[str, Page]
) -> None:
    """After the second enrolment the default acts want two, and the page says so."""
    with firm.services.log.session() as session:
        trusted = keys_in_force(firm.services, session)
    assert trusted.two_person_kinds(10_000) == frozenset(DEFAULT_TWO_PERSON_KINDS)
    persons = trusted.person_keys(10_000).values()
    assert sorted(person.login for person in persons) == list(TWO)
    page = enrolled["li.na"]
    go(page, firm, "/my-key")
    expect(page.locator("main")).to_contain_text("作废交接确认书")
    expect(page.locator("main")).to_contain_text("王武")


def test_a_check_by_two_passkeys(firm: Firm, enrolled: dict[str, Page]) -> None:
    """Each counts, sees what is signed, and signs; then it is checked."""
    exhibit = reviewed(firm)
    for page in enrolled.values():
        go(page, firm, f"/e/{exhibit}/check")
        page.fill("input[name=pages]", "7")
        page.check("input[name=paper][value=copy]")
        follow(page.locator("form.card button.primary"))
        shown = page.locator("dl.told-list")
        expect(shown).to_contain_text("7")
        expect(shown).to_contain_text("复制件")
        page.click("[data-exact-box] summary")
        expect(page.locator("[data-exact]")).to_contain_text('"pages": 7')
        assert firm.row(exhibit).state == "reviewed"
        sign(page)
    assert firm.row(exhibit).state == "checked"
    assert firm.row(exhibit).pages == 7
    assert sorted(who for _, who in logged(firm, "exhibit.checked")[-2:]) == [
        ("li.na",), ("wang.wu",)
    ]  # fmt: skip


def test_a_void_by_two_passkeys(firm: Firm, enrolled: dict[str, Page]) -> None:
    """Proposed on the receipt's page, signed by both, void only after the second."""
    number = issued(firm)
    first, second = enrolled.values()
    go(first, firm, f"/receipts/{number}")
    first.click("details.quiet-box:has(input[name=reason]) summary")
    first.fill("input[name=reason]", "写错了相对方")
    follow(first.locator("details button.danger"))
    expect(first.locator("dl.told-list")).to_contain_text("写错了相对方")
    expect(first.locator("dl.told-list")).to_contain_text(number)
    sign(first)
    expect(first.locator("main")).to_contain_text("还差另一人的签名")
    assert state_of(firm, number) == "valid"
    go(second, firm, "/acts")
    follow(second.locator("li[data-act] a.button"))
    sign(second)
    expect(second.locator("[data-is]")).to_have_attribute("data-is", "done")
    assert state_of(firm, number) == "void"
    assert logged(firm, "receipt.voided")[-1][1] == TWO


@pytest.mark.usefixtures("enrolled")
def test_a_device_without_the_passkey_signs_nothing(
    firm: Firm, chromium: Browser
) -> None:
    """On another device the browser gives no signature; nothing is recorded."""
    exhibit = reviewed(firm)
    page = desk(firm, chromium, "li.na")  # a new device without her passkey
    go(page, firm, f"/e/{exhibit}/check")
    page.fill("input[name=pages]", "1")
    page.check("input[name=paper][value=copy]")
    follow(page.locator("form.card button.primary"))
    before = len(logged(firm, "exhibit.checked"))
    page.click("[data-sign] [data-do]")
    expect(page.locator("[data-told]")).to_be_visible()
    assert len(logged(firm, "exhibit.checked")) == before
    page.context.close()


@pytest.mark.usefixtures("enrolled")
def test_without_script_the_command_line_is_named(
    firm: Firm, chromium: Browser
) -> None:
    """Both pages say what to do instead, and show the command."""
    exhibit = reviewed(firm)
    page = desk(firm, chromium, "wang.wu", script=False)
    go(page, firm, "/my-key")
    assert "请在命令行登记密钥文件" in page.inner_text("main")
    go(page, firm, f"/e/{exhibit}/check")
    page.fill("input[name=pages]", "1")
    page.check("input[name=paper][value=copy]")
    follow(page.locator("form.card button.primary"))
    assert "用通行密钥签名需要启用 JavaScript" in page.inner_text("main")
    assert f"custody check {exhibit} --as wang.wu" in page.content()
    page.context.close()


@pytest.mark.usefixtures("enrolled")
def test_an_answer_that_signs_nothing_is_refused(firm: Firm) -> None:
    """Garbage, and nothing, in place of the passkey's answer: 422, nothing recorded."""
    number = issued(firm)
    browser = firm.browser("li.na")
    answer = post(browser, f"/receipts/{number}/void", {"reason": "x"})
    address = answer.location
    token = re.search(r'data-csrf="([^"]+)"', browser.get(address).text)
    assert token is not None
    for sent in ({}, {"authenticatorData": "AA=="}, [], {"signature": "?"}):
        got = browser.post(
            f"{address}/sign", json=sent, headers={"X-CSRFToken": token[1]}
        )
        assert got.status_code == 422, got.text
    assert state_of(firm, number) == "valid"


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_the_pages_fit(
    firm: Firm, enrolled: dict[str, Page], width: int, lang: str
) -> None:
    """Nothing runs out of the page, in both languages, on a phone and a desktop."""
    page = enrolled["li.na"]
    page.set_viewport_size({"width": width, "height": 800})
    number = issued(firm)
    post(firm.browser("wang.wu"), f"/receipts/{number}/void", {"reason": "重复出具"})
    exhibit = reviewed(firm)
    go(page, firm, f"/acts?lang={lang}")
    for name in ("my-key", "acts", "act", "check"):
        if name == "act":
            follow(page.locator("li[data-act] a.button").last)
            page.click("[data-exact-box] summary")
        elif name == "check":
            go(page, firm, f"/e/{exhibit}/check")
            page.fill("input[name=pages]", "12")
            page.check("input[name=paper][value=original]")
            follow(page.locator("form.card button.primary"))
        else:
            go(page, firm, f"/{name}")
        shoot(page, f"{name}-{lang}-{width}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name
    page.set_viewport_size({"width": 1280, "height": 900})
    go(page, firm, "/?lang=zh-CN")


def test_a_third_person_is_let_in_by_two(
    firm: Firm, chromium: Browser, enrolled: dict[str, Page]
) -> None:
    """With the rule in force a new passkey counts when two people have signed."""
    third = desk(firm, chromium, "zhou.min")
    go(third, firm, "/my-key")
    third.click("[data-enrol] [data-do]")
    expect(third.locator(".flash.note").first).to_contain_text("须由两位")
    expect(third.locator("[data-key]")).to_have_count(0)
    address = third.locator("main .flash a").get_attribute("href")
    assert address is not None
    for page in enrolled.values():
        go(page, firm, address)
        expect(page.locator("dl.told-list")).to_contain_text("zhou.min")
        shoot(page, f"keys-{page.viewport_size['width']}")  # type: ignore[index]
        sign(page)
    with firm.services.log.session() as session:
        trusted = keys_in_force(firm.services, session)
    logins = {person.login for person in trusted.person_keys(10_000).values()}
    assert logins == {*TWO, "zhou.min"}
    assert logged(firm, "keys.changed")[-1][1] == TWO
    go(third, firm, "/my-key")
    expect(third.locator("main")).to_contain_text("起有效")
    third.context.close()


def shoot(page: Page, name: str) -> None:
    """A picture for whoever wants to look; CUSTODY_TEST_PICTURES names a folder."""
    folder = os.environ.get("CUSTODY_TEST_PICTURES")
    if folder:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def state_of(firm: Firm, number: str) -> str:
    """State of a receipt."""
    with firm.services.log.session() as session:
        return (
            session.scalars(select(Receipt).where(Receipt.number == number)).one().state
        )
