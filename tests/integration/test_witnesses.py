"""The firm's log and its witnesses, over HTTP, each a process of its own."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from intake.matters import MatterForm, open_matter
from intake.services import Services
from intake.users import add_user
from integrity.checkpoint import parse_checkpoint
from integrity.cosignature import cosignatures
from integrity.note import split_note
from integrity.store.witness_home import WitnessHome
from receipts import witnesses
from receipts.checks import Result
from receipts.issue import IssueForm, issue_receipt
from receipts.key_changes import change_keys, plan_next_log
from receipts.key_plan import witness_added, witness_rule
from receipts.maintenance import Examination
from receipts.opening import open_services
from receipts.verify_receipt import verify_receipt_pdf
from receipts.witnesses import gather, gather_due
from tests.factories import CONSOLE, add_bytes, make_settings
from workers.jobs import process_exhibit

pytestmark = pytest.mark.network


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    """A witness as `custody witness serve` runs it; its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "web.witness", str(folder), "--port", str(port)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE)
    try:
        for _ in range(300):
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", port), 1),
            ):
                break
            assert process.poll() is None, process.stderr
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _size(note: bytes) -> int:
    return parse_checkpoint(split_note(note)[0]).size


def _firm(
    folder: Path, homes: list[WitnessHome], urls: str, needed: int = 2
) -> Services:
    """A home whose rule wants so many witnesses."""
    services = open_services(make_settings(folder, witness_urls=urls))
    (log_key,) = services.log.keys.trusted.log_keys(1, None)
    for home in homes:
        home.watch(log_key.text())
        change_keys(services, CONSOLE, witness_added(home.key.text()))
    change_keys(services, CONSOLE, witness_rule(services.log.keys.trusted, needed))
    return services


def test_witnesses_cosign_a_log_that_only_grows(tmp_path: Path) -> None:
    """Two witnesses cosign; while they are away everything goes on without them.

    A second history, made with the firm's own keys from an older copy of its home,
    gets no cosignature from witnesses that saw the first.
    """
    names = ("east", "west")
    homes = [WitnessHome.create(tmp_path / n, f"{n}.example.cn") for n in names]
    with serving(tmp_path / "east") as east, serving(tmp_path / "west") as west:
        urls = f"east.example.cn={east},west.example.cn={west}"
        services = _firm(tmp_path / "firm", homes, urls)
        assert [state.cosigned for state in gather(services)] == [True, True]
        shutil.copytree(tmp_path / "firm", tmp_path / "older")
        add_user(services, CONSOLE, "lin", "林晓", "lawyer")
        assert [state.cosigned for state in gather(services)] == [True, True]
        note = services.log.checkpoint()
        trusted = services.log.keys.trusted
        assert trusted.witnesses_needed(_size(note)) == 2
        assert len(cosignatures(note, trusted.witness_keys(_size(note)))) == 2

        twin = open_services(make_settings(tmp_path / "older", witness_urls=urls))
        add_user(twin, CONSOLE, "wang", "王可", "lawyer")
        assert _size(twin.log.checkpoint()) == _size(note)
        refused = gather(twin)
        assert [state.cosigned for state in refused] == [False, False]
        assert all("409" in state.problem for state in refused)
        add_user(twin, CONSOLE, "zhao", "赵敏", "lawyer")
        assert all("422" in state.problem for state in gather(twin))
    add_user(services, CONSOLE, "chen", "陈一", "lawyer")
    absent = gather(services)
    assert [state.cosigned for state in absent] == [False, False]
    assert all(state.problem for state in absent)


def test_a_witness_that_was_away_catches_up(tmp_path: Path) -> None:
    """A witness that missed checkpoints is asked from the size it names."""
    home = WitnessHome.create(tmp_path / "east", "east.example.cn")
    with serving(tmp_path / "east") as east:
        services = open_services(
            make_settings(tmp_path / "firm", witness_urls=f"east.example.cn={east}")
        )
        (log_key,) = services.log.keys.trusted.log_keys(1, None)
        home.watch(log_key.text())
        change_keys(services, CONSOLE, witness_added(home.key.text()))
        gather(services)
        for login in ("lin", "wang", "chen"):
            add_user(services, CONSOLE, login, login, "lawyer")
        assert [state.cosigned for state in gather(services)] == [True]


