"""`custody read`: reading without custody, for a look at what would be proposed."""

from __future__ import annotations

import os
import tempfile
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from intake.errors import Refused
from intake.evidence_types import EvidenceTypes
from intake.legal_date import LegalDate
from intake.naming import extension_for, legal_name
from intake.reading import Reading, Unreadable
from intake.reading_words import finding_words, reason_words
from intake.settings import ENGINES, Settings
from intake.zone import ZONE
from workers.commands.fields import field_line, fields_record
from workers.commands.output import emit, json_option
from workers.reading.limits import Limits
from workers.reading.propose import best_kind
from workers.reading.service import read_file


@click.command("read")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--engine", type=click.Choice(ENGINES), help="The OCR engine.")
@click.option("--full", is_flag=True, help="Show personal numbers unmasked.")
@json_option
def read_command(file: Path, engine: str | None, full: bool, as_json: bool) -> None:
    """Read FILE and print its text and the proposed type, date and name.

    Nothing is taken into custody and nothing is kept.
    """
    settings = Settings.from_env(os.environ)
    types = types_without_home(settings)
    _require_file(file)
    today = datetime.now(ZONE).date()
    try:
        with tempfile.TemporaryDirectory(prefix="custody-read-") as work:
            reading = read_file(
                file,
                file.name,
                engine=engine or settings.ocr_engine,
                types=types,
                received_on=today,
                work=Path(work),
                limits=Limits(),
            )
    except Unreadable as why:
        record: dict[str, Any] = {"unreadable": why.reason.value, "detail": why.detail}
        words = reason_words(why.reason.value, settings.lang)
        emit({"file": str(file), **record, "message": words}, words, as_json=as_json)
        raise click.exceptions.Exit(1) from why
    record = reading_record(reading, types, settings, today)
    record["fields"] = fields_record(reading.fields, full=full)
    emit(
        {"file": str(file), **record},
        _for_people(record, settings.lang),
        as_json=as_json,
    )


def reading_record(
    reading: Reading, types: EvidenceTypes, settings: Settings, today: date
) -> dict[str, Any]:
    """The documented fields of a reading."""
    kind = best_kind(reading.types, types)
    day, basis = _date(reading, settings, today)
    engine = f"{reading.engine} {reading.engine_version}".strip()
    return {
        "media_type": reading.media_type,
        "pages": reading.pages,
        "text": "\n\n".join(reading.page_texts),
        "engine": engine or None,
        "type": kind.zh,
        "type_code": kind.code,
        "type_confidence": reading.types[0].confidence if reading.types else 0.0,
        "date": day.iso() if day else None,
        "date_basis": basis,
        "suggested_name": legal_name(
            day, kind.zh, 1, extension_for(reading.media_type)
        ),
        "findings": [
            {
                "code": each.code,
                "detail": each.detail,
                "message": finding_words(each.code, settings.lang),
            }
            for each in reading.findings
        ],
        "seconds": reading.seconds,
        "type_candidates": [[c.value, c.confidence] for c in reading.types],
        "date_candidates": [[c.value, c.confidence, c.rule] for c in reading.dates],
        "members": [each.claimed_name for each in reading.members],
    }


def types_without_home(settings: Settings) -> EvidenceTypes:
    """The firm's list, or the one that ships when there is no home."""
    path = Path(settings.evidence_types)
    # Reading without custody needs no home; without one there is no list of its own.
    at_home = path.parent == settings.home
    return EvidenceTypes.load(None if at_home and not path.exists() else path)


def _require_file(file: Path) -> None:
    if not file.is_file():
        raise Refused("file_missing", path=str(file))
    if not os.access(file, os.R_OK):
        raise Refused("file_unreadable", path=str(file), reason="EACCES")


def _date(
    reading: Reading, settings: Settings, today: date
) -> tuple[LegalDate | None, str]:
    if reading.date_basis != "none" and reading.dates:
        return LegalDate.from_iso(reading.dates[0].value), reading.date_basis
    if settings.undated == "received":
        return LegalDate.of(today), "received"
    return None, "none"


def _for_people(record: dict[str, Any], lang: str) -> str:
    lines = [
        f"{record['suggested_name']}  ({record['media_type']}, {record['seconds']} s)",
        *(field_line(each, lang) for each in record["fields"]),
        *(f"! {each['message']} {each['detail']}" for each in record["findings"]),
        record["text"],
    ]
    return "\n".join(lines)
