"""The reader server changes how fast a file is read, and nothing else."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from intake.reading import Reading
from tests.sandboxed_reading import read_bytes
from workers.reading.limits import Limits
from workers.reading.warm import warm_reader


@pytest.fixture(scope="module")
def scan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scan of two pages with twenty lines each."""
    pages = []
    for number in (1, 2):
        page = Image.new("RGB", (1000, 1400), "white")
        draw = ImageDraw.Draw(page)
        for row in range(20):
            text = f"Page {number} line {row} of the agreement"
            draw.text((80, 60 + 60 * row), text, "black", ImageFont.load_default(32))
        pages.append(page)
    path = tmp_path_factory.mktemp("scan") / "scan.tif"
    pages[0].save(path, save_all=True, append_images=pages[1:])
    return path


def same(reading: Reading) -> Reading:
    """The reading without its times."""
    return dataclasses.replace(reading, seconds=0.0, page_seconds=())


def test_reading_does_not_depend_on_processes(scan: Path, tmp_path: Path) -> None:
    """One process or three, cold or warm: every line, score and place is the same."""
    cold = read_bytes(tmp_path, scan, "scan.tif", Limits(processes=1))
    assert "Page1line0" in cold.page_texts[0].replace(" ", "")
    assert "Page2line19" in cold.page_texts[1].replace(" ", "")
    with warm_reader("rapidocr"):
        for processes in (1, 3):
            limits = Limits(processes=processes)
            warm = read_bytes(tmp_path, scan, "scan.tif", limits)
            assert same(warm) == same(cold)
            assert len(warm.page_seconds) == 2


def test_lines_of_one_page_are_shared_out(scan: Path, tmp_path: Path) -> None:
    """A single page that two processes read together reads as with one."""
    first = tmp_path / "first.png"
    with Image.open(scan) as image:
        image.save(first)
    alone, together = (
        read_bytes(tmp_path, first, "a.png", Limits(processes=n)) for n in (1, 2)
    )
    assert same(alone) == same(together)
