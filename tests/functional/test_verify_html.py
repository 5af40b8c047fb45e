"""verify.html as a clerk uses it: a real Chromium, a file on a disk, no network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from receipts.canonical_zip import open_canonical
from receipts.checks import BY_NUMBER, RESULT_WORDS
from receipts.verify_bundle import verify_bundle
from receipts.zip_layout import (
    PlacedEntry,
    ZipEntry,
    central_header,
    end_records,
    local_header,
)
from tests import bundle_samples, html_verifier
from tests.bundle_factory import pack, relist, results, unpack
from tests.html_verifier import first_failed, open_numbers, run

pytestmark = pytest.mark.tool("openssl")
GOLDEN = Path(__file__).parents[1] / "vectors" / "bundle-v1"
WIDTHS = (1280, 360)


@pytest.fixture(scope="module")
def page(chromium: Browser) -> Iterator[Page]:
    """The page; what it throws or logs, or asks of a network, is a failure."""
    opened = html_verifier.open_page(chromium)
    troubles: list[str] = []
    opened.on("console", lambda message: troubles.append(message.text))
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    opened.on("request", lambda request: _note_request(request.url, troubles))
    yield opened
    assert not troubles
    opened.context.close()


def _note_request(url: str, troubles: list[str]) -> None:
    if not url.startswith(("file:", "blob:")):
        troubles.append(url)


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Bundles of the second format that nobody's product code wrote."""
    return bundle_samples.samples(tmp_path_factory.mktemp("authorities"))


