"""For machines and everyone: probes, gauges, the public parts of the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from integrity.merkle import leaf_hash, root_of
from integrity.tiles import decode_entries, decode_tile, entries_path, tile_path
from tests.web_firm import Firm, make_firm

# One firm for the whole file: its tests stay in one process.
pytestmark = pytest.mark.xdist_group("web_probes")


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
    entries = decode_entries(browser.get(f"/log/{entries_path(0, size)}").data, size)
    hashes = decode_tile(browser.get(f"/log/{tile_path(0, 0, size)}").data, size)
    assert tuple(leaf_hash(entry) for entry in entries) == hashes
    checkpoint = firm.services.log.keys.open_checkpoint(note.encode())
    assert root_of(hashes) == checkpoint.root


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
