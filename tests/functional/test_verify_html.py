"""verify.html as a clerk uses it: a real Chromium, a file on a disk, no network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from receipts.checks import BY_NUMBER, RESULT_WORDS
from receipts.verify_bundle import verify_bundle
from tests import bundle_samples, html_verifier
from tests.bundle_factory import pack, relist, results, unpack
from tests.html_verifier import (
    answers,
    choose,
    first_failed,
    open_numbers,
    run,
    sparse_zip,
    words,
)

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


# --- Rules of two, and of witnesses -------------------------------------------

ABSENT = "no such fact"
CHECKED_ONE = "e0000000000aa"
RULE, REVIEWED = "the rule begins", "reviewed anew"
Step = str | tuple[str, bool, bool | str | None]
LI_FIRST, LI_ALIKE = ("li", True, None), ("li", True, ABSENT)
LI_UNSIGNED = ("li", False, None)
WANG_SECOND, WANG_ALIKE = ("wang", True, True), ("wang", True, ABSENT)


def checked(*steps: Step) -> tuple[dict[str, bytes], list[int]]:
    """Acts on one exhibit, each half (by whom, signed by that person, agrees)."""
    sample = bundle_samples.Sample()
    people = sample.log.add_persons(bundle_samples.LI, bundle_samples.WANG)
    sample.change("person-added", people)
    bundle_samples.three_exhibits(sample)
    leaves = [_act(sample, step) for step in steps]
    return sample.files(), leaves


def _act(sample: bundle_samples.Sample, step: Step) -> int:
    if step == RULE:
        rule = sample.log.add_persons(rule=bundle_samples.KINDS)
        return sample.change("rule", rule)
    if isinstance(step, str):
        name = sample.names[CHECKED_ONE]
        return sample.name(CHECKED_ONE, name, "exhibit.reviewed")
    login, signed, agrees = step
    facts = {} if agrees == ABSENT else {"agrees": agrees}
    exhibit = {"exhibit": CHECKED_ONE, "matter": bundle_samples.MATTER}
    by = [login] if signed else []
    return sample.happen("exhibit.checked", (), login, by, **exhibit, **facts)


@pytest.mark.parametrize(
    "steps",
    [
        (RULE, LI_ALIKE, WANG_ALIKE),
        (RULE, LI_FIRST, ("wang", True, False)),
        (RULE, LI_FIRST, LI_FIRST, WANG_SECOND),
        (RULE, LI_FIRST, WANG_SECOND, LI_ALIKE, WANG_ALIKE),
        (LI_FIRST, RULE, WANG_SECOND),
        (LI_ALIKE, RULE, WANG_ALIKE),
        (LI_UNSIGNED, RULE, REVIEWED, LI_FIRST, WANG_SECOND),
        (LI_UNSIGNED, RULE, LI_FIRST, WANG_SECOND),
        (("wang", False, True), RULE),
        (LI_UNSIGNED, ("li", False, ABSENT), ("wang", False, True), RULE),
    ],
)
def test_two_halves_by_two_persons_pass(page: Page, steps: tuple[Step, ...]) -> None:
    """With the fact "agrees" or without; what came before the rule is not asked."""
    files, _ = checked(*steps)
    report = run(page, files)
    assert (report["verdict"], open_numbers(report)) == ("passed", [])
    assert "只有一半" not in words(report, 17)


@pytest.mark.parametrize(
    ("steps", "wrong"),
    [
        ((RULE, LI_ALIKE, LI_ALIKE), [2]),
        ((RULE, LI_ALIKE, LI_ALIKE, WANG_ALIKE), [2]),
        ((RULE, LI_FIRST, ("li", True, True)), [2]),
        ((LI_UNSIGNED, RULE, LI_ALIKE), [2]),
        ((RULE, WANG_SECOND), [1]),
        ((RULE, LI_FIRST, WANG_SECOND, WANG_SECOND), [3]),
        ((RULE, LI_FIRST, REVIEWED, WANG_SECOND), [3]),
        ((RULE, LI_UNSIGNED), [1]),
        ((RULE, LI_UNSIGNED, WANG_SECOND), [1, 2]),
        ((RULE, LI_UNSIGNED, WANG_ALIKE), [1]),
        ((RULE, LI_FIRST, ("wang", False, True), WANG_SECOND), [2]),
    ],
)
def test_two_halves_by_one_person_fail(
    page: Page, steps: tuple[Step, ...], wrong: list[int]
) -> None:
    """Whatever the facts say; a half that its person did not sign is none."""
    files, leaves = checked(*steps)
    report = run(page, files)
    due = [f"statements/{leaves[step]:08d}.dsse.json" for step in wrong]
    assert answers(report, 17) == [("failed", name) for name in due]
    assert open_numbers(report) == [17]


@pytest.mark.parametrize(
    "steps",
    [
        (LI_UNSIGNED, RULE, WANG_SECOND),
        (("li", False, ABSENT), RULE, WANG_ALIKE),
    ],
)
def test_a_first_half_on_sign_in_alone_leaves_it_open(
    page: Page, steps: tuple[Step, ...]
) -> None:
    """Nobody can say who made it: indeterminate, with the number of that event."""
    files, leaves = checked(*steps)
    report = run(page, files)
    second = f"statements/{leaves[2]:08d}.dsse.json"
    assert answers(report, 17) == [("indeterminate", second)]
    assert f"the first half, event {leaves[0]}, was not signed" in words(report, 17)
    assert f"第 {leaves[0]} 号事件" in words(report, 17)
    assert report["verdict"] == "indeterminate"


def test_it_is_said_where_the_rule_begins_and_what_is_half_checked(
    page: Page,
) -> None:
    """Also where the rule begins after all events; and not where there is none."""
    half = "of 1 exhibits only one half of the check is here"
    said = "the rule counts from event {} on; acts before it rest on sign-in only"
    for steps, rule, open_half in (
        ((LI_ALIKE,), None, False),
        ((LI_ALIKE, RULE), 1, False),
        ((RULE, LI_ALIKE), 0, True),
        ((RULE, LI_FIRST, REVIEWED), 0, False),
    ):
        files, leaves = checked(*steps)
        report = run(page, files)
        assert report["verdict"] == "passed"
        text = words(report, 17)
        assert ("rule counts from" in text) == (rule is not None)
        if rule is not None:
            assert said.format(leaves[rule] + 1) in text
            assert f"规则自第 {leaves[rule] + 1} 号事件起有效" in text
        assert (half in text) == open_half
        assert ("1 件证据只有一半核查" in text) == open_half


def witness_rule(begins: int, ends: int | None = None) -> dict[str, bytes]:
    """Nobody cosigned; the rule of two witnesses begins `begins` after its event."""
    sample = bundle_samples.Sample()
    log = sample.log

    def alter(leaf: int) -> None:
        for key in bundle_samples.WITNESSES:
            line = bundle_samples.Line("witness", key.vkey(), leaf + 1, begun=log.now())
            log.lines.append(line)
        first = leaf + begins
        rule = bundle_samples.Line("rule", "witnesses:2", first, begun=log.now())
        log.lines.append(rule)

    sample.change("witness", alter)
    listed = list(enumerate(bundle_samples.WITNESSES, 1))
    tail = "".join(f"witness w{place} {key.vkey()}\n" for place, key in listed)
    group = "group witnesses 2 w1 w2\nquorum witnesses\n"
    if ends is not None:

        def end(_: int) -> None:
            log.lines[-1].last = log.lines[-1].first + ends
            log.lines[-1].ended = log.now()

        sample.change("rule", end)
        group = "quorum none\n"
    log.policy_tail = tail + group
    return bundle_samples.three_exhibits(sample).files()


def test_a_rule_of_witnesses_after_the_checkpoint_leaves_it_open(page: Page) -> None:
    """A history kept shorter than the rule is not taken for one that was witnessed."""
    files = witness_rule(50)
    size = int(files["checkpoint"].split(b"\n")[1])
    report = run(page, files)
    assert answers(report, 18) == [("indeterminate", "checkpoint")]
    assert "the rule of 2 witnesses begins at size 51, after" in words(report, 18)
    assert "规则自第 51 条起要求见证" in words(report, 18)
    assert open_numbers(report) == [18]
    after = run(page, witness_rule(size))  # the event is leaf 1
    assert answers(after, 18) == [("indeterminate", "checkpoint")]
    assert f"begins at size {size + 1}, after" in words(after, 18)
    reached = run(page, witness_rule(size - 1))
    assert "the rule wants 2 witnesses, 0 cosigned" in words(reached, 18)
    ended = run(page, witness_rule(50, ends=1))
    assert (ended["verdict"], answers(ended, 18)) == (
        "passed",
        [("passed", "checkpoint")],
    )


def stricter(*lines: str) -> str:
    """The golden key file of the first format and more lines."""
    more = "".join(f"{line} - 2025-01-01T00:00:00Z -\n" for line in lines)
    return (GOLDEN / "trust-keys").read_text("utf-8") + more


def test_a_rule_of_two_in_a_given_key_file_counts_for_the_first_format(
    page: Page,
) -> None:
    """Persons cannot have signed there; what came before the rule is left alone."""
    data = (GOLDEN / "bundle.zip").read_bytes()
    names = sorted(n for n in unpack(GOLDEN / "bundle.zip") if n[:11] == "statements/")
    rule = "rule two-persons:exhibit.received,firm.initialised"
    report = run(page, data, policy=stricter(f"{rule} 0"))
    refused = answers(report, 17)
    assert ("failed", names[0]) in refused
    assert 1 < len(refused) < len(names)
    assert {result for result, _ in refused} == {"failed"}
    assert open_numbers(report) == [17]
    assert "the first format carries no signatures of persons" in words(report, 17)
    last = int(names[-1][11:19])
    for policy in (stricter(f"{rule} {last + 1}"), stricter("rule two-persons:x.y 0")):
        report = run(page, data, policy=policy)
        assert (report["verdict"], answers(report, 17)) == ("passed", [])


def test_a_rule_of_witnesses_in_a_given_key_file_counts_for_the_first_format(
    page: Page, tmp_path: Path
) -> None:
    """Without their lines it is left open; with them, or before the rule, it passes."""
    files = unpack(GOLDEN / "bundle.zip")
    key, note = bundle_samples.WITNESSES[0], files["checkpoint"]
    size = int(note.split(b"\n")[1])
    listed = f"witness {key.vkey()} 0"
    data = (GOLDEN / "bundle.zip").read_bytes()
    asked = stricter(listed, f"rule witnesses:1 {size}")
    report = run(page, data, policy=asked)
    assert (report["verdict"], open_numbers(report)) == ("indeterminate", [18])
    later = run(page, data, policy=stricter(listed, f"rule witnesses:1 {size + 1}"))
    assert (later["verdict"], answers(later, 18)) == ("passed", [])
    text = note[: note.index(b"\n\n") + 1]
    signed = key.private.sign(b"cosignature/v1\ntime 1756425600\n" + text)
    stamp = (1756425600).to_bytes(8, "big")
    blob = bundle_samples.b64(key.hint() + stamp + signed)
    line = f"\u2014 {key.name} {blob}\n".encode()
    cosigned = {
        name: content + line
        if name == "checkpoint" or name.startswith("proofs/")
        else content
        for name, content in files.items()
    }
    out = pack(relist(cosigned), tmp_path / "cosigned.zip")
    report = run(page, out.read_bytes(), policy=asked)
    assert (report["verdict"], answers(report, 18)) == (
        "passed",
        [("passed", "checkpoint")],
    )


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
