"""Who may see which address: every rule of the application, for everyone."""

from __future__ import annotations

import re

import pytest

from receipts.certificate import certify
from receipts.issue import IssueForm, issue_receipt, propose_void
from tests.factories import CONSOLE
from tests.web_firm import Firm, make_firm, post

# Anyone may ask for these; each has tests of its own of what it gives away.
PUBLIC = {
    "/sign-in", "/setup/<token>", "/lang/<code>", "/verify", "/verify/digests",
    "/verify/file", "/healthz", "/readyz", "/metrics", "/log", "/log/checkpoint",
    "/log/<segment>/checkpoint", "/log/tile/<path:place>",
    "/log/<segment>/tile/<path:place>", "/r/<token>", "/r/<token>/open",
    "/r/<token>/i/<int(max=100000):position>",
    "/r/<token>/i/<int(max=100000):position>/<int(max=100000):number>",
    "/r/<token>/confirm", "/r/<token>/object", "/static/<path:filename>",
}  # fmt: skip
# Every person of the firm, whatever matter they are on.
EVERY_PERSON = {
    "/", "/sign-out", "/matters/new", "/checks", "/search", "/health", "/acts",
    "/my-key", "/my-key/options",
}  # fmt: skip
ADMINISTRATORS = {"/people", "/people/<login>/link"}
# Only members of the matter that the address names, directly or through a thing of it.
MEMBERS = {
    "/m/<key>", "/m/<key>/status", "/m/<key>/members", "/m/<key>/bundle",
    "/m/<key>/uploads", "/m/<key>/review", "/m/<key>/receipts/new", "/e/<key>",
    "/e/<key>/text", "/e/<key>/integrity", "/e/<key>/history", "/e/<key>/receipts",
    "/e/<key>/reread", "/e/<key>/withdraw", "/e/<key>/page/<int(max=100000):number>",
    "/e/<key>/thumbnail", "/e/<key>/original", "/e/<key>/searchable.pdf",
    "/e/<key>/proof", "/e/<key>/review", "/e/<key>/name-preview", "/e/<key>/check",
    "/receipts/<number>", "/receipts/<number>/pdf", "/receipts/<number>/void",
    "/receipts/<number>/reopen", "/e/<key>/check/sign", "/acts/<act_id>",
    "/acts/<act_id>/sign", "/acts/<act_id>/cancel", "/e/<key>/erase",
    "/m/<key>/certificates/<month>.pdf",
}  # fmt: skip


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """A firm with one read exhibit and one receipt on the first matter."""
    return make_firm(tmp_path_factory.mktemp("access"))


@pytest.fixture(scope="module")
def addresses(firm: Firm) -> list[tuple[str, str, str]]:
    """(rule, method, address of a thing of the first matter) for every rule."""
    exhibit = firm.read_exhibit()
    form = IssueForm("2025-001", "received", "某某公司", (exhibit,))
    issued = issue_receipt(firm.services, CONSOLE, None, form)
    token = issued.url.rpartition("/")[2]
    act = propose_void(firm.services, CONSOLE, None, issued.number, "x")
    month = certify(firm.services, CONSOLE, None, firm.matter).month
    found = []
    for rule in firm.app.url_map.iter_rules():
        values = {
            "key": exhibit if rule.rule.startswith("/e/") else firm.matter,
            "number": 1 if "page" in rule.rule or "/i/" in rule.rule else issued.number,
            "token": token, "login": "li.na", "code": "en", "position": 1,
            "act_id": act, "place": "0/000.p/1", "filename": "css/custody.css",
            "month": month, "segment": "",
        }  # fmt: skip
        with firm.app.test_request_context():
            used = {name: values[name] for name in rule.arguments}
            address = firm.app.url_for(rule.endpoint, **used)
        methods = (rule.methods or set()) & {"GET", "POST"}
        found += [(rule.rule, method, address) for method in sorted(methods)]
    return found


def test_every_rule_has_a_line_here(firm: Firm) -> None:
    """A new address without a decision about who may see it fails the build."""
    rules = {rule.rule for rule in firm.app.url_map.iter_rules()}
    assert rules == PUBLIC | EVERY_PERSON | ADMINISTRATORS | MEMBERS


def test_strangers_are_sent_to_sign_in(
    firm: Firm, addresses: list[tuple[str, str, str]]
) -> None:
    """Without a sign-in everything but the public addresses is closed."""
    browser = firm.browser()
    for rule, method, address in addresses:
        if rule in PUBLIC:
            continue
        answer = browser.open(address, method=method)
        if method == "GET":
            assert answer.status_code == 302, address
            assert answer.location.startswith("/sign-in?next="), address
        else:
            assert answer.status_code == 401, address


def test_others_matters_are_not_there(
    firm: Firm, addresses: list[tuple[str, str, str]]
) -> None:
    """Somebody on no matter of it gets the answer of what does not exist."""
    for login in ("zhou.min", "admin"):
        browser = firm.browser(login)
        for rule, method, address in addresses:
            if rule not in MEMBERS:
                continue
            got = (
                browser.get(address) if method == "GET" else post(browser, address, {})
            )
            assert got.status_code == 404, (login, method, address)
            assert "货款纠纷" not in got.get_data(as_text=True)


def test_members_reach_their_matter(
    firm: Firm, addresses: list[tuple[str, str, str]]
) -> None:
    """The same addresses answer a member: the 404 above is not a broken address."""
    browser = firm.browser("wang.wu")
    not_made = ("/e/<key>/searchable.pdf",)
    for rule, method, address in addresses:
        if rule in MEMBERS and method == "GET" and rule not in not_made:
            got = browser.get(address, buffered=True)
            assert got.status_code in (200, 302), (address, got.status_code)


def test_missing_and_foreign_read_the_same(firm: Firm) -> None:
    """The page of a foreign matter differs from that of a missing one by its name."""
    browser = firm.browser("zhou.min")
    foreign = browser.get(f"/m/{firm.matter}").get_data(as_text=True)
    missing = browser.get("/m/m000000000000").get_data(as_text=True)
    names = (firm.matter, "m000000000000")
    pages = [
        page.replace(name, "…")
        for page, name in zip((foreign, missing), names, strict=True)
    ]
    assert strip_tokens(pages[0]) == strip_tokens(pages[1])


def test_only_administrators_manage_people(firm: Firm) -> None:
    """People are added, and links made, by administrators alone."""
    lawyer, admin = firm.browser("wang.wu"), firm.browser("admin")
    assert lawyer.get("/people").status_code == 403
    assert post(lawyer, "/people/li.na/link", {}).status_code == 403
    new = {"login": "new.one", "name": "新人", "role": "lawyer"}
    assert post(lawyer, "/people", new).status_code == 403
    page = post(admin, "/people", new).get_data(as_text=True)
    assert "/setup/" in page
    assert "/setup/" not in admin.get("/people").get_data(as_text=True)


def test_members_see_only_their_part_of_lists(firm: Firm) -> None:
    """Desk and inbox of an outsider name nothing of the matter."""
    browser = firm.browser("zhou.min")
    for address in ("/", "/checks", "/verify", "/search?q=loan"):
        page = browser.get(address).get_data(as_text=True)
        assert "货款纠纷" not in page
        assert "借条" not in page


def strip_tokens(page: str) -> str:
    """A page without the CSRF token, which differs each time."""
    return re.sub(r'value="[^"]{40,}"', "", page)
