"""Search and text view as a person sees them, with script and without."""

from __future__ import annotations

import json
import threading

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from intake.reading import Derivative
from intake.readings import KeptDerivative, record_reading, take_lease
from integrity.digest import digest_bytes
from tests.searching import reading_of
from tests.web_firm import PNG, Firm, make_firm

LINES = ("借 条", "今借到<b>张三</b>人民币伍万元整", "借款人：李四 2025年8月29日")


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """A firm with one exhibit of two pages."""
    return make_firm(tmp_path_factory.mktemp("search"))


@pytest.fixture(scope="module")
def exhibit(firm: Firm) -> str:
    """Two pages with pictures; the lines of the second have places."""
    exhibit = firm.exhibit("借条.txt", b"two pages")
    lines = [
        {"text": text, "score": 0.9, "quad": [5, y, 90, y, 90, y + 8, 5, y + 8]}
        for text, y in zip(LINES, (5, 25, 45), strict=True)
    ]
    pages = [
        {"page": 1, "text": "封面", "lines": []},
        {"page": 2, "text": "\n".join(LINES), "lines": lines},
    ]
    data = json.dumps({"pages": pages}).encode()
    kept = [_kept(firm, "text", None, data, "application/json")]
    kept += [_kept(firm, "page", n, PNG, "image/png") for n in (1, 2)]
    lease = take_lease(firm.services, exhibit)
    assert lease is not None
    assert record_reading(firm.services, lease, reading_of(("封面", "")), kept)
    return exhibit


def _kept(
    firm: Firm, role: str, page: int | None, data: bytes, media_type: str
) -> KeptDerivative:
    digests = digest_bytes(data)
    firm.services.log.stores.keep_bytes(data, digests.sha256)
    made = Derivative(role, page, "x", media_type, 100, 100)
    return KeptDerivative(made, digests, len(data))


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_search_leads_to_the_page(firm: Firm, exhibit: str, lang: str) -> None:
    """The line with the mark, what was read as text, and the page's address."""
    browser = firm.browser("li.na", lang)
    page = browser.get("/search?q=人民币").get_data(as_text=True)
    assert "<mark>人民币</mark>伍万元整" in page
    assert "&lt;b&gt;张三&lt;/b&gt;" in page
    address = f"/e/{exhibit}/text?page=2&amp;q=%E4%BA%BA%E6%B0%91%E5%B8%81"
    assert f'href="{address}"' in page
    shown = browser.get(address.replace("&amp;", "&")).get_data(as_text=True)
    assert "<mark>人民币</mark>" in shown
    assert 'class="found-place"' in shown


def test_the_filter_of_a_matter_stands_in_its_address(firm: Firm, exhibit: str) -> None:
    """Words and state together; a word that is nowhere shows nothing."""
    browser = firm.browser("li.na")
    found = browser.get(f"/m/{firm.matter}?q=人民币&state=to_review")
    page = found.get_data(as_text=True)
    assert f'data-exhibit="{exhibit}"' in page
    assert "<mark>人民币</mark>" in page
    for query in ("q=没有的话", "q=人民币&state=checked"):
        page = browser.get(f"/m/{firm.matter}?{query}").get_data(as_text=True)
        assert f'data-exhibit="{exhibit}"' not in page


def test_others_find_nothing(firm: Firm, exhibit: str) -> None:
    """Who is not on the matter is shown neither lines nor a count."""
    page = firm.browser("zhou.min").get("/search?q=人民币").get_data(as_text=True)
    assert exhibit not in page
    assert "找到 0 件证据" in page


def test_without_script_lines_and_places_lead_to_each_other(
    firm: Firm, exhibit: str
) -> None:
    """Each line names its place, each place its line; both are on the page."""
    browser = firm.browser("li.na")
    page = browser.get(f"/e/{exhibit}/text?page=2").get_data(as_text=True)
    for number in (1, 2, 3):
        for name in (f"line-{number}", f"place-{number}"):
            assert page.count(f'id="{name}"') == page.count(f'href="#{name}"') == 1
    first = browser.get(f"/e/{exhibit}/text").get_data(as_text=True)
    assert "封面" in first
    assert "polygon" not in first


def test_pressing_one_marks_the_other(
    firm: Firm, exhibit: str, chromium: Browser
) -> None:
    """In a browser, on a phone and on a desk; nothing is wider than the screen."""
    server = make_server("127.0.0.1", 0, firm.app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.port}"
    firm.browser("li.na")
    cookie = {"name": "custody", "value": firm.sign_ins["li.na"], "url": url}
    try:
        for width in (360, 1280):
            context = chromium.new_context(viewport={"width": width, "height": 740})
            context.add_cookies([cookie])
            page = context.new_page()
            page.goto(f"{url}/e/{exhibit}/text?page=2")
            page.locator('[data-line="2"]').click()
            chosen = page.locator(".places polygon.chosen")
            assert chosen.get_attribute("id") == "place-2"
            page.locator('[data-place="3"]').dispatch_event("click")
            current = page.locator(".lines [aria-current]").inner_text()
            assert current == LINES[2]
            wide = "document.documentElement.scrollWidth"
            assert page.evaluate(wide) <= width
            page.goto(f"{url}/search?q=人民币")
            assert page.evaluate(wide) <= width
            context.close()
    finally:
        server.shutdown()
