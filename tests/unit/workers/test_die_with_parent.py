"""The wrapper that binds a process to its parent."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from workers.die_with_parent import wrapped

MODULE = [sys.executable, "-P", "-m", "workers.die_with_parent"]


def test_becomes_the_command() -> None:
    """The command runs in the process that was started, with its exit code."""
    shell = ["sh", "-c", "echo $$; exit 7"]
    with subprocess.Popen(wrapped(shell), stdout=subprocess.PIPE, text=True) as process:
        output, _ = process.communicate(timeout=30)
    assert (int(output), process.returncode) == (process.pid, 7)


def test_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    """A killed parent takes the command with it, though nothing was said to it."""
    note = tmp_path / "pid"
    sleeper = [
        "sh",
        "-c",
        f"echo $$ > '{note}.new'; mv '{note}.new' '{note}'; sleep 600",
    ]
    program = (
        "import subprocess, time; from workers.die_with_parent import wrapped;"
        f"subprocess.Popen(wrapped({sleeper!r})); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program]) as parent:
        _until(note.exists)
        parent.kill()
    _until(lambda: _ended(int(note.read_text())))


def test_does_not_start_for_a_parent_that_is_gone() -> None:
    """If the parent died before the kernel was told, the command never runs."""
    ran = subprocess.run(
        [*MODULE, "1", "--", "echo", "ran"], capture_output=True, check=False
    )
    assert (ran.returncode, ran.stdout) == (128 + signal.SIGKILL, b"")


@pytest.mark.parametrize("arguments", [[], ["--", "true"], ["1", "true"], ["1", "--"]])
def test_a_wrong_call_is_usage(arguments: list[str]) -> None:
    """Without a parent or a command nothing is started."""
    ran = subprocess.run([*MODULE, *arguments], capture_output=True, check=False)
    assert ran.returncode == 2


def test_a_command_that_is_not_there_is_named() -> None:
    """The exit code is the shell's, and the sentence names the command."""
    call = wrapped(["no-such-program"])
    ran = subprocess.run(call, capture_output=True, text=True, check=False)
    assert ran.returncode == 127
    assert ran.stderr.startswith("no-such-program cannot be started: ")


def _ended(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        return (
            Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        )
    except (OSError, ProcessLookupError):
        return True


def _until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.05)
