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
PAUSE_S = 0.8  # of a writer after each upload: the kills are spread over all of them
ROLES = ("web", "worker", "redis")
ROUNDS = 3
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
        writers = [Writer(live) for _ in range(WRITERS)]
        stop = threading.Event()
        with ThreadPoolExecutor(WRITERS + 1) as pool:
            killing = pool.submit(kill_in_turn, live, stop)
            shares = [range(n, UPLOADS, WRITERS) for n in range(WRITERS)]
            try:
                answers = list(pool.map(Writer.upload_all, writers, shares))
            finally:
                stop.set()
        killed = killing.result()
        assert set(killed) == set(ROLES)
        acknowledged = {sha256 for answer in answers for sha256 in answer}
        assert len(acknowledged) > UPLOADS // 2
        held = live.custody("list", "--matter", "M-1")
        assert acknowledged <= {record["sha256"] for record in held}
        # Read, or still due; a killed worker never makes a good file unreadable.
        assert {record["state"] for record in held} <= {"received", "to_review"}
        assert live.custody("fsck")[-1]["sound"] is True


class Writer:
    """One person's browser; signed in again only after something failed."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self._signed_in: tuple[requests.Session, str] | None = None

    def upload_all(self, numbers: range) -> list[str]:
        """Digests of those that were answered 201."""
        answers = []
        for number in numbers:
            answers.append(self._upload(number))
            time.sleep(PAUSE_S)
        return [sha256 for sha256 in answers if sha256]

    def _upload(self, number: int) -> str | None:
        """Try until answered 201, a few times; the digest if it was."""
        data = f"借条 第{number}号 今借到人民币壹万元整 2025年3月6日".encode()
        for _ in range(TRIES):
            with contextlib.suppress(requests.RequestException, AssertionError):
                session, csrf = self._signed_in or self._sign_in()
                answer = self._live.upload(session, "M-1", f"{number}.txt", data, csrf)
                if answer.status_code == 201:
                    return str(answer.json()["sha256"])
            self._signed_in = None
            time.sleep(1)
        return None

    def _sign_in(self) -> tuple[requests.Session, str]:
        session = self._live.sign_in("li.na")
        self._signed_in = session, self._live.csrf(session, "/m/M-1")
        return self._signed_in


def kill_in_turn(live: Live, stop: threading.Event) -> list[str]:
    """Kill one process of each role in turn, some times over; the roles killed."""
    choose, killed = random.Random(20251124), list[str]()
    for role in ROLES * ROUNDS:
        if stop.wait(KILLS_EVERY_S):
            break
        if pids := live.processes(role):
            with contextlib.suppress(ProcessLookupError):
                os.kill(choose.choice(pids), signal.SIGKILL)
                killed.append(role)
        # On a slow machine too there is time for uploads between two kills.
        while not live.answers() and not stop.wait(0.2):
            pass
    return killed
