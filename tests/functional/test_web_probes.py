"""For machines and everyone: probes, gauges, the public parts of the log."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from integrity.merkle import leaf_hash, root_of
from integrity.tiles import entries_path, tile_path
from receipts import logs
from receipts.key_changes import change_keys, plan_next_log
from tests.factories import CONSOLE
from tests.tiles import entries_in, hashes_in
from tests.web_firm import Firm, make_firm


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    """A fresh firm."""
    return make_firm(tmp_path_factory.mktemp("probes"))


def test_probes_answer_strangers(firm: Firm) -> None:
    """Alive and ready without a sign-in; a queue that is away is said, not fatal."""
    browser = firm.browser()
    assert browser.get("/healthz").data == b"ok\n"
    got = browser.get("/readyz")
    assert got.status_code == 200
    assert got.get_json()["ready"] is True
    assert got.get_json()["queue"] is False


def test_not_ready_without_the_second_store(tmp_path: Path) -> None:
    """An unplugged disk: 503 that names the store."""
    firm = make_firm(tmp_path)
    home = firm.services.settings.home
    (home / "second-store").rename(home / "unplugged")
    got = firm.browser().get("/readyz")
    assert got.status_code == 503
    assert got.get_json()["store_second"] is False


@pytest.mark.parametrize(
    ("address", "status"),
    [("127.0.0.1", 200), ("10.1.2.3", 200), ("8.8.8.8", 404), ("", 404)],
)
def test_gauges_are_for_the_firms_own_network(
    firm: Firm, address: str, status: int
) -> None:
    """How much evidence there is, is told to nobody from outside."""
    got = firm.browser().get("/metrics", environ_base={"REMOTE_ADDR": address})
    assert got.status_code == status


def test_the_log_can_be_followed_by_anyone(firm: Firm) -> None:
    """Entries and tiles under the checkpoint hash to its root."""
    firm.exhibit()
    browser = firm.browser()
    note = browser.get("/log/checkpoint").get_data(as_text=True)
    size = int(note.split("\n")[1])
    entries = entries_in(browser.get(f"/log/{entries_path(0, size)}").data)
    hashes = hashes_in(browser.get(f"/log/{tile_path(0, 0, size)}").data)
    assert [leaf_hash(entry) for entry in entries] == hashes
    checkpoint = firm.services.log.keys.open_checkpoint(note.encode())
    assert root_of(hashes) == checkpoint.root


def test_a_later_log_is_followed_in_its_own_place(tmp_path: Path) -> None:
    """Each log is served from size 0 under its own name, and `/log` lists them."""
    firm = make_firm(tmp_path)
    services = firm.services
    change_keys(services, CONSOLE, plan_next_log(services, "2027"))
    old, new = services.log.keys.trusted.origins()
    browser = firm.browser()
    listed = (
        f"{old.name} 0 {old.end} /log/checkpoint\n"
        f"{new.name} {new.first} - /log/2027/checkpoint\n"
    )
    assert browser.get("/log").get_data(as_text=True) == listed
    assert browser.get("/log/2027/checkpoint").status_code == 404
    firm.exhibit()
    for place, origin in (("/log", old), ("/log/2027", new)):
        note = browser.get(f"{place}/checkpoint").data
        checkpoint = services.log.keys.open_checkpoint(note)
        size = checkpoint.size
        assert checkpoint.origin == origin.name
        entries = browser.get(f"{place}/{entries_path(0, size)}").data
        hashes = [leaf_hash(entry) for entry in entries_in(entries)]
        tile = browser.get(f"{place}/{tile_path(0, 0, size)}").data
        assert hashes_in(tile) == hashes
        assert root_of(hashes) == checkpoint.root
        beyond = f"{place}/{tile_path(0, 0, size + 1)}"
        assert browser.get(beyond).status_code == 404
    assert browser.get("/log/2026/checkpoint").status_code == 404
    page = firm.browser("li.na").get("/health").get_data(as_text=True)
    assert 'href="/log/2027/checkpoint"' in page
    assert f"已封存：从第 0 号事件起，共 {old.end} 条" in page


def test_health_says_when_the_log_is_old(
    firm: Firm, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page tells how to begin the next log, and nothing turns red."""
    browser = firm.browser("li.na", "en")
    assert "keys next-log" not in browser.get("/health").get_data(as_text=True)
    monkeypatch.setattr(logs, "DUE_AFTER", dt.timedelta(0))
    page = browser.get("/health").get_data(as_text=True)
    line = page[: page.index("keys next-log")].rpartition("<li")[2]
    assert 'class="good"' in line
    assert firm.browser().get("/readyz").status_code == 200


@pytest.mark.parametrize(
    "place",
    ["0/000", "0/000.p/200", "0/000.p/0", "0/001.p/1", "64/000.p/1", "00/000.p/1",
     "entries/000.p/200", "0/x000/000.p/1", "../checkpoint", "0/000.p/01"],
)  # fmt: skip
def test_only_covered_tiles_in_their_one_spelling(firm: Firm, place: str) -> None:
    """What the checkpoint does not cover, or is spelt otherwise, is not there."""
    assert firm.browser().get(f"/log/tile/{place}").status_code == 404


def test_health_warns_of_one_disk_and_says_what_to_do(firm: Firm) -> None:
    """Both copies on one disk is a red line with its remedy."""
    page = firm.browser("li.na").get("/health").get_data(as_text=True)
    assert "CUSTODY_SECOND_STORE_URL" in page
