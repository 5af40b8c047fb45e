"""verify.html on the container: large ZIPs, folders, names, lists."""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests import bundle_samples as samples
from tests import html_verifier
from tests.html_verifier import (
    answers,
    each,
    first_failed,
    open_numbers,
    run,
    sparse_zip,
    words,
)

LIMIT = 0xFFFFFFFF
MANY = 0xFFFF
EMPTY_ENTRY = 30 + len("data/00000")

# Cancelled at the first byte of content: by then the form of the ZIP is judged.
OPENS = """async () => {
  try {
    const [file] = document.querySelector("#policy").files;
    const report = await custodyVerify(file, { cancelled: () => true });
    return report.checks.map(({ number, en }) => `${number} ${en}`).join();
  } catch (error) {
    if (!(error instanceof Custody.Cancelled)) throw error;
    return "opened";
  }
}"""


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """The page, opened from its file."""
    opened = html_verifier.open_page(chromium)
    yield opened
    opened.context.close()


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """A bundle without persons, stamps or witnesses."""
    return samples.plain().files()


def opens(page: Page, path: Path) -> str:
    """Whether the ZIP has its canonical form, or why not; its content is not read."""
    page.set_input_files("#policy", path)
    answer: str = page.evaluate(OPENS)
    page.set_input_files("#policy", [])
    return answer


# --- Large ZIPs ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "sizes",
    [
        (LIMIT - 1,),
        (LIMIT,),
        (LIMIT + 1, 3),
        (LIMIT - EMPTY_ENTRY - 1, 0),
        (LIMIT - EMPTY_ENTRY, 0),
        (1, *[0] * (MANY - 2)),
        (1, *[0] * (MANY - 1)),
    ],
    ids=["below", "large", "far", "near", "at", "many-but-one", "many"],
)
def test_sizes_places_and_counts_on_both_sides_of_zip64(
    page: Page, tmp_path: Path, sizes: tuple[int, ...]
) -> None:
    """The forms of ZIP64 (APPNOTE 4.3.14, 4.5.3) are there from the bound on."""
    assert opens(page, sparse_zip(tmp_path / "a.zip", *sizes)) == "opened"


def changed(path: Path, at: int, form: str, *values: int) -> Path:
    """The same file with numbers written over, counted from its end."""
    with path.open("r+b") as stream:
        stream.seek(at, 2)
        stream.write(struct.pack(form, *values))
    return path


@pytest.mark.parametrize(
    ("at", "form", "value", "why"),
    [
        (-22, "<I", 0x06054B51, "no end record"),
        (-98, "<I", 0x06064B51, "the ZIP directory is broken"),
        (-66, "<Q", 1 << 40, "out of bounds"),
        (-58, "<Q", 1 << 40, "out of bounds"),
        (-50, "<Q", 1 << 40, "out of bounds"),
        (-66, "<Q", 2, "the ZIP directory is broken"),
        (-42, "<I", 0x07064B51, "not canonical"),
        (-30, "<Q", 7, "not canonical"),
        (-90, "<Q", 45, "not canonical"),
    ],
)
def test_a_changed_end_of_a_large_zip_is_refused(
    page: Page, tmp_path: Path, at: int, form: str, value: int, why: str
) -> None:
    """Every number in the records of ZIP64 is the one that is due."""
    path = sparse_zip(tmp_path / "a.zip", LIMIT + 1)
    answer = opens(page, changed(path, at, form, value))
    assert answer.startswith("1 ")
    assert why in answer


def test_a_size_beyond_what_can_be_counted_is_refused(
    page: Page, tmp_path: Path
) -> None:
    """Numbers of 53 bits are exact, larger ones are not."""
    path = sparse_zip(tmp_path / "a.zip", LIMIT + 1)
    answer = opens(page, changed(path, -98 - 20 + 4, "<Q", 1 << 60))
    assert "the ZIP directory is broken" in answer


# --- Folders -------------------------------------------------------------------------

FOLDER = """async ([names, texts, how]) => {
  const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const given = names.map((name, i) => (how === "files"
    ? new File([bytes(texts[i])], name) : [name, new Blob([bytes(texts[i])])]));
  return await custodyVerify(given);
}"""


