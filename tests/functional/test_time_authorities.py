"""Time authorities as people meet them: commands, the health page, the history."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.services import now
from receipts.stamp_times import SETTLED_AFTER, retry_after
from receipts.stamping import stamp_due, stamp_exhibit
from tests.factories import CONSOLE
from tests.tsa import EC, LoopbackTsa, make_authority, running
from tests.web_firm import Firm, make_firm

PROJECT = Path(__file__).resolve().parents[2]
DOWN = "http://127.0.0.1:9/tsa"


@pytest.fixture(scope="module")
def tsa(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LoopbackTsa]:
    """An authority that sends its whole chain."""
    folder = tmp_path_factory.mktemp("authority")
    with running(make_authority(folder, "Paper", EC)) as server:
        yield server


def custody(home: Path, *words: str, **more: str) -> subprocess.CompletedProcess[str]:
    """One command on a home."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith("CUSTODY_")}
    done = subprocess.run(
        [sys.executable, "-P", "-m", "workers.cli", *words],
        capture_output=True,
        check=False,
        text=True,
        cwd=PROJECT,
        env=clean | {"CUSTODY_HOME": str(home)} | more,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_stamp_and_stamps(tmp_path: Path, tsa: LoopbackTsa) -> None:
    """One authority answers, one does not: the stamp is there, the other is named."""
    home = tmp_path / "home"
    urls = f"{tsa.url},{DOWN}"
    stamped = custody(home, "stamp", "--json", CUSTODY_TSA_URLS=urls)
    assert stamped.returncode == 0, stamped.stderr
    assert DOWN in stamped.stderr
    (record,) = [json.loads(line) for line in stamped.stdout.splitlines()]
    assert record["checkpoint_size"] == 1
    assert record["leaf"] == 1
    assert record["logged_after"] is None
    assert "Paper" in record["authority"]
    listed = custody(home, "stamps", "--json")
    assert json.loads(listed.stdout) == record
    line = custody(home, "stamps").stdout
    time = record["existed_before"]
    assert f"leaves below 1 existed before {time}" in line
    assert f"leaves above 1 were logged after {time}" in line


def test_without_an_answer_the_command_fails(tmp_path: Path) -> None:
    """Down is "could not tell" (3), none set is a mistake of usage (2)."""
    home = tmp_path / "home"
    failed = custody(home, "stamp", CUSTODY_TSA_URLS=DOWN)
    assert failed.returncode == 3
    assert "时间戳" in failed.stderr
    assert custody(home, "stamp").returncode == 2
    assert custody(home, "stamps", "nobody").returncode == 2


@pytest.fixture
def firm(tmp_path: Path, tsa: LoopbackTsa) -> Firm:
    """A firm with one authority that answers and one that does not."""
    return make_firm(tmp_path, tsa_urls=f"{tsa.url},{DOWN}")


def test_health_shows_who_does_not_answer(firm: Firm) -> None:
    """After three failures there is a red line with its remedy; ready all the same."""
    at = now() + SETTLED_AFTER
    for failed in (1, 2, 3):
        stamp_due(firm.services, at)
        at += retry_after(failed)
        answer = firm.browser().get("/readyz")
        assert answer.status_code == 200
        assert answer.get_json()["time_authorities"] is (failed < 3)
    page = firm.browser("li.na").get("/health").get_data(as_text=True)
    assert DOWN in page
    assert "无法连接" in page
    assert "最近一次应答于" in page
    english = firm.browser("li.na", lang="en").get("/health").get_data(as_text=True)
    assert "It cannot be reached" in english


def test_without_an_authority_health_says_so(tmp_path: Path) -> None:
    """No authority is no fault, and no silence either."""
    page = make_firm(tmp_path).browser("li.na").get("/health").get_data(as_text=True)
    assert "时间仅来自本机时钟" in page


def test_the_history_names_the_authority(firm: Firm) -> None:
    """Who looks at the exhibit sees that it was stamped, and by whom."""
    exhibit = firm.exhibit()
    stamp_exhibit(firm.services, CONSOLE, exhibit)
    page = firm.browser("li.na").get(f"/e/{exhibit}/history").get_data(as_text=True)
    assert "CN=Paper signer" in page
