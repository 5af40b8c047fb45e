"""Kind and date proposed from the truth itself: what is lost behind the engine."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import date
from typing import Final

from intake.evidence_types import EvidenceTypes
from intake.reading import Reading
from workers.evaluation.memory import PeakMemory
from workers.evaluation.run import Progress, Run, measure_reading
from workers.evaluation.truth import Truth
from workers.reading.propose import propose

NAME: Final = "truth text"


def run_truth(
    truths: Sequence[Truth],
    types: EvidenceTypes,
    received_on: date,
    progress: Progress,
) -> Run:
    """Propose kind and date from the text of each truth, as if read without a fault."""
    files = [each for each in truths if each.text is not None]
    measured = []
    with PeakMemory() as memory:
        started = time.monotonic()
        for number, truth in enumerate(files, 1):
            progress(NAME, number, len(files))
            begun = time.monotonic()
            reading = propose(_as_read(truth.text or ""), types, received_on)
            seconds = time.monotonic() - begun
            measured.append(measure_reading(truth, reading, seconds))
        seconds = time.monotonic() - started
    return Run(NAME, tuple(measured), seconds, memory.peak)


def _as_read(text: str) -> Reading:
    """A reading with this text on its pages; a form feed parts them."""
    pages = tuple(text.split("\f"))
    return Reading(
        media_type="application/pdf",
        pages=len(pages),
        page_texts=pages,
        lines=(),
        engine="",
        engine_version="",
        tools={},
        types=(),
        dates=(),
        date_basis="none",
        findings=(),
        derivatives=(),
        members=(),
        seconds=0,
    )
