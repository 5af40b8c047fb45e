"""`custody evaluate`: how well this machine reads a firm's own scans."""

from __future__ import annotations

import dataclasses
import os
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from intake.settings import ENGINES, Settings
from intake.zone import ZONE
from workers.commands.output import emit, json_option
from workers.commands.read import types_without_home
from workers.evaluation.measures import FileMeasure
from workers.evaluation.peers import run_bare, run_ocrmypdf
from workers.evaluation.proposals import run_truth
from workers.evaluation.report import for_people
from workers.evaluation.run import Run, run_engine
from workers.evaluation.truth import TruthSet, load
from workers.reading.limits import MOST_PROCESSES, processors


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--engine",
    "engines",
    type=click.Choice(ENGINES),
    multiple=True,
    help="The OCR engine; may be given twice. By default the configured one.",
)
@click.option("--bare", is_flag=True, help="Compare with RapidOCR as it comes.")
@click.option("--ocrmypdf", is_flag=True, help="Compare with ocrmypdf, if installed.")
@click.option("--from-truth", is_flag=True, help="No OCR: propose from your own texts.")
@click.option(
    "--workers",
    type=click.IntRange(1, MOST_PROCESSES),
    help="Files read at a time; by default as many as there are processors.",
)
@click.option("--limit", type=click.IntRange(1), help="Only the first N files.")
@json_option
def evaluate(
    folder: Path,
    engines: tuple[str, ...],
    bare: bool,
    ocrmypdf: bool,
    from_truth: bool,
    workers: int | None,
    limit: int | None,
    as_json: bool,
) -> None:
    r"""Read the files of FOLDER and measure them against what stands in them.

    \b
    What stands in them:
      NAME.txt beside NAME.pdf, or truth/NAME.txt     the text
      manifest.csv, truth.csv or truth.jsonl          columns file, type, date, numbers
    `type` is a code, name or alias of the firm's evidence types; `date` is
    2025-08-29, 2025-08 or 2025, empty for a paper without a date, ? if not known;
    `numbers` are long numbers, parted by spaces. What is not said is not judged.

    Nothing is taken into custody and nothing is kept.
    """
    settings = Settings.from_env(os.environ)
    types = types_without_home(settings)
    truths = load(folder, types)
    files = truths.files[:limit]
    today = datetime.now(ZONE).date()
    chosen = engines or (() if from_truth else (settings.ocr_engine,))
    runs = [
        run_engine(engine, files, types, today, _show_progress, workers or processors())
        for engine in dict.fromkeys(chosen)
    ]
    if from_truth:
        runs.append(run_truth(files, types, today, _show_progress))
    if bare:
        runs.append(run_bare(files, _show_progress))
    if ocrmypdf:
        runs.append(run_ocrmypdf(files, _show_progress))
    _print(runs, truths, settings.lang, as_json=as_json)


def _show_progress(engine: str, number: int, count: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{engine}  {number}/{count} ", nl=number == count, err=True)


def _print(runs: list[Run], truths: TruthSet, lang: str, *, as_json: bool) -> None:
    for run in runs if as_json else ():
        for each in run.files:
            emit(_file_record(run.engine, each), "", as_json=True)
    for run in runs if as_json else ():
        emit(_summary_record(run, truths), "", as_json=True)
    if not as_json:
        click.echo("\n\n".join([for_people(runs, lang), *_remarks(truths, lang)]))


def _file_record(engine: str, each: FileMeasure) -> dict[str, Any]:
    return {
        "record": "file",
        "engine": engine,
        "cer": each.cer,
        **dataclasses.asdict(each),
    }


def _summary_record(run: Run, truths: TruthSet) -> dict[str, Any]:
    summary = run.summary()
    return {
        "record": "summary",
        **dataclasses.asdict(summary),
        "pages_per_second": summary.pages_per_second,
        "types_not_counted": truths.unknown_types,
        "files_not_here": truths.missing,
    }


def _remarks(truths: TruthSet, lang: str) -> list[str]:
    chinese, remarks = lang.startswith("zh"), []
    if truths.unknown_types:
        words = "未计入的类型名称" if chinese else "types not counted"
        counts = (f"{name} ({n})" for name, n in sorted(truths.unknown_types.items()))
        remarks.append(f"{words}: {', '.join(counts)}")
    if truths.missing:
        words = "表中有而文件夹中没有" if chinese else "named and not here"
        remarks.append(f"{words}: {', '.join(truths.missing)}")
    return remarks
