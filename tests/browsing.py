"""What a person does at a real browser, and waits for."""

from __future__ import annotations

from playwright.sync_api import Locator


def follow(target: Locator) -> None:
    """Press what leads to another page; on return that page is there, whole.

    A click alone returns while the old page, or none, may still be there.
    """
    with target.page.expect_navigation():
        target.click()