def as_folder(
    page: Page, files: dict[str, bytes], names: list[str] | None = None, how: str = ""
) -> dict[str, Any]:
    """The report on files that are given one by one."""
    texts = list(map(html_verifier.encoded, files.values()))
    report: dict[str, Any] = page.evaluate(FOLDER, [names or list(files), texts, how])
    return report


def test_a_folder_may_be_given_with_its_name_or_without(
    page: Page, files: dict[str, bytes]
) -> None:
    """Pairs of path and content, or File objects; two folders are not one bundle."""
    assert as_folder(page, files)["verdict"] == "passed"
    assert as_folder(page, files, how="files")["verdict"] == "passed"
    below = [f"bundle/{name}" for name in files]
    assert as_folder(page, files, below)["verdict"] == "passed"
    for odd in ("other", "alone.txt"):
        names = [*below[:-1], odd if "." in odd else f"{odd}/x"]
        assert first_failed(as_folder(page, files, names)) == 2


def test_names_of_a_folder_in_another_normal_form_are_the_same(
    page: Page, files: dict[str, bytes]
) -> None:
    """Some systems take letters apart (NFD); both forms at once are a name twice."""
    name = "data/20250829_café_001.pdf"
    old = next(n for n in files if n.startswith("data/"))
    renamed = {name if n == old else n: data for n, data in files.items()}
    apart = [unicodedata.normalize("NFD", n) for n in renamed]
    assert apart != list(renamed)
    report = as_folder(page, renamed, apart)
    # The name is another than the events gave; but it is one that may be in a bundle.
    assert answers(report, 2) == [("passed", "bundle")]
    both = {**renamed, "more": b""}
    report = as_folder(page, both, [*renamed, unicodedata.normalize("NFD", name)])
    assert answers(report, 1) == [("failed", name)]


# --- Names ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("a", True), ("", False), ("a" * 255, True), ("a" * 256, False),
        ("证" * 85, True), ("证" * 86, False), ("a/b", True), ("a//b", False),
        ("/a", False), ("a/", False), ("a/../b", False), ("a/.b", True),
        ("a.", False), ("a ", False), ("a b", True), ("a\\b", False), ("a:b", False),
        ("a*", False), ("a?", False), ('a"', False), ("a<b", False), ("a>b", False),
        ("a|b", False), ("a\x7f", False), ("a\n", False), ("a\u202eb", False),
        ("a\ue000", False), ("a\u0378", False), ("café", True), ("cafe\u0301", False),
    ],
)  # fmt: skip
def test_which_names_may_be_unpacked(page: Page, name: str, *, safe: bool) -> None:
    """On every system, to this very name, inside the folder, and readable."""
    assert each(page, "(name) => Custody.isSafe(name)", [name]) == [safe]


def test_names_that_would_meet_on_some_disk(page: Page) -> None:
    """In order, once, and different in more than case, folders too."""
    body = "(names) => { Custody.checkNames(names); return 'good'; }"
    good = [["a", "b"], ["a/b", "a/c"], ["a/b", "ab"], []]
    bad = [
        ["b", "a"], ["a", "a"], ["A", "a"], ["A/x", "a/y"], ["a", "a/b"],
        ["STRASSE", "Straße"], ["a", "b."],
    ]  # fmt: skip
    due = ["good"] * len(good) + ["refused"] * len(bad)
    assert each(page, body, [*good, *bad]) == due


# --- Lists ---------------------------------------------------------------------------


def test_a_list_with_a_line_too_many_is_not_the_list(
    page: Page, files: dict[str, bytes]
) -> None:
    """All files are as listed, and still the list is not the one of these files."""
    name = "checksums-sm3.txt"
    more = files[name] + files[name].splitlines(keepends=True)[0]
    report = run(page, {**files, name: more})
    assert ("failed", name) in answers(report, 3)
    assert open_numbers(report) == [3]
    assert f"it is not as {name} lists it" in words(report, 3)


def test_a_file_larger_than_its_kind_can_be_fails_check_1(
    page: Page, files: dict[str, bytes]
) -> None:
    """A statement is bounded; an original is not."""
    name = next(n for n in files if n.startswith("statements/"))
    report = run(page, {**files, name: bytes(2 << 20)})
    assert answers(report, 1) == [("failed", name)]
