"""Reading made-up papers stays as good as it is: a few pages, measured."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from intake.evidence_types import EvidenceTypes
from tests.papers.catalogue import papers
from tests.papers.write import write_set
from workers.evaluation.peers import run_bare
from workers.evaluation.run import Run, run_engine
from workers.evaluation.truth import Truth, load

SEED = 7
PAGES = {"iou": "clean", "delivery_note": "photocopy", "summons": "fax"}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),  # three starts of the engine, on a machine that is busy
    pytest.mark.xdist_group("accuracy"),
]


@pytest.fixture(scope="module")
def truths(tmp_path_factory: pytest.TempPathFactory) -> list[Truth]:
    """Three papers in three states."""
    folder: Path = tmp_path_factory.mktemp("papers")
    made = {paper.name: paper for paper in papers(SEED)}
    rows = []
    for name, how in PAGES.items():
        write_set(folder, [made[name]], SEED, (how,))
        rows.append((folder / "manifest.csv").read_text("utf-8").splitlines()[1])
    table = "\n".join(["file,type,date", *rows])
    (folder / "manifest.csv").write_text(table, "utf-8")
    return load(folder, EvidenceTypes.load()).files


@pytest.fixture(scope="module")
def run(truths: list[Truth]) -> Run:
    """The papers as the product reads them."""
    today = dt.datetime(2026, 1, 15, tzinfo=dt.UTC).date()
    return run_engine("rapidocr", truths, EvidenceTypes.load(), today, quiet)


def quiet(engine: str, number: int, count: int) -> None:
    """Nobody looks."""


def test_characters(run: Run) -> None:
    """No more is wrong than on the day when this was measured (0.7 %)."""
    found = run.summary()
    assert found.unreadable == ()
    assert found.cer_files == len(PAGES)
    assert found.cer_mean is not None
    assert found.cer_worst is not None
    assert found.cer_mean <= 0.008
    assert found.cer_worst <= 0.02


def test_numbers(run: Run) -> None:
    """Every long number is right."""
    found = run.summary()
    assert found.numbers == 3
    assert found.numbers_right == found.numbers


def test_kinds_and_dates(run: Run) -> None:
    """Kind and date of each are right."""
    found = run.summary()
    assert (found.kinds, found.kinds_right) == (len(PAGES), len(PAGES))
    assert (found.dates, found.dates_right) == (len(PAGES), len(PAGES))


def test_not_worse_than_the_bare_engine(run: Run, truths: list[Truth]) -> None:
    """The same pages are read at least as well as by the engine without us.

    A file that the peer cannot open counts as unread, and the others are read.
    """
    broken = truths[0].path.with_name("broken.pdf")
    broken.write_bytes(b"%PDF-1.7 nothing")
    peer = run_bare([Truth(broken, "x"), *truths], quiet)
    assert [bool(each.unreadable) for each in peer.files] == [True, False, False, False]
    rates = [each.cer for each in peer.files[1:] if each.cer is not None]
    ours = run.summary().cer_mean
    assert ours is not None
    assert ours <= sum(rates) / len(rates)
