"""What is due on which day, and what an outsider sees in the events."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from integrity.digest import digest_bytes
from integrity.errors import MalformedError
from integrity.statement import Actor, Event, Subject
from receipts.fixity_schedule import (
    BUCKETS,
    PREFIXES,
    Run,
    bucket_due,
    bucket_of,
    buckets_due,
    coverage,
    prefixes_of,
    run_of,
)

DAY = dt.date(2026, 1, 1)
EVERY = frozenset(range(BUCKETS))


def days(count: int) -> dt.timedelta:
    """Some days."""
    return dt.timedelta(days=count)


def event(run: int, day: dt.date, previous: int | None, buckets: list[int]) -> Event:
    """A `fixity.checked` event."""
    place = {"place": "first", "objects": 1, "bytes": 2, "missing": 0, "altered": 1}
    facts: dict[str, Any] = {
        "run": run,
        "day": day.isoformat(),
        "previous": previous,
        "buckets": buckets,
        "places": [place | {"repaired": 1}],
    }
    actor, at = Actor("system", "s", "service"), dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    about = (Subject("facts", digest_bytes(b"")),)
    return Event("fixity.checked", actor, at, facts, about, {}, "0" * 64)


def daily(first: dt.date, *skipped: int, count: int) -> list[Run]:
    """Runs as they are made from day to day, by someone who forgets some days."""
    runs: list[Run] = []
    last: dt.date | None = None
    for number in range(count):
        if number in skipped:
            continue
        day, n = first + days(number), len(runs)
        made = event(n + 1, day, n - 1 if n else None, buckets_due(last, day))
        runs.append(run_of(n, made))
        last = day
    return runs


@given(st.text("0123456789abcdef", min_size=64, max_size=64))
def test_every_file_is_in_one_bucket(sha256: str) -> None:
    """And the bucket's range of prefixes is the one that holds it."""
    bucket = bucket_of(sha256)
    held = [n for n in EVERY if prefixes_of(n)[0] <= int(sha256[:4], 16)]
    assert max(held) == bucket
    assert int(sha256[:4], 16) < prefixes_of(bucket)[1]


def test_the_buckets_leave_nothing_out() -> None:
    """They meet, from the first prefix to the last, and are nearly equal."""
    edges = [prefixes_of(n) for n in range(BUCKETS)]
    assert edges[0][0] == 0
    assert edges[-1][1] == PREFIXES
    assert all(a[1] == b[0] for a, b in itertools.pairwise(edges))
    assert {end - first for first, end in edges} <= {728, 729}


@given(st.dates(dt.date(2000, 1, 1), dt.date(2200, 1, 1)))
def test_ninety_days_in_a_row_are_due_all(day: dt.date) -> None:
    """Ninety and no fewer."""
    due = {bucket_due(day + days(n)) for n in range(BUCKETS)}
    assert due == EVERY
    assert len({bucket_due(day + days(n)) for n in range(BUCKETS - 1)}) == BUCKETS - 1


def test_what_is_due() -> None:
    """Today's at first; with missed days theirs too; never more than all."""
    assert buckets_due(None, DAY) == [bucket_due(DAY)]
    assert buckets_due(DAY, DAY) == []
    assert buckets_due(DAY + days(1), DAY) == []  # a clock that was put back
    assert buckets_due(DAY - days(1), DAY) == [bucket_due(DAY)]
    assert len(buckets_due(DAY - days(3), DAY)) == 3
    for missed in (BUCKETS, BUCKETS + 1, 1000):
        assert buckets_due(DAY - days(missed), DAY) == list(range(BUCKETS))
    assert len(buckets_due(DAY - days(BUCKETS - 1), DAY)) == BUCKETS - 1


def test_a_firm_that_forgets_no_day() -> None:
    """Complete on the ninetieth day, not on the day before, and no gap."""
    last = DAY + days(BUCKETS - 1)
    full = coverage(daily(DAY, count=BUCKETS), last)
    assert full.complete
    assert (full.gaps, full.overdue, full.broken, full.oldest) == ((), (), (), DAY)
    short = coverage(daily(DAY, count=BUCKETS - 1), last - days(1))
    assert not short.complete
    assert (short.gaps, short.overdue) == ((), ())


def test_a_skipped_day_is_a_gap_that_is_filled() -> None:
    """The reader of the events sees the day, its bucket, and when it was made up."""
    runs = daily(DAY, 3, 4, count=10)
    (first, second) = coverage(runs, DAY + days(9)).gaps
    assert (first.day, first.bucket) == (DAY + days(3), bucket_due(DAY + days(3)))
    assert first.filled == second.filled == DAY + days(5)
    assert coverage(runs, DAY + days(9)).overdue == ()


def test_a_gap_at_the_end_is_open() -> None:
    """Days since the newest run are gaps without a filling; today is not late yet."""
    found = coverage(daily(DAY, count=3), DAY + days(5))
    assert [gap.day for gap in found.gaps] == [DAY + days(3), DAY + days(4)]
    assert all(gap.filled is None for gap in found.gaps)
    assert len(found.overdue) == 2


def test_a_run_that_claims_less_than_was_due_is_seen() -> None:
    """A run of another bucket is no run of its day."""
    runs = daily(DAY, count=3)
    wrong = run_of(3, event(4, DAY + days(3), 2, [bucket_due(DAY)]))
    found = coverage([*runs, wrong], DAY + days(4))
    assert [gap.day for gap in found.gaps] == [DAY + days(3)]


def test_what_was_checked_long_ago_does_not_count() -> None:
    """Ninety days: the ninetieth counts, the ninety-first does not."""
    runs = daily(DAY, count=1)
    assert coverage(runs, DAY + days(BUCKETS - 1)).checked
    assert not coverage(runs, DAY + days(BUCKETS)).checked


def test_a_run_left_out_breaks_the_chain() -> None:
    """Each run names the leaf of the one before it."""
    runs = daily(DAY, count=4)
    assert coverage(runs, DAY).broken == ()
    assert coverage([runs[0], *runs[2:]], DAY).broken == (2,)


def test_no_run_at_all() -> None:
    """Nothing is covered, and nothing was promised."""
    found = coverage([], DAY)
    assert (found.since, found.last, found.oldest) == (None, None, None)
    assert not found.complete


def test_bad_copies_are_those_not_repaired() -> None:
    """An altered copy that was mended is not bad any more."""
    assert daily(DAY, count=1)[0].bad == 0


@pytest.mark.parametrize("name", ["run", "day", "previous", "buckets", "places"])
def test_an_event_of_another_form(name: str) -> None:
    """It is refused by name, not by a crash."""
    made = event(1, DAY, None, [1])
    del made.facts[name]
    with pytest.raises(MalformedError, match="no fixity run"):
        run_of(7, made)
