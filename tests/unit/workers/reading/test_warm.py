"""A child of the reader server is held as fast as one that starts cold."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import time
from pathlib import Path

import pytest

from intake.reading import Unreadable, UnreadableReason
from workers.reading.limits import Limits
from workers.reading.sandbox import Task, run_child
from workers.reading.warm import MOST_FILES, WarmReader, warm_reader

ROOT = Path(__file__).resolve().parents[4]
RUN = (
    f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r});"
    f"naughty = runpy.run_path({str(ROOT / 'tests/naughty_child.py')!r});"
    "import workers.reading.server as server;"
    "server.serve = naughty['serve']; server.main()"
)
NAUGHTY = ("-c", RUN)
SMALL = Limits(wall=20, stall=20, cpu=20, memory=2 << 30)


@pytest.fixture(scope="module")
def reader():
    """A server whose children misbehave as they are asked to."""
    with warm_reader("none", NAUGHTY) as server:
        yield server


def run(work: Path, act: str, **limits: int) -> bytes:
    task = Task(Path("/dev/null"), work, {"act": act})
    return run_child(task, dataclasses.replace(SMALL, **limits))


def test_child_is_forked_from_the_server(tmp_path, reader):
    """What answers is a child of the server, with a replaced environment."""
    seen = json.loads(run(tmp_path, "answer"))
    assert seen["HOME"] == str(tmp_path)
    assert not [name for name in seen if name.startswith("CUSTODY_")]
    assert reader.is_usable


@pytest.mark.usefixtures("reader")
@pytest.mark.parametrize(
    ("act", "limits", "expected"),
    [
        ("sleep", {"stall": 1}, UnreadableReason.LIMIT_TIME),
        ("boast", {"wall": 1, "wall_page": 1, "pages": 1}, UnreadableReason.LIMIT_TIME),
        ("burn", {"cpu": 1, "cpu_page": 0}, UnreadableReason.LIMIT_TIME),
        ("hoard", {}, UnreadableReason.LIMIT_MEM),
        ("abort_for_memory", {}, UnreadableReason.LIMIT_MEM),
        ("fill", {"file_size": 1 << 20}, UnreadableReason.LIMIT_OUTPUT),
        ("crash", {}, UnreadableReason.KILLED_READER),
        ("leave", {}, UnreadableReason.KILLED_READER),
        ("say_nothing", {}, UnreadableReason.KILLED_READER),
        ("point_elsewhere", {}, UnreadableReason.KILLED_READER),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_misbehaviour_has_its_reason(tmp_path, act, limits, expected):
    """The reasons are those of a cold child, and the server goes on."""
    with pytest.raises(Unreadable) as caught:
        run(tmp_path, act, **limits)
    assert caught.value.reason is expected
    (tmp_path / "next").mkdir()
    assert run(tmp_path / "next", "answer")


@pytest.mark.usefixtures("reader")
def test_what_a_child_forked_dies_with_it(tmp_path):
    """Nothing of a file's child is left, even when it ended well."""
    run(tmp_path, "fork")
    pids = [int(p.name.removeprefix("pid-")) for p in tmp_path.glob("pid-*")]
    assert len(pids) == 5
    wait_for(lambda: not any(map(is_running, pids)))


@pytest.mark.usefixtures("reader")
def test_descriptors_are_limited(tmp_path):
    """The limits of the request hold in the fork."""
    assert int(run(tmp_path, "open_much", open_files=32)) < 32


REAL = {
    "media_type": "image/png",
    "findings": [],
    "claimed_name": "a.png",
    "engine": "none",
    "depth": 0,
}


@pytest.mark.parametrize("act", ["kill_server", "answer"])
def test_file_survives_the_death_of_the_server(tmp_path, act):
    """When the server dies under a file, or before it, a cold child reads the file."""
    with warm_reader("none", NAUGHTY) as server:
        if act == "answer":
            server.kill()
            wait_for(lambda: not server.is_usable)
        task = Task(Path("/dev/null"), tmp_path, {"act": act, **REAL})
        # The cold child is the real one: it finds no picture, and says so.
        answer = run_child(task, Limits())
        assert not server.is_usable
    assert json.loads(answer)["unreadable"] == "CORRUPT"


def test_server_dies_with_its_worker(tmp_path):
    """A server does not outlive the process that started it."""
    pid = os.fork()
    if pid == 0:
        server = WarmReader("none", NAUGHTY)
        (tmp_path / "pid").write_text(str(server._process.pid))
        time.sleep(60)
        os._exit(0)
    wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    server_pid = int((tmp_path / "pid").read_text())
    # It binds itself to its parent as soon as Python has started.
    time.sleep(1)
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    wait_for(lambda: not is_running(server_pid))


def test_server_is_replaced_in_time(reader):
    """After its last file a server counts as used up."""
    server = same_server(reader)
    server.files = MOST_FILES - 1
    assert server.is_usable
    server.files = MOST_FILES
    assert not server.is_usable


def same_server(reader: WarmReader) -> WarmReader:
    """The same server under another count of files."""
    copy = WarmReader.__new__(WarmReader)
    copy.__dict__.update(reader.__dict__)
    return copy


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def wait_for(condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
