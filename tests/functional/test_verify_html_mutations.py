"""No mutation of a bundle is accepted by verify.html, and it names the same check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from receipts.checks import Report, Result
from receipts.verify_bundle import verify_bundle
from tests import html_verifier
from tests.bundle_everything import Everything, everything
from tests.bundle_mutations import KINDS, mutate
from tests.html_verifier import PRINTED_ORDER, first_failed, run

pytestmark = pytest.mark.tool("openssl")
SEEDS = range(max(200, 4 * len(KINDS)))
GOLDEN = Path(__file__).parents[1] / "vectors" / "bundle-v1"


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """The page, opened from its file once and driven many times."""
    opened = html_verifier.open_page(chromium)
    yield opened
    opened.context.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Everything:
    """The bundle that is mutated."""
    return everything(tmp_path_factory.mktemp("authorities"))


def named(report: Report) -> int | None:
    """The first failed check of the server's verifier in the printed order."""
    failed = {c.number for c in report.checks if c.result is Result.FAILED}
    return next((number for number in PRINTED_ORDER if number in failed), None)


def test_the_genuine_bundle_has_every_check_and_passes(
    page: Page, made: Everything
) -> None:
    """What the mutations start from is accepted, all checks done in their order."""
    report = run(page, made.bundle, made.fingerprint)
    assert report["verdict"] == "passed"
    numbers = tuple(dict.fromkeys(check["number"] for check in report["checks"]))
    assert numbers == PRINTED_ORDER


def test_no_mutation_is_accepted_and_the_same_check_is_named(
    page: Page, made: Everything, tmp_path: Path
) -> None:
    """200 mutations: failed, each with the check that the server's verifier names."""
    seen = Counter[str]()
    path = tmp_path / "bundle.zip"
    for seed in SEEDS:
        mutation = mutate(made.bundle, seed, made.older, made.stranger)
        report = run(page, mutation.data, made.fingerprint)
        path.write_bytes(mutation.data)
        theirs = verify_bundle(path, None, made.fingerprint)
        told = (seed, mutation.kind, mutation.what, report["checks"][:3])
        assert report["verdict"] == "failed", told
        assert first_failed(report) == named(theirs), told
        for check in report["checks"]:
            assert all(check[part] for part in ("subject", "zh", "en")), told
        seen[mutation.kind] += 1
    assert set(seen) == set(KINDS)


def test_no_mutation_of_the_first_format_is_accepted(page: Page) -> None:
    """The golden bundle: each kind twice, told the genuine fingerprint."""
    bundle = (GOLDEN / "bundle.zip").read_bytes()
    fingerprint = run(page, bundle)["facts"]["fingerprint"]
    for seed in range(2 * len(KINDS)):
        mutation = mutate(bundle, seed)
        report = run(page, mutation.data, fingerprint)
        assert report["verdict"] == "failed", (seed, mutation.kind, mutation.what)
