r"""Thousands of changed bundles before three verifiers: which accepts one?

    FIRST=0 COUNT=300 pytest -s -o python_functions='bench_*' \
        tests/benchmarks/bench_mutations.py

Each seed changes the bundle of tests/bundle_everything.py once. The server's
verifier, verify.py and verify.html (in Chromium) judge it, told the fingerprint a
person reads on a paper. Printed: a row a kind of change, with how many were accepted
by any of the three, and for how many all three name the same check first.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
from collections import Counter
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright

from receipts.checks import Result
from receipts.standalone import verify as standalone
from receipts.verify_bundle import verify_bundle
from tests import html_verifier
from tests.bundle_everything import Everything, everything
from tests.bundle_mutations import mutate
from tests.html_verifier import PRINTED_ORDER

Answer = tuple[str, int | None]  # the verdict, and the first failed check
CHROMIUM = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-sync")


def server(path: Path, fingerprint: str) -> Answer:
    """What `custody-verify` answers."""
    report = verify_bundle(path, None, fingerprint)
    failed = {c.number for c in report.checks if c.result is Result.FAILED}
    return report.verdict.value, _first(failed)


def one_file(path: Path, fingerprint: str) -> Answer:
    """What `verify.py` answers."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        standalone.main([str(path), "--json", "--fingerprint", fingerprint])
    report = json.loads(printed.getvalue())
    failed = {c["number"] for c in report["checks"] if c["result"] == "failed"}
    return report["verdict"], _first(failed)


def in_browser(page: Page, data: bytes, fingerprint: str) -> Answer:
    """What `verify.html` answers."""
    report = html_verifier.run(page, data, fingerprint)
    return report["verdict"], html_verifier.first_failed(report)


def _first(failed: set[int]) -> int | None:
    return next((number for number in PRINTED_ORDER if number in failed), None)


def judge(page: Page, made: Everything, path: Path, seeds: range) -> int:
    """Judge every seed, print the table; the number of accepted changes."""
    done, accepted, agreed = Counter[str](), Counter[str](), Counter[str]()
    for seed in seeds:
        mutation = mutate(made.bundle, seed, made.older, made.stranger)
        path.write_bytes(mutation.data)
        answers = (
            server(path, made.fingerprint),
            one_file(path, made.fingerprint),
            in_browser(page, mutation.data, made.fingerprint),
        )
        done[mutation.kind] += 1
        accepted[mutation.kind] += any(verdict != "failed" for verdict, _ in answers)
        agreed[mutation.kind] += len(set(answers)) == 1
        if len(set(answers)) != 1:
            print(f"seed {seed}: {mutation.kind}: {mutation.what}: {answers}")
    print(f"{'change':44} {'done':>6} {'accepted':>9} {'same check':>11}")
    for kind in sorted(done):
        row = f"{done[kind]:6} {accepted[kind]:9} {agreed[kind]:11}"
        print(f"{kind:44} {row}")
    sums = (done.total(), accepted.total(), agreed.total())
    print(f"{'all':44} {sums[0]:6} {sums[1]:9} {sums[2]:11}")
    return sums[1]


@pytest.mark.timeout(0)
def bench_changed_bundles(tmp_path: Path) -> None:
    """No changed bundle is accepted by any of the three."""
    first = int(os.environ.get("FIRST", "0"))
    seeds = range(first, first + int(os.environ.get("COUNT", "300")))
    made = everything(tmp_path)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path="/usr/bin/chromium", args=list(CHROMIUM)
        )
        page = html_verifier.open_page(browser)
        accepted = judge(page, made, tmp_path / "bundle.zip", seeds)
        browser.close()
    assert accepted == 0
