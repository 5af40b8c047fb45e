"""Whatever a child does, the parent ends it and has a reason."""

from __future__ import annotations

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from intake.reading import Unreadable, UnreadableReason
from workers.reading.limits import Limits
from workers.reading.sandbox import Task, run_child

ROOT = Path(__file__).resolve().parents[4]
RUN = (
    f"import runpy, sys; sys.path.insert(0, {str(ROOT)!r});"
    f"runpy.run_path({str(ROOT / 'tests/naughty_child.py')!r}, run_name='__main__')"
)
NAUGHTY = ("-c", RUN)
SMALL = Limits(wall=20, stall=20, cpu=20, memory=512 << 20)


def run(work: Path, act: str, **limits: int) -> bytes:
    task = Task(Path("/dev/null"), work, {"act": act})
    return run_child(task, dataclasses.replace(SMALL, **limits), NAUGHTY)


def reason(work: Path, act: str, **limits: int) -> UnreadableReason:
    with pytest.raises(Unreadable) as caught:
        run(work, act, **limits)
    return caught.value.reason


def test_answer_comes_back(tmp_path):
    """A child that behaves is heard."""
    assert json.loads(run(tmp_path, "answer"))


def test_environment_is_replaced(tmp_path, monkeypatch):
    """No variable of the service reaches the child: it may be a secret."""
    monkeypatch.setenv("CUSTODY_SECRET_KEY", "not for parsers")
    seen = json.loads(run(tmp_path, "answer"))
    assert not [name for name in seen if name.startswith("CUSTODY_")]
    assert "not for parsers" not in seen.values()
    assert seen["HOME"] == str(tmp_path)


def test_no_progress(tmp_path):
    """A parser in an endless loop is ended by the stall limit."""
    started = time.monotonic()
    assert reason(tmp_path, "sleep", stall=1) is UnreadableReason.LIMIT_TIME
    assert time.monotonic() - started < 10


def test_wall_clock_despite_progress(tmp_path):
    """Claiming progress and endless pages does not buy endless time."""
    got = reason(tmp_path, "boast", wall=1, wall_page=1, pages=1)
    assert got is UnreadableReason.LIMIT_TIME


def test_processor_time(tmp_path):
    """Burning processor time ends at the limit, long before the wall clock."""
    got = reason(tmp_path, "burn", cpu=1, cpu_page=0)
    assert got is UnreadableReason.LIMIT_TIME


def test_memory(tmp_path):
    """Memory beyond the limit is refused, and the reason says memory."""
    assert reason(tmp_path, "hoard") is UnreadableReason.LIMIT_MEM


def test_native_allocation_failure(tmp_path):
    """A native library that aborts for lack of memory is told apart from a crash."""
    assert reason(tmp_path, "abort_for_memory") is UnreadableReason.LIMIT_MEM


def test_forked_processes_die_too(tmp_path):
    """What the child started does not outlive it, even if the child ended well."""
    run(tmp_path, "fork")
    pids = [int(p.name.removeprefix("pid-")) for p in tmp_path.glob("pid-*")]
    assert len(pids) == 5
    time.sleep(0.2)
    assert [pid for pid in pids if is_running(pid)] == []


def is_running(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in ("Z", "X")


def test_one_file_too_large(tmp_path):
    """A file beyond the size limit ends the child."""
    got = reason(tmp_path, "fill", file_size=1 << 20)
    assert got is UnreadableReason.LIMIT_OUTPUT
    assert (tmp_path / "big").stat().st_size <= 1 << 20


def test_output_in_all(tmp_path):
    """Many small files count together."""
    assert reason(tmp_path, "many_files", output=19 << 20) is (
        UnreadableReason.LIMIT_OUTPUT
    )
    assert run_again(tmp_path / "again", output=21 << 20)


def run_again(work: Path, **limits: int) -> bytes:
    work.mkdir()
    return run(work, "many_files", **limits)


@pytest.mark.parametrize("act", ["crash", "leave", "say_nothing", "point_elsewhere"])
def test_deaths_without_a_reason(tmp_path, act):
    """Crash, exit, silence or a link in place of the answer: the reader was killed."""
    assert reason(tmp_path, act) is UnreadableReason.KILLED_READER


def test_descriptors_are_limited(tmp_path):
    """The child cannot open more files than the limit."""
    assert int(run(tmp_path, "open_much", open_files=32)) < 32


def test_child_dies_with_its_parent(tmp_path):
    """When the worker is killed, its reader does not go on alone."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r});"
        "from pathlib import Path; from workers.reading.limits import Limits;"
        "from workers.reading.sandbox import Task, run_child;"
        f"run_child(Task(Path('/dev/null'), Path({str(tmp_path)!r}),"
        f"{{'act': 'boast'}}), Limits(), {NAUGHTY!r})"
    )
    parent = subprocess.Popen([sys.executable, "-c", code])
    try:
        wait_for((tmp_path / "progress").exists)
        child = children(parent.pid)
        assert len(child) == 1
    finally:
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
    wait_for(lambda: not is_running(child[0]))


def children(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(each) for each in listed]


def wait_for(condition) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)
