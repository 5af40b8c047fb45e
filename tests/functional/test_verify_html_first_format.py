"""verify.html on bundles of the first format, beside the keys of a firm that seals."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests import bundle_samples as made
from tests import html_verifier
from tests.html_verifier import first_failed, run

SAMPLES = made.first_format_samples()


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """The page, opened from its file."""
    opened = html_verifier.open_page(chromium)
    yield opened
    opened.context.close()


@pytest.mark.parametrize("what", SAMPLES)
def test_the_keys_given_know_from_when_on_bundles_were_sealed(
    what: str, page: Page, tmp_path: Path
) -> None:
    """One from before passes for ever; one that was stripped of its seals does not."""
    files, keys, (verdict, named) = SAMPLES[what]
    data = made.pack(files, tmp_path / "b.zip").read_bytes()
    report = run(page, data, policy=keys.decode())
    assert (report["verdict"], first_failed(report)) == (verdict, named)
