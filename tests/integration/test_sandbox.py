"""The child process of a reading: however it ends, the parent gets a reason."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from intake.reading import Unreadable, UnreadableReason
from workers.reading.limits import Limits
from workers.reading.sandbox import Task, run_child

SMALL = Limits(memory=1 << 30, cpu=2, wall=4, wall_page=0, file_size=1 << 20)

# Each misbehaves in its own way, after confining itself as the real child does.
BEGIN = """
import json, sys, os, time
sys.path.insert(0, {project!r})
from workers.reading.confine import confine
from workers.reading.limits import Limits
request = json.loads(sys.stdin.buffer.read())
confine(Limits(**request["limits"]), request["parent"])
work = request["work"]
"""
PROJECT = Path(__file__).resolve().parents[2]


def run(tmp_path: Path, body: str, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Run a child that does `body`."""
    module = tmp_path / "misbehaving.py"
    module.write_text(BEGIN.format(project=str(PROJECT)) + body)
    work = tmp_path / "work"
    work.mkdir()
    real = sys.executable
    starter = tmp_path / "python"
    starter.write_text(f"#!/bin/sh\nexec {real} {module}\n")
    starter.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(starter))
    return run_child(Task(tmp_path / "original", work, {}), SMALL)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("while True: pass", UnreadableReason.LIMIT_TIME),
        ("time.sleep(60)", UnreadableReason.LIMIT_TIME),
        ("os.kill(os.getpid(), 9)", UnreadableReason.KILLED_READER),
        ("os.abort()", UnreadableReason.KILLED_READER),
        ("sys.exit(3)", UnreadableReason.KILLED_READER),
        ("pass", UnreadableReason.KILLED_READER),
        ("b = bytearray(2 << 30)", UnreadableReason.KILLED_READER),
        (
            "f = open(work + '/big', 'wb')\nwhile True: f.write(b'x' * 65536)",
            UnreadableReason.KILLED_READER,
        ),
    ],
    ids=["spin", "sleep", "killed", "abort", "exit", "silent", "memory", "file"],
)
def test_every_end_has_a_reason(
    tmp_path: Path,
    body: str,
    reason: UnreadableReason,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Spinning, sleeping, dying or hoarding ends in time with a named reason."""
    with pytest.raises(Unreadable) as caught:
        run(tmp_path, body, monkeypatch)
    assert caught.value.reason is reason


def test_children_of_the_child_die_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process the child started does not outlive the reading."""
    body = """
child = os.fork()
if child == 0:
    time.sleep(30)
    os._exit(0)
open(work + '/pid', 'w').write(str(child))
open(work + '/answer.json', 'w').write('{}')
"""
    assert run(tmp_path, body, monkeypatch) == b"{}"
    pid = int((tmp_path / "work" / "pid").read_text())
    deadline = time.monotonic() + 5
    while is_running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_running(pid: int) -> bool:
    """Whether the process runs; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_environment_of_the_service_stays_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A secret in the worker's environment is not in the child's."""
    monkeypatch.setenv("CUSTODY_SECRET_KEY", "do-not-leak")
    body = "open(work + '/answer.json', 'w').write(json.dumps(dict(os.environ)))"
    assert b"do-not-leak" not in run(tmp_path, body, monkeypatch)