@pytest.fixture(scope="module")
def zips(
    samples: dict[str, Any], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    """The same as files."""
    folder = tmp_path_factory.mktemp("zips")
    return {
        name: bundle_samples.pack(files, folder / f"{name}.zip")
        for name, (files, _) in samples.items()
    }


def choose(page: Page, path: Path) -> str:
    """Choose a ZIP as a person does; the word on the plate."""
    page.set_input_files("#zip", path)
    expect(page.locator("#report .plate")).to_be_visible(timeout=30_000)
    return page.inner_text("#report .plate .word")


# --- Verdicts -----------------------------------------------------------------


def test_every_sample_gives_its_verdict_as_zip_and_as_folder(
    page: Page, samples: dict[str, Any], zips: dict[str, Path]
) -> None:
    """Verdict and open checks are the stated ones, with and without fingerprint."""
    assert len(samples) >= 17
    for name, (files, (verdict, numbers, _)) in samples.items():
        fingerprint = bundle_samples.sha256(files["trust/keys"])
        data = zips[name].read_bytes()
        for report in (
            run(page, data, fingerprint),
            run(page, data),
            run(page, files, fingerprint),
        ):
            found = (report["verdict"], sorted(open_numbers(report)))
            assert found == (verdict, sorted(numbers)), name
        assert first_failed(run(page, data, "0" * 64)) == 4


def test_the_golden_bundle_of_the_first_format_passes(page: Page) -> None:
    """A bundle that was ever given out verifies, with and without a policy."""
    data = (GOLDEN / "bundle.zip").read_bytes()
    policy = (GOLDEN / "trust-keys").read_text("utf-8")
    for report in (run(page, data), run(page, data, policy=policy)):
        assert report["verdict"] == "passed"
        assert {c["number"] for c in report["checks"]} == set(range(1, 11))


def test_a_fingerprint_or_policy_from_before_a_rotation_is_good(
    page: Page, samples: dict[str, Any], zips: dict[str, Path]
) -> None:
    """An old paper stays good; other keys, or a line taken away, do not."""
    files, _ = samples["v2-rotated"]
    first = bundle_samples.Log().trust()
    now = files["trust/keys"].decode()
    data = zips["v2-rotated"].read_bytes()
    assert run(page, data, bundle_samples.sha256(first))["verdict"] == "passed"
    for policy in (first.decode(), now):
        assert run(page, data, policy=policy)["verdict"] == "passed"
    fewer = "".join(now.splitlines(keepends=True)[1:])
    assert first_failed(run(page, data, policy=fewer)) == 4


def test_a_policy_that_ended_a_key_meanwhile_is_the_one_that_judges(
    page: Page, samples: dict[str, Any], zips: dict[str, Path]
) -> None:
    """What a compromised key signed is refused by whoever knows of it."""
    files, _ = samples["v2-plain"]
    lines = files["trust/keys"].decode().splitlines()
    size = int(files["checkpoint"].split(b"\n")[1])
    at = next(i for i, line in enumerate(lines) if line.startswith("statement"))

    def ended(leaf: int) -> str:
        fields = lines[at].split(" ")
        fields[3], fields[5] = str(leaf), "2030-01-01T00:00:00Z"
        changed = [*lines[:at], " ".join(fields), *lines[at + 1 :]]
        return "".join(f"{line}\n" for line in changed)

    data = zips["v2-plain"].read_bytes()
    assert run(page, data, policy=ended(size))["verdict"] == "passed"
    report = run(page, data, policy=ended(3))
    refused = [c["subject"] for c in report["checks"] if c["result"] == "failed"]
    assert first_failed(report) == 6
    assert refused[0] == "statements/00000003.dsse.json"


def test_both_verifiers_give_the_same_answers_on_forgeries(
    page: Page, tmp_path: Path
) -> None:
    """A careful forger of the first format: the same verdict and open numbers."""
    good = unpack(GOLDEN / "bundle.zip")
    contract, other = "data/20250829_合同_001.pdf", "data/00000000_其他_002.bin"
    proof = "proofs/00000002.tlog-proof"
    forgeries: dict[str, dict[str, bytes | None]] = {
        "none": {},
        "replaced original": {contract: b"other"},
        "swapped originals": {contract: good[other], other: good[contract]},
        "extra original": {"data/extra.pdf": b"x"},
        "extra file": {"extra.txt": b"x"},
        "no proof": {proof: None},
        "other proof": {proof: good["proofs/00000003.tlog-proof"]},
        "broken statement": {"statements/00000002.dsse.json": b"{}"},
        "broken checkpoint": {"checkpoint": b"x"},
        "broken keys": {"trust/keys": b"x\n"},
        "broken policy": {"trust/policy": b"x\n"},
        "other bagit": {"bagit.txt": b"x"},
        "other matter": {
            "bag-info.txt": good["bag-info.txt"].replace(b": m0", b": m1")
        },
    }
    fingerprint = bundle_samples.sha256(good["trust/keys"])
    for case, changes in forgeries.items():
        files = {k: v for k, v in {**good, **changes}.items() if v is not None}
        out = pack(relist(files), tmp_path / "forged.zip")
        theirs = verify_bundle(out, None, fingerprint)
        ours = run(page, out.read_bytes(), fingerprint)
        assert ours["verdict"] == theirs.verdict.value, case
        failed = {number for number, _, _ in results(theirs)}
        assert failed == set(open_numbers(ours)), case


def test_what_is_no_bundle_fails_the_first_check(page: Page) -> None:
    """Nothing, noise, and a ZIP of other make are refused by check 1."""
    foreign = b"PK\x03\x04" + bytes(200) + b"PK\x05\x06" + bytes(18)
    for data in (b"", b"x", bytes(22), foreign):
        report = run(page, data)
        assert (report["verdict"], first_failed(report)) == ("failed", 1)


def test_the_numbered_list_is_the_one_of_all_verifiers(page: Page) -> None:
    """Number, name and words are those of receipts.checks, in the printed order."""
    checks = page.evaluate("Custody.CHECKS")
    for number, (name, zh, en) in checks.items():
        kind = BY_NUMBER[int(number)]
        assert (name, zh, en) == (kind.name, kind.title.zh, kind.title.en)
    words = {r.value: [w.zh, w.en] for r, w in RESULT_WORDS.items()}
    assert page.evaluate("Custody.RESULTS") == words
    order = page.evaluate("Custody.PRINTED_ORDER")
    assert tuple(order) == html_verifier.PRINTED_ORDER
    assert sorted(order) == sorted(map(int, checks))


# --- The page ------------------------------------------------------------------


def test_a_chosen_zip_is_checked_in_a_worker_and_shown(
    page: Page, zips: dict[str, Path], samples: dict[str, Any]
) -> None:
    """Plate, both moments and fingerprint are shown; the work is not in the page."""
    workers: list[str] = []
    page.on("worker", lambda worker: workers.append(worker.url))
    assert choose(page, zips["v2-stamped"]) == "通过"
    assert workers[0].startswith("blob:")
    report = page.inner_text("#report")
    assert "此前已存在" in report
    assert "此后才记入日志" in report
    fingerprint = bundle_samples.sha256(samples["v2-stamped"][0]["trust/keys"])
    assert fingerprint in re.sub(r"\s", "", report)


def test_all_three_verdicts_in_both_languages(
    page: Page, zips: dict[str, Path]
) -> None:
    """The plate says passed, failed or indeterminate, and names what is open."""
    words = {
        "v2-plain": ("通过", "passed", ""),
        "v2-bad-report": ("未通过", "failed", "14"),
        "v2-witnessed-one-of-two": ("无法判断", "indeterminate", "18"),
    }
    for name, (zh, en, number) in words.items():
        assert choose(page, zips[name]) == zh
        assert page.get_attribute("html", "lang") == "zh-CN"
        page.click("#switch")
        assert page.inner_text("#report .plate .word") == en
        assert page.get_attribute("html", "lang") == "en"
        assert number in page.inner_text("#report .plate")
        page.click("#switch")


def test_an_unzipped_folder_can_be_chosen(
    page: Page, samples: dict[str, Any], tmp_path: Path
) -> None:
    """The folder passes; one more file in it fails check 2."""
    folder = tmp_path / "unzipped"
    bundle_samples.unzip(samples["v2-plain"][0], folder)
    page.set_input_files("#folder", folder)
    expect(page.locator("#report .plate")).to_be_visible()
    assert page.inner_text("#report .plate .word") == "通过"
    (folder / "notes.txt").write_text("x")
    page.set_input_files("#folder", folder)
    expect(page.locator("#report .plate.failed")).to_be_visible()
    assert "notes.txt" in page.inner_text("#report")


def test_a_dropped_zip_is_checked(page: Page, zips: dict[str, Path]) -> None:
    """Dropping is as good as choosing."""
    page.evaluate("document.querySelector('#report').hidden = true")
    text = html_verifier.encoded(zips["v2-plain"].read_bytes())
    page.evaluate(
        """(text) => {
          const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
          const transfer = new DataTransfer();
          transfer.items.add(new File([bytes], "dropped.zip"));
          document.dispatchEvent(
            new DragEvent("drop", { dataTransfer: transfer, cancelable: true }));
        }""",
        text,
    )
    expect(page.locator("#report .plate.passed")).to_be_visible()
    assert "dropped.zip" in page.inner_text("#report .plate")


def test_the_fingerprint_of_a_paper_is_compared(
    page: Page, zips: dict[str, Path], samples: dict[str, Any]
) -> None:
    """Blanks and capitals do not matter; another one fails; and what is none stops."""
    genuine = bundle_samples.sha256(samples["v2-plain"][0]["trust/keys"]).upper()
    spaced = " ".join(genuine[i : i + 8] for i in range(0, 64, 8))
    page.click("#compare summary")
    page.fill("#fingerprint", spaced)
    assert choose(page, zips["v2-plain"]) == "通过"
    assert "已与所给的比对，一致" in page.inner_text("#report")
    page.fill("#fingerprint", "0" * 64)
    assert choose(page, zips["v2-plain"]) == "未通过"
    page.fill("#fingerprint", "not one")
    page.set_input_files("#zip", zips["v2-plain"])
    expect(page.locator("#live")).to_contain_text("64")
    expect(page.locator("#report")).to_be_hidden()
    page.fill("#fingerprint", "")


def test_a_key_file_from_elsewhere_is_used_or_refused(
    page: Page, zips: dict[str, Path], samples: dict[str, Any], tmp_path: Path
) -> None:
    """A file that is none stops before anything is said of the bundle."""
    good, bad = tmp_path / "keys", tmp_path / "none"
    good.write_bytes(samples["v2-plain"][0]["trust/keys"])
    bad.write_text("nothing")
    page.set_input_files("#policy", good)
    assert choose(page, zips["v2-plain"]) == "通过"
    page.set_input_files("#policy", bad)
    page.set_input_files("#zip", zips["v2-plain"])
    expect(page.locator("#live")).to_contain_text("公钥文件无法使用")
    expect(page.locator("#report")).to_be_hidden()
    page.set_input_files("#policy", [])


def test_hostile_names_are_written_out(
    page: Page, samples: dict[str, Any], tmp_path: Path
) -> None:
    """Markup stays text, and characters that hide or turn text are spelled."""
    files = dict(samples["v2-plain"][0])
    folder = tmp_path / "hostile"
    hostile = "data/<img src=x onerror=alert(1)>\u202efdp.exe"
    data = {n: d for n, d in files.items() if n.startswith("data/")} | {hostile: b"x"}
    files["bag-info.txt"] = bundle_samples.bag_info(data)
    bundle_samples.unzip({**files, hostile: b"x"}, folder)
    page.set_input_files("#folder", folder)
    expect(page.locator("#report .plate.failed")).to_be_visible()
    report = page.inner_text("#report")
    assert "data/<img src=x onerror=alert(1)>\\u{202e}fdp.exe" in report
    assert page.locator("#report img").count() == 0
    assert "\u202e" not in page.content()


def test_the_page_stays_live_and_can_be_stopped(page: Page, tmp_path: Path) -> None:
    """A large file shows progress; "cancel" ends it without a verdict."""
    large = sparse_zip(tmp_path / "large.zip", 512 << 20)
    page.set_input_files("#zip", large)
    expect(page.locator("#left")).to_contain_text("%", timeout=30_000)
    expect(page.locator("#report")).to_be_hidden()
    page.click("#cancel")
    expect(page.locator("#working")).to_be_hidden()
    expect(page.locator("#report")).to_be_hidden()
    assert "已取消" in page.inner_text("#live")


def test_memory_does_not_grow_with_the_file(page: Page, tmp_path: Path) -> None:
    """In this very thread: the heap after a large file is that after a small one."""
    heap = "async () => performance.memory.usedJSHeapSize"
    for size in (8 << 20, 96 << 20):
        path = sparse_zip(tmp_path / f"{size}.zip", size)
        page.set_input_files("#policy", path)  # any file field hands out a File
        page.evaluate(
            "async () => { const { verdict } = await custodyVerify("
            "document.querySelector('#policy').files[0]); return verdict; }"
        )
        used = page.evaluate(heap)
        assert used < 100 << 20, size
    page.set_input_files("#policy", [])


def test_without_workers_the_page_does_it_itself(
    chromium: Browser, zips: dict[str, Path]
) -> None:
    """Where a browser forbids workers to files, the verdict is the same."""
    forbidding = (
        "delete window.Worker",
        "window.Worker = class { constructor() { throw new Error('no'); } }",
        """window.Worker = class {
          postMessage() { setTimeout(() => this.onerror()); }
          terminate() {}
        }""",
    )
    for script in forbidding:
        context = chromium.new_context()
        context.add_init_script(script)
        opened = context.new_page()
        opened.goto(html_verifier.PAGE.as_uri())
        assert choose(opened, zips["v2-plain"]) == "通过"
        assert choose(opened, zips["v2-bad-report"]) == "未通过"
        context.close()


@pytest.mark.parametrize(
    "script",
    [
        "delete window.BigInt",
        "delete window.TextDecoder",
        "delete String.prototype.normalize",
        "window.Promise = undefined",
        "delete Blob.prototype.slice",
    ],
)
def test_an_old_browser_says_that_nothing_was_checked(
    chromium: Browser, script: str
) -> None:
    """Something missing: a sentence in two languages, no way to choose, no verdict."""
    context = chromium.new_context()
    context.add_init_script(script)
    opened = context.new_page()
    opened.goto(html_verifier.PAGE.as_uri())
    assert_unable(opened)
    assert "missing: " in opened.inner_text("#missing")
    context.close()


def test_a_browser_that_cannot_read_the_language_says_so(
    chromium: Browser, tmp_path: Path
) -> None:
    """An engine that stops at the new syntax still runs the old scripts around it."""
    text = html_verifier.PAGE.read_text("utf-8")
    broken = text.replace('<script id="core">', '<script id="core">) not readable (', 1)
    copy = tmp_path / "old.html"
    copy.write_text(broken, "utf-8")
    opened = chromium.new_page()
    opened.goto(copy.as_uri())
    assert_unable(opened)
    assert "ECMAScript 2020" in opened.inner_text("#missing")
    opened.close()


def test_with_scripts_off_it_says_that_nothing_was_checked(chromium: Browser) -> None:
    """The page without any script is the same sentence."""
    context = chromium.new_context(java_script_enabled=False)
    opened = context.new_page()
    opened.goto(html_verifier.PAGE.as_uri())
    assert_unable(opened)
    context.close()


def assert_unable(opened: Page) -> None:
    """The sentence is there, in both languages; nothing green, nothing to choose."""
    text = opened.inner_text("main")
    assert "没有核验任何内容" in text
    assert "nothing was checked" in text
    assert "verify.py" in text
    assert not opened.is_visible("#choose")
    assert opened.locator(".plate.passed").count() == 0


def test_it_is_one_file_that_asks_for_nothing() -> None:
    """No address of a resource, no request, no code from text, no markup from text."""
    text = html_verifier.PAGE.read_text("utf-8")
    forbidden = (
        *("fetch(", "XMLHttpRequest", "WebSocket", "localStorage", "crypto.subtle"),
        *("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"),
        *("import(", " src=", "@import", " url("),
    )
    for word in forbidden:
        assert word not in text, word
    for part in ("default-src 'none'", "connect-src 'none'", "worker-src blob:"):
        assert part in text
    assert max(map(len, text.splitlines())) <= 100


def test_the_first_and_last_script_are_in_old_javascript() -> None:
    """They run in engines of ten years ago: nothing newer than their language."""
    text = html_verifier.PAGE.read_text("utf-8")
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)
    assert len(scripts) == 4
    for script in (scripts[0], scripts[3]):
        code = re.sub(r'"[^"]*"', "", script)
        assert not re.search(r"=>|\b(?:let|const|class|async|await)\b|`|\.\.\.", code)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_it_fits_desk_and_phone_light_and_dark(
    chromium: Browser, zips: dict[str, Path], width: int, scheme: Any
) -> None:
    """Nothing is wider than the screen; the words stand out from the ground."""
    viewport = {"width": width, "height": 800}
    opened = html_verifier.open_page(chromium, viewport=viewport, color_scheme=scheme)
    for name in ("v2-persons", "v2-bad-report", "v2-witnessed-one-of-two"):
        choose(opened, zips[name])
        wide = "document.documentElement.scrollWidth > window.innerWidth"
        assert not opened.evaluate(wide)
        assert opened.evaluate(CONTRAST, ".plate .word") >= 4.5
        assert opened.evaluate(CONTRAST, ".result") >= 4.5
        assert opened.evaluate(CONTRAST, ".soft") >= 4.5
    opened.context.close()


