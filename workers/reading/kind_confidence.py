"""How sure a proposed type is: the share of papers that were right at such points.

One table, rising with the points of the best type and with its lead over the next.
It was fitted by `tests/benchmarks/fit_kind_confidence.py` on the made-up papers of
seeds 1 to 3: 132 papers, each without a fault and with 3, 6 and 10 % of its
characters read wrongly, and each again with its own type withheld from the list,
one paper in ten being taken to be of no type in the list. Rates that fell with more
points or more lead were pooled; cells with few papers keep near one half.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import Final

CLEAR_LEAD: Final = 3  # with less, no points make a proposal that needs no person

POINTS: Final = (1, 4, 7, 9, 11, 14)  # the least points of each row
LEADS: Final = (0, 1, CLEAR_LEAD, 5, 8)  # the least lead of each column
_TABLE: Final = (
    (0.11, 0.25, 0.45, 0.50, 0.50),  # 1 points
    (0.29, 0.29, 0.45, 0.87, 0.87),  # 4 points
    (0.50, 0.54, 0.74, 0.91, 0.91),  # 7 points
    (0.50, 0.54, 0.86, 0.91, 0.97),  # 9 points
    (0.50, 0.71, 0.86, 0.91, 0.98),  # 11 points
    (0.50, 0.71, 0.95, 0.97, 0.99),  # 14 points
)


def confidence(points: int, lead: int) -> float:
    """0 to 0.99, rising with both: 0.9 is right nine times in ten."""
    if points < POINTS[0]:
        return 0.0
    row = _TABLE[bisect_right(POINTS, points) - 1]
    return row[bisect_right(LEADS, max(lead, 0)) - 1]
