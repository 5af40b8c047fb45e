"""`custody up` as a tree of real processes, with a real queue server."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from intake.queue_socket import queue_url
from workers.redis_server import answers, running

PATIENCE_S = 30.0

# Runs `up` with a small web server and a child that has a child of its own, in a
# process group of its own as RQ's are.
PARENT = """
import os, pathlib, sys
from workers.process_tree import Program
from workers.supervise import up
from integrity.errors import CustodyError

home, port, web = pathlib.Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
python = (sys.executable, "-c")
note = (
    "import os, pathlib;"
    "pathlib.Path(os.environ['CUSTODY_HOME'], %r).write_text(str(os.getpid()));"
)
grandchild = note % "horse.pid" + "os.setpgrp(); import time; time.sleep(600)"
worker = note % "worker.pid" + (
    "import subprocess,sys,time; print('at work', flush=True);"
    f"subprocess.Popen([sys.executable, '-c', {grandchild!r}]); time.sleep(600)"
)
roles = [Program("web", (*python, web)), Program("worker-1", (*python, worker))]
try:
    code = up(
        os.environ, home, "127.0.0.1", port, 1, lambda: print("ready", flush=True),
        prepare=lambda: print("prepared", flush=True), roles=roles,
    )
except CustodyError as error:
    print(error, file=sys.stderr)
    code = 3
sys.exit(code)
"""
WEB = """
import os, pathlib, http.server
pathlib.Path(os.environ['CUSTODY_HOME'], 'web.pid').write_text(str(os.getpid()))
http.server.ThreadingHTTPServer(
    ('127.0.0.1', {port}), http.server.SimpleHTTPRequestHandler).serve_forever()