CONTRAST = """
(selector) => {
  const channels = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = (colour) => channels(colour).slice(0, 3).map((value) => value / 255)
    .map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const shown = [...document.querySelectorAll(selector)].filter((e) => e.offsetParent);
  let ground = shown[0];
  const clear = (e) => channels(getComputedStyle(e).backgroundColor)[3] === 0;
  while (clear(ground)) ground = ground.parentElement;
  const front = getComputedStyle(shown[0]).color;
  const back = getComputedStyle(ground).backgroundColor;
  const [low, high] = [front, back].map(light).sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}
"""


def test_everything_can_be_reached_and_is_named(page: Page) -> None:
    """Every field and button has a name, and the keyboard reaches all of them."""
    page.reload()
    for element in page.query_selector_all("button, input, progress, summary"):
        named = element.evaluate(
            "(e) => Boolean(e.textContent.trim() || (e.labels && e.labels.length)"
            " || e.getAttribute('aria-labelledby'))"
        )
        assert named, element.evaluate("(e) => e.outerHTML")
    seen = set()
    for _ in range(6):
        page.keyboard.press("Tab")
        seen.add(
            page.evaluate("document.activeElement.id || document.activeElement.tagName")
        )
    assert {"switch", "zip", "folder", "SUMMARY"} <= seen


def sparse_zip(path: Path, size: int) -> Path:
    """A canonical ZIP with one file of zeros, which takes no room on the disk."""
    entry = ZipEntry("data/zeros", size, 0)
    placed = PlacedEntry(entry, 0)
    with path.open("wb") as stream:
        stream.write(local_header(entry))
        stream.seek(placed.end)
        directory = central_header(placed)
        stream.write(directory + end_records(1, len(directory), placed.end))
    with open_canonical(path) as archive:
        assert archive.entries[0].size == size
    return path