def test_papers_carry_the_cosignatures_the_rule_wants(tmp_path: Path) -> None:
    """A receipt asks the witnesses first; without them it says that they are missing.

    It is issued all the same: witnesses hold nobody up.
    """
    home = WitnessHome.create(tmp_path / "east", "east.example.cn")
    with serving(tmp_path / "east") as east:
        services = open_services(
            make_settings(tmp_path / "firm", witness_urls=f"east.example.cn={east}")
        )
        (log_key,) = services.log.keys.trusted.log_keys(1, None)
        home.watch(log_key.text())
        change_keys(services, CONSOLE, witness_added(home.key.text()))
        change_keys(services, CONSOLE, witness_rule(services.log.keys.trusted, 1))
        exhibit = _exhibit(services)
        assert _judged(services, exhibit) == (Result.PASSED, [])
    assert _judged(services, exhibit) == (Result.INDETERMINATE, [18])


def _exhibit(services: Services) -> str:
    open_matter(services, CONSOLE, MatterForm("2025-001", "借款", "张三"))
    added = add_bytes(services, "2025-001", "借条.txt", "借条".encode())
    process_exhibit(services, added.exhibit_id)
    return added.exhibit_id


def _judged(services: Services, exhibit: str) -> tuple[Result, list[int]]:
    """A new receipt of the exhibit before its verifier: what did not pass."""
    form = IssueForm("2025-001", "received", "张三", (exhibit,))
    issued = issue_receipt(services, CONSOLE, None, form)
    with services.log.stores.open_blob(issued.pdf_sha256) as stream:
        report = verify_receipt_pdf(stream.read(), services.log.keys.trusted)
    open_ = [c.number for c in report.checks if c.result is not Result.PASSED]
    return report.verdict, open_


def test_a_witness_is_told_of_the_next_log(tmp_path: Path) -> None:
    """Until then it refuses the new log alone; the closed one gets its last line."""
    home = WitnessHome.create(tmp_path / "east", "east.example.cn")
    with serving(tmp_path / "east") as east:
        urls = f"east.example.cn={east}"
        services = _firm(tmp_path / "firm", [home], urls, needed=1)
        add_user(services, CONSOLE, "lin", "林晓", "lawyer")
        change_keys(services, CONSOLE, plan_next_log(services, "2027"))
        old, new = services.log.keys.trusted.origins()
        add_user(services, CONSOLE, "chen", "陈一", "lawyer")
        (state,) = gather(services)
        assert (state.cosigned, "404" in state.problem) == (False, True)
        home.watch(services.log.keys.trusted.log_keys(new.first + 1, None)[-1].text())
        gather_due(services)
        for origin, size in ((old, new.first), (new, 2)):
            assert [state.cosigned for state in gather(services, origin)] == [True]
            seen = home.seen(origin.name)
            assert seen is not None
            assert seen.size == size
        add_user(services, CONSOLE, "zhao", "赵敏", "lawyer")
        assert [state.cosigned for state in gather(services)] == [True]
        assert list(Examination(services, repair=False).run()) == []


def test_rubbish_from_a_witness_is_not_kept(tmp_path: Path) -> None:
    """A witness that answers nonsense changes nothing and is named with its fault."""
    home = WitnessHome.create(tmp_path / "east", "east.example.cn")
    with _answering(b"\xe2\x80\x94 east.example.cn AAAA\n" * 3) as url:
        services = open_services(
            make_settings(tmp_path / "firm", witness_urls=f"east.example.cn={url}")
        )
        change_keys(services, CONSOLE, witness_added(home.key.text()))
        before = services.log.checkpoint()
        (state,) = gather(services)
        assert not state.cosigned
        assert state.problem
        assert services.log.checkpoint() == before


def test_a_witness_that_drips_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then, each in time, holds nobody up for hours."""
    monkeypatch.setattr(witnesses, "LONGEST_S", 0.5)
    home = WitnessHome.create(tmp_path / "east", "east.example.cn")
    with _answering(b"x" * 40, pause=0.2) as url:
        services = open_services(
            make_settings(tmp_path / "firm", witness_urls=f"east.example.cn={url}")
        )
        change_keys(services, CONSOLE, witness_added(home.key.text()))
        before = time.monotonic()
        (state,) = gather(services)
        assert time.monotonic() - before < 5  # all of it takes eight
        assert "no answer in" in state.problem


@contextlib.contextmanager
def _answering(body: bytes, pause: float = 0) -> Iterator[str]:
    """A server that answers every POST with `body`, byte by byte if with a pause."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            with contextlib.suppress(OSError):
                for byte in body if pause else ():
                    time.sleep(pause)
                    self.wfile.write(bytes([byte]))
                if not pause:
                    self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
