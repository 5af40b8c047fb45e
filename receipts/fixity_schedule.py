"""Which stored files are checked on which day, so that an outsider can compute it.

Every file has one of 90 buckets by the first four hexadecimal digits of its SHA-256;
every day has one bucket by its number in the calendar. So each file is due once in
90 days, and a day without a run is a gap that the next run has to name and fill.
Nothing here knows a database: the events of the log are enough.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from integrity.errors import MalformedError
from integrity.statement import Event

BUCKETS = 90
PREFIXES = 1 << 16  # values of four hexadecimal digits
FIXITY_CHECKED = "fixity.checked"


def bucket_of(sha256: str) -> int:
    """The bucket of a file."""
    return int(sha256[:4], 16) * BUCKETS // PREFIXES


def prefixes_of(bucket: int) -> tuple[int, int]:
    """First prefix of a bucket, and the first one after it."""
    return tuple(-(-edge * PREFIXES // BUCKETS) for edge in (bucket, bucket + 1))  # type: ignore[return-value]  # two of them


def bucket_due(day: dt.date) -> int:
    """The bucket of a day: its number since 0001-01-01, modulo 90."""
    return day.toordinal() % BUCKETS


def buckets_due(last: dt.date | None, today: dt.date) -> list[int]:
    """What is due today: its bucket, and those of the days since the run of `last`."""
    if last is None:
        return [bucket_due(today)]
    first = max(last.toordinal() + 1, today.toordinal() - BUCKETS + 1)
    return sorted({n % BUCKETS for n in range(first, today.toordinal() + 1)})


@dataclass(frozen=True, slots=True)
class Run:
    """One `fixity.checked` event."""

    leaf: int
    run: int
    day: dt.date
    previous: int | None
    buckets: frozenset[int]
    places: tuple[dict[str, int | str], ...]

    @property
    def bad(self) -> int:
        """Copies that were missing or altered and could not be repaired."""
        return sum(
            int(p["missing"]) + int(p["altered"]) - int(p["repaired"])
            for p in self.places
        )


@dataclass(frozen=True, slots=True)
class Gap:
    """A day without a run of its own; `filled`: the later run that made up for it."""

    day: dt.date
    bucket: int
    filled: dt.date | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the runs show at a day.

    Attributes:
        since: day of the first run; None when there was none.
        last: day of the newest run.
        checked: buckets that were checked within 90 days.
        oldest: day of the oldest newest check of a checked bucket.
        overdue: buckets that were due in the last 90 days and were not checked.
        gaps: days without a run, since the first.
        broken: leaves of runs that do not name the run before them.
    """

    since: dt.date | None
    last: dt.date | None
    checked: frozenset[int]
    oldest: dt.date | None
    overdue: tuple[int, ...]
    gaps: tuple[Gap, ...]
    broken: tuple[int, ...]

    @property
    def complete(self) -> bool:
        """Every file was checked within 90 days."""
        return len(self.checked) == BUCKETS


def run_of(leaf: int, event: Event) -> Run:
    """The run that an event tells of.

    Raises:
        MalformedError: its facts have another form.
    """
    facts = event.facts
    try:
        buckets = frozenset(int(number) for number in facts["buckets"])
        return Run(
            leaf,
            int(facts["run"]),
            dt.date.fromisoformat(facts["day"]),
            facts["previous"],
            buckets,
            tuple({name: place[name] for name in _PLACE} for place in facts["places"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise MalformedError(f"event {leaf}", "it tells of no fixity run") from error


def coverage(runs: Sequence[Run], today: dt.date) -> Coverage:
    """What `runs`, in the order of the log, show at `today`."""
    newest: dict[int, dt.date] = {}
    for run in runs:
        newest.update(dict.fromkeys(run.buckets, run.day))
    edge = today - dt.timedelta(days=BUCKETS - 1)
    checked = {n: day for n, day in newest.items() if day >= edge}
    gaps = tuple(_gaps(runs, today))
    since = min((run.day for run in runs), default=None)
    due = set() if since is None else _days_due(max(since, edge), today)
    return Coverage(
        since=since,
        last=max((run.day for run in runs), default=None),
        checked=frozenset(checked),
        oldest=min(checked.values(), default=None),
        overdue=tuple(sorted(due - checked.keys())),
        gaps=gaps,
        broken=tuple(_broken(runs)),
    )


_PLACE = ("place", "objects", "bytes", "missing", "altered", "repaired")


def _days_due(first: dt.date, today: dt.date) -> set[int]:
    """Today has until its end."""
    return {n % BUCKETS for n in range(first.toordinal(), today.toordinal())}


def _gaps(runs: Sequence[Run], today: dt.date) -> Iterable[Gap]:
    if not runs:
        return
    days = {run.day for run in runs if bucket_due(run.day) in run.buckets}
    first = min(run.day for run in runs).toordinal()
    for number in range(first, today.toordinal()):
        day = dt.date.fromordinal(number)
        if day not in days:
            bucket = bucket_due(day)
            later = (r.day for r in runs if r.day > day and bucket in r.buckets)
            yield Gap(day, bucket, min(later, default=None))


def _broken(runs: Sequence[Run]) -> Iterable[int]:
    before: Run | None = None
    for run in runs:
        wanted = (None, 1) if before is None else (before.leaf, before.run + 1)
        if (run.previous, run.run) != wanted:
            yield run.leaf
        before = run
