"""The edit distance against the plain one of the textbooks."""

from __future__ import annotations

import random

from hypothesis import example, given
from hypothesis import strategies as st

from workers.evaluation.distance import distance

# Few letters, so that texts have much in common; one outside the basic plane.
TEXTS = st.text(alphabet="甲乙丙1A𠮷", max_size=90)


def plain(first: str, second: str) -> int:
    """Row by row, as Wagner and Fischer wrote it down."""
    row = list(range(len(second) + 1))
    for above, left in enumerate(first, 1):
        last, row[0] = row[0], above
        for place, top in enumerate(second, 1):
            better = min(row[place] + 1, row[place - 1] + 1, last + (left != top))
            last, row[place] = row[place], better
    return row[-1]


@given(TEXTS, TEXTS)
@example("", "")
@example("", "甲")
@example("甲" * 64, "甲" * 65)
@example("甲乙" * 32, "乙甲" * 32)
def test_it_is_the_plain_distance(first: str, second: str) -> None:
    """Every pair of texts has the distance that the table of all prefixes gives."""
    assert distance(first, second) == plain(first, second)


@given(TEXTS, TEXTS, TEXTS)
def test_it_is_a_distance(one: str, two: str, three: str) -> None:
    """It is the same both ways, and no way round is shorter."""
    assert distance(one, two) == distance(two, one)
    assert distance(one, three) <= distance(one, two) + distance(two, three)


def test_a_long_document() -> None:
    """Twenty thousand characters with known changes are measured exactly."""
    chance = random.Random(5)
    text = [chance.choice("零一二三四五六七八九") for _ in range(20_000)]
    changed = text.copy()
    for place in range(0, 20_000, 1_000):
        changed[place] = "错"
    assert distance("".join(text), "".join(changed)) == 20
