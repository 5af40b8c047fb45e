"""Fits the table of workers/reading/kind_confidence.py and prints it.

    python tests/benchmarks/fit_kind_confidence.py [--seed 1 --seed 2 --seed 3]

The made-up papers are classified as they are and with wrong characters, each once
with the whole list of types and once with its own type left out of the list: then
every proposal is wrong. One paper in ten is taken to be of no type in the list.
"""

from __future__ import annotations

import random
import sys
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Started by its path: another package may be called "tests".
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import click  # noqa: E402 (as above)
from papers.catalogue import MAKERS, papers  # noqa: E402

from intake.evidence_types import EvidenceTypes  # noqa: E402
from intake.text_normal import PageText  # noqa: E402
from workers.reading.classify import READ_PAGES, bounded  # noqa: E402
from workers.reading.kind_confidence import LEADS, POINTS  # noqa: E402
from workers.reading.kind_scores import lead_of, rank  # noqa: E402

FAULTS = (0.0, 0.03, 0.06, 0.10)  # share of the characters that are read wrongly
UNLISTED = 0.1  # share of papers whose type is not in the list
PRIOR = (0.5, 1.0)  # each cell begins with one paper that is right half the time
ROUNDS = 400

Grid = list[list[float]]


@click.command()
@click.option("--seed", "seeds", multiple=True, type=int, default=(1, 2, 3))
def main(seeds: tuple[int, ...]) -> None:
    """Count, smooth, and print the rows of the table."""
    right = [[PRIOR[0]] * len(LEADS) for _ in POINTS]
    count = [[PRIOR[1]] * len(LEADS) for _ in POINTS]
    for points, lead, is_right, weight in outcomes(seeds):
        row = bisect_right(POINTS, points) - 1
        column = bisect_right(LEADS, max(lead, 0)) - 1
        right[row][column] += weight * is_right
        count[row][column] += weight
    for least, row in zip(POINTS, monotone(right, count), strict=True):
        cells = ", ".join(f"{min(cell, 0.99):.2f}" for cell in row)
        click.echo(f"    ({cells}),  # {least} points")
    for line in count:
        click.echo("  papers: " + " ".join(f"{n:6.1f}" for n in line), err=True)


def outcomes(seeds: tuple[int, ...]) -> Iterator[tuple[int, int, bool, float]]:
    """Points, lead, whether right, and weight of each first candidate."""
    types = EvidenceTypes.load()
    for seed in seeds:
        for paper in papers(seed, len(MAKERS)):
            without = tuple(t for t in types.all if t.code != paper.code)
            for faults in FAULTS:
                text = misread(paper.text(), faults, f"{seed} {paper.name} {faults}")
                pages = [
                    bounded(PageText.from_text(number, page))
                    for number, page in enumerate(text.split("\f")[:READ_PAGES], 1)
                ]
                for listed, weight in ((types, 1 - UNLISTED), (without, UNLISTED)):
                    every = listed if listed is types else replace(types, all=without)
                    ranked = rank(pages, every)
                    if ranked:
                        found = ranked[0].type.code == paper.code
                        yield ranked[0].total, lead_of(ranked), found, weight


def misread(text: str, share: float, key: str) -> str:
    """The text with a share of its Chinese characters changed for others of it."""
    rng, han = random.Random(key), [c for c in text if "\u4e00" <= c <= "\u9fff"]
    return "".join(
        rng.choice(han) if "\u4e00" <= c <= "\u9fff" and rng.random() < share else c
        for c in text
    )


def monotone(right: Grid, count: Grid) -> Grid:
    """The rates, as near as can be, that fall neither with points nor with lead.

    Dykstra's way between the two orders; weights are the counts.
    """
    rate = [
        [r / n for r, n in zip(rs, ns, strict=True)]
        for rs, ns in zip(right, count, strict=True)
    ]
    by_row = [[0.0] * len(LEADS) for _ in POINTS]
    by_column = [[0.0] * len(LEADS) for _ in POINTS]
    for _ in range(ROUNDS):
        rate = _step(rate, by_row, count)
        turned = _step(_turned(rate), by_column_t := _turned(by_column), _turned(count))
        by_column, rate = _turned(by_column_t), _turned(turned)
    return rate


def _step(rate: Grid, kept: Grid, count: Grid) -> Grid:
    """One projection; `kept` takes what it changed."""
    begun = [
        [a - b for a, b in zip(r, k, strict=True)]
        for r, k in zip(rate, kept, strict=True)
    ]
    done = [_rising(r, n) for r, n in zip(begun, count, strict=True)]
    for row, (before, after) in enumerate(zip(begun, done, strict=True)):
        kept[row] = [a - b for a, b in zip(after, before, strict=True)]
    return done


def _rising(values: list[float], weights: list[float]) -> list[float]:
    """The nearest values that do not fall: pool adjacent violators."""
    pools: list[tuple[float, float, int]] = []
    for value, weight in zip(values, weights, strict=True):
        pools.append((value, weight, 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, m, i), (b, n, j) = pools[-2:]
            pools[-2:] = [((a * m + b * n) / (m + n), m + n, i + j)]
    return [value for value, _, length in pools for _ in range(length)]


def _turned(grid: Grid) -> Grid:
    return [list(row) for row in zip(*grid, strict=True)]


if __name__ == "__main__":
    main()
