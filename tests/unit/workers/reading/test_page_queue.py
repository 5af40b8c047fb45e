"""Pages are read beside each other and stand in their order; a bad one stays alone."""

from __future__ import annotations

import dataclasses
import faulthandler
import os
import signal
import sys
import time
from pathlib import Path

import cv2
import pytest
from PIL import Image

from intake.reading import Unreadable, UnreadableReason
from workers.reading.content import Content, Context
from workers.reading.limits import Limits
from workers.reading.page_queue import PageQueue
from workers.reading.sandbox import PROGRESS
from workers.tools.ocr import OcrLine
from workers.tools.probe import ToolProbe

LIMITS = Limits(stall=10, page_memory=256 << 20)


class Engine:
    """Reads the level of grey of a picture; misbehaves at some."""

    probe = ToolProbe("fake", "1")

    def __init__(self, crash: tuple[int, ...] = (), hang: tuple[int, ...] = ()):
        self.crash, self.hang = crash, hang
        self.options: dict[str, str] = {}
        self.processes = 1

    def read(self, image: Image.Image) -> list[OcrLine]:
        level = image.getpixel((0, 0))[0]
        if level in self.crash:
            faulthandler.disable()  # the crash is meant
            os.kill(os.getpid(), signal.SIGSEGV)
        if level in self.hang:
            time.sleep(60)
        # The first pages take longest, so that later ones are ready before them.
        time.sleep(0.2 / level)
        box = (0, 0, 90, 0, 90, 10, 0, 10)
        return [OcrLine(f"这是第{level}页的全部文字", 0.99, box)]


def read_pages(
    work: Path, levels: list[int], engine: Engine, limits: Limits = LIMITS
) -> Content:
    context = Context(work, limits, "fake", "a.tif")
    context._engine = engine
    context.announce_pages(len(levels))
    content = Content("image/tiff")
    with PageQueue(context, content) as queue:
        for number, level in enumerate(levels, start=1):
            queue.read(number, Image.new("RGB", (100, 100), (level, 0, 0)))
        queue.finish()
    return content


@pytest.mark.parametrize("processes", [1, 2, 4])
def test_pages_stand_in_their_order(tmp_path, processes):
    """However many pages are read at a time, the reading is the same."""
    limits = dataclasses.replace(LIMITS, processes=processes)
    content = read_pages(tmp_path, [1, 2, 3, 4, 5], Engine(), limits)
    assert content.page_texts == [f"这是第{n}页的全部文字" for n in range(1, 6)]
    assert [line.page for line in content.lines] == [1, 2, 3, 4, 5]
    made = [each.path for each in content.derivatives]
    assert made == ["page-0001.jpg", "thumbnail.jpg"] + [
        f"page-000{n}.jpg" for n in range(2, 6)
    ]
    assert all((tmp_path / each).exists() for each in made)
    assert len(content.page_seconds) == 5


def test_what_reads_a_page_is_ready_before_the_fork(tmp_path):
    """It is loaded once, not in each fork, and set to one thread.

    Threads of the parent are not there in a fork, which would wait for them.
    """
    cv2.setNumThreads(2)
    content = read_pages(tmp_path, [1], Engine())
    assert cv2.getNumThreads() == 1
    assert content.page_texts == ["这是第1页的全部文字"]
    assert {"workers.reading.seals", "workers.reading.left_out"} <= set(sys.modules)


def test_pages_run_beside_each_other(tmp_path):
    """Four pages that wait half a second each take less than half of that in all."""

    class Slow(Engine):
        def read(self, _: Image.Image) -> list[OcrLine]:
            time.sleep(0.5)
            return []

    def seconds(processes: int) -> float:
        started = time.monotonic()
        limits = dataclasses.replace(LIMITS, processes=processes)
        read_pages(tmp_path, [1, 1, 1, 1], Slow(), limits)
        return time.monotonic() - started

    assert seconds(4) < seconds(1) / 1.5


@pytest.mark.parametrize(
    "engine", [Engine(crash=(2,)), Engine(hang=(2,))], ids=["crash", "hang"]
)
def test_bad_page_stays_alone(tmp_path, engine):
    """A page that kills or holds up its reader has a picture and a finding, no text."""
    limits = dataclasses.replace(LIMITS, stall=2, processes=2)
    content = read_pages(tmp_path, [1, 2, 3], engine, limits)
    assert content.page_texts == ["这是第1页的全部文字", "", "这是第3页的全部文字"]
    assert content.noted("PAGE_UNREADABLE") == [2]
    assert (tmp_path / "page-0002.jpg").exists()


def test_no_page_can_be_read(tmp_path):
    """When every page fails, the file is unreadable, for the reason of the first."""
    with pytest.raises(Unreadable) as caught:
        read_pages(tmp_path, [1, 2], Engine(crash=(1, 2)))
    assert caught.value.reason is UnreadableReason.KILLED_READER


def test_page_that_is_known_counts(tmp_path):
    """A page with text of its own is enough for the file to be read."""
    context = Context(tmp_path, LIMITS, "fake", "a.pdf")
    context._engine = Engine(crash=(1,))
    context.announce_pages(2)
    content = Content("application/pdf")
    with PageQueue(context, content) as queue:
        queue.read(1, Image.new("RGB", (100, 100), (1, 0, 0)))
        part = queue.new_part()
        part.add_text("印刷的文字")
        queue.add(2, part)
        queue.finish()
    assert content.page_texts == ["", "印刷的文字"]


def test_nothing_runs_on_after_a_failure(tmp_path):
    """When the reader of the file gives up, its pages are ended with it."""
    context = Context(tmp_path, LIMITS, "fake", "a.tif")
    context._engine = Engine(hang=(1,))
    context.announce_pages(2)
    own = Path(f"/proc/self/task/{os.getpid()}/children")
    others = set(own.read_text().split())  # servers of other tests
    pids: set[str] = set()

    def give_up() -> None:
        with PageQueue(context, Content("image/tiff")) as queue:
            queue.read(1, Image.new("RGB", (100, 100), (1, 0, 0)))
            pids.update(set(own.read_text().split()) - others)
            raise KeyError

    with pytest.raises(KeyError):
        give_up()
    assert pids
    assert not any(Path(f"/proc/{pid}").exists() for pid in pids)


def test_parent_hears_of_each_page(tmp_path):
    """Progress of the pages is progress of the file."""
    read_pages(tmp_path, [1, 2, 3], Engine())
    pages, steps = (tmp_path / PROGRESS).read_text().split()
    assert pages == "3"
    assert int(steps) >= 3
