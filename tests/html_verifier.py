"""verify.html in a real Chromium, opened from a file and driven through its script."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

PAGE = Path(__file__).parents[1] / "receipts" / "standalone" / "verify.html"
PRINTED_ORDER = (1, 2, 3, 4, 19, 6, 17, 5, 18, 7, 10, 20, 8, 9, 16, 14)

_RUN = """
async ([given, fingerprint, policy]) => {
  const blobOf = (text) =>
    new Blob([Uint8Array.from(atob(text), (c) => c.charCodeAt(0))]);
  const bundle = typeof given === "string" ? blobOf(given)
    : given.map(([name, text]) => [name, blobOf(text)]);
  return await custodyVerify(bundle, { fingerprint, policy });
}
"""


def open_page(browser: Browser, **context: Any) -> Page:
    """The page, opened as a clerk does it: from a file, nothing else around it."""
    page = browser.new_context(**context).new_page()
    page.goto(PAGE.as_uri())
    return page


def run(
    page: Page,
    bundle: bytes | dict[str, bytes],
    fingerprint: str | None = None,
    policy: str | None = None,
) -> dict[str, Any]:
    """The report on a ZIP, or on the files of a folder."""
    given: object = (
        encoded(bundle)
        if isinstance(bundle, bytes)
        else [[f"bundle/{name}", encoded(data)] for name, data in bundle.items()]
    )
    report: dict[str, Any] = page.evaluate(_RUN, [given, fingerprint, policy])
    return report


def open_numbers(report: dict[str, Any]) -> list[int]:
    """Numbers of the checks that did not pass, in the printed order."""
    found = {c["number"] for c in report["checks"] if c["result"] != "passed"}
    return [number for number in PRINTED_ORDER if number in found]


def first_failed(report: dict[str, Any]) -> int | None:
    """The number that names a failure: the first failed check in the printed order."""
    failed = {c["number"] for c in report["checks"] if c["result"] == "failed"}
    return next((number for number in PRINTED_ORDER if number in failed), None)


def encoded(data: bytes) -> str:
    """Base64, on its way into the page."""
    return base64.b64encode(data).decode("ascii")
