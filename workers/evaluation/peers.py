"""Other ways to read the same files, in the same run: bare RapidOCR and ocrmypdf.

They read text only, so kind and date are not judged. Files that are no pictures and
no PDFs are left out: these programs do not take them.
"""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess  # noqa: TID251 (ocrmypdf, which a firm asks for; no shell)
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

from intake.errors import Refused
from intake.reading import Unreadable
from workers.evaluation.memory import PeakMemory
from workers.evaluation.run import Progress, ReadText, Run, measure_text
from workers.evaluation.truth import Truth
from workers.reading.limits import Limits
from workers.reading.sandbox import Task, run_child

BARE: Final = "RapidOCR (bare)"
OCRMYPDF: Final = "ocrmypdf"
PROGRAM: Final = ("-m", "workers.evaluation.bare")
OPTIONS: Final = ("-l", "chi_sim+eng", "--force-ocr", "--image-dpi", "200", "-q")
FILE_TIMEOUT_S: Final = 900
TAKEN: Final = frozenset(
    {".pdf", ".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp"}
)
# The engine's own default keeps more at one time than ours may.
_LIMITS: Final = dataclasses.replace(Limits(), memory=8 << 30, wall=36_000, stall=600)


def taken(truths: Sequence[Truth]) -> list[Truth]:
    """The files that the peers can read."""
    return [each for each in truths if each.path.suffix.lower() in TAKEN]


def run_bare(truths: Sequence[Truth], progress: Progress) -> Run:
    """Bare RapidOCR over the files; a file that ends its process counts as unread."""
    files = taken(truths)
    with PeakMemory() as memory:
        read: list[ReadText] = []
        while len(read) < len(files):
            progress(BARE, len(read) + 1, len(files))
            read.extend(_bare([each.path for each in files[len(read) :]]))
    return _run(BARE, files, read, memory.peak)


def _bare(paths: Sequence[Path]) -> list[ReadText]:
    """As many as one process could read, and the one that ended it; at least one."""
    with tempfile.TemporaryDirectory(prefix="custody-bare-") as folder:
        work, reason = Path(folder), ""
        names = [str(path.absolute()) for path in paths]
        try:
            run_child(Task(paths[0], work, {"files": names}), _LIMITS, PROGRAM)
        except Unreadable as why:
            reason = why.reason.value
        read = list(_answers(work))
    if len(read) < len(paths):
        read.append(ReadText("", 0, 0.0, reason or "no answer"))
    return read


def _answers(work: Path) -> Iterator[ReadText]:
    place = 0
    while (path := work / f"{place}.json").is_file():
        answer: dict[str, Any] = json.loads(path.read_text("utf-8"))
        yield ReadText(
            str(answer["text"]),
            int(answer["pages"]),
            float(answer["seconds"]),
            str(answer["reason"]),
        )
        place += 1


def run_ocrmypdf(truths: Sequence[Truth], progress: Progress) -> Run:
    """`ocrmypdf` as it is usually called for Chinese, its text from the sidecar.

    Raises:
        Refused: it is not installed.
    """
    program = shutil.which("ocrmypdf")
    if program is None:
        raise Refused("peer_missing", program="ocrmypdf")
    files = taken(truths)
    with PeakMemory() as memory:
        read = []
        for number, each in enumerate(files, 1):
            progress(OCRMYPDF, number, len(files))
            read.append(_ocrmypdf(program, each.path))
    return _run(OCRMYPDF, files, read, memory.peak)


def _ocrmypdf(program: str, path: Path) -> ReadText:
    with tempfile.TemporaryDirectory(prefix="custody-ocrmypdf-") as folder:
        text, made = Path(folder) / "text.txt", Path(folder) / "made.pdf"
        command = [program, *OPTIONS, "--sidecar", str(text), str(path), str(made)]
        started = time.monotonic()
        try:
            done = subprocess.run(
                command,
                check=False,
                capture_output=True,
                timeout=FILE_TIMEOUT_S,
                env={"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8"},
            )
        except subprocess.TimeoutExpired:
            return ReadText("", 0, FILE_TIMEOUT_S, "timeout")
        seconds = time.monotonic() - started
        if done.returncode != 0 or not text.is_file():
            return ReadText("", 0, seconds, f"exit {done.returncode}")
        said = text.read_text("utf-8", "replace")
    return ReadText(said, said.count("\f") + 1, seconds)


def _run(
    name: str, files: Sequence[Truth], read: Sequence[ReadText], memory: int
) -> Run:
    pairs = zip(files, read, strict=True)
    measured = tuple(measure_text(truth, each) for truth, each in pairs)
    return Run(name, measured, sum(each.seconds for each in read), memory)
