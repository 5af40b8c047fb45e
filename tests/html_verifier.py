"""verify.html in a real Chromium, opened from a file and driven through its script."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from receipts.canonical_zip import open_canonical
from receipts.zip_layout import (
    ZipEntry,
    central_header,
    end_records,
    local_header,
    place,
)

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


def answers(report: dict[str, Any], number: int) -> list[tuple[str, str]]:
    """Result and subject of each answer with this number."""
    found = [c for c in report["checks"] if c["number"] == number]
    return [(c["result"], c["subject"]) for c in found]


def words(report: dict[str, Any], number: int) -> str:
    """All words of the answers with this number, in both languages."""
    found = [c for c in report["checks"] if c["number"] == number]
    return "\n".join(f"{c['zh']} {c['en']}" for c in found)


def choose(page: Page, path: Path) -> str:
    """Choose a ZIP as a person does; the word on the plate."""
    page.set_input_files("#zip", path)
    expect(page.locator("#report .plate")).to_be_visible(timeout=30_000)
    return page.inner_text("#report .plate .word")


def each(page: Page, body: str, cases: list[Any]) -> list[Any]:
    """What `body`, a function of one case, gives for each; "refused" for a refusal.

    `d` decodes base64 leniently, so that a wrong length reaches the verifier.
    """
    answers: list[Any] = page.evaluate(
        f"""(cases) => {{
          const d = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
          const one = {body};
          return cases.map((given) => {{
            try {{ return one(given); }} catch (error) {{
              if (!(error instanceof Custody.Refused)) throw error;
              return "refused";
            }}
          }});
        }}""",
        cases,
    )
    return answers


def encoded(data: bytes) -> str:
    """Base64, on its way into the page."""
    return base64.b64encode(data).decode("ascii")


def sparse_zip(path: Path, *sizes: int) -> Path:
    """A canonical ZIP of files of zeros, which take no room on the disk."""
    entries = [ZipEntry(f"data/{n:05}", size, 0) for n, size in enumerate(sizes)]
    placed = place(entries)
    directory = b"".join(map(central_header, placed))
    with path.open("wb") as stream:
        for each_placed in placed:
            stream.seek(each_placed.offset)
            stream.write(local_header(each_placed.entry))
        stream.seek(placed[-1].end)
        stream.write(directory)
        stream.write(end_records(len(placed), len(directory), placed[-1].end))
    with open_canonical(path) as archive:
        assert [entry.size for entry in archive.entries] == list(sizes)
    return path
