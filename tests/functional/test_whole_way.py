"""From scan to verified receipt, through a real browser, worker and queue."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import pytest
from playwright.sync_api import Browser, Page, expect

from receipts.qr import read_codes
from tests.browsing import follow
from tests.live import PASSWORD, PROJECT, Live, running
from tests.scans import scan

DESKTOP = {"width": 1280, "height": 800}
PHONE = {"width": 360, "height": 740}
READ_MS = 120_000


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_from_scan_to_verified_receipt(chromium: Browser, tmp_path: Path) -> None:
    """Upload → review → second person → receipt → phone → verify → bundle."""
    original = tmp_path / "借条扫描.png"
    scan(original)
    with running(tmp_path / "home") as live:
        prepare(live)
        paralegal = signed_in(chromium, live, "li.na")
        exhibit = upload(paralegal, live, original)
        review(paralegal, live, exhibit)
        check(paralegal, live, exhibit)
        lawyer = signed_in(chromium, live, "wang.wu")
        check(lawyer, live, exhibit)
        assert live.custody("show", exhibit)[0]["state"] == "checked"
        pin, paper = issue(paralegal, live, tmp_path)
        confirm_on_phone(chromium, code_on(paper), pin)
        verify(lawyer, live, original, tmp_path)
        bundle = export(lawyer, live, tmp_path)
        assert live.custody("fsck")[-1]["sound"] is True
    assert offline(bundle) == 0
    assert offline(paper) == 0
    damaged(bundle)
    assert offline(bundle) == 1


def prepare(live: Live) -> None:
    """Two people on a matter."""
    live.add_user("li.na", "李娜", "paralegal")
    live.add_user("wang.wu", "王武", "lawyer")
    words = ("matter", "open", "2025-001", "--title", "借款纠纷", "--client", "张三")
    live.custody(*words, "--lead", "wang.wu", "--assistant", "li.na")


def signed_in(chromium: Browser, live: Live, login: str) -> Page:
    """A desktop page of that person."""
    context = chromium.new_context(viewport=DESKTOP, accept_downloads=True)
    page = context.new_page()
    page.goto(f"{live.url}/sign-in")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.click("main form button")
    page.wait_for_url(f"{live.url}/")
    return page


def upload(page: Page, live: Live, original: Path) -> str:
    """Pick the file; wait until it is read. Returns the exhibit id."""
    page.goto(f"{live.url}/m/2025-001")
    page.set_input_files("[data-pick]", str(original))
    row = page.locator("tr[data-exhibit]").first
    expect(row).to_have_attribute("data-is", "to_review", timeout=READ_MS)
    return str(row.get_attribute("data-exhibit"))


def review(page: Page, live: Live, exhibit: str) -> None:
    """Accept what was proposed with the Enter key."""
    page.goto(f"{live.url}/e/{exhibit}/review")
    expect(page.locator("[data-output]")).to_have_text("20250829_借条_001.png")
    page.press("input[name=type]", "Enter")
    page.wait_for_url(lambda url: not url.endswith("/review"))
    assert live.custody("show", exhibit)[0]["state"] == "reviewed"


def check(page: Page, live: Live, exhibit: str) -> None:
    """One person's half of the two-person check."""
    page.goto(f"{live.url}/e/{exhibit}/check")
    page.fill("input[name=pages]", "1")
    page.check("input[name=paper][value=copy]")
    follow(page.locator("form.card button.primary"))


def issue(page: Page, live: Live, folder: Path) -> tuple[str, Path]:
    """Issue a receipt; returns the PIN shown once and the PDF."""
    page.goto(f"{live.url}/m/2025-001/receipts/new")
    page.check("input[name=exhibit]")
    page.check("input[name=direction][value=received]")
    follow(page.locator("form.wizard button.primary"))
    pin = page.inner_text("p.pin").strip()
    with page.expect_download() as download:
        page.click(".plate a.button")
    paper = folder / "receipt.pdf"
    download.value.save_as(paper)
    return pin, paper


def code_on(paper: Path) -> str:
    """The text of the QR code on a picture of the first page at 100 dpi."""
    page = pdfium.PdfDocument(paper)[0]
    picture = np.asarray(page.render(scale=100 / 72, grayscale=True).to_pil())
    (text,) = read_codes(picture)
    return str(text)


def confirm_on_phone(chromium: Browser, url: str, pin: str) -> None:
    """Open the link on a small phone, be refused once, see the scan, confirm."""
    context = chromium.new_context(viewport=PHONE, java_script_enabled=False)
    page = context.new_page()
    page.goto(url)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    wrong = "000000" if pin != "000000" else "111111"
    for typed in (wrong, pin):
        page.fill("input[name=pin]", typed)
        follow(page.locator("main form button.primary"))
    expect(page.locator(".client-items .file-name")).to_have_text(
        "20250829_借条_001.png"
    )
    page.fill("input[name=name]", "张三")
    follow(page.locator("form:has(input[name=name]) button.primary"))
    expect(page.locator(".flash.good")).to_contain_text("张三")
    context.close()


def verify(page: Page, live: Live, original: Path, folder: Path) -> None:
    """The original matches; a changed copy is altered by name, unknown by bytes."""
    changed = folder / "copy" / original.name
    changed.parent.mkdir()
    data = bytearray(original.read_bytes())
    data[-1] ^= 1
    changed.write_bytes(bytes(data))
    renamed = folder / "copy" / "another.png"
    renamed.write_bytes(bytes(data))
    page.goto(f"{live.url}/verify")
    for path, verdict in (
        (original, "match"),
        (changed, "altered"),
        (renamed, "unknown"),
    ):
        page.set_input_files("[data-pick]", str(path))
        expect(page.locator(f"[data-rows] .is-{verdict}")).to_be_visible()


def export(page: Page, live: Live, folder: Path) -> Path:
    """Download the evidence bundle from the matter page."""
    page.goto(f"{live.url}/m/2025-001")
    with page.expect_download() as download:
        page.click("form[action$=export] button, form[action$=bundle] button")
    bundle = folder / "bundle.zip"
    download.value.save_as(bundle)
    return bundle


def offline(path: Path) -> int:
    """What a stranger's `custody-verify` answers."""
    command = [sys.executable, "-m", "receipts.cli", str(path)]
    return subprocess.run(command, check=False, cwd=PROJECT).returncode


def damaged(bundle: Path) -> None:
    """Flip one bit in the middle."""
    data = bytearray(bundle.read_bytes())
    data[len(data) // 2] ^= 1
    bundle.write_bytes(bytes(data))
