"""kill -9 of web, worker and queue during uploads: nothing acknowledged is lost."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.live import Live, running

UPLOADS = 200
WRITERS = 4
# Slower than the pause before a restart, or the test would only test the pause.
KILLS_EVERY_S = 5
TRIES = 30


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_hundred_uploads_under_kill(tmp_path: Path) -> None:
    """Of 200 uploads each one answered 201 is in custody, whole, and read or due."""
    with running(tmp_path / "home") as live:
        live.add_user("li.na", "李娜", "paralegal")
        words = ("matter", "open", "M-1", "--title", "t", "--client", "c")
        live.custody(*words, "--lead", "li.na")
        stop = threading.Event()
        killer = threading.Thread(target=kill_at_random, args=(live, stop))
        killer.start()
        try:
            with ThreadPoolExecutor(WRITERS) as pool:
                answers = list(pool.map(lambda n: upload(live, n), range(UPLOADS)))
        finally:
            stop.set()
            killer.join()
        acknowledged = {sha256 for sha256 in answers if sha256}
        assert len(acknowledged) > UPLOADS // 2
        held = live.custody("list", "--matter", "M-1")
        assert acknowledged <= {record["sha256"] for record in held}
        # Read, or still due; a killed worker never makes a good file unreadable.
        assert {record["state"] for record in held} <= {"received", "to_review"}
        assert live.custody("fsck")[-1]["sound"] is True


def upload(live: Live, number: int) -> str | None:
    """Try until answered 201, a few times; the digest if it was."""
    data = f"借条 第{number}号 今借到人民币壹万元整 2025年3月6日".encode()
    for _ in range(TRIES):
        with contextlib.suppress(requests.RequestException, AssertionError):
            session = live.sign_in("li.na")
            csrf = live.csrf(session, "/m/M-1")
            answer = live.upload(session, "M-1", f"{number}.txt", data, csrf)
            if answer.status_code == 201:
                return str(answer.json()["sha256"])
        time.sleep(1)
    return None


def kill_at_random(live: Live, stop: threading.Event) -> None:
    """Kill one process of a random role, again and again."""
    choose = random.Random(20251124)
    while not stop.wait(KILLS_EVERY_S):
        pids = live.processes(choose.choice(["web", "worker", "redis"]))
        if pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(choose.choice(pids), signal.SIGKILL)
