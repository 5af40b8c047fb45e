"""Take the pictures of the README from the running product: `make pictures`.

Everything in them is invented. They are taken anew for a release, so that they show
what the release looks like.
"""

from __future__ import annotations

from pathlib import Path

import pypdfium2 as pdfium
import pytest
from playwright.sync_api import Browser, Page

from tests.browsing import follow
from tests.live import PASSWORD, PROJECT, Live, running
from tests.scans import scan

PICTURES = PROJECT / "docs" / "pictures"
PAPERS = {
    "扫描0001.png": "借 条\n今借到张三人民币伍万元整\n借款人：李四\n2025年8月29日",
    "扫描0002.png": "收 条\n今收到李四还款人民币壹万元整\n收款人：张三\n2025年10月8日",
    "扫描0003.png": "律师函\n李四先生：\n请于收到本函之日起十日内还款\n2025年11月3日",
}
CHECKED = 1


@pytest.mark.timeout(400)
def test_take_pictures(chromium: Browser, tmp_path: Path) -> None:
    """Fill a home, walk through it, write the pictures."""
    PICTURES.mkdir(exist_ok=True)
    with running(tmp_path / "home") as live:
        exhibits = fill(live, tmp_path)
        take(chromium, live, exhibits, tmp_path)


def fill(live: Live, folder: Path) -> list[str]:
    """People, a matter, three papers, one of them reviewed and checked."""
    live.add_user("li.na", "李娜", "paralegal")
    live.add_user("wang.wu", "王武", "lawyer")
    words = ("matter", "open", "2025-民-018", "--title", "张三诉李四民间借贷纠纷")
    people = ("--client", "张三", "--opponent", "李四", "--lead", "wang.wu")
    dates = ("--evidence-deadline", "2026-12-20", "--assistant", "li.na")
    live.custody(*words, *people, *dates)
    for name, text in PAPERS.items():
        scan(folder / name, text)
    files = [str(folder / name) for name in PAPERS]
    added = live.custody("add", "--matter", "2025-民-018", "--wait", *files)
    exhibits = [str(record["exhibit"]) for record in added]
    for exhibit in exhibits[:CHECKED]:
        live.custody("review", exhibit, "--as", "li.na")
        for login in ("li.na", "wang.wu"):
            how = ("--pages", "1", "--paper", "copy")
            live.custody("check", exhibit, "--as", login, *how)
    return exhibits


def take(browser: Browser, live: Live, exhibits: list[str], folder: Path) -> None:
    """Desk, matter, review desk, the receipt and the client's phone."""
    issued = live.custody(
        "receipt", "issue", "--matter", "2025-民-018", "--direction", "received",
        "--to", "张三", "--as", "li.na", "--out", str(folder / "receipt.pdf"),
        exhibits[0],
    )[0]  # fmt: skip
    page = desk(browser, live)
    shoot(page, live.url, "desk")
    shoot(page, f"{live.url}/m/2025-民-018", "matter")
    shoot(page, f"{live.url}/e/{exhibits[1]}/review", "review")
    paper = pdfium.PdfDocument(folder / "receipt.pdf")[0].render(scale=1.4)
    paper.to_pil().save(PICTURES / "receipt.png")
    phone = browser.new_page(viewport={"width": 360, "height": 740}, locale="zh-CN")
    phone.goto(issued["url"])
    phone.fill("input[name=pin]", issued["pin"])
    follow(phone.locator("main form button.primary"))
    shoot(phone, phone.url, "phone")


def desk(browser: Browser, live: Live) -> Page:
    """A signed-in page."""
    page = browser.new_page(viewport={"width": 1280, "height": 760}, locale="zh-CN")
    page.goto(f"{live.url}/sign-in")
    page.fill("input[name=login]", "li.na")
    page.fill("input[name=password]", PASSWORD)
    follow(page.locator("main form button.primary"))
    return page


def shoot(page: Page, address: str, name: str) -> None:
    """Write one picture."""
    page.goto(address)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=PICTURES / f"{name}.png")
