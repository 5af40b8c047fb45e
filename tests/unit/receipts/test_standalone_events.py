"""The one-file verifier: what events, stamps and containers may not say bites alone."""

from __future__ import annotations

import contextlib
import io
import json
import os
import runpy
import struct
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from integrity.canonical import canonical_json
from receipts.standalone import verify as standalone
from tests import bundle_samples as samples
from tests.bundle_scene import rezip
from tests.stamp_maker import AT, NONCE, Maker, good_chain, pem

AA, BB = "e0000000000aa", "e0000000000bb"
Answer = tuple[str, str, str]
Judge = Callable[..., dict[int, list[Answer]]]


@pytest.fixture
def judge(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Judge:
    """Verifies a bundle: number to (result, subject, reason) of what did not pass."""

    def _judge(bundle: samples.Files | bytes, *arguments: object) -> Any:
        path = tmp_path / "bundle.zip"
        path.write_bytes(bundle if isinstance(bundle, bytes) else rezip(bundle))
        standalone.main([str(path), "--json", *map(str, arguments)])
        found: dict[int, list[Answer]] = {}
        for check in json.loads(capsys.readouterr().out)["checks"]:
            answer = check["result"], check["subject"], check["reason"]
            if check["result"] != "passed":
                found.setdefault(check["number"], []).append(answer)
        return found

    return _judge


def refused(
    read: Callable[..., object], *given: Any, reason: str, **named: Any
) -> None:
    """Refused, and for this reason."""
    with pytest.raises(standalone.Refused, match=reason):
        read(*given, **named)


# --- What events say of an exhibit ------------------------------------------------

DIGESTS, OTHER = ("0" * 64, "1" * 64), ("2" * 64, "3" * 64)
Subjects = Sequence[tuple[str, tuple[str, str]]]


def event(kind: str, subjects: Subjects = (), **facts: Any) -> standalone.Event:
    """An event of which only kind, subjects and facts matter."""
    made = standalone.Event.__new__(standalone.Event)
    made.kind, made.subjects, made.facts = kind, list(subjects), facts
    return made


def received(ident: str, *more: tuple[str, tuple[str, str]]) -> standalone.Event:
    """How an exhibit came in."""
    facts = {"exhibit": ident, "matter": "m", "original_name": "n", "size": 5}
    return event("exhibit.received", [(ident, DIGESTS), *more], **facts)


def named(ident: str, name: Any, **more: Any) -> standalone.Event:
    """How it was named."""
    return event("exhibit.read", exhibit=ident, name=name, **more)


def test_an_exhibit_is_what_its_events_say_together() -> None:
    """The newest name, the bytes and the matter of its receipt."""
    about = event("exhibit.seen", [(AA, DIGESTS), ("page", OTHER)], exhibit=AA)
    events = {1: received(AA), 2: named(AA, "a", matter="m"), 3: about}
    found = standalone.exhibits_of({**events, 4: named(AA, "b")})
    assert list(found) == ["b"]
    assert (found["b"].digests, found["b"].leaf) == (DIGESTS, 1)


EVENTS: dict[str, tuple[list[standalone.Event], str]] = {
    "named before it came in": ([named(AA, "a"), received(AA)], "exactly once"),
    "came in twice": ([received(AA), received(AA)], "exactly once"),
    "came in with another": ([received(AA, (BB, OTHER))], "another subject"),
    "came in as another": (
        [event("exhibit.received", [(BB, DIGESTS)], exhibit=AA)],
        "another subject",
    ),
    "in another matter": ([received(AA), named(AA, "a", matter="n")], "another matter"),
    "of other bytes": (
        [received(AA), event("exhibit.seen", [(AA, OTHER)], exhibit=AA)],
        "about other bytes",
    ),
    "of one name": (
        [received(AA), received(BB), named(AA, "a"), named(BB, "a")],
        "one name",
    ),
    "of no exhibit": ([event("exhibit.read", name="a")], "has no exhibit"),
    "without a name": ([received(AA), named(AA, "")], "has no name"),
    "named by a number": ([received(AA), named(AA, 5)], "has no name"),
}


@pytest.mark.parametrize("case", EVENTS)
def test_events_that_do_not_agree_about_an_exhibit(case: str) -> None:
    """One receipt, first; one matter, one content, one name for one exhibit."""
    made, reason = EVENTS[case]
    refused(standalone.exhibits_of, dict(enumerate(made, 1)), reason=reason)


def test_an_original_is_equal_by_both_digests_and_its_size(tmp_path: Path) -> None:
    """Where SM3 was too slow to compute, by the two others."""

    def result(sha256: str, sm3: str | None, size: int) -> str:
        folder = standalone.Folder(str(tmp_path))
        verifier = standalone.Verifier(folder, None, None, slow=False)
        verifier.measured["data/a"] = standalone.Measured(sha256, sm3, size)
        verifier.original("data/a", standalone.exhibits_of({1: received(AA)})[AA])
        (answer,) = verifier.answers
        return answer.result

    sha256, sm3 = DIGESTS
    assert result(sha256, sm3, 5) == result(sha256, None, 5) == "passed"
    for other in ((OTHER[0], sm3, 5), (sha256, OTHER[1], 5), (sha256, sm3, 6)):
        assert result(*other) == "failed"


def test_the_log_was_stamped_once_and_before() -> None:
    """That stamp is a lower bound: it comes before the first receipt."""
    stamp, founding = event("log.stamped"), event("firm.initialised")
    standalone.check_kinds({0: founding, 1: stamp}, 2)
    bound = "more than one event log.stamped, or one that is not before"
    refused(standalone.check_kinds, {1: stamp, 2: stamp}, 3, reason=bound)
    refused(standalone.check_kinds, {2: stamp}, 2, reason=bound)
    stranger = {1: event("user.added")}
    refused(standalone.check_kinds, stranger, 2, reason="does not belong")


def test_event_0_names_keys_of_the_list_to_judge_by(
    judge: Judge, tmp_path: Path
) -> None:
    """Keys from elsewhere that lack the first log key: its log is not theirs."""
    sample = samples.rotated()
    files = sample.files()
    first, *later = sample.log.trust().splitlines(keepends=True)
    assert first.startswith(b"log ")
    (tmp_path / "policy").write_bytes(b"".join(later))
    found = judge(files, "--policy", tmp_path / "policy")
    assert set(found) == {4, 10}
    assert found[10][0][2] == "a key of event 0 is not among ours"


@dataclass
class Keyless(samples.Log):
    """A firm whose founding event does not name its keys as it must."""

    stated: Any = None

    def record(self, kind: str, *args: Any, **facts: Any) -> int:
        """Record an event; event 0 with something else in the place of the keys."""
        if kind == "firm.initialised":
            facts["keys"] = self.stated
        return super().record(kind, *args, **facts)


@pytest.mark.parametrize("stated", [None, [], "log", {}])
def test_event_0_that_names_no_keys_fails(stated: Any, judge: Judge) -> None:
    """Neither history nor log can begin with it; the certificate is listed apart."""
    sample = samples.three_exhibits(samples.Sample(Keyless(stated=stated)))
    assert set(judge(sample.files())) == {10, 19}


def test_a_bag_has_the_lines_of_its_format_and_no_more() -> None:
    """None left out, none added, the last one ended."""
    info = samples.bag_info({})
    first = info.replace(standalone.SECOND_FORMAT, b"")
    assert standalone.bag_info(first, second=False)["Payload-Oxum"] == "0.0"
    for other in (first[:-1], first + b"x", first + b"X: y\n", first[:-20] + b"\n"):
        refused(
            standalone.bag_info, other, second=False, reason="bag-info.txt has|a line"
        )


@pytest.mark.parametrize("value", ["", "a  b", " a", "a ", "a\u2028b", "a\x1b[2Jb"])
def test_a_line_of_a_bag_has_one_form(value: str) -> None:
    """Words with one blank between them, and nothing that a screen does not show."""
    info = samples.bag_info({})
    firm = f"Source-Organization: {samples.FIRM}".encode()
    assert firm in info
    for label in ("Source-Organization: ", "source-organization: "):
        other = info.replace(firm, f"{label}{value}".encode())
        refused(standalone.bag_info, other, second=True, reason="a line of bag-info")
    spelled = info.replace(b"Source-Organization", b"source-organization")
    refused(standalone.bag_info, spelled, second=True, reason="a line of bag-info")


def test_the_date_of_a_bag_is_one() -> None:
    """29 February 2025 is none."""
    info = samples.bag_info({})
    leap = info.replace(b"2025-08-29", b"2024-02-29")
    assert standalone.bag_info(leap, second=True)["Bagging-Date"] == "2024-02-29"
    other = info.replace(b"2025-08-29", b"2025-02-29")
    refused(standalone.bag_info, other, second=True, reason="date of bag-info")


def test_a_list_has_no_line_too_many(judge: Judge) -> None:
    """Every file is as it says, and yet it is not the list of these files."""
    files = samples.plain().files()
    for name in ("manifest-sha256.txt", "checksums-sm3.txt"):
        longer = {**files, name: files[name] * 2}
        subjects = [subject for _, subject, _ in judge(longer)[3]]
        assert subjects == [name, name]  # as itself, and in the tag manifest


def test_a_lost_event_about_keys_leaves_their_history_open(judge: Judge) -> None:
    """Event 0 or a change of keys with a false signature; of others it is enough."""
    sample = samples.rotated()
    files, events = sample.files(), sample.log.events
    change = next(n for n in sample.leaves if events[n]["kind"] == "keys.changed")
    for leaf, is_open in ((0, True), (change, True), (1, False)):
        name = f"statements/{leaf:08d}.dsse.json"
        envelope = json.loads(files[name])
        envelope["signatures"][0]["sig"] = samples.b64(bytes(64))
        changed = {**files, name: canonical_json(envelope)}
        found = judge(sample.seal(samples.relist(changed)))
        assert found[6][0][1] == name
        assert (19 in found) == is_open
        assert all(result == "indeterminate" for result, _, _ in found.get(19, ()))


def test_a_fast_sm3_is_used_whatever_the_size(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only where there is none the size decides."""
    files = samples.plain().files()
    monkeypatch.setattr(standalone, "SLOW_SM3_FROM", 0)
    monkeypatch.setattr(standalone, "fast_sm3", standalone.Sm3)
    assert judge(files) == {}
    monkeypatch.setattr(standalone, "fast_sm3", lambda: None)
    assert set(judge(files)) == {3}
    assert judge(files, "--slow") == {}
    size = sum(len(data) for name, data in files.items() if name[:5] == "data/")
    monkeypatch.setattr(standalone, "SLOW_SM3_FROM", size)
    assert judge(files) == {}


# --- Time stamps that events are about --------------------------------------------

CHAIN = good_chain()


class Desk(samples.Authority):
    """An authority that needs no program; its facts can be told otherwise."""

    def stamp(self, data: bytes) -> tuple[bytes, bytes]:
        """Query and response over `data`."""
        imprint = standalone.sha256(data)
        name = standalone.der_oid(standalone.SHA256_OID)
        over = standalone.tlv(
            standalone.SEQUENCE,
            standalone.tlv(standalone.SEQUENCE, name),
            standalone.tlv(standalone.OCTETS, imprint),
        )
        one, nonce = standalone.der_integer(1), standalone.der_integer(NONCE)
        query = standalone.tlv(standalone.SEQUENCE, one, over, nonce)
        return query, Maker(CHAIN, imprint=imprint).response()

    def facts(self, response: bytes) -> dict[str, Any]:
        """What the event says of a response, the time in the name of this desk."""
        return {"authority": "x", "time": self.name, "serial": str(len(response))}

    def chain(self) -> bytes:
        """Signer first, root last."""
        return pem(CHAIN)


TIME = AT.strftime("%Y-%m-%dT%H:%M:%SZ")
Parts = list[tuple[str, bytes]]


def stamped(
    time: str = TIME,
    kind: str = "exhibit.stamped",
    over: tuple[str, bytes] | None = None,
    exhibit: str = AA,
    alter: Callable[[Parts], Parts] = list,
) -> tuple[samples.Files, str]:
    """A bundle with a stamp of an exhibit, and where its response lies.

    Args:
        time: what the event says of it.
        kind: kind of that event.
        over: first subject of the event; what was stamped, where not the exhibit.
        exhibit: which exhibit the event is about.
        alter: changes the four subjects.
    """
    sample, desk = samples.three_exhibits(samples.Sample()), Desk(Path(), time)
    name, data = over or (AA, sample.contents[AA])
    query, response = desk.stamp(data)
    parts = [("query", query), ("response", response), ("chain", desk.chain())]
    facts = {"exhibit": exhibit, "matter": samples.MATTER, **desk.facts(response)}
    leaf = sample.happen(kind, alter([(name, data), *parts]), **facts)
    ends = {"query": "tsq", "response": "tsr", "chain": "pem"}
    sample.stamps = {f"stamps/{leaf:08d}.{ends[n]}": d for n, d in parts}
    return sample.files(), f"stamps/{leaf:08d}.tsr"


def test_a_stamp_of_an_exhibit_passes(judge: Judge) -> None:
    """What is altered below is altered in one that is good."""
    assert judge(stamped()[0]) == {}


STAMPS: dict[str, tuple[dict[str, Any], str]] = {
    "of another time": ({"time": "2025-08-29T06:03:23Z"}, "states another time"),
    "of another kind": ({"kind": "exhibit.noted"}, "is not one about a time stamp"),
    "three subjects": (
        {"alter": lambda parts: parts[:3]},
        "is not one about a time stamp",
    ),
    "in another order": (
        {"alter": lambda p: [p[0], p[2], p[1], p[3]]},
        "subjects of its event are wrong",
    ),
    "another query": (
        {"alter": lambda p: [p[0], ("query", b"x"), *p[2:]]},
        "query: not as its event says",
    ),
    "a subject of another name": (
        {"alter": lambda p: [p[0], ("request", p[1][1]), *p[2:]]},
        "request: not as its event says",
    ),
    "over other bytes": (
        {"over": ("page 1", b"other bytes")},
        "not the digest of the exhibit",
    ),
    "over other bytes than it says": (
        {"alter": lambda p: [("page 1", b"x"), *p[1:]]},
        "digest of the exhibit",
    ),
}


@pytest.mark.parametrize("case", STAMPS)
def test_a_stamp_is_as_its_event_says(case: str, judge: Judge) -> None:
    """Query, response, chain and time are those of the event, and of the exhibit."""
    changes, reason = STAMPS[case]
    files, response = stamped(**changes)
    ((result, subject, said),) = judge(files)[16]
    assert (result, subject) == ("failed", response)
    assert reason in said


def test_a_stamp_of_an_exhibit_that_is_not_here(judge: Judge) -> None:
    """The stamp holds, whatever it is of; that the event belongs here does not."""
    assert set(judge(stamped(exhibit="e0000000000ff")[0])) == {10}


def test_a_stamp_whose_event_is_lost_is_not_judged(judge: Judge) -> None:
    """6 tells that the statement is none; of the stamp there is nothing to say."""
    files, response = stamped()
    name = f"statements/{response[7:15]}.dsse.json"
    found = judge(samples.relist({**files, name: b"{}"}))
    assert [subject for _, subject, _ in found[6]] == [name]
    assert 16 not in found


def test_the_certificate_of_the_seal_comes_alone(judge: Judge) -> None:
    """A second one in its file is refused."""
    sample = samples.plain()
    files = sample.files()
    files["trust/seal.pem"] *= 2
    found = judge(sample.seal(samples.relist(files)))
    answer = ("failed", "trust/seal.pem", "it is not one certificate")
    assert found == {14: [answer]}


# --- Containers -------------------------------------------------------------------


def test_a_folder_holds_plain_files_with_names_of_their_own(tmp_path: Path) -> None:
    """A pipe is never opened; two spellings of one name are one name."""
    (tmp_path / "pipe").mkdir()
    os.mkfifo(tmp_path / "pipe" / "x")
    refused(standalone.Folder, tmp_path / "pipe", reason="not a plain file")
    folder = tmp_path / "names"
    folder.mkdir()
    (folder / "\u00e9").write_bytes(b"")
    assert standalone.Folder(str(folder)).names == ["\u00e9"]
    (folder / "e\u0301").write_bytes(b"")
    refused(standalone.Folder, folder, reason="a name twice")


def _zip(name: str, gap: bytes = b"", offset: int | None = None) -> bytes:
    """A ZIP of one empty file, otherwise as it must be."""
    local, central = standalone.zip_headers(name, 0, 0, 0)
    body = local + gap
    begin = len(body) if offset is None else offset
    return body + central + standalone.zip_end(1, len(central), begin)


def test_nothing_lies_between_the_parts_of_a_zip() -> None:
    """Local headers, contents, directory and end follow each other, in bounds."""
    assert standalone.Zip(io.BytesIO(_zip("a"))).names == ["a"]
    gap = io.BytesIO(_zip("a", b"hidden"))
    refused(standalone.Zip, gap, reason="sizes do not add up")
    beyond = io.BytesIO(_zip("a", offset=1 << 20))
    refused(standalone.Zip, beyond, reason="out of bounds")
    for name in ("../a", "a\\b"):
        refused(standalone.Zip, io.BytesIO(_zip(name)), reason="unsafe name")


def test_a_zip_directory_has_the_entries_that_it_counts() -> None:
    """Cut off, or with something else in it, it is broken."""
    good = _zip("a")
    two = bytearray(good)
    two[-14:-10] = struct.pack("<2H", 2, 2)
    other = good.replace(b"PK\1\2", b"PK\1\3")
    short = bytearray(good)
    short[-10:-6] = struct.pack("<L", 40)
    for data in (bytes(two), other, bytes(short)):
        refused(standalone.Zip, io.BytesIO(data), reason="directory is broken")
    large, at = bytearray(good), good.index(b"PK\1\2")
    large[at + 20 : at + 28] = b"\xff" * 8  # the size would be in a field that is not
    reason = "local header not canonical"
    refused(standalone.Zip, io.BytesIO(bytes(large)), reason=reason)


def test_a_zip_that_is_none_fails_check_1(judge: Judge) -> None:
    """And nothing after it is done; the file inside is named, where there is one."""
    found = judge(_zip("../a"))
    assert found == {1: [("failed", "'../a'", "an unsafe name")]}
    reason = "the ZIP has no end record at its end"
    assert judge(b"no ZIP") == {1: [("failed", "bundle", reason)]}


def test_a_zip_of_more_than_four_gigabytes_is_read(tmp_path: Path) -> None:
    """Sizes and offsets are then in fields of 64 bits; the file here has a hole."""
    size, path = 5 << 30, tmp_path / "large.zip"
    first, one = standalone.zip_headers("a", size, 0, 0)
    second, two = standalone.zip_headers("b", 0, 0, len(first) + size)
    with path.open("w+b") as stream:
        stream.write(first)
        stream.seek(size, os.SEEK_CUR)
        begin = stream.tell() + len(second)
        directory = one + two
        stream.write(second + directory)
        stream.write(standalone.zip_end(2, len(directory), begin))
        archive = standalone.Zip(stream)
        assert archive.names == ["a", "b"]
        assert archive.size("a") == size


def test_more_than_a_zip_may_have_is_not_read(tmp_path: Path) -> None:
    """200,001 files, or a directory of over 64 MiB: refused before it is looked at."""
    end = standalone.zip_end(standalone.MAX_ENTRIES + 1, 0, 0)
    refused(standalone.Zip, io.BytesIO(end), reason="out of bounds")
    end = standalone.zip_end(standalone.MAX_ENTRIES, 0, 0)
    refused(standalone.Zip, io.BytesIO(end), reason="directory is broken")
    size = standalone.MAX_TAG_FILE
    for over, reason in ((0, "directory is not canonical"), (1, "out of bounds")):
        with (tmp_path / "directory.zip").open("w+b") as stream:
            stream.seek(size + over)
            stream.write(standalone.zip_end(0, size + over, 0))
            refused(standalone.Zip, stream, reason=reason)
    ended = _zip("a").replace(b"PK\5\6", b"PK\5\7")
    refused(standalone.Zip, io.BytesIO(ended), reason="no end record")
    large = standalone.zip_end(0xFFFF, 0, 0)
    assert large[:4] == b"PK\6\6"  # the start of a record that is cut off here
    cut = large[:28] + large[-22:]
    refused(standalone.Zip, io.BytesIO(cut), reason="directory is broken")
    short = io.BytesIO(struct.pack("<L", 5))
    refused(standalone.Zip, short, reason="no end record")


# --- Output -----------------------------------------------------------------------


def test_without_an_answer_nothing_is_known() -> None:
    """Failed, if anything did; passed, if all did, and there was something."""
    assert standalone.verdict_of([]) == "indeterminate"
    made = [
        standalone.Answer(number, result, "", "", "")
        for number, result in enumerate(("passed", "indeterminate", "failed"))
    ]
    found = [standalone.verdict_of(made[:count]) for count in (1, 2, 3)]
    assert found == ["passed", "indeterminate", "failed"]


def test_a_person_is_told_both_moments(tmp_path: Path) -> None:
    """Where a stamp shows one, and where none does; checks in one line if they pass.

    Also where the stream cannot be told how to write what it does not know.
    """
    sample = samples.plain()
    sample.authorities = [Desk(Path(), TIME)]
    path = tmp_path / "bundle.zip"
    path.write_bytes(rezip(sample.files()))
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert standalone.main([str(path), "--lang", "en"]) == 0
    lines = out.getvalue().splitlines()
    assert f"(earliest stamp of the checkpoint): {TIME}" in lines[-3]
    assert lines[-2].endswith(": no time stamp shows it")
    count = len(sample.leaves)
    place = lines.index(f" 6 statement: passed ({count}/{count})")
    assert lines[place + 1] == "17 two persons: passed (1/1)"
    assert lines[place + 2].startswith("     bundle: no rule of two persons")


def test_a_person_is_told_what_failed_and_each_stamp(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Of several answers those that passed are counted; stamps are told one by one."""
    sample = samples.plain()
    sample.authorities = [Desk(Path(), TIME), Desk(Path(), TIME)]
    files = sample.files()
    name = "data/20250829_合同_001.pdf"
    path = tmp_path / "bundle.zip"
    path.write_bytes(rezip({**files, name: files[name][::-1]}))
    assert standalone.main([str(path), "--lang", "en"]) == 1
    lines = capsys.readouterr().out.splitlines()
    place = lines.index(" 8 original: failed (2/3)")
    assert lines[place + 1].startswith(f"     {name}: the bytes are not those")
    assert lines[place + 2].startswith(" 9 legal name: passed")
    place = lines.index("16 time: passed (2/2)")
    assert lines[place + 1].startswith("     checkpoint.tsr: ")
    assert lines[place + 2].startswith("     checkpoint.2.tsr: ")


def test_run_as_a_program_its_exit_code_is_the_answer(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """0 for a bundle that passes, 1 for one that does not."""
    files = samples.plain().files()
    for changed, code in ((files, 0), ({**files, "data/x": b""}, 1)):
        (tmp_path / "bundle.zip").write_bytes(rezip(changed))
        monkeypatch.setattr(sys, "argv", ["verify.py", str(tmp_path / "bundle.zip")])
        with pytest.raises(SystemExit) as stop:
            runpy.run_path(standalone.__file__, run_name="__main__")
        assert stop.value.code == code
    assert "== 未通过 / failed ==" in capsys.readouterr().out
