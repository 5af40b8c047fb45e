"""How well files are read: the made-up papers, and the real samples when they are here.

    python tests/benchmarks/bench_accuracy.py [--seed 1] [--papers N] [--how clean]
        [--engine rapidocr] [--bare] [--ocrmypdf] [--from-truth] [--write]

`--from-truth` reads nothing: kind and date are proposed from the truth itself, which
takes seconds and shows what is lost behind the engine. `--write` puts the tables into
docs/accuracy.md.
"""
# ruff: noqa: FBT001 (click passes options by name)

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Started by its path: another package may be called "tests".
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import click  # noqa: E402 (as above)
from papers.catalogue import MAKERS, papers  # noqa: E402
from papers.write import DEGRADATIONS, write_set  # noqa: E402

from intake.evidence_types import EvidenceTypes  # noqa: E402
from intake.settings import ENGINES  # noqa: E402
from intake.zone import ZONE  # noqa: E402
from workers.evaluation.peers import run_bare, run_ocrmypdf  # noqa: E402
from workers.evaluation.proposals import run_truth  # noqa: E402
from workers.evaluation.report import (  # noqa: E402
    aligned,
    by_set,
    calibration,
    for_people,
    markdown,
)
from workers.evaluation.run import Run, run_engine  # noqa: E402
from workers.evaluation.truth import Truth, load  # noqa: E402
from workers.reading.limits import processors  # noqa: E402

REAL = ROOT.parent / "shared" / "samples" / "real"
DOCUMENT = ROOT / "docs" / "accuracy.md"
BEGIN, END = "<!-- begin: make accuracy -->", "<!-- end: make accuracy -->"
LANGUAGE = "en"

Named = list[tuple[str, Run]]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be run over each set."""

    engines: tuple[str, ...]
    bare: bool
    ocrmypdf: bool
    from_truth: bool

    def runs(self, truths: Sequence[Truth]) -> Iterator[Run]:
        """One engine or peer after the other, over the same files."""
        types, today = EvidenceTypes.load(), datetime.now(ZONE).date()
        if self.from_truth:
            yield run_truth(truths, types, today, show)
            return
        for engine in self.engines:
            yield run_engine(engine, truths, types, today, show, processors())
        if self.bare:
            yield run_bare(truths, show)
        if self.ocrmypdf:
            yield run_ocrmypdf(truths, show)


@click.command()
@click.option("--seed", default=1, show_default=True)
@click.option("--papers", "count", default=len(MAKERS), show_default=True)
@click.option("--how", type=click.Choice(list(DEGRADATIONS)), multiple=True)
@click.option(
    "--engine", type=click.Choice(ENGINES), multiple=True, default=("rapidocr",)
)
@click.option("--bare", is_flag=True)
@click.option("--ocrmypdf", is_flag=True)
@click.option("--from-truth", is_flag=True)
@click.option("--write", is_flag=True)
def main(
    seed: int,
    count: int,
    how: tuple[str, ...],
    engine: tuple[str, ...],
    bare: bool,
    ocrmypdf: bool,
    from_truth: bool,
    write: bool,
) -> None:
    """Measure, print, and on request write it down."""
    asked = Asked(engine, bare, ocrmypdf, from_truth)
    named: Named = []
    for name, truths in sets(seed, count, how or tuple(DEGRADATIONS), from_truth):
        runs = list(asked.runs(truths))
        named.extend((name, run) for run in runs)
        click.echo(f"\n== {name}\n\n{for_people(runs, LANGUAGE)}")
    rows = by_set([(name, run.summary()) for name, run in named], LANGUAGE)
    click.echo(f"\n{aligned(rows)}")
    if write:
        write_down(named, f"Seed {seed}, {count} papers, {os.cpu_count()} cores.")


def sets(
    seed: int, count: int, ways: Sequence[str], from_truth: bool
) -> Iterator[tuple[str, list[Truth]]]:
    """The made-up set way by way, then the real samples, each with its truth."""
    types, made = EvidenceTypes.load(), papers(seed, count)
    if from_truth:
        place = Path("made-up")
        yield (
            "made-up",
            [
                Truth(place / each.name, each.text(), each.code, each.date)
                for each in made
            ],
        )
        return
    with tempfile.TemporaryDirectory(prefix="custody-accuracy-") as folder:
        for way in ways:
            out = Path(folder) / way
            write_set(out, made, seed, (way,))
            yield way, load(out, types).files
    if REAL.is_dir():
        yield "real", load(REAL, types).files
    else:
        click.echo(
            "real samples: skipped, ../shared/samples/real is not here", err=True
        )


def show(engine: str, number: int, count: int) -> None:
    """How far it is, on a terminal."""
    if sys.stderr.isatty():
        click.echo(f"\r{engine}  {number}/{count} ", nl=number == count, err=True)


def write_down(named: Named, about: str) -> None:
    """Put the tables between the markers of docs/accuracy.md."""
    rows = by_set([(name, run.summary()) for name, run in named], LANGUAGE)
    parts = [about, markdown(rows)]
    first = named[0][1].engine
    files = [each for _, run in named if run.engine == first for each in run.files]
    whole = replace(named[0][1], files=tuple(files)).summary()
    for what, bands in (("kinds", whole.kind_bands), ("dates", whole.date_bands)):
        parts.append(f"Calibration of {what}, {first}, all sets:")
        parts.append(markdown(calibration(bands, LANGUAGE)))
    text = DOCUMENT.read_text("utf-8")
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    body = "\n\n".join(parts)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{body}\n{END}{after}", "utf-8")


if __name__ == "__main__":
    main()
