"""The whole product running: `custody up` on a free port, driven from outside."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from intake.queue_socket import queue_socket

PROJECT = Path(__file__).resolve().parents[1]
START_S = 120
PASSWORD = "correct horse battery"


class Live:
    """A running home."""

    def __init__(self, home: Path, port: int) -> None:
        self.home = home
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith("CUSTODY_")
        } | {
            "CUSTODY_HOME": str(home),
            "CUSTODY_FIRM_NAME": "示例律师事务所",
            "CUSTODY_BASE_URL": self.url,
        }

    def custody(
        self, *words: str, stdin: str = "", code: int = 0
    ) -> list[dict[str, Any]]:
        """Run a `custody` command and return its JSON lines."""
        done = subprocess.run(
            [sys.executable, "-m", "workers.cli", *words, "--json"],
            input=stdin,
            capture_output=True,
            check=False,
            text=True,
            cwd=PROJECT,
            env=self.environment,
        )
        assert done.returncode == code, (done.stdout, done.stderr)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def add_user(self, login: str, name: str, role: str) -> None:
        """Add a person with a password."""
        words = ("user", "add", login, "--name", name, "--role", role)
        self.custody(*words, "--password-stdin", stdin=PASSWORD)

    def sign_in(self, login: str) -> requests.Session:
        """A browser session of that person."""
        session = requests.Session()
        form = {"login": login, "password": PASSWORD}
        token = self.csrf(session, "/sign-in")
        answer = session.post(f"{self.url}/sign-in", form | {"csrf_token": token})
        assert answer.ok
        return session

    def csrf(self, session: requests.Session, path: str) -> str:
        """The form token of a page."""
        page = session.get(self.url + path).text
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found, page[:500]
        return found.group(1)

    def upload(
        self, session: requests.Session, matter: str, name: str, data: bytes, csrf: str
    ) -> requests.Response:
        """Send one file as the page's script does."""
        return session.post(
            f"{self.url}/m/{matter}/uploads",
            data={"csrf_token": csrf},
            files={"file": (name, data)},
            headers={"Accept": "application/json", "X-CSRFToken": csrf},
            timeout=60,
        )

    def processes(self, role: str) -> list[int]:
        """Pids of a role (web, worker, redis) of this home."""
        # The queue server writes its title over its environment; its socket names it.
        marks = {
            "web": ("-m\0web", f"CUSTODY_HOME={self.home}\0"),
            "worker": ("workers.cli\0worker", f"CUSTODY_HOME={self.home}\0"),
            "redis": (str(queue_socket(self.home)), ""),
        }
        return [
            int(folder.name)
            for folder in Path("/proc").iterdir()
            if folder.name.isdigit() and _belongs(folder, *marks[role])
        ]

    def answers(self) -> bool:
        """Whether the web server answers now."""
        try:
            return requests.get(f"{self.url}/healthz", timeout=2).ok
        except requests.RequestException:
            return False


def _belongs(folder: Path, command: str, environment: str) -> bool:
    try:
        return (
            command.encode() in (folder / "cmdline").read_bytes()
            and environment.encode() in (folder / "environ").read_bytes()
        )
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return False


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(home: Path, workers: int = 1) -> Iterator[Live]:
    """`custody up` on `home` until the block ends."""
    live = Live(home, free_port())
    log = home.parent / "up.log"
    command = [sys.executable, "-m", "workers.cli", "up", "--port", str(live.port)]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*command, "--workers", str(workers)],
            stdout=output,
            stderr=output,
            cwd=PROJECT,
            env=live.environment,
        )
    try:
        wait_until_ready(live, process, log)
        yield live
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def wait_until_ready(live: Live, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until the web server answers."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        assert process.poll() is None, log.read_text()
        if live.answers():
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text())
