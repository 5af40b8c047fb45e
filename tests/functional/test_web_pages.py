"""What holds for every page: words, no foreign code, headers."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from werkzeug.test import TestResponse

from intake.acts import find
from integrity.policy import parse_trusted_keys
from receipts.issue import IssueForm, issue_receipt
from receipts.key_changes import plan_next_log
from receipts.person_keys import propose_plan
from tests.factories import CONSOLE
from tests.web_firm import Firm, make_firm

WEB = Path(__file__).resolve().parents[2] / "web"
BANNED = ("不可篡改", "具有法律效力", "视为原件", "证明内容真实")


class Inline(HTMLParser):
    """Collects what a content policy without inline code would stop."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """See HTMLParser."""
        names = dict(attrs)
        if tag == "style" or (tag == "script" and not names.get("src")):
            self.found.append(tag)
        self.found += [n for n in names if n == "style" or n.startswith("on")]
        for value in names.values():
            if (value or "").strip().lower().startswith("javascript:"):
                self.found.append(str(value))


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """A firm whose pages all have something to show."""
    return make_firm(tmp_path_factory.mktemp("pages"))


@pytest.fixture(scope="module")
def addresses(firm: Firm) -> list[str]:
    """Every page a member can open."""
    exhibit, unread = firm.read_exhibit(), firm.exhibit("未读.bin", b"\0\1")
    form = IssueForm("2025-001", "received", "某某公司", (exhibit,))
    issued = issue_receipt(firm.services, CONSOLE, None, form)
    tabs = ("", "/text", "/integrity", "/history", "/receipts", "/review", "/check")
    return [
        "/", "/matters/new", "/checks", "/health", "/verify", "/nothing", "/search",
        "/search?q=%E5%80%9F%E6%9D%A1",
        f"/m/{firm.matter}", f"/m/{firm.matter}?state=to_review&q=%E5%80%9F",
        f"/m/{firm.matter}/receipts/new", f"/receipts/{issued.number}",
        issued.url.removeprefix(firm.services.settings.base_url), "/r/unknown",
        *(f"/e/{exhibit}{tab}" for tab in tabs), f"/e/{unread}", f"/e/{unread}/review",
    ]  # fmt: skip


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_every_page_has_all_its_words(
    firm: Firm, addresses: list[str], lang: str
) -> None:
    """No page lacks a word in either language, and none prints a banned one."""
    browser = firm.browser("li.na", lang)
    for address in addresses:
        got = browser.get(address)
        page = got.get_data(as_text=True)
        assert got.status_code in (200, 404), (address, got.status_code)
        assert f'<html lang="{lang}">' in page
        assert not [word for word in BANNED if word in page], address


def test_no_page_holds_inline_code(firm: Firm, addresses: list[str]) -> None:
    """Scripts and styles come from files of ours alone, on every page."""
    browsers = (firm.browser("li.na"), firm.browser())
    for browser in browsers:
        for address in (*addresses, "/sign-in"):
            page = browser.get(address, follow_redirects=True).get_data(as_text=True)
            inline = Inline()
            inline.feed(page)
            assert inline.found == [], address


def test_every_answer_has_the_headers(firm: Firm, addresses: list[str]) -> None:
    """Policy without inline code, no sniffing, no Referer, no frames, no caching."""
    browser = firm.browser("li.na")
    for address in addresses:
        headers = browser.get(address).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, address
        assert "unsafe-inline" not in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["X-Frame-Options"] == "DENY"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cache-Control"] == "no-store", address


def test_hostile_names_are_text(firm: Firm) -> None:
    """A file name with mark-up is shown and never becomes part of the page."""
    hostile = "<img src=x onerror=alert(1)>\"'.txt"
    exhibit = firm.exhibit(hostile, b"hostile name")
    browser = firm.browser("li.na")
    for address in (f"/m/{firm.matter}", f"/e/{exhibit}", f"/e/{exhibit}/history"):
        page = browser.get(address).get_data(as_text=True)
        assert "<img src=x" not in page, address
        assert "&lt;img src=x" in page, address


def test_errors_for_scripts_are_problem_documents(firm: Firm) -> None:
    """RFC 9457 for whoever asks for JSON; the same sentence as on the page."""
    browser = firm.browser("li.na")
    got = browser.get("/m/none", headers={"Accept": "application/json"})
    assert got.content_type == "application/problem+json"
    assert got.status_code == problem(got)["status"] == 404
    assert problem(got)["type"] == "urn:custody:error:matter_unknown"
    assert "没有这个案件" in str(problem(got)["detail"])


def test_language_switch_comes_back_to_the_page(firm: Firm) -> None:
    """The switch sets a cookie and returns; it leads to no other site."""
    browser = firm.browser("li.na")
    got = browser.get("/lang/en?next=/checks")
    assert got.location == "/checks"
    assert "Two-person check" in browser.get("/checks").get_data(as_text=True)
    assert browser.get("/lang/en?next=//evil.example").location == "/"
    assert browser.get("/lang/xx").status_code == 404


def test_static_files_hold_no_addresses_of_others(firm: Firm) -> None:
    """Nothing is loaded from elsewhere: pages name no other host."""
    page = firm.browser("li.na").get("/").get_data(as_text=True)
    assert re.findall(r'(?:src|href)="(https?:)?//', page) == []


# Text colour on the colour it stands on, in both schemes.
PAIRS = [
    ("ink", "paper"), ("ink", "card"), ("ink", "sunk"), ("dim", "paper"),
    ("dim", "card"), ("dim", "sunk"), ("accent", "card"), ("accent", "paper"),
    ("accent", "accent-soft"), ("accent-ink", "accent"), ("good", "good-soft"),
    ("warn", "warn-soft"), ("bad", "bad-soft"), ("warn", "card"), ("bad", "card"),
    ("ink", "good-soft"), ("ink", "bad-soft"), ("ink", "warn-soft"),
    ("dim", "good-soft"), ("dim", "bad-soft"), ("dim", "warn-soft"),
    ("ink", "accent-soft"), ("dim", "accent-soft"),
]  # fmt: skip


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read(scheme: int, text: str, ground: str) -> None:
    """WCAG 2.2 AA: at least 4.5 to 1 for every pair of colours that text uses."""
    sheet = (WEB / "static/css/custody.css").read_text("utf-8")
    block = re.findall(r":root \{(.*?)\}", sheet, re.DOTALL)[scheme]
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", block))
    lighter, darker = sorted(
        (luminance(colours[text]), luminance(colours[ground])), reverse=True
    )
    assert (lighter + 0.05) / (darker + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2, definitions)."""
    digits = colour[1:] if len(colour) == 7 else "".join(2 * c for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def problem(got: TestResponse) -> dict[str, object]:
    """The problem document of an answer."""
    document: dict[str, object] = got.get_json(force=True)
    return document


@pytest.mark.parametrize(
    ("lang", "closes", "goes_on"),
    [("zh-CN", "记完第 {} 号事件后封存", "编号连续不变"),
     ("en", "closes after event {}", "numbering goes on")],
)  # fmt: skip
def test_an_act_that_closes_the_log_says_where(
    tmp_path: Path, lang: str, closes: str, goes_on: str
) -> None:
    """Whoever signs reads the last event of the old log and the name of the next."""
    firm = make_firm(tmp_path)
    plan = plan_next_log(firm.services, "2027")
    act = propose_plan(firm.services, CONSOLE, plan, "log 2027")
    payload = find(firm.services, None, act).event.facts["trust"]
    new = parse_trusted_keys(payload.encode()).origins()[-1]
    page = firm.browser("li.na", lang).get(f"/acts/{act}").get_data(as_text=True)
    assert closes.format(new.first - 1) in page
    assert new.name in page
    assert goes_on in page
