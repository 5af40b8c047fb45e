"""What a firm says stands in its files: text, kind, date and long numbers.

Text is `NAME.txt` beside the file or in `truth/`, the rest a table `manifest.csv`,
`truth.csv` or `truth.jsonl`. Whatever is not said is not judged.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from intake.errors import Refused
from intake.evidence_types import EvidenceTypes
from intake.legal_date import LegalDate

TABLES: Final = ("truth.jsonl", "truth.csv", "manifest.csv")
TEXTS: Final = "truth"
UNDATED: Final = ""
NOT_SAID: Final = frozenset({"?", "？", "-"})
LARGEST: Final = 64 << 20
MOST_FILES: Final = 20_000

_COLUMNS: Final[Mapping[str, str]] = {
    "file": "file", "文件": "file", "文件名": "file",
    "type": "type", "document_type": "type", "kind": "type", "类型": "type",
    "证据类型": "type",
    "date": "date", "日期": "date",
    "numbers": "numbers", "号码": "numbers",
}  # fmt: skip
_PLAIN_WORDS: Final[Mapping[str, str]] = {
    # Names that people give to kinds in English and that leave no doubt.
    "chat": "chat_record",
    "business_license": "business_licence",
    "business license": "business_licence",
    "judgement": "judgment",
    "poa": "power_of_attorney",
    "picture": "photo",
}


@dataclass(frozen=True, slots=True)
class Truth:
    """What is known of one file; None where nothing was said.

    `date` is ISO (a day, a month or a year), or empty for a paper without a date.
    """

    path: Path
    text: str | None = None
    code: str | None = None
    date: str | None = None
    numbers: tuple[str, ...] | None = None


@dataclass(slots=True)
class TruthSet:
    """Every file to read, and what of the tables could not be used."""

    files: list[Truth]
    unknown_types: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Said:
    code: str | None
    date: str | None
    numbers: tuple[str, ...] | None


def load(folder: Path, types: EvidenceTypes) -> TruthSet:
    """The files of `folder` with what is known of them, by name.

    Raises:
        Refused: no such folder, nothing to read in it, or a table that is not as it
            must be, with its line and the reason.
    """
    if not folder.is_dir():
        raise Refused("folder_missing", path=str(folder))
    found = TruthSet([])
    said = dict(_said(folder, types, found))
    paths = _evidence(folder)
    if not paths:
        raise Refused("folder_empty", path=str(folder))
    found.missing = sorted(set(said) - {path.name for path in paths})
    nothing = _Said(None, None, None)
    for path in paths:
        known = said.get(path.name, nothing)
        text = _text_of(path)
        found.files.append(Truth(path, text, known.code, known.date, known.numbers))
    return found


def _evidence(folder: Path) -> list[Path]:
    """Files of the folder itself that are neither truth nor hidden."""
    files = [
        path
        for path in sorted(folder.iterdir())
        if path.is_file() and not path.name.startswith(".") and path.name not in TABLES
    ]
    if len(files) > MOST_FILES:
        raise Refused("batch_limit", limit=f"{MOST_FILES} files")
    others = {path.stem for path in files if path.suffix.lower() != ".txt"}
    return [
        path
        for path in files
        if path.suffix.lower() != ".txt" or path.stem not in others
    ]


def _text_of(path: Path) -> str | None:
    beside = path.with_suffix(".txt")
    for place in (path.parent / TEXTS / beside.name, beside):
        if place != path and place.is_file():
            return _read(place)
    return None


def _read(path: Path) -> str:
    """A text of a person: UTF-8, or else GB 18030."""
    if path.stat().st_size > LARGEST:
        raise _broken(path, 0, f"larger than {LARGEST >> 20} MB")
    data = path.read_bytes()
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise _broken(path, 0, "neither UTF-8 nor GB 18030")


def _said(
    folder: Path, types: EvidenceTypes, found: TruthSet
) -> Iterator[tuple[str, _Said]]:
    path = next((folder / name for name in TABLES if (folder / name).is_file()), None)
    if path is None:
        return
    rows = _json_rows(path) if path.suffix == ".jsonl" else _csv_rows(path)
    seen: set[str] = set()
    for line, row in rows:
        name = row.get("file")
        if not isinstance(name, str) or not name.strip():
            raise _broken(path, line, "no file is named")
        if name in seen:
            raise _broken(path, line, f"{name} is named twice")
        seen.add(name)
        yield name, _row(path, line, row, types, found)


def _csv_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    reader = csv.reader(io.StringIO(_read(path), newline=""), strict=True)
    try:
        head = next(reader, [])
        names = [_COLUMNS.get(name.strip().lower(), "") for name in head]
        _require_columns(path, names)
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            if len(cells) != len(head):
                reason = f"{len(cells)} fields instead of {len(head)}"
                raise _broken(path, reader.line_num, reason)
            pairs = zip(names, cells, strict=True)
            row: dict[str, Any] = {name: cell.strip() for name, cell in pairs if name}
            yield reader.line_num, row
    except csv.Error as error:
        raise _broken(path, reader.line_num, str(error)) from error


def _require_columns(path: Path, names: list[str]) -> None:
    known = [name for name in names if name]
    if "file" not in known:
        raise _broken(path, 1, "there is no column `file`")
    if len(known) != len(set(known)):
        raise _broken(path, 1, "two columns mean the same")


def _json_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(_read(path).splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _broken(path, number, "not JSON") from error
        if not isinstance(row, dict):
            raise _broken(path, number, "not an object")
        named = {_COLUMNS.get(key.lower(), ""): row[key] for key in row}
        yield number, {key: value for key, value in named.items() if key}


def _row(
    path: Path, line: int, row: dict[str, Any], types: EvidenceTypes, found: TruthSet
) -> _Said:
    try:
        return _Said(
            _code(row.get("type"), types, found),
            _date(row),
            _numbers(row.get("numbers")),
        )
    except (ValueError, TypeError) as error:
        raise _broken(path, line, str(error)) from error


def _code(value: Any, types: EvidenceTypes, found: TruthSet) -> str | None:
    """The code of the kind that is meant; None when that is not clear."""
    text = _string("type", value)
    if not text or text in NOT_SAID:
        return None
    try:
        return types.by_name(_PLAIN_WORDS.get(text.lower(), text)).code
    except Refused:
        found.unknown_types[text] = found.unknown_types.get(text, 0) + 1
        return None


def _date(row: dict[str, Any]) -> str | None:
    if "date" not in row:
        return None
    text = _string("date", row["date"])
    if text in NOT_SAID:
        return None
    return LegalDate.from_iso(text).iso() if text else UNDATED


def _numbers(value: Any) -> tuple[str, ...] | None:
    if isinstance(value, list):
        value = " ".join(_string("numbers", each) for each in value)
    text = _string("numbers", value)
    return tuple(text.replace(";", " ").replace("；", " ").split()) or None


def _string(name: str, value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise TypeError(f"`{name}` is not text")
    return value.strip()


def _broken(path: Path, line: int, reason: str) -> Refused:
    place = f"{path.name}:{line}" if line else path.name
    return Refused("truth_broken", place=place, reason=reason)
