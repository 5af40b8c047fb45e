"""Reading every file with one engine, as the product reads it, and measuring."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path

from PIL import Image

from intake.evidence_types import AUTO_CONFIDENCE, EvidenceTypes
from intake.reading import Reading, Unreadable
from workers.evaluation.measures import (
    FileMeasure,
    Judged,
    Summary,
    character_errors,
    differences,
    long_numbers,
    numbers_missed,
    summarise,
)
from workers.evaluation.memory import PeakMemory
from workers.evaluation.truth import Truth
from workers.reading.limits import Limits, processors
from workers.reading.service import read_file
from workers.reading.warm import warm_reader

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Run:
    """What one engine made of all files."""

    engine: str
    files: tuple[FileMeasure, ...]
    seconds: float
    memory: int

    def summary(self) -> Summary:
        """All files together."""
        return summarise(self.engine, self.files, self.seconds, self.memory)


@dataclass(frozen=True, slots=True)
class ReadText:
    """What an engine or a peer read in one file; `reason` says why it could not."""

    text: str
    pages: int
    seconds: float
    reason: str = ""


def run_engine(
    engine: str,
    truths: Sequence[Truth],
    types: EvidenceTypes,
    received_on: date,
    progress: Progress,
    workers: int = 1,
) -> Run:
    """Read each file with `engine`, as many at a time as there are workers."""
    measured = []
    workers = max(1, min(workers, len(truths)))
    limits = Limits(processes=max(1, processors() // workers))
    measure = partial(
        _measure, engine, types=types, received_on=received_on, limits=limits
    )
    with ExitStack() as held:
        memory = held.enter_context(PeakMemory())
        for _ in range(workers):
            held.enter_context(warm_reader(engine))
        threads = held.enter_context(ThreadPoolExecutor(workers))
        with tempfile.TemporaryDirectory(prefix="custody-evaluate-") as folder:
            # Models are loaded before: they are not what a page costs, nor the peers'.
            list(threads.map(measure, [_blank(Path(folder))] * workers))
        started = time.monotonic()
        for number, each in enumerate(threads.map(measure, truths), 1):
            progress(engine, number, len(truths))
            measured.append(each)
        seconds = time.monotonic() - started
    return Run(engine, tuple(measured), seconds, memory.peak)


def _blank(folder: Path) -> Truth:
    path = folder / "blank.png"
    Image.new("RGB", (64, 64), "white").save(path)
    return Truth(path, None)


def _measure(
    engine: str,
    truth: Truth,
    types: EvidenceTypes,
    received_on: date,
    limits: Limits,
) -> FileMeasure:
    started = time.monotonic()
    try:
        with tempfile.TemporaryDirectory(prefix="custody-evaluate-") as work:
            reading = read_file(
                truth.path,
                truth.path.name,
                engine=engine,
                types=types,
                received_on=received_on,
                work=Path(work),
                limits=limits,
            )
    except Unreadable as why:
        seconds = time.monotonic() - started
        read = ReadText("", 0, seconds, f"{why.reason.value} {why.detail}".strip())
        return measure_text(truth, read, _kind(truth, None), _date(truth, None))
    return measure_reading(truth, reading, time.monotonic() - started)


def measure_reading(truth: Truth, reading: Reading, seconds: float) -> FileMeasure:
    """A reading with its proposals beside the truth."""
    pages = reading.pages or max(1, len(reading.page_texts))
    read = ReadText("\n".join(reading.page_texts), pages, seconds)
    return measure_text(truth, read, _kind(truth, reading), _date(truth, reading))


def measure_text(
    truth: Truth,
    read: ReadText,
    kind: Judged | None = None,
    day: Judged | None = None,
) -> FileMeasure:
    """What was read beside its truth."""
    text = truth.text or ""
    errors, length = character_errors(text, read.text)
    numbers = truth.numbers or long_numbers(text)
    return FileMeasure(
        file=truth.path.name,
        pages=read.pages,
        seconds=round(read.seconds, 3),
        unreadable=read.reason,
        errors=errors,
        length=None if truth.text is None else length,
        numbers=tuple(numbers),
        numbers_missed=numbers_missed(numbers, read.text),
        differences=differences(text, read.text) if length and errors else (),
        kind=kind,
        date=day,
    )


def _kind(truth: Truth, reading: Reading | None) -> Judged | None:
    """The first candidate; a firm's "other" is also met by saying nothing."""
    if truth.code is None:
        return None
    first = reading.types[0] if reading and reading.types else None
    proposed, confidence = (first.value, first.confidence) if first else ("", 0.0)
    unsure = reading is not None and confidence < AUTO_CONFIDENCE
    right = proposed == truth.code or (truth.code == "other" and unsure)
    return Judged(truth.code, proposed, confidence, right)


def _date(truth: Truth, reading: Reading | None) -> Judged | None:
    """The date that would be proposed; for an undated paper none is right."""
    if truth.date is None:
        return None
    shown = reading is not None and reading.date_basis != "none" and reading.dates
    first = reading.dates[0] if reading is not None and shown else None
    proposed, confidence = (first.value, first.confidence) if first else ("", 0.0)
    right = reading is not None and proposed == truth.date
    return Judged(truth.date, proposed, confidence, right)
