"""What is counted of one file, and what comes of many.

CER: edit distance over the length of the truth, both in Unicode form NFKC, without
white space, quotes and dashes of one shape each. It may exceed 1 when much is read
that is not there. A file that could not be read counts as one in which nothing was
read: an engine gains nothing by giving up.
"""

from __future__ import annotations

import difflib
import re
import statistics
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from workers.evaluation.distance import distance

SURE: Final = 0.9
BANDS: Final = (0.0, 0.5, 0.8, 0.9, 0.95)
"""Lower ends of the confidence bands; a confidence is in the last it reaches."""

LONGEST_SHOWN: Final = 8_000
MOST_SHOWN: Final = 12
SHOWN: Final = 24

_SAME = str.maketrans(
    dict.fromkeys("“”„‟«»〝〞〟″", '"')
    | dict.fromkeys("‘’‚‛′`´", "'")
    | dict.fromkeys("‐‑‒–—―−─━﹘⸺", "-")
)
_WHITE = re.compile(r"\s+")
_LONG_NUMBER = re.compile(r"(?<![0-9A-Z])(?=[A-Z]*[0-9])[0-9A-Z]{8,}(?![0-9A-Z])")


def comparable(text: str) -> str:
    """The form in which two texts are compared."""
    unified = unicodedata.normalize("NFKC", text.translate(_SAME)).translate(_SAME)
    return _WHITE.sub("", unified)


def character_errors(truth: str, read: str) -> tuple[int, int]:
    """Edit distance, and the length of the truth."""
    expected = comparable(truth)
    return distance(expected, comparable(read)), len(expected)


def differences(truth: str, read: str) -> tuple[tuple[str, str], ...]:
    """The first places where they differ: what stands there, and what was read.

    Alike parts are found by difflib, which does not always find the fewest changes:
    these are for people to look at, and are not counted.
    """
    expected, got = comparable(truth), comparable(read)
    if max(len(expected), len(got)) > LONGEST_SHOWN:
        return ()
    matcher = difflib.SequenceMatcher(None, expected, got, autojunk=False)
    changed = (each for each in matcher.get_opcodes() if each[0] != "equal")
    return tuple(
        (_shown(expected[a:b]), _shown(got[c:d]))
        for _, a, b, c, d in islice(changed, MOST_SHOWN)
    )


def _shown(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def long_numbers(text: str) -> tuple[str, ...]:
    """Runs of at least eight digits and capital letters, one digit among them."""
    return tuple(_LONG_NUMBER.findall(unicodedata.normalize("NFKC", text)))


def numbers_missed(numbers: Iterable[str], read: str) -> tuple[str, ...]:
    """Those of `numbers` that are not in the reading as often as they are named."""
    text = comparable(read)
    left: dict[str, int] = {}
    missed = []
    for number in numbers:
        key = comparable(number)
        left[key] = left.get(key, text.count(key)) - 1
        if left[key] < 0:
            missed.append(number)
    return tuple(missed)


@dataclass(frozen=True, slots=True)
class Judged:
    """One proposal beside its truth: was it right, and how sure was it."""

    expected: str
    proposed: str
    confidence: float
    right: bool


@dataclass(frozen=True, slots=True)
class FileMeasure:
    """One file under one engine. None where there is no truth to measure by."""

    file: str
    pages: int
    seconds: float
    unreadable: str = ""
    errors: int = 0
    length: int | None = None
    numbers: tuple[str, ...] = ()
    numbers_missed: tuple[str, ...] = ()
    differences: tuple[tuple[str, str], ...] = ()
    kind: Judged | None = None
    date: Judged | None = None

    @property
    def numbers_right(self) -> int:
        """How many of the long numbers stand in the reading."""
        return len(self.numbers) - len(self.numbers_missed)

    @property
    def cer(self) -> float | None:
        """Character error rate; None without a text to compare with."""
        return None if not self.length else self.errors / self.length


@dataclass(frozen=True, slots=True)
class Band:
    """Proposals of like confidence, from `least` on."""

    least: float
    count: int
    right: int
    stated: float
    """The mean confidence that was stated: it should be the share that is right."""


@dataclass(frozen=True, slots=True)
class Summary:
    """All files of one engine. Rates from 0 to 1, None where nothing was counted."""

    engine: str
    files: int
    unreadable: tuple[str, ...]
    cer_mean: float | None
    cer_median: float | None
    cer_worst: float | None
    cer_files: int
    numbers: int
    numbers_right: int
    kinds: int
    kinds_right: int
    kinds_sure: int
    kinds_sure_wrong: int
    dates: int
    dates_right: int
    undated: int
    undated_right: int
    pages: int
    seconds: float
    memory: int
    kind_bands: tuple[Band, ...]
    date_bands: tuple[Band, ...]

    @property
    def pages_per_second(self) -> float | None:
        """Pages over the time of all files."""
        return self.pages / self.seconds if self.seconds else None


def summarise(
    engine: str, files: Sequence[FileMeasure], seconds: float, memory: int
) -> Summary:
    """What `files` come to; `seconds` on the clock, `memory` the peak in bytes."""
    rates = [each.cer for each in files if each.cer is not None]
    kinds = [each.kind for each in files if each.kind is not None]
    sure = [each for each in kinds if each.confidence > SURE]
    judged = [each.date for each in files if each.date is not None]
    dates = [each for each in judged if each.expected]
    undated = [each for each in judged if not each.expected]
    return Summary(
        engine=engine,
        files=len(files),
        unreadable=tuple(each.file for each in files if each.unreadable),
        cer_mean=statistics.fmean(rates) if rates else None,
        cer_median=statistics.median(rates) if rates else None,
        cer_worst=max(rates, default=None),
        cer_files=len(rates),
        numbers=sum(len(each.numbers) for each in files),
        numbers_right=sum(each.numbers_right for each in files),
        kinds=len(kinds),
        kinds_right=_right(kinds),
        kinds_sure=len(sure),
        kinds_sure_wrong=len(sure) - _right(sure),
        dates=len(dates),
        dates_right=_right(dates),
        undated=len(undated),
        undated_right=_right(undated),
        pages=sum(each.pages for each in files),
        seconds=seconds,
        memory=memory,
        kind_bands=bands(kinds),
        date_bands=bands([each for each in judged if each.proposed]),
    )


def bands(judged: Sequence[Judged]) -> tuple[Band, ...]:
    """The calibration table: for each band how many, how many right, what stated."""
    made = []
    ends = (*BANDS[1:], float("inf"))
    for least, end in zip(BANDS, ends, strict=True):
        inside = [each for each in judged if least <= each.confidence < end]
        if inside:
            stated = statistics.fmean(each.confidence for each in inside)
            made.append(Band(least, len(inside), _right(inside), stated))
    return tuple(made)


def _right(judged: Sequence[Judged]) -> int:
    return sum(each.right for each in judged)
