"""The two moments that a bundle's time stamps show, for its report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from integrity.errors import VerificationError
from integrity.statement import Event
from integrity.timestamp import Stamp
from receipts import bundle_layout as layout
from receipts.checks import TIME, Result
from receipts.stamp_files import StampFiles
from receipts.time_checks import EXHIBIT_STAMPED, Judged, check_times, existed_before
from receipts.time_checks import logged_after as lower_bound


@dataclass(frozen=True, slots=True)
class Times:
    """What outsiders say of time; None or empty where nobody said anything.

    `existed_before`: the whole of the log was there then. `logged_after`: a stamp
    that is itself an event, before the first exhibit. `exhibits`: exhibit to the
    earliest stamp over its bytes.
    """

    existed_before: Stamp | None
    logged_after: Judged | None
    exhibits: Mapping[str, Stamp]


def times_of(
    files: Mapping[str, bytes],
    events: Mapping[int, Event],
    stamped: Mapping[int, StampFiles],
) -> Times:
    """The moments; every stamp is judged first.

    Raises:
        VerificationError: a stamp does not hold, or its files are missing.
    """
    groups = tuple(g for g in layout.CHECKPOINT_STAMPS if g.response in files)
    contents = layout.Contents((), tuple(events), groups, tuple(sorted(stamped)))
    found = list[Judged]()
    for judged, check in check_times(files.__getitem__, contents, events, "bundle"):
        if check.result is not Result.PASSED:
            reason = f"{check.subject}: {check.reason}"
            raise VerificationError(TIME.number, reason)
        if judged is not None:
            found.append(judged)
    earliest = existed_before(found)
    return Times(
        existed_before=None if earliest is None else earliest.stamp,
        logged_after=lower_bound(found),
        exhibits=_by_exhibit(found),
    )


def _by_exhibit(found: list[Judged]) -> dict[str, Stamp]:
    earliest: dict[str, Stamp] = {}
    for judged in sorted(found, key=lambda each: each.stamp.time):
        if judged.event is not None and judged.event.kind == EXHIBIT_STAMPED:
            exhibit = str(judged.event.facts["exhibit"])
            earliest.setdefault(exhibit, judged.stamp)
    return earliest
