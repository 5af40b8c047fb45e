"""The table that people read, in Chinese and English, on a screen or in a document."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from typing import Final

from workers.evaluation.measures import BANDS, SURE, Band, FileMeasure, Judged, Summary
from workers.evaluation.run import Run

WORST: Final = 10
SHOWN: Final = 4
NONE: Final = "—"

Rows = list[list[str]]
_Line = tuple[str, str, Callable[[Summary], str]]


def percent(rate: float | None) -> str:
    """0.0123 as `1.23 %`."""
    return NONE if rate is None else f"{rate * 100:.2f} %"


def share(right: int, count: int) -> str:
    """`19/20 (95.0 %)`."""
    return f"{right}/{count} ({right / count * 100:.1f} %)" if count else NONE


def _speed(each: Summary) -> str:
    speed = each.pages_per_second
    return NONE if speed is None else f"{speed:.2f}"


_LINES: Final[tuple[_Line, ...]] = (
    ("文件", "files", lambda s: str(s.files)),
    ("无法读取", "unreadable", lambda s: str(len(s.unreadable))),
    ("有文本可比", "with text", lambda s: str(s.cer_files)),
    ("字符错误率 平均", "CER mean", lambda s: percent(s.cer_mean)),
    ("字符错误率 中位", "CER median", lambda s: percent(s.cer_median)),
    ("字符错误率 最差", "CER worst", lambda s: percent(s.cer_worst)),
    ("长号码正确", "long numbers", lambda s: share(s.numbers_right, s.numbers)),
    ("类型正确", "kind right", lambda s: share(s.kinds_right, s.kinds)),
    (
        f"置信度高于{SURE}而类型错误",
        f"kind wrong above {SURE}",
        lambda s: share(s.kinds_sure_wrong, s.kinds),
    ),
    ("日期正确", "date right", lambda s: share(s.dates_right, s.dates)),
    ("无日期而未提出", "undated left so", lambda s: share(s.undated_right, s.undated)),
    ("页/秒", "pages/s", _speed),
    ("内存峰值 MiB", "peak memory MiB", lambda s: f"{s.memory >> 20}"),
)


def comparison(summaries: Sequence[Summary], language: str) -> Rows:
    """One row a measure, one column an engine; the first row names the engines."""
    chinese = language.startswith("zh")
    head = ["指标" if chinese else "measure", *(each.engine for each in summaries)]
    lines = [
        [zh if chinese else en, *(value(each) for each in summaries)]
        for zh, en, value in _LINES
    ]
    return [head, *lines]


def by_set(named: Sequence[tuple[str, Summary]], language: str) -> Rows:
    """One row a set and engine, one column a measure."""
    rows = comparison([each for _, each in named], language)
    names = ["", *(name for name, _ in named)]
    turned = zip(names, *rows, strict=True)
    return [list(row) for row in turned]


def calibration(bands: Sequence[Band], language: str) -> Rows:
    """How often proposals of each confidence were right."""
    chinese = language.startswith("zh")
    head = ["置信度", "件数", "平均置信度", "实际正确"]
    if not chinese:
        head = ["confidence", "count", "stated", "right"]
    return [
        head,
        *[
            [
                _band(each.least),
                str(each.count),
                percent(each.stated),
                share(each.right, each.count),
            ]
            for each in bands
        ],
    ]


def _band(least: float) -> str:
    place = BANDS.index(least)
    end = BANDS[place + 1] if place + 1 < len(BANDS) else 1.0
    return f"{least:.2f}–{end:.2f}"


def worst(files: Sequence[FileMeasure]) -> list[FileMeasure]:
    """Those read worst, the worst first; what was read without a fault is left out."""
    bad = [each for each in files if each.cer or each.numbers_missed]
    bad.sort(key=lambda each: (-(each.cer or 0), each.file))
    return bad[:WORST]


def for_people(runs: Sequence[Run], language: str) -> str:
    """Everything that is printed of the engines and peers of one run."""
    chinese = language.startswith("zh")
    parts = [aligned(comparison([each.summary() for each in runs], language))]
    for run in runs:
        parts.extend(_details(run, language, chinese=chinese))
    return "\n\n".join(parts)


def _details(run: Run, language: str, *, chinese: bool) -> list[str]:
    summary, parts = run.summary(), []
    tables = (
        ("类型置信度校准", "calibration of kinds", summary.kind_bands),
        ("日期置信度校准", "calibration of dates", summary.date_bands),
    )
    for zh, en, bands in tables:
        if bands:
            title = f"{run.engine}  {zh if chinese else en}"
            parts.append(f"{title}\n{aligned(calibration(bands, language))}")
    lists = (
        ("读取最差", "read worst", [_worst_line(each) for each in worst(run.files)]),
        ("类型错误", "wrong kind", _wrong([(e.file, e.kind) for e in run.files])),
        ("日期错误", "wrong date", _wrong([(e.file, e.date) for e in run.files])),
        ("无法读取", "unreadable", [_why(e) for e in run.files if e.unreadable]),
    )
    for zh, en, lines in lists:
        if lines:
            parts.append("\n".join([f"{run.engine}  {zh if chinese else en}", *lines]))
    return parts


def _worst_line(each: FileMeasure) -> str:
    missed = "  ".join(each.numbers_missed[:3])
    tail = f"  ≠ {missed}" if missed else ""
    pairs = each.differences[:SHOWN]
    shown = "".join(f"\n{'':13}{a or NONE} → {b or NONE}" for a, b in pairs)
    return f"  {percent(each.cer):>9}  {each.file}{tail}{shown}"


def _wrong(pairs: Sequence[tuple[str, Judged | None]]) -> list[str]:
    lines = []
    for file, each in pairs:
        if each is not None and not each.right:
            beside = f"{each.expected or NONE} ≠ {each.proposed or NONE}"
            lines.append(f"  {file}  {beside} ({each.confidence:.2f})")
    return lines


def _why(each: FileMeasure) -> str:
    return f"  {each.file}  {each.unreadable}"


def aligned(rows: Rows) -> str:
    """Columns under each other; a Chinese character is two places wide."""
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            cell + " " * (width - _width(cell))
            for cell, width in zip(row, widths, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def markdown(rows: Rows) -> str:
    """The table for a document."""
    head, *body = rows
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)