"""


@dataclass
class Up:
    """A running parent and its home."""

    home: Path
    port: int
    process: subprocess.Popen[str]
    errors: Path

    def pid(self, name: str) -> int:
        """The process id that a child wrote down."""
        return int((self.home / f"{name}.pid").read_text() or 0)

    def printed(self) -> str:
        """What a person at the terminal saw on standard error."""
        return self.errors.read_text()


@pytest.fixture
def port() -> int:
    """A port nobody listens on."""
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def tree(tmp_path: Path, port: int) -> Iterator[Up]:
    """A tree that said it is ready; killed at the end, whatever happened."""
    running_up = _start(tmp_path, port)
    try:
        assert running_up.process.stdout is not None
        assert running_up.process.stdout.readline() == "prepared\n"
        assert running_up.process.stdout.readline() == "ready\n", running_up.printed()
        _until((running_up.home / "horse.pid").exists)
        yield running_up
    finally:
        running_up.process.kill()
        running_up.process.communicate()
        _until(lambda: not answers(queue_url(running_up.home)))
        for name in ("horse", "worker", "web"):
            with contextlib.suppress(OSError, ValueError):
                os.kill(running_up.pid(name), signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_ends_every_descendant(tree: Up, number: signal.Signals) -> None:
    """Ctrl-C, SIGTERM and a closed terminal end the tree, orphans too, with code 0."""
    pids = [tree.pid(name) for name in ("web", "worker", "horse")]
    tree.process.send_signal(number)
    assert tree.process.wait(PATIENCE_S) == 0
    assert not any(_alive(pid) for pid in pids)
    assert not answers(queue_url(tree.home))


def test_a_killed_parent_takes_its_children_with_it(tree: Up) -> None:
    """After `kill -9` of the parent no direct child lives on, the queue included."""
    pids = [tree.pid(name) for name in ("web", "worker")]
    tree.process.kill()
    _until(lambda: not any(_alive(pid) for pid in pids))
    _until(lambda: not answers(queue_url(tree.home)))


def test_a_crashed_child_is_started_again_without_its_orphans(tree: Up) -> None:
    """A killed worker comes back, and what it left behind does not work beside it."""
    worker, horse = tree.pid("worker"), tree.pid("horse")
    os.kill(worker, signal.SIGKILL)
    _until(lambda: tree.pid("worker") not in (0, worker))
    assert not _alive(horse)
    assert "worker-1 ended with signal 9; starting again in 1 s" in tree.printed()


def test_a_killed_queue_server_comes_back(tree: Up) -> None:
    """The queue server too is started again after `kill -9`, on the same socket."""
    os.kill(_server_of(tree.home), signal.SIGKILL)
    _until(lambda: "redis ended with signal 9" in tree.printed())
    _until(lambda: answers(queue_url(tree.home)))


def test_a_second_start_on_the_same_home_is_refused(tree: Up, port: int) -> None:
    """The refusal names the process that holds the home, and harms nothing."""
    second = _start(tree.home.parent, port)
    second.process.communicate(timeout=PATIENCE_S)
    assert second.process.returncode == 3
    assert f"Process {tree.process.pid} already runs on {tree.home}" in second.printed()
    assert answers(queue_url(tree.home))


def test_what_children_print_is_prefixed_and_kept(tree: Up) -> None:
    """A line of a child is on the terminal with its name, and in its log file."""
    _until(lambda: "[worker-1] at work" in tree.printed())
    assert "at work" in (tree.home / "logs" / "worker-1.log").read_text()


def test_a_taken_port_is_refused_before_anything_starts(
    tmp_path: Path, port: int
) -> None:
    """A port in use is one sentence, not a loop of restarts."""
    with contextlib.closing(socket.create_server(("127.0.0.1", port))):
        parent = _start(tmp_path, port)
        parent.process.communicate(timeout=PATIENCE_S)
    assert parent.process.returncode == 3
    assert f"127.0.0.1:{port} cannot be used" in parent.printed()
    assert not answers(queue_url(parent.home))


def test_a_web_server_that_cannot_start_ends_the_start(
    tmp_path: Path, port: int
) -> None:
    """After three failed starts of the web server all is stopped, and the log named."""
    parent = _start(tmp_path, port, web="raise SystemExit('no templates')")
    output, _ = parent.process.communicate(timeout=PATIENCE_S)
    assert (parent.process.returncode, output) == (3, "prepared\n")
    assert "see logs/web.log" in parent.printed()
    assert (parent.home / "logs" / "web.log").read_text().count("no templates") == 3
    assert not answers(queue_url(parent.home))


def test_a_queue_given_by_url_is_used_and_left_alone(tmp_path: Path, port: int) -> None:
    """With CUSTODY_REDIS_URL no server of our own is started, and none is stopped."""
    with running(tmp_path / "elsewhere") as url:
        parent = _start(tmp_path, port, CUSTODY_REDIS_URL=url)
        assert parent.process.stdout is not None
        assert parent.process.stdout.readline() == "prepared\n"
        assert parent.process.stdout.readline() == "ready\n"
        parent.process.terminate()
        parent.process.communicate(timeout=PATIENCE_S)
        assert answers(url)
    assert not (parent.home / "redis").exists()


def _start(folder: Path, port: int, web: str = WEB, **environment: str) -> Up:
    home = folder / "home"
    errors = folder / f"errors-{time.monotonic_ns()}"
    with errors.open("w") as stream:
        process = subprocess.Popen(
            [sys.executable, "-c", PARENT, str(home), str(port), web.format(port=port)],
            stdout=subprocess.PIPE,
            stderr=stream,
            text=True,
            env={**os.environ, **environment},
        )
    return Up(home, port, process, errors)


def _server_of(home: Path) -> int:
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            title = (folder / "cmdline").read_bytes()
            if (
                b"die_with_parent" not in title
                and str(home / "redis.sock").encode() in title
            ):
                return int(folder.name)
    raise AssertionError("no queue server of this home runs")


def _alive(pid: int) -> bool:
    """Running; a zombie that waits for its parent counts as ended."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


def _until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < give_up, "waited too long"
        time.sleep(0.05)
