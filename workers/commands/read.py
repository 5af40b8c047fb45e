"""`custody read`: reading without custody."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

import click

from intake.errors import Refused
from intake.evidence_types import EvidenceType, EvidenceTypes
from intake.legal_date import LegalDate
from intake.naming import extension_for, legal_name
from intake.reading import Reading
from intake.readings import TYPE_THRESHOLD, per_mille
from intake.services import today
from intake.settings import ENGINES, Settings
from workers.commands.output import emit, json_option
from workers.reading.limits import Limits
from workers.reading.service import read_file


@click.command("read")
@click.argument("file")
@click.option("--engine", type=click.Choice(ENGINES), default=None)
@json_option
def read_command(file: str, engine: str | None, as_json: bool) -> None:
    """Read FILE and propose type, date and name; nothing is kept."""
    path = Path(file)
    if not path.is_file():
        raise Refused("file_missing", path=file)
    settings = Settings.from_env(os.environ)
    types_file = settings.evidence_types
    types = EvidenceTypes.load(Path(types_file) if types_file else None)
    with tempfile.TemporaryDirectory() as folder:
        reading = read_file(
            path.absolute(),
            path.name,
            engine=engine or settings.ocr_engine,
            types=types,
            received_on=today(),
            work=Path(folder),
            limits=Limits(),
        )
    record = _record(reading, types)
    line = f"{record['suggested_name']}\n\n{record['text']}"
    emit(record, line, as_json=as_json)


def _suggested_name(
    reading: Reading, date: LegalDate | None, kind: EvidenceType
) -> str:
    return legal_name(date, kind.zh, 1, extension_for(reading.media_type))


def _record(reading: Reading, types: EvidenceTypes) -> dict[str, Any]:
    confidence = reading.types[0].confidence if reading.types else 0.0
    proposed = types.by_code(reading.types[0].value) if reading.types else None
    kind = proposed or types.fallback
    sure = per_mille(confidence) >= TYPE_THRESHOLD
    dated = reading.date_basis in ("document", "exif")
    date = LegalDate.from_iso(reading.dates[0].value) if dated else None
    name = _suggested_name(reading, date, kind if sure else types.fallback)
    return {
        "media_type": reading.media_type,
        "pages": reading.pages,
        "text": "\n\f".join(reading.page_texts),
        "engine": f"{reading.engine} {reading.engine_version}".strip(),
        "type": kind.zh,
        "type_code": kind.code,
        "type_confidence": round(confidence, 3),
        "date": date.iso() if date else None,
        "date_basis": reading.date_basis,
        "suggested_name": name,
        "findings": [{"code": f.code, "detail": f.detail} for f in reading.findings],
        "seconds": reading.seconds,
    }
