"""verify.html in a person's hands: dropping, stopping, printing, slow machines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests import bundle_samples as samples
from tests import html_verifier
from tests.html_verifier import choose, sparse_zip

NO_WORKER = "delete window.Worker"
HTML = "text/html; charset=utf-8"


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """The page, opened from its file."""
    opened = html_verifier.open_page(chromium)
    yield opened
    opened.context.close()


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """A bundle without persons, stamps or witnesses."""
    return samples.plain().files()


@pytest.fixture(scope="module")
def bundle(files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a ZIP."""
    return samples.pack(files, tmp_path_factory.mktemp("bundle") / "bundle.zip")


@pytest.fixture(scope="module")
def unzipped(files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same as a folder."""
    folder = tmp_path_factory.mktemp("unzipped") / "bundle"
    samples.unzip(files, folder)
    return folder


def without_workers(chromium: Browser) -> Page:
    """The page in a browser that makes no workers for it."""
    context = chromium.new_context()
    context.add_init_script(NO_WORKER)
    opened = context.new_page()
    opened.goto(html_verifier.PAGE.as_uri())
    return opened


def drag(page: Page, *paths: Path) -> None:
    """Drag files from the disk over the page and let them go, as the system does."""
    session = page.context.new_cdp_session(page)
    data = {"items": [], "files": list(map(str, paths)), "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        event = {"type": kind, "x": 300, "y": 300, "data": data}
        session.send("Input.dispatchDragEvent", event)
    session.detach()


def dropped(page: Page, script: str) -> None:
    """Let go what `script` puts into the empty `transfer`."""
    page.evaluate(
        f"""() => {{
          const transfer = new DataTransfer();
          {script}
          const how = {{ dataTransfer: transfer, cancelable: true }};
          document.dispatchEvent(new DragEvent("drop", how));
        }}"""
    )


# --- Dropping ------------------------------------------------------------------------


def test_a_zip_or_a_folder_dragged_from_the_disk_is_checked(
    page: Page, bundle: Path, unzipped: Path
) -> None:
    """With all folders below it; several at once are one bundle."""
    for given in ([bundle], [unzipped], sorted(unzipped.iterdir())):
        drag(page, *given)
        expect(page.locator("#report .plate.passed")).to_be_visible(timeout=30_000)
        assert "over" not in (page.get_attribute("#drop", "class") or "")
        page.evaluate("document.querySelector('#report').textContent = ''")


def test_browsers_without_handles_are_asked_for_entries(
    chromium: Browser, unzipped: Path, bundle: Path
) -> None:
    """Such read them on any page; Chromium does on one that came from a server."""
    context = chromium.new_context()
    context.add_init_script("delete DataTransferItem.prototype.getAsFileSystemHandle")
    text = html_verifier.PAGE.read_text("utf-8")
    context.route("**", lambda route: route.fulfill(body=text, content_type=HTML))
    opened = context.new_page()
    opened.goto("http://page.example/")
    for given in ([unzipped], [bundle]):
        drag(opened, *given)
        expect(opened.locator("#report .plate.passed")).to_be_visible(timeout=30_000)
        opened.evaluate("document.querySelector('#report').textContent = ''")
    context.close()


def test_browsers_that_name_no_folders_take_files(page: Page, bundle: Path) -> None:
    """Neither handles nor entries: a ZIP can still be dropped."""
    page.evaluate(
        """() => {
          delete DataTransferItem.prototype.getAsFileSystemHandle;
          delete DataTransferItem.prototype.webkitGetAsEntry;
        }"""
    )
    drag(page, bundle)
    expect(page.locator("#report .plate.passed")).to_be_visible(timeout=30_000)


def test_the_place_to_drop_lights_up_while_something_is_over_it(page: Page) -> None:
    """And no longer when it has left."""
    over = page.locator("#drop.over")
    for kind, lit in (("dragover", 1), ("dragleave", 0)):
        page.evaluate("(kind) => document.dispatchEvent(new DragEvent(kind))", kind)
        expect(over).to_have_count(lit)


def test_dropping_what_is_no_file_does_nothing(page: Page) -> None:
    """A text, or nothing at all: it says so, and draws no conclusion."""
    for script in ("", 'transfer.setData("text/plain", "a text");'):
        dropped(page, script)
        expect(page.locator("#live")).to_have_text("没有选择文件。")
        expect(page.locator("#report")).to_be_hidden()
        page.evaluate("document.querySelector('#live').textContent = ''")


def test_several_files_without_a_folder_are_one_bundle(page: Page) -> None:
    """Where the browser names no folders, the names alone are taken."""
    dropped(
        page,
        """for (const name of ["bagit.txt", "b.txt"]) {
             transfer.items.add(new File(["x"], name));
           }""",
    )
    expect(page.locator("#report .plate.failed")).to_be_visible()
    assert "bagit.txt：不是 BagIt 1.0" in page.inner_text("#report")


def test_a_folder_that_cannot_be_read_is_no_verdict(page: Page) -> None:
    """The browser's own words are shown, and nothing is concluded."""
    page.evaluate(
        """() => {
          const getFile = () => Promise.reject(new DOMException("it is locked"));
          const handle = { kind: "file", name: "a", getFile };
          const item = { kind: "file", getAsFileSystemHandle: async () => handle };
          const event = new Event("drop", { cancelable: true });
          event.dataTransfer = { items: [item], files: [] };
          document.dispatchEvent(event);
        }"""
    )
    expect(page.locator("#live")).to_contain_text("没有得出结论：it is locked")
    expect(page.locator("#report")).to_be_hidden()


def test_an_empty_folder_is_nothing(page: Page) -> None:
    """Choosing it, or no ZIP, leads to no check."""
    page.dispatch_event("#folder", "change")
    expect(page.locator("#live")).to_have_text("没有选择文件。")
    page.dispatch_event("#zip", "change")
    expect(page.locator("#report")).to_be_hidden()


def test_where_no_folder_can_be_chosen_its_files_can(page: Page) -> None:
    """On a telephone, say: several files at once, by their names."""
    page.evaluate(
        "document.querySelector('#folder').removeAttribute('webkitdirectory')"
    )
    one = {"name": "bagit.txt", "mimeType": "text/plain", "buffer": b"x"}
    page.set_input_files("#folder", [one, {**one, "name": "notes.txt"}])
    expect(page.locator("#report .plate.failed")).to_be_visible()
    assert "bagit.txt：不是 BagIt 1.0" in page.inner_text("#report")


# --- Files that cannot be read -------------------------------------------------------


@pytest.mark.parametrize("worker", [True, False], ids=["worker", "page"])
def test_a_file_that_changes_meanwhile_is_no_verdict(
    chromium: Browser, tmp_path: Path, *, worker: bool
) -> None:
    """Nothing is concluded, whoever reads it; the page can go on."""
    opened = html_verifier.open_page(chromium) if worker else without_workers(chromium)
    path = tmp_path / "gone.zip"
    path.write_bytes(bytes(100))
    opened.set_input_files("#policy", path)
    path.unlink()
    dropped(opened, "transfer.items.add(document.querySelector('#policy').files[0]);")
    expect(opened.locator("#live")).to_contain_text("公钥文件无法使用")
    opened.evaluate("window.gone = document.querySelector('#policy').files[0]")
    opened.set_input_files("#policy", [])
    dropped(opened, "transfer.items.add(window.gone);")
    expect(opened.locator("#live")).to_contain_text("没有得出结论")
    expect(opened.locator("#report")).to_be_hidden()
    expect(opened.locator("#choose")).to_be_visible()
    opened.context.close()


# --- Stopping, and being slow --------------------------------------------------------


def test_without_workers_it_can_be_stopped_as_well(
    chromium: Browser, tmp_path: Path
) -> None:
    """The page stays live between pieces; "cancel" ends it without a verdict."""
    opened = without_workers(chromium)
    opened.set_input_files("#zip", sparse_zip(tmp_path / "large.zip", 1 << 30))
    expect(opened.locator("#left")).to_contain_text("%", timeout=30_000)
    opened.click("#cancel")
    expect(opened.locator("#live")).to_contain_text("已取消")
    expect(opened.locator("#report")).to_be_hidden()
    opened.context.close()


def test_one_bundle_at_a_time(page: Page, bundle: Path, tmp_path: Path) -> None:
    """What is dropped while a check runs is left alone."""
    page.set_input_files("#zip", sparse_zip(tmp_path / "large.zip", 1 << 30))
    expect(page.locator("#left")).to_contain_text("%", timeout=30_000)
    drag(page, bundle)
    expect(page.locator("#left")).to_contain_text("%")
    page.click("#cancel")
    expect(page.locator("#live")).to_contain_text("已取消")
    assert page.inner_text("#report") == ""


@pytest.mark.parametrize(
    ("faster", "zh", "en"), [(1, "秒", " s left"), (500, "分", " min left")]
)
def test_the_time_left_is_told_in_seconds_or_minutes(
    chromium: Browser, tmp_path: Path, faster: int, zh: str, en: str
) -> None:
    """By the clock of the page, which here may run faster than the work."""
    context = chromium.new_context()
    context.add_init_script(
        f"""if (typeof document !== "undefined") {{
          const real = Date.now.bind(Date), begun = real();
          Date.now = () => begun + (real() - begun) * {faster};
        }}"""
    )
    opened = context.new_page()
    opened.goto(html_verifier.PAGE.as_uri())
    opened.set_input_files("#zip", sparse_zip(tmp_path / "large.zip", 1 << 30))
    expect(opened.locator("#left")).to_contain_text(f" {zh}", timeout=30_000)
    opened.click("#switch")
    expect(opened.locator("#left")).to_contain_text(en, timeout=30_000)
    opened.click("#cancel")
    context.close()


# --- The report ----------------------------------------------------------------------


def test_the_report_can_be_printed_with_all_that_is_folded(
    page: Page, bundle: Path
) -> None:
    """The button prints; on paper every list is open."""
    page.evaluate("window.print = () => { window.printed = true; }")
    choose(page, bundle)
    folded = page.locator("#report details")
    assert folded.count() >= 2
    assert page.locator("#report details[open]").count() == 0
    page.get_by_role("button", name="打印").click()
    assert page.evaluate("window.printed")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#report details[open]").count() == folded.count()


def test_a_very_long_list_is_cut_short_and_counted(
    page: Page, files: dict[str, bytes], tmp_path: Path
) -> None:
    """500 lines are shown of each list, and how many there are."""
    more: dict[str, Any] = {f"more/{number:04}": b"" for number in range(501)}
    folder = tmp_path / "many"
    samples.unzip({**files, **more}, folder)
    page.set_input_files("#folder", folder)
    expect(page.locator("#report .plate.failed")).to_be_visible(timeout=30_000)
    items = page.locator("#report .answers").filter(has_text="more/0000").locator("li")
    expect(items).to_have_count(501)
    expect(items.last).to_have_text("… 501")
